"""Redirects: which are followed, and which headers go along to another host."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

from nemovideo.security.hosts import may_fetch
from nemovideo.transports.base import Request, Response, Transport

REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5

_CROSS_ORIGIN_HEADERS = frozenset({"user-agent", "accept", "range", "if-range"})
"""Headers that may go to another host: none that identifies the user."""


async def follow_redirects(transport: Transport, request: Request, response: Response) -> Response:
    """Return the response at the end of the redirects."""
    for _ in range(MAX_REDIRECTS):
        redirect = build_redirect(request, response.status, response.headers)
        if redirect is None:
            break
        request = redirect
        response = await transport.send(request)
    return response


def build_redirect(request: Request, status: int, headers: Mapping[str, str]) -> Request | None:
    """Return the request that follows a redirect, or None if there is none to follow.

    Only reads are followed: a redirected message might be a second one. Another host gets no
    credentials, and is asked only if the redirecting server may point there (`may_fetch`).
    """
    location = headers.get("location")
    if status not in REDIRECT_STATUSES or not location or request.method != "GET":
        return None
    try:
        url = urljoin(request.url, location)
        old, new = urlsplit(request.url), urlsplit(url)
        same = (old.scheme, old.hostname, old.port) == (new.scheme, new.hostname, new.port)
    except ValueError:
        return None
    if not may_fetch(url, request.url):
        return None
    return replace(
        request, url=url, headers=request.headers if same else _strip_credentials(request.headers)
    )


def _strip_credentials(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in _CROSS_ORIGIN_HEADERS}
