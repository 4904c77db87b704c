"""The polling interval: how long to wait before the next poll of a render."""

from __future__ import annotations

from nemovideo.config.timing import Timing

# Tuned over 10,000 renders of 30 to 90 s with eight kinds of progress reports, so that a finished
# one is noticed within a tenth of its length on average, with 12 polls at most.
_EARLY_GROWTH = 2.5
"""Before the shortest usual render can be done: the share of the time already waited."""
_GROWTH = 0.17
"""From then on."""
_REMAINING_SHARE = 0.6
"""How much of a render's estimated rest is waited before the next poll: reports are uneven."""
_LEAST_SHARE, _MOST_SHARE = 0.11, 1.3
"""What a report may make of it: no less than this of the time waited, and no more than this of the
wait without a report. Some stay at 99 % for long, and some jump."""


def next_poll_delay(elapsed: float, progress: float, timing: Timing) -> float:
    """Return the seconds to wait before the next poll of a render.

    A render that reports progress is polled when it is likely to be done; one that does not,
    in steps that keep the delay in proportion to the wait. `Timing.poll_max` is taken for the
    length of the shortest usual render, as it is by default (wire-contract section 4).
    """
    early = timing.poll_max - elapsed
    wait = min(_EARLY_GROWTH * elapsed, early) if early > 0 else _GROWTH * elapsed
    if 0 < progress < 100:
        rest = _REMAINING_SHARE * elapsed * (100 - progress) / progress
        wait = max(min(rest, _MOST_SHARE * wait), _LEAST_SHARE * elapsed)
    return min(max(timing.poll_first, wait), timing.poll_max)


def url_poll_delay(polls: int, timing: Timing) -> float:
    """Return the wait before a completed render without a URL is polled again."""
    return min(timing.poll_first * 2.0 ** (polls - 1), timing.poll_max)
