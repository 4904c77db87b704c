"""What the fuzz targets share: a corpus that begins with what the service really sends."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path

import atheris


def fuzz(target: Callable[[bytes], None], seeds: Iterable[bytes]) -> None:
    """Run `target` under libFuzzer with the arguments of the command line, then leave.

    Args:
        target: fails with an exception that is not meant to happen.
        seeds: inputs to begin with.
    """
    with tempfile.TemporaryDirectory() as folder:
        for number, seed in enumerate(seeds):
            Path(folder, f"seed-{number}").write_bytes(seed)
        atheris.Setup([*sys.argv, folder], target)
        atheris.Fuzz()
