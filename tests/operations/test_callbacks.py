"""What the user's own functions raise comes out as it is: nothing is repeated or lost over it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Timing, errors
from nemovideo.events import Event
from nemovideo.transports import MemoryTransport, Reply, Request
from tests.scripted import Script, fail, ok

pytestmark = pytest.mark.anyio
Build = Callable[..., AsyncNemoVideo]

TIMING = Timing().scaled_waits(0.0005)
EVENTS = {"Content-Type": "text/event-stream"}
HELLO = b'data: {"type": "text", "content": "Hello"}\n\n'
STATE = {"state": {"draft": {"t": [{"tt": 0, "sg": [{"d": 1000}]}]}}}
FILM = ("a.mp4", b"\0\0\0\x18ftypmp42")

OURS: dict[str, Callable[[], errors.NemoVideoError]] = {
    "not reached": lambda: errors.APIConnectionError("mine", phase="connect"),
    "late": lambda: errors.APITimeoutError("mine", phase="read"),
    "token": lambda: errors.AuthenticationError("mine"),
    "client id": lambda: errors.MissingClientIdError("mine"),
    "too often": lambda: errors.RateLimitError("mine"),
    "failed": lambda: errors.ServerError("mine"),
    "credits": lambda: errors.InsufficientCreditsError("mine"),
}
"""What another client, used within a callback, may raise."""
ANY: dict[str, Callable[[], Exception]] = {
    **OURS,
    "plain": lambda: LookupError("mine"),
    "refused": lambda: ConnectionRefusedError("mine"),
    "timeout": lambda: TimeoutError("mine"),
}
END: list[type[Exception]] = [StopIteration, StopAsyncIteration]


@pytest.fixture(params=ANY)
def mine(request: pytest.FixtureRequest) -> Exception:
    return ANY[request.param]()


def raising(mine: Exception) -> Callable[[object], None]:
    """Return a callback that raises `mine`."""

    def callback(_: object) -> None:
        raise mine

    return callback


def sent(transport: MemoryTransport, end: str) -> int:
    return sum(request.url.endswith(end) for request in transport.requests)


@pytest.mark.parametrize("answer", [ok({"available": 7}), fail(200, 1001), fail(503), fail(429)])
async def test_what_on_response_raises_ends_a_call_at_once(
    build: Build, script: Script, transport: MemoryTransport, mine: Exception, answer: Reply
) -> None:
    script.on("/credits/balance/simple", answer)
    client = build(token="nmv_usr_x", timing=TIMING)
    with pytest.raises(type(mine)) as caught:
        await client.with_options(on_response=raising(mine)).credits.retrieve()
    assert caught.value is mine
    assert sent(transport, "/simple") == 1
    assert getattr(mine, "attempts", ()) == ()


async def test_what_on_response_raises_about_an_anonymous_token_renews_nothing(
    build: Build, transport: MemoryTransport
) -> None:
    client = build(timing=TIMING)
    await client.credits.retrieve()
    mine = errors.AuthenticationError("mine")
    with pytest.raises(errors.AuthenticationError) as caught:
        await client.with_options(on_response=raising(mine)).credits.retrieve()
    assert caught.value is mine
    assert sent(transport, "/anonymous-token") == 1
    assert sent(transport, "/simple") == 2


async def test_what_on_response_raises_at_the_second_attempt_ends_it(
    build: Build, script: Script, transport: MemoryTransport, mine: Exception
) -> None:
    answers: list[object] = []

    def callback(answer: object) -> None:
        answers.append(answer)
        if len(answers) == 2:
            raise mine

    script.on("/credits/balance/simple", fail(503))
    client = build(token="nmv_usr_x", timing=TIMING)
    with pytest.raises(type(mine)) as caught:
        await client.with_options(on_response=callback).credits.retrieve()
    assert caught.value is mine
    assert sent(transport, "/simple") == 2


async def test_what_on_response_raises_while_a_job_is_read_comes_out(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    mine = errors.APIConnectionError("mine", phase="connect")
    script.on("/lambda", errors.APIConnectionError("x", phase="wait"))
    script.on("/r-1", ok({"id": "r-1", "status": "pending"}))
    client = build(token="nmv_usr_x", timing=TIMING).with_options(on_response=raising(mine))
    with pytest.raises(errors.APIConnectionError) as caught:
        await client.renders.create("s-1", STATE["state"]["draft"], render_id="r-1")
    assert caught.value is mine
    assert sent(transport, "/lambda") == 1


def is_or_comes_of(error: BaseException, mine: Exception) -> bool:
    """Say whether `error` is `mine`, as far as Python lets that come out of a coroutine."""
    return error is mine or (isinstance(error, RuntimeError) and error.__cause__ is mine)


@pytest.mark.parametrize("kind", END)
async def test_an_end_of_iteration_from_on_response_is_not_the_end_of_anything(
    build: Build, kind: type[Exception]
) -> None:
    mine = kind("mine")
    client = build(token="nmv_usr_x").with_options(on_response=raising(mine))
    with pytest.raises((RuntimeError, StopAsyncIteration)) as caught:
        await client.credits.retrieve()
    assert is_or_comes_of(caught.value, mine)


async def paid(client: AsyncNemoVideo, way: str, on_event: Callable[[Event], None] | None) -> None:
    match way:
        case "awaited":
            await client.open_project("s-1").send("hello", on_event=on_event)
        case "iterated":
            async for _ in client.open_project("s-1").send("hello", on_event=on_event):
                pass


@pytest.mark.parametrize("way", ["awaited", "iterated"])
async def test_what_on_event_raises_comes_out_and_the_message_stays_listed(
    build: Build,
    script: Script,
    transport: MemoryTransport,
    tmp_path: Path,
    mine: Exception,
    way: str,
) -> None:
    script.on("/latest", ok(STATE))
    script.on("/run_sse", Reply(200, EVENTS, HELLO))
    client = build(token="nmv_usr_x", timing=TIMING, journal=True, config_dir=tmp_path)
    with pytest.raises(type(mine)) as caught:
        await paid(client, way, raising(mine))
    assert caught.value is mine
    await client.aclose()
    assert len(await client.recover()) == 1
    assert sent(transport, "/run_sse") == 1


@pytest.mark.parametrize("kind", END)
@pytest.mark.parametrize("way", ["awaited", "iterated"])
async def test_an_end_of_iteration_from_on_event_is_not_the_end_of_the_answer(
    build: Build, script: Script, kind: type[Exception], way: str
) -> None:
    mine = kind("mine")
    script.on("/latest", ok(STATE))
    script.on("/run_sse", Reply(200, EVENTS, HELLO))
    with pytest.raises((RuntimeError, StopAsyncIteration)) as caught:
        await paid(build(token="nmv_usr_x", timing=TIMING), way, raising(mine))
    assert is_or_comes_of(caught.value, mine)


async def test_a_cancellation_that_strikes_in_on_event_is_taken_by_its_scope(
    build: Build, script: Script, tmp_path: Path
) -> None:
    async def callback(_: Event) -> None:
        scope.cancel()
        await anyio.sleep_forever()

    script.on("/latest", ok(STATE))
    script.on("/run_sse", Reply(200, EVENTS, HELLO))
    client = build(token="nmv_usr_x", timing=TIMING, journal=True, config_dir=tmp_path)
    with anyio.CancelScope() as scope:
        await client.open_project("s-1").send("hello", on_event=callback)
    assert scope.cancelled_caught
    assert len(await client.recover()) == 1


@pytest.mark.parametrize("kind", [LookupError, ConnectionRefusedError, TimeoutError])
@pytest.mark.parametrize("way", ["awaited", "iterated"])
async def test_what_on_response_raises_about_a_message_leaves_it_listed(
    build: Build,
    script: Script,
    transport: MemoryTransport,
    tmp_path: Path,
    kind: type[Exception],
    way: str,
) -> None:
    asked: list[Request] = transport.requests

    def callback(_: object) -> None:
        if asked[-1].url.endswith("/run_sse"):
            raise kind("mine")

    script.on("/latest", ok(STATE))
    script.on("/run_sse", Reply(200, EVENTS, HELLO))
    client = build(token="nmv_usr_x", timing=TIMING, journal=True, config_dir=tmp_path)
    with pytest.raises(kind, match="mine"):
        await paid(client.with_options(on_response=callback), way, None)
    assert len(await client.recover()) == 1
    assert sent(transport, "/run_sse") == 1


async def test_what_on_progress_of_an_upload_raises_comes_out_and_nothing_is_sent_again(
    build: Build, script: Script, transport: MemoryTransport, mine: Exception
) -> None:
    def progress(done: int, total: int) -> None:
        raise mine

    script.on("/latest", ok(STATE))
    script.on("/me/s-1", ok({"files": []}))
    client = build(token="nmv_usr_x", timing=TIMING)
    with pytest.raises(type(mine)) as caught:
        await client.uploads.create("s-1", FILM, on_progress=progress)
    assert caught.value is mine
    assert [request.url.rpartition("/")[2] for request in transport.requests] == ["latest"]


@contextmanager
def logged_by(mine: Exception) -> Iterator[None]:
    class Failing(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            raise mine

    logger, handler = logging.getLogger("nemovideo"), Failing()
    before = logger.level
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


@pytest.mark.parametrize("answer", [ok({"available": 7}), fail(503)])
async def test_what_a_log_handler_raises_comes_out_as_it_is(
    build: Build, script: Script, transport: MemoryTransport, mine: Exception, answer: Reply
) -> None:
    script.on("/credits/balance/simple", answer)
    client = build(token="nmv_usr_x", timing=TIMING)
    with logged_by(mine), pytest.raises(type(mine)) as caught:
        await client.credits.retrieve()
    assert caught.value is mine
    assert sent(transport, "/simple") == 1
