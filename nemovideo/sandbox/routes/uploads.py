"""The route of uploads: files in the body, or addresses to fetch them from."""

from collections.abc import AsyncIterator
from typing import cast
from urllib.parse import urlsplit

from aiohttp import BodyPartReader, ClientError, ClientSession, ClientTimeout, web

from nemovideo.sandbox.routes.request_parsing import WIRING, admit, find_session, read_body
from nemovideo.sandbox.routes.response_writer import DELIVERY
from nemovideo.sandbox.routes.serializers import ok, upload_answer
from nemovideo.sandbox.service.app_state import Wiring
from nemovideo.sandbox.service.settings import invalid
from nemovideo.sandbox.service.upload_storage import Taken
from nemovideo.sandbox.storage.records import Json

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_FETCH_CHUNK = 256 * 1024


async def upload(request: web.Request) -> web.StreamResponse:
    """POST /api/upload-video/nemo_agent/me/<sid>, as multipart or by address."""
    account = admit(request, "upload")
    session = find_session(request, account, request.match_info["sid"])
    wiring = request.app[WIRING]
    if request.content_type.startswith("multipart/"):
        taken = await _take_parts(request, wiring)
    else:
        taken = await _take_urls(wiring, await read_body(request))
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
    except ValueError as error:
        wiring.intake.discard(taken)
        raise invalid("the body is no multipart/form-data as its Content-Type says") from error
    except BaseException:
        wiring.intake.discard(taken)
        raise
    return taken


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_FETCH_CHUNK):
        yield bytes(chunk)


async def _take_urls(wiring: Wiring, body: Json) -> list[Taken]:
    urls = body.get("urls")
    if not isinstance(urls, list) or body.get("source_type") != "url":
        raise invalid('send {"urls": [...], "source_type": "url"}, or multipart field \'files\'')
    taken: list[Taken] = []
    try:
        async with ClientSession(timeout=ClientTimeout(total=60)) as client:
            for url in cast(list[object], urls):
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
