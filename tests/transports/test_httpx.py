"""What only the httpx transport does: respx sees it, a client of the caller's, quiet logs."""

from __future__ import annotations

import gc
import logging
import os
import shutil
import ssl
import warnings
from collections.abc import AsyncGenerator, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import anyio.lowlevel
import certifi
import httpx
import pytest
import respx

from nemovideo.errors import APIConnectionError, APITimeoutError
from nemovideo.transports import HttpxTransport, Request
from nemovideo.transports import httpx as httpx_transport
from nemovideo.transports._httpx_library import HttpxLibrary, load_library
from tests.transports.conftest import LIBRARIES, RawServer

pytestmark = pytest.mark.anyio

GET = Request("GET", "https://api.example/x?signature=abc")


@pytest.fixture(params=LIBRARIES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    return load_library(request.param).httpx


async def test_an_error_of_a_client_of_either_library_is_one_of_ours(
    module: Any, library: HttpxLibrary
) -> None:
    assert library is httpx_transport.DEFAULT_LIBRARY  # which is not that of the client
    async with module.AsyncClient(trust_env=False) as client:
        with pytest.raises(APIConnectionError) as caught:
            await HttpxTransport(client).send(Request("GET", "http://127.0.0.1:1/"))
    assert caught.value.phase == "connect"
    assert type(caught.value.__cause__).__module__.startswith(module.__name__)


async def test_the_certificates_of_an_environment_are_read_once_for_all_transports(
    library: HttpxLibrary, server: RawServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    create = library.httpx.create_ssl_context

    def count(**options: object) -> ssl.SSLContext:
        read.append(os.environ["SSL_CERT_FILE"])
        return create(**options)

    monkeypatch.setattr(library.httpx, "create_ssl_context", count)
    names = [str(tmp_path / name) for name in ("first.pem", "second.pem")]
    for name in names:
        shutil.copy(certifi.where(), name)
        monkeypatch.setenv("SSL_CERT_FILE", name)
        for _ in range(2):
            async with HttpxTransport() as transport:
                await transport.send(Request("GET", server.url("/json")))
    assert read == names


@respx.mock
async def test_respx_intercepts_it() -> None:
    route = respx.get(GET.url).respond(json={"code": 0})
    async with httpx.AsyncClient() as client, HttpxTransport(client) as transport:
        assert (await transport.send(GET)).body == b'{"code":0}'
    assert route.called


@respx.mock
async def test_what_respx_raises_crosses_the_bridge() -> None:
    respx.get(GET.url).mock(side_effect=httpx.ConnectTimeout)
    async with httpx.AsyncClient() as client, HttpxTransport(client) as transport:
        with pytest.raises(APITimeoutError) as caught:
            await transport.send(GET)
    assert caught.value.phase == "connect"


async def test_a_client_of_the_callers_is_used_and_left_open(module: Any) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        response: httpx.Response = module.Response(200, text=request.headers["x-mine"])
        return response

    mock = module.MockTransport(answer)
    async with module.AsyncClient(transport=mock, headers={"x-mine": "yes"}) as client:
        async with HttpxTransport(client) as transport:
            assert (await transport.send(GET)).body == b"yes"
        assert not client.is_closed


async def test_a_client_that_its_owner_closed_says_so(module: Any) -> None:
    client = module.AsyncClient()
    await client.aclose()
    with pytest.raises(APIConnectionError, match="is closed") as caught:
        await HttpxTransport(client).send(GET)
    assert caught.value.phase == "connect"


class Breaking(httpx.AsyncBaseTransport):
    """Breaks, or cancels who sends it, when it has taken the first piece of a body."""

    def __init__(self, cancel: Callable[[], None] | None) -> None:
        self._cancel = cancel

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.AsyncByteStream)
        async for _ in request.stream:
            if self._cancel is None:
                raise httpx.WriteError("x")
            self._cancel()
            await anyio.sleep_forever()
        raise AssertionError("there was no body")


@pytest.mark.parametrize("breaks", [True, False])
async def test_a_body_of_bytes_that_is_not_sent_to_its_end_leaves_nothing_open(
    breaks: bool,
) -> None:
    request = Request("POST", "https://api.example/x", body=b"{}")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(60):
            with anyio.CancelScope() as scope:
                breaking = Breaking(None if breaks else scope.cancel)
                async with httpx.AsyncClient(transport=breaking) as client:
                    with pytest.raises(APIConnectionError) as caught:
                        await HttpxTransport(client).send(request)
                    assert caught.value.phase == "send"
            assert scope.cancelled_caught is not breaks
        gc.collect()
        await anyio.lowlevel.checkpoint()


@pytest.mark.usefixtures("library")
async def test_a_query_is_not_logged(server: RawServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with HttpxTransport() as transport:
        await transport.send(Request("GET", server.url("/json?signature=abc")))
    assert server.seen[0].target == "/json?signature=abc"
    assert "/json" in caplog.text
    assert "signature=abc" not in caplog.text


@pytest.mark.usefixtures("library")
def test_two_runs_share_a_transport_that_nobody_closes(server: RawServer) -> None:
    transport = HttpxTransport()
    for backend in ("asyncio", "trio", "asyncio"):
        anyio.run(transport.send, Request("GET", server.url("/json")), backend=backend)
    assert [seen.connection for seen in server.seen] == [1, 2, 3]


@pytest.mark.usefixtures("library")
async def test_a_signed_address_that_a_redirect_leads_to_is_not_logged(
    server: RawServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with HttpxTransport() as transport:
        await transport.send(Request("GET", server.url("/signed-redirect")))
    assert "/film.mp4?…" in caplog.text
    assert "signature=abc" not in caplog.text


async def test_what_others_log_over_the_same_library_stays_as_it_is(
    server: RawServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with httpx.AsyncClient() as theirs:
        await theirs.get(server.url("/signed-redirect"))
    assert "/film.mp4?signature=abc" in caplog.text


async def test_a_stream_that_cannot_be_closed_is_left_all_the_same() -> None:
    async def beats() -> AsyncGenerator[bytes, None]:
        while True:
            yield b": beat\n\n"
            await anyio.sleep(0.05)

    own = httpx.AsyncClient(
        transport=httpx.MockTransport(lambda _: httpx.Response(200, content=beats()))
    )
    async with own:
        request = Request("GET", "http://a.example/", concurrent_reader=False)
        async with HttpxTransport(own).stream(request) as streamed:
            assert await streamed.receive() == b": beat\n\n"
