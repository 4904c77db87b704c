"""`results.jsonl`: whole lines at any moment, the last one of each job, nothing of others lost."""

from __future__ import annotations

import json
import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from nemovideo import StreamInterruptedError
from nemovideo.batch.item import BatchItem
from nemovideo.batch.results_file import ResultsFile, find_batches


def rows(file: ResultsFile) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.path.read_text("utf-8").splitlines()]


def test_each_job_has_a_line_with_the_fields_that_came_with_it(tmp_path: Path) -> None:
    file = ResultsFile(tmp_path, "autumn")
    file.open()
    file.append(
        BatchItem(key="狐", index=3, status="done", path=tmp_path / "fox.mp4", fields={"team": "A"})
    )
    (row,) = rows(file)
    assert row["batch"] == "autumn"
    assert (row["key"], row["index"], row["status"]) == ("狐", 3, "done")
    assert row["path"] == str(tmp_path / "fox.mp4")
    assert row["fields"] == {"team": "A"}


def test_an_error_is_in_its_line(tmp_path: Path) -> None:
    file = ResultsFile(tmp_path, "autumn")
    error = StreamInterruptedError("It broke.", session_id="s1", possibly_billed=True, hint="Wait.")
    file.append(BatchItem(key="fox", index=0, status="in_doubt", error=error, session_id="s1"))
    (row,) = rows(file)
    assert row["error"] == {
        "error": "StreamInterruptedError",
        "message": "It broke.",
        "hint": "Wait.",
    }


def test_the_last_line_of_a_job_counts(tmp_path: Path) -> None:
    file = ResultsFile(tmp_path, "autumn")
    for item in (
        BatchItem(key="fox", index=0, status="failed"),
        BatchItem(key="cat", index=1, status="done"),
        BatchItem(key="fox", index=0, status="done"),
    ):
        file.append(item)
    assert [row["key"] for row in rows(file)] == ["fox", "cat", "fox"]
    file.close()
    assert [(row["key"], row["status"]) for row in rows(file)] == [("cat", "done"), ("fox", "done")]
    assert [path.name for path in tmp_path.iterdir()] == ["results.jsonl"]


def test_half_a_line_of_a_killed_process_is_removed(tmp_path: Path) -> None:
    file = ResultsFile(tmp_path, "autumn")
    file.append(BatchItem(key="fox", index=0, status="done"))
    with file.path.open("ab") as opened:
        opened.write(b'{"batch": "autumn", "ke')
    file.open()
    file.append(BatchItem(key="cat", index=1, status="done"))
    assert [row["key"] for row in rows(file)] == ["fox", "cat"]


def test_a_last_line_without_its_end_is_retained_if_it_is_whole(tmp_path: Path) -> None:
    file = ResultsFile(tmp_path, "autumn")
    file.path.write_text('{"mine": 1}\n{"mine": 2}')
    file.open()
    file.append(BatchItem(key="cat", index=1, status="done"))
    assert [row.get("mine", row.get("key")) for row in rows(file)] == [1, 2, "cat"]


def test_lines_of_other_batches_and_foreign_ones_stay(tmp_path: Path) -> None:
    other = ResultsFile(tmp_path, "spring")
    other.append(BatchItem(key="fox", index=0, status="done"))
    with other.path.open("a") as opened:
        opened.write('{"mine": 1}\n{"mine": 1}\n[]\n')
    file = ResultsFile(tmp_path, "autumn")
    file.append(BatchItem(key="fox", index=0, status="failed"))
    file.append(BatchItem(key="fox", index=0, status="done"))
    file.close()
    found: list[Any] = rows(file)
    assert found[1:4] == [{"mine": 1}, {"mine": 1}, []]
    assert [(row["batch"], row["status"]) for row in (found[0], found[4])] == [
        ("spring", "done"),
        ("autumn", "done"),
    ]


@contextmanager
def full_at(size: int) -> Iterator[None]:
    """Let no file grow beyond a size, as on a full disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such limit")
def test_a_full_disk_leaves_no_half_line(tmp_path: Path) -> None:
    file = ResultsFile(tmp_path, "autumn")
    file.append(BatchItem(key="fox", index=0, status="done"))
    size = file.path.stat().st_size
    with full_at(size + 20), pytest.raises(OSError, match="File too large"):
        file.append(BatchItem(key="cat", index=1, status="done"))
    assert file.path.stat().st_size == size
    file.append(BatchItem(key="cat", index=1, status="done"))
    assert [row["key"] for row in rows(file)] == ["fox", "cat"]


def test_a_result_that_comes_back_has_the_last_line(tmp_path: Path) -> None:
    done = BatchItem(key="a", index=0, status="done")
    for items in ([done], [BatchItem(key="a", index=0, status="failed"), done], [done]):
        file = ResultsFile(tmp_path, "autumn")
        file.open()
        for item in items:
            file.append(item)
        assert rows(file)[-1]["status"] == "done"


def test_the_batch_of_a_folder_is_found_by_any_of_its_results(tmp_path: Path) -> None:
    file = ResultsFile(tmp_path, 'the "autumn" 秋', "jobs.csv")
    file.append(
        *(BatchItem(key=f"é-{number}", index=number, status="done") for number in range(2000))
    )
    by_source, by_key = find_batches(tmp_path)
    assert by_source == {"jobs.csv": 'the "autumn" 秋'}
    assert (by_key["é-0"], len(by_key)) == ('the "autumn" 秋', 2000)
