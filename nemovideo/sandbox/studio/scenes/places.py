"""From the words for a place to the place."""

from collections.abc import Callable

from nemovideo.sandbox.studio.scenes import city, scenery, sea
from nemovideo.sandbox.studio.scenes.layers import Stage
from nemovideo.sandbox.studio.scenes.scenery import Place

_BY_WORD: tuple[tuple[tuple[str, ...], Callable[[Stage], Place]], ...] = (
    (("bamboo", "竹"), scenery.bamboo_forest),
    (("cherry", "sakura", "plum blossom", "樱", "梅花"), scenery.cherry_garden),
    (
        ("autumn", "maple", "fall leaves", "秋", "枫"),
        lambda stage: scenery.forest(stage, autumn=True),
    ),
    (("forest", "woods", "jungle", "tree", "森林", "树"), scenery.forest),
    (("snow", "glacier", "ice", "winter", "雪", "冰"), scenery.snowfield),
    (("desert", "dune", "沙漠"), scenery.desert),
    (("beach", "shore", "coast", "seaside", "沙滩", "海滩", "海边"), sea.beach),
    (
        ("mountain", "peak", "alps", "valley", "canyon", "cliff", "volcano", "sky", "山"),
        scenery.mountain_place,
    ),
    (("lake", "pond", "river", "stream", "湖", "河"), sea.lake),
    (
        ("city", "street", "town", "road", "market", "cafe", "neon", "building", "城", "街"),
        city.street,
    ),
)


def place_for(stage: Stage) -> Place:
    """The place that the setting names, else the subject, else the prompt; a meadow at last."""
    for text in (stage.spec.setting, stage.spec.subject, stage.spec.prompt):
        for words, make in _BY_WORD:
            if any(word in text for word in words):
                return make(stage)
    if stage.spec.weather == "snow":
        return scenery.snowfield(stage)
    return scenery.meadow(stage)
