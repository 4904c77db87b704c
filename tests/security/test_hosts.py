"""Which hosts are this machine, and which URLs may be fetched because a server says so."""

from __future__ import annotations

import pytest

from nemovideo.security.hosts import is_loopback, leads_here, may_fetch

LOOPBACK = [
    *("localhost", "LocalHost", "localhost.", "127.0.0.1", "127.0.0.1.", "127.255.3.4"),
    *("127.1", "2130706433", "0x7f000001", "0x7F.1", "0177.0.0.1", "0177.1"),
    *("::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::1%lo"),
    *("\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021", "%31%32%37.0.0.1"),
]
PERHAPS = [
    *("app.localhost", "a.b.localhost.", "localhost.localdomain", "ip6-localhost"),
    *("0.0.0.0", "0", "::", "::ffff:0.0.0.0"),
]
ELSEWHERE = [
    *("127.999.1.1", "127.0.0.1.nip.io", "localhost.example", "127.example", "notlocalhost"),
    *("10.0.0.1", "0127.0.0.1", "128.0.0.1", "2001:db8::1", "127.0.0.1 x", "127.0.0.1x", ""),
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_every_way_to_write_this_machine_is_seen(host: str) -> None:
    assert is_loopback(host)
    assert leads_here(host)


@pytest.mark.parametrize("host", PERHAPS)
def test_a_name_that_may_lead_here_is_not_trusted_to_do_so(host: str) -> None:
    assert not is_loopback(host)
    assert leads_here(host)


@pytest.mark.parametrize("host", ELSEWHERE)
def test_other_hosts_are_elsewhere(host: str) -> None:
    assert not is_loopback(host)
    assert not leads_here(host)


def test_no_host_is_nowhere() -> None:
    assert not is_loopback(None)


REMOTE, HERE = "https://service.example", "http://127.0.0.1:8080"


@pytest.mark.parametrize("host", [*LOOPBACK, *PERHAPS])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_elsewhere_does_not_lead_to_this_machine(scheme: str, host: str) -> None:
    written = f"[{host}]" if ":" in host else host
    assert not may_fetch(f"{scheme}://{written}/film.mp4", REMOTE)
    assert not may_fetch(f"{scheme}://{written}:8080/film.mp4", REMOTE)


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example@127.0.0.1/film.mp4",
        "https://127.0.0.1\\@cdn.example/film.mp4",
        "https://user:pw@cdn.example/film.mp4",
        "https://cdn.example\t.localhost/film.mp4",
        "https://cdn.example:port/film.mp4",
        "https://[::1/film.mp4",
        "https:///film.mp4",
        "http://cdn.example/film.mp4",
        "ftp://cdn.example/film.mp4",
        "file:///etc/passwd",
    ],
)
@pytest.mark.parametrize("asker", [REMOTE, HERE])
def test_what_is_not_a_plain_https_address_is_not_fetched(url: str, asker: str) -> None:
    assert not may_fetch(url, asker) or (asker == HERE and "//127" in url)


@pytest.mark.parametrize(
    ("url", "asker"),
    [
        ("https://cdn.example/film.mp4?sig=1%2F2", REMOTE),
        ("https://cdn.example:8443/film.mp4", HERE),
        ("http://127.0.0.1:9000/film.mp4", HERE),
        ("http://[::1]:9000/film.mp4", "http://localhost:8080"),
    ],
)
def test_what_may_be_fetched(url: str, asker: str) -> None:
    assert may_fetch(url, asker)
