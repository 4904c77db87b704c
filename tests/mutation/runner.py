"""Runs tests on mutants in forked processes that find everything else imported."""

from __future__ import annotations

import gc
import importlib
import os
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from loading import check_mutated, load_mutated
from operators import Mutant

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
HANGS_AFTER = 15.0
"""Seconds for one test; those that are used took a third of it at most."""

_BROKEN = 99


def environment() -> dict[str, str]:
    """Return the environment of what runs tests, and of the programs that the tests start."""
    path = os.pathsep.join(filter(None, (str(HERE), os.environ.get("PYTHONPATH"))))
    return {
        **os.environ,
        "PYTHONPATH": path,
        "PYTHONDONTWRITEBYTECODE": "",
        "PYTHONPYCACHEPREFIX": sys.pycache_prefix or "",
        "NEMOVIDEO_EXAMPLES": "brief",
    }


def warm(recording: Path) -> None:
    """Import what the tests need and nobody changes, so that the forked processes need not."""
    for name in (recording / "imported").read_text().split():
        with suppress(ImportError):
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # or else each process goes through all of it when it ends


class Runner:
    """Runs mutants, several at a time."""

    def __init__(self, folder: Path, workers: int) -> None:
        self._folder = folder
        self._workers = workers
        self._running: dict[int, tuple[Mutant, Path, float]] = {}
        self._started = 0
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})  # `wait` asks for it

    @property
    def is_full(self) -> bool:
        """Whether one has to end before the next can begin."""
        return len(self._running) >= self._workers

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs."""
        return not self._running

    def start(self, mutant: Mutant, source: bytes, tests: Sequence[str], limit: float) -> None:
        """Begin with a mutant of a module that reads `source`."""
        self._started += 1
        place = self._folder / str(self._started)
        place.mkdir()
        changed = place / "source.py"
        changed.write_bytes(mutant.apply(source))
        name = mutant.module.removesuffix(".py").replace("/", ".")
        sys.stdout.flush()
        pid = os.fork()
        if pid == 0:
            _run_tests(f"{name}={changed}", place, tests)
        self._running[pid] = mutant, place, time.monotonic() + limit

    def wait(self) -> tuple[Mutant, str | None]:
        """Wait until one ends, and return it with what noticed it.

        Raises:
            RuntimeError: the module was not changed, or the tests could not be begun.
        """
        while True:
            for pid, (mutant, place, until) in self._running.items():
                ended, status = os.waitpid(pid, os.WNOHANG)
                if not ended and time.monotonic() <= until:
                    continue
                noticed = _read_outcome(place, status) if ended else "the time limit"
                self._end(pid, place)
                return mutant, noticed
            signal.sigtimedwait({signal.SIGCHLD}, 0.5)

    def end_all(self) -> None:
        """End what still runs, where the run is broken off."""
        for pid, (_, place, _) in list(self._running.items()):
            self._end(pid, place)

    def _end(self, pid: int, place: Path) -> None:
        """End what the tests of one mutant started and left."""
        del self._running[pid]
        mark = f"={place / 'source.py'}\0".encode()
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if mark in (process / "environ").read_bytes():
                    os.kill(int(process.name), signal.SIGKILL)
        with suppress(OSError):
            os.killpg(pid, signal.SIGKILL)
        with suppress(ChildProcessError):
            os.waitpid(pid, 0)
        shutil.rmtree(place, ignore_errors=True)


class _StopAtFailure:
    """Leaves at the first failure: there is nothing to tidy that the folder does not hold."""

    def __init__(self, place: Path) -> None:
        self._place = place

    def pytest_runtest_logreport(self, report: object) -> None:
        if getattr(report, "failed", False):
            (self._place / "noticed").write_text(getattr(report, "nodeid", ""))
            print(getattr(report, "longreprtext", ""), flush=True)
            os._exit(1)


def _run_tests(mutated: str, place: Path, tests: Sequence[str]) -> NoReturn:
    """Be the forked process."""
    code = _BROKEN
    try:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGCHLD})
        os.setsid()
        log = os.open(place / "log", os.O_CREAT | os.O_WRONLY)
        for target, source in enumerate((os.open(os.devnull, os.O_RDONLY), log, log)):
            os.dup2(source, target)
        os.environ |= environment()
        os.environ |= {"MUTATION_SOURCE": mutated, "TMPDIR": str(place)}
        os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = str(place / "hypothesis")
        tempfile.tempdir = None
        os.chdir(ROOT)
        load_mutated(mutated)
        import pytest  # before the fork already: it is in the recording

        options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0"]
        options += [f"--basetemp={place / 'pytest'}", f"--timeout={HANGS_AFTER}"]
        # Where pytest rewrites assertions it loads the package too, for its plugin, and unchanged.
        options += ["--assert=plain"]
        ended = int(pytest.main([*options, *tests], plugins=[_StopAtFailure(place)]))
        check_mutated()
        code = ended
    except RuntimeError as error:
        print(error, flush=True)
    finally:
        os._exit(code)


def _read_outcome(place: Path, status: int) -> str | None:
    if (place / "noticed").exists():
        return (place / "noticed").read_text()
    if status == 0:
        return None
    code = os.waitstatus_to_exitcode(status)
    log = (place / "log").read_text(errors="replace").strip().splitlines() or [""]
    if code == _BROKEN:
        raise RuntimeError(f"The run is broken: {log[-1]}")
    return f"exit {code}: {log[-1]}"
