"""Which proxy serves a URL: the one given, else the environment's."""

from __future__ import annotations

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies, getproxies_environment, proxy_bypass

from nemovideo.errors import InvalidInputError
from nemovideo.security.hosts import leads_here
from nemovideo.validation.arguments import check_kind

_SOCKS = ("socks", "socks4", "socks4a", "socks5", "socks5h")
_SOCKS_SPOKEN = ("socks5", "socks5h")
"""What httpx speaks. Desktops write `socks://` for it."""


class Proxies:
    """The proxy that was named, else the environment's; asked once for each host.

    Args:
        named: the URL of a proxy for every request.
        trust_env: whether the environment is asked where none is named.
        socks: whether the transport speaks to SOCKS proxies.
    """

    def __init__(self, named: str | None, trust_env: bool, *, socks: bool = False) -> None:
        self._named = named
        self._trust_env = trust_env
        self._socks = socks
        self._known: dict[str, str | None] = {}

    def __call__(self, url: str) -> str | None:
        """Return the URL of the proxy for `url`, or None to connect directly.

        Raises:
            InvalidInputError: the proxy given, or the environment's, is not valid.
        """
        end = url.find("/", 8)
        origin = url[:end] if end > 0 else url
        try:
            return self._known[origin]
        except KeyError:
            proxy = self._known[origin] = self._find(origin)
            return proxy

    def _find(self, origin: str) -> str | None:
        if self._named:
            return _check("proxy", self._named, self._socks)
        if not self._trust_env:
            return None
        try:
            parts = urlsplit(origin)
            _ = parts.port
        except ValueError:
            return None  # whoever sends says what is wrong with it
        # This machine is reached directly: a proxy would ask its own.
        if not parts.hostname or leads_here(parts.hostname):
            return None
        proxies = getproxies()
        name = parts.scheme if proxies.get(parts.scheme) else "all"
        found = proxies.get(name)
        if not found or _is_exempt(parts, proxies.get("no", "")):
            return None
        if not getproxies_environment() and proxy_bypass(parts.hostname):
            return None  # by the settings of Windows or macOS
        return _check(f"{name.upper()}_PROXY", found, self._socks)


def _check(parameter: str, given: str, socks: bool) -> str:
    """Return the complete URL of a proxy; errors do not quote it, as it may hold a password."""
    check_kind(given, parameter, str, "a URL")
    address = given.strip()
    if "://" not in address:
        address = f"http://{address}"
    if socks and address.lower().startswith("socks://"):
        address = f"socks5{address[5:]}"
    try:
        parts = urlsplit(address)
        good = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise _refused(parameter) from None
    if parts.scheme in _SOCKS and not (socks and parts.scheme in _SOCKS_SPOKEN):
        raise InvalidInputError(
            f"{parameter} names a SOCKS proxy, and those are not supported here.",
            parameter=parameter,
            accepted=("http://host:port", "https://host:port"),
            hint="Name an HTTP proxy, or one of SOCKS 5."
            if socks
            else 'Name an HTTP proxy, or use HttpxTransport after: pip install "httpx[socks]"',
        )
    if (
        not good
        or parts.scheme not in ("http", "https", *_SOCKS_SPOKEN)
        or re.search(r"\s", address)
    ):
        raise _refused(parameter)
    return address


def _refused(parameter: str) -> InvalidInputError:
    return InvalidInputError(
        f"{parameter} is not the URL of a proxy.",
        parameter=parameter,
        accepted=("http://[user:password@]host:port", "https://[user:password@]host:port"),
        hint="Correct or unset it; trust_env=False leaves the environment's out.",
    )


def _is_exempt(parts: SplitResult, exempt: str) -> bool:
    """Return True if NO_PROXY exempts a host: by name, suffix, IP address, network or port."""
    host = (parts.hostname or "").rstrip(".")
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    return any(_matches(host, port, entry.lower()) for entry in re.split(r"[\s,]+", exempt))


def _matches(host: str, port: int, entry: str) -> bool:
    if entry == "*":
        return True
    entry = entry.rpartition("://")[2]
    network = _parse_network(entry)
    if network is not None:
        try:
            return ip_address(host) in network
        except ValueError:
            return False
    name, colon, number = entry.rpartition(":")
    if colon and number.isdecimal():
        return int(number) == port and _matches(host, port, name)
    name = entry.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _parse_network(entry: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(entry.removeprefix("[").removesuffix("]"), strict=False)
    except ValueError:
        return None
