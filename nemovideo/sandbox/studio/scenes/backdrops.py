"""From the words for a place to the place."""

from collections.abc import Callable

from nemovideo.sandbox.studio.scenes import city, scenery, sea
from nemovideo.sandbox.studio.scenes.layers import SceneContext, contains
from nemovideo.sandbox.studio.scenes.scenery import Backdrop

_BY_WORD: tuple[tuple[tuple[str, ...], Callable[[SceneContext], Backdrop]], ...] = (
    (("bamboo", "竹"), scenery.bamboo_forest),
    (("cherry", "sakura", "plum blossom", "樱", "梅花"), scenery.cherry_garden),
    (("autumn", "maple", "fall leaves", "秋", "枫"), lambda ctx: scenery.forest(ctx, autumn=True)),
    (("forest", "wood", "woodland", "tree", "森林", "树"), scenery.forest),
    (("snow", "snowfield", "glacier", "ice", "winter", "雪", "冰"), scenery.snowfield),
    (("desert", "dune", "沙漠"), scenery.desert),
    (("beach", "shore", "coast", "seaside", "沙滩", "海滩", "海边"), sea.beach),
    (("mountain", "peak", "alps", "valley", "sky", "山", "天空"), scenery.mountain_valley),
    (("lake", "pond", "river", "stream", "湖", "河"), sea.lake),
    (("city", "street", "town", "downtown", "road", "building", "城", "街"), city.street),
)
PLACES = tuple(word for words, _ in _BY_WORD for word in words)


def backdrop_for(ctx: SceneContext) -> Backdrop:
    """The place that the setting names, else the subject, else the prompt; a meadow at last."""
    for text in (ctx.spec.setting, ctx.spec.subject, ctx.spec.prompt):
        for words, make in _BY_WORD:
            if contains(text, words):
                return make(ctx)
    return (scenery.snowfield if ctx.spec.weather == "snow" else scenery.meadow)(ctx)
