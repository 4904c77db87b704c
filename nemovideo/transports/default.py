"""The default transport for the async library that is running."""

from __future__ import annotations

from nemovideo.concurrency.event_loop import current_async_library
from nemovideo.errors import NemoVideoError
from nemovideo.transports.base import Transport


def default_transport(*, trust_env: bool = True) -> Transport:
    """Return a new transport for the running event loop: aiohttp on asyncio, httpx on trio.

    Args:
        trust_env: Take proxies from the environment.

    Raises:
        NemoVideoError: on trio, where httpx is not installed.
    """
    if current_async_library() == "asyncio":
        from nemovideo.transports.aiohttp import AiohttpTransport  # late: only one is used

        return AiohttpTransport(trust_env=trust_env)
    try:
        from nemovideo.transports.httpx import HttpxTransport  # an extra
    except ModuleNotFoundError as error:
        raise NemoVideoError(
            "Under trio requests go over httpx, and httpx is not installed.",
            hint='Install it: pip install "nemovideo[httpx]"',
        ) from error
    return HttpxTransport(trust_env=trust_env)
