"""What `recover` lists: resumed once, given up, gone with its session, never over other files."""

from __future__ import annotations

import logging
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from anyio import to_thread

from nemovideo import (
    AsyncNemoVideo,
    DownloadError,
    InProgressError,
    NemoVideo,
    NemoVideoError,
    SessionNotFoundError,
    StreamInterruptedError,
    Turn,
    UnfinishedMessage,
    UnfinishedRender,
    Video,
)
from nemovideo.sandbox import Fault, Sandbox
from tests.conftest import QUICK, token_of
from tests.money.test_paid_work_listed import PROMPT, kinds, reached

pytestmark = pytest.mark.anyio
NO_WAITS = replace(QUICK, recovery_waits=(), silent_recheck=0)
CLAIM_ALL = """
import sys
from pathlib import Path
from nemovideo.journal.journal import Journal
journal = Journal(Path(sys.argv[1], "journal.sqlite3"))
print([journal.claim(entry) for entry in journal.unfinished(sys.argv[2])], flush=True)
sys.stdin.readline()
"""
RESUME_FIRST = """
import sys, nemovideo
timing = nemovideo.Timing(recovery_waits=(), silent_recheck=0)
options = dict(config_dir=sys.argv[1], base_url=sys.argv[2], timing=timing)
with nemovideo.NemoVideo(**options) as client:
    client.recover()[0].resume()
"""


