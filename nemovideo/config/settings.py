"""Settings and waits, with the reasons beside the defaults; the only reader of `os.environ`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, TypedDict

from nemovideo.validation.arguments import (
    check_callback,
    check_flag,
    check_number,
    check_place,
)

if TYPE_CHECKING:
    from nemovideo.concurrency.callbacks import Observer
    from nemovideo.transports.base import Response

import re
from collections.abc import Set
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from nemovideo._version import __version__
from nemovideo.errors import InvalidInputError
from nemovideo.security.hosts import is_loopback
from nemovideo.security.redaction import Secret
from nemovideo.validation.arguments import (
    check_count,
    check_kind,
    check_texts,
)

if TYPE_CHECKING:
    from nemovideo.concurrency.callbacks import Observer
    from nemovideo.transports.base import Response

_RESERVED = frozenset(
    {"authorization", "x-client-id", "content-length", "content-type", "host", "transfer-encoding"}
)
_TOKEN = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
"""A header's name (RFC 9110, section 5.6.2), in lower case."""

API_URL = "https://mega-api-prod.nemovideo.ai"
WEB_URL = "https://nemovideo.com"
SOURCE = "free-chinese-video-generation-model"
"""The integration that the service documents (wire-contract section 2)."""


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
    """Opening a connection: name, TCP, TLS. Also the balance that is read beside a message."""
    request: float = 60
    """One ordinary request; for uploads and downloads, the longest time without a byte moving."""
    stream_limit: float = 900
    """One message in all: the service closes a stream after 15 minutes."""
    heartbeat_limit: float = 600
    """Nothing but heartbeats, or an answer that does not begin, as a proxy buffers it.

    The vendor's own tools give up after 10 minutes.
    """
    still_working: float = 120
    """How often a quiet stream is reported as still working."""
    rate_limit_wait: float = 30
    """Before the one retry after 429, where the service names no time."""
    recovery_waits: tuple[float, ...] = (30, 60, 60, 60, 60)
    """Before each poll of the state after a stream was lost.

    The longest of them is also how long a change has to be stable before it is the result: music
    and titles come after the clip.
    """
    silent_recheck: float = 3
    """Before the second look at the state after a stream that ended without a word."""
    render_limit: float = 900
    """Waiting for one render; most take 30 to 90 seconds."""
    poll_first: float = 2
    """Between the first two looks at a render."""
    poll_max: float = 30
    """The longest time between two looks at a render: the documented cadence."""
    retry_initial: float = 0.5
    """Around which the first wait before a repeat lies; it doubles from there."""
    retry_max: float = 8
    """The longest wait before a repeat."""

    def __post_init__(self) -> None:
        check_kind(self.recovery_waits, "recovery_waits", (tuple, list), "a tuple of seconds")
        object.__setattr__(self, "recovery_waits", tuple(self.recovery_waits))
        for name, value in self._values():
            for seconds in value if isinstance(value, tuple) else (value,):
                check_number(seconds, name, endless=name in _ENDLESS)

    def _values(self) -> list[tuple[str, float | tuple[float, ...]]]:
        return [(each.name, getattr(self, each.name)) for each in fields(self)]

    def scaled(self, factor: float) -> Timing:
        """Return the same waits, each multiplied by `factor`: 0.01 makes tests quick."""
        return self._scaled(factor, {each.name for each in fields(self)})

    def scaled_waits(self, factor: float) -> Timing:
        """Return the same limits, and the waits between two steps multiplied by `factor`."""
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
"""What may be infinite: never to give up, never to say so. Requests and waits end."""

_WAITS = {
    *("rate_limit_wait", "recovery_waits", "silent_recheck"),
    *("poll_first", "poll_max", "retry_initial", "retry_max"),
}
_waits_factor = 1.0


def scale_waits(factor: float) -> float:
    """Multiply the waits of every client that is made from now on; return the factor before.

    For tests, through `nemovideo.testing.no_waiting`.
    """
    global _waits_factor
    before, _waits_factor = _waits_factor, factor
    return before


@dataclass(frozen=True, slots=True)
class Settings:
    """What one client was told, with the environment and the defaults already folded in."""

    base_url: str
    web_url: str
    token: Secret | None
    client_id: str | None
    source: str
    source_version: str
    platform: str
    timing: Timing
    max_retries: int
    config_dir: Path
    journal: bool
    trust_env: bool
    extra_headers: Mapping[str, str]
    on_response: Observer[Response] | None


