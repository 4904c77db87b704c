"""The routes of renders."""

from aiohttp import web

from nemovideo.sandbox.draft import as_object, as_objects
from nemovideo.sandbox.request_audit import ATTRIBUTION
from nemovideo.sandbox.routes.file_responses import send_file
from nemovideo.sandbox.routes.request_parsing import STATE, authenticate, find_session, read_body
from nemovideo.sandbox.routes.response_writer import RESPONSE_WRITER
from nemovideo.sandbox.routes.serializers import render_answer
from nemovideo.sandbox.service.accounts import draft_fingerprint
from nemovideo.sandbox.service.app_state import AppState
from nemovideo.sandbox.service.errors import APIError, bad_request, duplicate_render
from nemovideo.sandbox.service.render_queue import FORMATS, QUALITIES
from nemovideo.sandbox.storage.records import Json, Render, Session


async def create_render(request: web.Request) -> web.StreamResponse:
    """POST /api/render/proxy/lambda."""
    account = authenticate(request, "write")
    body = await read_body(request)
    state = request.app[STATE]
    attributed = all(request.headers.get(name) for name in ATTRIBUTION)
    state.service.check_export(account, attributed)
    session = find_session(request, account, body.get("sessionId"))
    render = _new_render(body, session, state.clock.now())
    if render.id in state.store.renders:
        raise duplicate_render(render.id)
    writer = request[RESPONSE_WRITER]
    writer.received.altered_draft = (
        draft_fingerprint(render.draft) not in session.draft_fingerprints
    )
    if writer.fault is not None and writer.fault.kind in {"failed_render", "stuck_render"}:
        render.forced_status = "failed" if writer.fault.kind == "failed_render" else "stuck"
    state.renders.submit(render)
    return _tell_render(state, render)


def _new_render(body: Json, session: Session, now: float) -> Render:
    draft, output = as_object(body.get("draft")), as_object(body.get("output"))
    render_id = body.get("id")
    if not isinstance(render_id, str) or not render_id.startswith("render_"):
        raise bad_request("id must be a string that starts with 'render_'")
    if not any(track.get("sg") for track in as_objects(draft.get("t"))):
        raise bad_request("the draft has no segments to render")
    kind, quality = output.get("format", "mp4"), output.get("quality", "high")
    if kind not in FORMATS or quality not in QUALITIES:
        raise bad_request(f"format is one of {FORMATS}, quality one of {QUALITIES}")
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
    state = request.app[STATE]
    render = state.service.render(authenticate(request, "read"), request.match_info["id"])
    request[RESPONSE_WRITER].received.session_id = render.session_id
    return _tell_render(state, render)


async def cancel_render(request: web.Request) -> web.StreamResponse:
    """POST /api/render/proxy/lambda/<id>/cancel."""
    state = request.app[STATE]
    render = state.service.render(authenticate(request, "write"), request.match_info["id"])
    state.renders.cancel(render)
    return _tell_render(state, render)


async def download_render(request: web.Request) -> web.StreamResponse:
    """GET /api/render/proxy/<id>/download."""
    state = request.app[STATE]
    render = state.service.render(authenticate(request, "read"), request.match_info["id"])
    found = state.links.find(render.file_id or "")
    if found is None:
        raise APIError(404, "The render has no file yet", status=404)
    return await send_file(request, found)


def _tell_render(state: AppState, render: Render) -> web.Response:
    state.renders.refresh(render)
    number = state.request_log.count
    url = state.links.url(render.file_id)
    return web.json_response(render_answer(render, url, state.settings.render_shape, number))
