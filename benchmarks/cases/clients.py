"""The clients of all contenders, pointed at the fixture server, retries off."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from benchmarks.case import Setting

if TYPE_CHECKING:
    import aiohttp
    import httpx

    from nemovideo import AsyncNemoVideo

KEY = "benchmark"


@asynccontextmanager
async def nemovideo_client(
    setting: Setting, path: str = "", *, journal: bool = True
) -> AsyncGenerator[AsyncNemoVideo]:
    """Give our client."""
    import nemovideo

    with tempfile.TemporaryDirectory() as folder:
        client = nemovideo.AsyncNemoVideo(
            token=KEY,
            base_url=setting.server + path,
            config_dir=folder,
            max_retries=0,
            journal=journal,
        )
        async with client:
            yield client


@asynccontextmanager
async def aiohttp_session(*, keep: bool = True) -> AsyncGenerator[aiohttp.ClientSession]:
    """Give a plain aiohttp session, the floor of most benchmarks; it keeps connections or not."""
    import aiohttp

    connector = aiohttp.TCPConnector(limit=0, force_close=not keep)
    # As many headers as our own client sends: that is the service's wish and not our cost.
    headers = {
        "Authorization": f"Bearer {KEY}",
        "User-Agent": "floor",
        "Accept": "application/json",
        "X-Skill-Source": "benchmark",
        "X-Skill-Version": "1",
        "X-Skill-Platform": "unknown",
    }
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        yield session


@asynccontextmanager
async def httpx_client() -> AsyncGenerator[httpx.AsyncClient]:
    """Give a plain httpx client."""
    import httpx

    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(limits=limits, timeout=600) as client:
        yield client


@asynccontextmanager
async def openai_client(setting: Setting, path: str = "") -> AsyncGenerator[Any]:
    """Give openai's client."""
    from openai import AsyncOpenAI

    url = f"{setting.server}{path}/v1"
    async with AsyncOpenAI(api_key=KEY, base_url=url, max_retries=0) as client:
        yield client


@asynccontextmanager
async def openai_aiohttp_client(setting: Setting, path: str = "") -> AsyncGenerator[Any]:
    """Give openai's client on its aiohttp transport."""
    from openai import AsyncOpenAI, DefaultAioHttpClient

    url = f"{setting.server}{path}/v1"
    async with DefaultAioHttpClient() as carrier:
        yield AsyncOpenAI(api_key=KEY, base_url=url, max_retries=0, http_client=carrier)


@asynccontextmanager
async def anthropic_client(setting: Setting, path: str = "") -> AsyncGenerator[Any]:
    """Give anthropic's client."""
    from anthropic import AsyncAnthropic

    url = setting.server + path
    async with AsyncAnthropic(api_key=KEY, base_url=url, max_retries=0) as client:
        yield client


@asynccontextmanager
async def runwayml_client(setting: Setting) -> AsyncGenerator[Any]:
    """Give runwayml's client."""
    from runwayml import AsyncRunwayML

    async with AsyncRunwayML(api_key=KEY, base_url=setting.server, max_retries=0) as client:
        yield client


@asynccontextmanager
async def replicate_client(setting: Setting) -> AsyncGenerator[Any]:
    """Give replicate's client."""
    from replicate.client import Client

    yield Client(api_token=KEY, base_url=setting.server)


@asynccontextmanager
async def genai_client(setting: Setting) -> AsyncGenerator[Any]:
    """Give google-genai's client."""
    from google import genai

    options = genai.types.HttpOptions(base_url=setting.server)
    yield genai.Client(api_key=KEY, http_options=options).aio