def load_settings(
    *,
    token: str | None = None,
    client_id: str | None = None,
    base_url: str | None = None,
    web_url: str | None = None,
    source: str | None = None,
    source_version: str | None = None,
    platform: str | None = None,
    timing: Timing | None = None,
    max_retries: int = 2,
    config_dir: str | PurePath | None = None,
    journal: bool = True,
    trust_env: bool = True,
    timeout: float | None = None,
    extra_headers: Mapping[str, str] | None = None,
    on_response: Observer[Response] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Fold arguments, environment and defaults together, and refuse what cannot be meant.

    Raises:
        InvalidInputError: a URL without a host or with plain http beyond this machine, a client id
            that is no UUID, a header value with a line break, a header that the client sets
            itself, or a negative `max_retries`.
    """
    check_count(max_retries, "max_retries")
    check_place(config_dir, "config_dir")
    check_flag(journal, "journal")
    check_flag(trust_env, "trust_env")
    check_callback(on_response, "on_response")
    env = os.environ if environ is None else environ
    if env.get("NEMOVIDEO_LOG"):
        from nemovideo.config.log_setup import log_to_stderr

        log_to_stderr(env["NEMOVIDEO_LOG"])
    chosen_token = token if token is not None else env.get("NEMO_TOKEN") or None
    chosen_id = client_id if client_id is not None else env.get("NEMO_CLIENT_ID") or None
    return Settings(
        base_url=_service_url("base_url", base_url or env.get("NEMO_API_URL") or API_URL),
        web_url=_service_url("web_url", web_url or env.get("NEMO_WEB_URL") or WEB_URL),
        token=None if chosen_token is None else Secret(_header_value("token", chosen_token)),
        client_id=None if chosen_id is None else _client_id(chosen_id),
        source=_header_value("source", source or SOURCE),
        source_version=_header_value("source_version", source_version or __version__),
        platform=_header_value("platform", platform or _platform(env)),
        timing=_timing(Timing() if timing is None else timing, timeout),
        max_retries=max_retries,
        config_dir=Path(config_dir) if config_dir is not None else _config_dir(env),
        journal=journal,
        trust_env=trust_env,
        extra_headers=_extra_headers({} if extra_headers is None else extra_headers),
        on_response=on_response,
    )


def _timing(timing: Timing, timeout: float | None) -> Timing:
    check_kind(timing, "timing", Timing, "a Timing")
    if timeout is not None:
        check_number(timeout, "timeout")
    scaled = timing.scaled_waits(_waits_factor)
    return scaled if timeout is None else replace(scaled, request=timeout)


def _extra_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return headers in lower case, and refuse those that say who asks."""
    check_texts(headers, "extra_headers")
    checked = {
        name.lower(): _header_value("extra_headers", value) for name, value in headers.items()
    }
    for name in checked:
        if name in _RESERVED or name.startswith("x-skill-") or not _TOKEN.fullmatch(name):
            raise InvalidInputError(
                f"extra_headers cannot set {name!r}.",
                parameter="extra_headers",
                accepted=("a header that the client does not set itself",),
                hint="Give the client its own argument: token, client_id, source, platform.",
            )
    return checked


def notebook_progress() -> bool:
    """Say whether notebook cells show progress: `NEMOVIDEO_PROGRESS`, yes where it is unset."""
    return os.environ.get("NEMOVIDEO_PROGRESS", "").lower() not in {"0", "false", "no", "off"}


def _config_dir(env: Mapping[str, str]) -> Path:
    # A relative XDG_CONFIG_HOME is invalid by the XDG specification, and is ignored.
    base = Path(env.get("XDG_CONFIG_HOME") or "")
    return (base if base.is_absolute() else _home(env) / ".config") / "nemovideo"


def _home(env: Mapping[str, str]) -> Path:
    try:
        return Path.home() if env is os.environ else Path(env.get("HOME") or Path.home())
    except RuntimeError:
        # No home at all (a bare container user). Whatever is written there fails, and is then
        # kept in memory with a warning, as with any folder that cannot be written.
        return Path("/nonexistent")


def detect_platform(installed_at: PurePath, home: PurePath) -> str:
    """Return the value of `X-Skill-Platform` for an install path (wire-contract section 2)."""
    for folder, name in ((".clawhub", "clawhub"), (".cursor/skills", "cursor")):
        if installed_at.is_relative_to(home / folder):
            return name
    return "unknown"


def _platform(env: Mapping[str, str]) -> str:
    return env.get("SKILL_SOURCE") or detect_platform(Path(__file__).parent, _home(env))


def _service_url(parameter: str, url: str) -> str:
    check_kind(url, parameter, str, "a URL")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        host, parts = None, urlsplit("")
    known = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    clean = not (parts.query or parts.fragment or "@" in parts.netloc)
    if host and known and clean:
        return url.rstrip("/")
    raise InvalidInputError(
        f"{parameter} is not an address that a token may be sent to.",
        parameter=parameter,
        accepted=("https://host", "http://127.0.0.1:port"),
        hint="Give an https URL without query or user name; plain http only to this machine.",
    )


def _header_value(parameter: str, value: str) -> str:
    check_kind(value, parameter, str, "a text")
    if value.strip() and value.isascii() and value.isprintable():
        return value.strip()
    raise InvalidInputError(
        f"{parameter} is empty or has characters that no HTTP header can carry.",
        parameter=parameter,
        accepted=("printable ASCII",),
        hint="Check for a line break or a stray character where it was copied from.",
    )


def _client_id(value: str) -> str:
    check_kind(value, "client_id", str, "a UUID")
    import uuid  # slow to import, and an id is rarely given

    try:
        uuid.UUID(value.strip())
    except ValueError:
        raise InvalidInputError(
            "client_id is not a UUID.",
            parameter="client_id",
            accepted=("a UUID such as 123e4567-e89b-42d3-a456-426614174000",),
            hint="Leave it out to use the saved one.",
        ) from None
    # Its letters are kept: in other letters it may be another client to the service.
    return value.strip()


class Options(TypedDict, total=False):
    """What `with_options` can change."""

    timing: Timing
    timeout: float
    max_retries: int
    extra_headers: Mapping[str, str]
    on_response: Observer[Response]
    source: str
    source_version: str
    platform: str
    web_url: str


def _with_options(settings: Settings, options: Options) -> Settings:
    unknown = set(options) - set(Options.__annotations__)
    if unknown:
        raise TypeError(f"with_options cannot change {', '.join(sorted(unknown))}")
    checked = load_settings(base_url=settings.base_url, environ={}, **options)
    changed = {name: getattr(checked, name) for name in options if name != "timeout"}
    if "timeout" in options and "timing" not in options:
        changed["timing"] = replace(settings.timing, request=checked.timing.request)
    return replace(settings, **changed)
