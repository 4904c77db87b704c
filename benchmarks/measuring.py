"""Contenders in processes of their own, their rounds interleaved, their figures collected."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.case import Case

Servers = Mapping[str, str]
"""The addresses of the fixture servers, by what serves."""

ROOT = Path(__file__).parent.parent


@dataclass(slots=True)
class Result:
    """What one contender of a case took, round by round."""

    contender: str
    samples: list[dict[str, float]] = field(default_factory=list[dict[str, float]])
    skipped: str | None = None

    def median(self, figure: str) -> float:
        """Return the median of a figure over the rounds."""
        return median(sample[figure] for sample in self.samples)

    def has(self, figure: str) -> bool:
        """Say whether the figure was measured."""
        return bool(self.samples) and figure in self.samples[0]


def ratios(result: Result, floor: Result, figure: str) -> list[float]:
    """Return a contender's figure over the floor's, round by round, smallest first.

    Rounds are compared in pairs: what else the machine did at the time slowed both.
    """
    # A slow contender may have done the first of the rounds only.
    pairs = zip(result.samples, floor.samples, strict=False)
    return sorted(own[figure] / base[figure] for own, base in pairs if base[figure])


def spread(values: list[float]) -> tuple[float, float]:
    """Return the lower and the upper quartile."""
    if len(values) < 2:
        return values[0], values[0]
    low, _, high = quantiles(values, n=4, method="inclusive")
    return low, high


@contextmanager
def fixture_server() -> Generator[Servers]:
    """Start the fixture servers and give their addresses."""
    with _process([sys.executable, "-m", "benchmarks.server"]) as process:
        assert process.stdout is not None
        ports = process.stdout.readline().split()
        canned, framework = (f"http://127.0.0.1:{port}" for port in ports)
        yield {"canned": canned, "framework": framework}


class Worker:
    """A process that does what contenders do."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def begin(self, case: Case, contender: str, servers: Servers, folder: Path) -> None:
        """Have it prepare a contender; `listen` hears of that."""
        result = {
            "case": case.name,
            "contender": contender,
            "server": servers[case.server],
            "folder": str(folder),
            "amount": case.amount,
            "options": dict(case.options),
        }
        self._say(json.dumps(result))

    def listen(self) -> dict[str, Any]:
        """Return what it says next."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a contender ended before its time; its error is above")
        result: dict[str, Any] = json.loads(line)
        return result

    def round(self) -> dict[str, float]:
        """Have the contender do a round, and return its figures."""
        self._say("round")
        return self.listen()

    def end(self) -> None:
        """Have it close what the contender had opened."""
        self._say("end")

    def _say(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()


@contextmanager
def worker() -> Generator[Worker]:
    """Start a process that waits for contenders."""
    with _process([sys.executable, "-m", "benchmarks.worker"]) as process:
        yield Worker(process)


def measure(
    case: Case, servers: Servers, folder: Path, shared: Worker | None = None
) -> list[Result]:
    """Run a case: one round of each contender that does not count, then the others in turn.

    Args:
        shared: the process that does everything in short form: one round, which does count.
    """
    if shared is not None:
        smaller = {**case.options, **case.quick_options}
        quick = replace(case, amount=case.quick_amount, options=smaller)
        found = [_measure_once(quick, name, servers, folder, shared) for name in case.contenders]
        _check(case, [sample for result in found for sample in result.samples])
        return found
    results = {name: Result(name) for name in case.contenders}
    with ExitStack() as stack:
        workers = {name: stack.enter_context(worker()) for name in results}
        for name, each in workers.items():
            each.begin(case, name, servers, folder)
        for name, each in workers.items():
            results[name].skipped = each.listen().get("skipped")
        running = [(results[name], workers[name]) for name in results if not results[name].skipped]
        warm = [each.round() for _, each in running]
        _check(case, warm)
        if "kib_each" in warm[0]:
            for (result, _), sample in zip(running, warm, strict=True):
                result.samples.append(sample)  # memory that was used once is not taken again
        for number in range(case.rounds):
            # In turn forwards and backwards, so that nobody always follows the same one.
            for result, each in running if number % 2 else reversed(running):
                if number < case.fewer_rounds.get(result.contender, case.rounds):
                    result.samples.append(each.round())
    return list(results.values())


def _check(case: Case, samples: list[dict[str, float]]) -> None:
    assert len({sample["units"] for sample in samples}) == 1, f"{case.name}: not the same work"


def _measure_once(case: Case, name: str, servers: Servers, folder: Path, shared: Worker) -> Result:
    shared.begin(case, name, servers, folder)
    result = Result(name, skipped=shared.listen().get("skipped"))
    if result.skipped is None:
        result.samples.append(shared.round())
        shared.end()
    return result


@contextmanager
def _process(command: list[str]) -> Generator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.communicate("")
        process.wait()
