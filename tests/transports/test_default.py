"""Which transport serves which async library, and what importing them costs."""

from __future__ import annotations

import sys

import anyio
import pytest

import nemovideo.transports
from nemovideo.errors import NemoVideoError
from nemovideo.transports import AiohttpTransport, HttpxTransport, default_transport
from nemovideo.transports._httpx_library import load_library


def made_on(backend: str) -> object:
    async def main() -> object:
        return default_transport()

    return anyio.run(main, backend=backend)


def test_asyncio_is_served_by_aiohttp() -> None:
    assert isinstance(made_on("asyncio"), AiohttpTransport)


def test_trio_is_served_by_httpx() -> None:
    assert isinstance(made_on("trio"), HttpxTransport)


def test_trio_without_httpx_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "nemovideo.transports.httpx", raising=False)
    monkeypatch.setitem(sys.modules, "httpx", None)
    monkeypatch.setitem(sys.modules, "httpx2", None)
    load_library.cache_clear()
    with pytest.raises(NemoVideoError, match=r'pip install "nemovideo\[httpx\]"') as caught:
        made_on("trio")
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


def test_every_exported_name_exists() -> None:
    for name in nemovideo.transports.__all__:
        assert getattr(nemovideo.transports, name) is not None
    assert dir(nemovideo.transports) == nemovideo.transports.__all__


def test_a_name_that_is_not_exported_does_not_exist() -> None:
    with pytest.raises(AttributeError, match="nothing"):
        _ = nemovideo.transports.nothing
