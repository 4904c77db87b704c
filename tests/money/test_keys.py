"""One piece of work under one key is paid for once, whoever asks for it, and how often."""

from __future__ import annotations

import io
import json
import logging
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import anyio
import pytest
from anyio import to_thread
from PIL import Image

from nemovideo import (
    AgentError,
    AsyncNemoVideo,
    InProgressError,
    InsufficientCreditsError,
    InvalidInputError,
    NemoVideo,
    NemoVideoError,
    NothingToExportError,
    ServerError,
    SessionNotFoundError,
    StreamInterruptedError,
    UnfinishedMessage,
)
from nemovideo.config.settings import load_settings
from nemovideo.events import Event, SessionStarted
from nemovideo.journal.recorder import JournalRecorder
from nemovideo.operations.stored_results import load_video
from nemovideo.sandbox import Fault, Sandbox
from tests.conftest import QUICK
from tests.postgres import expire_leases

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("journal_url")]
PROMPT = "a 2-second video of a panda"
Victim: TypeAlias = tuple[str, str, str, int]
RunVictims: TypeAlias = Callable[[list[Victim]], list[str]]
NEVER = 9999
CROWDED = (9, 10, 11, 18)
"""The steps around the message and the render, at which eight machines are at one key."""
on_asyncio = pytest.mark.parametrize("anyio_backend", ["asyncio"])
VICTIM = Path(__file__).with_name("keyed_victim.py")
WAITS = replace(QUICK, recovery_waits=(0.02,) * 5, silent_recheck=0.01)


@pytest.fixture(scope="module")
def run_victims() -> Iterator[RunVictims]:
    """Run processes at the same time, and return what each has printed."""
    command = [sys.executable, str(VICTIM)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) as victims:
        asked, answered = victims.stdin, victims.stdout
        assert asked is not None
        assert answered is not None

        def run(processes: list[Victim]) -> list[str]:
            print(json.dumps([dict(os.environ), processes]), file=asked, flush=True)
            said: list[str] = json.loads(answered.readline())
            return said

        yield run


def build(sandbox: Sandbox, tmp_path: Path, **options: object) -> AsyncNemoVideo:
    settings: dict[str, object] = {"timing": WAITS, "config_dir": tmp_path / "config", **options}
    return AsyncNemoVideo(base_url=sandbox.url, **settings)  # type: ignore[arg-type]  # a test's


