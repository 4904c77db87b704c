"""From the words of a scene to the scene."""

import hashlib
from collections.abc import Callable
from dataclasses import replace

from nemovideo.sandbox.studio.palette import light_for
from nemovideo.sandbox.studio.render_plan import SceneSpec
from nemovideo.sandbox.studio.scenes.animal import ANIMALS, MANY, SWIMMING, animal, walk_speed
from nemovideo.sandbox.studio.scenes.backdrops import PLACES
from nemovideo.sandbox.studio.scenes.card import abstract, card
from nemovideo.sandbox.studio.scenes.city import city
from nemovideo.sandbox.studio.scenes.food import DISHES, food
from nemovideo.sandbox.studio.scenes.landscape import landscape
from nemovideo.sandbox.studio.scenes.layers import Element, Scene, SceneContext, contains
from nemovideo.sandbox.studio.scenes.scene_limits import asks_for_animals, asks_for_more
from nemovideo.sandbox.studio.scenes.sea import sea
from nemovideo.sandbox.studio.scenes.space import space
from nemovideo.sandbox.studio.scenes.weather import weather

# A family draws the subjects that it has a word for; for any other there is the card.
_FAMILIES: dict[str, tuple[Callable[[SceneContext], list[Element]], tuple[str, ...]]] = {
    "animal": (animal, ANIMALS),
    "space": (space, (
        "space", "universe", "cosmos", "planet", "earth", "mars", "moon", "saturn", "jupiter",
        "galaxy", "milky way", "black hole", "nebula", "star", "starry sky", "comet", "meteor",
        "meteor shower", "rocket", "spaceship", "spacecraft", "astronaut",
        "太空", "宇宙", "行星", "月球", "银河", "星空", "流星", "火箭", "宇航员",
    )),
    "food": (food, DISHES),
    "sea": (sea, (
        "sea", "ocean", "wave", "beach", "shore", "coast", "coastline", "seaside", "island", "bay",
        "sailboat", "sailing boat", "sail", "yacht", "boat", "fishing boat", "ship", "cargo ship",
        "lighthouse", "coral", "coral reef", "underwater", "海", "沙滩", "帆船",
    )),
    "city": (city, (
        "city", "downtown", "skyline", "street", "road", "highway", "traffic", "car", "taxi",
        "skyscraper", "building", "tokyo", "new york", "manhattan", "paris", "london", "shanghai",
        "beijing", "hong kong", "shenzhen", "chengdu", "dubai", "城市", "街", "都市",
    )),
    "abstract": (abstract, (
        "abstract", "abstract art", "particle", "geometric shapes", "shapes", "neon", "neon lights",
        "gradient", "fractal", "pattern", "kaleidoscope", "抽象", "霓虹", "粒子", "渐变",
    )),
    "landscape": (landscape, (
        *PLACES, "hill", "field", "wheat field", "meadow", "grass", "grassland", "prairie", "park",
        "garden", "countryside", "flower", "sunflower", "sunflower field", "lavender field",
        "lavender", "rainbow", "northern lights", "aurora", "hot air balloon", "nature",
        "landscape", "cloud", "clouds above", "草", "田", "花", "彩虹", "极光", "热气球",
    )),
}  # fmt: skip
_TIMES = (
    ("night", ("night", "夜")),
    ("sunset", ("sunset", "dusk", "日落", "黄昏")),
    ("dawn", ("dawn", "sunrise", "日出", "黎明")),
)
_OF_THE_NIGHT = ("northern lights", "aurora", "极光")
_OUTDOORS = ("landscape", "city", "sea", "animal")
_FRESH_WATER = ("river", "lake", "canal", "pond", "stream", "河", "湖")
_FALLING = ("rain", "snow", "fog")
_SCROLL = {"pan_left": -120.0, "pan_right": 120.0, "still": 0.0, "zoom_in": 16.0, "zoom_out": 16.0}


def build_scene(spec: SceneSpec, width: int, height: int, fps: float, frames: int) -> Scene:
    """Build the scene for a specification; the same one always gives the same pictures.

    Args:
        spec: what to show. A subject that is not painted is shown as a card with the prompt.
        width, height: pixels.
        fps: frames a second.
        frames: how many frames will be shown.
    """
    family = family_of(spec)
    time = "night" if contains(spec.subject, _OF_THE_NIGHT) else spec.time or _time_of(spec)
    spec = replace(spec, family=family, time=time)
    if family == "card":
        # A zoom would carry its words out of the picture.
        spec = replace(spec, camera="still")
    light = light_for(spec.time, spec.weather)
    ctx = SceneContext(spec, light, width, height, fps, frames, _seed(spec))
    ctx = replace(ctx, scroll=ctx.px(_scroll(ctx)))
    elements = _FAMILIES[family][0](ctx) if family in _FAMILIES else card(ctx)
    if family in _OUTDOORS:
        elements = elements + weather(ctx)
    return Scene(ctx, elements)


def family_of(spec: SceneSpec) -> str:
    """The family that can draw the subject, or else the prompt; "card" if none can."""
    text = spec.subject or spec.prompt
    if not text:
        return spec.family if spec.family in _FAMILIES else "card"
    named = [spec.family] if spec.family in _FAMILIES else _FAMILIES
    found = next((family for family in named if contains(text, _FAMILIES[family][1])), "card")
    drawn = () if found == "card" else _FAMILIES[found][1]
    more = asks_for_more(spec.prompt, spec.subject, spec.setting, drawn)
    is_animal = found == "animal"
    many, swims = contains(text, MANY), contains(text, SWIMMING)
    more = more or asks_for_animals(
        spec.prompt, ANIMALS, is_drawn=is_animal, many=many, swims=swims
    )
    more = more or (found == "sea" and contains(spec.prompt, _FRESH_WATER))
    if found not in _OUTDOORS:
        # There is no weather and no place on earth in it.
        more = more or spec.weather in _FALLING
        more = more or (found == "space" and not contains(spec.setting or "space", (*drawn, "sky")))
    return "card" if more else found


def _time_of(spec: SceneSpec) -> str:
    text = f"{spec.prompt} {spec.setting}"
    for time, words in _TIMES:
        if contains(text, words):
            return time
    return "day"


def _scroll(ctx: SceneContext) -> float:
    speed = _SCROLL.get(ctx.spec.camera, 40.0)
    if ctx.spec.family == "animal" and ctx.spec.camera != "still":
        walking = 130.0 * walk_speed(ctx)
        return -walking if speed < 0 else walking
    return speed


def _seed(spec: SceneSpec) -> int:
    # Not hash(): that differs from process to process.
    words = f"{spec.seed}|{spec.prompt}|{spec.subject}|{spec.setting}"
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:4], "big")
