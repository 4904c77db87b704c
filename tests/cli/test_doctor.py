"""`nemovideo doctor`."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from nemovideo.sandbox import Fault, Sandbox
from tests.cli.conftest import Run, Screen


def test_a_fresh_installation_is_healthy_and_costs_no_token(run: Run, service: Sandbox) -> None:
    asked = len(service.requests)
    outcome = run("doctor")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.splitlines()[-1] == "Healthy."
    assert "token          none yet" in outcome.out
    assert not [each for each in service.requests[asked:] if "anonymous-token" in each.path]


def test_with_a_token_the_credits_are_checked(run: Run) -> None:
    run("credits")
    assert "credits        100,000 available" in run("doctor", "--quiet").out


def test_an_unreachable_service_is_unhealthy_with_advice(run_alone: Run) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
        outcome = run_alone("doctor", "--base-url", url)
    assert outcome.code == 1
    assert "Not healthy: 1 of" in outcome.out
    assert "connection refused" in outcome.out


@pytest.fixture
def elsewhere(tmp_path: Path) -> Iterator[str]:
    """The URL of a web server that is not the service."""
    (tmp_path / "empty").mkdir()
    handler = partial(Quiet, directory=tmp_path / "empty")
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = Thread(target=server.serve_forever)
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None: ...


def test_another_server_is_not_taken_for_the_service(
    run_alone: Run, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcome = run_alone("doctor", "--base-url", elsewhere)
    assert outcome.code == 1
    assert f"{elsewhere} responds, and is not the service" in outcome.out
    assert "Is NEMO_API_URL, or --base-url, right?" in outcome.out
    outcome = run_alone("generate", "a panda", "--base-url", elsewhere)
    assert outcome.code == 1
    assert "it may not be the service" in outcome.err
    assert "Is NEMO_API_URL, or --base-url, right?" in outcome.err
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    outcome = run_alone("generate", "a panda", "--base-url", elsewhere)
    assert "服务器上没有这个接口" in outcome.err
    assert "NEMO_API_URL（或 --base-url）设置对了吗？" in outcome.err


def test_a_service_with_trouble_is_a_warning(run: Run, service: Sandbox) -> None:
    with service.inject(Fault("credits.retrieve", "status", status=503)):
        outcome = run("doctor")
    assert outcome.code == 0
    assert "responds with HTTP 503" in outcome.out


def test_a_refused_token_is_unhealthy_and_not_shown(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_wrong")
    outcome = run("doctor")
    assert outcome.code == 1
    assert "nmv_usr" not in outcome.out + outcome.err


def test_json_has_every_check(run: Run) -> None:
    last = run("doctor", "--json").last
    assert last["healthy"] is True
    assert {"version", "config folder", "token", "service", "clock"} <= {
        each["name"] for each in last["checks"]
    }


def test_an_unusable_config_folder_is_unhealthy(run: Run, own_home: Path) -> None:
    (own_home / ".config").mkdir()
    (own_home / ".config" / "nemovideo").write_text("in the way")
    outcome = run("doctor")
    assert outcome.code == 1
    assert "XDG_CONFIG_HOME" in outcome.out


def test_on_a_terminal_long_advice_is_indented(
    run: Run, screen: Screen, monkeypatch: pytest.MonkeyPatch, own_home: Path
) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    (own_home / ".config").mkdir()
    (own_home / ".config" / "nemovideo").write_text("in the way")
    run("doctor", on=screen, out=screen)
    shown = screen.settle()
    assert "✗" in shown
    indented = [line for line in shown.splitlines() if " " * 17 in line]
    assert len(indented) >= 2


def test_in_a_pipe_no_finding_is_wrapped(run: Run) -> None:
    lines = run("doctor").out.splitlines()
    assert all(line.startswith(("✓ ", "! ", "Healthy")) for line in lines)
