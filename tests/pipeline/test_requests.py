"""Every request of the package as it reaches the transport: one table.

Method, path, headers, body, limits and the kind of connection: what is wired wrongly here is seen
by no test of the parts.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from nemovideo import AsyncNemoVideo, NemoVideoError, Render, Timing
from nemovideo.transports import MemoryTransport, Reply, Request
from tests.scripted import ok

pytestmark = pytest.mark.anyio

BASE, CDN = "https://api.test", "https://cdn.test"
CLIENT_ID = "5f0c5d4e-1f3b-4f0a-9d3e-2b6c7a8d9e0f"
TIMING = Timing(connect=11, request=13, heartbeat_limit=500, stream_limit=800, poll_first=0.01)
DRAFT = {"t": [{"tt": 0, "sg": [{"d": 1.50, "x": 10**20}]}], "новый": None}
ATTRIBUTION = {
    "x-skill-source": "a-source",
    "x-skill-version": "3.2.1",
    "x-skill-platform": "a-platform",
}
BEARER = {"authorization": "Bearer nmv_usr_own"}
JSON = {"content-type": "application/json"}
REQUEST = {"total_timeout": 13}
TRANSFER = {"idle_timeout": 13}
STREAM = {"answer_timeout": 511}
MESSAGE = {
    "app_name": "nemo_agent",
    "user_id": "me",
    "session_id": "s/1",
    "new_message": {"parts": [{"text": "a panda"}]},
}

Use = Callable[[AsyncNemoVideo], Awaitable[object]]


@dataclass(frozen=True)
class Row:
    """What a user does, and the request that comes of it."""

    what: str
    use: Use
    method: str
    url: str
    body: object = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    limits: dict[str, float] = field(default_factory=lambda: REQUEST)
    fresh_connection: bool = False


async def send(client: AsyncNemoVideo) -> None:
    async with client.messages.stream("s/1", "a panda") as events:
        async for _ in events:
            pass


ROWS = [
    Row(
        "token",
        lambda client: client.tokens.create_anonymous(),
        "POST",
        "/api/auth/anonymous-token",
        headers={"x-client-id": CLIENT_ID},
    ),
    Row(
        "claim",
        lambda client: client.tokens.create_claim("s/1", "t1"),
        *("POST", "/api/auth/claim-token", {"task_id": "t1", "session_id": "s/1"}),
        headers=BEARER | JSON,
    ),
    Row(
        "session",
        lambda client: client.sessions.create("a name", "ja"),
        *("POST", "/api/tasks/me/with-session/nemo_agent"),
        {"task_name": "a name", "language": "ja"},
        headers=BEARER | JSON,
    ),
    Row(
        "session without a language",
        lambda client: client.sessions.create(),
        *("POST", "/api/tasks/me/with-session/nemo_agent", {"task_name": "project"}),
        headers=BEARER | JSON,
    ),
    Row(
        "message",
        send,
        *("POST", "/run_sse", MESSAGE),
        headers=BEARER | JSON | {"accept": "text/event-stream"},
        limits=STREAM,
        fresh_connection=True,
    ),
    Row(
        "upload by URL",
        lambda client: client.uploads.create("s/1", urls=["https://files.test/a.mp4"]),
        *("POST", "/api/upload-video/nemo_agent/me/s%2F1"),
        {"urls": ["https://files.test/a.mp4"], "source_type": "url"},
        headers=BEARER | JSON,
        limits=TRANSFER,
        fresh_connection=True,
    ),
    Row(
        "credits",
        lambda client: client.credits.retrieve(),
        *("GET", "/api/credits/balance/simple"),
        headers=BEARER,
    ),
    Row(
        "state",
        lambda client: client.states.retrieve("s/1"),
        *("GET", "/api/state/nemo_agent/me/s%2F1/latest"),
        headers=BEARER,
    ),
    Row(
        "render",
        lambda client: client.renders.create("s/1", DRAFT, quality="low", render_id="r1"),
        *("POST", "/api/render/proxy/lambda"),
        {
            "id": "r1",
            "sessionId": "s/1",
            "draft": DRAFT,
            "output": {"format": "mp4", "quality": "low"},
        },
        headers=BEARER | JSON,
    ),
    Row(
        "render read",
        lambda client: client.renders.retrieve("r/1"),
        *("GET", "/api/render/proxy/lambda/r%2F1"),
        headers=BEARER,
    ),
    Row(
        "render cancelled",
        lambda client: client.renders.cancel("r/1"),
        *("POST", "/api/render/proxy/lambda/r%2F1/cancel"),
        headers=BEARER,
    ),
]


def answer(request: Request) -> Reply | Exception:
    """A service that is content with everything."""
    path = request.url.removeprefix(BASE).split("?")[0]
    if path == "/run_sse":
        body = b'data: {"type": "text", "content": "Done."}\n\n'
        return Reply(200, {"content-type": "text/event-stream"}, body)
    if path == "/api/auth/anonymous-token":
        return ok({"token": "nmv_usr_new"})
    if path == "/api/auth/claim-token":
        return ok({"claim_token": "clm_x", "expires_in": 1})
    if path.startswith("/api/upload"):
        return ok({"files": [{"filename": "a.mp4"}]})
    if path.startswith("/api/state"):
        return ok({"state": {"draft": DRAFT}})
    return ok({"session_id": "s1", "task_id": "t1", "available": 1, "id": "r1", "status": "failed"})


def build(
    folder: Path, handler: Callable[[Request], Any] = answer
) -> tuple[AsyncNemoVideo, MemoryTransport]:
    transport = MemoryTransport(handler)
    client = AsyncNemoVideo(
        transport=transport,
        base_url=BASE,
        token="nmv_usr_own",
        client_id=CLIENT_ID,
        source="a-source",
        source_version="3.2.1",
        platform="a-platform",
        timing=TIMING,
        config_dir=folder,
        max_retries=0,
    )
    return client, transport


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
async def test_a_request_is_sent_as_documented(row: Row, tmp_path: Path) -> None:
    client, transport = build(tmp_path)
    async with client:
        await row.use(client)
    (request,) = [each for each in transport.requests if each.url == BASE + row.url]
    assert request.method == row.method
    assert _plain(request.body) == row.body
    headers = {name: str(value) for name, value in request.headers.items()}
    agent = headers.pop("user-agent")
    assert agent.startswith("nemovideo-python/")
    assert headers == {"accept": "application/json"} | ATTRIBUTION | row.headers
    assert request.connect_timeout == 11
    limits = {
        name: getattr(request, name)
        for name in ("total_timeout", "idle_timeout", "answer_timeout")
        if getattr(request, name) is not None
    }
    assert limits == row.limits
    assert request.fresh_connection == row.fresh_connection


def _plain(body: object) -> object:
    return json.loads(body) if isinstance(body, bytes) else body


async def test_an_upload_of_bytes_has_a_fresh_connection_and_a_limit_of_silence(
    tmp_path: Path,
) -> None:
    client, transport = build(tmp_path)
    async with client:
        await client.uploads.create("s1", ("a.mp4", b"some codec"))
    (request,) = [each for each in transport.requests if each.method == "POST"]
    assert request.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert request.fresh_connection
    assert (request.idle_timeout, request.total_timeout) == (13, None)
    assert b'name="files"; filename="a.mp4"' in bytes(request.body or b"")  # type: ignore[arg-type]


@pytest.mark.parametrize("host", [BASE, CDN], ids=["the service", "another host"])
async def test_a_file_is_asked_for_without_credentials_wherever_it_is(
    tmp_path: Path, host: str
) -> None:
    def handler(request: Request) -> Reply:
        return Reply(200, {"content-type": "video/mp4"}, FILM)

    client, transport = build(tmp_path, handler)
    render = Render.model_validate({"id": "r1", "status": "completed", "url": f"{host}/f?sig=x"})
    async with client:
        await client.renders.download(render, tmp_path / "film.mp4")
    (request,) = transport.requests
    assert request.headers["accept"] == "*/*"
    assert set(request.headers) == {"user-agent", "accept"}
    assert not request.concurrent_reader  # it is read as fast as the disk takes it
    assert (request.connect_timeout, request.idle_timeout) == (11, 13)
    assert (request.total_timeout, request.fresh_connection) == (None, False)


async def test_the_services_own_file_is_asked_for_with_the_token(tmp_path: Path) -> None:
    client, transport = build(tmp_path, lambda _: Reply(200, {"content-type": "video/mp4"}, FILM))
    async with client:
        await client.renders.download(Render(id="r/1", status="completed"), tmp_path / "film.mp4")
    (request,) = transport.requests
    assert (request.method, request.url) == ("GET", BASE + "/api/render/proxy/r%2F1/download")
    headers = {name: str(value) for name, value in request.headers.items()}
    assert headers.pop("user-agent")
    assert headers == {"accept": "*/*"} | ATTRIBUTION | BEARER
    assert (request.connect_timeout, request.idle_timeout) == (11, 13)
    assert (request.total_timeout, request.fresh_connection) == (None, False)
    assert not request.concurrent_reader


FILM = b"\0\0\0\x10ftypisom\0\0\0\0" + b"\0\0\0\x10moov" + bytes(8) + b"\0\0\0\x10mdat" + bytes(8)

REDIRECTS = [
    ("https://api.test/elsewhere", True),
    ("/elsewhere", True),
    ("https://api.test:8443/elsewhere", False),
    ("https://other.test/elsewhere", False),
]


@pytest.mark.parametrize(("target", "same"), REDIRECTS)
async def test_only_a_redirect_on_the_same_host_takes_the_token_along(
    tmp_path: Path, target: str, same: bool
) -> None:
    def handler(request: Request) -> Reply:
        if request.url.endswith("/elsewhere"):
            return ok({"available": 1})
        return Reply(307, {"location": target})

    client, transport = build(tmp_path, handler)
    async with client:
        await client.credits.retrieve()
    headers = transport.requests[-1].headers
    assert ("authorization" in headers) == same
    assert not same or "x-skill-source" in headers
    assert same or set(headers) <= {"user-agent", "accept"}


async def test_another_scheme_is_another_host(tmp_path: Path) -> None:
    def handler(request: Request) -> Reply:
        if request.url.startswith("https:"):
            return ok({"available": 1})
        return Reply(307, {"location": "https://127.0.0.1:8400/elsewhere"})

    transport = MemoryTransport(handler)
    client = AsyncNemoVideo(
        transport=transport, base_url="http://127.0.0.1:8400", token="nmv_usr_own"
    )
    async with client:
        await client.credits.retrieve()
    first, second = transport.requests
    assert "authorization" in first.headers
    assert set(second.headers) <= {"user-agent", "accept"}


@pytest.mark.parametrize(("target", "same"), REDIRECTS)
async def test_only_a_redirect_on_the_same_host_takes_the_client_id_along(
    tmp_path: Path, target: str, same: bool
) -> None:
    def handler(request: Request) -> Reply:
        if request.url.endswith("/elsewhere"):
            return ok({"available": 1})
        if "x-client-id" in request.headers:
            return Reply(307, {"location": target})
        return Reply(400, {}, b'{"code": 400, "message": "Missing X-Client-Id"}')

    client, transport = build(tmp_path, handler)
    async with client:
        await client.credits.retrieve()
    headers = transport.requests[-1].headers
    assert headers.get("x-client-id") == (CLIENT_ID if same else None)
    assert same or set(headers) <= {"user-agent", "accept"}


@pytest.mark.parametrize(
    "target", ["http://api.test/elsewhere", "http://other.test/x", "ftp://x/y"]
)
async def test_a_redirect_to_plain_http_is_not_followed(tmp_path: Path, target: str) -> None:
    client, transport = build(tmp_path, lambda request: Reply(307, {"location": target}))
    async with client:
        with pytest.raises(NemoVideoError):
            await client.credits.retrieve()
    assert len(transport.requests) == 1


async def test_a_lookup_precedes_the_repeat_of_a_render(tmp_path: Path) -> None:
    failing = [Reply(502), Reply(404)]

    def handler(request: Request) -> Reply:
        return failing.pop(0) if failing else ok({"id": "r1", "status": "pending"})

    client, transport = build(tmp_path, handler)
    async with client:
        hurried = client.with_options(max_retries=1, timing=Timing().scaled_waits(0.001))
        await hurried.renders.create("s1", DRAFT, render_id="r1")
    asked = [(each.method, each.url.removeprefix(BASE)) for each in transport.requests]
    create, read = ("POST", "/api/render/proxy/lambda"), ("GET", "/api/render/proxy/lambda/r1")
    assert asked == [create, read, create]
