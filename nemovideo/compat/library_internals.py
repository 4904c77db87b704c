"""Private parts of other libraries, all of them in this file.

A library may change these in any release. So each is checked when the library is loaded, and has a
fallback, which may be slower and is as safe. Nothing is imported here: the file that has loaded a
library passes it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import asyncio

    import aiohttp

_C = TypeVar("_C", bound=type)

ANYIO_BACKENDS = {"asyncio": "anyio._backends._asyncio", "trio": "anyio._backends._trio"}
"""What anyio imports at its first use on a loop; without it, that happens on the loop."""


def anyio_is_unused() -> bool:
    """Return True if anyio has not been used on asyncio, so that nobody can have a cancel scope.

    False where that cannot be known.
    """
    if "anyio" not in sys.modules:
        return True
    backend = ANYIO_BACKENDS["asyncio"]
    if backend in sys.modules:
        return False
    # Not `find_spec`, which would import what is in between.
    file = f"{backend.partition('.')[2].replace('.', '/')}.py"
    return any(Path(folder, file).is_file() for folder in sys.modules["anyio"].__path__)


def frame_name(owner: type, name: str) -> str | None:
    """Return the name of a private method as in tracebacks, or None if there is none.

    Without it, an error of a hook looks like one of the network: no error then proves that nothing
    was sent.
    """
    code: object = getattr(getattr(owner, name, None), "__code__", None)
    return name if getattr(code, "co_name", None) == name else None


def buffered_reader(
    stream: type[aiohttp.StreamReader],
) -> Callable[[aiohttp.StreamReader], bytes]:
    """Return a function that reads what a stream has buffered after its error was set.

    The public methods of aiohttp raise the error first. Without this one, data that arrived
    together with the end of the connection is lost.
    """
    read: object = getattr(stream, "_read_nowait", None)
    if not callable(read):
        return _read_nothing

    def take(each: aiohttp.StreamReader) -> bytes:
        try:
            taken: object = read(each, -1)
        except TypeError:
            return b""
        return taken if isinstance(taken, bytes) else b""

    return take


def _read_nothing(_: aiohttp.StreamReader) -> bytes:
    return b""


def reports_closed(library: ModuleType) -> bool:
    """Return True if a connection of aiohttp has a future for its end.

    Without it, each read of a response gets a time limit.
    """
    protocol: object = getattr(getattr(library, "client_proto", None), "ResponseHandler", None)
    return isinstance(getattr(protocol, "closed", None), property)


def close_without_loop(connector: aiohttp.BaseConnector) -> None:
    """Close the connections of a connector whose event loop is closed.

    Without these parts, the garbage collector closes them, with a `ResourceWarning`.
    """
    with suppress(AttributeError, TypeError, ValueError):
        idle = connector._conns.values()  # pyright: ignore[reportPrivateUsage]
        waiting = [protocol for each in idle for protocol, _ in each]
        for protocol in (*waiting, *connector._acquired):  # pyright: ignore[reportPrivateUsage]
            if protocol.transport is not None:
                _close_transport(protocol.transport)


def _close_transport(transport: asyncio.BaseTransport) -> None:
    # `abort` marks it closed and lets the loop close the socket, which a closed loop refuses. Under
    # TLS the socket is one level further down.
    below = getattr(getattr(transport, "_ssl_protocol", None), "_transport", None)
    for each in (transport, below):
        for step in ("abort", "_call_connection_lost"):
            with suppress(Exception):  # the private method differs between loops
                getattr(each, step)(*(() if step == "abort" else (None,)))


def takes_methods(stream: object) -> bool:
    """Return True if the methods of an httpcore connection can be replaced on the object.

    Without that, an early refusal of an upload is raised as a connection error.
    """
    return hasattr(stream, "__dict__")


def hide_dataclass(cls: _C) -> _C:
    """Hide that a class is a dataclass.

    FastAPI tries `dataclasses.asdict` first, which would also serialise the client, and under other
    names. `dataclasses.replace` no longer works either.
    """
    with suppress(AttributeError):
        delattr(cls, "__dataclass_fields__")
    return cls
