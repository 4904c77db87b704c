"""How often a call reaches the service that keeps failing, whatever is built around the call."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from nemovideo import AsyncNemoVideo, Render, errors
from nemovideo.transports import MemoryTransport, Reply
from tests.scripted import fail

pytestmark = pytest.mark.anyio

DRAFT = {"t": [{"tt": 0, "sg": [{"d": 5000}]}]}
CLIP = ("a.mp4", b"\0\0\0\x18ftypmp42")
FILM = Render(id="r", status="completed", url="https://files.test/film.mp4")

Use = Callable[[AsyncNemoVideo, Path], Awaitable[object]]
Budget = tuple[int, int]
"""Requests of the call itself, and those of other kinds: looks before a repeat, other sources."""

FAILURES: list[Reply | Exception] = [
    fail(500),
    errors.APIConnectionError("x", phase="read"),
    fail(429),
    errors.APIConnectionError("x", phase="connect"),
]
NAMES = ("failed", "broken", "refused", "not reached")


async def send(client: AsyncNemoVideo, _: Path) -> None:
    async with client.messages.stream("s", "a panda") as events:
        await events.final_turn()


CALLS: list[tuple[str, Use, str, tuple[Budget, ...]]] = [
    ("balance", lambda client, _: client.credits.retrieve(), "/simple", ((3, 0),) * 4),
    ("session", lambda client, _: client.sessions.create(), "/nemo_agent", ((3, 0),) * 4),
    ("state", lambda client, _: client.states.retrieve("s"), "/latest", ((3, 0),) * 4),
    (
        "token",
        lambda client, _: client.tokens.create_anonymous(),
        "/anonymous-token",
        ((3, 0), (3, 0), (2, 0), (3, 0)),
    ),
    ("claim", lambda client, _: client.tokens.create_claim("s", "t"), "-token", ((3, 0),) * 4),
    (
        "render",
        lambda client, _: client.renders.create("s", DRAFT, render_id="r"),
        "/lambda",
        ((3, 2 + 3), (3, 2 + 3), (3, 2), (3, 2)),
    ),
    ("look", lambda client, _: client.renders.retrieve("r"), "/lambda/r", ((3, 0),) * 4),
    ("cancel", lambda client, _: client.renders.cancel("r"), "/cancel", ((3, 0),) * 4),
    (
        "upload",
        lambda client, _: client.uploads.create("s", CLIP),
        "/me/s",
        ((1, 3 + 7), (1, 3 + 7), (2, 3), (3, 3)),
    ),
    (
        "upload by URL",
        lambda client, _: client.uploads.create("s", urls=["https://files.test/a.mp4"]),
        "/me/s",
        ((1, 3 + 7), (1, 3 + 7), (2, 3), (3, 3)),
    ),
    ("message", send, "/run_sse", ((1, 0), (1, 0), (2, 0), (3, 0))),
    (
        "download",
        lambda client, folder: client.renders.download(FILM, folder / "a.mp4"),
        "/film.mp4",
        ((3, 3),) * 4,
    ),
    (
        "download from the service",
        lambda client, folder: client.renders.download(
            Render(id="r", status="completed"), folder / "a.mp4"
        ),
        "/download",
        ((3, 0),) * 4,
    ),
]


async def count(
    use: Use, end: str, failure: Reply | Exception, folder: Path, max_retries: int
) -> Budget:
    transport = MemoryTransport(lambda _: failure)
    client = AsyncNemoVideo(
        transport=transport,
        token="nmv_usr_x",
        config_dir=folder / "config",
        journal=False,
        max_retries=max_retries,
    )
    with pytest.raises(errors.NemoVideoError):
        await use(client, folder)
    own = sum(request.url.endswith(end) for request in transport.requests)
    return own, len(transport.requests) - own


@pytest.mark.usefixtures("slept")
@pytest.mark.parametrize(
    ("use", "end", "budgets"), [row[1:] for row in CALLS], ids=[row[0] for row in CALLS]
)
async def test_a_call_is_repeated_as_often_as_its_kind_allows(
    use: Use, end: str, budgets: tuple[Budget, ...], tmp_path: Path
) -> None:
    found = [await count(use, end, failure, tmp_path, 2) for failure in FAILURES]
    assert dict(zip(NAMES, found, strict=True)) == dict(zip(NAMES, budgets, strict=True))


@pytest.mark.usefixtures("slept")
@pytest.mark.parametrize(("use", "end"), [row[1:3] for row in CALLS], ids=[row[0] for row in CALLS])
async def test_without_repeats_a_call_reaches_the_service_once(
    use: Use, end: str, tmp_path: Path
) -> None:
    for failure in FAILURES:
        assert (await count(use, end, failure, tmp_path, 0))[0] == 1
