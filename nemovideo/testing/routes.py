"""The scripted service as routes of respx, which mocks httpx."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from nemovideo.testing.service import Answer, ScriptedService, route_patterns
from nemovideo.transports.base import Request

if TYPE_CHECKING:
    import httpx
    import respx


def respx_routes(
    router: respx.Router, answers: Mapping[str, Answer | list[Answer]] | None = None
) -> dict[str, respx.Route]:
    """Add the scripted service to a respx router, and return its routes by endpoint.

    respx intercepts only httpx: give the client an `HttpxTransport` over an `httpx.AsyncClient`.

    Args:
        router: `respx.mock`, the fixture `respx_mock`, or another router.
        answers: As for `scripted`.

    Example:
        ```python
        routes = respx_routes(respx_mock, {"credits.retrieve": error(2001)})
        transport = HttpxTransport(httpx.AsyncClient())
        client = AsyncNemoVideo(token="nmv_usr_test", transport=transport)
        ...
        assert routes["credits.retrieve"].called
        ```
    """
    service = ScriptedService(answers)

    async def answer(request: httpx.Request) -> httpx.Response:
        return await _answer(service, request)

    return {
        name: router.route(
            method=method, url__regex=re.compile(rf"^[a-z]+://[^/]+{pattern}(\?.*)?$")
        ).mock(side_effect=answer)
        for name, (method, pattern) in route_patterns().items()
    }


async def _answer(service: ScriptedService, request: httpx.Request) -> httpx.Response:
    # respx is the user's; only those who have it come here.
    from respx import MockResponse

    body = await request.aread()
    reply = service(Request(request.method, str(request.url), dict(request.headers), body))
    if isinstance(reply, Exception):
        raise reply
    sent = reply.body if isinstance(reply.body, bytes) else b"".join(_bytes(reply.body))
    return MockResponse(reply.status, headers=dict(reply.headers), content=sent)


def _bytes(chunks: object) -> list[bytes]:
    if not isinstance(chunks, Sequence):
        raise TypeError("with respx, a scripted body is bytes or a list of bytes")
    return [each for each in cast("Sequence[object]", chunks) if isinstance(each, bytes)]
