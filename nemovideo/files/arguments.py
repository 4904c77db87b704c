"""Files as users give them: one, or several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, cast

from nemovideo.validation.arguments import check_kind


def is_one(given: object) -> bool:
    """Return True if one file or URL was given where several are taken."""
    match given:
        case str() | (str(), bytes() | bytearray()):
            return True
        case _:
            return hasattr(given, "__fspath__") or hasattr(given, "read")


def each_of(given: object, parameter: str = "files") -> Iterable[Any]:
    """Return an iterable of the files or URLs given, one or several."""
    if is_one(given):
        return (given,)
    check_kind(given, parameter, Iterable, "one of them, or a list")
    return cast("Iterable[Any]", given)


def listed(given: object, parameter: str = "files") -> tuple[Any, ...]:
    """Return all the files or URLs given, one or several."""
    return tuple(each_of(given, parameter))


def name_of(file: object) -> str:
    """Return what a file is called, as it was given: the whole of a path."""
    if isinstance(file, tuple):
        file = cast("tuple[object, ...]", file)[0]
    path = file if isinstance(file, str) else getattr(file, "__fspath__", lambda: None)()
    return str(path or getattr(file, "name", ""))
