"""Secrets and private text, and how they stay out of logs, errors and tracebacks."""

from __future__ import annotations

import re
import weakref
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, SupportsIndex, TypeVar, cast
from urllib.parse import quote

_Text = TypeVar("_Text")

MASK = "**********"

# A token, a claim token, or a bearer of any kind; and whatever follows "?" in a URL, which may be
# a signature.
_TOKENS = re.compile(r"(?:nmv|clm)_[A-Za-z0-9_\-.~+/=]+|(?i:bearer)\s+[^\s,;\"']+")
_QUERIES = re.compile(r"(?<=[^\s?])\?[^\s\"'<>]*=[^\s\"'<>]*")


_in_use: dict[int, weakref.ref[Secret]] = {}
"""Every secret of this process: a token may have any form."""

_SHORTEST = 6
"""Shorter secrets are not searched for in other texts: they are part of many words."""


class Secret:
    """A string that is shown only by `reveal`."""

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        _in_use[id(self)] = weakref.ref(self, partial(_forget, id(self)))

    def reveal(self) -> str:
        """Return the string itself, to build a header or write a file."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({MASK!r})"

    def __str__(self) -> str:
        return MASK

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __reduce__(self) -> tuple[type[Secret], tuple[str]]:
        # Pickles go to queues, caches and error trackers: without the secret.
        return (Secret, (MASK,))


class SecretHeader(str):
    """A header value that a library can send and a traceback with locals does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)

    def __getitem__(self, key: SupportsIndex | slice[Any, Any, Any], /) -> str:
        # Traceback printers truncate a long string before they show it.
        return MASK

    def __format__(self, spec: str, /) -> str:
        return format(MASK, spec)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return (str, (MASK,))


class Headers(Mapping[str, str]):
    """The headers of a request, in lower case; neither `repr` nor `json.dumps` shows values."""

    __slots__ = ("_values",)

    def __init__(self, *parts: Mapping[str, str]) -> None:
        self._values: dict[str, str] = {}
        for part in parts:
            self._values.update(part._values if isinstance(part, Headers) else part)

    def __getitem__(self, name: str) -> str:
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"Headers({', '.join(self._values)})"


class PrivateText(str):
    """A string of the user: a traceback with locals does not show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)

    def __getitem__(self, key: SupportsIndex | slice[Any, Any, Any], /) -> PrivateText:
        return PrivateText(super().__getitem__(key))


def private(given: _Text) -> _Text:
    """Return strings, or a list of them, as `PrivateText`, and anything else unchanged."""
    if isinstance(given, str):
        return cast("_Text", PrivateText(given))
    if type(given) in (list, tuple):
        return cast("_Text", tuple(map(private, cast("list[object]", given))))
    return given


class PrivateBytes(bytes):
    """The body of a request: a traceback with locals does not show it."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


def redact(text: str) -> str:
    """Return `text` of a service or a library without tokens and URL queries."""
    for value in values_in_use():
        if value in text:
            text = text.replace(value, MASK)
    return _QUERIES.sub("?…", _TOKENS.sub(MASK, text))


def values_in_use() -> list[str]:
    """Return the secrets of this process, plain and percent-encoded, the longest first."""
    # A list and no tuple: to allocate one, Python 3.11 may collect garbage between the iterator and
    # the first value, and a secret that is collected leaves the dict.
    alive = [secret.reveal() for ref in list(_in_use.values()) if (secret := ref()) is not None]
    long = {value for value in alive if len(value) >= _SHORTEST and value != MASK}
    return sorted(long | {quote(value, safe="") for value in long}, key=len, reverse=True)


def _forget(key: int, _: object) -> None:
    _in_use.pop(key, None)


def drop_tracebacks(error: BaseException) -> BaseException:
    """Drop the tracebacks of a foreign error and of its causes, and return it.

    Foreign frames have headers and buffers as local variables, which some tools print. Type and
    message stay.
    """
    for each in chain_of(error):
        each.__traceback__ = None
    return error


def chain_of(error: BaseException) -> list[BaseException]:
    """Return an error with its causes and contexts, and the members of groups among them."""
    found: dict[int, BaseException] = {}
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop(0)
        if current is None or id(current) in found:
            continue
        found[id(current)] = current
        pending += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            # trio tries every address of a host, and groups the errors.
            pending += cast("BaseExceptionGroup[BaseException]", current).exceptions
    return list(found.values())
