"""The routes of the API: they read a request, ask the service and word its answer."""

from aiohttp import web

from nemovideo.sandbox.draft import as_object
from nemovideo.sandbox.routes.middleware import add_request_id, request_middleware
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
from nemovideo.sandbox.routes.serializers import frames, ok, refused, render_refused, upload_answer
from nemovideo.sandbox.routes.uploads import upload
from nemovideo.sandbox.service.app_state import AppState
from nemovideo.sandbox.service.errors import APIError, missing_client_id, session_not_found
from nemovideo.sandbox.service.turn_events import TextDelta, TextDone, TurnEnded, TurnEvent, TurnLog
from nemovideo.sandbox.storage.records import Json

_MAX_JSON = 64 * 2**20


def api_app(state: AppState, web_url: str) -> web.Application:
    """The application behind the API's port."""

    def format_error(endpoint: str, refusal: APIError) -> web.Response:
        return _format_error(state, endpoint, refusal)

    app = web.Application(
        middlewares=[request_middleware("api", format_error)], client_max_size=_MAX_JSON
    )
    app[STATE] = state
    app.on_response_prepare.append(add_request_id)

    async def to_page(_: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": f"{web_url}/"})

    add, render = app.router, "/api/render/proxy"
    add.add_get("/", to_page, name="page")
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


def _format_error(state: AppState, endpoint: str, refusal: APIError) -> web.Response:
    """A refusal in the words of its endpoint."""
    status = refusal.http_status(state.settings.error_status, state.request_log.count)
    if endpoint == "messages.stream" and refusal.code == 1002 and state.settings.sse_shape == "adk":
        return web.json_response({"detail": "Session not found"}, status=404)
    if endpoint.startswith("renders."):
        return web.json_response(render_refused(refusal.message, refusal.code), status=status)
    return web.json_response(refused(refusal.code, refusal.message), status=status)


async def create_token(request: web.Request) -> web.StreamResponse:
    """POST /api/auth/anonymous-token (wire-contract section 4)."""
    client_id = request.headers.get("X-Client-Id")
    if not client_id:
        raise missing_client_id()
    service = request.app[STATE].service
    token, account = service.anonymous_token(client_id, request.remote or "")
    # Whoever loses a token to a fault may ask again: nobody tests for a week's wait by that.
    token.refused = request[RESPONSE_WRITER].fault is not None
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
    account = authenticate(request, "write")
    body = await read_body(request)
    state = request.app[STATE]
    session = find_session(request, account, body.get("session_id"))
    claim = state.service.claim(account, session.session_id, str(body.get("task_id")))
    expires_in = round(claim.expires_at - state.clock.now())
    return web.json_response(ok({"claim_token": claim.text, "expires_in": expires_in}))


async def create_session(request: web.Request) -> web.StreamResponse:
    """POST /api/tasks/me/with-session/nemo_agent."""
    account = authenticate(request, "write")
    body = await read_body(request)
    language = body.get("language")
    session = request.app[STATE].service.create_session(
        account, str(body.get("task_name", "project")), str(language) if language else None
    )
    request[RESPONSE_WRITER].received.session_id = session.session_id
    data: Json = {
        "session_id": session.session_id,
        "task_id": session.task_id,
        "user_id": account.user_id,
    }
    return web.json_response(ok(data))


async def read_balance(request: web.Request) -> web.StreamResponse:
    """GET /api/credits/balance/simple."""
    account = authenticate(request, "read")
    total = account.available + account.frozen
    data: Json = {"available": account.available, "frozen": account.frozen, "total": total}
    return web.json_response(ok(data))


async def read_state(request: web.Request) -> web.StreamResponse:
    """GET /api/state/nemo_agent/me/<sid>/latest."""
    account = authenticate(request, "read")
    session = find_session(request, account, request.match_info["sid"])
    links = request.app[STATE].links
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
    """POST /run_sse: the paid message; once started, the agent works on whoever listens."""
    account = authenticate(request, "write")
    body = await read_body(request)
    writer = request[RESPONSE_WRITER]
    text = message_text(body)
    missing = [name for name in _MESSAGE_FIELDS if name not in body]
    if text is None or missing:
        return _missing(missing or ["new_message"])
    if (body["app_name"], body["user_id"]) != ("nemo_agent", "me"):
        raise session_not_found()
    session_id = str(body["session_id"])
    state = request.app[STATE]
    turn = await state.agent.begin(account, session_id, text, writer.fault)
    writer.received.acted = True
    if writer.replaces_response:
        return web.Response()
    headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache"}
    await writer.start(200, headers)
    if writer.fault is not None and writer.fault.kind == "heartbeats":
        await writer.only_heartbeats()
    else:
        await _tell(state, turn, writer)
    return await writer.close()


_MESSAGE_FIELDS = ("app_name", "user_id", "session_id", "new_message")


def _missing(names: list[str]) -> web.Response:
    """What the agent server answers to a body without its fields."""
    detail = [{"type": "missing", "loc": ["body", name], "msg": "Field required"} for name in names]
    return web.json_response({"detail": detail}, status=422)


async def _tell(state: AppState, turn: TurnLog, writer: ResponseWriter) -> None:
    """Send a turn as it happens."""
    twice = writer.fault is not None and writer.fault.kind == "duplicate_final"
    last: bytes | None = None
    async for logged in turn.follow():
        if twice and last is not None and isinstance(logged.event, TurnEnded):
            await writer.send_event(last)
        for frame in frames(logged, state.settings.sse_shape, turn.turn_id, state.clock.now()):
            await writer.send_event(frame)
            last = frame if _is_text(logged.event) else last


def _is_text(event: TurnEvent) -> bool:
    return isinstance(event, TextDelta | TextDone)
