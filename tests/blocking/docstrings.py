"""Writes the docstrings of the async classes into the blocking ones, without the `await`.

A test compares them. After a change of an async docstring: python -m tests.blocking.docstrings
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from textwrap import indent

from nemovideo.blocking.recovery import _Unfinished  # the base of two
from nemovideo.operations.recovery import Unfinished
from tests.blocking.pairs import NAMES, PAIRS

CLASSES = [*PAIRS, (Unfinished, _Unfinished)]
ASYNC_NAMES = {blocking: name for name, blocking in NAMES.items()}

WORDS = (
    (re.compile(r"\bawait "), ""),
    (re.compile(r"\basync (with|for)\b"), r"\1"),
    (re.compile(r"\bAsyncNemoVideo\b"), "NemoVideo"),
    (re.compile(r"\baclose\b"), "close"),
    (re.compile(r", for async programs on asyncio and trio\b"), ", for programs without async"),
)
SECTION = re.compile(r"^(Args|Raises|Example):$", re.MULTILINE)
OWN_SUMMARY = {
    "NemoVideo",
    "NemoVideo.batch",
    "NemoVideo.generate",
    "NemoVideo.close",
    "Project.send",
}
"""What behaves differently without async; the sections are the same."""
OWN_DOCSTRING = {"Batch", "Generation", "PendingTurn"}


def blocking_words(text: str) -> str:
    """Return a docstring of async code as it reads for blocking code."""
    for pattern, word in WORDS:
        text = pattern.sub(word, text)
    return text


def expected(name: str, own: str | None, origin: str | None) -> str | None:
    """Return the docstring that a member should have; None leaves it as it is."""
    if not origin or name in OWN_DOCSTRING:
        return None
    text = blocking_words(inspect.cleandoc(origin))
    if name not in OWN_SUMMARY:
        return text
    return f"{_split(own or '')[0]}\n\n{_split(text)[1]}".rstrip()


def _split(docstring: str) -> tuple[str, str]:
    """Return the summary and the sections."""
    section = SECTION.search(docstring)
    start = section.start() if section else len(docstring)
    return docstring[:start].rstrip(), docstring[start:]


def source_with_docstrings(path: Path) -> str:
    """Return a source file with the docstrings that it should have."""
    source = path.read_text("utf-8")
    lines = source.splitlines(keepends=True)
    edits = [edit for theirs, ours in CLASSES for edit in _edits(source, path, theirs, ours)]
    for start, end, text in sorted(edits, reverse=True):
        lines[start:end] = [text]
    return "".join(lines)


def _edits(source: str, path: Path, theirs: type, ours: type) -> Iterator[tuple[int, int, str]]:
    for cls in ast.parse(source).body:
        if not isinstance(cls, ast.ClassDef) or cls.name != ours.__name__:
            continue
        if Path(inspect.getfile(ours)) != path:
            continue
        yield from _edit(cls, cls.name, theirs.__doc__, 4)
        for member in cls.body:
            if isinstance(member, ast.FunctionDef) and _is_documented(member):
                origin = _docstring_of(theirs, ASYNC_NAMES.get(member.name, member.name))
                yield from _edit(member, f"{cls.name}.{member.name}", origin, 8)


def _is_documented(member: ast.FunctionDef) -> bool:
    is_overload = any(ast.unparse(each) == "overload" for each in member.decorator_list)
    return not member.name.startswith("_") and not is_overload


def _docstring_of(cls: type, name: str) -> str | None:
    member = inspect.getattr_static(cls, name, None)
    if callable(member) or isinstance(member, property | cached_property):
        return member.__doc__
    return None


def _edit(
    node: ast.ClassDef | ast.FunctionDef, name: str, origin: str | None, columns: int
) -> Iterator[tuple[int, int, str]]:
    text = expected(name, ast.get_docstring(node), origin)
    if text is None:
        return
    closing = "\n" if "\n" in text else ""
    escaped = text.replace("\\", "\\\\")
    literal = indent(f'"""{escaped}{closing}', " " * columns)
    literal += f'{" " * columns if closing else ""}"""\n'
    first = node.body[0]
    if ast.get_docstring(node) is not None:
        yield first.lineno - 1, first.end_lineno or first.lineno, literal
        return
    start = min([first.lineno, *(each.lineno for each in getattr(first, "decorator_list", []))])
    yield start - 1, start - 1, literal


def files() -> list[Path]:
    """Return the source files of the blocking classes."""
    return sorted({Path(inspect.getfile(ours)) for _, ours in CLASSES})


if __name__ == "__main__":
    for file in files():
        file.write_text(source_with_docstrings(file), "utf-8")
