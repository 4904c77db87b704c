"""Every wait in the library, with the reasons of the defaults."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import dataclass, fields, replace

from nemovideo.validation.arguments import check_kind, check_number


@dataclass(frozen=True, slots=True)
class Timing:
    """Every wait in the library, in seconds.

    Example:
        ```python
        patient = Timing(render_limit=1800)
        quick = Timing().scaled(0.01)  # for tests
        ```
    """

    connect: float = 10
    """Opening a connection: DNS, TCP, TLS. Also reading the balance around a message."""
    request: float = 60
    """One ordinary request; for uploads and downloads, the longest time without a byte moving."""
    stream_limit: float = 900
    """One message in all: the service closes a stream after 15 minutes."""
    heartbeat_limit: float = 600
    """Nothing but heartbeats, or no response at all, as when a proxy buffers it.

    The vendor's own tools give up after 10 minutes.
    """
    still_working: float = 120
    """How often a quiet stream is reported as still working."""
    rate_limit_wait: float = 30
    """Before the one retry after 429, if the service gives no `Retry-After`."""
    recovery_waits: tuple[float, ...] = (30, 60, 60, 60, 60)
    """Before each poll of the state after a stream was lost.

    The longest of them is also how long a change has to be stable before it is the result: music
    and titles come after the clip.
    """
    silent_recheck: float = 3
    """Before the state is read again, after a stream that ended without text."""
    render_limit: float = 900
    """Waiting for one render; most take 30 to 90 seconds."""
    poll_first: float = 2
    """Between the first two polls of a render."""
    poll_max: float = 30
    """The longest time between two polls of a render: the documented interval."""
    retry_initial: float = 0.5
    """Initial back-off, jittered; doubled at each retry."""
    retry_max: float = 8
    """The longest back-off."""

    def __post_init__(self) -> None:
        check_kind(self.recovery_waits, "recovery_waits", (tuple, list), "a tuple of seconds")
        object.__setattr__(self, "recovery_waits", tuple(self.recovery_waits))
        for name, value in self._values():
            for seconds in value if isinstance(value, tuple) else (value,):
                check_number(seconds, name, endless=name in _ENDLESS)

    def _values(self) -> list[tuple[str, float | tuple[float, ...]]]:
        return [(each.name, getattr(self, each.name)) for each in fields(self)]

    def scaled(self, factor: float) -> Timing:
        """Return a copy with every wait multiplied by `factor`: 0.01 makes tests quick."""
        return self._scaled(factor, {each.name for each in fields(self)})

    def scaled_waits(self, factor: float) -> Timing:
        """Return a copy with the waits between two steps multiplied by `factor`, not the limits."""
        return self._scaled(factor, _WAITS)

    def _scaled(self, factor: float, names: Set[str]) -> Timing:
        check_number(factor, "factor")
        scaled = {
            name: tuple(each * factor for each in value)
            if isinstance(value, tuple)
            else value * factor
            for name, value in self._values()
            if name in names
        }
        return replace(self, **scaled)  # type: ignore[arg-type]  # one dict for two kinds of field


_ENDLESS = {"stream_limit", "heartbeat_limit", "still_working", "render_limit"}
"""The fields that may be infinite. Requests and waits between steps end."""

_WAITS = {
    *("rate_limit_wait", "recovery_waits", "silent_recheck"),
    *("poll_first", "poll_max", "retry_initial", "retry_max"),
}
_waits_factor = 1.0
_limits: Mapping[str, float] = {}


def scale_waits(
    factor: float, limits: Mapping[str, float] | None = None
) -> tuple[float, Mapping[str, float]]:
    """Multiply the waits of every client made from now on, and set its limits.

    For tests, through `nemovideo.testing.no_waiting`.

    Returns:
        what was in force before.
    """
    global _waits_factor, _limits
    before, (_waits_factor, _limits) = (_waits_factor, _limits), (factor, limits or {})
    return before


def apply_scale(timing: Timing) -> Timing:
    """Return the timing of a new client, with what `scale_waits` has set."""
    return replace(timing.scaled_waits(_waits_factor), **_limits)  # type: ignore[arg-type]  # checked
