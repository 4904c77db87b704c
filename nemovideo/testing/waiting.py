"""Tests without waiting."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from nemovideo.config.timing import Timing, scale_waits

WAIT_FACTOR = 0.001
"""Makes all default waits shorter than 60 ms, and keeps their order."""


@contextmanager
def no_waiting(**limits: float) -> Generator[None]:
    """Make clients created in the block hardly wait between two steps.

    Polls and retries follow each other at once. Time limits stay as they are, so that a slow
    machine does not exceed them.

    Args:
        limits: fields of `Timing` that clients in the block have instead of their own:
            `stream_limit=0.5` decides after half a second that a lost message left no trace.

    Raises:
        TypeError: `Timing` has no such field.
        InvalidInputError: one is not a number of seconds.

    Example:
        ```python
        with no_waiting(stream_limit=0.5):
            video = make_a_video("a panda in the snow")
        ```
    """
    Timing(**limits)  # type: ignore[arg-type]  # it refuses what it does not know
    before = scale_waits(WAIT_FACTOR, limits)
    try:
        yield
    finally:
        scale_waits(*before)
