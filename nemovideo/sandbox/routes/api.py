"""The routes of the API."""

from aiohttp import web

from nemovideo.sandbox.draft import meta
from nemovideo.sandbox.routes.middleware import new_app
from nemovideo.sandbox.routes.renders import (
    cancel_render,
    create_render,
    download_render,
    read_render,
)
from nemovideo.sandbox.routes.request_parsing import (
    STATE,
    authenticate,
    find_session,
    message_text,
    read_body,
)
from nemovideo.sandbox.routes.response_writer import RESPONSE_WRITER, ResponseWriter
from nemovideo.sandbox.routes.serializers import (
    asset_body,
    encode_event,
    error_envelope,
    render_error,
    success_envelope,
)
from nemovideo.sandbox.routes.uploads import upload
from nemovideo.sandbox.service.app_state import AppState
from nemovideo.sandbox.service.errors import APIError, session_not_found
from nemovideo.sandbox.service.turn_events import TextDelta, TextDone, TurnEnded, TurnLog
from nemovideo.sandbox.storage.records import Json

_MAX_JSON = 64 * 2**20
_MESSAGE_FIELDS = ("app_name", "user_id", "session_id", "new_message")


def api_app(state: AppState, web_url: str) -> web.Application:
    app = new_app(state, "api", _format_error, client_max_size=_MAX_JSON)

    async def to_dashboard(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"{web_url}/"})

    add, render = app.router, "/api/render/proxy"
    add.add_get("/", to_dashboard, name="page")
    add.add_post("/api/auth/anonymous-token", create_token, name="tokens.create_anonymous")
    add.add_post("/api/auth/claim-token", create_claim, name="tokens.create_claim")
    add.add_post("/api/tasks/me/with-session/nemo_agent", create_session, name="sessions.create")
    add.add_post("/run_sse", run_sse, name="messages.stream")
    add.add_post("/api/upload-video/nemo_agent/me/{sid}", upload, name="uploads.create")
    add.add_get("/api/credits/balance/simple", read_balance, name="credits.retrieve")
    add.add_get("/api/state/nemo_agent/me/{sid}/latest", read_state, name="states.retrieve")
    add.add_post(f"{render}/lambda", create_render, name="renders.create")
    add.add_get(f"{render}/lambda/{{id}}", read_render, name="renders.retrieve")
    add.add_post(f"{render}/lambda/{{id}}/cancel", cancel_render, name="renders.cancel")
    add.add_get(f"{render}/{{id}}/download", download_render, name="renders.download")
    return app


def _format_error(request: web.Request, endpoint: str, error: APIError) -> web.Response:
    state = request.app[STATE]
    status = error.http_status(state.settings.error_status, state.request_log.count)
    if endpoint == "messages.stream" and error.code == 1002 and state.settings.sse_shape == "adk":
        return web.json_response({"detail": "Session not found"}, status=404)
    if endpoint.startswith("renders."):
        return web.json_response(render_error(error.code, error.message), status=status)
    return web.json_response(error_envelope(error.code, error.message), status=status)


async def create_token(request: web.Request) -> web.StreamResponse:
    """POST /api/auth/anonymous-token (wire-contract section 4)."""
    client_id = request.headers.get("X-Client-Id", "")
    token, account = request.app[STATE].service.anonymous_token(client_id, request.remote or "")
    # A client that loses a token to a fault may request another: no test waits a week for it.
    token.rejected_by_fault = request[RESPONSE_WRITER].fault is not None
    data: Json = {
        "token": token.text,
        "user_id": account.user_id,
        "expires_at": round(token.expires_at * 1000),
        "credits": account.available,
        "scopes": list(token.scopes),
    }
    return web.json_response(success_envelope(data))


async def create_claim(request: web.Request) -> web.StreamResponse:
    """POST /api/auth/claim-token."""
    account = authenticate(request, "write")
    body = await read_body(request)
    state = request.app[STATE]
    session = find_session(request, account, body.get("session_id"))
    claim = state.service.claim(account, session.session_id, str(body.get("task_id")))
    expires_in = round(claim.expires_at - state.clock.now())
    data: Json = {"claim_token": claim.text, "expires_in": expires_in}
    return web.json_response(success_envelope(data))


async def create_session(request: web.Request) -> web.StreamResponse:
    """POST /api/tasks/me/with-session/nemo_agent."""
    account = authenticate(request, "write")
    body = await read_body(request)
    language = body.get("language")
    session = request.app[STATE].service.create_session(
        account, str(body.get("task_name", "project")), str(language) if language else None
    )
    request[RESPONSE_WRITER].logged.session_id = session.session_id
    data: Json = {
        "session_id": session.session_id,
        "task_id": session.task_id,
        "user_id": account.user_id,
    }
    return web.json_response(success_envelope(data))


async def read_balance(request: web.Request) -> web.StreamResponse:
    """GET /api/credits/balance/simple."""
    account = authenticate(request, "read")
    total = account.available + account.frozen
    data: Json = {"available": account.available, "frozen": account.frozen, "total": total}
    return web.json_response(success_envelope(data))


async def read_state(request: web.Request) -> web.StreamResponse:
    """GET /api/state/nemo_agent/me/<sid>/latest."""
    account = authenticate(request, "read")
    session = find_session(request, account, request.match_info["sid"])
    links = request.app[STATE].links
    canvas = meta(session.draft or {})
    sizes = {name: canvas[name] for name in ("width", "height", "fps") if name in canvas}
    data: Json = {
        "session_id": session.session_id,
        "task_id": session.task_id,
        "user_id": session.user_id,
        "state": {
            "draft": session.draft,
            "video_infos": [asset_body(a, links.url(a.file_id)) for a in session.assets],
            "generated_media": session.generated_media,
            "canvas_config": None if session.draft is None else sizes,
        },
    }
    return web.json_response(success_envelope(data))


async def run_sse(request: web.Request) -> web.StreamResponse:
    """POST /run_sse: the paid message; once started, its turn does not need the client."""
    account = authenticate(request, "write")
    body = await read_body(request)
    writer = request[RESPONSE_WRITER]
    text = message_text(body)
    missing = [name for name in _MESSAGE_FIELDS if name not in body]
    if text is None or missing:
        return _missing_fields(missing or ["new_message"])
    if (body["app_name"], body["user_id"]) != ("nemo_agent", "me"):
        raise session_not_found()
    state = request.app[STATE]
    turn = await state.agent.start_turn(account, str(body["session_id"]), text, writer.fault)
    writer.logged.acted = True
    if writer.replaces_response:
        return web.Response()
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    await writer.start(200, headers)
    if writer.kind == "heartbeats":
        await writer.send_heartbeats()
    else:
        await _stream_turn(state, turn, writer)
    return await writer.close()


def _missing_fields(names: list[str]) -> web.Response:
    """Return the agent server's response to a body without its fields."""
    detail = [{"type": "missing", "loc": ["body", name], "msg": "Field required"} for name in names]
    return web.json_response({"detail": detail}, status=422)


async def _stream_turn(state: AppState, turn: TurnLog, writer: ResponseWriter) -> None:
    last_text: bytes | None = None
    async for step, event in turn.follow():
        if writer.kind == "duplicate_final" and last_text and isinstance(event, TurnEnded):
            await writer.send_event(last_text)
        shape, now = state.settings.sse_shape, state.clock.now()
        if (frame := encode_event(step, event, shape, turn.turn_id, now)) is not None:
            await writer.send_event(frame)
            last_text = frame if isinstance(event, TextDelta | TextDone) else last_text
