"""Names and titles for pictures: short, in the language of the prompt."""

from __future__ import annotations

import re
from typing import Final

from nemovideo.sandbox.agents.rule_agent.words.lexicon import find_terms
from nemovideo.sandbox.agents.rule_agent.words.phrases import Language, lower

_SMALL: Final = (
    "a", "an", "the", "and", "or", "of", "in", "on", "at", "to", "by", "for", "with", "from",
    "over", "under", "through", "into", "as",
)  # fmt: skip
_FLUFF_ZH: Final = re.compile("^(?:一[只个条群座片段]|美丽的|漂亮的|可爱的)+")
_PREPOSITION: Final = (
    "through", "in", "on", "at", "over", "across", "along", "under", "beside", "near", "by",
    "around", "inside", "above", "into", "past", "beneath", "behind", "among",
)  # fmt: skip
_MOST_WORDS: Final = 6
_MOST_SIGNS: Final = 12


def title_case(text: str) -> str:
    """Capitalise a title the English way: small words stay small inside it."""
    words = text.split()
    last = len(words) - 1
    return " ".join(
        word
        if word[:1].isupper()
        else word
        if 0 < i < last and word in _SMALL
        else word[:1].upper() + word[1:]
        for i, word in enumerate(words)
    )


def name(picture: str, language: Language) -> str:
    """Return what to call a clip on the timeline, such as "panda walking through a forest"."""
    if language == "zh":
        return picture[:24]
    text = re.sub(r"^(?:(?:a|an|the|some)\s+)+", "", picture, flags=re.IGNORECASE)
    return text if len(text) <= 60 else text[:60].rsplit(" ", 1)[0]


def title(picture: str, subject: str, setting: str, language: Language) -> str:
    """Return a short title for a picture: "Panda in the Bamboo Forest", "竹林里的熊猫"."""
    if language == "zh":
        return _chinese(picture)
    head = re.split(r"\s*[,;:.]\s*", name(picture, "en"))[0]
    words = head.split()
    if len(words) <= _MOST_WORDS and not any(word.lower().endswith("ing") for word in words):
        return title_case(head)
    where = _where(lower(head), setting) if setting and subject != setting else ""
    if where:
        return title_case(f"{subject} {where}"[:60])
    return title_case(" ".join(_whole(words[:_MOST_WORDS])))


def _where(low: str, setting: str) -> str:
    """Return "in the bamboo forest" for "through a bamboo forest", "in tokyo" for "in tokyo"."""
    joints = "|".join(_PREPOSITION)
    pattern = (
        rf"(?<![a-z])(?P<joint>{joints}) (?P<the>(?:a|an|the|its|his|her"
        rf"|their) )?(?:(?!(?:{joints}) )[a-z'-]+ ){{0,2}}?{re.escape(setting)}"
    )
    match = re.search(pattern, low)
    if match is None:
        return ""
    joint = "in" if match["joint"] in {"through", "along", "into", "across"} else match["joint"]
    return f"{joint} {'the ' if match['the'] else ''}{setting}"


def _whole(words: list[str]) -> list[str]:
    while len(words) > 1 and words[-1].lower() in {*_SMALL, *_PREPOSITION}:
        words = words[:-1]
    return words


def _chinese(picture: str) -> str:
    head = _FLUFF_ZH.sub("", re.split("[,。;、]", picture)[0])
    placed = re.match("(?P<who>[^的在]{1,8})在(?P<where>[^的]{1,8}?[里中上下旁边间前后内])", head)
    if placed and find_terms(placed["who"]):
        return f"{placed['where']}的{placed['who'].removesuffix('正')}"
    return head[:_MOST_SIGNS]
