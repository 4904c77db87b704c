"""What the doctor makes of what it sees."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from nemovideo.auth.config_folder import ConfigFolder, SavedToken
from nemovideo.cli.commands import doctor_checks
from nemovideo.config.settings import load_settings
from nemovideo.security.redaction import Secret
from nemovideo.transports._proxies import Proxies

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "http://127.0.0.1:1"


def test_missing_extras_come_with_the_command_that_installs_them() -> None:
    found = doctor_checks.check_extras(["cli", "sandbox", "httpx"])
    assert 'pip install "nemovideo[otio,otel,media,storage,mcp]"' in found.found


def test_all_extras_installed_need_no_command() -> None:
    assert "pip" not in doctor_checks.check_extras(list(doctor_checks.EXTRAS)).found


def other_command(folder: Path) -> Path:
    """Put a program called nemovideo in a folder, as npm does."""
    folder.mkdir()
    target = folder / "tool.js"
    target.write_text("#!/usr/bin/env node\n")
    (folder / "nemovideo").symlink_to(target)
    return folder


def test_another_program_of_the_name_is_reported_where_a_shell_starts_it(tmp_path: Path) -> None:
    npm, own = other_command(tmp_path / "npm"), other_command(tmp_path / "own")
    found = doctor_checks.check_command([npm, own], own)
    assert found is not None
    assert found.verdict == "warning"
    assert str(npm / "nemovideo") in found.found
    assert "-m nemovideo" in str(found.advice)


def test_another_program_of_the_name_is_reported_where_this_one_comes_first(tmp_path: Path) -> None:
    npm, own = other_command(tmp_path / "npm"), other_command(tmp_path / "own")
    found = doctor_checks.check_command([own, npm], own)
    assert found is not None
    assert found.verdict == "ok"
    assert str(npm / "nemovideo") in found.found


def test_one_program_of_the_name_is_not_worth_a_line(tmp_path: Path) -> None:
    own = other_command(tmp_path / "own")
    assert doctor_checks.check_command([tmp_path / "none", own, own], own) is None


def test_a_missing_folder_is_ok(tmp_path: Path) -> None:
    assert doctor_checks.check_config_folder(tmp_path / "none").verdict == "ok"


def test_a_file_that_others_can_read_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "nemovideo"
    folder.mkdir(mode=0o700)
    (folder / "history").touch(mode=0o644)
    (folder / "client_id").touch(mode=0o644)
    found = doctor_checks.check_config_folder(folder)
    assert (found.verdict, "history" in found.found) == ("warning", True)
    assert "client_id" not in found.found


def test_a_file_instead_of_the_folder_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "nemovideo").touch()
    found = doctor_checks.check_config_folder(tmp_path / "nemovideo")
    assert found.verdict == "failed"
    assert found.advice


def test_a_token_of_the_environment_is_named_and_not_shown(tmp_path: Path) -> None:
    settings = load_settings(token="nmv_usr_secret", config_dir=tmp_path)
    found, there = doctor_checks.check_token(settings, NOW)
    assert there
    assert "secret" not in found.found


@pytest.mark.parametrize(
    ("left", "expected"),
    [
        (timedelta(days=6), "expires in 6 days"),
        (timedelta(hours=2), "renewed automatically"),
        (None, "unknown"),
    ],
)
def test_a_saved_token_is_shown_with_its_expiry(
    tmp_path: Path, left: timedelta | None, expected: str
) -> None:
    expires = None if left is None else NOW + left
    folder = ConfigFolder(tmp_path / "nemovideo")
    folder.write_token(URL, SavedToken(Secret("nmv_usr_secret"), expires), NOW)
    found, there = doctor_checks.check_token(
        load_settings(base_url=URL, config_dir=folder.path), NOW
    )
    assert there
    assert expected in found.found


def test_without_a_token_it_says_that_one_will_be_created(tmp_path: Path) -> None:
    found, there = doctor_checks.check_token(load_settings(config_dir=tmp_path / "none"), NOW)
    assert not there
    assert "none yet" in found.found


def test_no_token_is_read_from_an_untrusted_folder(tmp_path: Path) -> None:
    (tmp_path / "nemovideo").touch()
    found, there = doctor_checks.check_token(load_settings(config_dir=tmp_path / "nemovideo"), NOW)
    assert (found.verdict, there) == ("warning", False)


@pytest.mark.parametrize(
    ("proxy", "found"),
    [("http://me:pw@proxy:3128", "proxy:3128"), ("http://proxy", "proxy"), (None, "none")],
)
def test_a_proxy_is_named_without_its_password(proxy: str | None, found: str) -> None:
    check = doctor_checks.check_proxies(lambda _: proxy, "https://a.b")
    assert (check.verdict, check.found) == ("ok", found)


def test_a_proxy_that_cannot_be_used_is_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://me:pw@proxy:1080")
    check = doctor_checks.check_proxies(Proxies(None, trust_env=True), "https://a.b")
    assert check.verdict == "failed"
    assert "HTTPS_PROXY" in check.found
    assert check.advice
    assert "pw" not in check.found + check.advice


@pytest.mark.parametrize(
    ("header", "verdict", "expected"),
    [
        ("Sun, 01 Mar 2026 12:00:01 GMT", "ok", "agrees"),
        ("Sun, 01 Mar 2026 12:02:00 GMT", "warning", "2 min behind"),
        ("Sun, 01 Mar 2026 11:00:00 GMT", "failed", "1 h ahead of"),
        ("Sun, 01 Mar 2026 12:00:00 -0000", "ok", "agrees"),
        ("yesterday", "warning", "no Date header"),
        (None, "warning", "no Date header"),
    ],
)
def test_the_clock_is_compared_with_the_services(
    header: str | None, verdict: str, expected: str
) -> None:
    found = doctor_checks.check_clock(header, NOW)
    assert (found.verdict, expected in found.found) == (verdict, True)


def test_tls_is_reported() -> None:
    assert "verified" in doctor_checks.check_tls("https://a.b").found
    assert "none" in doctor_checks.check_tls(URL).found


def test_no_credits_are_a_warning_with_advice() -> None:
    assert doctor_checks.check_balance(0, 0).advice
    assert doctor_checks.check_balance(100, 5).found == "100 available, 5 more reserved"


def test_the_journal_check_reports_unfinished_work() -> None:
    assert doctor_checks.check_journal(True, 0).verdict == "ok"
    assert doctor_checks.check_journal(True, 1).found == "1 unfinished operation"
    assert doctor_checks.check_journal(True, 2).advice == "Run: nemovideo recover"
    assert doctor_checks.check_journal(False, 0).verdict == "failed"
