"""Drops the "I encountered a temporary issue" that the agent leaves behind a normal answer.

It means nothing there (wire-contract section 5). As the whole answer it does, and stays.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import cache, lru_cache
from itertools import product
from typing import Final

_APOLOGIES: Final = (
    "|sorry, |sorry, but |sorry. |sorry! |i'm sorry, |i'm sorry, but |i'm sorry. |i am sorry, but "
    "|we're sorry, but |oops, |oops! |apologies, |apologies, but |i apologize, |i apologize, but "
    "|i apologize. |unfortunately, |unfortunately |however, "
)
_OPENINGS: Final = ("i", "i've", "i have", "i just", "we", "we've", "we have", "it seems i")
_ENDINGS: Final = (" encountered a temporary", " encountered a brief", " encountered a transient")
_CHINESE_APOLOGIES: Final = (
    "|抱歉，|很抱歉，|非常抱歉，|十分抱歉，|对不起，|不好意思，|抱歉,|抱歉。|抱歉，但|但|不过，"
)
_CHINESE_OPENINGS: Final = ("我", "我刚才", "我刚刚", "系统", "系统刚才", "", "似乎")
_CHINESE_ENDINGS: Final = (
    "遇到了一个临时|遇到了一个暂时|遇到一个临时|遇到一个暂时|遇到了一些临时|遇到了临时|遇到了暂时|遇到临时"
    "|遇到暂时|出现了临时|出现临时|出现了一个临时"
)
_ADVICE: Final = (
    *("please", "try", "you can", "you may", "kindly", "let me", "let's", "feel free"),
    *("请", "稍后", "您可以", "你可以", "可以", "再试", "麻烦"),
)
_LONGEST: Final = 52
"""Longer than any phrase: enough of a text to tell whether it begins with one."""

_LONGEST_ADVICE: Final = 12
"""Longer than any beginning of a piece of advice."""

_LONGEST_APOLOGY: Final = 300
"""A sentence beyond this tells more than that something went wrong."""

_SENTENCE: Final = re.compile(r"[^.!?。！？…\n]*(?:[.!?。！？…]+|\n|\Z)\s*")
_SENTENCE_END: Final = frozenset('.!?。！？…)*`”"\n')


_FORMS: Final = (
    (_APOLOGIES.split("|"), _OPENINGS, _ENDINGS),
    (_CHINESE_APOLOGIES.split("|"), _CHINESE_OPENINGS, _CHINESE_ENDINGS.split("|")),
)


@cache
def _phrases() -> list[str]:
    """The apology in all its forms, from its first letter to where it is unmistakable, sorted."""
    return sorted("".join(chosen) for parts in _FORMS for chosen in product(*parts))


@cache
def _phrase() -> re.Pattern[str]:
    """Match any of the forms; none of them is the beginning of another one."""
    forms = ("".join(f"(?:{'|'.join(map(re.escape, each))})" for each in parts) for parts in _FORMS)
    return re.compile("|".join(forms))


@cache
def _first_letters() -> frozenset[str]:
    return frozenset(phrase[:count] for phrase in _phrases() for count in (1, 2))


@cache
def _ends() -> frozenset[str]:
    """All that the last three characters within a phrase can be, and the last of fewer."""
    # Of the parts and of where they meet: the phrases are too many to go through each.
    parts = {part for first, _, last in _FORMS for part in (*first, *last)}
    parts.update(
        apology[-2:] + opening + ending[:2]
        for form in _FORMS
        for apology, opening, ending in product(*form)
    )
    threes = {part[at : at + 3] for part in parts for at in range(len(part) - 2)}
    ends = threes | _first_letters()
    return frozenset(ends | {end.replace("'", "’") for end in ends})


@cache
def _starts() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Find where an apology may begin, by its first letters: at the start, and after a sentence.

    One pattern for both, or one that ignores case, would be tried at every letter of the text.
    """
    seconds: dict[str, set[str]] = {}
    for phrase in _phrases():
        seconds.setdefault(_either_case(phrase[0]), set()).add(_either_case(phrase[1]))
    first = "|".join(f"[{one}](?:[{''.join(sorted(two))}]|\\Z)" for one, two in seconds.items())
    rest = rf"\s*+(?={first})"
    return re.compile(rest), re.compile(f'[.!?。！？…)*`”"\\n]{rest}')


def _either_case(letter: str) -> str:
    return re.escape("'’" if letter == "'" else "".join({letter, letter.upper()}))


