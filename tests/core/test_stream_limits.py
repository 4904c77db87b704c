"""How long a message's answer may take, and what is told meanwhile, on a virtual clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Timing, errors
from nemovideo.events import Event
from nemovideo.transports import MemoryTransport, Reply, Request
from tests.clocks import virtual

pytestmark = pytest.mark.anyio

HEARTBEAT, WORD = b": ping\n\ndata:\n\n", b'data: {"type": "text", "content": "word"}\n\n'
LONG_WORD = WORD.replace(b"word", b"word" * 10_000)
LIMITS = Timing(connect=5, request=20, still_working=120, heartbeat_limit=500, stream_limit=3000)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return virtual(request.param)


Pieces = Callable[[], AsyncIterator[bytes]]


async def every(seconds: float, piece: bytes, times: float = float("inf")) -> AsyncIterator[bytes]:
    while times > 0:
        await anyio.sleep(seconds)
        yield piece
        times -= 1


async def hear(
    pieces: Pieces, *, pause: float = 0
) -> tuple[list[Event], float, errors.NemoVideoError | None]:
    """Return what an answer tells, when it is over, and the error that it ends with.

    Args:
        pieces: gives the bytes of the answer.
        pause: how long the listener takes over each event.
    """

    def answer(request: Request) -> Reply:
        return Reply(200, {"content-type": "text/event-stream"}, pieces())

    client = AsyncNemoVideo(
        transport=MemoryTransport(answer), token="nmv_usr_x", journal=False, timing=LIMITS
    )
    told: list[Event] = []
    began = anyio.current_time()
    try:
        async with client.messages.stream("s-1", "hello") as stream:
            async for event in stream:
                told.append(event)
                assert len(told) < 1000
                await anyio.sleep(pause)
    except errors.NemoVideoError as error:
        return told, anyio.current_time() - began, error
    return told, anyio.current_time() - began, None


def kinds(told: list[Event]) -> list[str]:
    return [event.type for event in told]


async def test_an_answer_is_heard_for_as_long_as_words_keep_coming() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            async for piece in every(100, HEARTBEAT, 4):
                yield piece
            yield WORD

    told, elapsed, error = await hear(pieces)
    assert error is None
    assert kinds(told).count("text") == 5
    assert elapsed == pytest.approx(2000)


async def test_signs_of_life_alone_are_heard_until_their_limit() -> None:
    _, elapsed, error = await hear(lambda: every(7, HEARTBEAT))
    assert isinstance(error, errors.StreamInterruptedError)
    assert "nothing but signs of life came for 500 s" in str(error)
    assert elapsed == pytest.approx(500, abs=1)


async def test_a_word_behind_a_sign_of_life_is_a_word() -> None:
    told, elapsed, error = await hear(lambda: every(400, HEARTBEAT + WORD, 5))
    assert error is None
    assert kinds(told).count("text") == 5
    assert elapsed == pytest.approx(2000)


@pytest.mark.parametrize(
    ("seconds", "piece", "pause"), [(30, WORD, 0), (0, LONG_WORD, 30)], ids=["read", "read late"]
)
async def test_words_without_an_end_are_heard_until_the_limit_of_a_stream(
    seconds: float, piece: bytes, pause: float
) -> None:
    _, elapsed, error = await hear(lambda: every(seconds, piece), pause=pause)
    assert isinstance(error, errors.StreamInterruptedError)
    assert "still open after 3000 s" in str(error)
    assert elapsed == pytest.approx(3000, abs=31)


async def test_silence_without_a_byte_ends_at_the_limit_too() -> None:
    told, elapsed, error = await hear(lambda: every(10_000, WORD))
    assert isinstance(error, errors.StreamInterruptedError)
    assert elapsed == pytest.approx(500)
    assert kinds(told) == ["still_working"] * 4


@pytest.mark.parametrize(("seconds", "piece"), [(10_000, WORD), (7, HEARTBEAT), (119, HEARTBEAT)])
async def test_somebody_who_waits_is_told_so_at_even_intervals(
    seconds: float, piece: bytes
) -> None:
    told, _, _ = await hear(lambda: every(seconds, piece))
    notices = [event.elapsed for event in told if event.type == "still_working"]
    assert notices == pytest.approx([120, 240, 360, 480], abs=1)
