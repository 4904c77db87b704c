"""The gate that every request goes through: it writes them down and lets the faults loose."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from html import escape
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from nemovideo.sandbox.faults import Fault
from nemovideo.sandbox.request_log import Host, Received
from nemovideo.sandbox.routes.request_parsing import WIRING, note_small_body
from nemovideo.sandbox.routes.response_writer import DELIVERY, BrokenOffError, Delivery
from nemovideo.sandbox.routes.serializers import refused
from nemovideo.sandbox.service.settings import RefusedError

logger = logging.getLogger("nemovideo.sandbox")

Reword = Callable[[str, RefusedError], web.Response]

UNLOGGED = "unlogged"
"""How the names of routes begin that watch the sandbox and are not part of what it saw."""


def gate(host: Host, reword: Reword) -> Middleware:
    """The outermost middleware: writes requests down and lets the faults loose on them."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        wiring = request.app[WIRING]
        route = request.match_info.route.name or ""
        if route.startswith(UNLOGGED):
            return await handler(request)
        endpoint = route if "." in route else ""
        received = wiring.log.open(
            at=wiring.clock.now(),
            host=host,
            endpoint=endpoint,
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
        )
        arm = wiring.board.take(endpoint) if endpoint else None
        received.fault = arm.fault.kind if arm is not None else None
        delivery = request[DELIVERY] = Delivery(request, received, arm)
        begun = time.monotonic()
        try:
            return await _answer(request, handler, delivery, reword)
        except asyncio.CancelledError:
            if received.outcome == "open":
                received.outcome = "abandoned"
            raise
        except ConnectionError:
            if received.outcome == "open":
                received.outcome = "abandoned"
            return delivery.response or web.Response()
        except Exception as error:  # a bug here must be seen by the test that met it
            logger.exception("the sandbox broke down over request %s", received.number)
            wiring.log.breakdowns.append((received.number, f"{type(error).__name__}: {error}"))
            received.status = 500
            return web.json_response({"detail": "Internal Server Error"}, status=500)
        finally:
            received.elapsed = time.monotonic() - begun

    return middleware


async def name_request(request: web.Request, response: web.StreamResponse) -> None:
    """Give every answer its `X-Request-Id`."""
    delivery = request.get(DELIVERY)
    if delivery is not None:
        response.headers["X-Request-Id"] = delivery.received.request_id


async def _answer(
    request: web.Request, handler: Handler, delivery: Delivery, reword: Reword
) -> web.StreamResponse:
    fault = delivery.fault
    if fault is not None and fault.kind == "reset_before":
        await note_small_body(request, delivery.received)
        delivery.reset()
        return web.Response()
    if fault is not None and delivery.replaced:
        if fault.acted or fault.kind == "reset_after":
            await _carry_out(request, handler, delivery, reword)
        else:
            await note_small_body(request, delivery.received)
        if fault.kind == "reset_after":
            delivery.reset()
            return web.Response()
        return await delivery.plain(_substitute(request, fault, delivery.received))
    return await _deliver(request, handler, delivery, reword)


async def _deliver(
    request: web.Request, handler: Handler, delivery: Delivery, reword: Reword
) -> web.StreamResponse:
    try:
        response = await _carry_out(request, handler, delivery, reword)
        if response.prepared:
            return response
        return await delivery.plain(cast(web.Response, response))
    except BrokenOffError as broken:
        if broken.clean and delivery.response is not None:
            await delivery.response.write_eof()
        return delivery.response or web.Response()


async def _carry_out(
    request: web.Request, handler: Handler, delivery: Delivery, reword: Reword
) -> web.StreamResponse:
    """Let the route do its work; its refusals become answers."""
    try:
        response = await handler(request)
        delivery.received.acted = True
        return response
    except RefusedError as refusal:
        delivery.received.code = refusal.code
        return reword(delivery.received.endpoint, refusal)
    except web.HTTPException as error:
        return web.json_response({"detail": error.reason}, status=error.status)


def _substitute(request: web.Request, fault: Fault, received: Received) -> web.Response:
    """The answer that a fault puts in the place of the right one."""
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    if fault.kind == "redirect":
        base = request.app[WIRING].links.base
        return web.Response(
            status=fault.status or 307,
            headers={"Location": fault.location or f"{base}{request.path_qs}"},
        )
    if fault.kind == "html":
        status = fault.status or 502
        said = escape(fault.message or "Bad Gateway")
        page = f"<html><head><title>{status}</title></head><body><h1>{status} {said}</h1>"
        return web.Response(
            status=status, text=page + "</body></html>", content_type="text/html", headers=headers
        )
    if fault.kind == "garbage":
        return web.Response(text='{"code": 0, "data": {"unfinis', content_type="application/json")
    if fault.kind == "code":
        status, code = fault.status or 200, fault.code or 500
    else:
        status = fault.status or 500
        code = fault.code or status
    received.code = code
    if code == 1001 or status == 401:
        request.app[WIRING].house.note_refusal(request.headers.get("Authorization"))
    body = refused(code, fault.message or f"Injected fault {code}")
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/json", headers=headers
    )
