"""Entries of many tasks at the same time: one transaction, and separate errors."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

import anyio
import pytest

from nemovideo.journal import writer as _journal_writer
from nemovideo.journal.entries import NewRender
from nemovideo.journal.journal import Journal
from nemovideo.journal.store import Change
from nemovideo.journal.writer import Step, Writer

if TYPE_CHECKING:
    from _typeshed import TraceFunction

pytestmark = pytest.mark.anyio
asyncio_only = pytest.mark.parametrize("anyio_backend", ["asyncio"])
URL = "https://mega-api-prod.nemovideo.ai"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal(tmp_path / "nemovideo" / "journal.sqlite3")
    yield journal
    journal.close()


@pytest.fixture
def batches() -> list[int]:
    """How many steps were done as one, each time."""
    return []


@pytest.fixture
def writer(journal: Journal, batches: list[int]) -> Iterator[Writer]:
    def write(*changes: Change | None) -> None:
        batches.append(len(changes))
        journal.write(*changes)

    writer = Writer(write)
    yield writer
    writer.close()


def entering(journal: Journal, render_id: str) -> Step:
    return lambda: journal.begin_render(NewRender(id=render_id, session_id="s1", base_url=URL))


def entered(journal: Journal) -> set[str]:
    return {entry.id for entry in journal.recent_renders(URL)}


class BlockingStep:
    """A step that blocks the writer's thread until it is released."""

    def __init__(self) -> None:
        self.started, self.released, self.passed = (threading.Event() for _ in range(3))

    def __call__(self) -> None:
        self.started.set()
        self.released.wait()
        self.passed.set()

    async def until_started(self) -> None:
        await anyio.to_thread.run_sync(self.started.wait)


async def write_behind(
    writer: Writer, first: BlockingStep, steps: Sequence[Step]
) -> list[Exception]:
    """Submit steps that are all queued when the first of them starts."""
    errors: list[Exception] = []

    async def do(step: Step) -> None:
        try:
            await writer.submit(step)
        except ValueError as error:
            errors.append(error)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.submit, first)
        await first.until_started()
        for step in steps:
            tasks.start_soon(do, step)
        await anyio.wait_all_tasks_blocked()
        first.released.set()
    return errors


def fail() -> None:
    raise ZeroDivisionError


async def test_entries_submitted_together_are_one_transaction(
    writer: Writer, journal: Journal, batches: list[int]
) -> None:
    ids = {f"r{number}" for number in range(20)}
    await write_behind(writer, BlockingStep(), [entering(journal, each) for each in ids])
    assert batches == [1, 20]
    assert entered(journal) == ids


async def test_a_question_among_entries_that_cannot_be_made_is_answered(journal: Journal) -> None:
    def refuse(*changes: Change | None) -> None:
        raise ValueError("no entry can be made")

    writer, found = Writer(refuse), list[object]()
    errors = await write_behind(
        writer,
        BlockingStep(),
        [entering(journal, "r1"), lambda: found.append(journal.find_render("r1"))],
    )
    writer.close()
    assert ([str(error) for error in errors], found) == (["no entry can be made"], [None])


async def test_an_entry_is_in_the_file_when_its_task_goes_on(
    writer: Writer, journal: Journal, tmp_path: Path
) -> None:
    other = Journal(tmp_path / "nemovideo" / "journal.sqlite3")
    seen: list[bool] = []

    async def enter(render_id: str) -> None:
        await writer.submit(entering(journal, render_id))
        seen.append(other.find_render(render_id) is not None)

    async with anyio.create_task_group() as tasks:
        for number in range(5):
            tasks.start_soon(enter, f"r{number}")
    other.close()
    assert seen == [True] * 5


async def test_an_entry_that_cannot_be_made_leaves_the_others_alone(
    writer: Writer, journal: Journal
) -> None:
    steps = [entering(journal, each) for each in ("r1", "half a pair \ud800", "r2")]
    await write_behind(writer, BlockingStep(), steps)
    assert entered(journal) == {"r1", "r2"}
    assert journal.available


@asyncio_only
async def test_a_task_cancelled_in_submit_shielded_waits_and_stays_cancelled(
    writer: Writer,
) -> None:
    step = BlockingStep()
    task = asyncio.create_task(writer.submit_shielded(step))
    await step.until_started()
    task.cancel()
    await anyio.wait_all_tasks_blocked()
    was_done = task.done()
    step.released.set()
    await asyncio.wait({task})
    assert task.cancelled()
    assert not was_done


