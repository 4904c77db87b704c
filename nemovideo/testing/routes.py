"""The scripted service for those who use httpx and mock it with respx."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from nemovideo.testing.service import Answer, ScriptedService, route_patterns

if TYPE_CHECKING:
    import httpx
    import respx


def respx_routes(
    router: respx.Router, answers: Mapping[str, Answer | list[Answer]] | None = None
) -> dict[str, respx.Route]:
    """Add the scripted service to a respx router, and return its routes by endpoint.

    respx sees requests of httpx only: give the client an `HttpxTransport`.

    Args:
        router: `respx.mock`, the fixture `respx_mock`, or a router of your own.
        answers: as for `scripted`.

    Example:
        ```python
        routes = respx_routes(respx_mock, {"credits.retrieve": error(2001)})
        client = AsyncNemoVideo(token="nmv_usr_test", transport=HttpxTransport())
        ...
        assert routes["credits.retrieve"].called
        ```
    """
    script = ScriptedService(answers)

    async def answer(request: httpx.Request) -> httpx.Response:
        return await _answer(script, request)

    return {
        name: router.route(method=method, url__regex=_anywhere(pattern)).mock(side_effect=answer)
        for name, (method, pattern) in route_patterns().items()
    }


def _anywhere(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"^[a-z]+://[^/]+{pattern}(\?.*)?$")


async def _answer(script: ScriptedService, request: httpx.Request) -> httpx.Response:
    from respx import MockResponse

    from nemovideo.transports import Request

    body = await request.aread()
    reply = script(Request(request.method, str(request.url), dict(request.headers), body))
    if isinstance(reply, Exception):
        raise reply
    sent = reply.body if isinstance(reply.body, bytes) else b"".join(_bytes(reply.body))
    return MockResponse(reply.status, headers=dict(reply.headers), content=sent)


def _bytes(chunks: object) -> list[bytes]:
    if not isinstance(chunks, Sequence):
        raise TypeError("over respx a scripted body is bytes or a list of bytes")
    return [each for each in cast("Sequence[object]", chunks) if isinstance(each, bytes)]
