"""How long a token is waited for, on a virtual clock."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Timing
from nemovideo.auth.config_folder import ConfigFolder, FileLock
from nemovideo.transports import MemoryTransport, Reply, Request
from tests.clocks import virtual
from tests.scripted import ok

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return virtual(request.param)


@pytest.fixture
def folder(tmp_path: Any) -> ConfigFolder:
    return ConfigFolder(tmp_path / "config")


class Service:
    """Gives tokens, and a balance to whoever has one."""

    def __init__(self) -> None:
        self.given = anyio.Event()
        self.asked_for: list[str] = []

    def __call__(self, request: Request) -> Reply:
        self.asked_for.append(request.url.rpartition("/")[2])
        self.given.set()
        return ok({"token": "nmv_usr_x", "available": 7})


def build(folder: ConfigFolder, service: Service, timing: Timing) -> AsyncNemoVideo:
    transport = MemoryTransport(service)
    return AsyncNemoVideo(transport=transport, config_dir=folder.path, timing=timing)


async def test_a_process_that_was_stopped_while_it_made_a_token_stops_no_other(
    folder: ConfigFolder,
) -> None:
    lock = folder.lock()
    assert lock.try_acquire()
    service = Service()
    client = build(folder, service, Timing(request=40, rate_limit_wait=20))
    began = anyio.current_time()
    await client.credits.retrieve()
    # As long as two requests and the wait between them may take.
    assert anyio.current_time() - began == pytest.approx(100, abs=1)
    assert service.asked_for == ["anonymous-token", "simple"]
    lock.release()


async def test_a_token_is_not_used_before_it_is_saved(folder: ConfigFolder) -> None:
    folder.write_client_id("123e4567-e89b-42d3-a456-426614174000")
    saving = FileLock(folder.path / ".store.lock")
    assert saving.try_acquire()
    service = Service()
    client = build(folder, service, Timing(request=100_000))
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(client.credits.retrieve)
        await service.given.wait()
        await anyio.sleep(100)
        before = list(service.asked_for)
        saving.release()
    assert before == ["anonymous-token"]
    assert service.asked_for == ["anonymous-token", "simple", "simple"]
