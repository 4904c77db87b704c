"""Cuts a message into clauses where one thing asked for may end and another begin."""

from __future__ import annotations

import re
from typing import Final, Literal, NamedTuple, TypeAlias, cast

Joint: TypeAlias = Literal["start", "space", "weak", "after", "comma", "then", "stop"]
"""What stands before a clause, from the loosest to the firmest."""

_ORDER: Final[tuple[Joint, ...]] = (*("start", "space", "weak", "after", "comma", "then", "stop"),)
_JOINT: Final = re.compile(
    r"(?P<stop>[.!?…]+(?=\s|$)|[。！？；;\n]+|\b(?:first|second|third)(?:ly)?,"
    r"|(?:(?<=[。；;：\n])|^)第[一二三四五][，、]|(?<=things)[:：]|(?<=requests)[:：]|(?<=first)[:：]|(?<=件事)[:：]"
    r"|(?:(?<=[，,；;：:。])|^)\s*[一二三](?:是|[来來])[，,]?"
    r"|(?<![\w(（])(?:\d{1,2}|[a-h])[)）])"
    r"|(?P<then>\b(?:and\s+then|then|afterwards|after\s+that|(?:next|finally|lastly)(?=,))\b"
    r"|然后|然後|接着|接著|随后|隨後|(?<=[,，])(?:[之以][后後](?![的还還])|(?:等(?![我他她客老]))?(?!我)[\u3400-\u9fff]{0,2}[完好]了?(?:[之以]?[后後])?(?:(?:就|再|直接)+"
    r"|(?=[导導匯汇渲查看]|下[载載]|告[诉訴]))|再))"
    r"|(?P<after>[之以完][后後](?![的还還])再?|(?<=[导導匯汇下][出载載])完了?(?=[跟和告报報查再就看说說]))"
    r"|(?P<comma>[,，、]|\s[-–—]+\s|&)"
    r"|(?P<weak>\b(?:and|adn|nad|but|also|as\s+well\s+as|plus|along\s+with)\b|并且|並且|[并並]|顺便|順便|同时|同時|一[边邊]|(?:再|就|直接|最[后後](?!的))+"
    r"|(?<!最)[后後]"
    r"|[和跟](?!我))"
    r"|(?P<space>(?<=[\u3400-\u9fff])\s+(?=[\u3400-\u9fffA-Za-z])|(?<=[A-Za-z])\s+(?=[\u3400-\u9fff]))",
    re.IGNORECASE,
)
_QUOTED: Final = re.compile(
    r"\"[^\"]*\"|“[^”]*”|‘[^’]*’|「[^」]*」|『[^』]*』|《[^》]*》|`[^`]*`|(?<!\w)'[^'\n]+'(?!\w)"
    # What follows a colon is the text of a title or a voice, up to the end of the line.
    r"|(?:(?<=[：])(?<!件事：)|(?<=:)(?<!things:)(?<!requests:)(?<!first:)(?!//))[^\n]+"
    # Only from the beginning of a word: from each sign of a long one it would take its square.
    r"|https?://\S+|(?<![\w\-])[\w\-]+(?:\.[\w\-]+)+"
)


class Clause(NamedTuple):
    """A stretch of a message, from `start` to `end`, and what stands before it."""

    joint: Joint
    start: int
    end: int


def mask_quoted(message: str) -> str:
    """Write letters over what is in quotation marks, where nothing is to be found."""
    return _QUOTED.sub(lambda found: "x" * len(found[0]), message)


def cut(message: str) -> list[Clause]:
    """Cut a message at every place where it could fall into parts; never inside quotation marks.

    Example:
        >>> [clause.joint for clause in cut("make it red, then export")]
        ['start', 'then']
    """
    masked = mask_quoted(message)
    clauses: list[Clause] = []
    joint: Joint = "start"
    start = 0
    for found in _JOINT.finditer(masked):
        kind = cast("Joint", found.lastgroup)
        if masked[start : found.start()].strip():
            # A question keeps its mark, by which it is told.
            asked = found.start() + (found[0][0] in "?？")
            clauses.append(Clause(joint, start, asked))
            joint, start = kind, found.end()
        elif kind not in ("space", "weak", "after") or found[0] in ("and", "but", "并且", "并"):
            # Any other adverb at the head of a clause is a part of it.
            joint, start = (
                (joint if _ORDER.index(joint) >= _ORDER.index(kind) else kind),
                found.end(),
            )
    if masked[start:].strip():
        clauses.append(Clause(joint, start, len(message)))
    if clauses:
        clauses[0] = clauses[0]._replace(joint="start")
    return clauses
