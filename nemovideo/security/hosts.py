"""Which hosts are this machine, and which URLs of the service may be fetched."""

from __future__ import annotations

import re
from ipaddress import IPv4Address, IPv6Address
from unicodedata import normalize
from urllib.parse import unquote, urlsplit

_ALIASES = frozenset({"localhost.localdomain", "localhost6", "ip6-localhost", "ip6-loopback"})
"""Names of this machine in /etc/hosts on many systems."""
_NUMERIC = re.compile(r"[0-9a-fx.]+|[0-9a-f:.]+(?:%.*)?")
_UNCLEAR = re.compile(r"[\\\s\x00-\x1f\x7f]")
"""Libraries disagree about the host of a URL with one of these."""


def is_loopback(host: str | None) -> bool:
    name = _plain(host)
    if name == "localhost":
        return True
    address = _ip_address(name)
    return address is not None and address.is_loopback


def leads_here(host: str | None) -> bool:
    """Return True if a connection to `host` may end on this machine; False for most names."""
    name = _plain(host)
    if name.endswith(".localhost") or name in _ALIASES or is_loopback(name):
        return True
    address = _ip_address(name)
    return address is not None and address.is_unspecified


def may_fetch(url: str, asker: str) -> bool:
    """Return True if `url` may be fetched because the server at `asker` says so.

    Plain http, and this machine at all, only if the server is on this machine itself: another one
    must not reach what listens here.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
        local = is_loopback(urlsplit(asker).hostname)
    except ValueError:
        return False
    if not host or "@" in parts.netloc or _UNCLEAR.search(url):
        return False
    if leads_here(host):
        return local and parts.scheme in {"http", "https"}
    return parts.scheme == "https"


def _plain(host: str | None) -> str:
    """Return a host as a resolver reads it, without full-width digits, escapes and final dot."""
    name = normalize("NFKC", unquote(host or "")).replace("\u3002", ".").lower()
    return name.removesuffix(".")


def _ip_address(name: str) -> IPv4Address | IPv6Address | None:
    if not _NUMERIC.fullmatch(name):
        return None
    from socket import inet_aton  # slow to import

    try:
        if ":" not in name:
            # As every resolver reads it: 127.1, 0x7f000001 and 2130706433 are 127.0.0.1.
            return IPv4Address(inet_aton(name))
        address = IPv6Address(name.partition("%")[0])
    except (OSError, ValueError):
        return None
    return address.ipv4_mapped or address
