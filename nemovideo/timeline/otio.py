"""A timeline for OpenTimelineIO."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, Final, cast

from nemovideo.errors import InvalidInputError, NemoVideoError
from nemovideo.language.surrogates import repair
from nemovideo.timeline import wording
from nemovideo.timeline.elements import BaseTimeline, Segment, Track
from nemovideo.timeline.values import Json, as_object

_USUAL_RATE: Final = 30.0
"""Frames per second if neither the caller nor the draft says (wire-contract section 7)."""

_INT_LIMIT: Final = 2**63
"""OpenTimelineIO's metadata holds integers below it."""


def to_otio(timeline: BaseTimeline, rate: float | None = None) -> Any:
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


def _usable_rate(timeline: BaseTimeline, rate: float | None) -> float:
    chosen = timeline.fps or _USUAL_RATE if rate is None else rate
    if not (math.isfinite(chosen) and chosen > 0):
        raise InvalidInputError(
            f"A timeline cannot run at {chosen:g} frames per second.",
            parameter="rate",
            hint="Use a number above 0, such as 24, 25 or 30.",
        )
    return float(chosen)


class _Frames:
    """From milliseconds to frames; edges are rounded, so that errors do not add up."""

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
    # What an unknown type shows is not known, and it must not cover the picture.
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
    # The length of the media is not known, but many adapters need one: it is at least what plays.
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
    """Return the metadata by which the FCP XML adapter writes a title as a text generator."""
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
    """Return JSON that OpenTimelineIO and its adapters accept."""
    if isinstance(value, dict):
        inside = as_object(cast("object", value))
        return {_writable(key): _portable(inner) for key, inner in inside.items()}
    if isinstance(value, str):
        return _writable(value)
    if isinstance(value, list):
        return [_portable(inner) for inner in cast("list[object]", value)]
    if isinstance(value, int) and not -_INT_LIMIT <= value < _INT_LIMIT:
        return str(value)
    return value


_UNWRITABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def _writable(text: str) -> str:
    """Return a text without what XML forbids and without the null character, which ends it."""
    return repair(_UNWRITABLE.sub("", text))
