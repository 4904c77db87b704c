"""The routes of the API: they read a request, ask the service and word its answer."""

import json
from collections.abc import AsyncIterator
from typing import cast
from urllib.parse import urlsplit

from aiohttp import BodyPartReader, ClientError, ClientSession, ClientTimeout, web

from nemovideo.sandbox.audit import ATTRIBUTION
from nemovideo.sandbox.delivery import (
    DELIVERY,
    WIRING,
    Delivery,
    gate,
    message_text,
    name_request,
    note_body,
)
from nemovideo.sandbox.draft import as_object, as_objects
from nemovideo.sandbox.intake import Taken
from nemovideo.sandbox.moments import Chunk, Ended, Moment, Spoken, Turn
from nemovideo.sandbox.records import Account, Json, Render, Session
from nemovideo.sandbox.renders import FORMATS, QUALITIES
from nemovideo.sandbox.rules import RefusedError, duplicate_render, invalid, no_client_id
from nemovideo.sandbox.sending import send_file
from nemovideo.sandbox.service import draft_key
from nemovideo.sandbox.shapes import (
    frames,
    ok,
    refused,
    render_answer,
    render_refused,
    upload_answer,
)
from nemovideo.sandbox.wiring import Wiring

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_FETCH_CHUNK = 256 * 1024
_MAX_JSON = 64 * 2**20


def api_app(wiring: Wiring, web_url: str) -> web.Application:
    """The application behind the API's port."""

    def reword(endpoint: str, refusal: RefusedError) -> web.Response:
        return _reword(wiring, endpoint, refusal)

    app = web.Application(middlewares=[gate("api", reword)], client_max_size=_MAX_JSON)
    app[WIRING] = wiring
    app.on_response_prepare.append(name_request)

    async def to_page(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"{web_url}/"})

    add, render = app.router, "/api/render/proxy"
    add.add_get("/", to_page, name="page")
    add.add_post("/api/auth/anonymous-token", create_token, name="tokens.create_anonymous")
    add.add_post("/api/auth/claim-token", create_claim, name="tokens.create_claim")
    add.add_post("/api/tasks/me/with-session/nemo_agent", create_session, name="sessions.create")
    add.add_post("/run_sse", run_sse, name="messages.stream")
    add.add_post("/api/upload-video/nemo_agent/me/{sid}", upload, name="uploads.create")
    add.add_get("/api/credits/balance/simple", balance, name="credits.retrieve")
    add.add_get("/api/state/nemo_agent/me/{sid}/latest", state, name="states.retrieve")
    add.add_post(f"{render}/lambda", create_render, name="renders.create")
    add.add_get(f"{render}/lambda/{{id}}", read_render, name="renders.retrieve")
    add.add_post(f"{render}/lambda/{{id}}/cancel", cancel_render, name="renders.cancel")
    add.add_get(f"{render}/{{id}}/download", download_render, name="renders.download")
    return app


def _reword(wiring: Wiring, endpoint: str, refusal: RefusedError) -> web.Response:
    """A refusal in the words of its endpoint."""
    status = refusal.http_status(wiring.rules.error_status, wiring.log.count)
    if endpoint == "messages.stream" and refusal.code == 1002 and wiring.rules.sse_shape == "adk":
        return web.json_response({"detail": "Session not found"}, status=404)
    if endpoint.startswith("renders."):
        return web.json_response(render_refused(refusal.message, refusal.code), status=status)
    return web.json_response(refused(refusal.code, refusal.message), status=status)


def _admit(request: web.Request, scope: str) -> Account:
    return request.app[WIRING].house.admit(request.headers.get("Authorization"), scope)


async def _body(request: web.Request) -> Json:
    """The JSON object of a request, {} where there is no body."""
    body = await request.read()
    note_body(request[DELIVERY].received, body)
    try:
        parsed: object = json.loads(body or b"{}")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise invalid("the body must be a JSON object")
    return cast(Json, parsed)


def _session(request: web.Request, account: Account, session_id: object) -> Session:
    request[DELIVERY].received.session_id = str(session_id)
    return request.app[WIRING].house.session(account, str(session_id))


async def create_token(request: web.Request) -> web.StreamResponse:
    """POST /api/auth/anonymous-token (wire-contract section 4)."""
    client_id = request.headers.get("X-Client-Id")
    if not client_id:
        raise no_client_id()
    house = request.app[WIRING].house
    token, account = house.anonymous_token(client_id, request.remote or "")
    data: Json = {
        "token": token.text,
        "user_id": account.user_id,
        "expires_at": round(token.expires_at * 1000),
        "credits": account.available,
        "scopes": list(token.scopes),
    }
    return web.json_response(ok(data))


