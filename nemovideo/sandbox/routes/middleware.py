"""The middleware of every request: it logs the request and applies faults."""

import asyncio
import logging
import time
from collections.abc import Callable
from html import escape
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from nemovideo.sandbox.faults import Fault
from nemovideo.sandbox.request_log import Host
from nemovideo.sandbox.routes.request_parsing import STATE, record_small_body
from nemovideo.sandbox.routes.response_writer import (
    RESPONSE_WRITER,
    ResponseAbortedError,
    ResponseWriter,
)
from nemovideo.sandbox.routes.serializers import error_envelope
from nemovideo.sandbox.service.app_state import AppState
from nemovideo.sandbox.service.errors import APIError

logger: logging.Logger = logging.getLogger("nemovideo.sandbox")

ErrorFormatter = Callable[[web.Request, str, APIError], web.Response]

UNLOGGED = "unlogged"
"""The prefix of the names of the dashboard's routes, which are not logged."""


def new_app(
    state: AppState, host: Host, format_error: ErrorFormatter, client_max_size: int = 2**20
) -> web.Application:
    middleware = _request_middleware(host, format_error)
    app = web.Application(middlewares=[middleware], client_max_size=client_max_size)
    app[STATE] = state
    app.on_response_prepare.append(_add_request_id)
    return app


def _request_middleware(host: Host, format_error: ErrorFormatter) -> Middleware:
    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        state = request.app[STATE]
        route = request.match_info.route.name or ""
        if route.startswith(UNLOGGED):
            return await handler(request)
        endpoint = route if "." in route else ""
        logged = state.request_log.record(
            at=state.clock.now(),
            host=host,
            endpoint=endpoint,
            method=request.method,
            path=request.path,
            query=request.query,
            headers=request.headers,
        )
        active = state.faults.match(endpoint) if endpoint else None
        writer = request[RESPONSE_WRITER] = ResponseWriter(request, logged, active)
        logged.fault = writer.kind
        started_at = time.monotonic()
        try:
            return await _respond(request, handler, writer, format_error)
        except (asyncio.CancelledError, ConnectionError) as error:
            if logged.outcome == "open":
                logged.outcome = "abandoned"
            if isinstance(error, asyncio.CancelledError):
                raise
            return writer.response or web.Response()
        except Exception as error:  # a bug here must be seen by the test that met it
            logger.exception("the sandbox raised an error in request %s", logged.number)
            text = f"{type(error).__name__}: {error}"
            state.request_log.internal_errors.append((logged.number, text))
            logged.status = 500
            return web.json_response({"detail": "Internal Server Error"}, status=500)
        finally:
            logged.elapsed = time.monotonic() - started_at

    return middleware


async def _add_request_id(request: web.Request, response: web.StreamResponse) -> None:
    writer = request.get(RESPONSE_WRITER)
    if writer is not None:
        response.headers["X-Request-Id"] = writer.logged.request_id


async def _respond(
    request: web.Request, handler: Handler, writer: ResponseWriter, format_error: ErrorFormatter
) -> web.StreamResponse:
    fault = writer.fault
    if fault is not None and (fault.kind == "reset_before" or writer.replaces_response):
        if fault.acted or fault.kind == "reset_after":
            await _call_handler(request, handler, writer, format_error)
        else:
            await record_small_body(request, writer.logged)
        if fault.kind in {"reset_before", "reset_after"}:
            writer.reset()
            return web.Response()
        return await writer.send(_fault_response(request, fault, writer))
    try:
        response = await _call_handler(request, handler, writer, format_error)
        if response.prepared:
            return response
        return await writer.send(cast(web.Response, response))
    except ResponseAbortedError as aborted:
        if aborted.clean and writer.response is not None:
            await writer.response.write_eof()
        return writer.response or web.Response()


async def _call_handler(
    request: web.Request, handler: Handler, writer: ResponseWriter, format_error: ErrorFormatter
) -> web.StreamResponse:
    try:
        response = await handler(request)
        writer.logged.acted = True
        return response
    except APIError as error:
        writer.logged.code = error.code
        return format_error(request, writer.logged.endpoint, error)
    except web.HTTPException as error:
        return web.json_response({"detail": error.reason}, status=error.status)


def _fault_response(request: web.Request, fault: Fault, writer: ResponseWriter) -> web.Response:
    """Return the response that replaces the right one."""
    headers = {} if fault.retry_after is None else {"Retry-After": f"{fault.retry_after:g}"}
    state = request.app[STATE]
    if fault.kind == "redirect":
        location = fault.location or f"{state.links.base}{request.path_qs}"
        return web.Response(status=fault.status or 307, headers={"Location": location})
    if fault.kind == "html":
        status = fault.status or 502
        title = f"{status} {escape(fault.message or 'Bad Gateway')}"
        page = f"<html><head><title>{status}</title></head><body><h1>{title}</h1></body></html>"
        return web.Response(status=status, text=page, content_type="text/html", headers=headers)
    if fault.kind == "garbage":
        return web.Response(text='{"code": 0, "data": {"unfinis', content_type="application/json")
    status = fault.status or (200 if fault.kind == "code" else 500)
    code = fault.code or (500 if fault.kind == "code" else status)
    writer.logged.code = code
    if code == 1001 or status == 401:
        state.service.mark_token_rejected(request.headers.get("Authorization"))
    body = error_envelope(code, fault.message or f"Injected fault {code}")
    return web.json_response(body, status=status, headers=headers)
