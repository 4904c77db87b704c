"""The middleware of every request: it logs the request and applies faults."""

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
from nemovideo.sandbox.request_log import Host, LoggedRequest
from nemovideo.sandbox.routes.request_parsing import STATE, record_small_body
from nemovideo.sandbox.routes.response_writer import (
    RESPONSE_WRITER,
    ResponseAbortedError,
    ResponseWriter,
)
from nemovideo.sandbox.routes.serializers import refused
from nemovideo.sandbox.service.errors import APIError

logger = logging.getLogger("nemovideo.sandbox")

ErrorFormatter = Callable[[str, APIError], web.Response]

UNLOGGED = "unlogged"
"""How the names of routes begin that watch the sandbox and are not part of what it saw."""


def request_middleware(host: Host, format_error: ErrorFormatter) -> Middleware:
    """The outermost middleware: writes requests down and lets the faults loose on them."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        state = request.app[STATE]
        route = request.match_info.route.name or ""
        if route.startswith(UNLOGGED):
            return await handler(request)
        endpoint = route if "." in route else ""
        received = state.request_log.record(
            at=state.clock.now(),
            host=host,
            endpoint=endpoint,
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
        )
        active_fault = state.faults.match(endpoint) if endpoint else None
        received.fault = active_fault.fault.kind if active_fault is not None else None
        writer = request[RESPONSE_WRITER] = ResponseWriter(request, received, active_fault)
        started = time.monotonic()
        try:
            return await _answer(request, handler, writer, format_error)
        except asyncio.CancelledError:
            if received.outcome == "open":
                received.outcome = "abandoned"
            raise
        except ConnectionError:
            if received.outcome == "open":
                received.outcome = "abandoned"
            return writer.response or web.Response()
        except Exception as error:  # a bug here must be seen by the test that met it
            logger.exception("the sandbox broke down over request %s", received.number)
            state.request_log.internal_errors.append(
                (received.number, f"{type(error).__name__}: {error}")
            )
            received.status = 500
            return web.json_response({"detail": "Internal Server Error"}, status=500)
        finally:
            received.elapsed = time.monotonic() - started

    return middleware


async def add_request_id(request: web.Request, response: web.StreamResponse) -> None:
    """Give every answer its `X-Request-Id`."""
    writer = request.get(RESPONSE_WRITER)
    if writer is not None:
        response.headers["X-Request-Id"] = writer.received.request_id


async def _answer(
    request: web.Request, handler: Handler, writer: ResponseWriter, format_error: ErrorFormatter
) -> web.StreamResponse:
    fault = writer.fault
    if fault is not None and fault.kind == "reset_before":
        await record_small_body(request, writer.received)
        writer.reset()
        return web.Response()
    if fault is not None and writer.replaces_response:
        if fault.acted or fault.kind == "reset_after":
            await _carry_out(request, handler, writer, format_error)
        else:
            await record_small_body(request, writer.received)
        if fault.kind == "reset_after":
            writer.reset()
            return web.Response()
        return await writer.send(_substitute(request, fault, writer.received))
    return await _deliver(request, handler, writer, format_error)


async def _deliver(
    request: web.Request, handler: Handler, writer: ResponseWriter, format_error: ErrorFormatter
) -> web.StreamResponse:
    try:
        response = await _carry_out(request, handler, writer, format_error)
        if response.prepared:
            return response
        return await writer.send(cast(web.Response, response))
    except ResponseAbortedError as broken:
        if broken.clean and writer.response is not None:
            await writer.response.write_eof()
        return writer.response or web.Response()


async def _carry_out(
    request: web.Request, handler: Handler, writer: ResponseWriter, format_error: ErrorFormatter
) -> web.StreamResponse:
    """Let the route do its work; its refusals become answers."""
    try:
        response = await handler(request)
        writer.received.acted = True
        return response
    except APIError as refusal:
        writer.received.code = refusal.code
        return format_error(writer.received.endpoint, refusal)
    except web.HTTPException as error:
        return web.json_response({"detail": error.reason}, status=error.status)


def _substitute(request: web.Request, fault: Fault, received: LoggedRequest) -> web.Response:
    """The answer that a fault puts in the place of the right one."""
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    if fault.kind == "redirect":
        base = request.app[STATE].links.base
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
        request.app[STATE].service.mark_token_rejected(request.headers.get("Authorization"))
    body = refused(code, fault.message or f"Injected fault {code}")
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/json", headers=headers
    )
