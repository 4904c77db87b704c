"""The journal on a real disk: killed processes, concurrency, forks, damage, private data."""

from __future__ import annotations

import contextlib
import inspect
import json
import logging
import os
import random
import sqlite3
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO

import pytest

from nemovideo import NemoVideoError
from nemovideo.journal import database, schema, statements
from nemovideo.journal.connection import Connection
from nemovideo.journal.database import SQLiteDatabase
from nemovideo.journal.entries import (
    MessageEntry,
    NewMessage,
    NewRender,
    RenderEntry,
    new_message_id,
)
from nemovideo.journal.journal import Journal
from nemovideo.journal.owner_lock import OwnerLock
from nemovideo.journal.postgres_storage import PostgresStorage
from nemovideo.security.file_lock import FileLock, is_locked, remove_unlocked
from nemovideo.security.redaction import Secret

in_a_file = pytest.mark.parametrize("open_journal", ["sqlite"], indirect=True)
posix = pytest.mark.skipif(sys.platform == "win32", reason="modes, owners and forks are POSIX")
URL = "https://mega-api-prod.nemovideo.ai"
OTHER = "http://127.0.0.1:8400"
DAY = 86_400.0
NOW = float(int(time.time()))  # other processes of these tests have only the real clock


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        self.now += 1
        return self.now


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "nemovideo" / "journal.sqlite3"


