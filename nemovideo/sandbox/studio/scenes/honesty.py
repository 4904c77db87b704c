"""Whether a prompt asks for more than a scene draws: then a card is more honest than a picture."""

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
    "fog", "mist", "storm", "weather", "spring", "summer", "autumn", "winter", "ground", "shadow",
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
    "|throw|catch|push|pull|carry|open|smil|juggl|typ|box|cycl|paddl)(?:ing|es|s|e)(?![a-z])"
    "|(?<![a-z])(?:launch|fireworks?)(?![a-z])|烟花|烟火"
    "|[弹吃喝骑唱读穿戴抱玩画拉爬跳追打]|开车|跳舞|做饭|看书|发射|爆发|工作|滑[雪板冰]|吹[笛箫号]"
)
_QUOTED: Final = re.compile("\"[^\"]*\"|“[^”]*”|'[^']{3,}'(?![a-z])|《[^》]*》")


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
    if _ACTS.search(low):
        return True
    known = (*drawn, *PLACES, *_ALWAYS)
    if setting and not contains(setting, known):
        return True
    # The subject may be there by another name: "puppy" for a dog.
    strangers = 0 if contains(low, (subject,)) else -1
    for match in _NOUNS.finditer(low):
        end = _NOUN_ENDS.search(match["words"])
        words = match["words"][: end.start()] if end else match["words"]
        follows = low[match.start("words") + len(words) :]
        if words and not follows.startswith(" of ") and not contains(words, known):
            strangers += 1
    return strangers > 0
