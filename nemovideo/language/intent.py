"""What a person means by a message: a free command, or something to make or change.

The rule is closed: a clause is a command only when every word in it belongs to the vocabulary of
commands (`lexicon`), so "add a title that says Export Now" is a message on account of "title". A
clause that asks *not* to do something ("don't export yet") starts nothing and costs nothing; alone
it shows the state.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal, TypeAlias

from nemovideo.language.command_words import WordClass, scan

Route: TypeAlias = Literal["export", "credits", "state", "upload", "message"]
"""Where a message goes; only "message" goes over the stream and may cost credits."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing that a person wants.

    `route` is where it goes, `reason` explains that in a sentence, `text` is the part of the
    message that it came from. `negated` is True where it asks for something not to be done.
    """

    route: Route
    reason: str
    text: str = field(repr=False)
    negated: bool = False


_Meaning: TypeAlias = Literal[
    "export", "credits", "state", "upload", "negated", "filler", "content"
]
_Joint: TypeAlias = Literal["none", "and", "comma", "after", "then", "stop"]

_FIRMNESS: Final[dict[WordClass, int]] = {"and": 1, "comma": 2, "after": 3, "then": 4, "stop": 5}
_JOINTS: Final[tuple[_Joint, ...]] = ("none", "and", "comma", "after", "then", "stop")

_TOPICS: Final = frozenset({"export", "upload", "credits", "state", "tracks"})
_FILLER: Final = frozenset({"filler", "definite", "not", "ready", "ask"})
_FILLER_WITH_FILES: Final = _FILLER | {"one", "video", "media"}
_SENTENCE: Final[dict[_Meaning, frozenset[WordClass]]] = {
    # What makes a clause more than a bare noun or verb, so that a comma is enough to part it.
    "export": frozenset({"definite", "video", "link", "form", "give"}),
    "upload": frozenset({"definite", "video", "media"}),
    "credits": frozenset({"look", "ask", "amount"}),
    "state": frozenset({"look", "ask", "what"}),
}
_REASONS: Final[dict[_Meaning, str]] = {
    "export": "Every word of it asks for the finished file and none for an edit.",
    "credits": "Every word of it asks about credits.",
    "state": "Every word of it asks how things stand.",
    "upload": "Every word of it is about bringing a file in.",
    "negated": "It asks for something not to be done: nothing is started, the state is shown.",
    "content": "It holds words that no command has: something to make, change or answer.",
    "filler": "It names no command.",
}


@dataclass(slots=True)
class _Clause:
    joint: _Joint
    start: int
    end: int
    meaning: _Meaning = "content"
    kinds: set[WordClass] = field(default_factory=lambda: set[WordClass]())

    def add(self, kind: WordClass) -> None:
        # "a video on how to export" names a new video first: what follows is its subject.
        new_video = kind in _TOPICS and self.kinds >= {"one", "video"}
        self.kinds.add("unknown" if new_video else kind)


def route(message: str, *, has_files: bool = False) -> tuple[Intent, ...]:
    """Tell what a message asks for, in order; never empty.

    Args:
        message: What the person typed, in English, Chinese or both.
        has_files: Whether files come with it. Files with an instruction are a message (their
            upload comes first by itself), files alone are an upload.

    Returns:
        One intent, or several where the message holds several.

    Example:
        >>> [intent.route for intent in route("add music and then export")]
        ['message', 'export']
    """
    clauses = _clauses(_unquoted(message))
    for clause in clauses:
        clause.meaning = _meaning(clause.kinds, has_files=has_files)
    if any(clause.meaning == "content" for clause in clauses):
        _keep_mentions(message, clauses)
    parts = _parts(clauses)
    if has_files:
        return _with_files(message, parts)
    return tuple(_intent(message, *part) for part in parts) or (_fallback(message, clauses),)


def _unquoted(message: str) -> str:
    """Blank the marks around a message that is one quotation: as a whole it is no mention."""
    text = message.strip()
    if len(text) > 2 and text[0] + text[-1] in ('""', "''", "``", "“”", "「」"):
        start = message.index(text)
        return " " * (start + 1) + text[1:-1]
    return message


def _clauses(message: str) -> list[_Clause]:
    clauses: list[_Clause] = []
    firmness, after_joint, parted = 0, 0, True
    for token in scan(message):
        strength = _FIRMNESS.get(token.kind, 0)
        if strength:
            if clauses and not parted:
                clauses[-1].end = token.start
            firmness, after_joint, parted = max(firmness, strength), token.end, True
            continue
        if parted:
            clauses.append(_Clause(_JOINTS[firmness], after_joint, len(message)))
            firmness, parted = 0, False
        clauses[-1].add(token.kind)
    return clauses


def _meaning(kinds: set[WordClass], *, has_files: bool) -> _Meaning:
    if "unknown" in kinds:
        return "content"
    if has_files and kinds <= _FILLER_WITH_FILES:
        return "filler"
    if "credits" in kinds or "account" in kinds or kinds >= {"left", "amount"}:
        refused = "not" in kinds and not kinds & {"left", "amount", "want"}
        return "content" if refused else "credits"
    if "state" in kinds or ("tracks" in kinds and not kinds & {"export", "upload"}):
        return "content" if "not" in kinds else "state"
    goal = _goal_by_verb(kinds)
    if goal is None:
        return "filler" if kinds <= _FILLER else "content"
    return "negated" if "not" in kinds and goal != "state" else goal


def _goal_by_verb(kinds: set[WordClass]) -> _Meaning | None:
    if "export" in kinds:
        if kinds >= {"ready", "ask"}:
            return "state"
        return None if kinds & {"what", "media", "amount", "left", "upload"} else "export"
    if "upload" in kinds:
        return None if kinds & {"form", "amount", "left"} else "upload"
    if "link" in kinds and not kinds & {"media", "what", "amount"}:
        return "export"
    return None if kinds & {"one", "media", "amount", "left"} else _goal_by_video(kinds)


def _goal_by_video(kinds: set[WordClass]) -> _Meaning | None:
    if kinds >= {"ready", "ask"} or kinds >= {"look", "video"} or kinds >= {"look", "what"}:
        return "state"
    given = "give" in kinds and kinds & {"video", "definite", "ask", "ready"}
    if given or kinds >= {"want", "video"}:
        return "export"
    return "state" if kinds >= {"ask", "video"} else None


def _keep_mentions(message: str, clauses: list[_Clause]) -> None:
    """Turn what looks like a command but is part of the content beside it into content."""
    meanings = [clause.meaning for clause in clauses]
    sentence = 0
    for place, clause in enumerate(clauses):
        if clause.joint == "stop":
            sentence = clause.start
        if meanings[place] in ("filler", "negated", "content"):
            continue
        before = message[sentence : clause.start] if "content" in meanings[:place] else ""
        after = clauses[place + 1] if "content" in meanings[place + 1 :] else None
        if not _stands_alone(message, clause, before, after):
            clause.meaning = "content"


def _stands_alone(message: str, clause: _Clause, before: str, after: _Clause | None) -> bool:
    if before and _teaching().search(before):
        return False
    if after is not None and after.joint == "after":
        return False
    whole = bool(clause.kinds & _SENTENCE[clause.meaning])
    return _parted_before(clause, before, whole) and _parted_after(message, clause, after, whole)


def _parted_before(clause: _Clause, before: str, whole: bool) -> bool:
    if not before or clause.joint in ("then", "stop", "after"):
        return True
    verb = clause.meaning in ("export", "upload")
    return (whole or verb) and bool(_editing().match(before)) and not _quoting().search(before)


def _parted_after(message: str, clause: _Clause, after: _Clause | None, whole: bool) -> bool:
    if after is None or after.joint in ("then", "stop"):
        return True
    return whole and bool(_editing().match(message, after.start))


@cache
def _editing() -> re.Pattern[str]:
    """How an instruction to make or change something begins."""
    return re.compile(
        r"[\W\d_]*(?:(?:please|pls|can|could|would|you|now|also|just|then|and|first|ok|let's|i|want|"
        r"need|like|to|kindly)\b\W*|[请先再也帮我给麻烦然后一下想要能可以你]+)*"
        r"(?:(?:add|make|cut|trim|change|remove|delete|put|set|turn|generate|create|replace|use|"
        r"apply|insert|mute|speed|slow|crop|rotate|shorten|fade|move|fix|swap|drop|raise|lower|"
        r"increase|decrease|reduce|rename|merge|split|edit|adjust|write|give|animate|extend|"
        r"overlay|blur|zoom|loop|mix|translate|undo|show)\b|[把将加换改删剪调做用去配减缩放提降生制"
        r"切拼合添插移旋裁撤翻让写])",
        re.IGNORECASE,
    )


@cache
def _teaching() -> re.Pattern[str]:
    return re.compile(r"\bhow to\b|\btutorial\b|\bguide\b|教程|教学|如何|怎么|步骤", re.IGNORECASE)


@cache
def _quoting() -> re.Pattern[str]:
    """What opens the words of a title, a voice or a subject, just before the clause."""
    return re.compile(
        r"\b(?:says?|saying|reads?|reading|titled|called|named|about|words?)\b[^,，]*,?\W*(?:and\W*)?$"
        r"|(?:写|写着|说|念|念道|关于|主题是|叫)[^,，]*[,，]?\W*[和并]?$",
        re.IGNORECASE,
    )


_Part: TypeAlias = tuple[_Meaning, int, int]


def _parts(clauses: Iterable[_Clause]) -> list[_Part]:
    """Join neighbouring clauses of one meaning; courtesies stay with the content beside them."""
    parts: list[_Part] = []
    lead: int | None = None
    for clause in clauses:
        last = parts[-1] if parts else None
        meaning = clause.meaning
        if meaning in ("filler", "negated"):
            meaning = "content"
            if last is None or last[0] != "content":
                lead = clause.start if lead is None else lead
                continue
        if last is not None and last[0] == meaning:
            parts[-1] = (meaning, last[1], clause.end)
        else:
            start = lead if lead is not None and meaning == "content" else clause.start
            parts.append((meaning, start, clause.end))
        lead = None
    return parts


def _intent(message: str, meaning: _Meaning, start: int, end: int) -> Intent:
    text = message[start:end].strip()
    if meaning in ("export", "credits", "state", "upload"):
        return Intent(meaning, _REASONS[meaning], text)
    return Intent("message", _REASONS[meaning], text)


def _with_files(message: str, parts: list[_Part]) -> tuple[Intent, ...]:
    rest = tuple(_intent(message, *part) for part in parts if part[0] != "upload")
    if any(intent.route == "message" for intent in rest):
        return rest
    return (Intent("upload", "Files come without an instruction.", message.strip()), *rest)


def _fallback(message: str, clauses: Iterable[_Clause]) -> Intent:
    if any(clause.meaning == "negated" for clause in clauses):
        return Intent("state", _REASONS["negated"], message.strip(), negated=True)
    return Intent("message", _REASONS["filler"], message.strip())
