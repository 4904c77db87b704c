"""Two hundred generates at a time through one client, with faults at every endpoint.

Every one must end in a video or a named error; no message may be charged twice; after `recover`
nothing is unfinished; memory, tasks and open files return to where they began.

    python tests/load/load.py --seconds 180 --concurrent 200

Prints the figures, and exits with 1 when a rule is broken.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from nemovideo.sandbox import AgentBehavior, Fault, Sandbox

CLIENT = Path(__file__).with_name("client.py")
RATE = 0.1
"""The share of each endpoint's requests that are hit."""
MOST_GROWTH_MB = 32
"""Over what 200 at a time had already taken; a leak of 10 kB for each video would show."""

FAULTS = (
    Fault("tokens.create_anonymous", "status"),
    Fault("tokens.create_anonymous", "reset_after"),
    Fault("sessions.create", "status"),
    Fault("sessions.create", "reset_after"),
    Fault("sessions.create", "cut", bytes=10),
    Fault("messages.stream", "reset_before"),
    Fault("messages.stream", "reset_after"),
    Fault("messages.stream", "status", status=503, retry_after=0),
    Fault("messages.stream", "status", status=502, acted=True),
    Fault("messages.stream", "code", code=1002),
    Fault("messages.stream", "code", code=429),
    Fault("messages.stream", "cut", events=2),
    Fault("messages.stream", "cut", events=1, clean=True),
    Fault("messages.stream", "garbage", events=1),
    Fault("messages.stream", "stall", events=1, seconds=1),
    Fault("messages.stream", "agent_error", message="boom"),
    Fault("messages.stream", "silent"),
    Fault("credits.retrieve", "status"),
    Fault("credits.retrieve", "reset_before"),
    Fault("states.retrieve", "status"),
    Fault("states.retrieve", "garbage"),
    Fault("states.retrieve", "reset_after"),
    Fault("renders.create", "reset_after"),
    Fault("renders.create", "status", acted=True),
    Fault("renders.create", "code", code=429),
    Fault("renders.create", "failed_render"),
    Fault("renders.retrieve", "status"),
    Fault("renders.retrieve", "reset_before"),
    Fault("renders.retrieve", "html"),
    Fault("renders.download", "status"),
    Fault("renders.download", "cut", bytes=100),
    Fault("files.download", "cut", bytes=500),
    Fault("files.download", "status"),
    Fault("files.download", "reset_before"),
)


def build_faults() -> list[Fault]:
    """Return the faults with their chances: `RATE` for those of one endpoint together."""
    kinds = Counter(fault.endpoint for fault in FAULTS)
    return [
        replace(fault, times=None, probability=RATE / kinds[fault.endpoint]) for fault in FAULTS
    ]


def run(sandbox: Sandbox, seconds: float, concurrent: int, folder: str) -> dict[str, Any]:
    """Let the client work with faults and recover without, and return its figures."""
    command = [sys.executable, str(CLIENT), sandbox.url, folder, str(seconds), str(concurrent)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stdout.readline() == "warm\n"
        with sandbox.inject(*build_faults()) as injected:
            print(file=client.stdin, flush=True)
            assert client.stdout.readline() == "worked\n"
            hits = injected.hits
        print(file=client.stdin, flush=True)
        return json.loads(client.stdout.readline()) | {"faults": hits}


def check_service(sandbox: Sandbox) -> list[str]:
    """Name every message that ran or was charged twice, and every other breach of the rules."""
    charges = Counter(charge.session_id for charge in sandbox.charges if charge.amount)
    twice = [f"{each} was charged {count} times" for each, count in charges.items() if count > 1]
    runs = [each for each in sandbox.sessions if len(each.turns) > 1]
    twice += [f"{each.session_id} ran {len(each.turns)} messages" for each in runs]
    print(f"{'charged twice':18}{len(twice)}")
    # A stream is left before its end where the agent reports that it has failed.
    breaches = [each for each in sandbox.violations() if each.kind != "abandoned_stream"]
    return [*twice, *map(str, breaches)]


def check_client(figures: dict[str, Any], folder: Path) -> list[str]:
    """Print the client's figures, and name what it left behind."""
    errors = figures.pop("errors")
    broken: list[str] = figures.pop("broken")
    before, after = figures.pop("before"), figures.pop("after")
    for name, value in figures.items():
        print(f"{name:18}{value:.0f}")
    print(f"{'named errors':18}{sum(errors.values())}")
    for name, count in sorted(errors.items(), key=lambda each: -each[1]):
        print(f"    {name:34}{count}")
    for name, value in before.items():
        print(f"{name:18}{value:.0f} before, {after[name]:.0f} after")
    for name, allowed in (("memory_mb", MOST_GROWTH_MB), ("files", 0), ("tasks", 0)):
        if after[name] > before[name] + allowed:
            broken.append(f"{name} went from {before[name]:.0f} to {after[name]:.0f}")
    if figures["unfinished"]:
        broken.append(f"{figures['unfinished']} unfinished after recovery")
    left = [each.name for each in folder.iterdir() if each.name != "config"]
    return broken + [f"{name} was left behind" for name in left]


def main() -> int:
    """Run it all; 1 when a rule was broken."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--concurrent", type=int, default=200)
    arguments = parser.parse_args()
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with (
        tempfile.TemporaryDirectory() as folder,
        Sandbox(stub_renders=True, behavior=behavior, credits=10**9) as sandbox,
    ):
        figures = run(sandbox, arguments.seconds, arguments.concurrent, folder)
        broken = check_client(figures, Path(folder)) + check_service(sandbox)
        print(f"{'requests':18}{len(sandbox.requests)}")
    for line in broken[:20]:
        print(f"BROKEN: {line}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
