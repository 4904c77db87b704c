"""A batch whose process is killed: the next run sends what was never sent, and nothing twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nemovideo.sandbox import Fault, Sandbox
from tests.batch.test_batch import messages, rows
from tests.conftest import TALKATIVE
from tests.postgres import expire_leases

JOBS = 12
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals"),
]


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.csv"
    lines = [f'"a 3-second video of a red fox, number {row}",row-{row}' for row in range(JOBS)]
    path.write_text("\n".join(["prompt,key", *lines, ""]))
    return path


@pytest.fixture
def busy() -> Iterator[Sandbox]:
    """A sandbox with credits for all."""
    with Sandbox(stub_renders=True, behavior=TALKATIVE, credits=100 * (JOBS + 2)) as running:
        yield running


def start(sandbox: Sandbox, jobs: Path, *options: str) -> subprocess.Popen[str]:
    """Start the command in a process of its own."""
    command = [
        sys.executable,
        "-m",
        "nemovideo",
        "batch",
        str(jobs),
        "-o",
        str(jobs.parent / "films"),
    ]
    environment = {**os.environ, "NEMO_API_URL": sandbox.url, "NEMO_WEB_URL": sandbox.web_url}
    return subprocess.Popen(
        [*command, "--json", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def stop_after(process: subprocess.Popen[str], items: int, number: signal.Signals) -> None:
    """Send a signal once so many jobs have ended."""
    assert process.stdout is not None
    for _ in range(items):
        assert json.loads(process.stdout.readline())["type"] == "item"
    process.send_signal(number)


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for the end, and return the last object."""
    out, err = process.communicate(timeout=100)
    return {"code": process.returncode, "err": err, **json.loads(out.splitlines()[-1])}


def not_done(jobs: Path) -> str:
    return str([row for row in rows(jobs.parent / "films") if row["status"] != "done"])


@pytest.mark.parametrize(
    ("journal_url", "ended"),
    [("sqlite", 0), ("sqlite", 1), ("sqlite", 5), ("postgres", 1)],
    indirect=["journal_url"],
)
def test_after_sigkill_a_file_with_more_rows_has_one_message_and_one_film_for_each(
    busy: Sandbox, jobs: Path, journal_url: str, ended: int
) -> None:
    with start(busy, jobs) as killed:
        if ended == 0:
            # Four at a time, and all four received: what becomes of one that is killed between
            # its entry and its sending, nobody can know.
            with busy.inject(Fault("messages.stream", "stall", times=None)):
                while messages(busy) < 4:
                    pass
                killed.send_signal(signal.SIGKILL)
        else:
            stop_after(killed, ended, signal.SIGKILL)
        killed.communicate()
    if ended:
        assert len(rows(jobs.parent / "films")) >= ended
    if journal_url:
        expire_leases(journal_url)
    head, *lines = jobs.read_text().splitlines()
    more = [f"a 3-second video of a {what},row-{what}" for what in ("whale", "panda")]
    jobs.write_text("\n".join([head, more[0], *reversed(lines), more[1]]))
    result = finish(start(busy, jobs))
    if result["failed"]:  # written down, and killed before it was sent
        result = finish(start(busy, jobs, "--retry-failed"))
    keys = {f"row-{row}" for row in [*range(JOBS), "whale", "panda"]}
    assert (result["code"], result["done"]) == (0, len(keys)), not_done(jobs)
    assert messages(busy) == len(keys)
    written = [row["key"] for row in rows(jobs.parent / "films")]
    assert sorted(written) == sorted(keys)
    assert {path.stem for path in (jobs.parent / "films").glob("*.mp4")} == keys


def test_ctrl_c_gives_the_report_so_far_and_the_next_run_goes_on(busy: Sandbox, jobs: Path) -> None:
    with busy.inject(Fault("messages.stream", "stall", times=1, after=3)):
        process = start(busy, jobs, "--concurrency", "2")
        stop_after(process, 4, signal.SIGINT)
        out, _ = process.communicate(timeout=100)
    objects = [json.loads(line) for line in out.splitlines()]
    assert process.returncode == 130
    result, error = objects[-2:]
    assert result["type"] == "result"
    assert result["done"] >= 4
    assert result["in_doubt"] >= 1
    assert (error["type"], error["error"]) == ("error", "InterruptedByUserError")
    assert "nemovideo batch" in error["hint"]
    assert len(rows(jobs.parent / "films")) >= 5
    result = finish(start(busy, jobs))
    assert (result["code"], result["done"]) == (0, JOBS), result
    assert messages(busy) == JOBS


@pytest.mark.usefixtures("journal_url")
def test_two_processes_share_one_batch(busy: Sandbox, jobs: Path) -> None:
    one, two = start(busy, jobs), start(busy, jobs)
    ends = [finish(one), finish(two)]
    assert messages(busy) == JOBS
    assert all(end["done"] + end["skipped"] == JOBS for end in ends), ends
    assert finish(start(busy, jobs))["done"] == JOBS
    assert len(rows(jobs.parent / "films")) == JOBS
