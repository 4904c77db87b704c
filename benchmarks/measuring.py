"""Contenders in processes of their own, their rounds interleaved, their figures collected."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks.case import Case

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
def fixture_server() -> Iterator[str]:
    """Start the fixture server and give its address."""
    with _process([sys.executable, "-m", "benchmarks.server"]) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"


class _Worker:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def listen(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("a contender ended before its time; its error is above")
        told: dict[str, Any] = json.loads(line)
        return told

    def round(self) -> dict[str, float]:
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return self.listen()


def measure(case: Case, server: str, folder: Path, *, quick: bool) -> list[Result]:
    """Run a case: one round of each contender that does not count, then the others in turn."""
    amount = case.quick_amount if quick else case.amount
    results: list[Result] = []
    with ExitStack() as stack:
        started: list[tuple[Result, _Worker]] = []
        running: list[tuple[Result, _Worker]] = []
        for name in case.contenders:
            result = Result(name)
            results.append(result)
            told = {
                "case": case.name,
                "contender": name,
                "server": server,
                "folder": str(folder),
                "amount": amount,
                "options": dict(case.options),
            }
            command = [sys.executable, "-m", "benchmarks.worker", json.dumps(told)]
            started.append((result, _Worker(stack.enter_context(_process(command)))))
        for result, worker in started:
            result.skipped = worker.listen().get("skipped")
            if result.skipped is None:
                running.append((result, worker))
        warm = [worker.round() for _, worker in running]
        assert len({sample["units"] for sample in warm}) == 1, f"{case.name}: not the same work"
        if quick or "kib_each" in warm[0]:
            for (result, _), sample in zip(running, warm, strict=True):
                result.samples.append(sample)  # memory that was used once is not taken again
        for number in range(0 if quick else case.rounds):
            # In turn forwards and backwards, so that nobody always follows the same one.
            for result, worker in running if number % 2 else reversed(running):
                if number < case.fewer_rounds.get(result.contender, case.rounds):
                    result.samples.append(worker.round())
    return results


@contextmanager
def _process(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.communicate("")
        process.wait()
