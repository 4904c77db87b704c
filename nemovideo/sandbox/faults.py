"""Injected faults: what fails, at which endpoint and how often; and which requests they hit."""

import asyncio
import random
import threading
from collections.abc import Iterable
from dataclasses import KW_ONLY, dataclass, fields
from fnmatch import fnmatchcase
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
"""The names of endpoints for `Fault`: the client's resources, and `files.download` for the CDN."""

REPLACING_KINDS: frozenset[FaultKind] = frozenset({"status", "code", "html", "redirect"})
"""Kinds that replace the whole response."""

_ONLY_AT: dict[FaultKind, str] = {
    "heartbeats": "messages.stream",
    "duplicate_final": "messages.stream",
    "silent": "messages.stream",
    "agent_error": "messages.stream",
    "failed_render": "renders.create",
    "stuck_render": "renders.create",
}
_ERROR_SETTINGS = {"status", "code", "message", "retry_after", "acted"}
_ALLOWED_SETTINGS: dict[FaultKind, set[str]] = {
    "status": _ERROR_SETTINGS,
    "code": _ERROR_SETTINGS,
    "html": {"status", "message", "retry_after", "acted"},
    "redirect": {"status", "location", "acted"},
    "garbage": {"events", "acted"},
    "reset_after": {"acted"},
    "cut": {"events", "bytes", "clean"},
    "stall": {"events", "bytes", "seconds"},
    "slow": {"bytes", "seconds"},
    "wrong_length": {"bytes"},
    "heartbeats": {"events", "seconds"},
    "agent_error": {"events", "message", "code"},
}
_SETTINGS = set[str]().union(*_ALLOWED_SETTINGS.values())
_MINIMUM: dict[str, float] = {
    "times": 0, "after": 0, "status": 200, "events": 0, "bytes": 0, "seconds": 0, "retry_after": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """One kind of failure, at one endpoint, a number of times.

    `endpoint` is one of `ENDPOINTS`, or a pattern such as `"renders.*"` or `"*"`. `kind`:

    - `status`: an error response with HTTP `status` (default 500); `code`: HTTP 200 with `code` in
      the envelope (default 500); `html`: a gateway's HTML page with `status` (default 502). All
      three take `message` and `retry_after` (seconds, the `Retry-After` header).
    - `redirect`: 307 to `location` (default: the same path on the CDN's host).
    - `garbage`: a 200 whose body is not JSON; in a stream, broken events before event `events`.
    - `reset_before`: the connection is reset and nothing was done. `reset_after`: the request was
      carried out, then the connection is reset before the first byte of the response.
    - `cut`: the response breaks off after `events` events or `bytes` bytes of its body (default
      0); with `clean=True` a stream ends there as if it were complete.
    - `stall`: no data from that point on, for `seconds`, or until `release()` (default); then the
      rest.
    - `slow`: `bytes` (default 16) at a time, `seconds` apart (default 0.01).
    - `wrong_length`: `Content-Length` is `bytes` more than the body has (default 100).
    - `heartbeats`: the stream carries only `events` heartbeats (default: until `release()`),
      `seconds` apart (default 0.05). The agent does its work meanwhile.
    - `duplicate_final`: the last text event is sent twice.
    - `silent`: the agent changes the draft and says nothing.
    - `agent_error`: the agent fails after `events` of its steps (default 0), with `message`; its
      changes until then stay, nothing is charged.
    - `failed_render`, `stuck_render`: the render that this request creates fails, or never ends.

    `times` is how many requests are hit (None: all), after the first `after` were not;
    `probability` is the chance of each, drawn from the sandbox's seed. With `acted=True` the
    response (`status`, `code`, `html`, `redirect`, `garbage`) comes after the request was carried
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
        wanted = _ONLY_AT.get(self.kind, self.endpoint)
        if not fnmatchcase(wanted, self.endpoint):
            raise ValueError(f"{self.kind!r} happens at {wanted!r}, not at {self.endpoint!r}")
        if not 0 <= self.probability <= 1:
            raise ValueError("probability must be between 0 and 1")
        self._check_settings()

    def _check_settings(self) -> None:
        """Refuse settings that this kind would ignore: the test would not test what it says."""
        settings = (field for field in fields(self) if field.name in _SETTINGS)
        given = {field.name for field in settings if getattr(self, field.name) != field.default}
        allowed = _ALLOWED_SETTINGS.get(self.kind, set())
        if unknown := given - allowed:
            text = ", ".join(sorted(allowed)) or "no settings"
            raise ValueError(f"{self.kind!r} takes {text}, not {', '.join(sorted(unknown))}")
        for name, minimum in _MINIMUM.items():
            value = getattr(self, name)
            if value is not None and not value >= minimum:
                raise ValueError(f"{name} must be at least {minimum}, not {value!r}")
        counted = self.kind in {"cut", "stall", "garbage"} and self.events is not None
        if counted and not fnmatchcase("messages.stream", self.endpoint):
            raise ValueError("only 'messages.stream' has events to count; use bytes")

    def applies_to(self, endpoint: str) -> bool:
        """Return True if a request to `endpoint` can be hit."""
        only = _ONLY_AT.get(self.kind, endpoint)
        return fnmatchcase(endpoint, self.endpoint) and endpoint == only


class ActiveFault:
    """A fault in force: how many requests it has seen and hit, and whether it was released."""

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.seen: int = 0
        self.hits: int = 0
        self.released: threading.Event = threading.Event()

    def matches(self, generator: random.Random) -> bool:
        """Count one request; return True if the fault hits it."""
        self.seen += 1
        if self.seen <= self.fault.after:
            return False
        if self.fault.times is not None and self.hits >= self.fault.times:
            return False
        if self.fault.probability < 1 and generator.random() >= self.fault.probability:
            return False
        self.hits += 1
        return True

    async def stall(self, seconds: float | None) -> None:
        """Wait for `seconds`, or until released."""
        step = 0.005
        waited = 0.0
        while not self.released.is_set() and (seconds is None or waited < seconds):
            pause = step if seconds is None else min(step, seconds - waited)
            await asyncio.sleep(pause)
            waited += pause


class FaultRegistry:
    """Every fault in force."""

    def __init__(self, faults: Iterable[Fault], seed: int) -> None:
        self._active = [ActiveFault(fault) for fault in faults]
        self._generator = random.Random(seed)  # noqa: S311 - reproducible, not for security
        self._lock = threading.Lock()

    def match(self, endpoint: str) -> ActiveFault | None:
        """Return the newest fault that hits this request; older ones do not count it."""
        with self._lock:
            for active in reversed(self._active):
                if active.fault.applies_to(endpoint) and active.matches(self._generator):
                    return active
        return None

    @property
    def active(self) -> list[ActiveFault]:
        """The faults in force, the newest last."""
        with self._lock:
            return list(self._active)

    def add(self, faults: Iterable[ActiveFault]) -> None:
        """Put faults in force."""
        with self._lock:
            self._active.extend(faults)

    def remove(self, faults: list[ActiveFault]) -> None:
        """Take faults out of force and release what they stall."""
        with self._lock:
            self._active = [active for active in self._active if active not in faults]
        for fault in faults:
            fault.released.set()

    def release_all(self) -> None:
        """Release everything that is stalled."""
        with self._lock:
            for active in self._active:
                active.released.set()


class Injection:
    """Faults that are in force inside a `with` block; see `Sandbox.inject`."""

    def __init__(self, registry: FaultRegistry, faults: Iterable[Fault]) -> None:
        self._registry = registry
        self._active = [ActiveFault(fault) for fault in faults]

    @property
    def hits(self) -> int:
        """How many requests these faults have hit so far."""
        return sum(active.hits for active in self._active)

    def release(self) -> None:
        """Let every response go on that these faults stop (`stall`, `heartbeats`)."""
        for active in self._active:
            active.released.set()

    def __enter__(self) -> Self:
        self._registry.add(self._active)
        return self

    def __exit__(self, *_: object) -> None:
        self._registry.remove(self._active)
