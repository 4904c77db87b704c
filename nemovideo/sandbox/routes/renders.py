"""The routes of renders."""

from aiohttp import web

from nemovideo.sandbox.draft import as_object, as_objects
from nemovideo.sandbox.request_audit import ATTRIBUTION
from nemovideo.sandbox.routes.file_responses import send_file
from nemovideo.sandbox.routes.request_parsing import WIRING, admit, find_session, read_body
from nemovideo.sandbox.routes.response_writer import DELIVERY
from nemovideo.sandbox.routes.serializers import render_answer
from nemovideo.sandbox.service.accounts import draft_key
from nemovideo.sandbox.service.app_state import Wiring
from nemovideo.sandbox.service.render_queue import FORMATS, QUALITIES
from nemovideo.sandbox.service.settings import RefusedError, duplicate_render, invalid
from nemovideo.sandbox.storage.records import Json, Render, Session


async def create_render(request: web.Request) -> web.StreamResponse:
    """POST /api/render/proxy/lambda."""
    account = admit(request, "write")
    body = await read_body(request)
    wiring = request.app[WIRING]
    attributed = all(request.headers.get(name) for name in ATTRIBUTION)
    wiring.house.check_export(account, attributed)
    session = find_session(request, account, body.get("sessionId"))
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
    render = wiring.house.render(admit(request, "read"), request.match_info["id"])
    request[DELIVERY].received.session_id = render.session_id
    return _tell_render(wiring, render)


async def cancel_render(request: web.Request) -> web.StreamResponse:
    """POST /api/render/proxy/lambda/<id>/cancel."""
    wiring = request.app[WIRING]
    render = wiring.house.render(admit(request, "write"), request.match_info["id"])
    wiring.renders.cancel(render)
    return _tell_render(wiring, render)


async def download_render(request: web.Request) -> web.StreamResponse:
    """GET /api/render/proxy/<id>/download."""
    wiring = request.app[WIRING]
    render = wiring.house.render(admit(request, "read"), request.match_info["id"])
    found = wiring.links.find(render.file_id or "")
    if found is None:
        raise RefusedError(404, "The render has no file yet", status=404)
    return await send_file(request, found)


def _tell_render(wiring: Wiring, render: Render) -> web.Response:
    wiring.renders.refresh(render)
    number = wiring.log.count
    url = wiring.links.url(render.file_id)
    return web.json_response(render_answer(render, url, wiring.rules.render_shape, number))
