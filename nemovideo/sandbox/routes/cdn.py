"""The route of the file host: signed URLs."""

from aiohttp import web

from nemovideo.sandbox.routes.file_responses import send_file
from nemovideo.sandbox.routes.middleware import new_app
from nemovideo.sandbox.routes.request_parsing import STATE
from nemovideo.sandbox.service.app_state import AppState
from nemovideo.sandbox.service.errors import APIError


def cdn_app(state: AppState) -> web.Application:
    app = new_app(state, "cdn", _format_error)
    app.router.add_get("/files/{id}/{name}", serve, name="files.download")
    return app


def _format_error(_: web.Request, __: str, error: APIError) -> web.Response:
    """Return an error response as object stores send it."""
    page = f"<Error><Code>{error.code}</Code><Message>{error.message}</Message></Error>"
    return web.Response(status=error.code, text=page, content_type="application/xml")


async def serve(request: web.Request) -> web.StreamResponse:
    """GET or HEAD of a signed URL."""
    links = request.app[STATE].links
    file_id, query = request.match_info["id"], request.query
    if not links.is_valid(file_id, query.get("expires", ""), query.get("signature", "")):
        raise APIError(403, "Request has expired or is not signed")
    file = links.find(file_id)
    if file is None:
        raise APIError(404, "The file does not exist")
    return await send_file(request, file)
