"""Settings of a client, with the reasons of the defaults; the only reader of `os.environ`."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, TypedDict
from urllib.parse import urlsplit

from nemovideo._version import __version__
from nemovideo.config.skill_file import VARIABLE, read_skill_file
from nemovideo.config.timing import Timing, apply_scale
from nemovideo.errors import InvalidInputError
from nemovideo.security.hosts import is_loopback
from nemovideo.security.redaction import Secret
from nemovideo.validation.arguments import (
    check_callback,
    check_count,
    check_flag,
    check_kind,
    check_number,
    check_path,
    check_string_mapping,
)

if TYPE_CHECKING:
    from nemovideo.concurrency.callbacks import Callback
    from nemovideo.config.skill_file import SkillFile
    from nemovideo.transports.base import Response

_RESERVED = frozenset(
    {"authorization", "x-client-id", "content-length", "content-type", "host", "transfer-encoding"}
)
_TOKEN = re.compile(r"[a-z0-9!#$%&'*+.^_`|~-]+")
"""The name of a header (RFC 9110, section 5.6.2), in lower case."""

API_URL = "https://mega-api-prod.nemovideo.ai"
WEB_URL = "https://nemovideo.com"
DEFAULT_MAX_RETRIES = 2
"""Three tries in all, of a request that may be repeated."""
SOURCE = "free-chinese-video-generation-model"
"""The integration that the service documents (wire-contract section 2)."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one client, with the environment and the defaults applied."""

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
    journal: Path | Secret | None
    """Where it is: a SQLite file, or the URL of a PostgreSQL database; None for none."""
    trust_env: bool
    extra_headers: Mapping[str, str]
    on_response: Callback[Response] | None


class Options(TypedDict, total=False):
    """The settings that `with_options` can change."""

    timing: Timing
    timeout: float
    max_retries: int
    extra_headers: Mapping[str, str]
    on_response: Callback[Response]
    source: str
    source_version: str
    platform: str
    web_url: str


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
    max_retries: int = DEFAULT_MAX_RETRIES,
    config_dir: str | PurePath | None = None,
    journal: bool | str | PurePath = True,
    trust_env: bool = True,
    timeout: float | None = None,
    extra_headers: Mapping[str, str] | None = None,
    on_response: Callback[Response] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Settings:
    """Return the settings from arguments, environment and defaults.

    Raises:
        InvalidInputError: a URL without a host or with plain http to another machine, a client id
            that is no UUID, a header value with a line break, a header that the client sets
            itself, or a negative `max_retries`.
    """
    check_count(max_retries, "max_retries")
    check_path(config_dir, "config_dir")
    check_flag(trust_env, "trust_env")
    check_callback(on_response, "on_response")
    env = os.environ if environ is None else environ
    if env.get("NEMOVIDEO_LOG"):
        from nemovideo.config.log_setup import log_to_stderr  # late: loads `logging`

        log_to_stderr(env["NEMOVIDEO_LOG"])
    skill = read_skill_file(Path(env[VARIABLE])) if env.get(VARIABLE) else None
    chosen_token = token if token is not None else env.get("NEMO_TOKEN") or None
    folder = Path(config_dir) if config_dir is not None else _config_dir(env)
    chosen_id = client_id if client_id is not None else env.get("NEMO_CLIENT_ID") or None
    return Settings(
        base_url=_service_url("base_url", base_url or env.get("NEMO_API_URL") or API_URL),
        web_url=_service_url("web_url", web_url or env.get("NEMO_WEB_URL") or WEB_URL),
        token=None if chosen_token is None else Secret(_header_value("token", chosen_token)),
        client_id=None if chosen_id is None else _client_id(chosen_id),
        source=_header_value("source", source or _source(skill)),
        source_version=_header_value("source_version", source_version or _version(env, skill)),
        platform=_header_value("platform", platform or _platform(env, skill)),
        timing=_timing(Timing() if timing is None else timing, timeout),
        max_retries=max_retries,
        config_dir=folder,
        journal=_journal(journal, env, folder),
        trust_env=trust_env,
        extra_headers=_extra_headers({} if extra_headers is None else extra_headers),
        on_response=on_response,
    )


def change_settings(settings: Settings, options: Options) -> Settings:
    """Return settings with `options` applied, which are checked as at first."""
    unknown = set(options) - set(Options.__annotations__)
    if unknown:
        raise TypeError(f"with_options cannot change {', '.join(sorted(unknown))}")
    checked = load_settings(base_url=settings.base_url, environ={}, **options)
    changed = {name: getattr(checked, name) for name in options if name != "timeout"}
    if "timeout" in options and "timing" not in options:
        changed["timing"] = replace(settings.timing, request=checked.timing.request)
    return replace(settings, **changed)


