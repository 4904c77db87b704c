"""Faults on request: what goes wrong, where, how often; and which request is hit."""

import asyncio
import random
import threading
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass
from fnmatch import fnmatchcase
from types import TracebackType
from typing import Literal, Self, get_args

FaultKind = Literal[
    "status",
    "code",
    "html",
    "redirect",
    "garbage",
    "reset_before",
    "reset_after",
    "cut",
    "stall",
    "slow",
    "wrong_length",
    "heartbeats",
    "duplicate_final",
    "silent",
    "agent_error",
    "failed_render",
    "stuck_render",
]

ENDPOINTS = (
    "tokens.create_anonymous",
    "tokens.create_claim",
    "sessions.create",
    "messages.stream",
    "uploads.create",
    "credits.retrieve",
    "states.retrieve",
    "renders.create",
    "renders.retrieve",
    "renders.cancel",
    "renders.download",
    "files.download",
)
"""The names a fault can be aimed at: the client's resources, and `files.download` for the CDN."""

REPLACING_KINDS: frozenset[FaultKind] = frozenset({"status", "code", "html", "redirect"})
"""Kinds that put another answer in the place of the right one."""

_ONLY_FOR: dict[FaultKind, str] = {
    "heartbeats": "messages.stream",
    "duplicate_final": "messages.stream",
    "silent": "messages.stream",
    "agent_error": "messages.stream",
    "failed_render": "renders.create",
    "stuck_render": "renders.create",
}


