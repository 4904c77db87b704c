"""A message reaches the agent at most once behind a proxy that changes its answer, and with hooks.

Each row goes over real sockets, through a proxy between the client and the sandbox. Run with `-s`
to see the table.
"""

from __future__ import annotations

import asyncio
import gzip
import threading
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial

import aiohttp
import anyio
import httpx
import pytest
from aiohttp import web
from anyio.from_thread import start_blocking_portal

from nemovideo import APIConnectionError, AsyncNemoVideo, NemoVideoError
from nemovideo.sandbox import AgentBehavior, Fault, Sandbox
from nemovideo.transports import AiohttpTransport, HttpxTransport, Response
from tests.clocks import anyio_backend
from tests.money.test_once import WAITS, let_time_pass

__all__ = ["anyio_backend"]

pytestmark = pytest.mark.anyio

STREAM = {"content-type": "text/event-stream"}
STALLS = threading.Event()
"""Set when an answer goes no further."""


@dataclass
class Answer:
    """What the sandbox answered to a message, read to its end."""

    request: web.Request
    status: int
    headers: dict[str, str]
    body: bytes


Rewrite = Callable[[Answer], Awaitable[web.StreamResponse]]


async def buffered(answer: Answer) -> web.StreamResponse:
    return web.Response(status=answer.status, headers=answer.headers, body=answer.body)


async def gzipped(answer: Answer) -> web.StreamResponse:
    headers = answer.headers | {"content-encoding": "gzip"}
    return web.Response(status=answer.status, headers=headers, body=gzip.compress(answer.body))


async def deflated(answer: Answer) -> web.StreamResponse:
    headers = answer.headers | {"content-encoding": "deflate"}
    return web.Response(status=answer.status, headers=headers, body=zlib.compress(answer.body))


async def with_byte_order_mark(answer: Answer) -> web.StreamResponse:
    body = b"\xef\xbb\xbf" + answer.body
    return web.Response(status=answer.status, headers=answer.headers, body=body)


async def called_a_stream(answer: Answer) -> web.StreamResponse:
    return web.Response(status=200, headers=STREAM, body=answer.body)


async def called_a_text(answer: Answer) -> web.StreamResponse:
    headers = {"content-type": "text/plain"}
    return web.Response(status=answer.status, headers=headers, body=answer.body)


async def cut_before_the_blank_line(answer: Answer) -> web.StreamResponse:
    return web.Response(status=200, headers=STREAM, body=answer.body.rstrip(b"\n") + b"\n")


async def replaced_by_plain_text(answer: Answer) -> web.StreamResponse:
    return web.Response(status=200, text="upstream connect error or disconnect before headers")


async def replaced_by_comments(answer: Answer) -> web.StreamResponse:
    return web.Response(status=200, headers=STREAM, body=b": keep-alive\n\n" * 3)


async def stalled_error(answer: Answer) -> web.StreamResponse:
    headers = {"content-type": "text/html", "content-length": "1000"}
    return await stall(web.StreamResponse(status=502, headers=headers), answer, b"<html>")


async def stalled_json(answer: Answer) -> web.StreamResponse:
    headers = {"content-type": "application/json", "content-length": "1000"}
    return await stall(web.StreamResponse(status=200, headers=headers), answer, b'{"code":')


async def stall(response: web.StreamResponse, answer: Answer, start: bytes) -> web.StreamResponse:
    await response.prepare(answer.request)
    await response.write(start)
    STALLS.set()
    await asyncio.sleep(60)  # the client leaves long before
    return response


@contextmanager
def proxy(target: str, rewrite: Rewrite) -> Iterator[str]:
    """A reverse proxy to the sandbox that rewrites the answers to messages."""

    async def handle(request: web.Request) -> web.StreamResponse:
        headers = {key: value for key, value in request.headers.items() if key.lower() != "host"}
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            url = target + str(request.rel_url)
            body = await request.read()
            async with session.request(request.method, url, headers=headers, data=body) as got:
                passed_on = ("content-type", "retry-after", "x-request-id")
                back = {name: got.headers[name] for name in passed_on if name in got.headers}
                answer = Answer(request, got.status, back, await got.read())
        return await (rewrite if request.path == "/run_sse" else buffered)(answer)

    async def start() -> web.AppRunner:
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", handle)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner

    with start_blocking_portal("asyncio") as portal:
        runner = portal.call(start)
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        portal.call(runner.cleanup)


@dataclass(frozen=True)
class Row:
    """What stands between, and what must come of it."""

    what: str
    rewrite: Rewrite
    received: int
    outcome: str
    faults: tuple[Fault, ...] = ()


def refusal(code: int) -> tuple[Fault, ...]:
    """The service refuses one message with a code."""
    return (Fault("messages.stream", "code", code=code),)


