"""What `nemovideo doctor` looks at, and what it makes of what it sees."""

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
from nemovideo.errors import NemoVideoError
from nemovideo.progress.units import amount, span
from nemovideo.security.private_files import StoreUnavailable, check_folder
from nemovideo.security.redaction import redact

Verdict: TypeAlias = Literal["ok", "warning", "failed"]

EXTRAS: Mapping[str, Sequence[str]] = {
    "cli": ("typer", "rich", "prompt_toolkit"),
    "sandbox": ("av", "numpy", "PIL"),
    "httpx": ("httpx", "trio"),
    "otio": ("opentimelineio",),
    "otel": ("opentelemetry",),
}
"""Extra → what it brings."""

_SKEW_WARNING = 60
_SKEW_FAILURE = 300
"""Seconds by which this clock may be off before expiry times and signatures go wrong."""
_SOON = 86400


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: what was found, and what to do about it."""

    name: str
    verdict: Verdict
    found: str
    advice: str | None = None


def check_version() -> Check:
    """Tell which versions run."""
    system = f"{platform.system()} {platform.machine()}"
    return Check(
        "version", "ok", f"nemovideo {__version__}, Python {sys.version.split()[0]}, {system}"
    )


def check_extras(installed: Sequence[str] | None = None) -> Check:
    """Tell which extras are installed, and how to get the others."""
    there = _installed() if installed is None else installed
    missing = [name for name in EXTRAS if name not in there]
    found = f"installed: {', '.join(there) or 'none'}"
    if not missing:
        return Check("extras", "ok", found)
    others = f'for more: pip install "nemovideo[{",".join(missing)}]"'
    return Check("extras", "ok", f"{found}; {others}")


def _installed() -> list[str]:
    return [name for name, needs in EXTRAS.items() if all(map(find_spec, needs))]


def check_config_folder(folder: Path) -> Check:
    """See whether the config folder can be used, and whether others are kept out."""
    name = "config folder"
    try:
        if not check_folder(folder):
            return Check(name, "ok", f"{folder}: not made yet, the first request does")
        open_to_others = sorted(each.name for each in folder.iterdir() if _is_open(each))
    except (StoreUnavailable, OSError) as error:
        advice = "Make it yours, with mode 0700, or set XDG_CONFIG_HOME to a folder that is."
        return Check(name, "failed", str(error), advice)
    if open_to_others:
        found = f"{folder}: others can read {', '.join(open_to_others)}"
        return Check(name, "warning", found, f"Run: chmod 600 {folder}/*")
    return Check(name, "ok", f"{folder}: only you can read it")


def _is_open(path: Path) -> bool:
    if sys.platform == "win32":  # pragma: no cover  # modes say nothing there; access lists do
        return False
    # The client id is no secret, and the vendor's tools make it with any mode.
    return path.name != "client_id" and bool(stat.S_IMODE(path.lstat().st_mode) & 0o077)


def check_token(settings: Settings, now: datetime) -> tuple[Check, bool]:
    """Tell where the token comes from and how long it lives, and whether there is one."""
    if settings.token is not None:
        return Check("token", "ok", "set by NEMO_TOKEN"), True
    try:
        saved = ConfigFolder(settings.config_dir).read_token(settings.base_url, now)
    except StoreUnavailable:
        return Check("token", "warning", "none: the config folder cannot be read"), False
    if saved is None:
        found = "none yet: the first request gets an anonymous one (100 credits, 7 days)"
        return Check("token", "ok", found), False
    if saved.expires_at is None:
        return Check("token", "ok", "anonymous, saved; when it expires is not known"), True
    left = (saved.expires_at - now).total_seconds()
    soon = ", it is replaced by itself" if left < _SOON else ""
    return Check("token", "ok", f"anonymous, saved; expires in {span(left)}{soon}"), True


def check_proxies(find: Callable[[str], str | None], base_url: str) -> Check:
    """Tell which proxy leads to the service; user names and passwords are left out."""
    try:
        proxy = find(base_url)
    except NemoVideoError as error:
        return Check("proxy", "failed", error.message, error.hint)
    if proxy is None:
        return Check("proxy", "ok", "none")
    address = urlsplit(proxy)
    found = f"{address.hostname}:{address.port}" if address.port else f"{address.hostname}"
    return Check("proxy", "ok", found)


def check_clock(date_header: str | None, now: datetime) -> Check:
    """Compare this machine's clock with the service's."""
    try:
        told = parsedate_to_datetime(date_header or "")
    except ValueError:
        return Check("clock", "warning", "the service did not say what time it is")
    off = (now - (told if told.tzinfo else told.replace(tzinfo=UTC))).total_seconds()
    if abs(off) < _SKEW_WARNING:
        return Check("clock", "ok", "agrees with the service's")
    verdict: Verdict = "failed" if abs(off) >= _SKEW_FAILURE else "warning"
    found = f"{span(abs(off))} {'ahead of' if off > 0 else 'behind'} the service's"
    return Check("clock", verdict, found, "Set this machine's clock; best by a time server.")


def check_tls(base_url: str) -> Check:
    """Tell how the way that was just taken is protected."""
    if urlsplit(base_url).scheme == "https":
        return Check("TLS", "ok", "the certificate was verified")
    return Check("TLS", "ok", "none, as the service is on this machine")


def check_balance(available: float, frozen: float) -> Check:
    """Tell the balance."""
    if available > 0:
        reserved = f", {amount(frozen)} more reserved" if frozen else ""
        return Check("credits", "ok", f"{amount(available)} available{reserved}")
    advice = "Top up credits in your account, or register for more; export stays free."
    return Check("credits", "warning", "none available", advice)


def check_journal(available: bool, unfinished: int) -> Check:
    """Tell whether work is written down, and whether some is unfinished."""
    if not available:
        advice = "Work that is cut off cannot be picked up again; see the config folder."
        return Check("journal", "failed", "nothing can be written down", advice)
    if unfinished:
        what = "1 thing is" if unfinished == 1 else f"{unfinished} things are"
        return Check("journal", "warning", f"{what} unfinished", "Run: nemovideo recover")
    return Check("journal", "ok", "nothing is unfinished")


def unreachable(message: str, hint: str | None) -> Check:
    """Tell that the service was not reached."""
    return Check("service", "failed", redact(message), hint)
