"""A fleet on a virtual clock: the figures and the table of the page `docs/at-scale.md`.

`python -m benchmarks.scale` writes them again, the same to the last digit. The service and the
machines are simulated; how many jobs may run at a time is decided by the package's own code.
"""

from __future__ import annotations

import argparse
import heapq
import math
import random
from collections import deque
from dataclasses import dataclass, field
from itertools import count

from benchmarks.measuring import ROOT
from benchmarks.plots import write_bars, write_series
from nemovideo import Timing
from nemovideo.batch.concurrency_limit import ConcurrencyLimit
from nemovideo.batch.job_runner import MOST_ATTEMPTS
from nemovideo.journal.postgres import LEASE_SECONDS
from nemovideo.operations.request import CLIP_CREDITS

JOBS = 100_000
PER_WORKER = 4
HOUR = 3600.0
MESSAGE_SECONDS = 120.0
"""The median of a message; they are spread as a log-normal distribution."""
RENDER_SECONDS = (30.0, 90.0)
LOST_SHARE, REFUSED_SHARE = 0.01, 0.005
RECOVERY_SECONDS = (30.0, 150.0)
DEATH_HOURS = 24.0
"""How long a machine lives on average."""
SAMPLE_SECONDS = 60.0


@dataclass
class Service:
    """Takes so many messages a minute, and answers those beyond with 429."""

    per_minute: float | None
    _tokens: float = 0.0
    _at: float = 0.0

    def takes(self, now: float) -> bool:
        """Whether a message is taken at this time."""
        if self.per_minute is None:
            return True
        rate = self.per_minute / 60
        self._tokens = min(self.per_minute / 6, self._tokens + (now - self._at) * rate)
        self._at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True


@dataclass(eq=False)
class Running:
    """A job that was sent."""

    worker: int
    sent_until: float
    ends: float
    generation: int


@dataclass
class Fleet:
    """One run: so many workers, what the service takes, and what may be spent."""

    workers: int
    per_minute: float | None = None
    max_credits: float = math.inf
    jobs: int = JOBS
    done: int = 0
    refused: int = 0
    given_up: int = 0
    messages: int = 0
    rate_limited: int = 0
    deaths: int = 0
    picked_up: int = 0
    paid_again_without_keys: int = 0
    hours: float = 0.0
    samples: list[tuple[float, int, int, int]] = field(
        default_factory=list[tuple[float, int, int, int]]
    )
    """The time, the films, the jobs that run, and the limit on them."""

    def run(self) -> Fleet:
        """Let the virtual time pass until nothing is left to do."""
        generator, numbers = random.Random(17), count()
        limit, service = ConcurrencyLimit(self.workers * PER_WORKER), Service(self.per_minute)
        events: list[tuple[float, int, Running | int | None]] = []
        running: list[set[Running]] = [set() for _ in range(self.workers)]
        again: deque[int] = deque()
        drawn, now, paused_until, at_work, next_sample = 0, 0.0, 0.0, 0, 0.0
        for worker in range(self.workers):
            heapq.heappush(events, (_lifetime(generator), next(numbers), worker))

        while True:
            while at_work < limit.allowed and now >= paused_until:
                affordable = (self.messages + 1) * CLIP_CREDITS <= self.max_credits
                if not affordable or not (again or drawn < self.jobs):
                    break
                attempts = again.popleft() if again else 0
                drawn += not attempts
                if not service.takes(now):
                    self.rate_limited += 1
                    limit.decrease(limit.generation)
                    paused_until = now + Timing().rate_limit_wait
                    if attempts + 1 < MOST_ATTEMPTS:
                        again.append(attempts + 1)
                    else:
                        self.given_up += 1
                    heapq.heappush(events, (paused_until, next(numbers), None))
                    break
                if generator.random() < REFUSED_SHARE:
                    self.refused += 1
                    continue
                self.messages += 1
                worker = min(range(self.workers), key=lambda each: len(running[each]))
                job = _begin(generator, now, worker, limit.generation)
                running[worker].add(job)
                at_work += 1
                heapq.heappush(events, (job.ends, next(numbers), job))
            is_over = not again and drawn >= self.jobs
            if not at_work and (is_over or (self.messages + 1) * CLIP_CREDITS > self.max_credits):
                self.hours = now / HOUR
                return self
            now, _, event = heapq.heappop(events)
            while now >= next_sample:
                self.samples.append((next_sample / HOUR, self.done, at_work, limit.allowed))
                next_sample += SAMPLE_SECONDS
            if isinstance(event, Running):
                if event.ends > now:  # it was put off when a machine died
                    heapq.heappush(events, (event.ends, next(numbers), event))
                    continue
                running[event.worker].discard(event)
                at_work -= 1
                self.done += 1
                limit.increase()
            elif event is not None:
                self._die(running[event], now)
                heapq.heappush(events, (now + _lifetime(generator), next(numbers), event))

    def _die(self, jobs: set[Running], now: float) -> None:
        """A machine dies: its lease runs out, and another picks up what was sent."""
        self.deaths += 1
        for job in jobs:
            self.picked_up += 1
            self.paid_again_without_keys += now < job.sent_until
            job.ends = max(job.ends, now + LEASE_SECONDS) + Timing().silent_recheck


