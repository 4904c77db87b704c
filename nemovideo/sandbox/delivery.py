"""The way out of every answer, and everything that can go wrong on it."""

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable, Mapping
from typing import cast

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from nemovideo.sandbox.draft import as_object
from nemovideo.sandbox.faults import ANSWERS, Arm, Fault
from nemovideo.sandbox.log import Host, Received
from nemovideo.sandbox.rules import RefusedError
from nemovideo.sandbox.shapes import heartbeat, refused
from nemovideo.sandbox.wiring import Wiring

Reword = Callable[[str, RefusedError], web.Response]

WIRING = web.AppKey("wiring", Wiring)

_BODY_WORTH_KEEPING = 2**20
_GARBAGE = (
    b'data: {"type":"text","content":"unfinis\n\n',
    b"data: <html>not json</html>\n\n",
    b'event: mystery\ndata: {"type":"hologram","depth":3}\n\n',
    b"data: \xff\xfe\xfa\n\n",
)


class BrokenOffError(Exception):
    """The answer ends here, as a fault asked for; `clean` when it ends as if complete."""

    def __init__(self, clean: bool = False) -> None:
        super().__init__("a fault ended the answer")
        self.clean = clean


class Delivery:
    """One answer on its way out: counted, and spoilt where a fault says so."""

    def __init__(self, request: web.Request, received: Received, arm: Arm | None) -> None:
        self.received = received
        self._request = request
        self._arm = arm
        self._sent = 0
        self._stalled = False
        self.response: web.StreamResponse | None = None

    @property
    def fault(self) -> Fault | None:
        """The fault that hits this request."""
        return self._arm.fault if self._arm is not None else None

    @property
    def replaced(self) -> bool:
        """Whether the right answer is not wanted: the request is only to be carried out."""
        return self.fault is not None and (
            self.fault.kind in ANSWERS or self.fault.kind == "reset_after" or self._garbled_body
        )

    async def open(
        self, status: int, headers: Mapping[str, str], length: int | None = None
    ) -> None:
        """Send the head of the answer; a body of `length` bytes follows, None: in chunks."""
        response = web.StreamResponse(status=status, headers=headers)
        if length is not None:
            extra = (self.fault.bytes or 100) if self._is("wrong_length") and self.fault else 0
            response.content_length = length + extra
        self.received.status = status
        self.response = response
        await response.prepare(self._request)

    async def write(self, data: bytes) -> None:
        """Send a part of the body."""
        fault, arm = self.fault, self._arm
        if arm is not None and fault is not None and fault.bytes is not None:
            if fault.kind == "cut" and self._sent + len(data) > fault.bytes:
                await self._put(data[: max(0, fault.bytes - self._sent)])
                self._break(fault)
            if fault.kind == "stall" and not self._stalled and self._sent + len(data) > fault.bytes:
                head = max(0, fault.bytes - self._sent)
                await self._put(data[:head])
                await self._stall(arm)
                data = data[head:]
        if fault is not None and fault.kind == "slow":
            await self._trickle(data, fault)
        else:
            await self._put(data)

    async def event(self, frame: bytes) -> None:
        """Send one event of a stream."""
        fault, arm = self.fault, self._arm
        if arm is not None and fault is not None and fault.bytes is None:
            due = self.received.events_sent >= (fault.events or 0)
            if fault.kind == "cut" and due:
                self._break(fault)
            if fault.kind == "stall" and due and not self._stalled:
                await self._stall(arm)
            if fault.kind == "garbage" and self.received.events_sent == (fault.events or 0):
                for rubbish in _GARBAGE:
                    await self.write(rubbish)
        await self.write(frame)
        self.received.events_sent += 1

    async def only_heartbeats(self) -> None:
        """Send what the fault `heartbeats` asks for in place of the answer."""
        arm, fault = self._arm, self.fault
        if arm is None or fault is None:
            return
        number = 0
        while not arm.released.is_set() and (fault.events is None or number < fault.events):
            await self.write(heartbeat(number, "typed"))
            number += 1
            self.received.events_sent += 1
            await arm.hold(0.05 if fault.seconds is None else fault.seconds)

    async def close(self) -> web.StreamResponse:
        """End the body."""
        response = self._opened()
        if self._is("cut") and self.fault is not None:
            self._break(self.fault)  # shorter than the place where it was to break off
        if self._is("wrong_length"):
            self._drop()
        await response.write_eof()
        spoilt = self._is("wrong_length") or self._is("heartbeats")
        self.received.outcome = "faulted" if spoilt else "answered"
        return response

    async def plain(self, response: web.Response) -> web.StreamResponse:
        """Send an answer that is there as a whole."""
        arm, fault = self._arm, self.fault
        self.received.status = response.status
        self.received.retry_after = response.headers.get("Retry-After")
        if arm is None or fault is None or fault.kind not in _SPOILS_A_BODY:
            self.received.outcome = "faulted" if self.replaced else "answered"
            return response
        if fault.kind == "stall" and fault.bytes is None:
            await self._stall(arm)
            self.received.outcome = "answered"
            return response
        body = cast(bytes, response.body or b"")
        await self.open(response.status, {"Content-Type": response.content_type}, len(body))
        if fault.kind == "cut" and fault.bytes is None:
            self._break(fault)
        await self.write(body)
        return await self.close()

    def reset(self) -> None:
        """Reset the connection: the other side gets an error, not an end."""
        transport = self._request.transport
        self.received.outcome = "faulted"
        if transport is None:
            return
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        cast(asyncio.WriteTransport, transport).abort()

    def _opened(self) -> web.StreamResponse:
        if self.response is None:
            raise RuntimeError("open() comes first")
        return self.response

    @property
    def _garbled_body(self) -> bool:
        return self._is("garbage") and self.received.endpoint != "messages.stream"

    def _is(self, kind: str) -> bool:
        return self.fault is not None and self.fault.kind == kind

    async def _put(self, data: bytes) -> None:
        await self._opened().write(data)
        self._sent += len(data)

    async def _trickle(self, data: bytes, fault: Fault) -> None:
        step = fault.bytes or 16
        pause = 0.01 if fault.seconds is None else fault.seconds
        for start in range(0, len(data), step):
            await self._put(data[start : start + step])
            await asyncio.sleep(pause)

    async def _stall(self, arm: Arm) -> None:
        self._stalled = True
        await arm.hold(arm.fault.seconds)

    def _break(self, fault: Fault) -> None:
        self.received.outcome = "faulted"
        if not fault.clean:
            self._drop()
        raise BrokenOffError(fault.clean)

    def _drop(self) -> None:
        """Close the connection after what was sent, with no proper end."""
        self.received.outcome = "faulted"
        if self._request.transport is not None:
            self._request.transport.close()


