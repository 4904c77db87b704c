"""Every exception of the HTTP libraries crosses into ours, and brings nothing along."""

from __future__ import annotations

import inspect
import pickle
import ssl
import traceback
from types import ModuleType

import aiohttp
import aiohttp.http_exceptions
import anyio
import multidict
import pytest
import yarl
from aiohttp.client_exceptions import UnixClientConnectorError
from aiohttp.client_reqrep import ConnectionKey

from nemovideo.errors import APIConnectionError, APITimeoutError, Phase
from nemovideo.transports import Request, _aiohttp_errors
from nemovideo.transports._httpx_library import HttpxLibrary, load_library
from tests.transports.conftest import LIBRARIES

TOKEN = "nmv_usr_secret_of_the_test"
URL = f"https://cdn.example:8443/video.mp4?signature={TOKEN}"
REQUEST = Request("GET", URL, {"authorization": f"Bearer {TOKEN}"}, connect_timeout=3)

AIOHTTP_UNUSED = {
    "WebSocketError": "no WebSocket is ever opened",
    "WSMessageTypeError": "no WebSocket is ever opened",
    "EofStream": "ends an internal loop",
}


def exceptions_of(*modules: ModuleType) -> list[type[Exception]]:
    found = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception)
        and not issubclass(kind, Warning)
        and kind.__module__.split(".")[0] == module.__name__.split(".")[0]
    }
    return sorted(found, key=lambda kind: kind.__qualname__)


AIOHTTP = [
    kind
    for kind in exceptions_of(aiohttp, aiohttp.client_exceptions, aiohttp.http_exceptions)
    if not kind.__module__.startswith("aiohttp.web") and kind.__name__ not in AIOHTTP_UNUSED
]
SYSTEM = [ssl.SSLError, ssl.SSLCertVerificationError, OSError, ConnectionResetError, TimeoutError]
PAIRS = [load_library(name) for name in LIBRARIES]
HTTPX = [
    (pair, kind)
    for pair in PAIRS
    for kind in (
        *exceptions_of(pair.httpx, pair.httpcore),
        *(anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream),
        *SYSTEM,
    )
]


def made(kind: type[Exception]) -> Exception:
    """Make one, its texts full of what must not be shown."""
    if issubclass(kind, aiohttp.ClientResponseError):
        info = aiohttp.RequestInfo(yarl.URL(URL), "GET", headers(), yarl.URL(URL))
        return kind(info, (), status=400, message=TOKEN, headers=headers())
    if issubclass(kind, aiohttp.ClientConnectorError):
        return connector_error(kind)
    if kind is aiohttp.ServerFingerprintMismatch:
        return kind(b"expected", b"got", "h", 1)
    if kind in SYSTEM:
        return kind(104, "as the system words it")
    error = kind.__new__(kind)
    for initial in ([f"{TOKEN} {URL}"], []):
        try:
            error = kind(*initial)
            break
        except TypeError:
            continue
    return error


def headers() -> multidict.CIMultiDictProxy[str]:
    return multidict.CIMultiDictProxy(multidict.CIMultiDict({"authorization": TOKEN}))


def connector_error(kind: type[aiohttp.ClientConnectorError]) -> Exception:
    proxy = yarl.URL(f"http://user:{TOKEN}@proxy")
    key = ConnectionKey("h", 1, True, True, proxy, None, None)
    if kind is UnixClientConnectorError:
        return kind("/socket", key, OSError(111, "refused"))  # type: ignore[call-arg, arg-type]  # another signature
    return kind(key, OSError(111, "refused"))


def shown(error: BaseException) -> str:
    printed = traceback.TracebackException.from_exception(error, capture_locals=True)
    return "".join(printed.format()) + repr(error.__cause__)


@pytest.mark.parametrize("phase", ["send", "wait", "read"])
@pytest.mark.parametrize("kind", [*AIOHTTP, *SYSTEM], ids=lambda kind: kind.__qualname__)
def test_every_exception_of_aiohttp_crosses_the_bridge(kind: type[Exception], phase: Phase) -> None:
    foreign = made(kind)
    assert isinstance(foreign, _aiohttp_errors.LIBRARY_ERRORS)
    ours = _aiohttp_errors.map_exception(foreign, REQUEST, phase)
    ours.__cause__ = foreign
    assert_clean(ours, phase)


@pytest.mark.parametrize("phase", ["send", "wait", "read"])
@pytest.mark.parametrize(("pair", "kind"), HTTPX)
def test_every_exception_of_httpx_and_httpcore_crosses_the_bridge(
    pair: HttpxLibrary, kind: type[Exception], phase: Phase
) -> None:
    foreign = made(kind)
    assert isinstance(foreign, pair.errors)
    ours = pair.map_exception(foreign, REQUEST, phase)
    ours.__cause__ = foreign
    assert_clean(ours, phase)


