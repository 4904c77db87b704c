"""Tells by a trained model whether a clause of the agent is an instruction for its screen."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple, TypeAlias

from nemovideo.language.chinese_variants import TO_SIMPLIFIED
from nemovideo.language.linear_model import (
    LinearModel,
    letter_ngrams,
    split_words,
    to_buckets,
    word_ngrams,
)

ClauseKind: TypeAlias = Literal[
    "plain",  # text to keep
    "lead",  # the way into an instruction: "to export it", "if you're happy"
    "more",  # goes on with the instruction before it: "and choose MP4"
    "export",
    "state",
    "credits",
    "upload",
    "send",
    "page",
]
"""What a clause is. From `export` on it is an instruction, named by what the SDK has for it; for
`page`, as in "keep this tab open", there is nothing."""

Position: TypeAlias = Literal["start", "resumed", "plain", "lead", "instruction"]
"""What is before a clause: nothing; in the sentence before, an instruction; or in its own sentence
text to keep, the way into an instruction, or an instruction."""

KINDS: Final[tuple[ClauseKind, ...]] = (
    *("plain", "lead", "more", "export", "state", "credits", "upload", "send", "page"),
)
BUCKETS: Final = 1 << 16
MARGIN: Final = 4.0
"""How far an instruction must lead, so that no content is taken for one."""
_MODEL: Final = LinearModel("ui_model.bin", KINDS)

_MASKS: Final = (
    (re.compile(r"https?://\S+"), "url"),
    # One word in quotation marks may be the name of a button.
    (re.compile(r"[\"“「『'`]([\w ]{1,12})[\"”」』'`](?!\w)"), r"“\1"),
    (
        re.compile(
            r"`[^`]*`|\"[^\"]*\"|“[^”]*”|「[^」]*」|『[^』]*』|《[^》]*》|(?<!\w)'[^']+'(?!\w)"
        ),
        "“”",
    ),
    (re.compile(r"\d+"), "0"),
    (re.compile(r"(?<=\S)(?:\s+[-=]?>\s+|\s*->\s*|\s*[→›»➜➔▸⇒]\s*)(?=\S)"), " → "),
    (re.compile(r"[^\w?'“”:&%+⌘→]+"), " "),
)


_CERTAIN: Final = re.compile(
    r"(?:i(?:'ve| have| added| changed| made| set| moved| placed| removed| used)|scene|shot|done)\b"
    r"|已[^准]|我[已帮]",
    re.IGNORECASE,
)


_LEAD: Final = re.compile(
    r"\W*(?:(?:quick |pro )?(?:tip|hint|note)|steps? ?\w{0,5}|next steps?"
    r"|(?:小|温馨)?(?:提示|贴士)|第[一二三四五\d]步|步[骤驟]\s?\d|下一步)\W*",
    re.IGNORECASE,
)
"""What leads to an instruction for certain, if one follows: otherwise it is shown."""


def is_certainly_plain(beginning: str) -> bool:
    """Tell whether a clause can be shown that is still arriving, by its first words.

    Example:
        >>> is_certainly_plain("I've added"), is_certainly_plain("You can")
        (True, False)
    """
    return bool(_CERTAIN.match(beginning.replace("’", "'")))


def normalize(text: str) -> str:
    """Write a text as the model reads it: simplified, lower case, quotations and numbers masked."""
    text = text.translate(TO_SIMPLIFIED).lower().replace("’", "'").replace("：", ":")
    for pattern, mask in _MASKS:
        text = pattern.sub(mask, text)
    return text.strip()


class Context(NamedTuple):
    """What is before a clause; `topic` is how its paragraph begins, or what its list is about."""

    position: Position = "start"
    topic: str = ""
    sentence: str = ""


def features(clause: str, context: Context) -> list[int]:
    """Return the buckets of a clause."""
    clean = normalize(clause)
    words = split_words(clean)
    names = [*word_ngrams(clean), "bias", f"o {context.position} {words[1]}"]
    names += [f"t {word}" for word in split_words(normalize(context.topic[:40]))[:6]]
    names += [f"h {word}" for word in split_words(normalize(context.sentence[:40]))[:6]]
    return to_buckets(letter_ngrams(clean), names, BUCKETS)


def classify_clause(clause: str, context: Context = Context()) -> ClauseKind:  # noqa: B008
    """Tell what a clause is, from its text without the separator behind it.

    Example:
        >>> classify_clause("you can click the Export button")
        'export'
    """
    if "http" in clause or "](" in clause:
        return "plain"
    if _LEAD.fullmatch(clause):
        return "lead"
    buckets = features(clause, context)
    scores = _MODEL.score(buckets)
    best = next(iter(scores))
    if best in ("plain", "lead"):
        return best  # A lead is shown unless what it leads to is taken out.
    lead = scores[best] - scores["plain"]
    # Behind an instruction another one is what to expect.
    least = 0 if context.position == "instruction" else MARGIN
    return best if lead >= least * len(buckets) ** 0.5 else "plain"
