"""What may never be shown, and how it is kept from being shown."""

from __future__ import annotations

import re
from typing import cast

MASK = "**********"

# A token, a claim token, or a bearer of any kind; and whatever follows "?" in a URL, which may be
# a signature.
_TOKENS = re.compile(r"(?:nmv|clm)_[A-Za-z0-9_\-.~+/=]+|(?i:bearer)\s+[^\s,;\"']+")
_QUERIES = re.compile(r"(?<=[^\s?])\?[^\s\"'<>]*=[^\s\"'<>]*")


class Secret:
    """A text that shows itself only when asked with `reveal`."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself. Called where a header is built or a file is written."""
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
        # Pickles travel (queues, caches, error trackers): the secret stays at home.
        return (Secret, (MASK,))


class SecretHeader(str):
    """A header value that a foreign library can send and a traceback with locals cannot show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(MASK)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        return (str, (MASK,))


def redact(text: str) -> str:
    """Return `text`, written by a service or a library, without tokens and URL queries."""
    return _QUERIES.sub("?…", _TOKENS.sub(MASK, text))


def forget_frames(error: BaseException) -> BaseException:
    """Drop the tracebacks of a foreign error and of all it was caused by, and return it.

    A foreign frame holds headers and buffers; a tool that prints tracebacks with their local
    variables would print the token with them. Type and message stay.
    """
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        current = pending.pop()
        if current is None or id(current) in seen:
            continue
        seen.add(id(current))
        current.__traceback__ = None
        pending += [current.__cause__, current.__context__]
        if isinstance(current, BaseExceptionGroup):
            pending += cast("BaseExceptionGroup[BaseException]", current).exceptions
    return error
