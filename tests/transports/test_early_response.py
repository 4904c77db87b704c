"""A refusal that comes while a body is still being sent."""

from __future__ import annotations

import anyio
import anyio.lowlevel
import pytest

from nemovideo.transports._early_response import EarlyResponse

pytestmark = pytest.mark.anyio

REFUSAL = b"HTTP/1.1 413 Payload Too Large\r\n\r\n"


class AnsweredError(Exception):
    pass


class LateError(Exception):
    pass


class Wire:
    """A connection on which an answer comes when `came` is set, and writes block when `full`."""

    def __init__(self, *answers: bytes | Exception) -> None:
        self.answers = list(answers)
        self.came = anyio.Event()
        self.full = False
        self.sent = b""

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        await self.came.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        if self.full:
            await anyio.sleep_forever()
        self.sent += buffer


async def watched(wire: Wire) -> None:
    """Let an answer come, and wait until it was looked at."""
    early = EarlyResponse(wire, AnsweredError(), LateError())
    wire.came.set()
    await early.watch()


@pytest.mark.parametrize("first", [REFUSAL, b"HTTP/1.1 503 Busy\r\n", b""])
async def test_a_refusal_stops_the_sending_and_is_read_then(first: bytes) -> None:
    wire = Wire(first, b"rest")
    await watched(wire)
    with pytest.raises(AnsweredError):
        await wire.write(b"more")
    assert [await wire.read(10), await wire.read(10)] == [first, b"rest"]
    await wire.write(b"the next request")
    assert wire.sent == b"the next request"


@pytest.mark.parametrize("first", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
async def test_what_is_no_refusal_lets_the_body_go_on(first: bytes) -> None:
    wire = Wire(first)
    await watched(wire)
    await wire.write(b"more")
    assert (wire.sent, await wire.read(10)) == (b"more", first)


async def test_a_write_that_waits_for_buffer_space_ends_when_a_refusal_comes() -> None:
    wire = Wire(REFUSAL)
    wire.full = True
    early = EarlyResponse(wire, AnsweredError(), LateError())
    answered: Exception | None = None
    with anyio.fail_after(30):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(early.watch)
            tasks.start_soon(_come, wire)
            try:
                await wire.write(b"more")
            except AnsweredError as error:
                answered = error
    assert answered is not None
    assert await wire.read(10) == REFUSAL


async def _come(wire: Wire) -> None:
    await anyio.lowlevel.checkpoint()
    wire.came.set()


async def test_an_answer_that_stays_away_is_late() -> None:
    wire = Wire()
    EarlyResponse(wire, AnsweredError(), LateError())
    with pytest.raises(LateError):
        await wire.read(10, timeout=0.01)


async def test_a_read_that_fails_is_made_again_by_who_needs_it() -> None:
    wire = Wire(OSError("reset"), OSError("reset again"))
    await watched(wire)
    await wire.write(b"more")
    with pytest.raises(OSError, match="reset again"):
        await wire.read(10)