@pytest.fixture
async def client(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[AsyncNemoVideo]:
    """A client that does not look for what a lost message came to."""
    async with build(sandbox, tmp_path) as client:
        yield client


def build(sandbox: Sandbox, tmp_path: Path) -> AsyncNemoVideo:
    return AsyncNemoVideo(base_url=sandbox.url, timing=NO_WAITS, config_dir=tmp_path / "config")


async def lose_message(client: AsyncNemoVideo, sandbox: Sandbox) -> str:
    """Leave a message unfinished whose work is in the session, and return that."""
    project = await client.create_project()
    with (
        sandbox.inject(Fault("messages.stream", "reset_after")),
        pytest.raises(StreamInterruptedError),
    ):
        await project.send(PROMPT)
    return project.session_id


async def lose_file(client: AsyncNemoVideo, sandbox: Sandbox, target: Path) -> str:
    """Leave a render unfinished that was to be saved, and return its session."""
    project = await client.create_project()
    await project.send(PROMPT)
    missing = [
        Fault("files.download", "status", status=404, times=None),
        Fault("renders.download", "status", status=404, times=None),
    ]
    with sandbox.inject(*missing), pytest.raises(DownloadError):
        await project.export(target)
    return project.session_id


@asynccontextmanager
async def claimed_elsewhere(sandbox: Sandbox, folder: Path) -> AsyncIterator[None]:
    """Have another process take everything that is unfinished."""
    command = [sys.executable, "-c", CLAIM_ALL, str(folder), sandbox.url]
    async with await anyio.open_process(command, stderr=None) as process:
        try:
            assert process.stdout is not None
            assert b"ours" in await process.stdout.receive()
            yield
        finally:
            process.kill()


async def kinds_when_closed(client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path) -> list[str]:
    """Close the client and tell what is listed then: not what it holds, before."""
    await client.aclose()
    async with build(sandbox, tmp_path) as other:
        return await kinds(other)


# Who resumes


async def test_what_another_process_has_taken_is_an_error_that_names_the_session(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    session_id = await lose_message(client, sandbox)
    (item,) = await client.recover()
    async with claimed_elsewhere(sandbox, tmp_path / "config"):
        for act in (item.resume, item.forget):
            with pytest.raises(InProgressError) as caught:
                await act()
            assert (caught.value.session_id, caught.value.key) == (session_id, None)
            assert caught.value.hint
        assert await kinds(client) == []
    assert isinstance(await item.resume(), Turn)


@pytest.mark.usefixtures("journal_url")
async def test_what_another_process_has_finished_is_an_error(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    await lose_message(client, sandbox)
    (item,) = await client.recover()
    command = [sys.executable, "-c", RESUME_FIRST, str(tmp_path / "config"), sandbox.url]
    await anyio.run_process(command)
    with pytest.raises(NemoVideoError, match="finished already") as caught:
        await item.resume()
    assert not isinstance(caught.value, InProgressError)


@pytest.mark.usefixtures("journal_url")
async def test_two_clients_of_one_process_at_one_item_get_one_result(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    target = tmp_path / "sea.mp4"
    await lose_file(client, sandbox, target)
    async with build(sandbox, tmp_path) as other:
        (here,), (there,) = await client.recover(), await other.recover()
        results: list[object] = []

        async def resume(item: UnfinishedMessage | UnfinishedRender) -> None:
            results.append(await item.resume())

        with sandbox.inject(Fault("files.download", "stall")) as stalled:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(resume, here)
                await reached(sandbox, "files.download", 2)
                tasks.start_soon(resume, there)
                await anyio.wait_all_tasks_blocked()
                stalled.release()
        assert [each.path for each in results if isinstance(each, Video)] == [target, target]
        await client.aclose()
        video = await there.resume()
        assert isinstance(video, Video)
        await video.save(tmp_path / "again.mp4")  # with the client that is still open
    assert [path.name for path in tmp_path.glob("*.mp4")] != []
    assert sum(request.endpoint == "files.download" for request in sandbox.requests) == 3


async def test_an_item_whose_resuming_fails_is_tried_by_whoever_waits(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    await lose_message(client, sandbox)
    items = [*await client.recover(), *await client.recover()]
    outcomes: list[str] = []

    async def resume(item: UnfinishedMessage | UnfinishedRender) -> None:
        try:
            outcomes.append(type(await item.resume()).__name__)
        except NemoVideoError as error:
            outcomes.append(type(error).__name__)

    denied = Fault("states.retrieve", "status", status=403, message="no")
    with sandbox.inject(denied):
        async with anyio.create_task_group() as tasks:
            for item in items:
                tasks.start_soon(resume, item)
    assert sorted(outcomes) == ["BadRequestError", "Turn"]


async def test_an_item_is_shared_by_threads_with_loops_of_their_own(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path, anyio_backend_name: str
) -> None:
    await lose_message(client, sandbox)
    (item,) = await client.recover()
    turns: list[object] = []

    def elsewhere() -> None:
        async def resume() -> None:
            async with build(sandbox, tmp_path) as other:
                (same,) = await other.recover()
                listed.set()
                turns.append(await same.resume())

        anyio.run(resume, backend=anyio_backend_name)

    listed = threading.Event()
    thread = threading.Thread(target=elsewhere)
    thread.start()
    await to_thread.run_sync(listed.wait)
    turns.append(await item.resume())
    await to_thread.run_sync(thread.join)
    assert turns[0] is turns[1]


# Giving up


@pytest.mark.usefixtures("journal_url")
async def test_what_is_given_up_is_not_listed_and_nothing_is_sent(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    await lose_message(client, sandbox)
    await lose_file(client, sandbox, tmp_path / "sea.mp4")
    items = await client.recover()
    assert [item.kind for item in items] == ["message", "render"]
    assert [item.path for item in items] == [None, tmp_path / "sea.mp4"]
    sent = len(sandbox.requests)
    for item in items:
        await item.forget()
    assert len(sandbox.requests) == sent
    assert await kinds(client) == []
    await items[0].forget()  # it is gone already
    with pytest.raises(NemoVideoError, match="finished already"):
        await items[1].resume()
    assert await kinds_when_closed(client, sandbox, tmp_path) == []


@pytest.mark.usefixtures("journal_url")
async def test_a_render_that_is_given_up_takes_its_message_along(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    failing = Fault("renders.*", "reset_before", times=None)
    with sandbox.inject(failing), pytest.raises(NemoVideoError):
        await client.generate(PROMPT, path=tmp_path / "sea.mp4")
    (item,) = await client.recover()
    assert item.kind == "render"
    await item.forget()
    assert await kinds(client) == []
    assert await kinds_when_closed(client, sandbox, tmp_path) == []


async def test_items_know_a_digest_of_their_prompt(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    failing = Fault("renders.*", "reset_before", times=None)
    with sandbox.inject(failing), pytest.raises(NemoVideoError):
        await client.generate(PROMPT)
    await lose_message(client, sandbox)
    await lose_file(client, sandbox, tmp_path / "sea.mp4")
    render, message, export = await client.recover()
    assert render.prompt_digest == message.prompt_digest
    assert render.prompt_digest
    assert export.prompt_digest is None


async def test_giving_up_says_where_it_cannot_be_written_down(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    await lose_message(client, sandbox)
    (item,) = await client.recover()
    await client.aclose()
    config = tmp_path / "config"
    config.rename(tmp_path / "moved")
    config.touch()
    with pytest.raises(NemoVideoError, match="stays listed"):
        await item.forget()


# A session that is gone


@pytest.mark.usefixtures("journal_url")
@pytest.mark.parametrize("lost", ["message", "render"])
async def test_a_session_that_is_gone_is_reported_once(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path, lost: str
) -> None:
    if lost == "message":
        await lose_message(client, sandbox)
    else:
        failing = Fault("renders.create", "failed_render", times=None)
        with sandbox.inject(failing), pytest.raises(NemoVideoError):
            await client.generate(PROMPT, path=tmp_path / "sea.mp4")
    await to_thread.run_sync(sandbox.forget_sessions)
    (item,) = await client.recover()
    with pytest.raises(SessionNotFoundError, match="not listed any more"):
        await item.resume()
    assert await kinds(client) == []
    assert await kinds_when_closed(client, sandbox, tmp_path) == []


async def test_a_file_is_fetched_although_its_session_is_gone(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    target = tmp_path / "sea.mp4"
    await lose_file(client, sandbox, target)
    await to_thread.run_sync(sandbox.forget_sessions)
    (item,) = await client.recover()
    video = await item.resume()
    assert isinstance(video, Video)
    assert target.exists()
    assert await kinds(client) == []


async def test_a_404_that_is_not_about_the_session_leaves_its_item_listed(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    await lose_message(client, sandbox)
    (item,) = await client.recover()
    gateway = Fault("states.retrieve", "html", status=404, times=None)
    with sandbox.inject(gateway), pytest.raises(NemoVideoError):
        await item.resume()
    assert await kinds(client) == ["message"]


# Other files at its target


@pytest.mark.usefixtures("journal_url")
async def test_a_newer_file_at_the_target_is_not_overwritten(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    target = tmp_path / "sea.mp4"
    await lose_file(client, sandbox, target)
    target.write_bytes(b"newer")
    (tmp_path / "sea-2.mp4").write_bytes(b"another")
    (item,) = await client.recover()
    assert item.path == target
    with caplog.at_level(logging.WARNING):
        video = await item.resume()
    assert isinstance(video, Video)
    assert video.path == item.path == item.target == tmp_path / "sea-3.mp4"
    assert "sea-3.mp4" in caplog.text
    assert target.read_bytes() == b"newer"
    assert sorted(path.name for path in tmp_path.glob("*.mp4")) == [
        "sea-2.mp4",
        "sea-3.mp4",
        "sea.mp4",
    ]


async def test_a_newer_file_is_not_overwritten_by_a_message_that_was_to_be_saved(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    target = tmp_path / "sea.mp4"
    cut = Fault("messages.stream", "reset_after")
    with sandbox.inject(cut), pytest.raises(StreamInterruptedError):
        await client.generate(PROMPT, path=target)
    target.write_bytes(b"newer")
    (item,) = await client.recover()
    assert isinstance(item, UnfinishedMessage)
    await item.resume()
    assert item.path == tmp_path / "sea-2.mp4"
    assert target.read_bytes() == b"newer"
    assert item.path.read_bytes()[4:8] == b"ftyp"


async def test_the_file_that_was_to_be_replaced_is_replaced(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    target = tmp_path / "sea.mp4"
    target.write_bytes(b"older")
    await lose_file(client, sandbox, target)
    (item,) = await client.recover()
    await item.resume()
    assert target.read_bytes()[4:8] == b"ftyp"
    assert item.path == target
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["sea.mp4"]


async def test_two_items_with_one_target_become_two_files(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    target = tmp_path / "sea.mp4"
    for seconds in (2, 5):
        project = await client.create_project()
        await project.send(f"a {seconds}-second video of a calm sea")
        stuck = Fault("renders.*", "reset_before", times=None)
        with sandbox.inject(stuck), pytest.raises(NemoVideoError):
            await project.export(target)
    items = await client.recover()
    async with anyio.create_task_group() as tasks:
        for item in items:
            tasks.start_soon(item.resume)
    assert {item.path for item in items} == {target, tmp_path / "sea-2.mp4"}


async def test_the_file_that_an_interrupted_run_saved_is_the_file(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    target = tmp_path / "sea.mp4"
    await lose_file(client, sandbox, target)
    (item,) = await client.recover()
    render = await client.renders.retrieve(sandbox.renders[-1].id)
    # As if that run had been killed before it could note that the file is here.
    folder = tmp_path / "elsewhere"
    async with AsyncNemoVideo(
        base_url=sandbox.url, config_dir=folder, token=token_of(sandbox)
    ) as other:
        await other.renders.download(render, target)
    await item.resume()
    assert item.path == target
    assert [path.name for path in tmp_path.glob("*.mp4")] == ["sea.mp4"]


async def test_a_folder_as_the_target_gets_the_file(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "videos"
    folder.mkdir()
    await lose_file(client, sandbox, folder)
    (item,) = await client.recover()
    video = await item.resume()
    assert isinstance(video, Video)
    assert video.path is not None
    assert video.path.parent == folder


# Without a journal, and without async


async def test_a_client_without_a_journal_lists_nothing(sandbox: Sandbox) -> None:
    async with AsyncNemoVideo(base_url=sandbox.url, journal=False, timing=QUICK) as client:
        await lose_message(client.with_options(timing=NO_WAITS), sandbox)
        assert await client.recover() == []


def test_the_blocking_item_gives_up_as_well(sandbox: Sandbox, tmp_path: Path) -> None:
    target = tmp_path / "sea.mp4"
    with NemoVideo(base_url=sandbox.url, timing=NO_WAITS) as client:
        stuck = Fault("renders.*", "reset_before", times=None)
        with sandbox.inject(stuck), pytest.raises(NemoVideoError):
            client.generate(PROMPT, path=target)
        (item,) = client.recover()
        assert item.path == item.target == target
        assert item.prompt_digest
        item.forget()
        assert client.recover() == []
