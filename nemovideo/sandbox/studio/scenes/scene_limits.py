"""Whether a prompt asks for more than a scene draws, which is then shown as a card instead."""

import re
from collections.abc import Sequence
from typing import Final

from nemovideo.sandbox.studio.scenes.backdrops import PLACES
from nemovideo.sandbox.studio.scenes.layers import contains

# What is drawn in every scene, and what a request is made of.
_ALWAYS: Final = (
    "video", "clip", "film", "movie", "animation", "footage", "scene", "shot", "view", "loop",
    "timelapse", "time-lapse", "reel", "short", "title", "text", "caption", "subtitle", "music",
    "song", "sound", "soundtrack", "voice", "second", "minute", "style", "look", "mood", "feel",
    "tone", "colour", "color", "light", "lighting", "camera", "motion", "background", "foreground",
    "distance", "horizon", "day", "night", "morning", "evening", "noon", "sunset", "sunrise",
    "dawn", "dusk", "sun", "moon", "star", "sky", "cloud", "air", "wind", "breeze", "rain", "snow",
    "fog", "mist", "weather", "spring", "summer", "autumn", "winter", "ground", "shadow",
    "water", "grass", "meadow", "grassland", "prairie", "field", "hill", "countryside", "middle",
    "left", "right", "end", "beginning", "way", "place", "one", "steam", "table", "reflection",
    "savanna", "savannah", "ice", "format",
)  # fmt: skip
_NOUNS: Final = re.compile(
    r"(?<![a-z])(?:an?|the|its|his|her|my|our|their|some|two|three|four|five)"
    r"(?=(?P<words>(?: [a-z'-]+){1,4}))"
)
_NOUN_ENDS: Final = re.compile(
    r" (?:of|in|on|at|by|to|for|with|and|or|over|under|through|across|along|near|from|into|onto"
    r"|around|behind|beside|between|against|above|below|past|up|down|that|who|which|while|as|is"
    r"|are|during|against|(?!morning|evening|lightning|spring|king|ring|wing)[a-z]{2,}ing)(?![a-z])"
)
_ACTS: Final = re.compile(
    "(?<![a-z])(?:play|eat|drink|rid|driv|danc|cook|read|sing|jump|fight|chas|hunt|wear|hold|paint"
    "|build|surf|ski|skat|climb|hugg?|kiss|talk|laugh|cry|explod|erupt|launch|cutt?|writ|work|fall"
    "|throw|catch|push|pull|carry|open|smil|juggl|typ|box|cycl|paddl|sleep|napp|snooz|slid|roll"
    "|fish|cross|bath|wash|lick|yawn|roar|howl|danc|hid|dig|swing|knit|pour|melt|burn|hatch|giv|land|bark)"
    "(?:ing|es|s|e)(?![a-z])|(?<![a-z])(?:launch|fireworks?|asleep)(?![a-z])|烟花|烟火"
    "|[弹吃喝骑唱读穿戴抱玩画拉爬跳追打睡舔钓]|开车|做饭|看书|发射|爆发|工作|滑[雪板冰行]|吹[笛箫号]"
    "|游泳|洗澡|过[河桥马]"
)
# A storm, a view or a place that no scene has, and what is only called after an animal.
_NEVER: Final = re.compile(
    r"(?<![a-z])(?:thunder\w*|lightning|\w*storms?|stormy|tornado|hurricane|tsunami|avalanche"
    r"|aerial|drones?|bird'?s[- ]eye|from above|top[- ]down|interior|indoors?"
    r"|on (?:the )?(?:moon|mars|venus)|hot dogs?|horse(?:back|shoe)\w*|cat(?:walk|fish)\w*"
    r"|toys?|teddy|stuffed|plush|origami|statues?|sculptures?|puppets?|masks?|costumes?|skeletons?"
    r"|goldfish|tanks?|aquariums?"
    r"|(?:in|on|up) (?:an?|the) (?:[a-z]+ )?(?:tree|branch|roof|rooftop|fence"
    r"|leaf|wall)|bloom(?:ing|s)?"
    r"|(?:an?|one|single|the) (?:[a-z]+ )?(?:flower|rose|tulip|lily|orchid|daisy|lotus|sunflower)"
    r"(?! (?:field|meadow|garden)))"
    r"(?![a-z])|[风雷]暴|暴[风雨]|闪电|打雷|台风|海啸|航拍|俯[拍视]|鸟瞰|室内|[月火][球星](?:表面|上)"
    r"|[牛羊猪鸡鸭鱼虾马兔驴](?:肉|奶|蛋|排|汤|翅|腿|骨|杂|丸|片|毛|皮|车|路|桶|缸|仔|戏|拉松|术)"
    r"|金鱼|[蜗犀]牛|[河海]马|虎鲸|海[豹狮象狗]|热狗|玩具|毛绒|玩偶|雕[像塑]|面具|骷髅|树[上枝]|屋顶|一[碗盘锅朵枝]|花开"
)
# A longer word that holds the name of an animal is another thing: 鱿鱼, 木马, 牛油果, "dog rose".
_LONGER: Final = re.compile(
    "(?<=[㐀-鿿])(?<![一二三四五六七八九十几两多只条匹头群个尾种些位对双白黑红黄蓝绿灰金棕花橙橘彩银大小老幼胖瘦肥野"
    "萌爱巨公母雄飞的了着有和与跟是像里上下中外内边底面见看养喂遛赶恐斑鲸鲨极颈奶绵骏水山赛带流浪物原林空塘北南])"
    "(?:[鱼马牛羊虎龙鸟蛇猴鹿狼兔猪鸡鸭鹰]|熊(?!猫))|[海热]狗|水(?:鸟|蛇)"
    "|[猫狗兔鸟牛羊猪鸡鸭鱼虎熊鹿狼猴蛇龙马](?:油|皮|铃|虾|舟|船|饼|巢|窝|笼|粮|果|罐|卡|桶|戏|仔|尾草|头[菇像]|线|须|蹄|薯"
    "|子酱)|鱼[香子缸]|猫(?:饼|咖)|龙(?:卷|眼|井|门)"
    r"|(?<![a-z])(?:(?:guinea|sea|prairie|rubber|bearded|komodo|water|clay|paper|wooden|rocking"
    r"|chocolate) (?:pig|lion|horse|dog|otter|duck|dragon|bear|bird|snake|cow|cat|rabbit|fish)s?"
    r"|(?:dog|cat|horse|deer|tiger|bird|lion|rabbit|fox|bear|cow|pig|duck|fish|dragon|butterfly"
    r"|bee|monkey|wolf|snake|zebra|elephant) (?:rose|chestnut|radish|tick|lil(?:y|ie)|feeder|house"
    r"|bath|cage|food|dance|hole|tail|trap|skin|print|milk|tank|stick|finger|soup|sauce|market|boat"
    r"|fruit|hive|bar|puzzle|crossing|bread|nut|plant|collar|bowl|bed|tattoo|logo|bone|pose)s?"
    r"|fish and chips)(?![a-z])"
)
_UNDER_WATER: Final = re.compile(
    r"(?<![a-z])(?:under ?water|sea turtles?|div(?:es?|ing)|swim(?:s|ming)?"
    r"|in (?:the |an? )?(?:deep |blue |open )?(?:sea|ocean|river|lake|water|pool))(?![a-z])"
    "|水[下里中底]|海[底里中龟]|[河湖溪池][里中]|潜水"
)
"""Where only those are drawn that swim."""
_CLOSE: Final = re.compile(r"close-?ups?|close up|macro|portrait of|特写|微距")
_CROPS: Final = (
    "wheat", "corn", "rice", "lavender", "sunflower", "tulip",
    "麦", "稻", "玉米", "薰衣草", "向日葵", "油菜",
)  # fmt: skip
_SEVERAL: Final = re.compile(
    r"(?<![a-z])(?:two|three|four|five|six|several|many|pairs?|couples?|herds?|packs?|groups?"
    r"|family|families)(?![a-z])|[两三四五六七八九十几][只头匹条个群]|[一两成]群"
)
_IN_CHINESE: Final = re.compile(
    "小?熊猫|猫头鹰|企鹅|长颈鹿|斑马|海豚|北极熊|金鱼|鲸鱼?|鲨鱼|天鹅|蝴蝶|蜜蜂|恐龙"
    "|[猫狗犬兔鸟牛羊猪鸡鸭鹅虎狮熊鹿狼狐猴蛇龙鱼鹰]|马(?![上路拉])|(?<![抽现印气对景])象"
)
_PEOPLE: Final = re.compile(
    "[女男][孩人生]|[老行路牧渔雪]人|孩子|小孩|儿童|婴儿|情侣|新娘|机器人|人[们群]|舞者|厨师|医生"
    "|学生|老师|骑手|司机|农民|工人|士兵|公主|王子|妈妈|爸爸|爷爷|奶奶"
)
_SEEN_CLOSE: Final = ("pizza", "coffee", "latte", "cappuccino", "披萨", "咖啡")
_QUOTED: Final = re.compile("\"[^\"]*\"|“[^”]*”|'[^']{3,}'(?![a-z])|《[^》]*》")


