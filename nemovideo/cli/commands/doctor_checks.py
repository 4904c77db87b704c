"""The checks of `nemovideo doctor`."""

from __future__ import annotations

import platform
import stat
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from nemovideo._version import __version__
from nemovideo.auth.config_folder import ConfigFolder
from nemovideo.config.settings import Settings
from nemovideo.errors import (
    APIError,
    AuthenticationError,
    MissingClientIdError,
    NemoVideoError,
    PlanRequiredError,
    RateLimitError,
)
from nemovideo.progress.units import amount, count, span
from nemovideo.protocol.envelope import parse_response
from nemovideo.security.private_files import StoreUnavailable, check_folder
from nemovideo.security.redaction import redact
from nemovideo.transports.base import Response

Verdict: TypeAlias = Literal["ok", "warning", "failed"]

EXTRAS: Mapping[str, Sequence[str]] = {
    "cli": ("typer", "rich", "prompt_toolkit"),
    "sandbox": ("av", "numpy", "PIL"),
    "httpx": ("httpx", "trio"),
    "otio": ("opentimelineio",),
    "otel": ("opentelemetry",),
    "media": ("av", "PIL"),
    "storage": ("fsspec",),
    "mcp": ("mcp",),
}
"""The packages of each extra."""

PROBED = "/api/credits/balance/simple"
_ANSWERS = (AuthenticationError, MissingClientIdError, PlanRequiredError, RateLimitError)
"""What the service may answer to that, without a token."""

_SKEW_WARNING = 60
_SKEW_FAILURE = 300
"""Clock skew in seconds that breaks expiry times and signatures."""
_SOON = 86400


@dataclass(frozen=True)
class Check:
    """The result of a check: what was found, and what to do about it."""

    name: str
    verdict: Verdict
    found: str
    advice: str | None = None


def check_version() -> Check:
    system = f"{platform.system()} {platform.machine()}"
    return Check(
        "version", "ok", f"nemovideo {__version__}, Python {sys.version.split()[0]}, {system}"
    )


def check_extras(installed: Sequence[str] | None = None) -> Check:
    if installed is None:
        installed = [name for name, needs in EXTRAS.items() if all(map(find_spec, needs))]
    missing = [name for name in EXTRAS if name not in installed]
    found = f"installed: {', '.join(installed) or 'none'}"
    if not missing:
        return Check("extras", "ok", found)
    others = f'for more: pip install "nemovideo[{",".join(missing)}]"'
    return Check("extras", "ok", f"{found}; {others}")


def check_command(search_path: Sequence[Path], own_folder: Path) -> Check | None:
    """Name other programs called `nemovideo`: the vendor's npm tool, or another installation.

    They are named and not opened, and neither are their files.

    Args:
        search_path: the folders that a shell looks in, in order.
        own_folder: the folder of this installation's commands.

    Returns:
        None where there is no other.
    """
    found = [each for folder in search_path for each in _commands_in(folder)]
    own = [each for each in found if each.parent.resolve() == own_folder.resolve()]
    others = [each for each in found if each not in own]
    if not others:
        return None
    names = ", ".join(dict.fromkeys(map(str, others)))
    if own and found[0] in own:
        return Check("command", "ok", f"{own[0]}; another program of that name: {names}")
    advice = f"A shell starts that one. Start this one with: {sys.executable} -m nemovideo"
    return Check("command", "warning", f"another program of that name: {names}", advice)


def _commands_in(folder: Path) -> list[Path]:
    names = ["nemovideo", "nemovideo.exe", "nemovideo.cmd"]
    return [folder / name for name in names if (folder / name).is_file()]


def check_config_folder(folder: Path) -> Check:
    name = "config folder"
    try:
        if not check_folder(folder):
            return Check(name, "ok", f"{folder}: the first request will create it")
        open_to_others = sorted(each.name for each in folder.iterdir() if _is_open(each))
    except (StoreUnavailable, OSError) as error:
        advice = "Own it, with mode 0700, or set XDG_CONFIG_HOME to a folder that you own."
        return Check(name, "failed", str(error), advice)
    if open_to_others:
        found = f"{folder}: others can read {', '.join(open_to_others)}"
        return Check(name, "warning", found, f"Run: chmod 600 {folder}/*")
    return Check(name, "ok", f"{folder}: only you can read it")


