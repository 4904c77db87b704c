"""What carries requests: aiohttp by default, httpx for trio and respx, memory for tests.

Importing this loads neither aiohttp nor httpx.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from nemovideo.transports.base import Body, Request, Response, StreamedResponse, Transport

if TYPE_CHECKING:
    from nemovideo.transports.aiohttp import AiohttpTransport
    from nemovideo.transports.default import default_transport
    from nemovideo.transports.httpx import HttpxTransport
    from nemovideo.transports.memory import MemoryTransport, Reply

__all__ = [
    "AiohttpTransport",
    "Body",
    "HttpxTransport",
    "MemoryTransport",
    "Reply",
    "Request",
    "Response",
    "StreamedResponse",
    "Transport",
    "default_transport",
]

_LAZY = {
    "AiohttpTransport": "aiohttp",
    "HttpxTransport": "httpx",
    "MemoryTransport": "memory",
    "Reply": "memory",
    "default_transport": "default",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_LAZY[name]}"), name)


def __dir__() -> list[str]:
    return __all__
