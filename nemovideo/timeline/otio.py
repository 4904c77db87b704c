"""A timeline in the formats of other tools: OpenTimelineIO, and SRT and WebVTT for its titles."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, cast

from nemovideo.errors import InvalidInputError, NemoVideoError
from nemovideo.language.surrogates import repair
from nemovideo.timeline import wording
from nemovideo.timeline.values import Json, as_object

if TYPE_CHECKING:
    from nemovideo.timeline.timeline import Segment, Timeline, Track

USUAL_RATE: Final = 30.0
"""Frames per second, where neither the caller nor the draft says (wire-contract section 7)."""

_LARGEST_INT: Final = 2**63
"""Beyond what OpenTimelineIO's metadata can hold as a whole number."""


def to_otio(timeline: Timeline, rate: float | None = None) -> Any:
    """Return the timeline for OpenTimelineIO, so that the cut goes on in a video editor.

    Each track becomes one track, or several where its segments overlap. A title becomes a clip on a
    video track whose generator holds the text. The service's own properties are kept as metadata
    under `nemovideo`. Segments begin and end on the frame next to their millisecond.

    Args:
        timeline: what to convert.
        rate: frames per second; None for the draft's own, else 30.

    Returns:
        An `opentimelineio.schema.Timeline`; that package has no type information to name it by.

    Raises:
        NemoVideoError: where OpenTimelineIO is not installed.
        InvalidInputError: for a rate that is not above zero.
    """
    frames = _Frames(_usable_rate(timeline, rate))
    schema = _import_otio().schema
    made = schema.Timeline(_name(timeline.name) or "Timeline", metadata=_metadata(timeline.header))
    made.global_start_time = frames.time(0)
    for track in timeline.tracks:
        for number, row in enumerate(track.layers() or [[]]):
            made.tracks.append(_track(track, row, number, frames))
    return made


def _import_otio() -> Any:
    try:
        return import_module("opentimelineio")
    except ImportError as error:
        hint = 'Run: pip install "nemovideo[otio]"'
        if sys.version_info >= (3, 14):
            hint += " (it has no wheel for this version of Python, and needs a C++ compiler)"
        raise NemoVideoError("OpenTimelineIO is not installed.", hint=hint) from error


def _usable_rate(timeline: Timeline, rate: float | None) -> float:
    chosen = timeline.fps or USUAL_RATE if rate is None else rate
    if not (math.isfinite(chosen) and chosen > 0):
        raise InvalidInputError(
            f"A timeline cannot run at {chosen:g} frames per second.",
            parameter="rate",
            hint="Use a number above 0, such as 24, 25 or 30.",
        )
    return float(chosen)