def _is_open(path: Path) -> bool:
    if sys.platform == "win32":  # pragma: no cover  # access lists decide there, not modes
        return False
    # The client id is no secret, and the vendor's tools create it with any mode.
    return path.name != "client_id" and bool(stat.S_IMODE(path.lstat().st_mode) & 0o077)


def check_token(settings: Settings, now: datetime) -> tuple[Check, bool]:
    """Report the token's source and expiry; also return whether there is one."""
    if settings.token is not None:
        return Check("token", "ok", "set by NEMO_TOKEN"), True
    try:
        saved = ConfigFolder(settings.config_dir).read_token(settings.base_url, now)
    except StoreUnavailable:
        return Check("token", "warning", "none: the config folder cannot be read"), False
    if saved is None:
        found = "none yet: the first request creates an anonymous one (100 credits, 7 days)"
        return Check("token", "ok", found), False
    if saved.expires_at is None:
        return Check("token", "ok", "anonymous, saved; its expiry is unknown"), True
    left = (saved.expires_at - now).total_seconds()
    soon = ", it is then renewed automatically" if left < _SOON else ""
    return Check("token", "ok", f"anonymous, saved; expires in {span(left)}{soon}"), True


def check_proxies(find: Callable[[str], str | None], base_url: str) -> Check:
    """Report the proxy, without user name and password."""
    try:
        proxy = find(base_url)
    except NemoVideoError as error:
        return Check("proxy", "failed", error.message, error.hint)
    if proxy is None:
        return Check("proxy", "ok", "none")
    url = urlsplit(proxy)
    found = f"{url.hostname}:{url.port}" if url.port else f"{url.hostname}"
    return Check("proxy", "ok", found)


def check_clock(date_header: str | None, now: datetime) -> Check:
    """Compare this machine's clock with the service's."""
    try:
        service_time = parsedate_to_datetime(date_header or "")
    except ValueError:
        return Check("clock", "warning", "the service sent no Date header")
    if service_time.tzinfo is None:
        service_time = service_time.replace(tzinfo=UTC)
    off = (now - service_time).total_seconds()
    if abs(off) < _SKEW_WARNING:
        return Check("clock", "ok", "agrees with the service's")
    verdict: Verdict = "failed" if abs(off) >= _SKEW_FAILURE else "warning"
    found = f"{span(abs(off))} {'ahead of' if off > 0 else 'behind'} the service's"
    return Check("clock", verdict, found, "Set this machine's clock, best from a time server.")


def check_service(base_url: str, response: Response) -> Check:
    """Report whether what is at the base URL is the service, by its answer to a request."""
    status = response.status
    if status >= 500 and status != 501:
        advice = "It has trouble at the moment: try again later."
        return Check("service", "warning", f"{base_url} responds with HTTP {status}", advice)
    try:
        answer = parse_response(f"GET {PROBED}", status, response.headers, response.body)
    except APIError as error:
        is_service = error.code is not None or isinstance(error, _ANSWERS)
    else:
        is_service = "available" in answer
    if is_service:
        return Check("service", "ok", f"{base_url} responds")
    found = f"{base_url} responds, and is not the service"
    return Check("service", "failed", found, "Is NEMO_API_URL, or --base-url, right?")


def check_tls(base_url: str) -> Check:
    if urlsplit(base_url).scheme == "https":
        return Check("TLS", "ok", "the certificate was verified")
    return Check("TLS", "ok", "none, as the service is on this machine")


def check_balance(available: float, frozen: float) -> Check:
    if available > 0:
        reserved = f", {amount(frozen)} more reserved" if frozen else ""
        return Check("credits", "ok", f"{amount(available)} available{reserved}")
    advice = "Top up credits in your account, or register for more; export stays free."
    return Check("credits", "warning", "none available", advice)


def check_journal(available: bool, unfinished: int) -> Check:
    if not available:
        advice = "Interrupted work cannot be recovered; see the config folder."
        return Check("journal", "failed", "it cannot be written", advice)
    if unfinished:
        found = count(unfinished, "unfinished operation")
        return Check("journal", "warning", found, "Run: nemovideo recover")
    return Check("journal", "ok", "nothing is unfinished")


def unreachable(message: str, hint: str | None) -> Check:
    return Check("service", "failed", redact(message), hint)
