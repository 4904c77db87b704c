"""The journal on a real disk: killed writers, many processes, forks, damage, what it may hold."""

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
import threading
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import IO

import pytest

from nemovideo import _journal, _journal_file, _journal_link
from nemovideo._journal import Journal, MessageEntry, NullJournal, RenderEntry
from nemovideo._private_files import FileLock

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


@pytest.fixture
def journal(path: Path, clock: Clock) -> Iterator[Journal]:
    journal = Journal(path, clock)
    yield journal
    journal.close()


@pytest.fixture
def other(path: Path, clock: Clock) -> Iterator[Journal]:
    """The journal of another client on the same file."""
    other = Journal(path, clock)
    yield other
    other.close()


def begin(journal: Journal, prompt: str = "a panda", *, export: bool = False) -> int:
    return journal.begin_message(session_id="s1", base_url=URL, prompt=prompt, export=export)


def open_again(journal: Journal) -> None:
    """Close the file and open it, which drops what is old."""
    journal.close()
    assert journal.recent_renders("https://nowhere") == []


def begin_render(journal: Journal, render_id: str = "render_1", target: Path | None = None) -> None:
    journal.begin_render(render_id, session_id="s1", base_url=URL, target_path=target)


def ids(journal: Journal) -> list[int | str]:
    return [entry.id for entry in journal.unfinished(URL)]


def names(path: Path) -> set[str]:
    return {entry.name for entry in path.parent.iterdir()}


# Who sees what


def test_constructing_touches_nothing(path: Path) -> None:
    Journal(path).close()
    assert not path.parent.exists()


def test_constructing_loads_no_sqlite(path: Path) -> None:
    script = (
        "import sys\nfrom pathlib import Path\nfrom nemovideo._journal import Journal\n"
        "Journal(Path(sys.argv[1]))\nprint('sqlite3' in sys.modules)"
    )
    # Measuring the coverage of that program would load it.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, timeout=60, env=plain
    )
    assert done.stdout.strip() == b"False"


def test_what_is_at_work_is_not_listed(journal: Journal, other: Journal) -> None:
    assert begin(journal) > 0
    begin_render(journal)
    assert ids(journal) == []
    assert ids(other) == []