class _Frames:
    """From milliseconds to frames, rounded at the edges, so that errors do not add up."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._opentime = _import_otio().opentime

    def at(self, ms: int) -> int:
        return math.floor(ms * self._rate / 1000 + 0.5)

    def time(self, frame: int) -> Any:
        return self._opentime.RationalTime(frame, self._rate)

    def range(self, first: int, count: int) -> Any:
        return self._opentime.TimeRange(self.time(first), self.time(count))


def _track(track: Track, row: Sequence[Segment], number: int, frames: _Frames) -> Any:
    schema = _import_otio().schema
    kind = schema.TrackKind.Audio if track.kind == "audio" else schema.TrackKind.Video
    word = _name(track.name) or wording.kind_word(track.kind, track.type)
    name = f"{word} ({number + 1})" if number else word
    made = schema.Track(name, kind=kind, metadata=_metadata(track.header, track_type=track.type))
    # Nobody can say what an unknown type shows; in the way of the picture it must not stand.
    made.enabled = track.kind != "unknown"
    reached = 0
    for segment in row:
        start, end = frames.at(segment.start_ms), frames.at(segment.end_ms)
        if start > reached:
            made.append(schema.Gap(source_range=frames.range(0, start - reached)))
        made.append(_clip(segment, frames, max(0, end - max(start, reached))))
        reached = max(reached, end)
    return made


def _clip(segment: Segment, frames: _Frames, count: int) -> Any:
    schema = _import_otio().schema
    first = frames.at(segment.source_start_ms or 0)
    media = _media(segment)
    # Nothing says how long the media is. That it reaches as far as it plays is certain, and many
    # adapters cannot write media of which they know no length.
    played = math.ceil(count * (segment.speed or 1))
    media.available_range = frames.range(0, first + max(1, count, played))
    made = schema.Clip(
        name=_name(segment.name) or "untitled",
        media_reference=media,
        source_range=frames.range(first, count),
        metadata=_metadata(segment.raw, volume=segment.volume),
    )
    if segment.speed is not None and segment.speed != 1:
        made.effects.append(schema.LinearTimeWarp(time_scalar=segment.speed))
    return made


def _media(segment: Segment) -> Any:
    schema = _import_otio().schema
    if segment.kind == "text":
        text = _portable(segment.text or segment.name)
        return schema.GeneratorReference(
            name="Text",
            generator_kind="text",
            parameters={"text": text},
            metadata={"fcp_xml": _fcp_text(text)},
        )
    if segment.source:
        return schema.ExternalReference(target_url=_writable(segment.source))
    return schema.MissingReference()


def _fcp_text(text: object) -> dict[str, object]:
    """Return what the FCP XML adapter needs to write a title as its text generator."""
    parameter = {"parameterid": "str", "name": "Text", "value": text}
    return {
        "effecttype": "generator",
        "mediatype": "video",
        "effectcategory": "Text",
        "parameter": parameter,
    }


def _metadata(raw: Json, **more: object) -> dict[str, object]:
    known = {key: value for key, value in more.items() if value is not None}
    return {"nemovideo": {"draft": _portable(dict(raw)), **known}}


def _name(text: str) -> str:
    return _writable(wording.clean(text))


def _portable(value: object) -> object:
    """Return JSON that OpenTimelineIO and its adapters can hold and write."""
    if isinstance(value, dict):
        inside = as_object(cast("object", value))
        return {_writable(key): _portable(inner) for key, inner in inside.items()}
    if isinstance(value, str):
        return _writable(value)
    if isinstance(value, list):
        return [_portable(inner) for inner in cast("list[object]", value)]
    if isinstance(value, int) and not -_LARGEST_INT <= value < _LARGEST_INT:
        return str(value)
    return value


_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _writable(text: str) -> str:
    """Return a text without what XML forbids; at a null character OpenTimelineIO would end it."""
    return repair(_UNWRITABLE.sub("", text))


def to_srt(timeline: Timeline) -> str:
    """Return what the text tracks show as SubRip subtitles; empty where there are none.

    Args:
        timeline: what to convert.
    """
    return "".join(
        f"{number}\n{_stamps(segment, ',')}\n{lines}\n\n"
        for number, (segment, lines) in enumerate(_cues(timeline, _srt_line), 1)
    )


def to_vtt(timeline: Timeline) -> str:
    """Return what the text tracks show as WebVTT subtitles.

    Args:
        timeline: what to convert.
    """
    cues = (
        f"{_stamps(segment, '.')}\n{lines}\n\n" for segment, lines in _cues(timeline, _vtt_line)
    )
    return "WEBVTT\n\n" + "".join(cues)


def _cues(timeline: Timeline, line: Callable[[str], str]) -> Iterator[tuple[Segment, str]]:
    every = (s for track in timeline.tracks if track.kind == "text" for s in track.segments)
    for segment in sorted(every, key=lambda segment: (segment.start_ms, segment.end_ms)):
        # A blank line would end the cue, and one of no length is refused by players.
        told = (wording.clean(part) for part in (segment.text or "").splitlines())
        lines = "\n".join(line(part) for part in told if part)
        if lines and segment.duration_ms:
            yield segment, lines


# SubRip has tags and no escapes, and players take braces, entities and `\\N` for tags as well, in
# WebVTT too: what they would take out is written with signs that look alike.
_LINE_BREAK: Final = re.compile(r"\\(?=[Nnh])")
_ENTITY: Final = re.compile(r"&(?=#?\w+;)")
_STAMP: Final = re.compile(r":(?=\d{1,2}[.,]\d)")
_NUMBER: Final = re.compile(r"\d+")


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


def _stamps(segment: Segment, point: str) -> str:
    return f"{_stamp(segment.start_ms, point)} --> {_stamp(segment.end_ms, point)}"


def _stamp(ms: int, point: str) -> str:
    whole, thousandths = divmod(ms, 1000)
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{thousandths:03}"
