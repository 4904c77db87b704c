"""The readable view of a draft: compared, drawn and converted.

timeline = draft.timeline
print(timeline)                      # Timeline (1 track): 1. Video: city timelapse (0-10s)
timeline.tracks[0].segments[0].name  # 'city timelapse'
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from nemovideo._display import NotebookRepr
from nemovideo.timeline import diff, otio, subtitles, svg, text_drawing
from nemovideo.timeline.change import Change
from nemovideo.timeline.elements import BaseTimeline
from nemovideo.timeline.svg import Theme


@dataclass(frozen=True, eq=False, repr=False)
class Timeline(BaseTimeline, NotebookRepr):
    """The content of a draft, track by track.

    `str()` gives the documented summary in one line, `details()` a line for each segment.
    """

    def diff(self, older: Timeline) -> list[Change]:
        """Return what changed since `older`; nothing if a person could not tell the difference.

        Args:
            older: an earlier timeline of the same project.

        Example:
            for change in new.diff(old):
                print(change)            # Title added: "Paradise Found" (0-3s)
        """
        return diff.diff(self, older)

    def to_svg(self, theme: Theme = "auto", width: int = 960, language: str = "en") -> str:
        """Return a drawing to scale, tracks under a ruler, as an SVG document.

        Args:
            theme: `light`, `dark`, or `auto` for the viewer's system setting.
            width: in pixels, 240 to 16000; the height follows from the tracks.
            language: of the words next to the names: `en`, or any `zh`; others read English.

        Raises:
            InvalidInputError: for another theme or width.
        """
        return svg.draw_svg(self, theme, width, language)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def to_text(
        self,
        width: int = 80,
        color: bool = False,
        ascii_only: bool = False,
        language: str = "en",
    ) -> str:
        """Return a drawing to scale for terminals, where Chinese characters take two columns.

        Args:
            width: in columns; less than 32 counts as 32.
            color: whether to colour the blocks with ANSI sequences.
            ascii_only: whether to use nothing but ASCII; other characters become `?`.
            language: of the words: `en`, or any `zh`; others read English.
        """
        return text_drawing.draw_text(self, width, color, ascii_only, language)

    def to_otio(self, rate: float | None = None) -> Any:
        """Return the timeline for OpenTimelineIO, to continue in a video editor.

        Each track becomes one track, or several if its segments overlap. A title becomes a clip on
        a video track whose generator holds the text. The service's own properties are metadata
        under `nemovideo`. Times are rounded to the nearest frame.

        Args:
            rate: frames per second; None for the draft's own, else 30.

        Returns:
            An `opentimelineio.schema.Timeline`; that package has no type information.

        Raises:
            NemoVideoError: if OpenTimelineIO is not installed (extra `otio`).
            InvalidInputError: for a rate that is not above zero.

        Example:
            opentimelineio.adapters.write_to_file(timeline.to_otio(), "panda.otio")
        """
        return otio.to_otio(self, rate)

    def to_srt(self) -> str:
        """Return the text tracks as SubRip subtitles; an empty text if there are none.

        Characters that players would take for markup, such as `<` and `{`, are replaced by ones
        that look alike.
        """
        return subtitles.to_srt(self)

    def to_vtt(self) -> str:
        """Return the text tracks as WebVTT subtitles."""
        return subtitles.to_vtt(self)
