"""A Ray cluster of the tests' own on this machine, and the processes in it."""

from __future__ import annotations

import importlib.util
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

# Ray is no part of the other sessions: `nox -s ray` installs it, and fails without it.
collect_ignore_glob = [] if importlib.util.find_spec("ray") else ["test_cluster.py"]

TOKEN = secrets.token_hex(32)


@pytest.fixture(autouse=True)
def ray_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a driver needs to be let in, whatever its home is."""
    for name, value in {"RAY_AUTH_TOKEN": TOKEN, "RAY_AUTH_MODE": "token"}.items():
        monkeypatch.setenv(name, value)


class RayCluster:
    """A cluster of one node."""

    _process: subprocess.Popen[str] | None = None

    def __init__(self, folder: str) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.address = f"127.0.0.1:{port}"
        self._command = [str(Path(sys.executable).with_name("ray")), "start", "--head", "--block"]
        self._command += [f"--port={port}", f"--temp-dir={folder}"]
        self._command += ["--num-cpus=2", "--include-dashboard=false", "--disable-usage-stats"]
        self._command += [f"--object-store-memory={100 * 1024 * 1024}"]

    def start(self) -> None:
        """Start it, and wait until it runs."""
        # Ray gives its processes half a minute to start, which a busy machine may need longer.
        written = [self._start() for _ in range(3) if self._process is None]
        assert self._process is not None, written[-1]

    def _start(self) -> str:
        environment = {**os.environ, "RAY_AUTH_TOKEN": TOKEN, "RAY_AUTH_MODE": "token"}
        process = subprocess.Popen(
            self._command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        )
        assert process.stdout is not None
        lines: list[str] = []
        for line in process.stdout:
            lines.append(line)
            if "runtime started" in line:
                self._process = process
                break
        return "".join(lines)

    def workers(self, title: str) -> list[int]:
        """Return the processes of the cluster that are called so."""
        found: list[int] = []
        assert self._process is not None
        for pid in _descendants(self._process.pid):
            name = _read(f"/proc/{pid}/cmdline").replace("\0", " ")
            if name.startswith("ray::") and title in name:
                found.append(pid)
        return sorted(found)

    def stop(self) -> None:
        """End everything that belongs to it."""
        if self._process is None:
            return
        pids = _descendants(self._process.pid)
        self._process.kill()  # its own end takes half a minute
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.communicate(timeout=60)


def _descendants(root: int) -> list[int]:
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (stat := _read(entry / "stat")):
            parents[int(entry.name)] = int(stat.rpartition(")")[2].split()[1])
    found, generation = list[int](), [root]
    while generation:
        generation = [pid for pid, parent in parents.items() if parent in generation]
        found += generation
    return found


def _read(path: str | Path) -> str:
    try:
        return Path(path).read_text(errors="replace")
    except OSError:  # it has ended
        return ""


@pytest.fixture(scope="session")
def ray_cluster() -> Iterator[RayCluster]:
    """A cluster for all tests of this process; the paths of its sockets must be short."""
    with tempfile.TemporaryDirectory(
        prefix="ray-", dir="/tmp", ignore_cleanup_errors=True
    ) as folder:
        cluster = RayCluster(folder)
        try:
            cluster.start()
            yield cluster
        finally:
            cluster.stop()
