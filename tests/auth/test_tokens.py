"""The token: requested once, saved even if callers are cancelled, as soon as possible."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from nemovideo import AsyncNemoVideo, errors
from nemovideo.auth.config_folder import ConfigFolder, FileLock, SavedToken
from nemovideo.concurrency.background_tasks import BackgroundTask
from nemovideo.config.settings import API_URL
from nemovideo.sandbox import Sandbox
from nemovideo.security.redaction import Secret
from nemovideo.transports import MemoryTransport, Reply, Request
from tests.conftest import QUICK
from tests.scripted import Script, fail, ok

Build = Callable[..., AsyncNemoVideo]
BALANCE = "/credits/balance/simple"
OWN_ID = "123e4567-e89b-42d3-a456-426614174000"
OTHER_ID = "00000000-0000-4000-8000-000000000000"


class Slow:
    """A service whose only token comes when the test says so."""

    def __init__(self) -> None:
        self.asked, self.go = anyio.Event(), anyio.Event()
        self.given = 0
        self.ids: list[str] = []

    async def __call__(self, request: Request) -> Reply:
        if not request.url.endswith("/anonymous-token"):
            return ok({"available": 7})
        self.ids.append(request.headers["x-client-id"])
        self.given += 1
        if self.given > 1:
            return fail(429)
        self.asked.set()
        await self.go.wait()
        return ok({"token": "nmv_usr_only"})


@pytest.mark.anyio
async def test_a_requested_token_is_saved_though_its_caller_was_cancelled(
    build: Build, tmp_path: Path
) -> None:
    service = Slow()
    client = build(timing=QUICK, transport=MemoryTransport(service))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.credits.retrieve)
        await service.asked.wait()
        tasks.cancel_scope.cancel()
    assert not ConfigFolder(tmp_path / "config").read_token(API_URL)
    service.go.set()
    assert (await client.credits.retrieve()).available == 7
    assert service.given == 1
    assert ConfigFolder(tmp_path / "config").read_token(API_URL)


@pytest.mark.anyio
async def test_a_token_that_comes_while_its_caller_is_being_cancelled_is_saved(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemovideo.auth.tokens._GRACE", 30)
    service = Slow()
    client = build(timing=QUICK, transport=MemoryTransport(service))

    async def let_it_come() -> None:
        await service.asked.wait()
        tasks.cancel_scope.cancel()
        service.go.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.credits.retrieve)
        tasks.start_soon(let_it_come)
    assert ConfigFolder(tmp_path / "config").read_token(API_URL)


@pytest.mark.anyio
async def test_closing_the_client_waits_for_a_token_that_was_asked_for(
    build: Build, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemovideo.auth.tokens._GRACE", 0.01)
    monkeypatch.setattr("nemovideo.auth.tokens._CLOSE_GRACE", 30)
    service = Slow()
    client = build(timing=QUICK, transport=MemoryTransport(service))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.credits.retrieve)
        await service.asked.wait()
        tasks.cancel_scope.cancel()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.aclose)
        await anyio.wait_all_tasks_blocked()
        service.go.set()
    assert ConfigFolder(tmp_path / "config").read_token(API_URL)


def test_a_loop_that_was_closed_in_the_middle_leaves_the_turn_to_the_next(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemovideo.auth.tokens._GRACE", 0.01)
    answers: list[Callable[[Request], Any]] = []
    client = build(transport=MemoryTransport(lambda request: answers[-1](request)))

    async def leave() -> None:
        service = Slow()
        answers.append(service)
        task = asyncio.ensure_future(client.credits.retrieve())
        await service.asked.wait()
        task.cancel()
        await asyncio.wait({task})

    asyncio.run(leave())

    async def go_on() -> float:
        answers.append(lambda _: ok({"token": "nmv_usr_x", "available": 3}))
        return (await client.credits.retrieve()).available or 0

    assert asyncio.run(go_on()) == 3


def test_a_loop_that_was_only_stopped_leaves_the_turn_to_another(build: Build) -> None:
    service = Slow()
    answers: list[Callable[[Request], Any]] = [service]
    transport = MemoryTransport(lambda request: answers[-1](request))
    client = build(timing=QUICK, transport=transport)
    stopped = asyncio.new_event_loop()
    task = stopped.create_task(_retrieve(client))
    stopped.run_until_complete(service.asked.wait())
    answers.append(lambda _: ok({"token": "nmv_usr_x", "available": 3}))
    assert asyncio.run(_retrieve(client)) == 3
    service.go.set()
    assert stopped.run_until_complete(task) == 3
    stopped.close()


async def _retrieve(client: AsyncNemoVideo) -> float | None:
    return (await client.credits.retrieve()).available


def test_background_work_of_another_loop_is_not_waited_for() -> None:
    first, second = asyncio.new_event_loop(), asyncio.new_event_loop()
    released: list[bool] = []

    async def begin() -> BackgroundTask[None]:
        return BackgroundTask(anyio.sleep_forever, lambda: released.append(True))

    left = first.run_until_complete(begin())
    assert left.is_lost
    second.run_until_complete(left.settle(60))
    assert not left.has_ended
    for task in asyncio.all_tasks(first):
        task.cancel()  # before its first step
    first.run_until_complete(asyncio.sleep(0))
    assert left.has_ended
    left.release()
    assert released == [True]
    first.close()
    second.close()


@pytest.mark.anyio
async def test_a_token_is_saved_as_soon_as_the_folder_can_be_used(
    build: Build, script: Script, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "config").write_text("in the way")
    client = build()
    for _ in range(3):
        await client.credits.retrieve()
    (tmp_path / "config").unlink()
    script.on("/anonymous-token", fail(429))
    await client.credits.retrieve()
    folder = ConfigFolder(tmp_path / "config")
    assert folder.read_client_id() is not None
    assert (await build().credits.retrieve()).available == 7
    assert len([r for r in caplog.records if r.name == "nemovideo.auth"]) == 1


@pytest.mark.anyio
async def test_a_token_is_saved_when_the_lock_is_released(
    build: Build, transport: MemoryTransport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemovideo.auth.async_config_folder.LOCK_TIMEOUT", 0.01)
    folder = ConfigFolder(tmp_path / "config")
    folder.write_client_id(OWN_ID)
    holder = FileLock(tmp_path / "config" / ".store.lock")
    assert holder.try_acquire()
    client = build()
    await client.credits.retrieve()
    await client.credits.retrieve()
    assert transport.requests[0].headers["x-client-id"] == OWN_ID
    assert folder.read_token(API_URL) is None
    holder.release()
    await client.credits.retrieve()
    assert folder.read_token(API_URL) is not None


@pytest.mark.anyio
async def test_a_token_that_was_replaced_meanwhile_is_not_saved_late(
    build: Build, script: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemovideo.auth.async_config_folder.LOCK_TIMEOUT", 0.01)
    folder = ConfigFolder(tmp_path / "config")
    folder.write_client_id(OWN_ID)
    script.on("/anonymous-token", ok({"token": "nmv_usr_first"}), ok({"token": "nmv_usr_second"}))
    holder = FileLock(tmp_path / "config" / ".store.lock")
    assert holder.try_acquire()
    client = build()
    await client.credits.retrieve()
    script.on(BALANCE, fail(401), ok({"available": 7}))
    await client.credits.retrieve()
    holder.release()
    await client.credits.retrieve()
    saved = folder.read_token(API_URL)
    assert saved is not None
    assert saved.token.reveal() == "nmv_usr_second"


@pytest.mark.anyio
async def test_a_client_id_of_another_process_is_not_overwritten_late_and_is_used(
    build: Build, script: Script, transport: MemoryTransport, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("in the way")
    client = build()
    await client.credits.retrieve()
    (tmp_path / "config").unlink()
    folder = ConfigFolder(tmp_path / "config")
    folder.write_client_id(OWN_ID)
    await client.credits.retrieve()
    assert folder.read_client_id() == OWN_ID
    script.on(BALANCE, fail(401), ok({"available": 7}))
    await client.credits.retrieve()
    asked = [each for each in transport.requests if each.url.endswith("/anonymous-token")]
    assert [each.headers["x-client-id"] == OWN_ID for each in asked] == [False, True]


@pytest.mark.anyio
async def test_a_folder_that_fails_again_is_warned_of_again(
    build: Build, script: Script, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    config = tmp_path / "config"
    config.write_text("in the way")
    client = build()
    await client.credits.retrieve()
    config.unlink()
    await client.credits.retrieve()
    config.rename(tmp_path / "moved")
    config.write_text("in the way again")
    script.on(BALANCE, fail(401), ok({"available": 7}))
    await client.credits.retrieve()
    assert len([each for each in caplog.records if each.name == "nemovideo.auth"]) == 2


@pytest.mark.anyio
async def test_while_another_process_asks_for_a_token_nothing_is_sent(
    build: Build, transport: MemoryTransport, tmp_path: Path, slept: list[float]
) -> None:
    holder = ConfigFolder(tmp_path / "config").lock()
    assert holder.try_acquire()
    client = build()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.credits.retrieve)
        while len(slept) < 3:
            await checkpoint()
        assert transport.requests == []
        holder.release()
    assert transport.requests[0].url.endswith("/anonymous-token")


@pytest.mark.anyio
async def test_tokens_that_are_asked_for_together_come_one_after_the_other(build: Build) -> None:
    asked, go = anyio.Event(), anyio.Event()
    at_once = most = 0

    async def serve(request: Request) -> Reply:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        asked.set()
        await go.wait()
        at_once -= 1
        return ok({"token": "nmv_usr_x"})

    client = build(timing=QUICK, transport=MemoryTransport(serve))
    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(client.tokens.create_anonymous)
        await asked.wait()
        await anyio.wait_all_tasks_blocked()
        go.set()
    assert most == 1


@pytest.mark.anyio
async def test_a_refusal_that_no_other_client_id_helps_leaves_the_saved_one(
    build: Build, script: Script, transport: MemoryTransport, tmp_path: Path
) -> None:
    folder = ConfigFolder(tmp_path / "config")
    folder.write_client_id(OWN_ID)
    script.on("/anonymous-token", fail(400))
    client = build()
    for _ in range(3):
        with pytest.raises(errors.MissingClientIdError):
            await client.credits.retrieve()
    assert folder.read_client_id() == OWN_ID
    sent = [request.headers["x-client-id"] for request in transport.requests]
    assert [each == OWN_ID for each in sent] == [True, False, True, True]


@pytest.mark.anyio
async def test_a_client_id_that_was_refused_is_replaced_in_the_folder(
    build: Build, script: Script, tmp_path: Path
) -> None:
    folder = ConfigFolder(tmp_path / "config")
    folder.write_client_id(OWN_ID)
    script.on("/anonymous-token", fail(400), ok({"token": "nmv_usr_x"}))
    await build().credits.retrieve()
    assert folder.read_client_id() not in (None, OWN_ID)


@pytest.mark.anyio
async def test_a_given_client_id_that_was_refused_leaves_the_saved_one(
    build: Build, script: Script, tmp_path: Path
) -> None:
    folder = ConfigFolder(tmp_path / "config")
    folder.write_client_id(OWN_ID)
    script.on("/anonymous-token", fail(400), ok({"token": "nmv_usr_x"}))
    await build(client_id="00000000-0000-4000-8000-000000000000").credits.retrieve()
    assert folder.read_client_id() == OWN_ID


@pytest.mark.anyio
async def test_a_client_id_that_is_always_missed_is_replaced_for_no_call(
    build: Build, script: Script, transport: MemoryTransport, tmp_path: Path
) -> None:
    folder = ConfigFolder(tmp_path / "config")
    folder.write_client_id(OWN_ID)
    missing = json.dumps({"code": 400, "message": "Missing X-Client-Id"}).encode()
    script.on(BALANCE, Reply(400, {}, missing))
    client = build()
    for _ in range(4):
        with pytest.raises(errors.MissingClientIdError):
            await client.credits.retrieve()
    assert folder.read_client_id() == OWN_ID
    sent = [r.headers.get("x-client-id") for r in transport.requests if r.url.endswith(BALANCE)]
    assert sent[0] is None
    assert len({each for each in sent if each} - {OWN_ID}) == 1


@pytest.mark.anyio
async def test_those_who_wait_for_a_token_share_it_without_a_turn_each(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = 0
    lock = ConfigFolder.lock

    def counted(folder: ConfigFolder) -> FileLock:
        nonlocal turns
        turns += 1
        return lock(folder)

    service = Slow()
    client = build(timing=QUICK, transport=MemoryTransport(service))
    monkeypatch.setattr(ConfigFolder, "lock", counted)
    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(client.credits.retrieve)
        await service.asked.wait()
        service.go.set()
    assert (turns, service.given) == (1, 1)


# One token, whoever makes it


def save(tmp_path: Path, token: str, **known: Any) -> ConfigFolder:
    folder = ConfigFolder(tmp_path / "config")
    folder.write_token(API_URL, SavedToken(Secret(token), **known))
    return folder


def sent(transport: MemoryTransport) -> list[str]:
    """The tokens that were sent, and "asked" for each request for one."""
    return [
        request.headers.get("authorization", "asked").removeprefix("Bearer nmv_usr_")
        for request in transport.requests
    ]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("seconds", "used"), [(30, ["asked", "first"]), (600, ["saved"])], ids=["soon", "later"]
)
async def test_a_token_that_is_about_to_expire_is_replaced_before_it_is_used(
    build: Build, transport: MemoryTransport, tmp_path: Path, seconds: float, used: list[str]
) -> None:
    save(tmp_path, "nmv_usr_saved", expires_at=datetime.now(UTC) + timedelta(seconds=seconds))
    await build().credits.retrieve()
    assert sent(transport) == used


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("saved_for", "used"),
    [(OTHER_ID, ["asked", "first"]), (OWN_ID, ["saved"]), (None, ["saved"])],
    ids=["another", "the same", "nobody knows"],
)
async def test_a_saved_token_is_used_by_the_client_id_that_it_was_made_for(
    build: Build,
    transport: MemoryTransport,
    tmp_path: Path,
    saved_for: str | None,
    used: list[str],
) -> None:
    save(tmp_path, "nmv_usr_saved", client_id=saved_for)
    await build(client_id=OWN_ID).credits.retrieve()
    assert sent(transport) == used


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("newer", "used"),
    [
        (SavedToken(Secret("nmv_usr_newer")), ["older", "newer"]),
        (SavedToken(Secret("nmv_usr_newer"), datetime(2020, 1, 1, tzinfo=UTC)), None),
        (SavedToken(Secret("nmv_usr_older")), None),
    ],
    ids=["newer", "newer and expired", "the same"],
)
async def test_a_token_that_another_process_has_renewed_is_not_asked_for_again(
    build: Build,
    script: Script,
    transport: MemoryTransport,
    tmp_path: Path,
    newer: SavedToken,
    used: list[str] | None,
) -> None:
    folder = save(tmp_path, "nmv_usr_older")

    def refuse(request: Request) -> Reply:
        folder.write_token(API_URL, newer)
        return fail(401)

    script.on(BALANCE, refuse, ok({"available": 7}))
    await build().credits.retrieve()
    assert sent(transport) == (used or ["older", "asked", "first"])


@pytest.mark.anyio
async def test_a_token_is_not_asked_for_while_another_process_is_making_one(
    build: Build, transport: MemoryTransport, tmp_path: Path
) -> None:
    folder = ConfigFolder(tmp_path / "config")
    lock = folder.lock()
    assert lock.try_acquire()
    client = build(timing=QUICK)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.credits.retrieve)
        await anyio.wait_all_tasks_blocked()
        save(tmp_path, "nmv_usr_theirs")
        lock.release()
    assert sent(transport) == ["theirs"]


@pytest.mark.anyio
async def test_clients_that_share_a_folder_ask_for_one_token(
    build: Build, transport: MemoryTransport
) -> None:
    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(build(timing=QUICK).credits.retrieve)
    assert sorted(sent(transport)) == ["asked", *["first"] * 5]


class Refusing:
    """A service that refuses the tokens it has given, and gives others, when the test says so."""

    def __init__(self, *tokens: str | Reply) -> None:
        self.tokens = list(tokens)
        self.refused = 0
        self.to_refuse = 0
        self.all_refused = anyio.Event()
        self.sent: list[str] = []

    async def __call__(self, request: Request) -> Reply:
        self.sent.append(request.headers.get("authorization", "asked").removeprefix("Bearer "))
        if self.sent[-1] == "asked":
            given = self.tokens.pop(0)
            return given if isinstance(given, Reply) else ok({"token": given})
        if self.refused < self.to_refuse:
            self.refused += 1
            if self.refused == self.to_refuse:
                self.all_refused.set()
            await self.all_refused.wait()
            return fail(401)
        return ok({"available": 7})


@pytest.mark.anyio
async def test_tasks_whose_token_was_refused_renew_it_once(build: Build) -> None:
    service = Refusing("nmv_usr_1", "nmv_usr_2", "nmv_usr_3")
    client = build(timing=QUICK, transport=MemoryTransport(service))
    await client.credits.retrieve()
    for number in (1, 2):
        service.sent.clear()
        service.to_refuse, service.all_refused = service.refused + 5, anyio.Event()
        with anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                for _ in range(5):
                    tasks.start_soon(client.credits.retrieve)
        before, after = f"nmv_usr_{number}", f"nmv_usr_{number + 1}"
        assert service.sent == [*[before] * 5, "asked", *[after] * 5]


@pytest.mark.anyio
async def test_a_new_token_is_saved_with_all_that_is_known_of_it(
    build: Build, script: Script, tmp_path: Path
) -> None:
    expires_at = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    answer = {"token": "nmv_usr_x", "user_id": "u-1", "expires_at": expires_at.isoformat()}
    script.on("/anonymous-token", ok(answer))
    await build(client_id=OWN_ID).credits.retrieve()
    saved = ConfigFolder(tmp_path / "config").read_token(API_URL)
    assert saved == SavedToken(Secret("nmv_usr_x"), expires_at, "u-1", OWN_ID)


@pytest.mark.anyio
async def test_a_token_created_with_a_token_given_is_saved_and_not_used(
    build: Build, transport: MemoryTransport, tmp_path: Path
) -> None:
    client = build(token="nmv_usr_mine")
    await client.tokens.create_anonymous()
    await client.credits.retrieve()
    assert sent(transport) == ["asked", "mine"]
    await build().credits.retrieve()
    assert sent(transport) == ["asked", "mine", "first"]


@pytest.mark.anyio
async def test_a_token_created_without_a_token_given_is_used(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on("/anonymous-token", ok({"token": "nmv_usr_1"}), ok({"token": "nmv_usr_2"}))
    client = build()
    await client.credits.retrieve()
    await client.tokens.create_anonymous()
    await client.credits.retrieve()
    assert sent(transport) == ["asked", "1", "asked", "2"]


@pytest.mark.anyio
async def test_a_caller_cancelled_while_another_process_makes_a_token_blocks_no_other(
    build: Build, transport: MemoryTransport, tmp_path: Path
) -> None:
    lock = ConfigFolder(tmp_path / "config").lock()
    assert lock.try_acquire()
    client = build(timing=QUICK)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(client.credits.retrieve)
        await anyio.wait_all_tasks_blocked()
        tasks.cancel_scope.cancel()
    assert transport.requests == []
    lock.release()
    with anyio.fail_after(30):
        for other in (client, build(timing=QUICK)):
            await other.credits.retrieve()
    assert sent(transport) == ["asked", "first", "first"]


@pytest.mark.anyio
async def test_an_old_failure_is_not_raised_to_new_callers(build: Build, tmp_path: Path) -> None:
    service = Refusing("nmv_usr_1", fail(402), "nmv_usr_1", "nmv_usr_1")
    client = build(timing=QUICK, transport=MemoryTransport(service))
    await client.credits.retrieve()
    service.to_refuse = 1
    with pytest.raises(errors.PlanRequiredError):
        await client.credits.retrieve()
    lock = ConfigFolder(tmp_path / "config").lock()
    assert lock.try_acquire()
    service.to_refuse, service.all_refused = 3, anyio.Event()
    async with anyio.create_task_group() as tasks:
        for _ in range(2):
            tasks.start_soon(client.credits.retrieve)
        await service.all_refused.wait()
        await anyio.wait_all_tasks_blocked()
        lock.release()
    assert service.tokens == []


THREADS = """
import asyncio, sys, threading
import nemovideo
kind, url, folder = sys.argv[1:]
client = getattr(nemovideo, kind)(base_url=url, config_dir=folder)
gate = threading.Barrier(8)
sys.setswitchinterval(1e-5)

def work():
    gate.wait()
    if kind == "NemoVideo":
        client.credits.retrieve()
    else:
        async def ask():
            await client.credits.retrieve()
        asyncio.run(ask())

threads = [threading.Thread(target=work) for _ in range(8)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
"""


@pytest.mark.parametrize("kind", ["NemoVideo", "AsyncNemoVideo"])
def test_threads_that_use_a_client_for_the_first_time_share_one_token(
    kind: str, sandbox: Sandbox, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text("no folder can be made here")
    command = [sys.executable, "-c", THREADS, kind, sandbox.url, str(tmp_path / "config")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    asked = [request.path for request in sandbox.requests]
    assert sum(path.endswith("/anonymous-token") for path in asked) == 1
    assert sum(path.endswith(BALANCE) for path in asked) == 8
    assert done.stderr.count("cannot be used") == 1
