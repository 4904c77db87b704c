"""The routes of the file host: signed links, and nothing else."""

from aiohttp import web

from nemovideo.sandbox.routes.file_responses import send_file
from nemovideo.sandbox.routes.middleware import gate, name_request
from nemovideo.sandbox.routes.request_parsing import WIRING
from nemovideo.sandbox.service.app_state import Wiring
from nemovideo.sandbox.service.settings import RefusedError


def cdn_app(wiring: Wiring) -> web.Application:
    """The application behind the CDN's port."""
    app = web.Application(middlewares=[gate("cdn", _reword)])
    app[WIRING] = wiring
    app.on_response_prepare.append(name_request)
    app.router.add_get("/files/{id}/{name}", serve, name="files.download")
    return app


def _reword(_: str, refusal: RefusedError) -> web.Response:
    """A refusal as object stores word it."""
    page = f"<Error><Code>{refusal.code}</Code><Message>{refusal.message}</Message></Error>"
    return web.Response(status=refusal.code, text=page, content_type="application/xml")


async def serve(request: web.Request) -> web.StreamResponse:
    """GET or HEAD of a signed link."""
    links = request.app[WIRING].links
    file_id, query = request.match_info["id"], request.query
    if not links.allows(file_id, query.get("expires", ""), query.get("signature", "")):
        raise RefusedError(403, "Request has expired or is not signed")
    found = links.find(file_id)
    if found is None:
        raise RefusedError(404, "The file does not exist")
    return await send_file(request, found)