def creatures_in(low: str, names: Sequence[str]) -> int:
    """Return how many kinds of animals a prompt names, in English or in Chinese."""
    found = {name for name in names if name.isascii() and contains(low, (name,))}
    inner = {name for name in found for other in found if name != other and name in other}
    return len(found - inner) + len(set(_IN_CHINESE.findall(low)))


def asks_for_animals(
    prompt: str, animals: Sequence[str], *, is_drawn: bool, many: bool, swims: bool
) -> bool:
    """Return True if a prompt names people, other animals, or more than a scene shows.

    Args:
        prompt: the request, in the words of the user.
        animals: the animals that are painted.
        is_drawn: whether the scene shows an animal.
        many: whether it shows several of its kind.
        swims: whether it shows the animal under water.
    """
    low = _QUOTED.sub(" ", prompt.lower())
    if _PEOPLE.search(low) or creatures_in(low, animals) > is_drawn:
        return True
    if is_drawn and (_LONGER.search(low) or (not swims and _UNDER_WATER.search(low))):
        return True
    return is_drawn and (contains(low, _CROPS) or (not many and bool(_SEVERAL.search(low))))


def asks_for_more(prompt: str, subject: str, setting: str, drawn: Sequence[str]) -> bool:
    """Return True if a prompt names a thing or an act that no scene with these words shows.

    Args:
        prompt: the request, in the words of the user.
        subject: who or what was read from it.
        setting: where that is.
        drawn: what the scene can show.

    Example:
        >>> asks_for_more("a dog playing the piano", "dog", "", ("dog",))
        True
        >>> asks_for_more("a puppy in the snow at night", "dog", "", ("dog",))
        False
    """
    low = _QUOTED.sub(" ", prompt.lower())
    if _ACTS.search(low) or _NEVER.search(low):
        return True
    if _CLOSE.search(low) and not contains(low, _SEEN_CLOSE):
        return True
    known = (*drawn, *PLACES, *_ALWAYS)
    if setting and not contains(setting, known):
        return True
    # The subject may be there by another name: "puppy" for a dog.
    unknown = 0 if contains(low, (subject,)) else -1
    for match in _NOUNS.finditer(low):
        end = _NOUN_ENDS.search(match["words"])
        words = match["words"][: end.start()] if end else match["words"]
        follows = low[match.start("words") + len(words) :]
        if words and not follows.startswith(" of ") and not contains(words, known):
            unknown += 1
    return unknown > 0
