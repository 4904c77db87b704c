"""Every kind of scene is drawn, moves, and depends on its words."""

import dataclasses

import numpy as np
import pytest

from nemovideo.sandbox.studio.canvas import Canvas
from nemovideo.sandbox.studio.render_plan import SceneSpec
from nemovideo.sandbox.studio.scenes.factory import build_scene, family_of
from nemovideo.sandbox.studio.scenes.species import SPECIES

SIZE, CARD = (128, 72), (512, 288)

_NAMES = {
    "animal": (
        *SPECIES, "eagle", "bird", "butterfly", "bee", "penguin", "fish", "whale", "kitten",
    ),
    "sea": ("sailboat", "ship", "lighthouse", "coral reef", "beach"),
    "city": ("skyline", "street", "traffic"),
    "space": (
        "earth", "mars", "moon", "saturn", "jupiter", "galaxy", "black hole", "rocket",
        "astronaut", "meteor shower", "nebula",
    ),
    "food": ("pizza", "coffee", "latte"),
    "abstract": ("neon", "gradient", "abstract art"),
    "landscape": (
        "mountain", "cherry blossom", "autumn forest", "desert", "lake", "rainbow", "sunflower",
        "northern lights", "hot air balloon", "lavender field",
    ),
}  # fmt: skip
_PLACES = ("forest", "beach", "desert", "city", "snowfield", "bamboo forest", "lake")
WORDS = [(family, name, "") for family, names in _NAMES.items() for name in names]
WORDS += [("animal", "cat", place) for place in _PLACES]


def shots(
    spec: SceneSpec, size: tuple[int, int] = SIZE, at: tuple[int, ...] = (0, 25)
) -> list[np.ndarray]:
    scene = build_scene(spec, *size, 30.0, 90)
    drawn = []
    for frame in at:
        canvas = Canvas.blank(*size)
        scene.draw(canvas, frame)
        drawn.append(np.concatenate([p.ravel() for p in canvas.planes]))
    scene.close()
    return drawn


@pytest.mark.parametrize(("family", "subject", "setting"), WORDS)
def test_the_scene_is_filled_and_moves(family: str, subject: str, setting: str) -> None:
    spec = SceneSpec(family=family, subject=subject, setting=setting, prompt=subject)
    assert family_of(spec) == family
    first, later = shots(spec)
    assert len(np.unique(first[: SIZE[0] * SIZE[1]])) > 20
    assert (first != later).mean() > 0.01


@pytest.mark.parametrize("time", ["day", "dawn", "sunset", "night"])
@pytest.mark.parametrize("weather", ["clear", "rain", "snow", "fog", "cloudy"])
def test_time_and_weather_change_the_picture(time: str, weather: str) -> None:
    plain = shots(SceneSpec(family="landscape", subject="hills"), at=(0,))[0]
    other = shots(
        SceneSpec(family="landscape", subject="hills", time=time, weather=weather), at=(0,)
    )[0]
    assert (other == plain).all() == ((time, weather) == ("day", "clear"))


@pytest.mark.parametrize(
    "camera", ["pan_left", "pan_right", "zoom_in", "zoom_out", "still", "drift"]
)
@pytest.mark.parametrize("family", ["city", "animal"])
def test_every_camera_move_is_drawn(camera: str, family: str) -> None:
    first, later = shots(
        SceneSpec(family=family, subject={"animal": "fox"}.get(family, family), camera=camera)
    )
    assert (first != later).any()


@pytest.mark.parametrize(
    "family", ["animal", "city", "sea", "space", "food", "abstract", "landscape"]
)
@pytest.mark.parametrize("size", [(72, 128), (64, 64), (256, 64)])
def test_every_shape_of_picture_is_filled(family: str, size: tuple[int, int]) -> None:
    drawn = shots(SceneSpec(family=family, time="night"), size, at=(0,))[0]
    assert len(np.unique(drawn)) > 10


@pytest.mark.parametrize(
    ("family", "subject"),
    [("city", "robot"), ("landscape", "woman"), ("animal", "octopus"), ("sea", "submarine")],
)
def test_a_subject_that_is_not_painted_is_a_card_with_its_prompt(family: str, subject: str) -> None:
    spec = SceneSpec(family=family, subject=subject, prompt=f"a {subject} at work")
    other = dataclasses.replace(spec, prompt=f"a {subject} that sleeps", seed=1)
    assert family_of(spec) == "card"
    first, later = shots(spec, CARD)
    assert (first != later).mean() > 0.01
    assert (first[: CARD[0] * CARD[1]] > 200).sum() > 300
    assert (first != shots(other, CARD)[0]).any()


