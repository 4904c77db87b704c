"""The commands about sessions, renders and the account, in a pipe."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import anyio
import pytest

from nemovideo import AsyncNemoVideo
from nemovideo.sandbox import Fault, Injection, Sandbox
from tests.cli.conftest import Run

JOURNAL = ".config/nemovideo/journal.sqlite3"


def test_export_saves_under_the_sessions_name_and_is_listed(
    run: Run, session: str, folder: Path
) -> None:
    assert run("renders").out == "No renders yet.\n"
    outcome = run("export", session)
    assert outcome.code == 0
    name = outcome.out.strip()
    assert name == f"nemovideo-{session[:8]}.mp4"
    assert (folder / name).exists()
    listed = run("renders").out.splitlines()
    assert listed[0].split() == ["when", "state", "session", "file"]
    # The whole id, as it is what other commands take.
    assert listed[1].startswith(f"just now  saved  {session}  ")
    assert listed[1].endswith(name)
    assert run("renders", "--json").last["renders"][0]["path"] == str(folder / name)


def test_export_takes_the_format_from_the_name(run: Run, session: str, service: Sandbox) -> None:
    outcome = run("export", session, "-o", "fox.gif", "--quality", "low", "--json")
    assert outcome.code == 0
    assert (service.renders[-1].format, service.renders[-1].quality) == ("gif", "low")


def test_a_format_option_wins_over_the_extension(run: Run, session: str, service: Sandbox) -> None:
    assert run("export", session, "-o", "fox.avi", "--format", "mov").code == 0
    assert service.renders[-1].format == "mov"


def test_status_draws_the_timeline_on_stdout(run: Run, session: str) -> None:
    outcome = run("status", session)
    assert outcome.code == 0
    assert "1. Video  ├red fox ─" in outcome.out
    assert "\x1b" not in outcome.out


def test_status_as_json_has_the_summary_and_the_tracks(run: Run, session: str) -> None:
    last = run("status", session, "--json").last
    assert last["summary"].startswith("Timeline (3 tracks): 1. Video: red fox (0-3s)")
    assert last["timeline"]["tracks"]


def test_an_unknown_session_is_code_1_with_a_hint(run: Run) -> None:
    outcome = run("status", "nope", "--json")
    assert outcome.code == 1
    assert outcome.last["error"] == "SessionNotFoundError"
    assert outcome.last["hint"]


def test_credits_are_written_as_a_sentence(run: Run) -> None:
    assert run("credits").out == "100,000 credits available\n"


def test_credits_as_json_are_numbers(run: Run) -> None:
    last = run("credits", "--json").last
    assert (last["type"], last["available"], last["frozen"]) == ("result", 100_000, 0)


def test_link_prints_a_browser_link(run: Run, session: str, service: Sandbox) -> None:
    outcome = run("link", session)
    assert outcome.out.startswith(f"{service.web_url}/workspace/claim?ct=")
    assert "take the session over" in outcome.err


def test_upload_lists_what_arrived(run: Run, session: str, folder: Path) -> None:
    clip = folder / "clip.mp4"
    assert run("export", session, "-o", str(clip), "-q").code == 0
    outcome = run("upload", session, str(clip))
    assert outcome.code == 0, outcome.err
    head, row = outcome.out.splitlines()
    assert head.split()[:3] == ["file", "kind", "length"]
    assert row.split()[:2] == ["clip.mp4", "video"]
    assert "Uploaded (" in outcome.err


def test_upload_refuses_a_file_that_is_not_there(run: Run, session: str) -> None:
    outcome = run("upload", session, "none.mp4")
    assert outcome.code == 1
    assert "none.mp4" in outcome.err


def test_nothing_unfinished_is_reported(run: Run) -> None:
    outcome = run("recover")
    assert (outcome.code, outcome.out) == (0, "")
    assert "Nothing is unfinished." in outcome.err


def missing_files(service: Sandbox) -> Injection:
    """Let no file be found, neither at its address nor at the service."""
    return service.inject(
        Fault("files.download", "status", status=404, times=9),
        Fault("renders.download", "status", status=404, times=9),
    )


def interrupt_download(run: Run, service: Sandbox, session: str) -> None:
    with missing_files(service):
        outcome = run("export", session, "-o", "fox.mp4", "-q")
    assert outcome.code == 1


def test_recover_lists_and_then_finishes_interrupted_work(
    run: Run, service: Sandbox, session: str, folder: Path
) -> None:
    interrupt_download(run, service, session)
    assert list(folder.iterdir()) == []
    listed = run("recover", "--list")
    assert listed.out.splitlines()[1].split()[-3:] == ["render", session, "fox.mp4"]
    assert run("recover", "--list", "--json").last["unfinished"][0]["session_id"] == session
    finished = run("recover")
    assert (finished.code, finished.out) == (0, f"{folder / 'fox.mp4'}\n")
    assert (folder / "fox.mp4").exists()
    assert run("recover", "--list").out == ""


def test_a_recovered_video_without_a_target_is_saved_here(
    run: Run, session: str, folder: Path
) -> None:
    async def leave_a_render_unfinished() -> None:
        async with AsyncNemoVideo() as client:
            with anyio.CancelScope() as scope:
                await client.open_project(session).export(on_event=lambda _: scope.cancel())

    anyio.run(leave_a_render_unfinished)
    recovered = run("recover")
    assert (recovered.code, recovered.out) == (0, f"nemovideo-{session[:8]}.mp4\n")
    assert (folder / recovered.out.strip()).stat().st_size


def test_recover_as_json_has_each_item_and_all(
    run: Run, service: Sandbox, session: str, folder: Path
) -> None:
    interrupt_download(run, service, session)
    outcome = run("recover", "--json")
    assert [each["type"] for each in outcome.objects] == ["recovered", "result"]
    assert outcome.last["recovered"][0]["path"] == str(folder / "fox.mp4")


def test_failed_recovery_is_reported_and_stays_listed(
    run: Run, service: Sandbox, session: str
) -> None:
    interrupt_download(run, service, session)
    with missing_files(service):
        outcome = run("recover", "--json")
    assert outcome.code == 1
    assert [each["type"] for each in outcome.objects] == ["failed", "result"]
    assert run("recover", "--list").out.count(session) == 1


def test_what_is_discarded_is_not_listed(run: Run, service: Sandbox, session: str) -> None:
    interrupt_download(run, service, session)
    outcome = run("recover", "--forget", session)
    assert (outcome.code, outcome.out) == (0, f"Discarded: render of session {session}\n")
    assert run("recover", "--list").out == ""
    again = run("recover", "--forget", session, "--json")
    assert (again.code, again.last["type"]) == (1, "error")
    assert "--list" in again.last["hint"]


def test_discarding_as_json_names_the_item(run: Run, service: Sandbox, session: str) -> None:
    interrupt_download(run, service, session)
    last = run("recover", "--forget", session, "--json").last
    assert [each["session_id"] for each in last["forgotten"]] == [session]


def test_a_file_created_at_the_target_meanwhile_is_not_overwritten(
    run: Run, service: Sandbox, session: str, folder: Path
) -> None:
    interrupt_download(run, service, session)
    (folder / "fox.mp4").write_bytes(b"newer")
    outcome = run("recover")
    assert (outcome.code, outcome.out) == (0, f"{folder / 'fox-2.mp4'}\n")
    assert (folder / "fox.mp4").read_bytes() == b"newer"


@pytest.mark.parametrize("command", [["recover"], ["recover", "--list"], ["renders"]])
def test_a_journal_that_cannot_be_read_is_an_error(
    run: Run, service: Sandbox, session: str, own_home: Path, command: list[str]
) -> None:
    interrupt_download(run, service, session)
    with contextlib.closing(sqlite3.connect(own_home / JOURNAL)) as db:
        db.execute("PRAGMA user_version = 99")
    outcome = run(*command, "--json")
    assert outcome.code == 1
    assert outcome.last["type"] == "error"
    assert "newer version" in outcome.last["message"]
    assert outcome.last["hint"]
    plain = run(*command)
    assert (plain.code, plain.out) == (1, "")
    assert "newer version" in plain.err
    healthy = run("doctor", "--json").last
    assert "journal" in [each["name"] for each in healthy["checks"] if each["verdict"] == "failed"]


@pytest.mark.parametrize("where", ["before", "after"])
def test_the_base_url_may_stand_before_or_after_the_command(
    run_alone: Run, service: Sandbox, where: str
) -> None:
    options = ["--base-url", service.url]
    arguments = [*options, "credits"] if where == "before" else ["credits", *options]
    assert run_alone(*arguments).code == 0