@pytest.fixture
def clock() -> Clock:
    return Clock()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run on both databases what is not about the file."""
    named = inspect.signature(metafunc.function).parameters
    chosen = [mark.args[0] for mark in metafunc.definition.iter_markers("parametrize")]
    if "journal" in named and not {"path", "clock", "open_journal"} & {*named, *chosen}:
        metafunc.parametrize("open_journal", ["sqlite", "postgres"], indirect=True)


@pytest.fixture
def open_journal(request: pytest.FixtureRequest, path: Path, clock: Clock) -> Callable[[], Journal]:
    if getattr(request, "param", "sqlite") == "sqlite":
        return lambda: Journal(path, clock)
    url = Secret(request.getfixturevalue("postgres_url"))
    return lambda: Journal(PostgresStorage(url, path.parent))


@pytest.fixture
def journal(open_journal: Callable[[], Journal]) -> Iterator[Journal]:
    journal = open_journal()
    yield journal
    journal.close()


@pytest.fixture
def other(open_journal: Callable[[], Journal]) -> Iterator[Journal]:
    """The journal of another client in the same database."""
    other = open_journal()
    yield other
    other.close()


def begin(journal: Journal, prompt: str = "a panda", *, export: bool = False) -> int:
    number = new_message_id()
    journal.write(
        journal.begin_message(
            NewMessage(id=number, session_id="s1", base_url=URL, prompt=prompt, export=export)
        )
    )
    return number


def open_again(journal: Journal) -> None:
    """Close the file and open it, which drops what is old."""
    journal.close()
    assert journal.recent_renders("https://nowhere") == []


def begin_render(journal: Journal, render_id: str = "render_1", target: Path | None = None) -> None:
    journal.write(
        journal.begin_render(
            NewRender(id=render_id, session_id="s1", base_url=URL, target_path=target)
        )
    )


def ids(journal: Journal) -> list[int | str]:
    return [entry.id for entry in journal.unfinished(URL)]


def names(path: Path) -> set[str]:
    return {entry.name for entry in path.parent.iterdir()}


# Who sees what


def test_constructing_touches_nothing(path: Path) -> None:
    Journal(path).close()
    assert not path.parent.exists()


@pytest.mark.process
def test_constructing_loads_no_sqlite(path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom nemovideo.journal.journal import Journal\n"
        "Journal(Path(sys.argv[1]))\nprint('sqlite3' in sys.modules)"
    )
    # Measuring the coverage of that program would load it.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, timeout=60, env=plain
    )
    assert done.stdout.strip() == b"False"


@pytest.mark.process
def test_entries_with_a_living_owner_are_not_listed(journal: Journal, other: Journal) -> None:
    assert begin(journal) > 0
    begin_render(journal)
    assert ids(journal) == []
    assert ids(other) == []


def test_entries_of_a_closed_journal_are_listed_oldest_first(
    journal: Journal, other: Journal
) -> None:
    begin_render(journal)
    number = begin(journal)
    journal.close()
    assert ids(other) == ["render_1", number]


def test_a_closed_journal_opens_again(journal: Journal, other: Journal) -> None:
    number = begin(journal)
    journal.close()
    assert ids(journal) == [number]
    begin_render(journal)
    assert ids(other) == [number]


@in_a_file
def test_a_message_comes_back_as_entered(journal: Journal, other: Journal, tmp_path: Path) -> None:
    number = new_message_id()
    journal.write(
        journal.begin_message(
            NewMessage(
                id=number,
                session_id="s1",
                base_url=URL,
                prompt="a panda",
                task_id="t1",
                credits_before=99.5,
                draft='{"t": []}',
                export=True,
                target_path=tmp_path / "panda.mp4",
            )
        )
    )
    journal.close()
    (entry,) = other.unfinished(URL)
    assert isinstance(entry, MessageEntry)
    assert (entry.id, entry.session_id, entry.task_id) == (number, "s1", "t1")
    assert (entry.base_url, entry.phase, entry.credits_before) == (URL, "sending", 99.5)
    assert entry.export
    assert entry.target_path == tmp_path / "panda.mp4"
    assert entry.prompt_digest == other.digest("a panda")
    assert entry.draft_digest == other.digest('{"t": []}')
    assert entry.created_at.timestamp() == NOW + 1


def test_a_render_comes_back_as_entered(journal: Journal, other: Journal, tmp_path: Path) -> None:
    journal.write(
        journal.begin_render(
            NewRender(
                id="render_1",
                session_id="s1",
                base_url=URL,
                format="mp4",
                quality="low",
                target_path=tmp_path / "panda.mp4",
                message_id=7,
            )
        )
    )
    journal.write(journal.update_render("render_1", phase="submitted"))
    entry = other.find_render("render_1")
    assert isinstance(entry, RenderEntry)
    assert (entry.session_id, entry.base_url, entry.phase) == ("s1", URL, "submitted")
    assert (entry.format, entry.quality, entry.url) == ("mp4", "low", None)
    assert (entry.target_path, entry.message_id) == (tmp_path / "panda.mp4", 7)
    assert entry.updated_at > entry.created_at


def test_an_unknown_render_is_not_found(journal: Journal) -> None:
    assert journal.find_render("render_0") is None


def test_each_service_has_its_own_list(journal: Journal) -> None:
    journal.write(journal.begin_render(NewRender(id="render_1", session_id="s1", base_url=OTHER)))
    journal.write(journal.update_render("render_1", release=True))
    assert journal.unfinished(URL) == []
    assert len(journal.unfinished(OTHER)) == 1


@pytest.mark.parametrize(
    ("phase", "listed"),
    [
        ("sending", True),
        ("streaming", True),
        ("interrupted", True),
        ("finished", False),
        ("failed", False),
    ],
)
def test_a_message_is_listed_until_it_ends(
    journal: Journal, other: Journal, phase: str, listed: bool
) -> None:
    number = begin(journal)
    journal.write(journal.update_message(number, phase=phase))  # type: ignore[arg-type]  # from the table above
    journal.close()
    assert ids(other) == ([number] if listed else [])


@pytest.mark.parametrize(
    ("phase", "listed"),
    [
        ("submitting", True),
        ("submitted", True),
        ("completed", False),
        ("downloaded", False),
        ("failed", False),
        ("cancelled", False),
    ],
)
def test_a_render_is_listed_until_it_ends(
    journal: Journal, other: Journal, phase: str, listed: bool
) -> None:
    begin_render(journal)
    journal.write(journal.update_render("render_1", phase=phase))  # type: ignore[arg-type]  # from the table above
    journal.close()
    assert ids(other) == (["render_1"] if listed else [])


def test_a_completed_render_with_a_target_waits_for_its_download(
    journal: Journal, other: Journal, tmp_path: Path
) -> None:
    begin_render(journal, target=tmp_path / "panda.mp4")
    journal.write(
        journal.update_render("render_1", phase="completed", url="https://cdn.example/1.mp4")
    )
    journal.close()
    assert ids(other) == ["render_1"]
    other.write(other.update_render("render_1", phase="downloaded"))
    assert ids(other) == []


def test_a_target_named_later_brings_a_completed_render_back(
    journal: Journal, tmp_path: Path
) -> None:
    begin_render(journal)
    journal.write(journal.update_render("render_1", phase="completed", release=True))
    assert ids(journal) == []
    journal.write(journal.update_render("render_1", target_path=tmp_path / "panda.mp4"))
    assert ids(journal) == ["render_1"]


def test_an_interrupted_message_is_listed_to_its_own_journal(journal: Journal) -> None:
    number = begin(journal)
    journal.write(journal.update_message(number, phase="interrupted"))
    assert ids(journal) == [number]


def test_a_released_entry_is_listed_to_its_own_journal(journal: Journal) -> None:
    number = begin(journal)
    begin_render(journal)
    journal.write(journal.update_message(number, release=True))
    journal.write(journal.update_render("render_1", release=True))
    assert ids(journal) == [number, "render_1"]


def test_an_update_leaves_the_rest_as_it_was(journal: Journal) -> None:
    number = begin(journal)
    journal.write(journal.update_message(number, phase="streaming"))
    journal.write(journal.update_message(number, release=True))
    (entry,) = journal.unfinished(URL)
    assert isinstance(entry, MessageEntry)
    assert (entry.phase, entry.session_id) == ("streaming", "s1")


def test_a_render_finishes_its_message_at_the_same_instant(journal: Journal) -> None:
    number = begin(journal, export=True)
    journal.write(
        journal.begin_render(
            NewRender(id="render_1", session_id="s1", base_url=URL, message_id=number)
        )
    )
    journal.close()
    assert ids(journal) == ["render_1"]


def test_a_second_try_fails_the_render_that_it_replaces(journal: Journal) -> None:
    begin_render(journal)
    journal.write(
        journal.begin_render(
            NewRender(id="render_2", session_id="s1", base_url=URL, replaces="render_1")
        )
    )
    journal.close()
    assert ids(journal) == ["render_2"]
    old, new = journal.find_render("render_1"), journal.find_render("render_2")
    assert old is not None
    assert new is not None
    assert (old.phase, new.replaces) == ("failed", "render_1")


def test_a_render_that_fails_leaves_its_message_unfinished(journal: Journal) -> None:
    number = begin(journal, export=True)
    journal.write(
        journal.begin_render(
            NewRender(id="render_1", session_id="s1", base_url=URL, message_id=number)
        )
    )
    journal.write(
        journal.begin_render(
            NewRender(id="render_2", session_id="s1", base_url=URL, replaces="render_1")
        )
    )
    assert ids(journal) == []
    journal.write(journal.update_render("render_2", phase="failed"))
    (entry,) = journal.unfinished(URL)
    assert isinstance(entry, MessageEntry)
    assert (entry.id, entry.phase) == (number, "interrupted")


def test_a_failed_render_leaves_its_message_to_the_owner_of_the_message(
    journal: Journal, other: Journal
) -> None:
    number = begin(journal, export=True)
    journal.write(
        journal.begin_render(
            NewRender(id="render_1", session_id="s1", base_url=URL, message_id=number)
        )
    )
    journal.write(journal.update_render("render_1", phase="failed"))
    (entry,) = other.unfinished(URL)
    assert other.claim(entry) == "ours"
    journal.write(journal.update_render("render_1", phase="failed"))
    assert ids(journal) == []
    assert journal.claim(entry) == "taken"


@pytest.mark.parametrize("phase", ["cancelled", "completed", "downloaded"])
def test_a_render_that_ends_otherwise_leaves_its_message_finished(
    journal: Journal, phase: str
) -> None:
    number = begin(journal, export=True)
    journal.write(
        journal.begin_render(
            NewRender(id="render_1", session_id="s1", base_url=URL, message_id=number)
        )
    )
    journal.write(journal.update_render("render_1", phase=phase))  # type: ignore[arg-type]  # from the table above
    assert ids(journal) == []


def test_a_poll_from_outside_ends_a_render_that_is_not_exported(
    journal: Journal, other: Journal
) -> None:
    begin_render(journal)
    other.write(other.note_render("render_1", phase="completed", url="https://cdn/x.mp4?sig=1"))
    entry = journal.find_render("render_1")
    assert entry is not None
    assert (entry.phase, entry.url) == ("completed", "https://cdn/x.mp4")


@pytest.mark.parametrize(
    ("noted", "phase"), [("failed", "submitting"), ("completed", "submitting"), ("cancelled",) * 2]
)
def test_a_poll_from_outside_ends_an_export_only_if_it_was_cancelled(
    journal: Journal, other: Journal, tmp_path: Path, noted: str, phase: str
) -> None:
    begin_render(journal, target=tmp_path / "panda.mp4")
    other.write(other.note_render("render_1", phase=noted))  # type: ignore[arg-type]  # from the table above
    entry = journal.find_render("render_1")
    assert entry is not None
    assert entry.phase == phase


@pytest.mark.parametrize(
    ("noted", "phase"), [("failed", "submitting"), ("completed", "submitting"), ("cancelled",) * 2]
)
def test_a_poll_from_outside_ends_the_render_of_a_message_only_if_cancelled(
    journal: Journal, other: Journal, noted: str, phase: str
) -> None:
    number = begin(journal, export=True)
    journal.write(
        journal.begin_render(
            NewRender(id="render_1", session_id="s1", base_url=URL, message_id=number)
        )
    )
    other.write(other.note_render("render_1", phase=noted))  # type: ignore[arg-type]  # from the table above
    assert [entry.phase for entry in journal.recent_renders(URL)] == [phase]
    assert ids(other) == []


def test_a_poll_from_outside_ends_an_export_without_a_living_owner(
    journal: Journal, other: Journal, tmp_path: Path
) -> None:
    begin_render(journal, target=tmp_path / "panda.mp4")
    journal.close()
    other.write(other.note_render("render_1", phase="failed"))
    assert [entry.phase for entry in journal.recent_renders(URL)] == ["failed"]


def test_a_poll_from_outside_changes_nothing_that_has_ended_or_is_unknown(
    path: Path, journal: Journal, other: Journal
) -> None:
    other.write(other.note_render("render_1", phase="failed"))
    assert not path.exists()
    begin_render(journal)
    journal.write(journal.update_render("render_1", phase="cancelled"))
    other.write(other.note_render("render_1", phase="completed"))
    other.write(other.note_render("render_2", phase="completed"))
    assert [(entry.id, entry.phase) for entry in journal.recent_renders(URL)] == [
        ("render_1", "cancelled")
    ]


def test_a_render_submitted_again_is_one_entry(journal: Journal, tmp_path: Path) -> None:
    begin_render(journal, target=tmp_path / "panda.mp4")
    journal.write(journal.update_render("render_1", phase="submitted"))
    begin_render(journal)
    entry = journal.find_render("render_1")
    assert entry is not None
    assert (entry.phase, entry.target_path) == ("submitting", tmp_path / "panda.mp4")


def test_recent_renders_are_the_newest_first(journal: Journal) -> None:
    for number in range(4):
        begin_render(journal, f"render_{number}")
    journal.write(journal.update_render("render_2", phase="downloaded"))
    recent = journal.recent_renders(URL, limit=3)
    assert [entry.id for entry in recent] == ["render_3", "render_2", "render_1"]
    assert journal.recent_renders(OTHER) == []


# Claiming


def test_an_orphan_is_claimed_once(journal: Journal, other: Journal) -> None:
    begin(journal)
    begin_render(journal)
    journal.close()
    message, render = other.unfinished(URL)
    assert other.claim(message) == "ours"
    assert other.claim(render) == "ours"
    assert other.claim(message) == "taken"
    assert journal.claim(render) == "taken"
    assert ids(journal) == []


def test_a_claim_goes_when_its_journal_does(journal: Journal, other: Journal) -> None:
    begin(journal)
    journal.close()
    (entry,) = other.unfinished(URL)
    assert other.claim(entry) == "ours"
    other.close()
    assert journal.claim(entry) == "ours"


def test_a_released_claim_is_free_again(journal: Journal, other: Journal) -> None:
    number = begin(journal)
    journal.close()
    (entry,) = other.unfinished(URL)
    assert other.claim(entry) == "ours"
    assert journal.claim(entry) == "taken"
    other.write(other.update_message(number, release=True))
    assert journal.claim(entry) == "ours"


@pytest.mark.parametrize("phase", ["finished", "failed"])
def test_an_entry_that_has_ended_cannot_be_claimed(
    journal: Journal, other: Journal, phase: str
) -> None:
    number = begin(journal)
    journal.close()
    (entry,) = other.unfinished(URL)
    journal.write(journal.update_message(number, phase=phase))  # type: ignore[arg-type]  # from the table above
    assert other.claim(entry) == "ended"


def test_a_pruned_entry_cannot_be_claimed(journal: Journal, clock: Clock) -> None:
    begin_render(journal)
    journal.write(journal.update_render("render_1", release=True))
    (entry,) = journal.unfinished(URL)
    for days in (31, 8):
        clock.now += days * DAY
        open_again(journal)
    assert journal.claim(entry) == "ended"


# Many at once

WORKER = """
import json, sys
from pathlib import Path
from nemovideo.journal.entries import NewMessage, NewRender, new_message_id
from nemovideo.journal.journal import Journal
journal = Journal(Path(sys.argv[1]))
URL = sys.argv[2]
def say(value): print(json.dumps(value), flush=True)
def begin(id, **more):
    journal.write(journal.begin_render(NewRender(id=id, session_id="s", base_url=URL, **more)))