_SPOILS_A_BODY = {"cut", "stall", "slow", "wrong_length"}

UNLOGGED = "unlogged"
"""How the names of routes begin that watch the sandbox and are not part of what it saw."""

DELIVERY: web.RequestKey[Delivery] = web.RequestKey("delivery", Delivery)


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
        await _note_body(request, delivery.received)
        delivery.reset()
        return web.Response()
    if fault is not None and delivery.replaced:
        if fault.acted or fault.kind == "reset_after":
            await _carry_out(request, handler, delivery, reword)
        else:
            await _note_body(request, delivery.received)
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


async def _note_body(request: web.Request, received: Received) -> None:
    """Write down the body of a request that nobody acts on, when it is small."""
    length = request.content_length or 0
    if 0 < length <= _BODY_WORTH_KEEPING:
        note_body(received, await request.read())


def note_body(received: Received, body: bytes) -> None:
    """Write down a body, and the session and the words of a message in it."""
    received.body_size = len(body)
    if len(body) <= _BODY_WORTH_KEEPING:
        received.body = body
    if received.endpoint == "messages.stream" and (message := as_object(received.json)):
        received.session_id = str(message.get("session_id"))
        received.text = message_text(message)


def message_text(message: Mapping[str, object]) -> str | None:
    """The words of a `/run_sse` body; None when it is not one."""
    try:
        parts = cast(Mapping[str, list[Mapping[str, str]]], message["new_message"])["parts"]
        return "".join(part["text"] for part in parts)
    except (KeyError, TypeError):
        return None


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
        page = f"<html><head><title>{status}</title></head><body><h1>{status} Bad Gateway</h1>"
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
    body = refused(code, fault.message or f"Injected fault {code}")
    return web.Response(
        status=status, text=json.dumps(body), content_type="application/json", headers=headers
    )