ROWS = [
    Row("buffered to its end", buffered, 1, "stream"),
    Row("gzip, though identity was asked for", gzipped, 1, "stream"),
    Row("deflate, though identity was asked for", deflated, 1, "stream"),
    Row("byte order mark before the stream", with_byte_order_mark, 1, "stream"),
    Row("stream called a text", called_a_text, 1, "stream"),
    Row("no blank line at the end", cut_before_the_blank_line, 1, "stream"),
    Row("plain text with 200 in its place", replaced_by_plain_text, 1, "state"),
    Row("comments in its place", replaced_by_comments, 1, "state"),
    Row("error whose body stalls", stalled_error, 1, "state"),
    Row("JSON that is cut short and stalls", stalled_json, 1, "state"),
    *(
        Row(f"{code} {how}", rewrite, received, outcome, refusal(code))
        for code, received, outcome in (
            (2001, 0, "InsufficientCreditsError"),
            (1001, 1, "stream"),
            (429, 1, "stream"),
        )
        for how, rewrite in (
            ("called an event stream", called_a_stream),
            ("behind a byte order mark", with_byte_order_mark),
            ("as gzip", gzipped),
            ("called a text", called_a_text),
        )
    ),
]


@asynccontextmanager
async def transport_of(name: str) -> AsyncIterator[AiohttpTransport | HttpxTransport]:
    async with AiohttpTransport() if name == "aiohttp" else HttpxTransport() as transport:
        yield transport


@pytest.mark.parametrize(
    ("anyio_backend", "transport_name"),
    [("asyncio", "aiohttp"), ("asyncio", "httpx"), ("trio", "httpx")],
    indirect=["anyio_backend"],
)
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
async def test_the_agent_receives_it_once(row: Row, transport_name: str) -> None:
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    STALLS.clear()
    with (
        Sandbox(stub_renders=True, behavior=behavior, credits=1000) as sandbox,
        proxy(sandbox.url, row.rewrite) as url,
    ):
        async with (
            transport_of(transport_name) as transport,
            AsyncNemoVideo(base_url=url, timing=WAITS, transport=transport) as client,
            anyio.create_task_group() as tasks,
        ):
            project = await client.create_project()
            tasks.start_soon(let_time_pass, STALLS.is_set)
            with sandbox.inject(*row.faults):
                try:
                    outcome = (await project.send("a 4-second video of a panda")).source
                except NemoVideoError as error:
                    outcome = type(error).__name__
            tasks.cancel_scope.cancel()
        (session,) = sandbox.sessions
    print(f"{row.what:45} {transport_name:8} received {len(session.turns)}  → {outcome}")
    assert len(session.turns) == row.received
    assert outcome == row.outcome


class HookError(Exception):
    """What a hook of the user's raises."""


HOOK_ERRORS: list[Callable[[str], Exception]] = [
    HookError,
    httpx.ConnectError,
    TimeoutError,
    partial(APIConnectionError, phase="connect"),
]


@pytest.mark.parametrize("kind", HOOK_ERRORS)
async def test_a_message_whose_response_hook_fails_is_sent_once(
    kind: Callable[[str], Exception],
) -> None:
    error = kind("mine")

    async def hook(response: httpx.Response) -> None:
        if response.url.path == "/run_sse":
            raise error

    with Sandbox(stub_renders=True, credits=1000) as sandbox:
        async with (
            httpx.AsyncClient(event_hooks={"response": [hook]}) as own,
            AsyncNemoVideo(
                base_url=sandbox.url, timing=WAITS, transport=HttpxTransport(own)
            ) as client,
        ):
            project = await client.create_project()
            with pytest.raises(type(error), match="mine"):
                await project.send("a 4-second video of a panda")
            assert [item.session_id for item in await client.recover()] == [project.session_id]
        assert [len(session.turns) for session in sandbox.sessions] == [1]


@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_a_message_whose_trace_hook_fails_is_sent_once() -> None:
    error = aiohttp.ClientConnectionError("mine")

    async def hook(session: object, context: object, params: aiohttp.TraceRequestEndParams) -> None:
        if params.url.path == "/run_sse":
            raise error

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(hook)
    with Sandbox(stub_renders=True, credits=1000) as sandbox:
        async with (
            aiohttp.ClientSession(trace_configs=[trace]) as own,
            AsyncNemoVideo(
                base_url=sandbox.url, timing=WAITS, transport=AiohttpTransport(own)
            ) as client,
        ):
            project = await client.create_project()
            with pytest.raises(aiohttp.ClientConnectionError, match="mine"):
                await project.send("a 4-second video of a panda")
            assert [item.session_id for item in await client.recover()] == [project.session_id]
        assert [len(session.turns) for session in sandbox.sessions] == [1]


async def test_a_message_whose_on_response_fails_is_sent_once() -> None:
    def fail(response: Response) -> None:
        if response.headers.get("content-type", "").startswith("text/event-stream"):
            raise HookError("mine")

    with Sandbox(stub_renders=True, credits=1000) as sandbox:
        async with AsyncNemoVideo(base_url=sandbox.url, timing=WAITS) as client:
            project = await client.create_project()
            hooked = client.with_options(on_response=fail).open_project(project.session_id)
            with pytest.raises(HookError, match="mine"):
                await hooked.send("a 4-second video of a panda")
            assert [item.session_id for item in await client.recover()] == [project.session_id]
        assert [len(session.turns) for session in sandbox.sessions] == [1]
