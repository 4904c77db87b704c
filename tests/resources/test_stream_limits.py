"""How long a message's answer may take, and what is told meanwhile, on a virtual clock."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from nemovideo import AsyncNemoVideo, Timing, Turn, errors
from nemovideo.events import Event
from nemovideo.transports import MemoryTransport, Reply, Request
from tests.clocks import virtual
from tests.scripted import ok

pytestmark = pytest.mark.anyio

HEARTBEAT, WORD = b": ping\n\ndata:\n\n", b'data: {"type": "text", "content": "word"}\n\n'
SENTENCE = WORD.replace(b"word", b"A word. ")
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
    reported: list[Event] = []
    began = anyio.current_time()
    try:
        async with client.messages.stream("s-1", "hello") as stream:
            async for event in stream:
                reported.append(event)
                assert len(reported) < 1000
                await anyio.sleep(pause)
    except errors.NemoVideoError as error:
        return reported, anyio.current_time() - began, error
    return reported, anyio.current_time() - began, None


def kinds(reported: list[Event]) -> list[str]:
    return [event.type for event in reported]


async def test_an_answer_is_read_as_long_as_text_arrives() -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(5):
            async for piece in every(100, HEARTBEAT, 4):
                yield piece
            yield WORD

    reported, elapsed, error = await hear(pieces)
    assert error is None
    assert kinds(reported).count("text") == 5
    assert elapsed == pytest.approx(2000)


async def test_heartbeats_alone_are_read_until_their_limit() -> None:
    _, elapsed, error = await hear(lambda: every(7, HEARTBEAT))
    assert isinstance(error, errors.StreamInterruptedError)
    assert "only heartbeats came for 500 s" in str(error)
    assert elapsed == pytest.approx(500, abs=1)


async def test_a_word_behind_a_sign_of_life_is_a_word() -> None:
    reported, elapsed, error = await hear(lambda: every(400, HEARTBEAT + WORD, 5))
    assert error is None
    assert kinds(reported).count("text") == 5
    assert elapsed == pytest.approx(2000)


@pytest.mark.parametrize(
    ("seconds", "piece", "pause"), [(30, WORD, 0), (0, LONG_WORD, 30)], ids=["read", "read late"]
)
async def test_endless_text_is_read_until_the_limit_of_a_stream(
    seconds: float, piece: bytes, pause: float
) -> None:
    _, elapsed, error = await hear(lambda: every(seconds, piece), pause=pause)
    assert isinstance(error, errors.StreamInterruptedError)
    assert "still open after 3000 s" in str(error)
    assert elapsed == pytest.approx(3000, abs=31)


async def test_silence_without_a_byte_ends_at_the_limit_too() -> None:
    reported, elapsed, error = await hear(lambda: every(10_000, WORD))
    assert isinstance(error, errors.StreamInterruptedError)
    assert elapsed == pytest.approx(500)
    assert [attempt.elapsed for attempt in error.attempts] == [pytest.approx(500)]
    assert kinds(reported) == ["still_working"] * 4


@pytest.mark.parametrize(("seconds", "piece"), [(10_000, WORD), (7, HEARTBEAT), (119, HEARTBEAT)])
async def test_still_working_is_reported_at_even_intervals(seconds: float, piece: bytes) -> None:
    reported, _, _ = await hear(lambda: every(seconds, piece))
    notices = [event.elapsed for event in reported if event.type == "still_working"]
    assert notices == pytest.approx([120, 240, 360, 480], abs=1)


async def test_an_event_without_an_end_is_given_up() -> None:
    piece = b"x" * 2**20

    async def pieces() -> AsyncIterator[bytes]:
        yield b"data: "
        while True:
            await anyio.lowlevel.checkpoint()
            yield piece

    _, _, error = await hear(pieces)
    assert isinstance(error, errors.StreamInterruptedError)
    assert "one event of more than" in str(error)


@pytest.mark.parametrize(
    ("last", "lost"),
    [(b'data: {"type": "text", "content": "word"}', False), (b'data: {"type": "te', True)],
    ids=["whole", "half"],
)
async def test_a_last_event_that_nothing_ends_is_read_if_it_is_whole(
    last: bytes, lost: bool
) -> None:
    reported, _, error = await hear(lambda: every(1, last, 1))
    assert kinds(reported).count("text") == (not lost)
    assert isinstance(error, errors.StreamInterruptedError) == lost


@pytest.mark.parametrize("end", [[], [errors.APIConnectionError("x", phase="read")]])
async def test_buffered_text_is_emitted_however_an_answer_ends(
    end: list[errors.APIConnectionError],
) -> None:
    """Its last words are held back where they may be the beginning of an apology."""

    async def pieces() -> AsyncIterator[bytes]:
        yield WORD.replace(b"word", b"Done. I enc")
        for error in end:
            raise error

    reported, _, error = await hear(pieces)
    assert "".join(event.text for event in reported if event.type == "text") == "Done. I enc"
    assert (error is not None) == bool(end)


async def test_an_answer_without_any_event_is_a_lost_one() -> None:
    _, _, error = await hear(lambda: every(1, b": ping\n\n", 3))
    assert isinstance(error, errors.StreamInterruptedError)


def service(request: Request) -> Reply:
    """A service whose agent is silent for long, and then says a word."""
    if request.url.endswith("/run_sse"):
        return Reply(200, {"content-type": "text/event-stream"}, every(350, SENTENCE, 2))
    return ok({"state": {"draft": {"t": [{"tt": 0, "sg": [{"d": 1000}]}]}}, "available": 7})


async def awaited(client: AsyncNemoVideo, reported: list[Event]) -> Turn:
    return await client.open_project("s-1").send("hello", on_event=reported.append)


async def iterated(client: AsyncNemoVideo, reported: list[Event]) -> Turn:
    sending = client.open_project("s-1").send("hello")
    reported += [event async for event in sending]
    return await sending


@pytest.mark.parametrize("use", [awaited, iterated])
async def test_a_silence_is_reported_and_loses_no_text(
    use: Callable[[AsyncNemoVideo, list[Event]], Awaitable[Turn]],
) -> None:
    client = AsyncNemoVideo(
        transport=MemoryTransport(service), token="nmv_usr_x", journal=False, timing=LIMITS
    )
    reported: list[Event] = []
    turn = await use(client, reported)
    assert (turn.text, turn.source) == ("A word. A word. ", "stream")
    assert "".join(event.text for event in reported if event.type == "text") == turn.text
    if use is awaited:
        assert kinds(reported).count("still_working") >= 4