async def test_submit_shielded_is_waited_for_in_a_cancelled_scope(
    writer: Writer,
) -> None:
    step, scope = BlockingStep(), anyio.CancelScope()
    passed: list[bool] = []

    async def make_sure() -> None:
        with scope:
            await writer.submit_shielded(step)
        passed.append(step.passed.is_set())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(make_sure)
        await step.until_started()
        scope.cancel()
        await anyio.wait_all_tasks_blocked()
        step.released.set()
    assert passed == [True]


async def test_an_error_is_raised_to_its_own_task(writer: Writer, journal: Journal) -> None:
    def fail() -> None:
        raise ValueError("mine")

    steps = [entering(journal, "r1"), fail, entering(journal, "r2")]
    errors = await write_behind(writer, BlockingStep(), steps)
    assert [str(error) for error in errors] == ["mine"]
    assert entered(journal) == {"r1", "r2"}


async def test_an_error_of_a_single_job_is_raised(writer: Writer) -> None:
    with pytest.raises(ZeroDivisionError):
        await writer.submit(fail)
    with pytest.raises(ZeroDivisionError):
        await writer.submit_shielded(fail)


async def test_old_entries_go_while_many_are_made(
    writer: Writer, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemovideo.journal.database._PRUNE_EVERY", 3)
    old = journal_with_an_old_entry(journal)
    await write_behind(
        writer, BlockingStep(), [entering(journal, f"r{number}") for number in range(3)]
    )
    assert old not in entered(journal)


def journal_with_an_old_entry(journal: Journal) -> str:
    journal.write(
        entering(journal, "old")(),
        journal.update_render("old", release=True),
        lambda db: db.execute("UPDATE renders SET updated_at = 0, expired_at = 0"),
    )
    return "old"


async def test_nothing_is_written_where_nothing_can_be(tmp_path: Path) -> None:
    (tmp_path / "nemovideo").write_text("in the way")
    journal = Journal(tmp_path / "nemovideo" / "journal.sqlite3")
    writer = Writer(journal.write)
    await write_behind(writer, BlockingStep(), [entering(journal, each) for each in ("r1", "r2")])
    await write_behind(writer, BlockingStep(), [entering(journal, each) for each in ("r3", "r4")])
    writer.close()
    assert not journal.available


async def test_a_job_cancelled_before_it_starts_never_runs(writer: Writer) -> None:
    step, done = BlockingStep(), list[int]()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.submit, step)
        await step.until_started()
        with anyio.CancelScope() as scope:
            scope.cancel()
            await writer.submit(lambda: done.append(1))
        step.released.set()
    await writer.submit(lambda: None)
    assert done == []


@asyncio_only
async def test_a_running_job_is_waited_for_when_cancelled(writer: Writer) -> None:
    step = BlockingStep()
    task = asyncio.create_task(writer.submit(step))
    await step.until_started()
    task.cancel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not task.done()
    step.released.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert step.passed.is_set()


async def test_submit_shielded_runs_in_a_cancelled_scope(writer: Writer) -> None:
    done: list[int] = []
    with anyio.CancelScope() as scope:
        scope.cancel()
        await writer.submit_shielded(lambda: done.append(1))
    assert done == [1]


@asyncio_only
@pytest.mark.parametrize("steps", range(6))
async def test_submit_shielded_runs_whenever_it_is_cancelled(writer: Writer, steps: int) -> None:
    done: list[int] = []
    task = asyncio.create_task(writer.submit_shielded(lambda: done.append(1)))
    for _ in range(steps + 1):
        await asyncio.sleep(0)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert done == [1]


def test_loops_in_several_threads_share_a_writer(writer: Writer, journal: Journal) -> None:
    def run(backend: str, name: str) -> None:
        async def main() -> None:
            async with anyio.create_task_group() as tasks:
                for number in range(20):
                    tasks.start_soon(writer.submit, entering(journal, f"{name}{number}"))

        anyio.run(main, backend=backend)

    backends = [("asyncio", "a"), ("asyncio", "b"), ("trio", "t")]
    threads = [threading.Thread(target=run, args=each) for each in backends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {f"{name}{number}" for name in "abt" for number in range(20)}
    assert {entry.id for entry in journal.recent_renders(URL, 100)} == expected


async def test_a_closed_writer_begins_again(writer: Writer, journal: Journal) -> None:
    await writer.submit(entering(journal, "r1"))
    writer.close()
    await writer.submit(entering(journal, "r2"))
    assert entered(journal) == {"r1", "r2"}


async def test_closing_waits_for_queued_jobs(writer: Writer) -> None:
    step = BlockingStep()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(writer.submit, step)
        await step.until_started()
        step.released.set()
        await anyio.to_thread.run_sync(writer.close)
        assert step.passed.is_set()


@asyncio_only
async def test_a_closed_loop_is_skipped(writer: Writer, journal: Journal) -> None:
    step = BlockingStep()

    async def leave() -> None:
        task = asyncio.create_task(writer.submit(step))
        await step.until_started()
        task.cancel()
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])

    await anyio.to_thread.run_sync(lambda: asyncio.run(leave()))
    step.released.set()
    await writer.submit(entering(journal, "r1"))
    assert entered(journal) == {"r1"}


