"""The way out of every answer, and everything that can go wrong on it."""

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import cast

from aiohttp import web

from nemovideo.sandbox.faults import REPLACING_KINDS, ActiveFault, Fault
from nemovideo.sandbox.request_log import LoggedRequest
from nemovideo.sandbox.routes.serializers import heartbeat

_GARBAGE = (
    b'data: {"type":"text","content":"unfinis\n\n',
    b"data: <html>not json</html>\n\n",
    b'event: mystery\ndata: {"type":"hologram","depth":3}\n\n',
    b"data: \xff\xfe\xfa\n\n",
)


class ResponseAbortedError(Exception):
    """The answer ends here, as a fault asked for; `clean` when it ends as if complete."""

    def __init__(self, clean: bool = False) -> None:
        super().__init__("a fault ended the answer")
        self.clean = clean


class ResponseWriter:
    """One answer on its way out: counted, and spoilt where a fault says so."""

    def __init__(
        self, request: web.Request, received: LoggedRequest, active_fault: ActiveFault | None
    ) -> None:
        self.received = received
        self._request = request
        self._active_fault = active_fault
        self._sent = 0
        self._stalled = False
        self.response: web.StreamResponse | None = None

    @property
    def fault(self) -> Fault | None:
        """The fault that hits this request."""
        return self._active_fault.fault if self._active_fault is not None else None

    @property
    def replaces_response(self) -> bool:
        """Whether the right answer is not wanted: the request is only to be carried out."""
        return self.fault is not None and (
            self.fault.kind in REPLACING_KINDS
            or self.fault.kind == "reset_after"
            or self._garbled_body
        )

    async def start(
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
        fault, active_fault, place = self.fault, self._active_fault, self._place
        if active_fault is not None and fault is not None and place is not None:
            head = max(0, place - self._sent)
            if fault.kind == "cut" and head < len(data):
                await self._put(data[:head])
                self._break(fault)
            if fault.kind == "stall" and not self._stalled and head < len(data):
                await self._put(data[:head])
                await self._stall(active_fault)
                data = data[head:]
        if fault is not None and fault.kind == "slow":
            await self._trickle(data, fault)
        else:
            await self._put(data)

    async def send_event(self, frame: bytes) -> None:
        """Send one event of a stream."""
        fault, active_fault = self.fault, self._active_fault
        if active_fault is not None and fault is not None and fault.bytes is None:
            due = self.received.events_sent >= (fault.events or 0)
            if fault.kind == "cut" and due:
                self._break(fault)
            if fault.kind == "stall" and due and not self._stalled:
                await self._stall(active_fault)
            if fault.kind == "garbage" and self.received.events_sent == (fault.events or 0):
                for rubbish in _GARBAGE:
                    await self.write(rubbish)
        await self.write(frame)
        self.received.events_sent += 1

    async def only_heartbeats(self) -> None:
        """Send what the fault `heartbeats` asks for in place of the answer."""
        active_fault, fault = self._active_fault, self.fault
        if active_fault is None or fault is None:
            return
        number = 0
        while not active_fault.released.is_set() and (
            fault.events is None or number < fault.events
        ):
            await self.write(heartbeat(number, "typed"))
            number += 1
            self.received.events_sent += 1
            await active_fault.stall(0.05 if fault.seconds is None else fault.seconds)

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

    async def send(self, response: web.Response) -> web.StreamResponse:
        """Send an answer that is there as a whole."""
        active_fault, fault = self._active_fault, self.fault
        self.received.status = response.status
        self.received.retry_after = response.headers.get("Retry-After")
        if active_fault is None or fault is None or fault.kind not in _SPOILS_A_BODY:
            self.received.outcome = "faulted" if self.replaces_response else "answered"
            return response
        if fault.kind == "stall" and fault.bytes is None:
            await self._stall(active_fault)
            self.received.outcome = "answered"
            return response
        body = cast(bytes, response.body or b"")
        await self.start(response.status, {"Content-Type": response.content_type}, len(body))
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

    @property
    def _place(self) -> int | None:
        """The byte of the body at which the fault strikes; None where it counts events."""
        if self.fault is None or self.fault.bytes is not None:
            return None if self.fault is None else self.fault.bytes
        return None if self.received.endpoint == "messages.stream" else 0

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

    async def _stall(self, active_fault: ActiveFault) -> None:
        self._stalled = True
        await active_fault.stall(active_fault.fault.seconds)

    def _break(self, fault: Fault) -> None:
        self.received.outcome = "faulted"
        if not fault.clean:
            self._drop()
        raise ResponseAbortedError(fault.clean)

    def _drop(self) -> None:
        """Close the connection after what was sent, with no proper end."""
        self.received.outcome = "faulted"
        if self._request.transport is not None:
            self._request.transport.close()


_SPOILS_A_BODY = {"cut", "stall", "slow", "wrong_length"}

RESPONSE_WRITER: web.RequestKey[ResponseWriter] = web.RequestKey("writer", ResponseWriter)
