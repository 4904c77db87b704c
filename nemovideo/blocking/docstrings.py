"""Docstrings for the blocking twins, told once: in the async classes."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from functools import cached_property
from typing import TypeVar

_C = TypeVar("_C", bound=type)

_WORDS = (
    (re.compile(r"\bawait "), ""),
    (re.compile(r"\basync (with|for)\b"), r"\1"),
    (re.compile(r"\bAsyncNemoVideo\b"), "NemoVideo"),
    (re.compile(r"\baclose\b"), "close"),
    (re.compile(r", for async programs on asyncio and trio\b"), ", for programs without async"),
)
_SECTION = re.compile(r"^(Args|Raises|Example):$", re.MULTILINE)


def copy_docstrings(origin: type) -> Callable[[_C], _C]:
    """Give a class and its members the docstrings of their async twins, without the `await`.

    A member that has words of its own keeps them, and gets the sections from "Args:" on.
    """

    def tell(twin: _C) -> _C:
        twin.__doc__ = _docstring(twin.__doc__, origin.__doc__)
        for name, member in vars(twin).items():
            theirs = inspect.getattr_static(origin, _ASYNC_NAMES.get(name, name), None)
            if theirs is not None and _has_words(member):
                member.__doc__ = _docstring(member.__doc__, theirs.__doc__)
        return twin

    return tell


def _has_words(member: object) -> bool:
    return callable(member) or isinstance(member, (property, cached_property))


_ASYNC_NAMES = {
    "close": "aclose",
    "__enter__": "__aenter__",
    "__exit__": "__aexit__",
    "__next__": "__anext__",
    "__iter__": "__aiter__",
}


def blocking_words(text: str) -> str:
    """Return a docstring of async code as it reads for blocking code."""
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text


def _docstring(own: str | None, origin: str | None) -> str | None:
    if not origin:
        return own
    theirs = blocking_words(inspect.cleandoc(origin))
    if not own:
        return theirs
    section = _SECTION.search(theirs)
    rest = theirs[section.start() :] if section else ""
    mine = inspect.cleandoc(own)
    return mine if _SECTION.search(mine) else "\n\n".join(filter(None, (mine, rest)))
