"""Run the benchmarks and write the page in the docs with its plots and raw figures.

Without arguments everything is measured, which takes 20 to 25 minutes on two cores that do nothing
else, and `docs/benchmarks.md` is written. With --only or --quick the tables are printed and no file
is written.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from benchmarks import (
    batch_growth,
    breakdown,
    crowds,
    entries,
    first_answers,
    growth,
    installs,
    journal_writes,
    waiting,
    words,
)
from benchmarks.cases import CASES
from benchmarks.measuring import ROOT, Servers, Worker, fixture_server, measure, worker
from benchmarks.report import (
    SECTIONS,
    Run,
    goal,
    growth_table,
    rows_table,
    steps_table,
    table,
    write,
)
from benchmarks.rows import Row

_PAGE = ROOT / "docs" / "benchmarks.md"
_OTHERS = {
    "growth": "what work costs as it grows: events, drafts, keys, streams at a time",
    "waiting": "how late a finished render is noticed, on a virtual clock",
    "breakdown": "where the time of one request, event and mebibyte goes",
}


def _arguments() -> argparse.Namespace:
    named = {name: case.title for name, case in CASES.items()} | SECTIONS | _OTHERS
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog="what --only takes:\n"
        + "\n".join(f"  {name:18} {title}" for name, title in named.items()),
    )
    parser.add_argument(
        "--quick", action="store_true", help="everything once, in short form: that it runs"
    )
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        choices=named,
        help="measure this one, in full; may be repeated",
    )
    parser.add_argument(
        "--page", metavar="FILE", type=Path, help="write the page here, whatever was measured"
    )
    return parser.parse_args()


def main() -> None:
    """Run what the arguments ask for; the page of the docs is written by a full run only."""
    options = _arguments()
    run = Run()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        servers = stack.enter_context(fixture_server())
        shared = stack.enter_context(worker()) if options.quick else None
        steps = _steps(run, servers, folder, shared, quick=options.quick)
        wanted = [name for name in steps if not options.only or name in options.only]
        began = time.monotonic()
        for number, name in enumerate(wanted, 1):
            started, cpu = time.monotonic(), _cpu()
            print(f"\n[{number}/{len(wanted)}] {name}", flush=True)
            print(steps[name](), flush=True)
            now = time.monotonic()
            took, total = now - started, (now - began) / 60
            print(f"{took:.0f} s, {_cpu() - cpu:.0f} s of CPU; {total:.1f} min in all", flush=True)
    page = options.page or (None if options.quick or options.only else _PAGE)
    if page is not None:
        write(run, CASES, page)
        print(f"\nWritten: {page}")
    else:
        with tempfile.TemporaryDirectory() as away:  # the report must not rot either
            write(run, CASES, Path(away) / "benchmarks.md")


def _steps(
    run: Run, servers: Servers, folder: Path, shared: Worker | None, *, quick: bool
) -> dict[str, Callable[[], str]]:
    """Return what measures each part, enters it in `run` and says it, in order."""

    def case(name: str) -> str:
        found = CASES[name]
        results = run.cases[name] = measure(found, servers, folder, shared)
        return f"{found.title}\n{goal(found, results)}\n{table(found, results)}"

    def enter(name: str, rows: list[Row]) -> str:
        run.rows[name] = rows
        return rows_table(rows)

    def batch() -> str:
        run.growth["batch"], rows = batch_growth.run(quick=quick)
        return enter("batch", rows)

    def grow() -> str:
        run.growth |= growth.run(quick=quick) | entries.run(quick=quick)
        run.growth |= crowds.run(servers, folder, shared)
        return growth_table(run.growth)

    def wait() -> str:
        run.waiting = waiting.run(quick=quick)
        return "on the page"

    def break_down() -> str:
        run.breakdown = breakdown.run(quick=quick)
        return steps_table(run.breakdown)

    return {
        **{name: lambda name=name: case(name) for name in CASES},
        "words": lambda: enter("words", words.run()),
        "journal": lambda: enter("journal", journal_writes.run(quick=quick)),
        "mcp": lambda: enter("mcp", first_answers.run_mcp(quick=quick)),
        "first-test": lambda: enter("first-test", first_answers.run_tests(quick=quick)),
        "install": lambda: enter("install", installs.run(quick=quick)),
        "batch": batch,
        "growth": grow,
        "waiting": wait,
        "breakdown": break_down,
    }


def _cpu() -> float:
    """Return the CPU seconds of this process and of those it has waited for."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


if __name__ == "__main__":
    main()
