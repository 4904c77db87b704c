"""From the words of a scene to the scene."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from nemovideo.sandbox.studio.palette import light_for
from nemovideo.sandbox.studio.render_plan import SceneSpec
from nemovideo.sandbox.studio.scenes.abstract import abstract
from nemovideo.sandbox.studio.scenes.animal import animal, walk_speed
from nemovideo.sandbox.studio.scenes.city import city
from nemovideo.sandbox.studio.scenes.food import food
from nemovideo.sandbox.studio.scenes.landscape import landscape
from nemovideo.sandbox.studio.scenes.layers import Element, Scene, SceneContext
from nemovideo.sandbox.studio.scenes.sea import sea
from nemovideo.sandbox.studio.scenes.space import space
from nemovideo.sandbox.studio.scenes.weather import weather

_FAMILIES: dict[str, Callable[[SceneContext], list[Element]]] = {
    "landscape": landscape,
    "city": city,
    "sea": sea,
    "space": space,
    "animal": animal,
    "food": food,
    "abstract": abstract,
}
# For drafts that carry a prompt but no scene: the first family with one of its words wins.
_HINTS = (
    ("animal", ("panda", "cat", "dog", "fox", "bird", "fish", "rabbit", "熊猫",
                "猫", "狗", "鸟", "鱼", "兔")),
    ("space", ("planet", "space", "galaxy", "rocket", "moon", "太空", "行星", "银河",
               "月球")),
    ("food", ("pizza", "food", "cake", "coffee", "noodle", "sushi", "burger", "美食",
              "披萨", "蛋糕")),
    ("sea", ("sea", "ocean", "wave", "beach", "sail", "海", "沙滩")),
    ("city", ("city", "street", "skyline", "traffic", "城市", "街", "都市")),
    ("abstract", ("abstract", "neon", "particle", "gradient", "抽象", "霓虹", "粒子")),
)  # fmt: skip
_TIMES = (
    ("night", ("night", "夜")),
    ("sunset", ("sunset", "dusk", "日落", "黄昏")),
    ("dawn", ("dawn", "sunrise", "日出", "黎明")),
)
_OUTDOORS = ("landscape", "city", "sea", "animal")
_SCROLL = {"pan_left": -120.0, "pan_right": 120.0, "still": 0.0, "zoom_in": 16.0, "zoom_out": 16.0}


def build_scene(spec: SceneSpec, width: int, height: int, fps: float, frames: int) -> Scene:
    """Build the scene for a specification; the same one always gives the same pictures.

    Args:
        spec: what to show. Families that are absent or unknown are told from the prompt.
        width, height: pixels.
        fps: frames a second.
        frames: how many frames will be shown.
    """
    family = spec.family if spec.family in _FAMILIES else family_of(spec)
    spec = replace(spec, family=family, time=spec.time or _time_of(spec))
    light = light_for(spec.time, spec.weather)
    ctx = SceneContext(spec, light, width, height, fps, frames, _seed(spec))
    ctx = replace(ctx, scroll=ctx.px(_scroll(ctx)))
    elements = _FAMILIES[family](ctx)
    if family in _OUTDOORS:
        elements = elements + weather(ctx)
    return Scene(ctx, elements)


def family_of(spec: SceneSpec) -> str:
    """The family that the words of a specification speak of; a landscape by default."""
    text = f"{spec.subject} {spec.setting} {spec.prompt}"
    for family, words in _HINTS:
        if any(word in text for word in words):
            return family
    return "landscape"


def _time_of(spec: SceneSpec) -> str:
    text = f"{spec.prompt} {spec.setting}"
    for time, words in _TIMES:
        if any(word in text for word in words):
            return time
    return "night" if spec.subject == "northern lights" else "day"


def _scroll(ctx: SceneContext) -> float:
    speed = _SCROLL.get(ctx.spec.camera, 40.0)
    if ctx.spec.family == "animal" and ctx.spec.camera != "still":
        walking = 130.0 * walk_speed(ctx)
        return -walking if speed < 0 else walking
    if any(
        word in ctx.spec.subject
        for word in ("walk", "woman", "man", "girl", "boy", "people", "robot")
    ):
        return 110.0 if speed >= 0 else -110.0
    return speed


def _seed(spec: SceneSpec) -> int:
    # Not hash(): that differs from process to process.
    words = f"{spec.seed}|{spec.prompt}|{spec.subject}|{spec.setting}"
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:4], "big")