"""

WRITE_FOREVER = (
    WORKER
    + """
turn = 0
while True:
    turn += 1
    render = f"render_{sys.argv[3]}_{turn}"
    number = new_message_id()
    message = NewMessage(id=number, session_id="s1", base_url=URL, prompt="a panda", export=True)
    journal.write(journal.begin_message(message))
    say(["message", number])
    journal.write(journal.update_message(number, phase="streaming"))
    new = NewRender(id=render, session_id="s1", base_url=URL, message_id=number)
    journal.write(journal.begin_render(new))
    say(["render", render])
    if turn % 2: journal.write(journal.update_render(render, phase="completed"))
    if turn % 2: say(["done", render])
"""
)


def start(script: str, path: Path, *args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, str(path), URL, *args],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def output(process: subprocess.Popen[str]) -> IO[str]:
    assert process.stdout is not None
    return process.stdout


def finish(process: subprocess.Popen[str]) -> None:
    with process:
        process.communicate(timeout=60)
    assert process.returncode == 0


@pytest.mark.process
@pytest.mark.parametrize("seed", range(10))
def test_a_killed_process_loses_no_entry_that_was_confirmed(path: Path, seed: int) -> None:
    writer = start(WRITE_FOREVER, path, "x")
    with writer:
        lines = [output(writer).readline() for _ in range(random.Random(seed).randrange(1, 120))]
        writer.kill()
        # What was still in the pipe was said before the end, too; a last half line was not.
        lines += [line for line in output(writer) if line.endswith("\n")]
    said = [json.loads(line) for line in lines]
    journal = Journal(path)
    left = {entry.id for entry in journal.unfinished(URL)}
    rendered = {name for kind, name in said if kind == "render"}
    done = {name for kind, name in said if kind == "done"}
    assert all(journal.find_render(name) for name in rendered)
    # At most the last step was done without being told.
    assert rendered - done - left <= set(sorted(rendered, key=lambda name: int(name[9:]))[-1:])
    assert not left & done
    kind, last = said[-1]
    assert kind != "message" or last in left or len(left - rendered) == 1
    journal.close()
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


@pytest.mark.process
def test_eight_processes_write_at_once_and_none_loses_an_entry(path: Path) -> None:
    script = WORKER + (
        "for turn in range(60):\n"
        "    message = NewMessage(session_id='s', base_url=URL, prompt='p')\n"
        "    journal.write(journal.begin_message(message))\n"
        "    begin(f'render_{sys.argv[3]}_{turn}', message_id=message.id)\n"
        "assert journal.available\n"
        "journal.close()\n"
    )
    for writer in [start(script, path, str(number)) for number in range(8)]:
        finish(writer)
    journal = Journal(path)
    assert len(journal.unfinished(URL)) == 8 * 60
    journal.close()


def test_a_transaction_that_starts_with_a_read_locks_the_file(path: Path) -> None:
    first, second = (SQLiteDatabase(path, time.time, lambda _: True) for _ in range(2))
    second.is_failing = True  # short timeout
    second.read(lambda db: None)

    def read_and_write(db: Connection) -> None:
        db.execute("SELECT count(*) FROM renders").fetchone()
        with pytest.raises(OSError, match="locked"):
            second.transaction([lambda other: other.execute("DELETE FROM renders")])
        db.execute("DELETE FROM messages")

    first.transaction([read_and_write])
    first.disconnect()
    second.disconnect()


@pytest.mark.process
def test_of_many_processes_that_recover_at_once_one_takes_each_entry(
    path: Path, journal: Journal
) -> None:
    wanted = {f"render_{number}" for number in range(40)}
    for name in wanted:
        begin_render(journal, name)
    journal.close()
    script = WORKER + (
        "say('ready'); sys.stdin.readline()\n"
        "say([entry.id for entry in journal.unfinished(URL) if journal.claim(entry) == 'ours'])\n"
        "sys.stdin.readline()\n"  # alive until all have chosen: the claims of the dead are free
    )
    racers = [start(script, path) for _ in range(5)]
    for racer in racers:
        assert output(racer).readline()
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    taken = [name for racer in racers for name in json.loads(output(racer).readline())]
    for racer in racers:
        finish(racer)
    assert sorted(taken) == sorted(wanted)


@pytest.mark.process
def test_the_entries_of_a_killed_process_are_free_and_those_of_a_live_one_not(
    path: Path, journal: Journal
) -> None:
    script = WORKER + ("begin('render_1')\nsay('begun'); sys.stdin.readline()\n")
    process = start(script, path)
    with process:
        assert output(process).readline()
        assert ids(journal) == []
        entry = journal.find_render("render_1")
        assert entry is not None
        assert journal.claim(entry) == "taken"
        process.kill()
    assert ids(journal) == ["render_1"]
    assert journal.claim(entry) == "ours"


@pytest.mark.process
def test_the_lock_files_of_killed_processes_are_removed(
    path: Path, journal: Journal, other: Journal
) -> None:
    script = WORKER + "begin('r'); say(1); input()\n"
    begin(journal)
    process = start(script, path)
    with process:
        assert output(process).readline()
        process.kill()
    assert len([name for name in names(path) if name.startswith("journal.owner-")]) == 2
    open_again(other)
    assert len([name for name in names(path) if name.startswith("journal.owner-")]) == 1
    journal.close()
    assert not [name for name in names(path) if name.startswith("journal.owner-")]


@in_a_file
def test_an_owner_file_taken_for_a_dead_ones_is_made_again(
    journal: Journal, other: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = FileLock.try_acquire, 0

    def robbed(self: FileLock) -> bool:
        nonlocal calls
        calls += 1
        return calls > 1 and real(self)

    assert ids(journal) == []
    journal.digest("x")
    monkeypatch.setattr(FileLock, "try_acquire", robbed)
    begin(journal)
    assert calls == 2
    assert ids(other) == []


def test_threads_share_one_journal(journal: Journal) -> None:
    numbers: list[int] = []

    def write() -> None:
        numbers.extend(begin(journal) for _ in range(50))

    threads = [threading.Thread(target=write) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(numbers)) == 400
    journal.close()
    assert len(journal.unfinished(URL)) == 400


def in_child(work: Callable[[], bool | None]) -> int:
    """Run `work` in a forked child and return its exit status: 1 when it returned False."""
    pid = os.fork()
    if pid == 0:
        status = 2
        try:
            status = 1 if work() is False else 0
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@posix
def test_a_forked_child_writes_entries_of_its_own(journal: Journal) -> None:
    begin_render(journal, "render_parent")
    assert in_child(lambda: begin_render(journal, "render_child")) == 0
    assert ids(journal) == ["render_child"]
    journal.write(journal.update_render("render_parent", release=True))
    assert ids(journal) == ["render_parent", "render_child"]


@posix
def test_a_forked_child_leaves_to_its_parent_what_that_could_not_enter_yet(
    path: Path, journal: Journal
) -> None:
    path.parent.mkdir(parents=True)
    path.mkdir()  # in the way
    begin_render(journal, "render_parent")
    path.rmdir()
    assert in_child(lambda: begin_render(journal, "render_child")) == 0
    assert ids(journal) == ["render_child"]
    journal.write(journal.update_render("render_parent", release=True))
    assert sorted(map(str, ids(journal))) == ["render_child", "render_parent"]


@posix
def test_a_forked_child_does_not_take_what_its_parent_is_at_work_on(
    path: Path, journal: Journal
) -> None:
    begin_render(journal)
    entry = journal.find_render("render_1")
    assert entry is not None
    assert in_child(lambda: ids(journal) == [] and journal.claim(entry) == "taken") == 0
    assert in_child(journal.close) == 0
    assert ids(journal) == []
    assert in_child(lambda: Journal(path).unfinished(URL) == []) == 0


@pytest.mark.process
@posix
def test_a_child_that_outlives_its_parent_does_not_own_the_parents_entries(
    path: Path, journal: Journal
) -> None:
    script = WORKER + (
        "import os\n"
        "begin('render_1')\n"
        "read, write = os.pipe()\n"
        "if os.fork() == 0:\n"
        "    os.write(write, b'.'); sys.stdin.readline(); os._exit(0)\n"
        "os.read(read, 1); say('forked'); os.wait()\n"
    )
    parent = start(script, path)
    with parent:
        # Said when the child runs, which has then let go of what it inherited.
        assert output(parent).readline()
        parent.kill()
        parent.wait(60)
        assert ids(journal) == ["render_1"]


# What it may hold


def test_neither_prompt_nor_token_nor_signature_is_in_any_file(
    path: Path, journal: Journal, other: Journal
) -> None:
    journal.write(
        journal.begin_message(
            NewMessage(
                id=new_message_id(),
                session_id="s1",
                base_url=URL,
                prompt="a secret panda",
                draft='{"m": {"text": "secret draft"}}',
                target_path=Path("panda.mp4"),
            )
        )
    )
    begin_render(journal)
    signed = "https://nmv_usr_a:b@cdn.example/1.mp4?X-Signature=5ecret&token=nmv_usr_b#nmv_usr_c"
    journal.write(journal.update_render("render_1", phase="completed", url=signed))
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    journal.close()
    written += b"".join(file.read_bytes() for file in path.parent.iterdir())
    for secret in (b"secret", b"5ecret", b"nmv_usr", b"Signature"):
        assert secret not in written
    entry = other.find_render("render_1")
    assert entry is not None
    assert entry.url == "https://cdn.example/1.mp4"


def test_an_invalid_url_is_not_stored(journal: Journal) -> None:
    begin_render(journal)
    journal.write(journal.update_render("render_1", url="https://[half?token=nmv_usr_b"))
    entry = journal.find_render("render_1")
    assert entry is not None
    assert not entry.url


def test_a_digest_cannot_be_compared_with_another_journals(tmp_path: Path) -> None:
    first, second = (Journal(tmp_path / name / "journal.sqlite3") for name in "ab")
    assert first.digest("a panda") == first.digest("a panda") != first.digest("a koala")
    assert first.digest("a panda") != second.digest("a panda")
    assert first.digest("half \ud800")
    first.close()
    second.close()


def test_journals_on_one_file_make_the_same_digests(journal: Journal, other: Journal) -> None:
    assert journal.digest("a panda") == other.digest("a panda")


def test_a_key_is_not_made_while_another_process_may_be_making_one(
    path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_render(journal)  # the file is open from now on
    monkeypatch.setattr(database, "_TIMEOUT", 0)
    guard = FileLock(path.with_suffix(".lock"))
    assert guard.try_acquire()
    assert journal.digest("a panda") == ""
    assert not path.with_suffix(".key").exists()
    guard.release()
    assert len(journal.digest("a panda")) == 64
    assert guard.try_acquire()  # which was given back
    guard.release()


def test_a_damaged_key_is_replaced(path: Path, journal: Journal) -> None:
    open_again(journal)
    path.with_suffix(".key").write_bytes(b"half")
    path.with_suffix(".key").chmod(0o600)
    assert len(journal.digest("a panda")) == 64
    assert len(path.with_suffix(".key").read_bytes()) == 32


def test_a_relative_target_is_stored_as_absolute(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    begin_render(journal, target=Path("panda.mp4"))
    entry = journal.find_render("render_1")
    assert entry is not None
    assert entry.target_path == tmp_path / "panda.mp4"


@posix
def test_a_target_whose_name_is_not_utf_8_is_stored(journal: Journal) -> None:
    target = Path("/videos/\udcff.mp4")
    begin_render(journal, target=target)
    entry = journal.find_render("render_1")
    assert entry is not None
    assert entry.target_path == target


def test_a_target_that_no_file_can_be_called_is_left_out(journal: Journal) -> None:
    begin_render(journal, target=Path("/videos/\ud800.mp4"))
    entry = journal.find_render("render_1")
    assert entry is not None
    assert entry.target_path is None


@posix
def test_every_file_is_private(path: Path, journal: Journal) -> None:
    before = os.umask(0)
    try:
        begin(journal)
    finally:
        os.umask(before)
    assert {
        "journal.sqlite3",
        "journal.sqlite3-wal",
        "journal.sqlite3-shm",
        "journal.key",
    } <= names(path)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()} == {0o600}


@posix
def test_a_readable_journal_is_closed_to_others(path: Path, journal: Journal) -> None:
    begin(journal)
    journal.close()
    path.chmod(0o644)
    assert len(journal.unfinished(URL)) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


# Kept small


def test_finished_entries_go_after_a_week_and_open_ones_after_a_month(
    journal: Journal, clock: Clock, tmp_path: Path
) -> None:
    journal.write(journal.update_message(begin(journal), phase="finished"))
    open_message = begin(journal)
    journal.write(journal.update_message(open_message, phase="interrupted"))
    begin_render(journal, "render_done")
    journal.write(journal.update_render("render_done", phase="completed", release=True))
    begin_render(journal, "render_open", target=tmp_path / "panda.mp4")
    journal.write(journal.update_render("render_open", phase="completed", release=True))
    clock.now += 8 * DAY
    open_again(journal)
    assert ids(journal) == [open_message, "render_open"]
    assert journal.find_render("render_done") is None
    clock.now += 23 * DAY
    open_again(journal)
    assert ids(journal) == [open_message, "render_open"]
    clock.now += 8 * DAY
    open_again(journal)
    assert ids(journal) == []


def test_finished_entries_stay_for_a_whole_week(journal: Journal, clock: Clock) -> None:
    number = begin(journal)
    journal.write(journal.update_message(number, phase="finished"))
    begin_render(journal)
    journal.write(journal.update_render("render_1", phase="downloaded"))
    for days, there in [(6.99, True), (0.02, False)]:
        clock.now += days * DAY
        open_again(journal)
        assert (journal.find_render("render_1") is not None) == there
        assert journal.had_overlap(number) != there  # of what is not known, that is feared


def test_open_entries_stay_for_a_whole_month_and_a_week(journal: Journal, clock: Clock) -> None:
    number = begin(journal)
    journal.write(journal.update_message(number, phase="interrupted"))
    begin_render(journal)
    for days, listed in [(29.9, True), (0.2, True), (6.8, True), (0.3, False)]:
        clock.now += days * DAY
        open_again(journal)
        assert ids(journal) == ([number, "render_1"] if listed else [])


def test_the_latest_thousand_finished_entries_stay(journal: Journal, other: Journal) -> None:
    names = [f"render_{number}" for number in range(1001)]
    for name in names:
        render = NewRender(id=name, session_id="s1", base_url=URL)
        end = journal.update_render(name, phase="downloaded")
        journal.write(journal.begin_render(render), end)
    open_again(journal)
    newest = [entry.id for entry in journal.recent_renders(URL, 2000)]
    assert newest == list(reversed(names[1:]))


def test_entries_made_while_the_clock_was_a_year_behind_are_listed(
    journal: Journal, clock: Clock
) -> None:
    clock.now -= 365 * DAY
    number = begin(journal)
    journal.close()
    clock.now += 365 * DAY
    assert ids(journal) == [number]


def test_a_clock_that_is_a_year_ahead_for_a_moment_gives_nothing_up(
    journal: Journal, clock: Clock
) -> None:
    number = begin(journal)
    journal.close()
    for days in (365, -365, 31):
        clock.now += days * DAY
        open_again(journal)
    assert ids(journal) == [number]


def test_entries_with_a_living_owner_stay_whatever_the_clock_says(
    journal: Journal, other: Journal, clock: Clock
) -> None:
    number = begin(journal)
    begin_render(journal)
    for _ in range(3):
        clock.now += 365 * DAY
        open_again(other)
    journal.close()
    assert ids(other) == [number, "render_1"]


def test_entries_keep_their_order_when_the_clock_is_set_back(
    journal: Journal, clock: Clock, tmp_path: Path
) -> None:
    first = begin(journal)
    clock.now -= 5 * DAY
    begin_render(journal, "render_1", tmp_path / "1.mp4")
    clock.now -= 5 * DAY
    begin_render(journal, "render_2", tmp_path / "2.mp4")
    second = begin(journal)
    journal.close()
    assert ids(journal) == [first, "render_1", "render_2", second]
    assert [entry.id for entry in journal.recent_renders(URL)] == ["render_2", "render_1"]


def test_an_owners_file_cannot_be_locked_while_it_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, taken = tmp_path / "journal.owner-1", list[bool]()
    unlink = Path.unlink

    def try_meanwhile(self: Path, missing_ok: bool = False) -> None:
        taken.append(FileLock(path).try_acquire())
        assert not is_locked(path)  # and nobody takes its entries for those of a living owner
        unlink(self, missing_ok=missing_ok)

    path.touch(mode=0o600)
    monkeypatch.setattr(Path, "unlink", try_meanwhile)
    remove_unlocked(path)
    assert taken == [False]
    assert not path.exists()


def test_an_owners_file_that_is_locked_is_not_removed(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "journal.owner-1")
    assert lock.try_acquire()
    remove_unlocked(tmp_path / "journal.owner-1")
    assert (tmp_path / "journal.owner-1").exists()
    lock.release()


def test_entries_whose_owner_file_is_not_trusted_stay(
    path: Path, journal: Journal, other: Journal, clock: Clock
) -> None:
    begin(journal)
    (owner,) = path.parent.glob("journal.owner-*")
    owner.unlink()
    owner.symlink_to(path)
    for _ in range(3):
        clock.now += 365 * DAY
        open_again(other)
    assert begin(other)
    assert other.available
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM messages").fetchone() == (2,)


def test_a_journal_prunes_itself_as_it_goes(path: Path, journal: Journal) -> None:
    for number in range(1600):
        begin_render(journal, f"render_{number}")
        journal.write(journal.update_render(f"render_{number}", phase="downloaded"))
    with contextlib.closing(sqlite3.connect(path)) as db:
        (count,) = db.execute("SELECT count(*) FROM renders").fetchone()
    assert 1000 <= count <= 1250
    assert journal.find_render("render_1599") is not None


@pytest.mark.parametrize(
    ("table", "phases"),
    [
        ("messages", "'sending', 'streaming', 'interrupted'"),
        ("renders", "'submitting', 'submitted', 'completed'"),
    ],
)
def test_listing_reads_only_what_is_open(
    path: Path, journal: Journal, table: str, phases: str
) -> None:
    open_again(journal)
    with contextlib.closing(sqlite3.connect(path)) as db:
        query = (
            f"EXPLAIN QUERY PLAN SELECT * FROM {table} WHERE base_url = ? AND phase IN ({phases})"
        )
        (plan,) = (row[3] for row in db.execute(query, (URL,)))
    assert f"USING INDEX open_{table}" in plan


@pytest.mark.parametrize("listed", [statements.OPEN_MESSAGES, statements.OPEN_RENDERS])
def test_listing_passes_over_what_others_are_at_work_on(
    path: Path, journal: Journal, listed: str
) -> None:
    open_again(journal)
    with contextlib.closing(sqlite3.connect(path)) as db:
        query = f"EXPLAIN QUERY PLAN SELECT * {listed} AND owner IS :owner"
        (plan,) = (row[3] for row in db.execute(query, {"base_url": URL, "owner": None}))
    assert "(base_url=? AND owner=?)" in plan


@pytest.mark.parametrize("statement", schema.PRUNING)
def test_pruning_reads_only_what_it_drops(path: Path, journal: Journal, statement: str) -> None:
    open_again(journal)
    with contextlib.closing(sqlite3.connect(path)) as db:
        values = {
            "open": NOW,
            "ended": NOW,
            "expired": NOW,
            "now": NOW,
            "count": 1000,
            "keyed": NOW,
        }
        db.create_function("is_owned", 1, bool)
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
    assert all(step.startswith(("SEARCH", "LIST")) or "USING INDEX ended_" in step for step in plan)


# Damage, old and new versions, and no room


@contextlib.contextmanager
def one_warning(caplog: pytest.LogCaptureFixture, text: str) -> Generator[None, None, None]:
    with caplog.at_level(logging.WARNING):
        caplog.clear()
        yield
    assert [record.levelname for record in caplog.records] == ["WARNING"], caplog.text
    assert text in caplog.text


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    path.touch(mode=0o600)
    path.write_bytes(data)


@pytest.mark.parametrize("junk", [b"no database" * 100, b"SQLite format 3\0" + b"\xff" * 4096])
def test_a_file_that_is_no_database_is_set_aside(
    path: Path, journal: Journal, caplog: pytest.LogCaptureFixture, junk: bytes
) -> None:
    put(path, junk)
    with one_warning(caplog, "could not be read"):
        number = begin(journal)
        begin(journal)
    assert number > 0
    assert journal.available
    (aside,) = path.parent.glob("journal.sqlite3.corrupt-*")
    assert aside.read_bytes() == junk


def test_a_foreign_database_is_set_aside(
    path: Path, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    put(path, b"")
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE messages (text)")
        db.commit()
    with one_warning(caplog, "could not be read"):
        assert begin(journal) > 0
    assert list(path.parent.glob("journal.sqlite3.corrupt-*"))


def test_a_journal_damaged_while_in_use_is_set_aside(
    path: Path, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(200):
        begin(journal)
    journal.close()
    size = path.stat().st_size
    with path.open("r+b") as file:  # the table's pages, not the header and the schema
        file.seek(8192)
        file.write(b"\xff" * (size - 8192))
    with one_warning(caplog, "could not be read"):
        with pytest.raises(NemoVideoError, match="was damaged") as caught:
            journal.unfinished(URL)
        number = begin(journal)
    (aside,) = path.parent.glob("journal.sqlite3.corrupt-*-told")
    assert str(aside) in str(caught.value)
    assert journal.available
    journal.close()
    assert ids(journal) == [number]  # told once


def test_a_damaged_journal_renamed_by_another_process_is_reported_once(
    path: Path, journal: Journal, other: Journal
) -> None:
    put(path, b"no database" * 100)
    begin(journal)
    journal.close()
    with pytest.raises(NemoVideoError, match="was damaged"):
        other.unfinished(URL)
    assert len(other.unfinished(URL)) == 1


def test_an_older_journal_is_upgraded_with_its_entries(
    path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_render(journal)
    journal.close()
    newer = (*schema.MIGRATIONS, ("ALTER TABLE renders ADD COLUMN rating INTEGER",))
    monkeypatch.setattr(schema, "MIGRATIONS", newer)
    (entry,) = (found for found in journal.recent_renders(URL))
    assert entry.id == "render_1"
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (len(newer),)
        assert db.execute("SELECT id, rating FROM renders").fetchall() == [("render_1", None)]


def write_as_before(path: Path) -> None:
    """Make a journal as the first version did, with an entry of each kind."""
    put(path, b"")
    with contextlib.closing(sqlite3.connect(path)) as db:
        for statement in schema.MIGRATIONS[0]:
            db.execute(statement)
        db.execute(
            "INSERT INTO messages (id, session_id, task_id, base_url, prompt_digest, draft_digest,"
            " phase, credits_before, export, target_path, owner, created_at, updated_at) VALUES"
            " (7, 's1', 't1', ?, 'p', 'd', 'streaming', 99.5, 1, ?, 'dead', ?, ?),"
            " (8, 's2', 't2', ?, 'p', 'd', 'finished', 99.5, 1, ?, NULL, ?, ?)",
            (URL, b"/videos/7.mp4", NOW - 20, NOW - 10, URL, b"/videos/8.mp4", NOW - 9, NOW - 8),
        )
        db.execute(
            "INSERT INTO renders (id, session_id, base_url, phase, format, quality, url,"
            " target_path, replaces, owner, created_at, updated_at, message_id) VALUES"
            " ('render_1', 's2', ?, 'submitted', 'mp4', 'high', NULL, ?, NULL, 'dead', ?, ?, 8)",
            (URL, b"/videos/8.mp4", NOW - 8, NOW - 8),
        )
        db.execute("PRAGMA user_version = 1")
        db.commit()


def test_a_journal_of_the_first_version_is_migrated_and_loses_nothing(
    path: Path, journal: Journal
) -> None:
    write_as_before(path)
    message, render = journal.unfinished(URL)
    assert isinstance(message, MessageEntry)
    assert isinstance(render, RenderEntry)
    assert (message.id, message.session_id, message.task_id) == (7, "s1", "t1")
    assert (message.phase, message.export, message.credits_before) == ("streaming", True, 99.5)
    assert (message.prompt_digest, message.draft_digest) == ("p", "d")
    assert message.target_path == Path("/videos/7.mp4")
    assert message.created_at.timestamp() == NOW - 20
    assert (render.id, render.phase, render.message_id) == ("render_1", "submitted", 8)
    number = begin(journal)
    assert journal.claim(message) == "ours"
    journal.close()
    assert ids(journal) == [7, "render_1", number]


def test_a_process_that_opened_the_file_with_the_first_version_goes_on_in_it(
    path: Path, journal: Journal
) -> None:
    write_as_before(path)
    with contextlib.closing(sqlite3.connect(path)) as older:
        assert len(ids(journal)) == 2
        older.execute(
            "INSERT INTO messages (session_id, base_url, prompt_digest, phase, export, created_at,"
            " updated_at) VALUES ('s3', ?, 'p', 'interrupted', 0, ?, ?)",
            (URL, NOW - 15, NOW - 15),
        )
        older.commit()
    assert [entry.session_id for entry in journal.unfinished(URL)] == ["s1", "s3", "s2"]


def test_a_newer_journal_is_left_alone_and_what_is_in_it_is_not_known(
    path: Path, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    put(path, b"")
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
        db.commit()
    with one_warning(caplog, "newer version"):
        begin(journal)
        begin_render(journal)
        for read in (journal.unfinished, journal.recent_renders):
            with pytest.raises(NemoVideoError, match="newer version") as caught:
                read(URL)
            assert caught.value.hint
    assert not journal.available
    assert not list(path.parent.glob("*.corrupt-*"))


def does_nothing(journal: Journal) -> None:
    assert journal.unfinished(URL) == []
    number = begin(journal)
    journal.write(journal.update_message(number, phase="streaming"))
    begin_render(journal)
    journal.write(journal.update_render("render_1", phase="submitted"))
    assert journal.find_render("render_1") is None
    assert journal.recent_renders(URL) == []
    assert journal.digest("a panda") == ""
    assert journal.had_overlap(number)
    with pytest.raises(NemoVideoError, match="What this process started"):
        journal.unfinished(URL)
    journal.close()
    assert not journal.available


def test_a_folder_that_cannot_be_made_has_nothing_in_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    with one_warning(caplog, "cannot be recovered"):
        does_nothing(Journal(tmp_path / "file" / "journal.sqlite3"))


@posix
def test_a_link_in_the_journals_place_is_not_followed(
    path: Path, journal: Journal, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path.parent.mkdir(mode=0o700)
    path.symlink_to(tmp_path / "elsewhere")
    with one_warning(caplog, "links are refused"):
        begin(journal)
        with pytest.raises(NemoVideoError, match="links are refused"):
            journal.unfinished(URL)
    assert not (tmp_path / "elsewhere").exists()


@posix
def test_an_empty_folder_that_is_read_only_has_nothing_in_it(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir(mode=0o500)
    monkeypatch.chdir(path.parent)  # nobody may not walk down to the folder, only be in it
    with one_warning(caplog, "Permission denied"), as_nobody(path.parent):
        does_nothing(Journal(Path("journal.sqlite3")))
    assert names(path) == set()


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A journal's place that another user can walk down to, which pytest's are not."""
    with tempfile.TemporaryDirectory(prefix="nemovideo-test-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder, "nemovideo", "journal.sqlite3")


@posix
@pytest.mark.parametrize("killed", [False, True])
@pytest.mark.parametrize("version", [1, 2])
def test_a_journal_in_a_read_only_folder_is_read(
    reachable: Path, version: int, killed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    path, journal = reachable, Journal(reachable)
    expected: list[int | str] = []
    if version == 1:
        write_as_before(path)
        expected += [7, "render_1"]
    if version == 2 or killed:
        expected += [begin(journal)]
    if killed:  # its last entries are in the file beside
        leave_as_if_killed(path, journal)
    journal.close()
    before = names(path)
    with as_nobody(path.parent, *path.parent.iterdir()), one_warning(caplog, "for the moment"):
        path.parent.chmod(0o500)
        reader = Journal(path)
        assert ids(reader) == expected
        (first, *_) = reader.unfinished(URL)
        assert reader.claim(first) == "ours"  # what nobody can take, everybody may finish
        reader.close()
        path.parent.chmod(0o700)
    assert names(path) == before


def leave_as_if_killed(path: Path, journal: Journal) -> None:
    """Close a journal, and leave its files as they are without that."""
    files = {name: (path.parent / name).read_bytes() for name in names(path) if "-shm" not in name}
    journal.close()
    for name, data in files.items():
        put(path.parent / name, data)


@posix
@pytest.mark.parametrize("what", ["folder", "file"])
def test_a_journal_that_may_not_be_read_is_an_error_and_not_an_empty_list(
    reachable: Path, what: str
) -> None:
    journal = Journal(reachable)
    begin(journal)
    journal.close()
    closed = reachable if what == "file" else reachable.parent
    with as_nobody(reachable.parent, *reachable.parent.iterdir()):
        closed.chmod(0)
        with pytest.raises(NemoVideoError, match="cannot be read"):
            Journal(reachable).unfinished(URL)
        closed.chmod(0o700)


@contextlib.contextmanager
def as_nobody(*owned: Path) -> Generator[None, None, None]:
    """Be a user whom modes bind and who owns this: root writes wherever it likes."""
    if os.geteuid() != 0:
        yield
        return
    for each in owned:
        os.chown(each, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@contextlib.contextmanager
def full_disk() -> Generator[None, None, None]:
    """Let no file grow, as on a full disk."""
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@in_a_file
@posix
def test_a_disk_that_is_full_for_a_while_loses_nothing_in_the_end(
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
) -> None:
    number, lost = begin(journal), begin(journal)
    with full_disk(), one_warning(caplog, "for the moment"):
        during = begin(journal)
        journal.write(journal.update_message(number, phase="finished"))
        journal.write(journal.update_message(lost, phase="interrupted"))
        journal.write(
            journal.begin_render(
                NewRender(id="render_1", session_id="s1", base_url=URL, message_id=during)
            )
        )
        journal.write(journal.update_render("render_1", phase="submitted"))
        assert not journal.available
        assert journal.find_render("render_1") is None
        with pytest.raises(NemoVideoError, match="journal cannot be"):
            journal.unfinished(URL)
    with caplog.at_level(logging.INFO):
        caplog.clear()
        assert ids(journal) == [lost]
        begin(journal)
    assert [record.levelname for record in caplog.records] == ["INFO"]
    assert "can be written again" in caplog.text
    assert journal.available
    journal.close()
    assert ids(journal)[:2] == [lost, "render_1"]
    assert during not in ids(journal)


@in_a_file
@posix
def test_each_period_of_trouble_is_logged_once(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        with full_disk(), one_warning(caplog, "for the moment"):
            for turn in range(20):
                begin_render(journal, f"render_{turn}")
        journal.close()  # tries once more
        assert journal.available


@posix
def test_a_journal_that_is_closed_in_trouble_is_quiet_and_goes_on_when_that_passes(
    journal: Journal,
) -> None:
    with full_disk():
        begin_render(journal)
        journal.close()
    journal.close()
    assert ids(journal) == ["render_1"]


@posix
def test_a_warning_that_the_user_had_is_not_repeated(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(path, already_warned=lambda: True)
    with full_disk(), caplog.at_level(logging.INFO):
        begin(journal)
    assert [record.levelname for record in caplog.records] == ["INFO"]


@in_a_file
@posix
def test_entries_that_cannot_be_made_do_not_pile_up_for_ever(journal: Journal) -> None:
    with full_disk():
        for turn in range(1100):
            begin_render(journal, f"render_{turn}")
    assert len(journal._delayed) == 1000  # pyright: ignore[reportPrivateUsage]


def test_a_file_locked_by_another_process_too_long_delays_its_entries(
    path: Path,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(database, "_TIMEOUT", 0.01)
    monkeypatch.setattr(database, "_SHORT_TIMEOUT", 0.01)
    numbers = [begin(journal)]
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with one_warning(caplog, "for the moment"):
            numbers += [begin(journal), begin(journal)]
        holder.execute("ROLLBACK")
    journal.close()
    assert ids(journal) == numbers


def test_after_a_period_of_trouble_entries_are_written_at_once(
    path: Path, journal: Journal, other: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_TIMEOUT", 0.3)  # and as long a rest after it
    begin_render(journal, "render_before")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        begin_render(journal, "render_held_up")
        holder.execute("ROLLBACK")
    assert ids(journal) == []  # which makes up for it
    begin_render(journal, "render_after")
    assert other.find_render("render_held_up") is not None
    assert other.find_render("render_after") is not None


@pytest.mark.parametrize("name", ["journal.lock", "journal.sqlite3"])
def test_a_new_file_locked_by_another_process_is_opened_later(
    path: Path,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    monkeypatch.setattr(database, "_TIMEOUT", 0.01)
    put(path, b"")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        lock = FileLock(path.with_name(name))
        if name == "journal.lock":
            assert lock.try_acquire()
        else:
            holder.execute("PRAGMA journal_mode=WAL")
            holder.execute("BEGIN IMMEDIATE")
        with one_warning(caplog, "for the moment"):
            number = begin(journal)
        lock.release()
        if holder.in_transaction:
            holder.execute("ROLLBACK")
    journal.close()
    assert ids(journal) == [number]


def test_an_id_that_cannot_be_stored_loses_only_that_entry(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    with one_warning(caplog, "cannot be made"):
        begin_render(journal, "render_\ud800")
    assert journal.available
    number = begin(journal)
    journal.close()
    assert ids(journal) == [number]


@posix
def test_an_id_that_cannot_be_stored_does_not_hold_up_what_waited_with_it(journal: Journal) -> None:
    with full_disk():
        begin_render(journal, "render_\ud800")
        begin_render(journal)
    journal.close()
    assert ids(journal) == ["render_1"]


def test_a_change_that_fails_halfway_is_rolled_back(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = begin(journal)
    with contextlib.suppress(KeyboardInterrupt), monkeypatch.context() as patch:
        patch.setattr(OwnerLock, "owner_id", interrupt)
        begin_render(journal)
    assert journal.find_render("render_1") is None
    journal.write(journal.update_message(number, release=True))
    assert ids(journal) == [number]


def test_changes_that_are_written_one_by_one_stay_in_their_order(journal: Journal) -> None:
    begin = journal.begin_render(NewRender(id="render_1", session_id="s1", base_url=URL))
    tries: list[None] = []

    def refuse(db: Connection) -> None:
        raise ValueError("this entry cannot be made")

    def begin_later(db: Connection) -> None:
        tries.append(None)
        if len(tries) == 1:
            raise OSError("the disk is full for a moment")
        begin(db)

    journal.write(refuse, begin_later, journal.update_render("render_1", phase="cancelled"))
    assert [entry.phase for entry in journal.recent_renders(URL)] == ["cancelled"]


def interrupt(self: object) -> str:
    raise KeyboardInterrupt


# Messages of one account at the same time


def begin_for(
    journal: Journal, account: str = "", *, url: str = URL, read_at: float | None = None
) -> int:
    number = new_message_id()
    journal.write(
        journal.begin_message(
            NewMessage(
                id=number,
                session_id="s1",
                base_url=url,
                prompt="a panda",
                account=account,
                lasts=900,
                balance_read_at=read_at,
            )
        )
    )
    return number


def overlaps(journal: Journal, *numbers: int) -> list[bool]:
    return [journal.had_overlap(number) for number in numbers]


def test_later_messages_are_counted_whatever_their_ids(journal: Journal) -> None:
    def enter(number: int) -> None:
        message = NewMessage(id=number, session_id="s1", base_url=URL, prompt="a panda")
        journal.write(journal.begin_message(message))

    enter(2**53 - 1)
    before = journal.count_messages(URL, "", 0, 600)
    assert before is not None
    enter(1)
    since = journal.count_messages(URL, "", before.newest, 600)
    assert since is not None
    assert (since.entered, since.running) == (1, 2)


def test_messages_one_after_another_do_not_overlap(journal: Journal, other: Journal) -> None:
    numbers: list[int] = []
    for each in (journal, other, journal):
        # Later than the one before has ended, by more than two readings of a clock may differ.
        numbers.append(begin_for(each, read_at=time.time() + 5))
        each.write(each.update_message(numbers[-1], phase="finished"))
    assert overlaps(journal, *numbers) == [False] * 3


def test_messages_of_two_journals_at_the_same_time_overlap(
    journal: Journal, other: Journal
) -> None:
    first = begin_for(journal)
    second = begin_for(other)
    journal.write(journal.update_message(first, phase="finished"))
    third = begin_for(other)
    other.write(other.update_message(second, phase="failed"))
    other.write(other.update_message(third, phase="finished"))
    fourth = begin_for(other, read_at=time.time() + 5)
    assert overlaps(other, first, second, third, fourth) == [True, True, True, False]


@pytest.mark.process
def test_messages_of_different_accounts_or_services_do_not_overlap(journal: Journal) -> None:
    numbers = [begin_for(journal), begin_for(journal, "b"), begin_for(journal, "b", url=OTHER)]
    assert overlaps(journal, *numbers) == [False] * 3


def test_a_message_whose_answer_was_lost_counts_for_as_long_as_one_can_take(
    journal: Journal, clock: Clock
) -> None:
    lost = begin_for(journal)
    journal.write(journal.update_message(lost, phase="interrupted"))
    second = begin_for(journal)
    journal.write(journal.update_message(second, phase="finished"))
    clock.now += 1000
    assert overlaps(journal, second, begin_for(journal)) == [True, False]


def test_a_message_that_is_at_work_counts_however_long_it_takes(
    journal: Journal, other: Journal, clock: Clock
) -> None:
    first = begin_for(journal)
    clock.now += 10_000
    assert overlaps(journal, begin_for(other), first) == [True, True]


def test_a_message_that_ended_after_the_balance_was_read_counts(
    journal: Journal, clock: Clock
) -> None:
    first = begin_for(journal)
    read_at = clock()
    journal.write(journal.update_message(first, phase="finished"))
    second = begin_for(journal, read_at=read_at)
    journal.write(journal.update_message(second, phase="finished"))
    third = begin_for(journal, read_at=clock())
    assert overlaps(journal, first, second, third) == [False, True, False]


def test_a_render_ends_what_its_message_may_cost(journal: Journal) -> None:
    first = begin_for(journal)
    journal.write(
        journal.begin_render(
            NewRender(id="render_1", session_id="s1", base_url=URL, message_id=first)
        )
    )
    second = begin_for(journal)
    journal.write(journal.update_render("render_1", phase="failed"))
    third = begin_for(journal)
    assert overlaps(journal, first, second, third) == [False, True, True]


def test_neither_the_account_nor_its_token_is_in_the_file(path: Path, journal: Journal) -> None:
    begin_for(journal, "nmv_usr_ACCOUNT")
    journal.close()
    assert b"nmv_usr" not in path.read_bytes()
