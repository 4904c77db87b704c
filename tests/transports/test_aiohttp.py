"""What only the aiohttp transport does: pools by event loop, proxies, a session of the caller's."""

from __future__ import annotations

import asyncio
import gc
import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from functools import partial

import aiohttp
import pytest

from nemovideo.errors import APIConnectionError
from nemovideo.transports import AiohttpTransport, Request
from nemovideo.transports._aiohttp_requests import ConnectionLossWatcher
from tests.transports.conftest import RawServer


@pytest.fixture(autouse=True)
def no_unclosed() -> Iterator[None]:
    """Whatever a test leaves behind is a failure of that test."""
    yield
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gc.collect()


def get(transport: AiohttpTransport, url: str) -> bytes:
    return asyncio.run(_get(transport, url))


async def _get(transport: AiohttpTransport, url: str) -> bytes:
    request = Request("GET", url)
    answer = await transport.send(request)
    await transport.send(Request("GET", url, fresh_connection=True))
    return answer.body


def test_two_runs_share_a_transport_that_nobody_closes(server: RawServer) -> None:
    transport = AiohttpTransport()
    for _ in range(2):
        assert get(transport, server.url("/json")) == b'{"code": 0}'
    assert [seen.connection for seen in server.seen] == [1, 2, 3, 4]


def test_a_loop_that_was_closed_by_hand_is_released(server: RawServer) -> None:
    transport = AiohttpTransport()
    for _ in range(2):
        loop = asyncio.new_event_loop()
        loop.run_until_complete(_get(transport, server.url("/json")))
        loop.close()
    get(transport, server.url("/json"))


def test_a_transport_that_is_dropped_closes_with_its_loop(server: RawServer) -> None:
    async def main() -> None:
        transport = AiohttpTransport()
        await _get(transport, server.url("/json"))
        del transport
        await asyncio.to_thread(server.hung_up.acquire)

    asyncio.run(main())


def test_threads_with_their_own_loops_share_a_transport(server: RawServer) -> None:
    transport = AiohttpTransport()
    bodies: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: bodies.append(get(transport, server.url("/json"))))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert bodies == [b'{"code": 0}'] * 4


def test_closing_in_one_loop_leaves_the_other_loops_to_themselves(server: RawServer) -> None:
    transport = AiohttpTransport()
    loop = asyncio.new_event_loop()
    loop.run_until_complete(transport.send(Request("GET", server.url("/json"))))
    asyncio.run(_open_and_close(transport, server.url("/json")))
    gc.collect()  # what is left behind is nobody's garbage
    loop.run_until_complete(asyncio.sleep(0))
    loop.run_until_complete(transport.send(Request("GET", server.url("/json"))))
    loop.run_until_complete(transport.aclose())
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


async def _open_and_close(transport: AiohttpTransport, url: str) -> None:
    await transport.send(Request("GET", url))
    await transport.aclose()


FORK = """
import asyncio, os, sys, warnings
from nemovideo.transports import AiohttpTransport, Request

async def main(transport):
    answers = [await transport.send(Request("GET", sys.argv[1]))]
    child = os.fork()
    if not child:
        code = asyncio.run(in_child(transport))
        os._exit(code)
    _, status = os.waitpid(child, 0)
    answers.append(await transport.send(Request("GET", sys.argv[1])))
    await transport.aclose()
    return os.waitstatus_to_exitcode(status), [answer.status for answer in answers]

async def in_child(transport):
    answer = await transport.send(Request("GET", sys.argv[1]))
    await transport.aclose()
    return 0 if answer.status == 200 else 1

print(asyncio.run(main(AiohttpTransport())))
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
def test_after_a_fork_both_processes_go_on_with_connections_of_their_own(
    server: RawServer,
) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", FORK, server.url("/json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == ("(0, [200, 200])", "")
    assert [seen.connection for seen in server.seen] == [1, 2, 1]


def test_nothing_is_loaded_until_the_first_request() -> None:
    code = (
        "import sys\n"
        "from nemovideo.transports import AiohttpTransport, MemoryTransport\n"
        "AiohttpTransport()\n"
        "print([name for name in ('aiohttp', 'httpx') if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_session_of_the_callers_is_used_and_left_open(server: RawServer) -> None:
    async def main() -> None:
        async with aiohttp.ClientSession(headers={"x-mine": "yes"}) as session:
            async with AiohttpTransport(session) as transport:
                await transport.send(Request("GET", server.url("/json")))
            assert not session.closed

    asyncio.run(main())
    assert server.seen[0].headers["x-mine"] == "yes"


def test_a_session_that_its_owner_closed_says_so(server: RawServer) -> None:
    async def main() -> None:
        session = aiohttp.ClientSession()
        await session.close()
        with pytest.raises(APIConnectionError, match="session") as caught:
            await AiohttpTransport(session).send(Request("GET", server.url("/json")))
        assert caught.value.phase == "connect"

    asyncio.run(main())


async def _read_after_the_loss(server: RawServer, *, watched_before: bool) -> None:
    loss_watcher = ConnectionLossWatcher()
    async with (
        aiohttp.ClientSession() as session,
        session.get(server.url("/late-broken-chunk")) as answer,
    ):
        assert answer.connection is not None
        assert answer.connection.protocol is not None
        closed = answer.connection.protocol.closed
        assert closed is not None
        if watched_before:
            watched = loss_watcher.watch(answer)
            assert watched is not None
            watched.release()
        server.proceed()
        await asyncio.wait([closed])
        assert loss_watcher.watch(answer) is None
        with pytest.raises(aiohttp.ClientPayloadError):
            await asyncio.wait_for(answer.content.read(), 20)


@pytest.mark.parametrize("watched_before", [True, False])
def test_a_connection_that_is_lost_before_it_is_watched_ends_the_reading(
    server: RawServer, watched_before: bool
) -> None:
    asyncio.run(_read_after_the_loss(server, watched_before=watched_before))


@pytest.mark.parametrize("by_deadline", [False, True])
def test_what_arrived_together_with_a_break_is_given_before_the_error(
    server: RawServer, by_deadline: bool
) -> None:
    async def read() -> bytes | None:
        request = Request("GET", server.url("/truncated"))
        async with AiohttpTransport() as transport, transport.stream(request) as answer:
            while answer._content.exception() is None:  # type: ignore[attr-defined]
                await asyncio.sleep(0)
            deadline = asyncio.get_running_loop().time() + 60
            receive = partial(answer.receive_by, deadline) if by_deadline else answer.receive
            came = await receive()
            with pytest.raises(APIConnectionError):
                await receive()
            return came

    assert asyncio.run(read()) == b"half"
