"""Tests without waiting."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from nemovideo.config.timing import scale_waits

WAIT_FACTOR = 0.001
"""Makes all default waits shorter than 60 ms, and keeps their order."""


@contextmanager
def no_waiting() -> Generator[None]:
    """Make clients created in the block hardly wait between two steps.

    Polls and retries follow each other at once. Time limits stay as they are, so that a slow
    machine does not exceed them; to test a limit, set it in `Timing`.

    Example:
        ```python
        with no_waiting():
            video = make_a_video("a panda in the snow")
        ```
    """
    before = scale_waits(WAIT_FACTOR)
    try:
        yield
    finally:
        scale_waits(before)