def test_what_a_closed_journal_leaves_is_listed_the_oldest_first(
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


def test_a_message_comes_back_as_entered(journal: Journal, other: Journal, tmp_path: Path) -> None:
    number = journal.begin_message(
        session_id="s1",
        base_url=URL,
        prompt="a panda",
        task_id="t1",
        credits_before=99.5,
        draft='{"t": []}',
        export=True,
        target_path=tmp_path / "panda.mp4",
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
    journal.begin_render(
        "render_1",
        session_id="s1",
        base_url=URL,
        format="mp4",
        quality="low",
        target_path=tmp_path / "panda.mp4",
        message_id=7,
    )
    journal.update_render("render_1", phase="submitted")
    entry = other.find_render("render_1")
    assert isinstance(entry, RenderEntry)
    assert (entry.session_id, entry.base_url, entry.phase) == ("s1", URL, "submitted")
    assert (entry.format, entry.quality, entry.url) == ("mp4", "low", None)
    assert (entry.target_path, entry.message_id) == (tmp_path / "panda.mp4", 7)
    assert entry.updated_at > entry.created_at


def test_a_render_never_begun_is_not_found(journal: Journal) -> None:
    assert journal.find_render("render_0") is None


def test_each_service_has_its_own_list(journal: Journal) -> None:
    journal.begin_render("render_1", session_id="s1", base_url=OTHER)
    journal.update_render("render_1", release=True)
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
    journal.update_message(number, phase=phase)  # type: ignore[arg-type]  # from the table above
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
    journal.update_render("render_1", phase=phase)  # type: ignore[arg-type]  # from the table above
    journal.close()
    assert ids(other) == (["render_1"] if listed else [])


def test_a_completed_render_with_a_target_waits_for_its_download(
    journal: Journal, other: Journal, tmp_path: Path
) -> None:
    begin_render(journal, target=tmp_path / "panda.mp4")
    journal.update_render("render_1", phase="completed", url="https://cdn.example/1.mp4")
    journal.close()
    assert ids(other) == ["render_1"]
    other.update_render("render_1", phase="downloaded")
    assert ids(other) == []


def test_a_target_named_later_brings_a_completed_render_back(
    journal: Journal, tmp_path: Path
) -> None:
    begin_render(journal)
    journal.update_render("render_1", phase="completed", release=True)
    assert ids(journal) == []
    journal.update_render("render_1", target_path=tmp_path / "panda.mp4")
    assert ids(journal) == ["render_1"]


def test_an_interrupted_message_is_listed_to_its_own_journal(journal: Journal) -> None:
    number = begin(journal)
    journal.update_message(number, phase="interrupted")
    assert ids(journal) == [number]


def test_what_is_released_is_listed_to_its_own_journal(journal: Journal) -> None:
    number = begin(journal)
    begin_render(journal)
    journal.update_message(number, release=True)
    journal.update_render("render_1", release=True)
    assert ids(journal) == [number, "render_1"]


def test_an_update_leaves_the_rest_as_it_was(journal: Journal) -> None:
    number = begin(journal)
    journal.update_message(number, phase="streaming")
    journal.update_message(number, release=True)
    (entry,) = journal.unfinished(URL)
    assert isinstance(entry, MessageEntry)
    assert (entry.phase, entry.session_id) == ("streaming", "s1")


def test_a_render_finishes_its_message_at_the_same_instant(journal: Journal) -> None:
    number = begin(journal, export=True)
    journal.begin_render("render_1", session_id="s1", base_url=URL, message_id=number)
    journal.close()
    assert ids(journal) == ["render_1"]


def test_a_second_try_fails_the_render_that_it_replaces(journal: Journal) -> None:
    begin_render(journal)
    journal.begin_render("render_2", session_id="s1", base_url=URL, replaces="render_1")
    journal.close()
    assert ids(journal) == ["render_2"]
    old, new = journal.find_render("render_1"), journal.find_render("render_2")
    assert old is not None
    assert new is not None
    assert (old.phase, new.replaces) == ("failed", "render_1")


def test_a_render_that_fails_leaves_its_message_unfinished(journal: Journal) -> None:
    number = begin(journal, export=True)
    journal.begin_render("render_1", session_id="s1", base_url=URL, message_id=number)
    journal.begin_render("render_2", session_id="s1", base_url=URL, replaces="render_1")
    assert ids(journal) == []
    journal.update_render("render_2", phase="failed")
    (entry,) = journal.unfinished(URL)
    assert isinstance(entry, MessageEntry)
    assert (entry.id, entry.phase) == (number, "interrupted")


@pytest.mark.parametrize("phase", ["cancelled", "completed", "downloaded"])
def test_a_render_that_ends_otherwise_leaves_its_message_finished(
    journal: Journal, phase: str
) -> None:
    number = begin(journal, export=True)
    journal.begin_render("render_1", session_id="s1", base_url=URL, message_id=number)
    journal.update_render("render_1", phase=phase)  # type: ignore[arg-type]  # from the table above
    assert ids(journal) == []


def test_a_look_from_outside_ends_what_nobody_exports(journal: Journal, other: Journal) -> None:
    begin_render(journal)
    other.note_render("render_1", phase="completed", url="https://cdn/x.mp4?sig=1")
    entry = journal.find_render("render_1")
    assert entry is not None
    assert (entry.phase, entry.url) == ("completed", "https://cdn/x.mp4")


@pytest.mark.parametrize(
    ("noted", "phase"), [("failed", "submitting"), ("completed", "submitting"), ("cancelled",) * 2]
)
def test_a_look_from_outside_leaves_an_export_its_entry_unless_it_was_called_off(
    journal: Journal, other: Journal, tmp_path: Path, noted: str, phase: str
) -> None:
    begin_render(journal, target=tmp_path / "panda.mp4")
    other.note_render("render_1", phase=noted)  # type: ignore[arg-type]  # from the table above
    entry = journal.find_render("render_1")
    assert entry is not None
    assert entry.phase == phase


def test_a_look_from_outside_changes_nothing_that_has_ended_or_is_unknown(
    journal: Journal, other: Journal
) -> None:
    other.note_render("render_1", phase="failed")
    assert not other._link.exists
    begin_render(journal)
    journal.update_render("render_1", phase="cancelled")
    other.note_render("render_1", phase="completed")
    other.note_render("render_2", phase="completed")
    assert [(entry.id, entry.phase) for entry in journal.recent_renders(URL)] == [
        ("render_1", "cancelled")
    ]


def test_the_same_render_begun_again_is_one_entry(journal: Journal, tmp_path: Path) -> None:
    begin_render(journal, target=tmp_path / "panda.mp4")
    journal.update_render("render_1", phase="submitted")
    begin_render(journal)
    entry = journal.find_render("render_1")
    assert entry is not None
    assert (entry.phase, entry.target_path) == ("submitting", tmp_path / "panda.mp4")


def test_recent_renders_are_the_newest_first(journal: Journal) -> None:
    for number in range(4):
        begin_render(journal, f"render_{number}")
    journal.update_render("render_2", phase="downloaded")
    recent = journal.recent_renders(URL, limit=3)
    assert [entry.id for entry in recent] == ["render_3", "render_2", "render_1"]
    assert journal.recent_renders(OTHER) == []


# Claiming


def test_an_orphan_is_claimed_once(journal: Journal, other: Journal) -> None:
    begin(journal)
    begin_render(journal)
    journal.close()
    message, render = other.unfinished(URL)
    assert other.claim(message)
    assert other.claim(render)
    assert not other.claim(message)
    assert not journal.claim(render)
    assert ids(journal) == []


def test_a_claim_goes_when_its_journal_does(journal: Journal, other: Journal) -> None:
    begin(journal)
    journal.close()
    (entry,) = other.unfinished(URL)
    assert other.claim(entry)
    other.close()
    assert journal.claim(entry)


def test_a_released_claim_is_free_again(journal: Journal, other: Journal) -> None:
    number = begin(journal)
    journal.close()
    (entry,) = other.unfinished(URL)
    assert other.claim(entry)
    assert not journal.claim(entry)
    other.update_message(number, release=True)
    assert journal.claim(entry)


@pytest.mark.parametrize("phase", ["finished", "failed"])
def test_what_has_ended_meanwhile_cannot_be_claimed(
    journal: Journal, other: Journal, phase: str
) -> None:
    number = begin(journal)
    journal.close()
    (entry,) = other.unfinished(URL)
    journal.update_message(number, phase=phase)  # type: ignore[arg-type]  # from the table above
    assert not other.claim(entry)


def test_what_was_dropped_meanwhile_cannot_be_claimed(journal: Journal, clock: Clock) -> None:
    begin_render(journal)
    journal.update_render("render_1", release=True)
    (entry,) = journal.unfinished(URL)
    clock.now += 31 * DAY
    open_again(journal)
    assert not journal.claim(entry)


# Many at once

WORKER = """
import json, sys
from pathlib import Path
from nemovideo._journal import Journal
journal = Journal(Path(sys.argv[1]))
URL = sys.argv[2]
def say(value): print(json.dumps(value), flush=True)
"""

WRITE_FOREVER = (
    WORKER
    + """
turn = 0
while True:
    turn += 1
    render = f"render_{sys.argv[3]}_{turn}"
    number = journal.begin_message(session_id="s1", base_url=URL, prompt="a panda", export=True)
    say(["message", number])
    journal.update_message(number, phase="streaming")
    journal.begin_render(render, session_id="s1", base_url=URL, message_id=number)
    say(["render", render])
    if turn % 2: journal.update_render(render, phase="completed")
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


@pytest.mark.parametrize("seed", range(10))
def test_a_writer_killed_at_any_moment_loses_nothing_that_it_was_told_is_kept(
    path: Path, seed: int
) -> None:
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


def test_eight_processes_write_at_once_and_none_loses_an_entry(path: Path) -> None:
    script = WORKER + (
        "for turn in range(60):\n"
        "    number = journal.begin_message(session_id='s', base_url=URL, prompt='p')\n"
        "    journal.begin_render(f'render_{sys.argv[3]}_{turn}', session_id='s',"
        " base_url=URL, message_id=number)\n"
        "assert journal.available\n"
        "journal.close()\n"
    )
    for writer in [start(script, path, str(number)) for number in range(8)]:
        finish(writer)
    journal = Journal(path)
    assert len(journal.unfinished(URL)) == 8 * 60
    journal.close()


def test_of_many_processes_that_recover_at_once_one_takes_each_entry(
    path: Path, journal: Journal
) -> None:
    wanted = {f"render_{number}" for number in range(40)}
    for name in wanted:
        begin_render(journal, name)
    journal.close()
    script = WORKER + (
        "say('ready'); sys.stdin.readline()\n"
        "say([entry.id for entry in journal.unfinished(URL) if journal.claim(entry)])\n"
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


def test_the_entries_of_a_killed_process_are_free_and_those_of_a_live_one_not(
    path: Path, journal: Journal
) -> None:
    script = WORKER + (
        "journal.begin_render('render_1', session_id='s', base_url=URL)\n"
        "say('begun'); sys.stdin.readline()\n"
    )
    process = start(script, path)
    with process:
        assert output(process).readline()
        assert ids(journal) == []
        entry = journal.find_render("render_1")
        assert entry is not None
        assert not journal.claim(entry)
        process.kill()
    assert ids(journal) == ["render_1"]
    assert journal.claim(entry)


def test_the_lock_files_of_killed_processes_are_removed(
    path: Path, journal: Journal, other: Journal
) -> None:
    script = WORKER + "journal.begin_render('r', session_id='s', base_url=URL); say(1); input()\n"
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
    journal.update_render("render_parent", release=True)
    assert ids(journal) == ["render_parent", "render_child"]


@posix
def test_a_forked_child_does_not_take_what_its_parent_is_at_work_on(journal: Journal) -> None:
    begin_render(journal)
    entry = journal.find_render("render_1")
    assert entry is not None
    assert in_child(lambda: ids(journal) == [] and not journal.claim(entry)) == 0
    assert in_child(journal.close) == 0
    assert ids(journal) == []
    assert in_child(lambda: Journal(journal._link._path).unfinished(URL) == []) == 0


@posix
def test_a_child_that_outlives_its_parent_does_not_keep_the_parents_entries(
    path: Path, journal: Journal
) -> None:
    script = WORKER + (
        "import os\n"
        "journal.begin_render('render_1', session_id='s', base_url=URL)\n"
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
    journal.begin_message(
        session_id="s1",
        base_url=URL,
        prompt="a secret panda",
        draft='{"m": {"text": "secret draft"}}',
        target_path="panda.mp4",
    )
    begin_render(journal)
    signed = "https://nmv_usr_a:b@cdn.example/1.mp4?X-Signature=5ecret&token=nmv_usr_b#nmv_usr_c"
    journal.update_render("render_1", phase="completed", url=signed)
    written = b"".join(file.read_bytes() for file in path.parent.iterdir())
    journal.close()
    written += b"".join(file.read_bytes() for file in path.parent.iterdir())
    for secret in (b"secret", b"5ecret", b"nmv_usr", b"Signature"):
        assert secret not in written
    entry = other.find_render("render_1")
    assert entry is not None
    assert entry.url == "https://cdn.example/1.mp4"


def test_a_url_that_cannot_be_read_is_not_kept(journal: Journal) -> None:
    begin_render(journal)
    journal.update_render("render_1", url="https://[half?token=nmv_usr_b")
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


def test_a_damaged_key_is_replaced(path: Path, journal: Journal) -> None:
    open_again(journal)
    path.with_suffix(".key").write_bytes(b"half")
    path.with_suffix(".key").chmod(0o600)
    assert len(journal.digest("a panda")) == 64
    assert len(path.with_suffix(".key").read_bytes()) == 32


def test_a_relative_target_is_kept_absolute(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    begin_render(journal, target=Path("panda.mp4"))
    entry = journal.find_render("render_1")
    assert entry is not None
    assert entry.target_path == tmp_path / "panda.mp4"


@posix
def test_a_target_whose_name_is_no_text_is_kept(journal: Journal) -> None:
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


def test_what_ended_goes_after_a_week_and_what_is_open_after_a_month(
    journal: Journal, clock: Clock, tmp_path: Path
) -> None:
    journal.update_message(begin(journal), phase="finished")
    open_message = begin(journal)
    journal.update_message(open_message, phase="interrupted")
    begin_render(journal, "render_done")
    journal.update_render("render_done", phase="completed", release=True)
    begin_render(journal, "render_open", target=tmp_path / "panda.mp4")
    journal.update_render("render_open", phase="completed", release=True)
    clock.now += 8 * DAY
    open_again(journal)
    assert ids(journal) == [open_message, "render_open"]
    assert journal.find_render("render_done") is None
    clock.now += 23 * DAY
    open_again(journal)
    assert ids(journal) == []


def test_a_journal_prunes_itself_as_it_goes(path: Path, journal: Journal) -> None:
    for number in range(1600):
        begin_render(journal, f"render_{number}")
        journal.update_render(f"render_{number}", phase="downloaded")
    with contextlib.closing(sqlite3.connect(path)) as db:
        (count,) = db.execute("SELECT count(*) FROM renders").fetchone()
    assert 1000 <= count <= 1250
    assert journal.find_render("render_1599") is not None


def test_a_number_is_never_given_twice(journal: Journal, clock: Clock) -> None:
    first = begin(journal)
    journal.update_message(first, phase="finished")
    clock.now += 8 * DAY
    open_again(journal)
    assert begin(journal) > first


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


@pytest.mark.parametrize("listed", [_journal._OPEN_MESSAGES, _journal._OPEN_RENDERS])
def test_listing_passes_over_what_others_are_at_work_on(
    path: Path, journal: Journal, listed: str
) -> None:
    open_again(journal)
    with contextlib.closing(sqlite3.connect(path)) as db:
        query = f"EXPLAIN QUERY PLAN SELECT * {listed} AND owner IS ?"
        (plan,) = (row[3] for row in db.execute(query, (URL, None)))
    assert "(base_url=? AND owner=?)" in plan


@pytest.mark.parametrize("statement", _journal_file._PRUNING)
def test_pruning_reads_only_what_it_drops(path: Path, journal: Journal, statement: str) -> None:
    open_again(journal)
    with contextlib.closing(sqlite3.connect(path)) as db:
        values = {"open": NOW, "ended": NOW, "count": 1000}
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


def test_somebody_elses_database_is_set_aside(
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
        assert journal.unfinished(URL) == []
        assert begin(journal) > 0
    assert journal.available
    assert list(path.parent.glob("journal.sqlite3.corrupt-*"))


def test_an_older_journal_is_upgraded_with_its_entries(
    path: Path, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    begin_render(journal)
    journal.close()
    newer = (*_journal_file._STEPS, ("ALTER TABLE renders ADD COLUMN rating INTEGER",))
    monkeypatch.setattr(_journal_file, "_STEPS", newer)
    (entry,) = (found for found in journal.recent_renders(URL))
    assert entry.id == "render_1"
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert db.execute("SELECT id, rating FROM renders").fetchall() == [("render_1", None)]


def test_a_newer_journal_is_left_alone(
    path: Path, journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    put(path, b"")
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA user_version = 99")
        db.commit()
    with one_warning(caplog, "newer version"):
        assert begin(journal) == 0
        begin_render(journal)
    assert not journal.available
    assert not list(path.parent.glob("*.corrupt-*"))


def does_nothing(journal: Journal) -> None:
    assert begin(journal) == 0
    journal.update_message(0, phase="streaming")
    begin_render(journal)
    journal.update_render("render_1", phase="submitted")
    assert journal.find_render("render_1") is None
    assert journal.recent_renders(URL) == []
    assert journal.unfinished(URL) == []
    assert journal.digest("a panda") == ""
    journal.close()
    assert not journal.available


def test_a_folder_that_cannot_be_made_makes_every_method_do_nothing(
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
        does_nothing(journal)
    assert not (tmp_path / "elsewhere").exists()


@posix
def test_a_read_only_folder_makes_every_method_do_nothing(
    path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir(mode=0o500)
    monkeypatch.chdir(path.parent)  # nobody may not walk down to the folder, only be in it
    with one_warning(caplog, "Permission denied"), as_nobody(path.parent):
        does_nothing(Journal(Path("journal.sqlite3")))
    assert names(path) == set()


@contextlib.contextmanager
def as_nobody(owned: Path) -> Generator[None, None, None]:
    """Be a user whom modes bind and who owns this: root writes wherever it likes."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(owned, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


def test_a_full_disk_ends_the_journal_with_one_warning(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    number = begin(journal)
    assert journal._link._connection is not None
    journal._link._connection.execute("PRAGMA max_page_count = 1")
    with one_warning(caplog, "full"):
        for turn in range(300):
            begin_render(journal, f"render_{turn}")
    assert not journal.available
    journal.update_message(number, phase="finished")


def test_a_file_held_by_another_process_too_long_loses_only_that_entry(
    path: Path,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_journal_file, "_PATIENCE", 0.01)
    begin(journal)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        with one_warning(caplog, "for the moment"):
            assert begin(journal) == 0
            assert begin(journal) == 0
        holder.execute("ROLLBACK")
    assert journal.available
    assert begin(journal) > 0


def test_a_new_file_held_by_another_process_is_opened_later(
    path: Path,
    journal: Journal,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(_journal_file, "_PATIENCE", 0.01)
    put(path, b"")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute("PRAGMA journal_mode=WAL")
        holder.execute("BEGIN IMMEDIATE")
        with one_warning(caplog, "for the moment"):
            assert begin(journal) == 0
        holder.execute("ROLLBACK")
    assert journal.available
    assert begin(journal) > 0


def test_an_id_that_cannot_be_stored_loses_only_that_entry(
    journal: Journal, caplog: pytest.LogCaptureFixture
) -> None:
    with one_warning(caplog, "for the moment"):
        begin_render(journal, "render_\ud800")
    assert journal.available
    assert begin(journal) > 0


def test_what_fails_halfway_is_not_entered_at_all(
    journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = begin(journal)
    with contextlib.suppress(KeyboardInterrupt), monkeypatch.context() as patch:
        patch.setattr(_journal_link.JournalLink, "me", interrupt)
        begin_render(journal)
    assert journal.find_render("render_1") is None
    journal.update_message(number, release=True)
    assert ids(journal) == [number]


def interrupt(self: object) -> str:
    raise KeyboardInterrupt


# No journal


def test_the_journal_of_none_has_the_same_methods() -> None:
    def public(kind: type) -> dict[str, object]:
        return {
            name: inspect.signature(member)
            for name, member in inspect.getmembers(kind, inspect.isfunction)
            if not name.startswith("_")
        }

    assert public(NullJournal) == public(Journal)


def test_the_journal_of_none_does_nothing(journal: Journal) -> None:
    begin(journal)
    journal.close()
    (entry,) = journal.unfinished(URL)
    null = NullJournal()
    assert not null.available
    assert null.begin_message(session_id="s1", base_url=URL, prompt="a panda") == 0
    null.update_message(0, phase="finished")
    null.begin_render("render_1", session_id="s1", base_url=URL)
    null.note_render("render_1", phase="completed")
    null.update_render("render_1", phase="submitted")
    assert null.unfinished(URL) == null.recent_renders(URL) == []
    assert null.find_render("render_1") is None
    assert not null.claim(entry)
    assert null.digest("a panda") == ""
    null.close()
