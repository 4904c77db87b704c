"""`nemovideo batch`: what it shows, what it asks, what it leaves behind, and its exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nemovideo.sandbox import Sandbox
from tests.cli.conftest import Run, Screen

CSV = """prompt,key,team
"a 3-second video of a red fox",{0}-fox,A
"a 3-second video of a panda",{0}-panda,B
"""


@pytest.fixture
def jobs(folder: Path, request: pytest.FixtureRequest) -> Path:
    """A file of two jobs that no other test has."""
    path = folder / "jobs.csv"
    path.write_text(CSV.format(request.node.name))
    return path


def messages(service: Sandbox) -> int:
    return sum(each.endpoint == "messages.stream" for each in service.requests)


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


def test_each_row_becomes_a_film(run: Run, jobs: Path, folder: Path) -> None:
    done = run("batch", "jobs.csv", "-o", "films")
    assert done.code == 0, done.err
    assert "2 jobs: 2 to send" in done.err
    assert "Up to 200 credits; " in done.err
    assert "[2/2] " in done.err
    assert done.out.splitlines()[-1].startswith("2 done")
    assert len(list((folder / "films").glob("*.mp4"))) == 2
    assert {row["fields"]["team"] for row in rows(folder / "films")} == {"A", "B"}


def test_run_again_it_sends_nothing(run: Run, jobs: Path, service: Sandbox) -> None:
    assert run("batch", "jobs.csv", "-o", "films").code == 0
    sent = messages(service)
    again = run("batch", "jobs.csv", "-o", "films")
    assert again.code == 0
    assert "2 jobs: 0 to send, 2 sent before" in again.err
    assert messages(service) == sent


def test_a_dry_run_sends_nothing(run: Run, jobs: Path, folder: Path, service: Sandbox) -> None:
    sent = messages(service)
    done = run("batch", "jobs.csv", "-o", "films", "--dry-run", "--json", "--max-credits", "150")
    assert done.code == 0
    assert done.last["to_send"] == 2
    assert done.last["credits"] == 150
    assert messages(service) == sent
    assert not (folder / "films").exists()


def test_json_has_an_object_for_each_item_and_the_counts(run: Run, jobs: Path) -> None:
    done = run("batch", "jobs.csv", "-o", "films", "--json")
    assert [each["type"] for each in done.objects] == ["item", "item", "result"]
    assert done.objects[0]["status"] == "done"
    assert done.last["done"] == 2
    assert done.err == ""


def test_a_job_that_fails_gives_exit_code_1(run: Run, folder: Path) -> None:
    done = run("batch", "-", "-o", "films", stdin="a 3-second video of a whale\nhow are you?\n")
    assert done.code == 1
    assert "The agent made nothing to export" in done.out
    assert len(list((folder / "films").glob("*.mp4"))) == 1


def test_the_limit_stops_new_jobs_and_says_how_to_go_on(
    run: Run, jobs: Path, service: Sandbox
) -> None:
    sent = messages(service)
    done = run("batch", "jobs.csv", "-o", "films", "--max-credits", "150")
    assert done.code == 1
    assert "1 done, 1 not started" in done.out
    assert "with a higher --max-credits" in done.out
    assert messages(service) == sent + 1


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("batch", "none.csv", "-o", "films"), 1, "none.csv cannot be read"),
        (("batch", "bad.csv", "-o", "films"), 1, "bad.csv, line 3: The prompt of a job is empty"),
        (("batch", "jobs.csv", "-o", "{prompt}.mp4"), 1, "has {prompt} in it"),
        (("batch", "jobs.csv", "-o", "jobs.csv"), 1, "out is a file"),
        (("batch", "jobs.csv", "-o", "jobs.csv/films"), 1, "jobs.csv is a file"),
        (("batch", "jobs.csv", "-o", "films", "--max-credits", "99"), 1, "--max-credits is 99"),
        (("batch", "jobs.csv"), 2, "--output"),
        (("batch", "jobs.csv", "-o", "films", "--concurrency", "0"), 2, "--concurrency"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    run: Run,
    jobs: Path,
    folder: Path,
    service: Sandbox,
    arguments: tuple[str],
    code: int,
    said: str,
) -> None:
    (folder / "bad.csv").write_text("prompt,key\na fox,1\n ,2\n")
    sent = messages(service)
    done = run(*arguments)
    assert done.code == code
    assert said in done.err
    assert "to send" not in done.err
    assert messages(service) == sent


def test_it_asks_once_on_a_terminal_and_takes_no_for_an_answer(
    run: Run, jobs: Path, screen: Screen, service: Sandbox
) -> None:
    sent = messages(service)
    screen.type("Go on? [y/N] ", "n\n")
    done = run("batch", "jobs.csv", "-o", "films", on=screen)
    assert done.code == 1
    assert "Nothing was sent." in screen.settle()
    assert messages(service) == sent


def test_a_terminal_shows_a_bar_for_all_and_a_line_for_each_that_ended(
    run: Run, jobs: Path, screen: Screen
) -> None:
    screen.type("Go on? [y/N] ", "y\n")
    done = run("batch", "jobs.csv", "-o", "films", on=screen)
    assert done.code == 0
    shown = screen.settle()
    assert "0 of 2 " in shown
    assert "1 of 2 " in shown
    assert shown.count("✓ ") == 2
    assert "films/" in shown


def test_yes_asks_nothing(run: Run, jobs: Path, screen: Screen) -> None:
    done = run("batch", "jobs.csv", "-o", "films", "--yes", on=screen)
    assert done.code == 0
    assert "Go on?" not in screen.settle()


@pytest.mark.slow
def test_the_sandbox_of_the_command_needs_nothing(run_alone: Run, folder: Path) -> None:
    (folder / "jobs.csv").write_text("prompt\na 1-second fox\n")
    done = run_alone("batch", "jobs.csv", "-o", "films", "--sandbox", "--quiet")
    assert done.code == 0, done.err
    assert len(list((folder / "films").glob("*.mp4"))) == 1
