"""The route of uploads: files in the body, or addresses to fetch them from."""

from collections.abc import AsyncIterator
from typing import cast
from urllib.parse import urlsplit

from aiohttp import BodyPartReader, ClientError, ClientSession, ClientTimeout, web

from nemovideo.sandbox.routes.request_parsing import STATE, authenticate, find_session, read_body
from nemovideo.sandbox.routes.response_writer import RESPONSE_WRITER
from nemovideo.sandbox.routes.serializers import ok, upload_answer
from nemovideo.sandbox.service.app_state import AppState
from nemovideo.sandbox.service.errors import bad_request
from nemovideo.sandbox.service.upload_storage import StoredUpload
from nemovideo.sandbox.storage.records import Json

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_FETCH_CHUNK = 256 * 1024


async def upload(request: web.Request) -> web.StreamResponse:
    """POST /api/upload-video/nemo_agent/me/<sid>, as multipart or by address."""
    account = authenticate(request, "upload")
    session = find_session(request, account, request.match_info["sid"])
    state = request.app[STATE]
    if request.content_type.startswith("multipart/"):
        taken = await _take_parts(request, state)
    else:
        taken = await _take_urls(state, await read_body(request))
    if not taken:
        raise bad_request("no files: send multipart field 'files' or JSON 'urls'")
    assets = await state.uploads.attach(session, taken)
    files = [upload_answer(asset, state.links.url(asset.file_id)) for asset in assets]
    return web.json_response(ok({"files": files, "session_state_applied": True}))


async def _take_parts(request: web.Request, state: AppState) -> list[StoredUpload]:
    taken: list[StoredUpload] = []
    received = request[RESPONSE_WRITER].received
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name != "files":
                continue
            file = await state.uploads.receive(part.filename or "", _chunks(part))
            received.body_size += file.size
            taken.append(file)
    except ValueError as error:
        state.uploads.discard(taken)
        raise bad_request("the body is no multipart/form-data as its Content-Type says") from error
    except BaseException:
        state.uploads.discard(taken)
        raise
    return taken


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_FETCH_CHUNK):
        yield bytes(chunk)


async def _take_urls(state: AppState, body: Json) -> list[StoredUpload]:
    urls = body.get("urls")
    if not isinstance(urls, list) or body.get("source_type") != "url":
        raise bad_request(
            'send {"urls": [...], "source_type": "url"}, or multipart field \'files\''
        )
    taken: list[StoredUpload] = []
    try:
        async with ClientSession(timeout=ClientTimeout(total=60)) as client:
            for url in cast(list[object], urls):
                file = await _fetch(state, client, str(url))
                taken.append(file)  # one by one, so that a failure can discard those before it
    except BaseException:
        state.uploads.discard(taken)
        raise
    return taken


async def _fetch(state: AppState, client: ClientSession, url: str) -> StoredUpload:
    """Fetch one file; never off this machine unless the sandbox was told that it may."""
    parts = urlsplit(url)
    allowed = state.settings.allow_remote_urls or parts.hostname in _LOOPBACK
    if parts.scheme not in {"http", "https"} or not allowed:
        raise bad_request("the sandbox fetches uploads from http addresses on this machine only")
    try:
        # A redirect could lead off the machine.
        async with client.get(url, allow_redirects=False) as answer:
            if answer.status != 200:
                raise bad_request(f"the address answered with HTTP {answer.status}")
            return await state.uploads.receive(
                parts.path, answer.content.iter_chunked(_FETCH_CHUNK)
            )
    except ClientError as error:
        raise bad_request("the address could not be fetched") from error
