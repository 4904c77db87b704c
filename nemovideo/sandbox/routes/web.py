"""The web pages: the dashboard at `/`, the claim page and the register page; and `/faults`."""

from html import escape
from importlib import resources

from aiohttp import web

from nemovideo.sandbox.request_log import LoggedRequest
from nemovideo.sandbox.routes.dashboard import dashboard_data, request_data
from nemovideo.sandbox.routes.faults import add_fault, list_faults, remove_faults
from nemovideo.sandbox.routes.file_responses import send_file
from nemovideo.sandbox.routes.middleware import UNLOGGED, new_app
from nemovideo.sandbox.routes.request_parsing import STATE
from nemovideo.sandbox.routes.response_writer import RESPONSE_WRITER, ResponseWriter
from nemovideo.sandbox.service.app_state import AppState
from nemovideo.sandbox.service.errors import APIError

_TYPES = {"html": "text/html", "css": "text/css", "js": "text/javascript"}


def web_app(state: AppState, api_url: str) -> web.Application:
    app = new_app(state, "web", _format_error)

    async def dashboard(_: web.Request) -> web.StreamResponse:
        return _asset("dashboard.html", api_url=api_url)

    async def asset(request: web.Request) -> web.StreamResponse:
        return _asset(f"dashboard.{request.match_info['kind']}")

    add = app.router
    add.add_get("/", dashboard, name=f"{UNLOGGED}-page")
    add.add_get("/dashboard.{kind:css|js}", asset, name=f"{UNLOGGED}-asset")
    add.add_get("/dashboard/data", data, name=f"{UNLOGGED}-data")
    add.add_get("/dashboard/request/{number}", one_request, name=f"{UNLOGGED}-request")
    add.add_get("/dashboard/file/{id}", video, name=f"{UNLOGGED}-file")
    add.add_get("/faults", list_faults, name=f"{UNLOGGED}-faults")
    add.add_post("/faults", add_fault, name=f"{UNLOGGED}-faults-add")
    add.add_delete("/faults", remove_faults, name=f"{UNLOGGED}-faults-remove")
    add.add_get("/workspace/claim", claim_page, name="claim")
    add.add_get("/register", register_page, name="register")
    return app


def _format_error(_: web.Request, __: str, error: APIError) -> web.Response:
    return web.Response(status=error.status or 400, text=error.message)


def _read(name: str) -> str:
    return resources.files("nemovideo.sandbox").joinpath("page", name).read_text("utf-8")


def _asset(name: str, **values: str) -> web.Response:
    text = _read(name)
    for key, value in values.items():
        text = text.replace(f"{{{{{key}}}}}", escape(value))
    # The page loads nothing from other hosts.
    policy = "default-src 'self'; img-src 'self' data:"
    return web.Response(
        text=text,
        content_type=_TYPES[name.rpartition(".")[2]],
        headers={"Content-Security-Policy": policy, "Cache-Control": "no-cache"},
    )


async def data(request: web.Request) -> web.StreamResponse:
    """GET /dashboard/data?since=…: polled by the page every second."""
    since = request.query.get("since", "0")
    shown = dashboard_data(request.app[STATE], int(since) if since.isdigit() else 0)
    return web.json_response(shown, headers={"Cache-Control": "no-store"})


async def one_request(request: web.Request) -> web.StreamResponse:
    """GET /dashboard/request/<number>: what was sent, when it is opened on the page."""
    number = request.match_info["number"]
    log = request.app[STATE].request_log.requests
    found = next((each for each in reversed(log) if str(each.number) == number), None)
    if found is None:
        raise web.HTTPNotFound
    return web.json_response(request_data(found), headers={"Cache-Control": "no-store"})


async def video(request: web.Request) -> web.StreamResponse:
    """GET /dashboard/file/<id>: a finished video.

    Not from the file host: what the page plays is not logged and meets no fault.
    """
    state = request.app[STATE]
    file = state.links.find(request.match_info["id"])
    if file is None:
        raise web.HTTPNotFound
    # Not with aiohttp's own response: a cancelled one may leave the file open.
    unlisted = LoggedRequest(
        number=0,
        at=state.clock.now(),
        host="web",
        endpoint="",
        method=request.method,
        path=request.path,
        query={},
        headers={},
        request_id="page",
    )
    request[RESPONSE_WRITER] = ResponseWriter(request, unlisted, None)
    return await send_file(request, file)


def _note(title: str, text: str, status: int = 200) -> web.Response:
    page = _read("note.html").replace("{{title}}", escape(title)).replace("{{text}}", escape(text))
    return web.Response(status=status, text=page, content_type="text/html")


async def claim_page(request: web.Request) -> web.StreamResponse:
    """GET /workspace/claim?ct=…: the target of a browser link."""
    session = request.app[STATE].service.session_of_claim(request.query.get("ct", ""))
    if session is None:
        return _note("This link has expired", "Ask for a new one with project.link().", 410)
    text = f"The link opens session {session.session_id} ({session.name}) of this sandbox."
    return _note("The link works", text)


async def register_page(request: web.Request) -> web.StreamResponse:
    """GET /register?bind=…: where a user without credits is sent."""
    bound = request.query.get("bind", "")
    whose = "a known" if bound in request.app[STATE].store.accounts else "no known"
    return _note("This is a sandbox", f"Nobody can register here. The link names {whose} user.")
