"""Run the benchmarks and write the page in the docs with its plots and raw figures."""

from __future__ import annotations

import argparse
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import breakdown, crowds, entries, growth, waiting
from benchmarks.cases import CASES
from benchmarks.measuring import ROOT, fixture_server, measure, worker
from benchmarks.report import Run, goal, table, write

_PAGE = ROOT / "docs" / "benchmarks.md"
_OTHERS = ("waiting", "growth", "breakdown")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every benchmark once, in short form")
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        choices=(*CASES, *_OTHERS),
        help=f"this one; may be repeated: {', '.join((*CASES, *_OTHERS))}",
    )
    return parser.parse_args()


def main() -> None:
    """Run what the arguments ask for; the page is written by a full run only."""
    told = _arguments()
    wanted = told.only or [*CASES, *_OTHERS]
    run = Run()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        servers = stack.enter_context(fixture_server())
        shared = stack.enter_context(worker()) if told.quick else None
        for case in (CASES[name] for name in wanted if name in CASES):
            results = run.cases[case.name] = measure(case, servers, Path(folder), shared)
            print(f"\n{case.title} ({case.name})\n{goal(case, results)}", flush=True)
            print(table(case, results), flush=True)
        if "growth" in wanted:
            run.growth = growth.run(quick=told.quick) | entries.run(quick=told.quick)
            run.growth |= crowds.run(servers, Path(folder), shared)
    if "waiting" in wanted:
        run.waiting = waiting.run(quick=told.quick)
    if "breakdown" in wanted:
        run.breakdown = breakdown.run(quick=told.quick)
    if told.quick or told.only:
        with tempfile.TemporaryDirectory() as away:  # the report must not rot either
            write(run, CASES, Path(away) / "benchmarks.md")
            print((Path(away) / "benchmarks.md").read_text("utf-8").rpartition("\n## ")[2])
    else:
        write(run, CASES, _PAGE)
        print(f"\nWritten: {_PAGE}")


if __name__ == "__main__":
    main()
