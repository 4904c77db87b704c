"""The routes of renders."""

from aiohttp import web

from nemovideo.sandbox.draft import as_object, as_objects
from nemovideo.sandbox.request_audit import ATTRIBUTION
from nemovideo.sandbox.routes.file_responses import send_file
from nemovideo.sandbox.routes.request_parsing import STATE, authenticate, find_session, read_body
from nemovideo.sandbox.routes.response_writer import RESPONSE_WRITER
from nemovideo.sandbox.routes.serializers import render_body
from nemovideo.sandbox.service.accounts import draft_fingerprint
from nemovideo.sandbox.service.errors import APIError, bad_request
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
    render = _parse_render(body, session, state.clock.now())
    if render.id in state.store.renders:
        raise APIError(409, f"Duplicate render id: {render.id} already exists", status=409)
    writer = request[RESPONSE_WRITER]
    fingerprint = draft_fingerprint(render.draft)
    writer.logged.altered_draft = fingerprint not in session.draft_fingerprints
    if writer.kind == "failed_render":
        render.forced_status = "failed"
    elif writer.kind == "stuck_render":
        render.forced_status = "stuck"
    state.renders.submit(render)
    return _response(request, render)


def _parse_render(body: Json, session: Session, now: float) -> Render:
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
    render = _find(request, "read")
    request[RESPONSE_WRITER].logged.session_id = render.session_id
    return _response(request, render)


async def cancel_render(request: web.Request) -> web.StreamResponse:
    """POST /api/render/proxy/lambda/<id>/cancel."""
    render = _find(request, "write")
    request.app[STATE].renders.cancel(render)
    return _response(request, render)


async def download_render(request: web.Request) -> web.StreamResponse:
    """GET /api/render/proxy/<id>/download."""
    file = request.app[STATE].links.find(_find(request, "read").file_id)
    if file is None:
        raise APIError(404, "The render has no file yet", status=404)
    return await send_file(request, file)


def _find(request: web.Request, scope: str) -> Render:
    account = authenticate(request, scope)
    return request.app[STATE].service.render(account, request.match_info["id"])


def _response(request: web.Request, render: Render) -> web.Response:
    state = request.app[STATE]
    state.renders.refresh(render)
    url, number = state.links.url(render.file_id), state.request_log.count
    return web.json_response(render_body(render, url, state.settings.render_shape, number))