class ApologyFilter:
    """Buffers a possible apology at the end of the text until more text decides."""

    def __init__(self) -> None:
        self.buffered: str = ""
        """What is buffered back at the moment."""
        self._answered = False
        self._fresh = True  # What is buffered begins a sentence.

    def feed(self, text: str) -> str:
        """Return what can be shown, with what was buffered back until now."""
        buffered = self.buffered + text
        named = _names_a_problem(buffered)
        suspect = None
        if named or _may_break_off(buffered[-3:]):
            suspect = self._suspect(buffered, named, final=False)
        # Spaces wait for what follows, or they would dangle where an apology is dropped.
        shown = buffered[:suspect].rstrip()
        self.buffered = buffered[len(shown) :]
        if shown:
            self._answered = True
            self._fresh = shown[-1] in _SENTENCE_END
        return shown

    def feed_run(self, pieces: list[str]) -> list[str]:
        """Do as `feed` for pieces that came together, and return what can be shown as they were.

        Only the end of a text can be an apology, so one look at all of it will do.
        """
        before = self.buffered
        said = self.feed("".join(pieces))
        if len(pieces) == 1:
            return [said] if said else []
        shown = [before + pieces[0], *pieces[1:]]
        left = sum(map(len, shown)) - len(said)
        while shown and left >= len(shown[-1]):
            left -= len(shown.pop())
        if left:
            shown[-1] = shown[-1][:-left]
        return shown

    def finish(self) -> str:
        """Return what is left, without the apology if there was an answer before it."""
        buffered, self.buffered = self.buffered, ""
        suspect = self._suspect(buffered, True, final=True) if _names_a_problem(buffered) else None
        if suspect is None or not self._answered:
            return buffered
        return buffered[:suspect].rstrip()

    def _suspect(self, buffered: str, named: bool, *, final: bool) -> int | None:
        """Where the buffered text may begin to be an apology and nothing but it up to the end.

        Args:
            named: there may be a whole phrase in it, and not just the beginning of one.
        """
        # Without the spaces at its end every match succeeds at once, however many there are.
        text = buffered.rstrip()
        # A phrase that the end cuts off begins near it, behind spaces and the end of a sentence.
        begin = 0 if named else len(text[:-_LONGEST].rstrip()) - 1
        at_start, after_sentence = _starts()
        if begin <= 0:
            found = at_start.match(text)
            begins = found and (self._fresh or "\n" in found[0])
            if found and begins and _is_apology(buffered, found.end(), final):
                return found.end()
        for found in after_sentence.finditer(text, begin):
            if _is_apology(buffered, found.end(), final):
                return found.end()
        return None


# Hardly any piece of an answer has to do with an apology. That is seen at a look at what all
# phrases have in common and at the last three characters; the search itself takes ten times that.


def _names_a_problem(buffered: str) -> bool:
    """Say whether there may be a whole phrase in the text."""
    lowered = buffered.lower()
    return " encountered a " in lowered or "临时" in lowered or "暂时" in lowered


@lru_cache(maxsize=2**12)
def _may_break_off(end: str) -> bool:
    """Say whether a text may end within a phrase, by its last three characters.

    They are of the phrase then, or the last one or two are and no letter stands before them: a
    phrase begins behind the end of a sentence, spaces, or nothing.
    """
    end, ends = end.lower(), _ends()
    return (
        len(end) < 3
        or end in ends
        or (end[-1] in ends and not end[-2].isalpha())
        or (end[-2:] in ends and not end[-3].isalpha())
    )


def _is_apology(buffered: str, start: int, final: bool) -> bool:
    head = _lowered(buffered[start : start + _LONGEST])
    if head[:2] not in _first_letters():
        return False
    phrase = _phrase().match(head)
    if phrase is None:
        return not final and _begins_phrase(head)
    place = _end_of_sentence(buffered, start + phrase.end())
    if place - start > _LONGEST_APOLOGY:
        return False
    while place < len(buffered):
        rest = _lowered(buffered[place : place + _LONGEST_ADVICE])
        if not (rest.startswith(_ADVICE) or (not final and _begins_advice(rest))):
            return False
        place = _end_of_sentence(buffered, place)
    return True


def _lowered(text: str) -> str:
    return text.lower().replace("’", "'")


def _begins_phrase(text: str) -> bool:
    place = bisect_left(_phrases(), text)
    return place < len(_phrases()) and _phrases()[place].startswith(text)


def _begins_advice(rest: str) -> bool:
    return any(advice.startswith(rest) for advice in _ADVICE)


def _end_of_sentence(text: str, place: int) -> int:
    found = _SENTENCE.match(text, place)
    return found.end() if found and found.end() > place else len(text)