async def create_claim(request: web.Request) -> web.StreamResponse:
    """POST /api/auth/claim-token."""
    account = _admit(request, "write")
    body = await _body(request)
    wiring = request.app[WIRING]
    session = _session(request, account, body.get("session_id"))
    claim = wiring.house.claim(account, session.session_id, str(body.get("task_id")))
    expires_in = round(claim.expires_at - wiring.clock.now())
    return web.json_response(ok({"claim_token": claim.text, "expires_in": expires_in}))


async def create_session(request: web.Request) -> web.StreamResponse:
    """POST /api/tasks/me/with-session/nemo_agent."""
    account = _admit(request, "write")
    body = await _body(request)
    language = body.get("language")
    session = request.app[WIRING].house.create_session(
        account, str(body.get("task_name", "project")), str(language) if language else None
    )
    request[DELIVERY].received.session_id = session.session_id
    data: Json = {
        "session_id": session.session_id,
        "task_id": session.task_id,
        "user_id": account.user_id,
    }
    return web.json_response(ok(data))


async def balance(request: web.Request) -> web.StreamResponse:
    """GET /api/credits/balance/simple."""
    account = _admit(request, "read")
    total = account.available + account.frozen
    data: Json = {"available": account.available, "frozen": account.frozen, "total": total}
    return web.json_response(ok(data))


async def state(request: web.Request) -> web.StreamResponse:
    """GET /api/state/nemo_agent/me/<sid>/latest."""
    account = _admit(request, "read")
    session = _session(request, account, request.match_info["sid"])
    links = request.app[WIRING].links
    files = [upload_answer(asset, links.url(asset.file_id)) for asset in session.assets]
    data: Json = {
        "session_id": session.session_id,
        "task_id": session.task_id,
        "user_id": session.user_id,
        "state": {
            "draft": session.draft,
            "video_infos": files,
            "generated_media": session.generated_media,
            "canvas_config": _canvas(session.draft),
        },
    }
    return web.json_response(ok(data))


def _canvas(draft: Json | None) -> Json | None:
    if draft is None:
        return None
    meta = as_object(draft.get("m"))
    return {name: meta[name] for name in ("width", "height", "fps") if name in meta}


async def run_sse(request: web.Request) -> web.StreamResponse:
    """POST /run_sse: the paid message; once begun, the agent works on whoever listens."""
    account = _admit(request, "write")
    body = await _body(request)
    delivery = request[DELIVERY]
    text = message_text(body)
    if text is None or "session_id" not in body:
        detail = [{"loc": ["body", "new_message"], "msg": "Field required", "type": "missing"}]
        return web.json_response({"detail": detail}, status=422)
    session_id = str(body["session_id"])
    wiring = request.app[WIRING]
    turn = await wiring.agent.begin(account, session_id, text, delivery.fault)
    delivery.received.acted = True
    if delivery.replaced:
        return web.Response()
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    await delivery.open(200, headers)
    if delivery.fault is not None and delivery.fault.kind == "heartbeats":
        await delivery.only_heartbeats()
    else:
        await _tell(wiring, turn, delivery)
    return await delivery.close()


async def _tell(wiring: Wiring, turn: Turn, delivery: Delivery) -> None:
    """Send a turn as it happens."""
    twice = delivery.fault is not None and delivery.fault.kind == "duplicate_final"
    last: bytes | None = None
    async for placed in turn.follow():
        if twice and last is not None and isinstance(placed.moment, Ended):
            await delivery.event(last)
        for frame in frames(placed, wiring.rules.sse_shape, turn.turn_id, wiring.clock.now()):
            await delivery.event(frame)
            last = frame if _is_text(placed.moment) else last


def _is_text(moment: Moment) -> bool:
    return isinstance(moment, Chunk | Spoken)


async def upload(request: web.Request) -> web.StreamResponse:
    """POST /api/upload-video/nemo_agent/me/<sid>, as multipart or by address."""
    account = _admit(request, "upload")
    session = _session(request, account, request.match_info["sid"])
    wiring = request.app[WIRING]
    if request.content_type.startswith("multipart/"):
        taken = await _take_parts(request, wiring)
    else:
        taken = await _take_urls(wiring, await _body(request))
    if not taken:
        raise invalid("no files: send multipart field 'files' or JSON 'urls'")
    assets = await wiring.intake.accept(session, taken)
    files = [upload_answer(asset, wiring.links.url(asset.file_id)) for asset in assets]
    return web.json_response(ok({"files": files, "session_state_applied": True}))