@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_forked_child_has_a_thread_of_its_own(writer: Writer, journal: Journal) -> None:
    asyncio.run(writer.submit(entering(journal, "r1")))
    pid = os.fork()
    if pid == 0:
        status = 2
        try:
            asyncio.run(writer.submit(entering(journal, "r2")))
            writer.close()
            status = 0
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    asyncio.run(writer.submit(entering(journal, "r3")))
    assert entered(journal) == {"r1", "r2", "r3"}


FORKED_AT_WORK = """
import asyncio, os, signal, sys, threading
from nemovideo.journal.writer import Writer

writer = Writer(lambda *changes: None)
started, go_on, done = threading.Event(), threading.Event(), []

def work():
    started.set()
    go_on.wait()

parent = threading.Thread(target=lambda: asyncio.run(writer.submit(work)))
parent.start()
started.wait()
pid = os.fork()
if pid == 0:
    signal.alarm(20)  # what is at work cannot be cancelled
    asyncio.run(writer.submit(lambda: done.append(1)))
    os._exit(0 if done else 1)
status = os.waitpid(pid, 0)[1]
go_on.set()
parent.join()
writer.close()
sys.exit(os.waitstatus_to_exitcode(status))
"""


@pytest.mark.process
@pytest.mark.skipif(sys.platform == "win32", reason="there is no fork")
def test_a_forked_child_does_not_wait_for_its_parents_jobs() -> None:
    # In a program of its own: a test run has threads by the dozen, which a fork may stop on.
    ended = subprocess.run([sys.executable, "-c", FORKED_AT_WORK], timeout=60, check=False)
    assert ended.returncode == 0


class Steps:
    """Holds the writer's thread at the `stop`-th line of its code that it comes to, if any."""

    def __init__(self, stop: int = 0) -> None:
        self.count = 0
        self.reached, self.go_on = threading.Event(), threading.Event()
        self._stop = stop

    def trace(self, frame: FrameType, event: str, arg: object) -> TraceFunction | None:
        if frame.f_code.co_filename != _journal_writer.__file__:
            return None
        if event == "line":
            self.count += 1
            if self.count == self._stop:
                self.reached.set()
                self.go_on.wait()
        return self.trace

    @contextmanager
    def followed(self) -> Generator[Writer]:
        """A writer whose thread is followed step by step."""
        before = threading.gettrace()
        threading.settrace(self.trace)
        writer = Writer(lambda *changes: None)
        try:
            yield writer
        finally:
            threading.settrace(before)  # type: ignore[arg-type]  # None is what it was
            self.go_on.set()
            writer.close()


@asyncio_only
async def test_a_job_runs_wherever_the_thread_is_when_it_is_submitted() -> None:
    all_steps = Steps()
    with all_steps.followed() as writer:
        await writer.submit(lambda: None)
    assert all_steps.count
    for number in range(1, all_steps.count + 1):
        steps, done = Steps(number), list[str]()
        with steps.followed() as writer, anyio.fail_after(30):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(writer.submit, partial(done.append, "first"))
                await anyio.to_thread.run_sync(steps.reached.wait)
                tasks.start_soon(writer.submit, partial(done.append, "second"))
                await anyio.wait_all_tasks_blocked()
                steps.go_on.set()
        assert done == ["first", "second"]


AT_THE_END = """
import asyncio, atexit, sys
from pathlib import Path
from nemovideo.journal.entries import NewRender
from nemovideo.journal.journal import Journal
from nemovideo.journal.writer import Writer

journal = Journal(Path(sys.argv[1]))
writer = Writer(journal.write)

def enter(render_id):
    render = NewRender(id=render_id, session_id="s1", base_url="http://x")
    step = lambda: journal.begin_render(render)
    asyncio.run(writer.submit(step))

enter("r1")
atexit.register(enter, "r2")  # when no thread can be started any more
"""


@pytest.mark.process
def test_the_end_of_the_interpreter_ends_the_thread_and_still_writes(tmp_path: Path) -> None:
    path = tmp_path / "nemovideo" / "journal.sqlite3"
    command = [sys.executable, "-W", "error", "-c", AT_THE_END, str(path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    journal = Journal(path)
    assert {entry.id for entry in journal.recent_renders("http://x")} == {"r1", "r2"}
    journal.close()