@pytest.mark.parametrize(
    ("prompt", "subject", "setting", "family"),
    [
        ("a panda walking through a bamboo forest", "panda", "bamboo forest", "animal"),
        ("a 2-second video of a puppy in the snow, with a title", "dog", "snowfield", "animal"),
        ("a steaming cup of coffee on a wooden table", "coffee", "wooden table", "food"),
        ("an elephant in the savanna", "elephant", "savanna", "animal"),
        ("a herd of elephants in the savanna", "elephant", "savanna", "card"),
        ("two pandas in a bamboo forest", "panda", "bamboo forest", "card"),
        ("两只熊猫在竹林里散步", "panda", "竹林", "card"),
        ("a flock of birds in the sky", "bird", "sky", "animal"),
        ("a dog beside a cat", "dog", "", "card"),
        ("a polar bear in the snow", "polar bear", "snowfield", "animal"),
        ("樱花树下的猫", "cherry blossom", "", "card"),
        ("抽象粒子", "abstract", "", "abstract"),
        ("a puppy in a wheat field", "dog", "field", "card"),
        ("a boat on a river", "boat", "river", "card"),
        ("a rabbit in the grass", "rabbit", "meadow", "animal"),
        ("a dog playing the piano", "dog", "", "card"),
        ("a cat sleeping on a sofa", "cat", "sofa", "card"),
        ("an astronaut riding a horse", "astronaut", "", "card"),
        ("a hummingbird at a flower", "flower", "", "card"),
        ("a goldfish in a bowl", "fish", "bowl", "card"),
        ("a goldfish in clear water", "goldfish", "", "card"),
        ("a whale jumping out of the sea", "whale", "sea", "card"),
        ("小猫弹钢琴", "cat", "", "card"),
        ("a lion sleeping under a tree", "lion", "tree", "card"),
        ("a squirrel in a tree", "squirrel", "tree", "card"),
        ("a hot dog with mustard", "dog", "", "card"),
        ("一碗热腾腾的牛肉面", "cow", "", "card"),
        ("一头犀牛在草原上", "cow", "", "card"),
        ("烤鱿鱼", "fish", "", "card"),
        ("美人鱼在海边", "fish", "海边", "card"),
        ("金枪鱼罐头", "fish", "", "card"),
        ("木马", "horse", "", "card"),
        ("牛油果", "cow", "", "card"),
        ("斑马线", "zebra", "", "card"),
        ("龙舟比赛", "dragon", "", "card"),
        ("a guinea pig", "pig", "", "card"),
        ("a dog rose", "dog", "", "card"),
        ("a dragon boat", "dragon", "", "card"),
        ("a sea turtle under water", "turtle", "", "card"),
        ("海龟在海里游", "turtle", "海里", "card"),
        ("a turtle walking on a meadow", "turtle", "meadow", "animal"),
        ("a duck swimming in a river", "duck", "river", "card"),
        ("池塘里的鱼", "fish", "", "animal"),
        ("一匹斑马在草原上", "zebra", "", "animal"),
        ("一只棕熊", "bear", "", "animal"),
        ("宇航员在月球上漫步", "astronaut", "月球", "card"),
        ("a spaceship over a lake", "spaceship", "lake", "card"),
        ("a sailboat in a storm", "sailboat", "storm", "card"),
        ("a close-up of a rose", "flower", "", "card"),
        ("a close-up of a coffee", "coffee", "", "food"),
        ("fireworks over the city", "city", "", "card"),
    ],
)
def test_a_scene_shows_no_less_than_the_prompt_says(
    prompt: str, subject: str, setting: str, family: str
) -> None:
    drawn = {"dog": "animal", "cat": "animal", "fish": "animal", "whale": "animal"}
    named = {**drawn, "astronaut": "space", "flower": "landscape"}.get(subject, "")
    assert family_of(SceneSpec(prompt, 1, named, subject, setting)) == family


def test_northern_lights_are_seen_at_night() -> None:
    day = SceneSpec(family="landscape", subject="northern lights", time="day")
    night = dataclasses.replace(day, time="night")
    assert (shots(day)[0] == shots(night)[0]).all()


def test_a_resting_animal_stays_in_its_place() -> None:
    resting = SceneSpec(family="animal", subject="cat", prompt="a cat sitting", camera="still")
    walking = dataclasses.replace(resting, prompt="a cat walking")
    changes = [(a != b).mean() for a, b in (shots(resting), shots(walking))]
    assert changes[0] < changes[1]


def test_the_same_words_and_seed_give_the_same_picture_and_another_seed_another() -> None:
    spec = SceneSpec(prompt="city at night", seed=4)
    assert (shots(spec)[1] == shots(spec)[1]).all()
    assert (shots(spec)[1] != shots(dataclasses.replace(spec, seed=5))[1]).any()


@pytest.mark.parametrize(
    ("prompt", "family"),
    [
        ("一只熊猫在竹林里散步", "animal"),
        ("a rocket in space", "space"),
        ("披萨", "food"),
        ("海上日落", "sea"),
        ("城市夜景", "city"),
        ("abstract particles", "abstract"),
        ("a meadow at noon", "landscape"),
        ("something quiet", "card"),
        ("a steak", "card"),
        ("a team at work", "card"),
    ],
)
def test_the_family_follows_from_a_bare_prompt(prompt: str, family: str) -> None:
    assert family_of(SceneSpec(prompt=prompt)) == family


def test_the_time_of_day_follows_from_a_bare_prompt() -> None:
    night, day = (
        shots(SceneSpec(prompt=p), at=(0,))[0] for p in ("hills at night", "hills at noon")
    )
    assert night[: 128 * 72].mean() < day[: 128 * 72].mean() - 30


@pytest.mark.parametrize("camera", ["still", "zoom_in", "drift", "pan_right"])
def test_a_frame_is_the_same_whatever_was_drawn_before_it(camera: str) -> None:
    spec = SceneSpec("panda", 7, "animal", "panda", "bamboo forest", "day", "clear", camera)
    straight = shots(spec, at=tuple(range(0, 40, 3)))
    alone = shots(spec, at=(39,))
    assert (straight[-1] == alone[-1]).all()
