"""The editor of a session's draft for agents that a test scripts, with times in seconds."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from typing import Final, Self

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.uploads import Upload
from nemovideo.sandbox.draft import AUDIO, TEXT, VIDEO, Json, PlacedSegment, meta

_MUSIC_SECONDS: Final = 10.0
_IMAGE_SECONDS: Final = 5.0
_POSITIONS: Final = ("lower_third", "top", "center", "bottom")


class DraftEditor:
    """The draft of a session, to be read and changed by an agent.

    Each method that changes it returns the editor, so that calls can be chained. Times are in
    seconds. A name is that of a clip or of music, the words of a title, or the name of an upload.

    Args:
        raw: The draft as JSON, which is changed.
        uploads: The files of the session.

    Example:
        ```python
        def edit(draft):
            draft.add_clip("panda", 5).add_clip("snow", 3)
            draft.add_title("Panda", start=1).add_music("Calm Piano")
        ```
    """

    def __init__(self, raw: Json, uploads: Sequence[Upload] = ()) -> None:
        self.raw = raw
        """The draft as the service's JSON, which may be changed as well."""
        self._uploads = tuple(uploads)

    def __str__(self) -> str:
        return timeline.summarize(self.raw)

    @property
    def duration(self) -> float:
        """The length of the video."""
        return self._total() / 1000

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all clips and music and the words of all titles, track by track."""
        return tuple(_name(item.node) for track in timeline.tracks(self.raw) for item in _of(track))

    def add_clip(self, name: str, duration: float, start: float | None = None) -> Self:
        """Add a generated clip, which costs what the service takes for one.

        Args:
            name: What it shows, and what it is called.
            duration: How long it is.
            start: Where it starts; None: after the last clip. Where there is a clip already, the
                new one lies on top of it.
        """
        fields: Json = {"name": _text("name", name), "kind": "generated", "prompt": name}
        return self._add_picture(fields, _length("duration", duration), start)

    def add_upload(
        self, filename: str, duration: float | None = None, start: float | None = None
    ) -> Self:
        """Add a file that was uploaded to the session: a song to the sound, others as a clip.

        Args:
            filename: The name of the upload.
            duration: How long it is; None: as long as the file, 5 seconds for an image.
            start: Where it starts; None: after the last clip, a song at the beginning.

        Raises:
            ValueError: The session has no such upload.
        """
        upload = next((each for each in self._uploads if each.filename == filename), None)
        if upload is None:
            known = ", ".join(each.filename for each in self._uploads) or "no uploads"
            raise ValueError(f"filename is an upload of the session ({known}), not {filename!r}")
        own = upload.duration or (_IMAGE_SECONDS if upload.file_type == "image" else _MUSIC_SECONDS)
        length = _length("duration", own if duration is None else duration)
        fields: Json = {"name": filename, "asset": filename, "kind": "clip"}
        if upload.file_type == "audio":
            return self._add(AUDIO, _time("start", start or 0), length, fields)
        kind = "image" if upload.file_type == "image" else "clip"
        return self._add_picture({**fields, "kind": kind}, length, start)

    def add_title(
        self, text: str, start: float = 0, duration: float = 3, position: str = "lower_third"
    ) -> Self:
        """Show words over the picture.

        Args:
            text: The words.
            start: When they appear.
            duration: How long they stay.
            position: "lower_third", "top", "center" or "bottom".
        """
        if position not in _POSITIONS:
            raise ValueError(f"position is one of {', '.join(_POSITIONS)}, not {position!r}")
        begin, length = _time("start", start), _length("duration", duration)
        words = _text("text", text)
        fields: Json = {"name": "Title", "text": words, "role": "title", "position": position}
        return self._add(TEXT, begin, length, fields)

    def add_subtitle(self, text: str, start: float = 0, duration: float | None = None) -> Self:
        """Show a text at the bottom of the picture from start on, to the end without a duration."""
        begin = _time("start", start)
        left = max(self._total() - begin, 1000) / 1000
        length = _length("duration", left if duration is None else duration)
        fields: Json = {"name": "Subtitle", "text": _text("text", text), "role": "subtitle"}
        return self._add(TEXT, begin, length, fields)

    def add_music(self, name: str, volume: float = 0.35) -> Self:
        """Add music under the whole video; it stays as long as the video.

        Args:
            name: What it is called.
            volume: A fraction of 1.
        """
        fields: Json = {"name": _text("name", name), "kind": "music", "style": {}}
        loud = _number("volume", volume)
        length = self._total() or round(_MUSIC_SECONDS * 1000)
        return self._add(AUDIO, 0, length, {**fields, "volume": loud, "seed": _seed(name)})

    def set_volume(self, name: str, volume: float) -> Self:
        """Set the volume of all that has a name; a fraction of 1."""
        loud = _number("volume", volume)
        for _, item in self._named(name):
            timeline.own_meta(item.node)["volume"] = loud
        return self

    def move(self, name: str, start: float) -> Self:
        """Let all that has a name start at another time."""
        begin = _time("start", start)
        for track, found in self._named(name):
            moved = PlacedSegment(found.node, begin, found.length)
            self._lay(
                track, [moved if item.node is found.node else item for item in _of(track)], found
            )
        return self

    def trim(self, name: str, duration: float, start: float = 0) -> Self:
        """Keep a part of all that has a name; the clips after it move up.

        Args:
            name: What is cut.
            duration: How much of it stays.
            start: From where in it.

        Raises:
            ValueError: It has no such part.
        """
        skipped, length = _time("start", start), _length("duration", duration)
        for track, found in self._named(name):
            if skipped + length > found.length:
                has = f"{found.length / 1000:g} seconds"
                asked = f"{duration:g} seconds from {start:g} on"
                raise ValueError(f"{name!r} has {has}, and not {asked}")
            if skipped:
                fields = timeline.own_meta(found.node)
                fields["in"] = timeline.as_ms(fields.get("in")) + skipped
            remaining = PlacedSegment(found.node, found.start, length)
            gone = found.length - length
            self._lay(
                track,
                [remaining if item.node is found.node else item for item in _of(track)],
                found,
                gone,
            )
        return self

    def remove(self, name: str) -> Self:
        """Remove all that has a name; the clips after it move up.

        Raises:
            ValueError: Nothing has this name.
        """
        for track, found in self._named(name):
            rest = [item for item in _of(track) if item.node is not found.node]
            self._lay(track, rest, found, found.length)
        return self

    def clear(self) -> Self:
        """Remove everything."""
        self.raw["t"] = []
        self.raw["d"] = 0
        return self

    def _total(self) -> int:
        """Return the length in milliseconds: that of the picture, or of all without a picture."""
        ends = [item.end for track in timeline.tracks(self.raw) for item in _of(track)]
        return timeline.video_end(self.raw) or max(ends, default=0)

    def _add_picture(self, fields: Json, length: int, start: float | None) -> Self:
        end = max((item.end for item in self._main()), default=0)
        begin = end if start is None else _time("start", start)
        covered = any(i.start < begin + length and begin < i.end for i in self._main())
        name = timeline.as_text(fields.get("name"))
        return self._add(VIDEO, begin, length, {**fields, "seed": _seed(name)}, on_top=covered)

    def _main(self) -> list[PlacedSegment]:
        track = timeline.main_track(self.raw)
        return [] if track is None else _of(track)

    def _add(
        self, kind: int, start: int, length: int, fields: Json, *, on_top: bool = False
    ) -> Self:
        before = self._total()
        found = [] if on_top else timeline.tracks(self.raw, kind)
        if not found:
            found = [timeline.new_track(self._new_id("trk"), kind)]
            tracks = timeline.tracks(self.raw)
            at = sum(timeline.as_ms(each.get("tt")) <= kind for each in tracks)
            self.raw["t"] = [*tracks[:at], *found, *tracks[at:]]
        node = timeline.new_segment(self._new_id("sg"), start, length, **fields)
        timeline.set_segments(found[0], [*_of(found[0]), PlacedSegment(node, start, length)])
        self._finish(before)
        return self

    def _lay(
        self, track: Json, items: list[PlacedSegment], found: PlacedSegment, gone: int = 0
    ) -> None:
        """Lay a track anew; on a video track what follows `found` moves up by `gone`."""
        before = self._total()
        if track.get("tt") == VIDEO:
            items = [
                PlacedSegment(i.node, i.start - (gone if i.start >= found.end else 0), i.length)
                for i in items
            ]
        timeline.set_segments(track, items)
        self.raw["t"] = [each for each in timeline.tracks(self.raw) if each.get("sg")]
        self._finish(before)

    def _finish(self, before: int) -> None:
        """Write the new length, and let music that filled the video fill it again."""
        total = timeline.video_end(self.raw)
        for track in timeline.tracks(self.raw, AUDIO) if total else ():
            timeline.set_segments(track, [_fitted(item, before, total) for item in _of(track)])
        self.raw["d"] = self._total()

    def _named(self, name: str) -> list[tuple[Json, PlacedSegment]]:
        """List all that has a name, last first: what is done to one leaves the next in place."""
        found = [
            (track, item)
            for track in timeline.tracks(self.raw)
            for item in _of(track)
            if name in (_name(item.node), meta(item.node).get("asset"))
        ]
        if not found:
            there = ", ".join(repr(each) for each in self.names) or "nothing"
            raise ValueError(f"there is no {name!r} in the draft; there is {there}")
        return found[::-1]

    def _new_id(self, prefix: str) -> str:
        taken, number = timeline.identifiers(self.raw), 1
        while f"{prefix}_{number}" in taken:
            number += 1
        return f"{prefix}_{number}"


def _of(track: Json) -> list[PlacedSegment]:
    return timeline.placed(track)


def _name(node: Json) -> str:
    fields = meta(node)
    return timeline.as_text(fields.get("text")) or timeline.as_text(fields.get("name"))


def _fitted(item: PlacedSegment, before: int, total: int) -> PlacedSegment:
    filling = meta(item.node).get("kind") == "music" and item.start == 0 and item.end == before
    return PlacedSegment(item.node, item.start, total) if filling else item


def _seed(name: str) -> int:
    return zlib.crc32(name.encode("utf-8", "surrogatepass")) >> 1


def _text(parameter: str, value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{parameter} is a text that is not empty, not {value!r}")
    return value


def _number(parameter: str, value: object) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if not (isinstance(value, int | float) and number and value >= 0):
        raise ValueError(f"{parameter} is a number, 0 or more, not {value!r}")
    return value


def _time(parameter: str, seconds: object) -> int:
    return round(_number(parameter, seconds) * 1000)


def _length(parameter: str, seconds: object) -> int:
    length = _time(parameter, seconds)
    if not length:
        raise ValueError(f"{parameter} is longer than 0 seconds, not {seconds!r}")
    return length
