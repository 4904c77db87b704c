"""Animals in their places: walking, flying or swimming through them."""

from PIL import Image, ImageOps

from nemovideo.sandbox.studio.scenes import birds_and_insects, sea
from nemovideo.sandbox.studio.scenes.layers import Acting, Element, Poses, Stage
from nemovideo.sandbox.studio.scenes.places import place_for
from nemovideo.sandbox.studio.scenes.quadrupeds import POSES, Walker
from nemovideo.sandbox.studio.scenes.scenery import tinted_shadow
from nemovideo.sandbox.studio.scenes.species import SPECIES, Species

_LIKE = {
    "corgi": "dog", "puppy": "dog", "kitten": "cat", "cheetah": "leopard", "alpaca": "sheep",
    "goat": "deer", "bull": "cow", "donkey": "horse", "hippo": "pig", "animal": "fox",
}  # fmt: skip
_FLYING = (
    "bird",
    "eagle",
    "owl",
    "swan",
    "duck",
    "crane",
    "chicken",
    "peacock",
    "parrot",
    "seagull",
)
_INSECTS = ("butterfly", "bee", "dragonfly", "ladybug")
_SWIMMING = ("fish", "dolphin", "whale", "shark", "octopus", "jellyfish", "sea turtle", "seal")
_IDLE = ("sleep", "sit", "eat", "stand", "rest", "nap", "look", "睡", "坐", "吃", "站", "看")
_FAST = ("run", "gallop", "chase", "race", "jump", "play", "奔", "跑", "追", "跳", "玩")


def animal(stage: Stage) -> list[Element]:
    """Choose how the animal moves, and where, by its name."""
    subject = stage.spec.subject or stage.spec.prompt
    if any(word in subject for word in _SWIMMING):
        return sea.underwater(stage, subject)
    if any(word in subject for word in _INSECTS):
        return birds_and_insects.insects(stage, place_for(stage), bee="bee" in subject)
    if any(word in subject for word in _FLYING):
        return birds_and_insects.flock(stage, place_for(stage), subject)
    if "penguin" in subject:
        return birds_and_insects.penguins(stage, place_for(stage))
    return _walking(stage, species_of(subject))


def species_of(subject: str) -> Species:
    """The species of a name; the longest name found wins, a fox stands in for the unknown."""
    names = sorted((n for n in (*SPECIES, *_LIKE) if n in subject), key=len, reverse=True)
    name = names[0] if names else "fox"
    return SPECIES[_LIKE.get(name, name)]


def walk_speed(stage: Stage) -> float:
    """How fast an animal of this scene goes, as a factor of a walk; 0 when it rests."""
    if stage.says(*_FAST):
        return 2.1
    return 0.0 if stage.says(*_IDLE) and not stage.says("walk", "stroll", "走", "散步") else 1.0


def _walking(stage: Stage, species: Species) -> list[Element]:
    speed, place = walk_speed(stage), place_for(stage)
    tall = species.leg + species.girth + species.neck + species.head
    long = species.length + species.neck + species.head * 2.4 + 90
    scale = min(stage.height * 0.5 / tall, stage.width * 0.94 / long)
    walker = Walker(species, scale, stage.light, moving=speed > 0)
    left = stage.scroll < 0 or stage.spec.camera == "pan_left"

    def paint(phase: float) -> Image.Image:
        picture = walker.pose(phase)
        return tinted_shadow(ImageOps.mirror(picture) if left else picture, stage)

    # The cycle keeps step with the ground, so that the feet do not slide.
    pace = abs(stage.scroll) or stage.px(105) * max(speed, 0.5)
    rate = POSES * (pace / walker.stride if speed else 0.4)
    width, foot = walker.width, stage.height * place.ground - walker.height

    def path(t: float) -> tuple[float, float]:
        if stage.scroll or not speed:
            return (stage.width - width) / 2, foot
        crossing = (t * pace + stage.width * 0.2) % (stage.width + width) - width
        return (stage.width - width - crossing if left else crossing), foot

    return [*place.behind, Acting(Poses(POSES, paint), rate, path), *place.front]
