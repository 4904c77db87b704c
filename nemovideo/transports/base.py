"""The transport interface: three methods over value types of our own.

Nothing above it can name aiohttp or httpx. A transport moves bytes and decides nothing: it follows
no redirect, repeats nothing, keeps no cookie, unpacks nothing (the pipeline does) and reads no
status. It sends the headers of the request, a default `User-Agent`, and the length and type of a
`Body`. Of its own it raises `APIConnectionError` and `APITimeoutError` and nothing else; their
`phase` says how far the request came ("connect": certainly nothing sent). What a `Body` raises
comes through as it is.

A new transport is complete when it passes `tests/transports/test_contract.py`. What they share:
`_error_messages` words the errors, `_request_bodies` sends a `Body` and bounds a whole answer,
`_read_ahead` makes a stream `cancel_safe`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from nemovideo.security.redaction import redact


@runtime_checkable
class Body(Protocol):
    """A request body that is read in pieces, and can be read again from the start."""

    @property
    def content_length(self) -> int:
        """How many bytes `chunks` yields in all."""
        ...

    @property
    def content_type(self) -> str:
        """What goes into the `Content-Type` header."""
        ...

    def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the body once, from its start; whoever asks closes the generator."""
        ...


# Not frozen, though nobody changes one: that would take a microsecond longer for each.


@dataclass(slots=True, repr=False)
class Request:
    """One HTTP request. Header names are in lower case; `repr` shows no header."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes | Body | None = None
    connect_timeout: float | None = None
    """Seconds for opening the connection (name, TCP, TLS)."""
    total_timeout: float | None = None
    """Seconds for all of it, the answer's body included; None where it may take any time."""
    idle_timeout: float | None = None
    """Seconds in which not one byte moves in either direction; None to wait for ever."""
    answer_timeout: float | None = None
    """For `stream`: seconds until the answer begins, opening the connection included."""
    fresh_connection: bool = False
    """Open a new connection: a kept one may be dying, and then nobody knows what was received."""
    concurrent_reader: bool = True
    """Whether `stream` may open a task group, to read ahead in a task of its own. False where an
    async generator holds its context across a `yield`: no task group may be open there."""

    def __repr__(self) -> str:
        # A traceback with locals prints this, and the query of a URL may be a signature.
        return f"Request({self.method} {redact(self.url)})"


@dataclass(slots=True)
class Response:
    """A response read to its end. Header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class StreamedResponse(Protocol):
    """A response whose body is still arriving."""

    @property
    def status(self) -> int:
        """The HTTP status."""
        ...

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers, names in lower case."""
        ...

    @property
    def cancel_safe(self) -> bool:
        """Whether a cancelled `receive` may be called again without losing anything."""
        ...

    def receive(self) -> Awaitable[bytes]:
        """Wait for the next bytes; `b""` is the end. An `async def`, as a rule.

        Raises:
            APIConnectionError: the body ended early (phase "read").
            APITimeoutError: nothing came for `Request.idle_timeout` seconds.
        """
        ...

    def receive_by(self, deadline: float) -> Awaitable[bytes | None]:
        """Wait as `receive`, but not beyond `deadline`, which returns None.

        Args:
            deadline: on the clock of `anyio.current_time`. Only where the answer is `cancel_safe`
                may it be reached with more still to come.
        """
        ...


class Transport(Protocol):
    """An HTTP transport."""

    def send(self, request: Request) -> Awaitable[Response]:
        """Send `request` and read the whole answer: an `async def`, as a rule."""
        ...

    def stream(self, request: Request) -> AbstractAsyncContextManager[StreamedResponse]:
        """Send `request` and return its response as a context, which closes it."""
        ...

    async def aclose(self) -> None:
        """Close every connection that this transport opened."""
        ...
