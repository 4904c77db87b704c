"""Which proxy a request goes over: the same with every transport."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import pytest

from nemovideo.errors import APIConnectionError, InvalidInputError
from nemovideo.transports import AiohttpTransport, HttpxTransport, Request
from nemovideo.transports._proxies import Proxies
from tests.transports.conftest import RawServer

KINDS = [("aiohttp", "asyncio"), ("httpx", "asyncio"), ("httpx", "trio")]
AWAY = Request("GET", "http://api.invalid/json")
NOWHERE = "http://127.0.0.1:1"

Make = Callable[..., "AiohttpTransport | HttpxTransport"]


@pytest.fixture(params=KINDS, ids="-".join)
def kind(request: pytest.FixtureRequest) -> tuple[str, str]:
    return request.param


@pytest.fixture
def anyio_backend(kind: tuple[str, str]) -> str:
    return kind[1]


@pytest.fixture
async def make(kind: tuple[str, str], anyio_backend: str) -> AsyncIterator[Make]:
    made: list[AiohttpTransport | HttpxTransport] = []

    def build(**options: object) -> AiohttpTransport | HttpxTransport:
        cls = AiohttpTransport if kind[0] == "aiohttp" else HttpxTransport
        made.append(cls(**options))  # type: ignore[arg-type]
        return made[-1]

    yield build
    for each in made:
        await each.aclose()


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.anyio
@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("fresh", [False, True])
async def test_a_proxy_comes_from_the_environment(
    make: Make, server: RawServer, monkeypatch: pytest.MonkeyPatch, variable: str, fresh: bool
) -> None:
    address = server.url("").replace("http://", "http://m%40:p%3Aw@")
    monkeypatch.setenv(variable, address)
    await make().send(Request("GET", AWAY.url, fresh_connection=fresh))
    assert server.seen[0].target == AWAY.url
    assert server.seen[0].headers["proxy-authorization"] == "Basic bUA6cDp3"


@pytest.mark.anyio
async def test_a_proxy_without_a_scheme_is_an_http_proxy(
    make: Make, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f" me:pw@127.0.0.1:{server.port} ")
    await make().send(AWAY)
    assert server.seen[0].headers["proxy-authorization"] == "Basic bWU6cHc="


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]"])
async def test_this_machine_is_reached_directly(
    make: Make, server: RawServer, monkeypatch: pytest.MonkeyPatch, host: str
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, NOWHERE)
    await make().send(Request("GET", f"http://{host}:{server.port}/json"))
    assert server.seen[0].target == "/json"


@pytest.mark.anyio
async def test_a_proxy_that_is_named_wins_even_before_this_machine(
    make: Make, server: RawServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", NOWHERE)
    monkeypatch.setenv("no_proxy", "*")
    transport = make(proxy=server.url(""))
    await transport.send(AWAY)
    await transport.send(Request("GET", "http://127.0.0.1:1/json"))
    assert [seen.target for seen in server.seen] == [AWAY.url, "http://127.0.0.1:1/json"]


@pytest.mark.anyio
async def test_the_environment_can_be_left_out(
    make: Make, monkeypatch: pytest.MonkeyPatch, server: RawServer
) -> None:
    monkeypatch.setenv("http_proxy", server.url(""))
    with pytest.raises(APIConnectionError):
        await make(trust_env=False).send(AWAY)
    assert server.seen == []


@pytest.mark.anyio
async def test_a_proxy_that_refuses_a_tunnel_sent_nothing(make: Make, server: RawServer) -> None:
    with pytest.raises(APIConnectionError) as caught:
        await make(proxy=server.url("")).send(Request("GET", "https://refused-tunnel/json"))
    assert caught.value.phase == "connect"


@pytest.mark.anyio
@pytest.mark.parametrize("scheme", ["socks4", "socks4a", "socks5", "SOCKS5H", "socks"])
@pytest.mark.parametrize("named", [False, True])
async def test_a_socks_proxy_is_refused_by_name(
    make: Make, monkeypatch: pytest.MonkeyPatch, scheme: str, named: bool, server: RawServer
) -> None:
    address = f"{scheme}://me:pw@127.0.0.1:{server.port}"
    if not named:
        monkeypatch.setenv("ALL_PROXY", address)
    transport = make(proxy=address) if named else make()
    with pytest.raises(InvalidInputError, match="SOCKS") as caught:
        await transport.send(Request("GET", "https://api.invalid/json"))
    with pytest.raises(InvalidInputError, match="SOCKS"):
        async with transport.stream(Request("POST", "https://api.invalid/json", body=b"{}")):
            pass
    assert caught.value.parameter == ("proxy" if named else "ALL_PROXY")
    assert "pw" not in f"{caught.value} {caught.value.accepted}"
    assert server.connections == 0


@pytest.mark.parametrize(
    "address",
    [
        *("http://", "http://:3128", "http://proxy:port", "http://proxy:99999", "http://proxy:0"),
        *("ftp://proxy:21", "file:///etc/proxy", "http://[::1", "my proxy", '"http://proxy:3128"'),
    ],
)
def test_what_is_no_proxy_is_refused_by_the_variables_name(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("https_proxy", address)
    with pytest.raises(InvalidInputError) as caught:
        Proxies(None, trust_env=True)("https://api.example/x")
    assert caught.value.parameter == "HTTPS_PROXY"
    assert caught.value.accepted
    assert address not in str(caught.value)
    assert Proxies(None, trust_env=True)("http://127.0.0.1:9/x") is None


def test_a_transport_that_speaks_socks_gets_such_a_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("all_proxy", "socks5://proxy:1080")
    proxies = Proxies(None, trust_env=True, socks=True)
    assert proxies("https://api.example/x") == "socks5://proxy:1080"


@pytest.mark.parametrize(
    ("url", "exempt", "direct"),
    [
        ("https://api.example/x", "*", True),
        ("https://api.example/x", "other.example, api.example", True),
        ("https://api.example/x", "other.example API.example.", True),
        ("https://api.example/x", "example", True),
        ("https://api.example/x", ".example", True),
        ("https://api.example/x", "*.example", True),
        ("https://api.example/x", "ample", False),
        ("https://api.example/x", "pi.example", False),
        ("https://api.example/x", "https://api.example", True),
        ("https://api.example/x", "api.example:443", True),
        ("https://api.example/x", "api.example:8443", False),
        ("https://api.example:8443/x", "api.example:8443", True),
        ("https://10.1.2.3/x", "10.0.0.0/8", True),
        ("https://10.1.2.3/x", "10.1.2.3", True),
        ("https://11.1.2.3/x", "10.0.0.0/8", False),
        ("https://10.1.2.3:8443/x", "10.0.0.0/8:8443", True),
        ("https://[2001:db8::5]/x", "2001:db8::/32", True),
        ("https://[2001:db8::5]/x", "[2001:db8::5]", True),
        ("https://[2001:db8::5]:8443/x", "[2001:db8::5]:8443", True),
        ("https://api.example/x", "10.0.0.0/8", False),
        ("https://api.example/x", "", False),
        ("https://api.example/x", " , ,", False),
    ],
)
def test_no_proxy_sets_hosts_apart(
    monkeypatch: pytest.MonkeyPatch, url: str, exempt: str, direct: bool
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:3128")
    monkeypatch.setenv("NO_PROXY", exempt)
    assert Proxies(None, trust_env=True)(url) == (None if direct else "http://proxy:3128")


def test_an_address_that_is_none_has_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://proxy:3128")
    proxies = Proxies(None, trust_env=True)
    for url in ("https://[::1/x", "https://host:port/x", "https:///x"):
        assert proxies(url) is None


def test_the_systems_own_exceptions_are_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    # What Windows and macOS have in their settings, where the environment says nothing.
    monkeypatch.setattr(
        "nemovideo.transports._proxies.getproxies", lambda: {"https": "http://proxy:3128"}
    )
    monkeypatch.setattr(
        "nemovideo.transports._proxies.proxy_bypass", lambda host: host == "intranet.example"
    )
    proxies = Proxies(None, trust_env=True)
    assert proxies("https://intranet.example/x") is None
    assert proxies("https://api.example/x") == "http://proxy:3128"
