"""Whoever follows what an error was caused by, or came upon, comes to an end."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from copy import copy
from functools import partial
from pathlib import Path

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Timing, errors
from nemovideo.transports import MemoryTransport, Reply, Request
from tests.scripted import fail, ok

pytestmark = pytest.mark.anyio

TIMING = Timing().scaled_waits(0.0005)
EVENTS = {"Content-Type": "text/event-stream"}
HELLO = b'data: {"type": "text", "content": "Hello"}\n\n'
STATE = {"state": {"draft": {"t": [{"tt": 0, "sg": [{"d": 1000}]}]}}}
FILM = ("a.mp4", b"\0\0\0\x18ftypmp42")
BROKEN = {
    phase: errors.APIConnectionError("x", phase=phase)
    for phase in ("connect", "send", "wait", "read")
}
MISSING = Reply(400, {}, json.dumps({"code": 400, "message": "Missing X-Client-Id"}).encode())
ANSWERS: dict[str, Reply | Exception] = {
    **BROKEN,
    "late": errors.APITimeoutError("x", phase="read"),
    "token": fail(200, 1001),
    "client id": MISSING,
    "session": fail(200, 1002),
    "credits": fail(200, 2001),
    "plan": fail(402),
    "too often": fail(429),
    "too often for long": fail(429, retry_after="300"),
    "busy": fail(503, retry_after="0"),
    "failed": fail(500),
    "html": Reply(200, {}, b"<html>no</html>"),
    "cut": Reply(200, EVENTS, [HELLO, BROKEN["read"]]),
    "silent": Reply(200, EVENTS, b""),
    "agent": Reply(200, EVENTS, b'data: {"error": "RuntimeError: boom"}\n\n'),
    "refused inside": Reply(200, EVENTS, b'data: {"code": 2001, "message": "no"}\n\n'),
}


async def stream(client: AsyncNemoVideo) -> None:
    async with client.messages.stream("s-1", "hello") as events:
        await events.final_turn()


async def iterate(client: AsyncNemoVideo) -> None:
    async for _ in client.open_project("s-1").send("hello"):
        pass


async def repeat(client: AsyncNemoVideo) -> None:
    work = client.open_project("s-1").send("hello")
    with suppress(errors.NemoVideoError):
        await work
    await work


async def recover(client: AsyncNemoVideo) -> None:
    with suppress(errors.NemoVideoError):
        await client.open_project("s-1").send("hello")
    for item in await client.recover():
        await item.resume()


WAYS: dict[str, Callable[[AsyncNemoVideo], Awaitable[object]]] = {
    "credits": lambda client: client.credits.retrieve(),
    "generate": lambda client: client.generate("a panda"),
    "send": lambda client: client.open_project("s-1").send("hello"),
    "iterate": iterate,
    "stream": stream,
    "repeat": repeat,
    "recover": recover,
    "upload": lambda client: client.uploads.create("s-1", FILM),
    "render": lambda client: client.renders.create("s-1", STATE["state"]["draft"]),
    "export": lambda client: client.open_project("s-1").export(),
}


def assert_ends(error: BaseException, above: tuple[BaseException, ...] = ()) -> None:
    """Follow every cause and context, suppressed ones too, as the plainest of printers does."""
    assert all(each is not error for each in above), f"a circle: {[*above, error]}"
    for below in (error.__cause__, error.__context__):
        if below is not None:
            assert_ends(below, (*above, error))
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            assert_ends(each, (*above, error))


@pytest.mark.parametrize(
    ("way", "token"), [("credits", None), *((way, "nmv_usr_x") for way in WAYS)]
)
async def test_no_failure_has_a_circle_in_its_chain(
    tmp_path: Path, way: str, token: str | None
) -> None:
    failures = 0
    for name, given in ANSWERS.items():
        client = AsyncNemoVideo(
            token=token,
            timing=TIMING,
            config_dir=tmp_path / name,
            transport=MemoryTransport(partial(answer, given, way)),
        )
        try:
            with anyio.fail_after(60):
                await WAYS[way](client)
        except errors.NemoVideoError as error:
            failures += 1
            assert_ends(error)
        await client.aclose()
    assert failures > 5


def answer(given: Reply | Exception, way: str, request: Request) -> Reply | Exception:
    """Give the failure to whatever may fail, and what it takes to get there to the rest."""
    if "/anonymous-token" in request.url and way != "credits":
        return ok({"token": "nmv_usr_first", "user_id": "u-1"})
    if request.url.endswith("/nemo_agent"):
        return ok({"session_id": "s-1", "task_id": "t-1"})
    if request.url.endswith("/latest"):
        return ok(STATE)
    return copy(given)  # an error that is raised twice would come upon itself