def assert_clean(ours: APIConnectionError, phase: Phase) -> None:
    assert ours.phase in {phase, "connect", "send"}
    assert "cdn.example:8443" in ours.message
    assert TOKEN not in shown(ours)
    assert pickle.loads(pickle.dumps(ours)).message == ours.message


def test_aiohttp_errors_that_are_let_through_exist() -> None:
    assert AIOHTTP_UNUSED.keys() <= {each.__name__ for each in exceptions_of(aiohttp)}


@pytest.mark.parametrize(
    "kind",
    [
        aiohttp.ClientConnectorError,
        aiohttp.ClientConnectorDNSError,
        aiohttp.ClientConnectorSSLError,
        aiohttp.ClientConnectorCertificateError,
        aiohttp.ClientProxyConnectionError,
        aiohttp.ClientHttpProxyError,
        aiohttp.ConnectionTimeoutError,
        aiohttp.InvalidURL,
    ],
)
def test_aiohttp_is_certain_that_nothing_was_sent(kind: type[Exception]) -> None:
    assert _aiohttp_errors.map_exception(made(kind), REQUEST, "wait").phase == "connect"


@pytest.mark.parametrize(
    "kind",
    [
        aiohttp.ServerDisconnectedError,
        aiohttp.ClientOSError,
        aiohttp.ClientPayloadError,
        aiohttp.ClientConnectionError,
        aiohttp.ClientConnectionResetError,
        aiohttp.SocketTimeoutError,
        TimeoutError,
        ConnectionRefusedError,
    ],
)
def test_aiohttp_is_not_certain_that_nothing_was_sent(kind: type[Exception]) -> None:
    assert _aiohttp_errors.map_exception(made(kind), REQUEST, "wait").phase == "wait"


@pytest.mark.parametrize(
    "name",
    [
        *("ConnectError", "ConnectTimeout", "PoolTimeout"),
        *("ProxyError", "UnsupportedProtocol", "InvalidURL"),
    ],
)
def test_httpx_is_certain_that_nothing_was_sent(library: HttpxLibrary, name: str) -> None:
    error = made(getattr(library.httpx, name))
    assert library.map_exception(error, REQUEST, "wait").phase == "connect"


@pytest.mark.parametrize(
    ("name", "phase"),
    [
        ("ReadError", "wait"),
        ("RemoteProtocolError", "wait"),
        ("ReadTimeout", "wait"),
        ("WriteError", "send"),
        ("WriteTimeout", "send"),
    ],
)
def test_httpx_is_not_certain_that_nothing_was_sent(
    library: HttpxLibrary, name: str, phase: Phase
) -> None:
    error = made(getattr(library.httpx, name))
    assert library.map_exception(error, REQUEST, "wait").phase == phase


@pytest.mark.parametrize(
    "kind", [aiohttp.ConnectionTimeoutError, aiohttp.SocketTimeoutError, TimeoutError]
)
def test_times_of_aiohttp_that_ran_out_are_timeouts(kind: type[Exception]) -> None:
    assert isinstance(_aiohttp_errors.map_exception(made(kind), REQUEST, "read"), APITimeoutError)


@pytest.mark.parametrize("name", ["ConnectTimeout", "ReadTimeout", "TimeoutError"])
def test_times_of_httpx_that_ran_out_are_timeouts(library: HttpxLibrary, name: str) -> None:
    error = made(getattr(library.httpx, name, TimeoutError))
    assert isinstance(library.map_exception(error, REQUEST, "read"), APITimeoutError)


def test_a_connect_timeout_says_how_long_it_was() -> None:
    error = _aiohttp_errors.map_exception(aiohttp.ConnectionTimeoutError(URL), REQUEST, "wait")
    assert error.message == "No connection to cdn.example:8443 was opened within 3 s."


def test_a_certificate_that_is_not_accepted_is_named_by_both(library: HttpxLibrary) -> None:
    refused = ssl.SSLCertVerificationError(1, "certificate verify failed")
    key = ConnectionKey("h", 1, True, True, None, None, None)
    first = _aiohttp_errors.map_exception(
        aiohttp.ClientConnectorCertificateError(key, refused), REQUEST, "wait"
    )
    foreign = library.httpx.ConnectError("x")
    foreign.__cause__ = refused
    second = library.map_exception(foreign, REQUEST, "wait")
    assert first.message == second.message
    assert "its TLS certificate was not accepted" in first.message
