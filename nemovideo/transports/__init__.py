"""HTTP transports: aiohttp by default, httpx for trio and respx, memory for tests.

Importing this loads neither aiohttp nor httpx.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names
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

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.transports.aiohttp": ["AiohttpTransport"],
        "nemovideo.transports.default": ["default_transport"],
        "nemovideo.transports.httpx": ["HttpxTransport"],
        "nemovideo.transports.memory": ["MemoryTransport", "Reply"],
    },
)


def __dir__() -> list[str]:
    return __all__
