"""What a video server is asked for: the prompt, size and length of each generated clip. Pure."""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, cast

from nemovideo.sandbox.clips.video_server import VideoServer
from nemovideo.sandbox.draft import (
    VIDEO,
    Json,
    PlacedSegment,
    as_fraction,
    as_ms,
    as_object,
    as_text,
    meta,
    segments,
)

_LONGEST: Final = 3
_STEP: Final = 32
"""Sides are multiples of it, as the models take them: 832 and not 853 pixels beside 480."""

_WORDS: Final[dict[str, dict[str, tuple[str, tuple[str, ...]]]]] = {
    "time": {
        "day": ("in daylight", ("daylight", "白天")),
        "dawn": ("at dawn", ("dawn", "sunrise", "黎明", "日出")),
        "sunset": ("at sunset", ("sunset", "dusk", "黄昏", "日落")),
        "night": ("at night", ("night", "夜", "晚")),
    },
    "weather": {
        "clear": ("in clear weather", ("clear", "sunny", "晴")),
        "rain": ("in the rain", ("rain", "雨")),
        "snow": ("in the snow", ("snow", "雪")),
        "fog": ("in the fog", ("fog", "mist", "雾")),
        "cloudy": ("under a cloudy sky", ("cloud", "云", "阴")),
    },
}
"""How a scene's light is said in a prompt, and by which words it is said already."""
_USUAL: Final = {"time": "day", "weather": "clear"}
_CAMERA: Final = {
    "pan_left": "the camera pans left",
    "pan_right": "the camera pans right",
    "zoom_in": "the camera slowly zooms in",
    "zoom_out": "the camera slowly zooms out",
    "still": "static camera",
}


@dataclass(frozen=True)
class ClipRequest:
    """A clip to be made. `scene_ms` is how much of it the draft shows, from its beginning on.

    Two requests for the same picture have the same `key`, however long they are.
    """

    key: str
    name: str
    prompt: str
    seed: int
    width: int
    height: int
    scene_ms: int
    seconds: int


def generated(draft: Mapping[str, object]) -> Iterator[PlacedSegment]:
    for item in segments(draft, VIDEO):
        if meta(item.node).get("kind") == "generated" and item.length:
            yield item


def requests_of(draft: Mapping[str, object], server: VideoServer) -> list[ClipRequest]:
    """Return the clips that a draft shows, each once, in the order of the timeline."""
    found: dict[str, ClipRequest] = {}
    for item in generated(draft):
        request = request_of(item, draft, server)
        known = found.get(request.key)
        if known is None or known.scene_ms < request.scene_ms:
            found[request.key] = request
    return list(found.values())


def request_of(
    item: PlacedSegment, draft: Mapping[str, object], server: VideoServer
) -> ClipRequest:
    fields = meta(item.node)
    prompt = prompt_of(fields)
    width, height = size_of(meta(draft), server.short_side)
    seed = as_ms(fields.get("seed")) % 2**31
    picture = [server.base_url, server.model, server.fps, prompt, seed, width, height]
    scene_ms = as_ms(fields.get("in")) + math.ceil(item.length * speed_of(fields))
    return ClipRequest(
        key=hashlib.sha256(json.dumps(picture).encode()).hexdigest()[:32],
        name=as_text(fields.get("name")) or prompt,
        prompt=prompt,
        seed=seed,
        width=width,
        height=height,
        scene_ms=scene_ms,
        seconds=max(1, min(server.max_seconds, math.ceil(scene_ms / 1000))),
    )


def for_openai(request: ClipRequest) -> ClipRequest:
    """Return a request with a length that OpenAI's own models accept."""
    return replace(request, seconds=next((n for n in (4, 8, 12) if n >= request.seconds), 12))


def speed_of(fields: Json) -> float:
    """Return how many times as fast as made a segment plays."""
    return as_fraction(fields.get("speed"), 1.0) or 1.0


def size_of(canvas: Json, short: int) -> tuple[int, int]:
    """Return the size to ask for: the film's shape, in the sizes that models are trained on."""
    width, height = as_ms(canvas.get("width"), 1920) or 1920, as_ms(canvas.get("height"), 1080)
    height = height or 1080
    long = short * min(_LONGEST, max(width, height) / min(width, height))
    long = max(_STEP, int(long // _STEP * _STEP)) if width != height else short
    return (long, short) if width >= height else (short, long)


def prompt_of(fields: Json) -> str:
    """Return the prompt of a generated segment: what was asked for, and how it was changed since.

    An edit of the scene ("make it snow", "a fox instead") leaves the first prompt as it is.
    """
    scene = as_object(fields.get("scene"))
    prompt, name = as_text(fields.get("prompt")).strip(), as_text(fields.get("name")).strip()
    shown = [word.lower() for word in (name, as_text(scene.get("subject"))) if word]
    if not any(word in prompt.lower() for word in shown):
        prompt = name or prompt
    parts = [prompt, *_light(scene, prompt.lower())]
    parts += [_CAMERA[camera] for camera in [as_text(scene.get("camera"))] if camera in _CAMERA]
    style = scene.get("style")
    styles = cast("list[object]", style) if isinstance(style, list) else [style]
    parts += [word for word in map(as_text, styles) if word and word.lower() not in prompt.lower()]
    # JSON may hold halves of characters, which cannot be sent.
    return ", ".join(part for part in parts if part).encode("utf-8", "replace").decode()


def _light(scene: Json, prompt: str) -> Iterator[str]:
    for name, words in _WORDS.items():
        value = as_text(scene.get(name))
        said = {each for each, (_, signs) in words.items() if any(s in prompt for s in signs)}
        if value in words and value not in said and (said or value != _USUAL[name]):
            yield words[value][0]