def _timing(timing: Timing, timeout: float | None) -> Timing:
    check_kind(timing, "timing", Timing, "a Timing")
    if timeout is not None:
        check_number(timeout, "timeout")
    scaled = apply_scale(timing)
    return scaled if timeout is None else replace(scaled, request=timeout)


def _extra_headers(headers: Mapping[str, str]) -> Mapping[str, str]:
    """Return headers in lower case, and refuse those that the client sets."""
    check_string_mapping(headers, "extra_headers")
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
    """Return True if notebook cells show progress: `NEMOVIDEO_PROGRESS`, by default yes."""
    return os.environ.get("NEMOVIDEO_PROGRESS", "").lower() not in {"0", "false", "no", "off"}


_NO_JOURNAL = frozenset({"0", "false", "no", "off"})
_DEFAULT_JOURNAL = frozenset({"", "1", "true", "yes", "on"})
_DSN_SCHEMES = ("postgresql://", "postgres://")


def _journal(value: object, env: Mapping[str, str], folder: Path) -> Path | Secret | None:
    """Return where the journal is; True leaves that to `NEMOVIDEO_JOURNAL`."""
    if value is True:
        named = env.get("NEMOVIDEO_JOURNAL", "").strip()
        value = named.lower() not in _NO_JOURNAL
        if value and named.lower() not in _DEFAULT_JOURNAL:
            value = named
    if isinstance(value, bool):
        return folder / "journal.sqlite3" if value else None
    if isinstance(value, str) and value.startswith(_DSN_SCHEMES):
        return _dsn(value)
    words = _NO_JOURNAL | _DEFAULT_JOURNAL  # a file of such a name is not what was meant
    is_path = isinstance(value, PurePath) or (
        isinstance(value, str) and value.strip().lower() not in words
    )
    if is_path and "://" not in str(value) and "\0" not in str(value):
        return Path(str(value)).absolute()
    raise InvalidInputError(
        "journal is neither a path nor the URL of a database that can hold it.",
        parameter="journal",
        accepted=("True", "False", "a path", "postgresql://user@host/database"),
        hint="Give the name of a SQLite file, or the URL of a PostgreSQL database.",
    )


def _dsn(url: str) -> Secret:
    if find_spec("psycopg") is None:
        raise InvalidInputError(
            "A journal in PostgreSQL needs the extra postgres, which is not installed.",
            parameter="journal",
            accepted=("a path", "True", "False"),
            hint="pip install 'nemovideo[postgres]'",
        )
    return Secret(url)


def _config_dir(env: Mapping[str, str]) -> Path:
    # A relative XDG_CONFIG_HOME is invalid by the XDG specification, and is ignored.
    base = Path(env.get("XDG_CONFIG_HOME") or "")
    return (base if base.is_absolute() else _home(env) / ".config") / "nemovideo"


def _home(env: Mapping[str, str]) -> Path:
    try:
        return Path.home() if env is os.environ else Path(env.get("HOME") or Path.home())
    except RuntimeError:
        # No home (a bare container user). Writing fails there, with a warning, as in any folder
        # that cannot be written.
        return Path("/nonexistent")


def detect_platform(installed_at: PurePath, home: PurePath) -> str:
    """Return the value of `X-Skill-Platform` for an install path (wire-contract section 2)."""
    for folder, name in ((".clawhub", "clawhub"), (".cursor/skills", "cursor")):
        if installed_at.is_relative_to(home / folder):
            return name
    return "unknown"


def _source(skill: SkillFile | None) -> str:
    return SOURCE if skill is None else skill.source or skill.name


def _version(env: Mapping[str, str], skill: SkillFile | None) -> str:
    stated = None if skill is None else skill.version
    return env.get("SKILL_VERSION") or stated or __version__


def _platform(env: Mapping[str, str], skill: SkillFile | None) -> str:
    installed_at = Path(__file__) if skill is None else skill.path
    return env.get("SKILL_SOURCE") or detect_platform(installed_at.parent, _home(env))


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
        f"{parameter} is not a URL that a token may be sent to.",
        parameter=parameter,
        accepted=("https://host", "http://127.0.0.1:port"),
        hint="Give an https URL without query or user name; plain http only to this machine.",
    )


def _header_value(parameter: str, value: str) -> str:
    check_kind(value, parameter, str, "a text")
    if value.strip() and value.isascii() and value.isprintable():
        return value.strip()
    raise InvalidInputError(
        f"{parameter} is empty or has characters that are not allowed in an HTTP header.",
        parameter=parameter,
        accepted=("printable ASCII",),
        hint="Check for a line break or a stray character from copying.",
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
    # Its case is left alone: in another case it may be another client to the service.
    return value.strip()