@pytest.fixture
async def client(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[AsyncNemoVideo]:
    async with build(sandbox, tmp_path) as client:
        yield client


def messages(sandbox: Sandbox) -> int:
    """Return how many messages the agent got."""
    return sum(len(session.turns) for session in sandbox.sessions)


def requests(sandbox: Sandbox) -> int:
    return len(sandbox.requests)


# Finished


async def test_the_same_key_gives_the_same_video_and_sends_nothing(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    target = tmp_path / "panda.mp4"
    first = await client.generate(PROMPT, key="row-1", path=target)
    before = requests(sandbox)
    again = await client.generate(PROMPT, key="row-1", path=target)
    assert requests(sandbox) == before
    assert (again.render_id, again.session_id, again.text) == (
        *(first.render_id, first.session_id, first.text),
    )
    assert again.path == target
    assert again.timeline == first.timeline
    assert again.credits_used == first.credits_used == 100
    assert again.duration == first.duration


async def test_a_later_process_gets_the_same_video(sandbox: Sandbox, tmp_path: Path) -> None:
    async with build(sandbox, tmp_path) as client:
        first = await client.generate(PROMPT, key="row-1")
    async with build(sandbox, tmp_path) as client:
        again = await client.generate(PROMPT, key="row-1")
        assert again.render_id == first.render_id
        assert await again.save(tmp_path / "panda.mp4")
    assert messages(sandbox) == 1


async def test_a_file_that_is_missing_is_fetched_again(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    target = tmp_path / "panda.mp4"
    await client.generate(PROMPT, key="row-1", path=target)
    content = target.read_bytes()
    target.unlink()
    again = await client.generate(PROMPT, key="row-1", path=target)
    assert again.path == target
    assert target.read_bytes() == content
    elsewhere = await client.generate(PROMPT, key="row-1", path=tmp_path / "other.mp4")
    assert elsewhere.path is not None
    assert elsewhere.path.read_bytes() == content
    assert messages(sandbox) == 1


async def test_a_file_in_a_folder_is_found_again(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    first = await client.generate(PROMPT, key="row-1", path=tmp_path)
    before = requests(sandbox)
    again = await client.generate(PROMPT, key="row-1", path=tmp_path)
    assert again.path == first.path
    assert requests(sandbox) == before


async def test_a_file_at_a_url_is_found_again(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    url = f"memory://{tmp_path.name}/panda.mp4"
    first = await client.generate(PROMPT, key="row-1", path=url)
    before = requests(sandbox)
    again = await client.generate(PROMPT, key="row-1", path=url)
    assert str(again.path) == str(first.path) == url
    assert requests(sandbox) == before
    with pytest.raises(InvalidInputError):
        await client.generate(PROMPT, key="row-2", path=url)
    assert messages(sandbox) == 1


async def test_what_was_made_without_export_is_rendered_when_it_is_wanted(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    made = await client.generate(PROMPT, key="row-1", export=False)
    assert made.render is None
    assert (await client.generate(PROMPT, key="row-1")).url
    before = requests(sandbox)
    assert (await client.generate(PROMPT, key="row-1", export=False)).session_id == made.session_id
    assert requests(sandbox) == before
    assert messages(sandbox) == 1


async def test_no_signature_of_a_link_is_in_the_journal(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    video = await client.generate(PROMPT, key="row-1")
    assert video.url is not None
    assert "signature=" in video.url
    await client.aclose()
    recorder = JournalRecorder(load_settings(config_dir=tmp_path / "config", base_url=sandbox.url))
    found = await recorder.find_key("row-1")
    await recorder.aclose()
    assert found is not None
    assert found.result is not None
    stored = load_video(client._resources, found.result)  # pyright: ignore[reportPrivateUsage]
    assert stored.url == video.url.partition("?")[0]


# Another request


def png(color: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 64), color).save(file, "PNG")
    return file.getvalue()


async def test_a_key_of_another_request_is_refused_before_anything_is_sent(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    picture = tmp_path / "a.png"
    picture.write_bytes(png("red"))
    await client.generate(PROMPT, key="row-1", files=[picture])
    before = requests(sandbox)
    changed = ("a.png", png("blue"))
    for request in (
        {"prompt": "a cat", "files": [picture]},
        {"prompt": PROMPT},
        {"prompt": PROMPT, "files": [changed]},
        {"prompt": PROMPT, "files": [picture], "language": "zh-CN"},
        {"prompt": PROMPT, "files": [picture], "urls": ["https://example.com/a.png"]},
    ):
        with pytest.raises(InvalidInputError) as caught:
            await client.generate(**request, key="row-1")  # type: ignore[arg-type]  # a table
        assert caught.value.parameter == "key"
    assert requests(sandbox) == before
    assert await client.generate(PROMPT, key="row-1", files=[("a.png", picture.read_bytes())])
    assert messages(sandbox) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\nb", "a\x00", 7])
async def test_what_is_no_key_is_refused(
    client: AsyncNemoVideo, sandbox: Sandbox, key: object
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await client.generate(PROMPT, key=key)  # type: ignore[arg-type]  # that is the point
    assert caught.value.parameter == "key"
    assert requests(sandbox) == 0


async def test_a_key_without_a_journal_is_refused(sandbox: Sandbox, tmp_path: Path) -> None:
    async with build(sandbox, tmp_path, journal=False) as client:
        with pytest.raises(InvalidInputError) as caught:
            await client.generate(PROMPT, key="row-1")
    assert caught.value.parameter == "key"
    assert requests(sandbox) == 0


async def test_each_account_has_keys_of_its_own(sandbox: Sandbox, tmp_path: Path) -> None:
    for _ in range(2):
        async with build(sandbox, tmp_path, token=sandbox.issue_token()) as client:
            await client.generate(PROMPT, key="row-1", export=False)
    assert messages(sandbox) == 2


# Under way


async def test_two_tasks_at_one_key_send_one_message(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    outcomes: list[object] = []

    async def generate() -> None:
        try:
            outcomes.append((await client.generate(PROMPT, key="row-1")).render_id)
        except InProgressError as error:
            outcomes.append(error.key)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(generate)
    assert messages(sandbox) == 1
    assert sorted(map(str, outcomes))[-4:] == ["row-1"] * 4


async def test_work_under_way_names_its_session(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    generation = client.generate(PROMPT, key="row-1")
    async for event in generation:
        if event.type != "session_started":
            break
    with pytest.raises(InProgressError) as caught:
        await client.generate(PROMPT, key="row-1")
    assert caught.value.session_id == generation.session_id == sandbox.sessions[0].session_id
    with pytest.raises(InProgressError):
        await client.forget("row-1")
    assert (await generation).url
    assert messages(sandbox) == 1


@on_asyncio
async def test_eight_processes_at_one_key_send_one_message(
    sandbox: Sandbox, tmp_path: Path, run_victims: RunVictims
) -> None:
    folder = str(tmp_path / "config")
    said = await to_thread.run_sync(run_victims, [(sandbox.url, folder, "", NEVER)] * 8)
    assert messages(sandbox) == 1
    assert {*said} <= {sandbox.renders[0].id, "row-1"}
    assert sandbox.renders[0].id in said


# Killed


@on_asyncio
@pytest.mark.parametrize("step", range(26))
async def test_a_process_that_is_killed_at_any_step_sends_no_second_message(
    sandbox: Sandbox,
    tmp_path: Path,
    step: int,
    monkeypatch: pytest.MonkeyPatch,
    run_victims: RunVictims,
    journal_url: str,
) -> None:
    """In PostgreSQL it is any of the machines that are at one key at the same time."""
    target = tmp_path / "panda.mp4"
    # One that is not saved yet cannot be made a second time within a week.
    monkeypatch.setenv("NEMO_TOKEN", sandbox.issue_token(credits=1000))
    machines = (8 if step in CROWDED else 1) if journal_url else 0
    folders = [tmp_path / f"machine-{number}" for number in range(machines)] or [tmp_path]
    victims = [(sandbox.url, str(folder / "config"), str(target), step) for folder in folders]
    said = await to_thread.run_sync(run_victims, victims)
    (name,) = {*said} - {"row-1"}
    if journal_url:
        expire_leases(journal_url)
    async with build(sandbox, tmp_path) as client:
        if name == "before streaming POST" and not messages(sandbox):
            # It is in the journal, and nobody knows that it never left.
            with pytest.raises(StreamInterruptedError):
                await client.generate(PROMPT, key="row-1", path=target)
            assert messages(sandbox) == 0
            return
        video = await client.generate(PROMPT, key="row-1", path=target)
        assert video.path == target
        assert target.read_bytes()[4:8] == b"ftyp"
        assert messages(sandbox) == 1
        before = requests(sandbox)
        assert (await client.generate(PROMPT, key="row-1", path=target)).path == target
        assert requests(sandbox) == before
        assert await client.recover() == []


UNSEEN = [
    Fault("messages.stream", "status", status=503),
    Fault("messages.stream", "html"),
    Fault("messages.stream", "reset_before"),
]


@pytest.mark.parametrize("fault", UNSEEN, ids=["503", "html", "reset"])
async def test_what_left_no_trace_is_sent_once_that_is_certain(
    client: AsyncNemoVideo, sandbox: Sandbox, fault: Fault
) -> None:
    with (
        sandbox.inject(fault),
        pytest.raises((ServerError, StreamInterruptedError)),
    ):
        await client.generate(PROMPT, key="row-1")
    seen: list[Event] = []
    with pytest.raises(StreamInterruptedError) as under_way:
        await client.generate(PROMPT, key="row-1", on_event=seen.append)
    assert [event.type for event in seen] == ["session_started", *["reconnecting"] * 5]
    assert under_way.value.possibly_billed
    assert messages(sandbox) == 0
    late = client.with_options(timing=replace(WAITS, stream_limit=0.001))
    with pytest.raises(StreamInterruptedError) as over:
        await late.generate(PROMPT, key="row-1")
    assert not over.value.possibly_billed
    assert "left no trace" in over.value.message
    assert over.value.hint == "The same call with the same key sends it now."
    assert messages(sandbox) == 0
    assert (await client.generate(PROMPT, key="row-1")).url
    assert messages(sandbox) == 1
    assert [charge.amount for charge in sandbox.charges] == [100]


async def test_what_left_no_trace_in_one_call_is_sent_by_the_next(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    late = client.with_options(timing=replace(WAITS, stream_limit=0.05))
    with sandbox.inject(UNSEEN[0]), pytest.raises(StreamInterruptedError) as over:
        await late.generate(PROMPT, key="row-1")
    assert not over.value.possibly_billed
    assert isinstance(over.value.__cause__, ServerError)
    assert (await client.generate(PROMPT, key="row-1")).url
    assert messages(sandbox) == 1


async def test_what_left_no_trace_is_sent_after_recover_has_found_that_out(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with sandbox.inject(UNSEEN[0]), pytest.raises(ServerError):
        await client.generate(PROMPT, key="row-1")
    late = client.with_options(timing=replace(WAITS, stream_limit=0.001))
    (item,) = await late.recover()
    assert not (await item.resume()).changes  # type: ignore[union-attr]  # it is a message
    assert (await client.generate(PROMPT, key="row-1")).url
    assert messages(sandbox) == 1


async def test_what_left_no_trace_and_may_have_been_paid_for_is_not_sent_again(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with sandbox.inject(UNSEEN[0]), pytest.raises(ServerError):
        await client.generate(PROMPT, key="row-1")
    await client.generate("a 2-second video of a fox")  # from now on its cost is not known
    late = client.with_options(timing=replace(WAITS, stream_limit=0.001))
    for _ in range(2):
        with pytest.raises(NothingToExportError, match="may have been paid for"):
            await late.generate(PROMPT, key="row-1")
    assert messages(sandbox) == 1


# Sent, and its end unknown


@pytest.mark.parametrize(
    "fault",
    [
        Fault("messages.stream", "reset_after"),
        Fault("renders.create", "code", code=402),
        Fault("files.download", "status", status=404, times=None),
    ],
    ids=["answer lost", "not rendered", "not fetched"],
)
async def test_what_was_sent_is_picked_up_and_never_sent_again(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path, fault: Fault
) -> None:
    hasty = client.with_options(timing=replace(WAITS, recovery_waits=(), silent_recheck=0))
    target = tmp_path / "panda.mp4"
    missing = Fault("renders.download", "status", status=404, times=None)
    with sandbox.inject(fault, missing), pytest.raises(NemoVideoError):
        await hasty.generate(PROMPT, key="row-1", path=target)
    (item,) = await client.recover()
    assert item.key == "row-1"
    seen: list[Event] = []
    video = await client.generate(PROMPT, key="row-1", path=target, on_event=seen.append)
    assert seen[0] == SessionStarted(item.session_id, video.task_id, resumed=True)
    assert video.path == target
    assert target.exists()
    assert messages(sandbox) == 1
    assert await client.recover() == []


async def test_what_recover_brought_home_is_not_sent_again(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    hasty = client.with_options(timing=replace(WAITS, recovery_waits=(), silent_recheck=0))
    target = tmp_path / "panda.mp4"
    with (
        sandbox.inject(Fault("messages.stream", "reset_after")),
        pytest.raises(StreamInterruptedError),
    ):
        await hasty.generate(PROMPT, key="row-1", path=target)
    (item,) = await client.recover()
    await item.resume()
    before = target.stat()
    video = await client.generate(PROMPT, key="row-1", path=target)
    assert video.path == target
    assert target.stat().st_mtime_ns == before.st_mtime_ns
    assert messages(sandbox) == 1


async def test_a_cancelled_generation_is_picked_up(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with anyio.CancelScope() as scope:
        await client.generate(PROMPT, key="row-1", on_event=lambda _: scope.cancel())
    assert scope.cancelled_caught
    assert (await client.generate(PROMPT, key="row-1")).url
    assert messages(sandbox) == 1


async def test_a_cancelled_generation_says_that_its_message_was_sent_by_an_earlier_call(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    said: list[StreamInterruptedError] = []
    for key, last in (
        ("row-1", "text"),
        ("row-1", "session_started"),
        ("row-2", "session_started"),
    ):
        with anyio.CancelScope() as scope:
            generation = client.generate(
                PROMPT,
                key=key,
                on_event=lambda event, last=last: event.type == last and scope.cancel(),
            )
            await generation
        with pytest.raises(StreamInterruptedError) as caught:
            assert generation.video
        said.append(caught.value)
    sent, resumed, unsent = said
    assert sent.session_id == resumed.session_id == sandbox.sessions[0].session_id
    assert [error.possibly_billed for error in said] == [True, True, False]
    assert "Its message was sent, and" in sent.message
    assert "Its message was sent earlier, and" in resumed.message
    assert "with the same key" in str(resumed.hint)
    assert (unsent.message, unsent.hint) == (
        "This generation was cancelled before it was sent.",
        "Nothing was charged.",
    )
    assert messages(sandbox) == 1


# Failed


@pytest.mark.parametrize("code", [2001, 429, 4001])
async def test_what_was_refused_is_done_when_it_is_asked_for_again(
    client: AsyncNemoVideo, sandbox: Sandbox, code: int
) -> None:
    with (
        sandbox.inject(Fault("messages.stream", "code", code=code, times=None)),
        pytest.raises(NemoVideoError),
    ):
        await client.generate(PROMPT, key="row-1")
    assert messages(sandbox) == 0
    assert (await client.generate(PROMPT, key="row-1")).url
    assert messages(sandbox) == 1


async def test_an_error_of_the_agent_that_cost_nothing_is_done_again(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    failing = Fault("messages.stream", "agent_error", message="boom")
    with sandbox.inject(failing), pytest.raises(AgentError):
        await client.generate(PROMPT, key="row-1")
    charged = sum(charge.amount for charge in sandbox.charges)
    assert (await client.generate(PROMPT, key="row-1")).url
    assert sum(charge.amount for charge in sandbox.charges) == 100
    assert messages(sandbox) == (1 if charged else 2)


async def test_what_made_nothing_says_so_again_and_is_not_sent_again(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    for _ in range(2):
        with pytest.raises(NothingToExportError):
            await client.generate("how are you?", key="row-1")
    assert messages(sandbox) == 1
    assert await client.forget("row-1")
    with pytest.raises(NothingToExportError):
        await client.generate("how are you?", key="row-1")
    assert messages(sandbox) == 2


async def test_a_limit_below_the_cost_leaves_the_key_free(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with pytest.raises(InsufficientCreditsError):
        await client.generate(PROMPT, key="row-1", max_credits=1)
    assert requests(sandbox) == 0
    await client.generate(PROMPT, key="row-1")
    assert await client.generate(PROMPT, key="row-1", max_credits=1)


async def test_a_session_that_is_gone_is_reported_once_and_frees_the_key(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    hasty = client.with_options(timing=replace(WAITS, recovery_waits=(), silent_recheck=0))
    with (
        sandbox.inject(Fault("messages.stream", "reset_after")),
        pytest.raises(StreamInterruptedError),
    ):
        await hasty.generate(PROMPT, key="row-1")
    sandbox.forget_sessions()
    with pytest.raises(SessionNotFoundError):
        await client.generate(PROMPT, key="row-1")
    assert await client.recover() == []
    assert (await client.generate(PROMPT, key="row-1")).url


# Messages and exports


async def test_a_message_is_sent_once_under_its_key(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    first = await project.send(PROMPT, key="clip")
    before = requests(sandbox)
    again = await project.send(PROMPT, key="clip")
    assert requests(sandbox) == before
    assert again == first
    with pytest.raises(InvalidInputError):
        await project.send("add calm music", key="clip")
    with pytest.raises(InvalidInputError):
        await (await client.create_project()).send(PROMPT, key="clip")
    with pytest.raises(InvalidInputError):
        await client.generate(PROMPT, key="clip")
    assert messages(sandbox) == 1


async def test_a_question_of_the_agent_comes_back_with_its_turn(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    first = await project.send("how are you?", key="hello")
    assert (await project.send("how are you?", key="hello")) == first
    assert messages(sandbox) == 1


async def test_a_message_whose_answer_was_lost_is_picked_up(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    hasty = client.with_options(timing=replace(WAITS, recovery_waits=(), silent_recheck=0))
    project = await hasty.create_project()
    with (
        sandbox.inject(Fault("messages.stream", "reset_after")),
        pytest.raises(StreamInterruptedError),
    ):
        await project.send(PROMPT, key="clip")
    (item,) = await client.recover()
    assert item.key == "clip"
    turn = await client.open_project(project.session_id).send(PROMPT, key="clip")
    assert turn.changes
    assert turn.source == "state"
    assert await client.recover() == []
    assert await client.open_project(project.session_id).send(PROMPT, key="clip") == turn
    assert messages(sandbox) == 1


async def test_a_message_that_never_left_is_sent_once_that_is_certain(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    with (
        sandbox.inject(Fault("messages.stream", "reset_before")),
        pytest.raises(StreamInterruptedError),
    ):
        await project.send(PROMPT, key="clip")
    late = client.with_options(timing=replace(WAITS, stream_limit=0.001))
    with pytest.raises(StreamInterruptedError) as caught:
        await late.open_project(project.session_id).send(PROMPT, key="clip")
    assert not caught.value.possibly_billed
    assert (await project.send(PROMPT, key="clip")).changes
    assert messages(sandbox) == 1


async def test_two_tasks_at_one_message_send_it_once(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    refused: list[str | None] = []

    async def send() -> None:
        try:
            await project.send(PROMPT, key="clip")
        except InProgressError as error:
            refused.append(error.session_id)

    async with anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(send)
    assert refused == [project.session_id] * 2
    assert messages(sandbox) == 1


async def test_an_export_under_a_key_is_one_render(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    project = await client.create_project()
    await project.send(PROMPT)
    target = tmp_path / "panda.mp4"
    first = await project.export(target, key="film")
    before = requests(sandbox)
    again = await project.export(target, key="film")
    assert requests(sandbox) == before
    assert (again.render_id, again.path) == (first.render_id, target)
    target.unlink()
    assert (await project.export(target, key="film")).path == target
    assert target.exists()
    with pytest.raises(InvalidInputError) as caught:
        await project.export(key="film", format="gif")
    assert caught.value.parameter == "key"
    assert len(sandbox.renders) == 1


@pytest.mark.parametrize(
    "faults",
    [
        [Fault("renders.create", "failed_render", times=2)],
        [Fault("renders.*", "reset_before", times=None)],
        [
            Fault("files.download", "status", status=404, times=None),
            Fault("renders.download", "status", status=404, times=None),
        ],
    ],
    ids=["failed", "never submitted", "not fetched"],
)
async def test_an_export_that_did_not_end_is_picked_up(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path, faults: list[Fault]
) -> None:
    project = await client.create_project()
    await project.send(PROMPT)
    target = tmp_path / "panda.mp4"
    with sandbox.inject(*faults), pytest.raises(NemoVideoError):
        await project.export(target, key="film")
    assert [item.key for item in await client.recover()] in (["film"], [])
    assert (await project.export(target, key="film")).path == target
    assert target.exists()
    assert await client.recover() == []


# Forgotten


async def test_a_forgotten_key_is_new(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    await client.generate(PROMPT, key="row-1")
    assert await client.forget("row-1")
    assert not await client.forget("row-1")
    await client.generate("a 2-second video of a cat", key="row-1")
    assert messages(sandbox) == 2


async def test_forgetting_an_item_frees_its_key(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    hasty = client.with_options(timing=replace(WAITS, recovery_waits=(), silent_recheck=0))
    for forget in ("item", "key"):
        with (
            sandbox.inject(Fault("messages.stream", "reset_after")),
            pytest.raises(StreamInterruptedError),
        ):
            await hasty.generate(PROMPT, key="row-1")
        (item,) = await client.recover()
        assert isinstance(item, UnfinishedMessage)
        if forget == "item":
            await item.forget()
        else:
            assert await client.forget("row-1")
        assert await client.recover() == []
    await client.generate(PROMPT, key="row-1")
    assert messages(sandbox) == 3


# Without a key


@pytest.mark.parametrize("path", [None, "panda.mp4"])
async def test_a_second_call_without_a_key_warns_of_the_unfinished_one(
    client: AsyncNemoVideo,
    sandbox: Sandbox,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    path: str | None,
) -> None:
    target = None if path is None else tmp_path / path
    hasty = client.with_options(timing=replace(WAITS, recovery_waits=(), silent_recheck=0))
    with (
        sandbox.inject(Fault("messages.stream", "reset_after")),
        pytest.raises(StreamInterruptedError),
    ):
        await hasty.generate(PROMPT, path=target)
    caplog.set_level(logging.WARNING, "nemovideo")
    await client.generate("a 2-second video of a cat", path=target)
    await client.generate(PROMPT, path=tmp_path / "other.mp4")
    assert caplog.messages == []
    await client.generate(PROMPT, path=target)
    (warning,) = caplog.messages
    assert sandbox.sessions[0].session_id in warning
    assert "client.recover()" in warning
    assert PROMPT not in warning


# Blocking


def test_keys_without_async(sandbox: Sandbox, tmp_path: Path) -> None:
    with NemoVideo(base_url=sandbox.url, timing=QUICK, config_dir=tmp_path / "config") as client:
        first = client.generate(PROMPT, key="row-1")
        generation = client.generate_stream(PROMPT, key="row-1")
        assert [event.type for event in generation] == ["session_started"]
        assert generation.video.render_id == first.render_id
        assert messages(sandbox) == 1
        assert client.forget("row-1")
        assert not client.forget("row-1")
        project = client.open_project(first.session_id)
        turn = project.send("add calm music", key="music")
        sending = project.send_stream("add calm music", key="music")
        assert [event.type for event in sending] == []
        assert sending.turn == turn
        film = project.export(key="film")
        assert project.export(key="film").render_id == film.render_id