_DEFAULTS: dict[str, object] = {
    **dict.fromkeys(("status", "code", "message", "retry_after", "location"), None),
    **dict.fromkeys(("events", "bytes", "seconds"), None),
    **dict.fromkeys(("clean", "acted"), False),
}
_REFUSAL = {"status", "code", "message", "retry_after", "acted"}
_ALLOWED_SETTINGS: dict[FaultKind, set[str]] = {
    "status": _REFUSAL,
    "code": _REFUSAL,
    "html": {"status", "message", "retry_after", "acted"},
    "redirect": {"status", "location", "acted"},
    "garbage": {"events", "acted"},
    "reset_before": set(),
    "reset_after": {"acted"},
    "cut": {"events", "bytes", "clean"},
    "stall": {"events", "bytes", "seconds"},
    "slow": {"bytes", "seconds"},
    "wrong_length": {"bytes"},
    "heartbeats": {"events", "seconds"},
    "duplicate_final": set(),
    "silent": set(),
    "agent_error": {"events", "message", "code"},
    "failed_render": set(),
    "stuck_render": set(),
}
_MINIMUM: dict[str, float] = {
    "times": 0, "after": 0, "status": 200, "events": 0, "bytes": 0, "seconds": 0, "retry_after": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One thing that goes wrong, at one endpoint, a number of times.

    `endpoint` is a name out of `ENDPOINTS`, or a pattern such as `"renders.*"` or `"*"`. `kind`:

    - `status`: an error answer with HTTP `status` (default 500); `code`: HTTP 200 with `code` in
      the envelope (default 500); `html`: a gateway's HTML page with `status` (default 502). All
      three take `message` and `retry_after` (seconds, the `Retry-After` header).
    - `redirect`: 307 to `location` (default: the same path on the CDN's host).
    - `garbage`: a 200 whose body is no JSON; in a stream, broken events before event `events`.
    - `reset_before`: the connection is reset and nothing was done. `reset_after`: the request was
      carried out, then the connection is reset without a byte of answer.
    - `cut`: the answer breaks off after `events` events or `bytes` bytes of its body (default 0);
      with `clean=True` a stream ends there as if it were complete.
    - `stall`: silence at that place, for `seconds`, or until `release()` (default), then the rest.
    - `slow`: `bytes` (default 16) at a time, `seconds` apart (default 0.01).
    - `wrong_length`: `Content-Length` promises `bytes` more than the body has (default 100).
    - `heartbeats`: the stream carries `events` heartbeats (default: until `release()`), `seconds`
      apart (default 0.05), and no word of the answer. The agent does its work meanwhile.
    - `duplicate_final`: the last text event comes twice.
    - `silent`: the agent changes the draft and says nothing.
    - `agent_error`: the agent fails after `events` of its steps (default 0), with `message`; what
      it changed until then stays, nothing is charged.
    - `failed_render`, `stuck_render`: the render that this request creates fails, or never ends.

    `times` is how many requests are hit (None: all), after the first `after` have been let by;
    `probability` is the chance of each, drawn from the sandbox's seed. With `acted=True` the
    answers (`status`, `code`, `html`, `redirect`, `garbage`) come after the request was carried
    out: a 500 that was billed all the same.

    Example: `Fault("messages.stream", "cut", events=3)`.
    """

    endpoint: str
    kind: FaultKind
    _: KW_ONLY
    times: int | None = 1
    after: int = 0
    probability: float = 1.0
    status: int | None = None
    code: int | None = None
    message: str | None = None
    retry_after: float | None = None
    location: str | None = None
    events: int | None = None
    bytes: int | None = None
    seconds: float | None = None
    clean: bool = False
    acted: bool = False

    def __post_init__(self) -> None:
        if not any(fnmatchcase(name, self.endpoint) for name in ENDPOINTS):
            raise ValueError(f"no endpoint is called {self.endpoint!r}; use one of {ENDPOINTS}")
        if self.kind not in get_args(FaultKind):
            raise ValueError(f"no fault is called {self.kind!r}; use one of {get_args(FaultKind)}")
        wanted = _ONLY_FOR.get(self.kind, self.endpoint)
        if not fnmatchcase(wanted, self.endpoint):
            raise ValueError(f"{self.kind!r} happens at {wanted!r}, not at {self.endpoint!r}")
        if not 0 <= self.probability <= 1:
            raise ValueError("probability must lie between 0 and 1")
        self._check_settings()

    def _check_settings(self) -> None:
        """Refuse what this kind does not know: it would be ignored, and the test would not test."""
        given = {name for name, usual in _DEFAULTS.items() if getattr(self, name) != usual}
        strange = given - _ALLOWED_SETTINGS[self.kind]
        if strange:
            taken = ", ".join(sorted(_ALLOWED_SETTINGS[self.kind])) or "no settings"
            raise ValueError(f"{self.kind!r} takes {taken}, not {', '.join(sorted(strange))}")
        for name, minimum in _MINIMUM.items():
            value = getattr(self, name)
            if value is not None and not value >= minimum:
                raise ValueError(f"{name} must be at least {minimum}, not {value!r}")
        counted = self.kind in {"cut", "stall", "garbage"} and self.events is not None
        if counted and not fnmatchcase("messages.stream", self.endpoint):
            raise ValueError("only 'messages.stream' has events to count; use bytes")

    def applies_to(self, endpoint: str) -> bool:
        """Whether a request to `endpoint` can be hit."""
        return fnmatchcase(endpoint, self.endpoint) and endpoint == _ONLY_FOR.get(
            self.kind, endpoint
        )


class ActiveFault:
    """A fault in force: how often it was seen and used, and whether it was released."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen = 0
        self.hits = 0
        self.released = threading.Event()

    def matches(self, chance: random.Random) -> bool:
        """Count one request; True when this is one that the fault hits."""
        self.seen += 1
        if self.seen <= self.fault.after:
            return False
        if self.fault.times is not None and self.hits >= self.fault.times:
            return False
        if self.fault.probability < 1 and chance.random() >= self.fault.probability:
            return False
        self.hits += 1
        return True

    async def stall(self, seconds: float | None) -> None:
        """Stay silent for `seconds`, or until released."""
        step = 0.005
        waited = 0.0
        while not self.released.is_set() and (seconds is None or waited < seconds):
            pause = step if seconds is None else min(step, seconds - waited)
            await asyncio.sleep(pause)
            waited += pause


class FaultRegistry:
    """Every fault in force, asked once for each request."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._active: list[ActiveFault] = [ActiveFault(fault) for fault in faults]
        self._chance = random.Random(seed)  # noqa: S311 - reproducible by design, guards nothing
        self._lock = threading.Lock()

    def match(self, endpoint: str) -> ActiveFault | None:
        """The fault that hits this request, newest first; each sees every request it applies_to."""
        with self._lock:
            matched: ActiveFault | None = None
            for active_fault in reversed(self._active):
                if (
                    matched is None
                    and active_fault.fault.applies_to(endpoint)
                    and active_fault.matches(self._chance)
                ):
                    matched = active_fault
            return matched

    def add(self, active: Iterable[ActiveFault]) -> None:
        """Put faults in force."""
        with self._lock:
            self._active.extend(active)

    def remove(self, active: Iterable[ActiveFault]) -> None:
        """Take faults out of force and let go whatever they stall."""
        gone = list(active)
        with self._lock:
            self._active = [
                active_fault for active_fault in self._active if active_fault not in gone
            ]
        for active_fault in gone:
            active_fault.released.set()

    def release_all(self) -> None:
        """Let go everything that is held."""
        with self._lock:
            for active_fault in self._active:
                active_fault.released.set()


class Injection:
    """Faults that are in force inside a `with` block; see `Sandbox.inject`."""

    def __init__(self, registry: FaultRegistry, faults: Iterable[Fault]) -> None:
        self._registry = registry
        self._active = [ActiveFault(fault) for fault in faults]

    @property
    def hits(self) -> int:
        """How many requests these faults have hit so far."""
        return sum(active_fault.hits for active_fault in self._active)

    def release(self) -> None:
        """Let everything go on that these faults stall (`stall`, `heartbeats`)."""
        for active_fault in self._active:
            active_fault.released.set()

    def __enter__(self) -> Self:
        self._registry.add(self._active)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._registry.remove(self._active)