def _begin(generator: random.Random, now: float, worker: int, generation: int) -> Running:
    message = generator.lognormvariate(math.log(MESSAGE_SECONDS), 0.4)
    if generator.random() < LOST_SHARE:
        message += generator.uniform(*RECOVERY_SECONDS)
    render = generator.uniform(*RENDER_SECONDS)
    return Running(worker, now + message, now + message + render, generation)


def _lifetime(generator: random.Random) -> float:
    return generator.expovariate(1 / (DEATH_HOURS * HOUR))


def main() -> None:
    """Simulate, and write the figures and the table."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scale", description=__doc__)
    parser.parse_args()
    fleets = {
        "1 worker": Fleet(1),
        "10 workers": Fleet(10),
        "100 workers": Fleet(100),
        "100 workers, 120 messages a minute": Fleet(100, 120),
        "100 workers, 60 messages a minute": Fleet(100, 60),
        "100 workers, 60 a minute, 5,000,000 credits": Fleet(100, 60, 5_000_000),
    }
    rows = [f"| {name} | {_row(fleet.run())} |" for name, fleet in fleets.items()]
    folder = ROOT / "docs" / "benchmarks"
    free, some, few = (fleets[name] for name in list(fleets)[2:5])
    write_bars(
        folder,
        "scale-days",
        f"Days for {JOBS:,} films",
        [
            (name.replace(" messages", ""), fleet.hours / 24)
            for name, fleet in list(fleets.items())[:5]
        ],
    )
    write_series(
        folder,
        "scale-films",
        "Films over time, 100 workers",
        ("hours", "films"),
        {
            "no limit met": [(hour, films) for hour, films, _, _ in free.samples],
            "120 a minute": [(hour, films) for hour, films, _, _ in some.samples],
            "60 a minute": [(hour, films) for hour, films, _, _ in few.samples],
        },
    )
    begin = [sample for sample in few.samples if sample[0] <= 4]
    write_series(
        folder,
        "scale-limit",
        "Jobs at a time under 60 messages a minute, 100 workers",
        ("hours", "jobs"),
        {
            "allowed": [(hour, allowed) for hour, _, _, allowed in begin],
            "running": [(hour, running) for hour, _, running, _ in begin],
        },
    )
    page = ROOT / "docs" / "at-scale.md"
    before, rest = page.read_text("utf-8").split("<!-- simulated -->\n")
    after = rest.split("<!-- /simulated -->\n")[1]
    head = (
        "| fleet | hours | films | messages | 429 | machines that died | jobs picked up |"
        " messages that keys saved |\n"
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |"
    )
    table = "\n".join([head, *rows])
    marks = f"<!-- simulated -->\n{table}\n<!-- /simulated -->\n"
    page.write_text(f"{before}{marks}{after}", "utf-8")
    print(table)


def _row(fleet: Fleet) -> str:
    numbers = (
        *(fleet.done, fleet.messages, fleet.rate_limited, fleet.deaths, fleet.picked_up),
        fleet.paid_again_without_keys,
    )
    return " | ".join([f"{fleet.hours:,.1f}", *(f"{number:,}" for number in numbers)])


if __name__ == "__main__":
    main()
