"""`python -m benchmarks`: run them, write the raw figures, the tables and the plots."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchmarks.cases import CASES
from benchmarks.measuring import fixture_server, measure, ratios


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="every benchmark once, in short form")
    parser.add_argument("--only", metavar="NAME", action="append", help="this one; may be repeated")
    told = parser.parse_args()
    with fixture_server() as server, tempfile.TemporaryDirectory() as folder:
        for case in CASES.values():
            if told.only and case.name not in told.only:
                continue
            results = measure(case, server, Path(folder), quick=told.quick)
            floor = next(r for r in results if r.contender == case.floor)
            print(f"\n{case.title}  (goal {case.ours})", flush=True)
            for r in results:
                if r.skipped:
                    print(f"  {r.contender:32} {r.skipped}")
                    continue
                x = ratios(r, floor, case.metric)
                w = ratios(r, floor, "wall")
                c = ratios(r, floor, "cpu")
                print(f"  {r.contender:32} cpu {c[len(c)//2]:7.2f}  wall {w[len(w)//2]:7.2f}  {r.median(case.metric)*1e6/r.median('units'):9.2f} us  peak {r.median('peak_mib'):6.1f} stall {r.median('stall_ms'):5.1f} {r.samples[0].get('kib_each','')} {r.samples[0].get('modules','')}", flush=True)


if __name__ == "__main__":
    main()
