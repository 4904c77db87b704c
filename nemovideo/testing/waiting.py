"""The switch that turns waiting off."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from nemovideo.config.timing import scale_waits

WAIT_FACTOR = 0.001
"""Of the default waits, all are then below 60 ms, and their order stays."""


@contextmanager
def no_waiting() -> Generator[None]:
    """Let clients that are made in the `with` block hardly wait between two steps.

    Polls, repeats, and looks at a lost message's result follow each other at once. Limits stay as
    they are, so that a slow machine does not run into them; to test a limit, set it in `Timing`.

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