async def _take_parts(request: web.Request, wiring: Wiring) -> list[Taken]:
    taken: list[Taken] = []
    received = request[DELIVERY].received
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name != "files":
                continue
            file = await wiring.intake.take(part.filename or "", _chunks(part))
            received.body_size += file.size
            taken.append(file)
    except BaseException:
        wiring.intake.discard(taken)
        raise
    return taken


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_FETCH_CHUNK):
        yield bytes(chunk)


async def _take_urls(wiring: Wiring, body: Json) -> list[Taken]:
    urls = cast(list[object], body.get("urls") or [])
    taken: list[Taken] = []
    try:
        async with ClientSession(timeout=ClientTimeout(total=60)) as client:
            for url in urls:
                file = await _fetch(wiring, client, str(url))
                taken.append(file)  # one by one, so that a failure can discard those before it
    except BaseException:
        wiring.intake.discard(taken)
        raise
    return taken


async def _fetch(wiring: Wiring, client: ClientSession, url: str) -> Taken:
    """Fetch one file; never off this machine unless the sandbox was told that it may."""
    parts = urlsplit(url)
    allowed = wiring.rules.allow_remote_urls or parts.hostname in _LOOPBACK
    if parts.scheme not in {"http", "https"} or not allowed:
        raise invalid("the sandbox fetches uploads from http addresses on this machine only")
    try:
        # A redirect could lead off the machine.
        async with client.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise invalid(f"the address answered with HTTP {answer.status}")
            return await wiring.intake.take(parts.path, answer.content.iter_chunked(_FETCH_CHUNK))
    except ClientError as error:
        raise invalid("the address could not be fetched") from error


async def create_render(request: web.Request) -> web.StreamResponse:
    """POST /api/render/proxy/lambda."""
    account = _admit(request, "write")
    body = await _body(request)
    wiring = request.app[WIRING]
    attributed = all(request.headers.get(name) for name in ATTRIBUTION)
    wiring.house.check_export(account, attributed)
    session = _session(request, account, body.get("sessionId"))
    render = _new_render(body, session, wiring.clock.now())
    if render.id in wiring.store.renders:
        raise duplicate_render(render.id)
    delivery = request[DELIVERY]
    delivery.received.altered_draft = draft_key(render.draft) not in session.drafts_shown
    if delivery.fault is not None and delivery.fault.kind in {"failed_render", "stuck_render"}:
        render.fate = "failed" if delivery.fault.kind == "failed_render" else "stuck"
    wiring.renders.submit(render)
    return _tell_render(wiring, render)


def _new_render(body: Json, session: Session, now: float) -> Render:
    draft, output = as_object(body.get("draft")), as_object(body.get("output"))
    render_id = body.get("id")
    if not isinstance(render_id, str) or not render_id.startswith("render_"):
        raise invalid("id must be a string that starts with 'render_'")
    if not any(track.get("sg") for track in as_objects(draft.get("t"))):
        raise invalid("the draft has no segments to render")
    kind, quality = output.get("format", "mp4"), output.get("quality", "high")
    if kind not in FORMATS or quality not in QUALITIES:
        raise invalid(f"format is one of {FORMATS}, quality one of {QUALITIES}")
    return Render(
        id=render_id,
        session_id=session.session_id,
        user_id=session.user_id,
        draft=draft,
        format=str(kind),
        quality=str(quality),
        created_at=now,
    )


async def read_render(request: web.Request) -> web.StreamResponse:
    """GET /api/render/proxy/lambda/<id>."""
    wiring = request.app[WIRING]
    render = wiring.house.render(_admit(request, "read"), request.match_info["id"])
    request[DELIVERY].received.session_id = render.session_id
    return _tell_render(wiring, render)


async def cancel_render(request: web.Request) -> web.StreamResponse:
    """POST /api/render/proxy/lambda/<id>/cancel."""
    wiring = request.app[WIRING]
    render = wiring.house.render(_admit(request, "write"), request.match_info["id"])
    wiring.renders.cancel(render)
    return _tell_render(wiring, render)


async def download_render(request: web.Request) -> web.StreamResponse:
    """GET /api/render/proxy/<id>/download."""
    wiring = request.app[WIRING]
    render = wiring.house.render(_admit(request, "read"), request.match_info["id"])
    found = wiring.links.find(render.file_id or "")
    if found is None:
        raise RefusedError(404, "The render has no file yet", status=404)
    return await send_file(request, found)


def _tell_render(wiring: Wiring, render: Render) -> web.Response:
    wiring.renders.refresh(render)
    number = wiring.log.count
    url = wiring.links.url(render.file_id)
    return web.json_response(render_answer(render, url, wiring.rules.render_shape, number))
