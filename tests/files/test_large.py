"""Large JSON: read, compared and written in a thread, and no step of the loop is long."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from pathlib import Path

import pytest

from nemovideo import AsyncNemoVideo, errors, events
from nemovideo.timeline.draft import Draft
from nemovideo.timeline.draft_comparison import diff_drafts, drafts_differ
from nemovideo.transports import MemoryTransport, Reply, Request

pytestmark = pytest.mark.anyio

COUNT = 10_000


def large(name: str, count: int = COUNT) -> dict[str, object]:
    segments = [
        {"d": 100, "id": f"s{n}", "m": {"name": name if n == 5 else f"piece {n}", "x": [1, n]}}
        for n in range(count)
    ]
    return {"t": [{"tt": 0, "sg": segments}], "d": 100 * count}


@pytest.mark.parametrize("count", [10, COUNT])
async def test_drafts_of_any_size_are_compared_alike(count: int) -> None:
    old, new, again = (Draft(large(name, count)) for name in ("old", "new", "new"))
    assert [str(change) for change in await diff_drafts(new, old)] == [
        "Video renamed: old → new (0.5-0.6s)"
    ]
    assert await drafts_differ(new, old)
    assert not await drafts_differ(new, again)


class Service:
    """A service whose session holds a large draft, and another one after a message."""

    def __init__(self, *sse: object) -> None:
        self.sent: list[bytes] = []
        self._states = [self._state("old"), self._state("new")]
        self._sse = b"".join(b"data: " + json.dumps(each).encode() + b"\n\n" for each in sse)

    @staticmethod
    def _state(name: str) -> bytes:
        return json.dumps({"code": 0, "data": {"state": {"draft": large(name)}}}).encode()

    def __call__(self, request: Request) -> Reply:
        if request.url.endswith("/run_sse"):
            return Reply(200, {"Content-Type": "text/event-stream"}, [self._sse])
        if "/state/" in request.url:
            return Reply(200, {}, self._states[bool(self.sent)])
        if request.url.endswith("/lambda"):
            assert isinstance(request.body, bytes)
            self.sent.append(request.body)
            return Reply(200, {}, b'{"id": "render_1", "status": "pending"}')
        return Reply(200, {}, b'{"code": 0, "data": {"available": 100, "frozen": 0, "total": 100}}')

    def client(self, folder: Path) -> AsyncNemoVideo:
        return AsyncNemoVideo(transport=MemoryTransport(self), token="nmv_usr_x", config_dir=folder)


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_no_step_of_the_loop_is_long_however_large_the_draft(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Service()
    async with service.client(tmp_path) as client:
        await client.credits.retrieve()  # what is loaded at first use is loaded
        longest, run = 0.0, asyncio.Handle._run

        def measured(handle: asyncio.Handle) -> None:
            nonlocal longest
            began = time.thread_time()
            run(handle)
            longest = max(longest, time.thread_time() - began)

        with monkeypatch.context() as patch:
            patch.setattr(asyncio.Handle, "_run", measured)
            old = (await client.states.retrieve("s1")).draft
            await client.renders.create("s1", old, render_id="render_1")
            new = (await client.states.retrieve("s1")).draft
            changes = await diff_drafts(new, old)
    assert len(changes) == 1
    assert json.loads(service.sent[0])["draft"] == old.raw == large("old")
    assert longest <= 0.05


async def test_a_large_draft_in_the_stream_is_compared_in_a_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[int] = set()
    parse = Draft.parse.__func__  # type: ignore[attr-defined]

    def noted(cls: type[Draft], value: object) -> Draft:
        threads.add(threading.get_ident())
        return parse(cls, value)  # type: ignore[no-any-return]

    delta = {"author": "agent", "actions": {"stateDelta": {"draft": large("new")}}}
    async with (
        Service(delta).client(tmp_path) as client,
        client.messages.stream("s1", "x") as reported,
    ):
        await client.credits.retrieve()
        monkeypatch.setattr(Draft, "parse", classmethod(noted))
        assert [event async for event in reported] == [events.StateChanged()]
    assert threads and threading.get_ident() not in threads


async def test_a_large_error_in_the_stream_is_raised_like_a_small_one(tmp_path: Path) -> None:
    error = {"error": "boom", "error_details": "x" * 2**19}
    client = Service(error).client(tmp_path)
    async with client, client.messages.stream("s1", "x") as reported:
        with pytest.raises(errors.AgentError, match="boom"):
            await reported.final_turn()
