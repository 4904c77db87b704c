"""Which tests can notice a mutant: those that reach what it changes."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from operators import Mutant
from runner import HANGS_AFTER, ROOT, environment

MOST_SECONDS = 12.0
"""Of tests for one mutant, as they took when they were recorded."""


@dataclass(slots=True)
class Recording:
    """Which tests reach which lines, and how long each takes."""

    seconds: dict[str, float] = field(default_factory=dict)
    reaching: dict[tuple[str, int], set[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, folder: Path) -> Recording:
        """Read what the processes wrote."""
        made = cls()
        failed = set()
        for path in folder.glob("*.txt"):
            test = ""
            for line in path.read_text().splitlines():
                mark, _, rest = line.partition(" ")
                if mark == "T":
                    test = rest
                elif mark == "D":
                    made.seconds[test], test = float(rest), ""
                elif mark == "F":
                    failed.add(test)
                    test = ""
                elif test:
                    module, _, number = line.rpartition(":")
                    place = f"nemovideo/{module}", int(number)
                    made.reaching.setdefault(place, set()).add(test)
        for test in sorted(failed):
            print(f"fails without any change, and is left out: {test}")
        for tests in made.reaching.values():
            tests.intersection_update(made.seconds)
        return made


def record(folder: Path, tests: Sequence[str], workers: int) -> Recording:
    """Run the tests once and learn what each reaches."""
    folder.mkdir(parents=True)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-p", "recording_plugin", "-n", str(workers), "--dist", "worksteal"]
    command += ["--hypothesis-seed=0", *tests]
    env = {"MUTATION_RECORD": str(folder), "MUTATION_PACKAGE": str(ROOT / "nemovideo")}
    subprocess.run(command, cwd=ROOT, env={**environment(), **env}, check=False)
    return Recording.read(folder)


class Selection:
    """Chooses the tests for each mutant."""

    def __init__(self, recording: Recording, sources: Mapping[str, bytes]) -> None:
        self._recording = recording
        self._mentions: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
        for module, source in sources.items():
            for node in ast.walk(ast.parse(source)):
                name = getattr(node, "id", None) or getattr(node, "attr", None)
                if isinstance(name, str):
                    self._mentions[name].add((module, node.lineno))
        self._noticed: defaultdict[tuple[str, str], list[str]] = defaultdict(list)

    def choose(self, mutant: Mutant) -> list[str]:
        """Return the tests to run, the likeliest to notice first."""
        first, last = mutant.lines
        places = {(mutant.module, line) for line in range(first, last + 1)}
        for name in mutant.names:
            places |= self._mentions[name]
        reaching: set[str] = set()
        for place in places:
            reaching |= self._recording.reaching.get(place, set())
        earlier = [test for test in self._noticed[mutant.module, mutant.scope] if test in reaching]
        chosen: list[str] = []
        spent = 0.0
        for test in (*earlier, *self._ranked(reaching.difference(earlier))):
            seconds = self._recording.seconds[test]
            if not chosen or (spent + seconds <= MOST_SECONDS and seconds <= HANGS_AFTER / 3):
                chosen.append(test)
                spent += seconds
        # What a file makes once, it makes once only where its tests follow each other.
        files = list(dict.fromkeys(test.partition("::")[0] for test in chosen))
        return sorted(chosen, key=lambda test: files.index(test.partition("::")[0]))

    def leave_out(self, test: str) -> bool:
        """Never choose a test again; return whether there is such a test."""
        for tests in self._recording.reaching.values():
            tests.discard(test)
        return test in self._recording.seconds

    def limit(self, tests: Iterable[str]) -> float:
        """Return after how many seconds these tests hang."""
        return HANGS_AFTER + 4 * sum(self._recording.seconds[test] for test in tests)

    def learn(self, mutant: Mutant, test: str) -> None:
        """Try the test that noticed a mutant first at others of the same function."""
        known = self._noticed[mutant.module, mutant.scope]
        if test in known:
            known.remove(test)
        known.insert(0, test)

    def _ranked(self, tests: Iterable[str]) -> list[str]:
        """Quick ones first, and one case of each test before the second of any."""
        cases: defaultdict[str, int] = defaultdict(int)
        ranked: list[tuple[int, str]] = []
        for test in sorted(tests, key=lambda test: (self._recording.seconds[test], test)):
            name = test.partition("[")[0]
            ranked.append((cases[name], test))
            cases[name] += 1
        return [test for _, test in sorted(ranked, key=lambda pair: pair[0])]
