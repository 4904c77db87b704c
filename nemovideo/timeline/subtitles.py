"""The titles of a timeline as SubRip and WebVTT subtitles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from nemovideo.timeline import wording
from nemovideo.timeline.elements import BaseTimeline, Segment

# SubRip has tags but no escapes, and players also read braces, entities and `\\N` as tags, in
# WebVTT too: such characters are replaced by ones that look alike.
_LINE_BREAK: Final = re.compile(r"\\(?=[Nnh])")
_ENTITY: Final = re.compile(r"&(?=#?\w+;)")
_STAMP: Final = re.compile(r":(?=\d{1,2}[.,]\d)")
_NUMBER: Final = re.compile(r"\d+")


def to_srt(timeline: BaseTimeline) -> str:
    """Return the text tracks as SubRip subtitles; an empty text if there are none."""
    cues = enumerate(_cues(timeline, _srt_line, ","), 1)
    return "".join(f"{number}\n{cue}" for number, cue in cues)


def to_vtt(timeline: BaseTimeline) -> str:
    return "WEBVTT\n\n" + "".join(_cues(timeline, _vtt_line, "."))


def _cues(timeline: BaseTimeline, write: Callable[[str], str], point: str) -> Iterator[str]:
    every = (s for track in timeline.tracks if track.kind == "text" for s in track.segments)
    for segment in sorted(every, key=lambda segment: (segment.start_ms, segment.end_ms)):
        # A blank line would end the cue, and players reject one of no length.
        lines = (wording.clean(line) for line in (segment.text or "").splitlines())
        text = "\n".join(write(line) for line in lines if line)
        if text and segment.duration_ms:
            yield f"{_span(segment, point)}\n{text}\n\n"


def _plain_line(text: str) -> str:
    text = _LINE_BREAK.sub("＼", text.replace("{", "｛").replace("}", "｝"))
    # Parsers take a line of digits for the number of the next cue, and two times for its timing.
    return f"{text}\u2060" if _NUMBER.fullmatch(text) else _STAMP.sub("∶", text)


def _srt_line(text: str) -> str:
    text = _ENTITY.sub("＆", _plain_line(text.replace("-->", "→")))
    return text.replace("<", "‹").replace(">", "›")


def _vtt_line(text: str) -> str:
    text = _plain_line(text).replace("&", "&amp;")
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _span(segment: Segment, point: str) -> str:
    return f"{_timestamp(segment.start_ms, point)} --> {_timestamp(segment.end_ms, point)}"


def _timestamp(ms: int, point: str) -> str:
    whole, thousandths = divmod(ms, 1000)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"
