"""Writes responses, and applies the faults that damage them."""

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
_DAMAGING_KINDS = {"cut", "stall", "slow", "wrong_length"}


class ResponseAbortedError(Exception):
    """The response ends here; `clean` if it is to look complete."""

    def __init__(self, clean: bool) -> None:
        super().__init__("a fault ended the response")
        self.clean = clean


class ResponseWriter:
    """Writes one response: logs it, and damages it if a fault says so."""

    def __init__(
        self, request: web.Request, logged: LoggedRequest, active: ActiveFault | None
    ) -> None:
        self.logged = logged
        self.fault: Fault | None = active.fault if active is not None else None
        self.kind = self.fault.kind if self.fault is not None else None
        self._request = request
        self._active = active
        self._sent = 0
        self._stalled = False
        self.response: web.StreamResponse | None = None

    @property
    def replaces_response(self) -> bool:
        """Whether the request is carried out, but its own response is not sent."""
        garbled = self.kind == "garbage" and self.logged.endpoint != "messages.stream"
        return self.kind in REPLACING_KINDS or self.kind == "reset_after" or garbled

    async def start(
        self, status: int, headers: Mapping[str, str], length: int | None = None
    ) -> None:
        """Send the headers; a body of `length` bytes follows, None: a chunked one."""
        response = web.StreamResponse(status=status, headers=headers)
        if length is not None:
            extra = (self.fault.bytes or 100) if self.fault and self.kind == "wrong_length" else 0
            response.content_length = length + extra
        self.logged.status = status
        self.response = response
        await response.prepare(self._request)

    async def write(self, data: bytes) -> None:
        fault, position = self.fault, self._fault_position
        if fault is not None and position is not None:
            before = max(0, position - self._sent)
            if fault.kind == "cut" and before < len(data):
                await self._send_bytes(data[:before])
                self._abort(fault)
            if fault.kind == "stall" and not self._stalled and before < len(data):
                await self._send_bytes(data[:before])
                await self._stall()
                data = data[before:]
        if fault is not None and fault.kind == "slow":
            step = fault.bytes or 16
            for start in range(0, len(data), step):
                await self._send_bytes(data[start : start + step])
                await asyncio.sleep(0.01 if fault.seconds is None else fault.seconds)
        else:
            await self._send_bytes(data)

    async def send_event(self, frame: bytes) -> None:
        fault, sent = self.fault, self.logged.events_sent
        if fault is not None and fault.bytes is None:
            due = sent >= (fault.events or 0)
            if fault.kind == "cut" and due:
                self._abort(fault)
            if fault.kind == "stall" and due and not self._stalled:
                await self._stall()
            if fault.kind == "garbage" and sent == (fault.events or 0):
                for garbage in _GARBAGE:
                    await self.write(garbage)
        await self.write(frame)
        self.logged.events_sent += 1

    async def send_heartbeats(self) -> None:
        """Send the heartbeats of the fault `heartbeats` in place of the stream."""
        fault, active, number = self.fault, self._active, 0
        if fault is None or active is None:
            return
        while not active.released.is_set() and (fault.events is None or number < fault.events):
            await self.write(heartbeat(number, "typed"))
            number += 1
            self.logged.events_sent += 1
            await active.stall(0.05 if fault.seconds is None else fault.seconds)

    async def close(self) -> web.StreamResponse:
        response = self._started()
        if self.fault is not None and self.kind == "cut":
            self._abort(self.fault)  # the body is shorter than the position of the cut
        if self.kind == "wrong_length":
            self._disconnect()
        await response.write_eof()
        damaged = self.kind in {"wrong_length", "heartbeats"}
        self.logged.outcome = "faulted" if damaged else "answered"
        return response

    async def send(self, response: web.Response) -> web.StreamResponse:
        self.logged.status = response.status
        self.logged.retry_after = response.headers.get("Retry-After")
        if self.fault is None or self.kind not in _DAMAGING_KINDS:
            self.logged.outcome = "faulted" if self.replaces_response else "answered"
            return response
        if self.kind == "stall" and self.fault.bytes is None:
            await self._stall()
            self.logged.outcome = "answered"
            return response
        body = cast(bytes, response.body or b"")
        await self.start(response.status, {"Content-Type": response.content_type}, len(body))
        await self.write(body)
        return await self.close()

    def reset(self) -> None:
        """Reset the connection: the client gets an error, not an end."""
        transport = self._request.transport
        self.logged.outcome = "faulted"
        if transport is None:
            return
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        cast(asyncio.WriteTransport, transport).abort()

    @property
    def _fault_position(self) -> int | None:
        """The byte of the body at which the fault acts; None if it counts events."""
        if self.fault is None or self.fault.bytes is not None:
            return None if self.fault is None else self.fault.bytes
        return None if self.logged.endpoint == "messages.stream" else 0

    def _started(self) -> web.StreamResponse:
        if self.response is None:
            raise RuntimeError("start() comes first")
        return self.response

    async def _send_bytes(self, data: bytes) -> None:
        await self._started().write(data)
        self._sent += len(data)

    async def _stall(self) -> None:
        self._stalled = True
        if self._active is not None:
            await self._active.stall(self._active.fault.seconds)

    def _abort(self, fault: Fault) -> None:
        self.logged.outcome = "faulted"
        if not fault.clean:
            self._disconnect()
        raise ResponseAbortedError(fault.clean)

    def _disconnect(self) -> None:
        """Close the connection after what was sent, without ending the body."""
        self.logged.outcome = "faulted"
        if self._request.transport is not None:
            self._request.transport.close()


RESPONSE_WRITER: web.RequestKey[ResponseWriter] = web.RequestKey("response_writer", ResponseWriter)
