"""Every benchmark beside the peers, one file for each kind of work."""

from __future__ import annotations

from benchmarks.case import Case
from benchmarks.cases import (
    decoding,
    downloads,
    generates,
    imports,
    renders,
    requests,
    streams,
    uploads,
)

CASES: dict[str, Case] = {
    case.name: case
    for case in (
        *imports.CASES,
        *requests.CASES,
        *decoding.CASES,
        *streams.CASES,
        *uploads.CASES,
        *downloads.CASES,
        *renders.CASES,
    )
}

GROWING: dict[str, Case] = {case.name: case for case in generates.CASES}
"""What is measured at several sizes only."""
