"""How late a finished render is noticed, in how many looks: 10,000 renders, a virtual clock."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from statistics import mean

from nemovideo import Timing
from nemovideo.protocol.render_polling import next_poll_delay

SHORTEST, LONGEST = 30.0, 90.0
"""Seconds that a render takes (wire-contract section 4)."""

Wait = Callable[[float, float], float]
"""From the seconds elapsed and the progress reported (0 for none) to the seconds to wait."""

_TIMING = Timing()

SCHEDULES: dict[str, Wait] = {
    "nemovideo": lambda elapsed, progress: next_poll_delay(elapsed, progress, _TIMING),
    "every 10 s": lambda _elapsed, _progress: 10.0,
    "every 30 s": lambda _elapsed, _progress: 30.0,
}

Report = Callable[[float, random.Random], float]
"""From the share of a render that is done to the progress that the service reports, 0-100."""


def _noisy(done: float, chance: random.Random) -> float:
    return min(99.0, max(0.0, 100 * done + chance.gauss(0, 8)))


REPORTS: dict[str, Report] = {
    "no reports": lambda _done, _chance: 0.0,
    "even": lambda done, _chance: 100 * done,
    "noisy": _noisy,
    "slow at first": lambda done, _chance: 100 * done**2,
    "slow at the end": lambda done, _chance: 100 * done**0.5,
    "in steps of 25": lambda done, _chance: 25 * (done * 4 // 1),
    "stays at 99": lambda done, _chance: min(99.0, 100 * done / 0.7),
    "waits in a queue": lambda done, _chance: max(0.0, 100 * (done - 0.4) / 0.6),
}


@dataclass(frozen=True, slots=True)
class Waited:
    """What a schedule did over many renders."""

    late_share: float
    """Seconds between finished and noticed, in the mean, as a share of the render's length."""
    late: float
    """The same in seconds."""
    polls: float
    most_polls: int


def simulate(wait: Wait, report: Report, renders: int, seed: int = 1) -> Waited:
    """Wait for so many renders, each 30-90 s long."""
    chance = random.Random(seed)
    late: list[float] = []
    shares: list[float] = []
    polls: list[int] = []
    for _ in range(renders):
        length = chance.uniform(SHORTEST, LONGEST)
        now, count = 0.0, 1
        while now < length:
            now += wait(now, report(now / length, chance))
            count += 1
        late.append(now - length)
        shares.append((now - length) / length)
        polls.append(count)
    return Waited(mean(shares), mean(late), mean(polls), max(polls))


def run(*, quick: bool) -> dict[str, dict[str, Waited]]:
    """Return what each schedule did with each kind of report."""
    renders = 200 if quick else 10_000
    return {
        kind: {name: simulate(wait, report, renders) for name, wait in SCHEDULES.items()}
        for kind, report in REPORTS.items()
    }
