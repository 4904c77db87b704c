"""A page of documentation as what can be run in it, top to bottom.

A comment right above a block says what it is, where its language does not tell:

    <!-- file: app.py -->              its content becomes that file
    <!-- add: test_it.py -->           its content is added to that file
    <!-- script: panda.py -->          that, and the file is run on its own
    <!-- output -->                    what the block before prints; "..." stands for anything
    <!-- raises: NotFoundError -->     the snippet ends with this error
    <!-- background: Uvicorn -->       the command stays, and is up when it prints this word
    <!-- elsewhere: film.py -->        a program that the session `frameworks` runs
    <!-- not run: the reason -->       neither run nor checked

and `<!-- setup` … `-->` holds Python that runs at this place without being shown.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass

PYTHON = frozenset({"python", "py"})
COMMANDS = frozenset({"console", "sh", "bash", "shell"})

_TOKEN = re.compile(
    r"^(?P<setup><!-- setup\n(?P<code>.*?)^-->)$"
    r"|^(?P<indent> *)(?P<fence>```+|~~~+)(?P<info>[^\n]*)\n(?P<body>.*?)^(?P=indent)(?P=fence) *$",
    re.MULTILINE | re.DOTALL,
)
_MARK = re.compile(
    r"<!-- (file|add|script|output|raises|background|elsewhere|not run)(?:: (.+?))? -->"
)


@dataclass(frozen=True)
class Block:
    """One thing to be done: `kind` is "python", "commands" or one of the marks."""

    kind: str
    body: str
    line: int
    argument: str = ""
    language: str = ""


class PageError(Exception):
    """The page itself is wrong, whatever its snippets do."""


def read_blocks(text: str) -> Iterator[Block]:
    """Give the blocks of a page in order, those that are only looked at left out.

    Raises:
        PageError: a mark without a block, or without the argument that it needs.
    """
    end = 0
    for found in _TOKEN.finditer(text):
        line = text.count("\n", 0, found.start()) + 1
        if found["setup"]:
            yield Block("python", found["code"], line, language="python")
            continue
        kind, argument = _mark(text[end : found.start()], line)
        end = found.end()
        language = (found["info"].split() or [""])[0].strip("{}.")
        body = textwrap.dedent(found["body"])
        kind = kind or ("python" if language in PYTHON else "")
        kind = kind or ("commands" if language in COMMANDS else "")
        if kind:
            yield Block(kind, body, line, argument, language)


def _mark(before: str, line: int) -> tuple[str, str]:
    """Return the mark right above a block; one further up belongs to nothing."""
    marks = list(_MARK.finditer(before))
    if not marks:
        return "", ""
    last = marks[-1]
    # Other comments may stand between a mark and its block, such as those that CI cuts at.
    between = re.sub(r"<!--.*?-->", "", before[last.end() :], flags=re.DOTALL)
    if len(marks) > 1 or between.strip():
        raise PageError(f"a mark before line {line} has no block right below it")
    if not last[2] and last[1] != "output":
        raise PageError(f"the mark {last[1]!r} before line {line} says nothing")
    return last[1], last[2] or ""
