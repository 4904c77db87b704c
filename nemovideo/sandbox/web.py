"""The routes of the web pages: the board at `/`, the claim page and the register page."""

from html import escape
from importlib import resources

from aiohttp import web

from nemovideo.sandbox.delivery import WIRING, gate, name_request
from nemovideo.sandbox.rules import RefusedError
from nemovideo.sandbox.wiring import Wiring


def web_app(wiring: Wiring) -> web.Application:
    """The application behind the web pages' port."""
    app = web.Application(middlewares=[gate("web", _reword)])
    app[WIRING] = wiring
    app.on_response_prepare.append(name_request)
    app.router.add_get("/workspace/claim", claim_page, name="claim")
    app.router.add_get("/register", register_page, name="register")
    return app


def _reword(_: str, refusal: RefusedError) -> web.Response:
    return web.Response(status=refusal.status or 400, text=refusal.message)


def _page(title: str, text: str, status: int = 200) -> web.Response:
    template = resources.files("nemovideo.sandbox").joinpath("page", "note.html").read_text("utf-8")
    page = template.replace("{{title}}", escape(title)).replace("{{text}}", escape(text))
    return web.Response(status=status, text=page, content_type="text/html")


async def claim_page(request: web.Request) -> web.StreamResponse:
    """GET /workspace/claim?ct=…: where a browser link leads."""
    session = request.app[WIRING].house.claimed(request.query.get("ct", ""))
    if session is None:
        return _page("This link has expired", "Ask for a new one with project.link().", 410)
    text = f"The link opens session {session.session_id} ({session.name}) of this sandbox."
    return _page("The link works", text)


async def register_page(request: web.Request) -> web.StreamResponse:
    """GET /register?bind=…: where a user without credits is sent."""
    bound = request.query.get("bind", "")
    whose = "a known" if bound in request.app[WIRING].store.accounts else "no known"
    return _page("This is a sandbox", f"Nobody can register here. The link names {whose} user.")
