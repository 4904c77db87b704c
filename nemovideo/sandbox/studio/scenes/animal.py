"""Animals in their places: walking, flying or swimming through them."""

from PIL import Image, ImageOps

from nemovideo.sandbox.studio.scenes import birds_and_insects, sea
from nemovideo.sandbox.studio.scenes.backdrops import backdrop_for
from nemovideo.sandbox.studio.scenes.layers import (
    AnimatedSprite,
    Element,
    SceneContext,
    SpriteFrames,
    contains,
)
from nemovideo.sandbox.studio.scenes.quadrupeds import FRAMES, Walker
from nemovideo.sandbox.studio.scenes.scenery import tinted_shadow
from nemovideo.sandbox.studio.scenes.species import SPECIES, Species

_LIKE = {
    "corgi": "dog", "puppy": "dog", "kitten": "cat", "cheetah": "leopard", "alpaca": "sheep",
    "goat": "deer", "bull": "cow", "donkey": "horse",
    "熊猫": "panda", "猫": "cat", "狗": "dog", "兔": "rabbit",
}  # fmt: skip
_FLYING = ("bird", "eagle", "owl", "swan", "duck", "crane", "parrot", "seagull", "鸟")
_INSECTS = ("butterfly", "butterflies", "bee")
SWIMMING = ("fish", "goldfish", "clownfish", "dolphin", "whale", "shark", "鱼")
_IDLE = ("sleep", "sit", "eat", "stand", "rest", "nap", "look", "睡", "坐", "吃", "站", "看")
_FAST = ("run", "gallop", "chase", "chasing", "race", "jump", "play", "奔", "跑", "追", "跳", "玩")
# Those of which several are seen.
MANY = (*_FLYING, *_INSECTS, *SWIMMING, "penguin")
# The animals that are painted as themselves.
ANIMALS = (*SPECIES, *_LIKE, *MANY)


def animal(ctx: SceneContext) -> list[Element]:
    subject = ctx.spec.subject or ctx.spec.prompt
    if contains(subject, SWIMMING):
        return sea.underwater(ctx, subject)
    if contains(subject, _INSECTS):
        return birds_and_insects.insects(ctx, backdrop_for(ctx), bee=contains(subject, ("bee",)))
    if contains(subject, _FLYING):
        return birds_and_insects.flock(ctx, backdrop_for(ctx), subject)
    if contains(subject, ("penguin",)):
        return birds_and_insects.penguins(ctx, backdrop_for(ctx))
    return _walking(ctx, species_of(subject))


def species_of(subject: str) -> Species:
    """The species of a name; the longest name found wins."""
    names = [name for name in (*SPECIES, *_LIKE) if contains(subject, (name,))]
    name = max(names, key=len, default="fox")
    return SPECIES[_LIKE.get(name, name)]


def walk_speed(ctx: SceneContext) -> float:
    """How fast an animal of this scene goes, as a factor of a walk; 0 when it rests."""
    if ctx.mentions(*_FAST):
        return 2.1
    return 0.0 if ctx.mentions(*_IDLE) and not ctx.mentions("walk", "stroll", "走", "散步") else 1.0


def _walking(ctx: SceneContext, species: Species) -> list[Element]:
    speed, place = walk_speed(ctx), backdrop_for(ctx)
    tall = species.leg + species.girth + species.neck + species.head
    long = species.length + species.neck + species.head * 2.4 + 90
    scale = min(ctx.height * 0.5 / tall, ctx.width * 0.94 / long)
    walker = Walker(species, scale, ctx.light, moving=speed > 0)
    left = ctx.scroll < 0 or ctx.spec.camera == "pan_left"

    def paint(phase: float) -> Image.Image:
        picture = walker.picture(phase)
        return tinted_shadow(ImageOps.mirror(picture) if left else picture, ctx)

    # The cycle keeps step with the ground, so that the feet do not slide.
    scroll_speed = abs(ctx.scroll) or ctx.px(105) * max(speed, 0.5)
    rate = FRAMES * (scroll_speed / walker.stride if speed else 0.4)
    width, foot = walker.width, ctx.height * place.ground - walker.height

    def path(t: float) -> tuple[float, float]:
        if ctx.scroll or not speed:
            return (ctx.width - width) / 2, foot
        crossing = (t * scroll_speed + ctx.width * 0.2) % (ctx.width + width) - width
        return (ctx.width - width - crossing if left else crossing), foot

    return [*place.behind, AnimatedSprite(SpriteFrames(FRAMES, paint), rate, path), *place.front]
