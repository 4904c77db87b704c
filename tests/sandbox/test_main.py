"""`python -m nemovideo.sandbox` as a user runs it."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from nemovideo.sandbox.__main__ import build_parser, main


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_prints_how_to_use_it_and_stops_on_a_signal(
    tmp_path: Path, number: signal.Signals, visit: Any
) -> None:
    command = [sys.executable, "-W", "error", "-m", "nemovideo.sandbox", "--port", "0"]
    with subprocess.Popen(
        [*command, "--state-dir", str(tmp_path), "--stub-renders"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        lines = [process.stdout.readline() for _ in range(6)]
        url = lines[1].split()[1]
        assert f"NEMO_API_URL={url}" in lines[4]
        assert str(tmp_path) in lines[5]
        assert visit().get(f"{url}/nowhere").status == 404
        process.send_signal(number)
        assert process.wait(20) == 0
        assert process.stdout.read() == "Stopping.\n"
        assert process.stderr.read() == ""


def free_ports() -> int:
    """The first of three consecutive free ports."""
    for port in range(20000, 60000, 7):
        try:
            for number in range(port, port + 3):
                socket.create_server(("127.0.0.1", number)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no three free ports in a row")


def interrupt_when_it_answers(port: int) -> None:
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            continue
        return os.kill(os.getpid(), signal.SIGTERM)


def test_it_uses_three_consecutive_ports_and_prints_that_nothing_is_stored(
    capsys: pytest.CaptureFixture[str],
) -> None:
    port = free_ports()
    # The page's port is the last one to respond.
    thread = threading.Thread(target=interrupt_when_it_answers, args=(port + 2,))
    thread.start()
    assert main(["--port", str(port)]) == 0
    thread.join()
    output = capsys.readouterr().out
    assert all(f"http://127.0.0.1:{number}" in output for number in (port, port + 1, port + 2))
    assert "Nothing is stored" in output
    assert output.endswith("Stopping.\n")


def test_a_port_in_use_is_reported_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert main(["--port", str(port)]) == 1
    output = capsys.readouterr().err
    assert output == (
        f"nemovideo sandbox: port {port} on 127.0.0.1 is in use or not allowed;"
        " choose another one\n"
    )
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_wrong_speed_is_reported_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", "--speed", "-1"]) == 1
    assert capsys.readouterr().err.startswith("nemovideo sandbox: speed must not be negative")


def test_a_port_that_does_not_exist_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        build_parser().parse_args(["--port", "70000"])
    assert caught.value.code == 2
    assert "65533" in capsys.readouterr().err
