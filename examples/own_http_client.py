"""Bring your own HTTP client: its proxy, certificates, hooks and limits apply. You close it."""

import asyncio

import httpx

import nemovideo
from nemovideo.transports import HttpxTransport


async def log(response: httpx.Response) -> None:
    print(response.request.method, response.request.url.path, response.status_code)


async def main() -> None:
    limits = httpx.Limits(max_connections=4)
    async with httpx.AsyncClient(limits=limits, event_hooks={"response": [log]}) as http:
        client = nemovideo.AsyncNemoVideo(transport=HttpxTransport(http))
        print(await client.credits.retrieve())


asyncio.run(main())
