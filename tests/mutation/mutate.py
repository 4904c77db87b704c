"""Change the money paths a little, many times, and count what the tests notice.

    python tests/mutation/mutate.py                              # as the session `mutants` does
    python tests/mutation/mutate.py nemovideo/operations/turn_runner.py --per-module 100 --verbose

The tests run once to learn which of them reach which line. Then a forked process loads each mutant
of a sample, as do the programs that tests start there, and runs the tests that reach it: quick ones
first, a dozen seconds of them at most. A test that fails or hangs has noticed it.

Prints what nobody noticed and the score of each module; exits with 1 where less than 85 % were
noticed, and with 2 where the run itself is broken. Needs Python 3.12 and Linux.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NoReturn

from operators import Mutant, find_mutants
from runner import HERE, ROOT, Runner, warm
from selection import Recording, Selection, record

LEAST = 85
"""Per cent that must be noticed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What mutants.toml says."""

    modules: list[str]
    tests: list[str]
    equivalent: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> Settings:
        """Read the file."""
        return cls(**tomllib.loads(path.read_text()))

    def leave_out(self, module: str, mutants: list[Mutant]) -> list[Mutant]:
        """Return the mutants of a module without those that change nothing."""
        left_out: set[Mutant] = set()
        for entry in self.equivalent:
            if entry["module"] == module:
                same = {each for each in mutants if (each.old, each.new) == _replacement(entry)}
                if not same or not entry["reason"]:
                    _stop(f"mutants.toml: {module} has no mutant {entry['old']} -> {entry['new']}")
                left_out |= same
        return [each for each in mutants if each not in left_out]


def _replacement(entry: Mapping[str, str]) -> tuple[str, str]:
    return entry["old"], entry["new"]


def _stop(message: str) -> NoReturn:
    print(message, file=sys.stderr)
    raise SystemExit(2)


def draw(module: str, mutants: list[Mutant], number: int, seed: int) -> list[Mutant]:
    """Draw mutants of a module: one of each statement before the second of any."""
    shuffled = random.Random(f"{seed} {module}").sample(mutants, len(mutants))
    drawn: defaultdict[tuple[int, int], int] = defaultdict(int)
    ranked: list[tuple[int, Mutant]] = []
    for mutant in shuffled:
        ranked.append((drawn[mutant.lines], mutant))
        drawn[mutant.lines] += 1
    return [mutant for _, mutant in sorted(ranked, key=lambda pair: pair[0])][:number]


def _in_turn(samples: Iterable[list[Mutant]]) -> Iterator[Mutant]:
    """Give one of each module, then the second of each: cut short, all have had their share."""
    rows = list(samples)
    for place in range(max(map(len, rows), default=0)):
        yield from (row[place] for row in rows if place < len(row))


def _controls(samples: Iterable[list[Mutant]]) -> Iterator[Mutant]:
    """Give a mutant of each module that changes nothing: nobody may notice it."""
    for first in (row[0] for row in samples if row):
        yield replace(first, kind="control", new=first.old)


class Run:
    """Runs mutants and counts."""

    def __init__(
        self, runner: Runner, selection: Selection, sources: Mapping[str, bytes], verbose: bool
    ) -> None:
        self.noticed: dict[str, list[bool]] = {}
        self._runner = runner
        self._selection = selection
        self._sources = sources
        self._verbose = verbose

    def run(self, mutants: Iterable[Mutant], until: float) -> None:
        """Run mutants until there are no more, or the time is up."""
        for mutant in mutants:
            if time.monotonic() > until:
                break
            tests = self._selection.choose(mutant)
            if not tests:
                self._count(mutant, None)
                continue
            while self._runner.is_full:
                self._count(*self._runner.wait())
            source = self._sources[mutant.module]
            self._runner.start(mutant, source, tests, self._selection.limit(tests))
        while not self._runner.is_idle:
            self._count(*self._runner.wait())

    def _count(self, mutant: Mutant, by: str | None) -> None:
        if mutant.kind == "control":
            if by is not None:
                self._leave_out(by)
            return
        self.noticed.setdefault(mutant.module, []).append(by is not None)
        if by is None:
            print(f"survived: {mutant}", flush=True)
        else:
            self._selection.learn(mutant, by)
            if self._verbose:
                print(f"noticed: {mutant}  by {by}", flush=True)

    def _leave_out(self, test: str) -> None:
        """Go on without a test that fails where nothing was changed; it cannot notice anything."""
        if not self._selection.leave_out(test):
            _stop(f"The run is broken: {test}, without any change.")
        print(f"fails without any change, and is left out: {test}", flush=True)

    def report(self) -> float:
        """Print the scores and return that of all."""
        for module, noticed in sorted(self.noticed.items()):
            print(f"{module:40} {_score(noticed)}")
        everything = [each for noticed in self.noticed.values() for each in noticed]
        if not everything:
            _stop("No mutant was run.")
        print(f"{'all':40} {_score(everything)}")
        return 100 * sum(everything) / len(everything)


def _score(noticed: list[bool]) -> str:
    share = 100 * sum(noticed) / len(noticed)
    return f"{sum(noticed):4} of {len(noticed):4} noticed, {share:5.1f} %"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Count which small changes the tests notice.")
    today = int(time.time() // 86400)
    parser.add_argument("modules", nargs="*", help="instead of those in mutants.toml")
    parser.add_argument("--tests", nargs="*", help="instead of those in mutants.toml")
    parser.add_argument("--seed", type=int, default=today, help="of the sample; a new one each day")
    parser.add_argument("--per-module", type=int, default=25, help="mutants of each module")
    parser.add_argument("--minutes", type=float, default=19, help="after which no mutant begins")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 2)
    parser.add_argument("--recording", type=Path, help="a folder: used if there, else written")
    parser.add_argument("--verbose", action="store_true", help="say what noticed each mutant")
    return parser.parse_args()


def main() -> int:
    """Run, print, and return the exit code."""
    options = _parse()
    began = time.monotonic()
    settings = Settings.read(HERE / "mutants.toml")
    modules: list[str] = options.modules or settings.modules
    tests: list[str] = options.tests or settings.tests
    for each in (*settings.modules, *modules, *tests):
        if not (ROOT / each).exists():
            _stop(f"{each} does not exist.")
    sources = {each: (ROOT / each).read_bytes() for each in {*settings.modules, *modules}}
    samples = []
    for module in modules:
        mutants = settings.leave_out(module, find_mutants(module, sources[module]))
        samples.append(draw(module, mutants, options.per_module, options.seed))
    with tempfile.TemporaryDirectory() as temporary:
        Path(temporary).chmod(0o711)  # some tests become another user
        if sys.dont_write_bytecode:  # or else all is compiled again for each mutant
            sys.dont_write_bytecode = False
            sys.pycache_prefix = str(Path(temporary, "compiled"))
        folder = options.recording or Path(temporary, "recording")
        if folder.exists():
            recording = Recording.read(folder)
        else:
            recording = record(folder, tests, options.workers)
        print(f"{len(recording.seconds)} tests, recorded in {time.monotonic() - began:.0f} s")
        warm(folder)
        runner = Runner(Path(temporary), options.workers)
        run = Run(runner, Selection(recording, sources), sources, options.verbose)
        until = began + 60 * options.minutes
        try:
            run.run(_controls(samples), until)
            run.run(_in_turn(samples), until)
        finally:
            runner.end_all()
    share = run.report()
    planned, done = sum(map(len, samples)), sum(map(len, run.noticed.values()))
    print(f"{done} of {planned} drawn by seed {options.seed}, in {time.monotonic() - began:.0f} s")
    return int(share < LEAST)


if __name__ == "__main__":
    sys.exit(main())
