"""The route of uploads: files in the body, or URLs to fetch them from."""

from collections.abc import AsyncIterator
from typing import cast
from urllib.parse import urlsplit

from aiohttp import BodyPartReader, ClientError, ClientSession, ClientTimeout, web

from nemovideo.sandbox.routes.request_parsing import STATE, authenticate, find_session, read_body
from nemovideo.sandbox.routes.response_writer import RESPONSE_WRITER
from nemovideo.sandbox.routes.serializers import asset_body, success_envelope
from nemovideo.sandbox.service.app_state import AppState
from nemovideo.sandbox.service.errors import bad_request
from nemovideo.sandbox.service.upload_storage import StoredUpload

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_CHUNK = 256 * 1024


async def upload(request: web.Request) -> web.StreamResponse:
    """POST /api/upload-video/nemo_agent/me/<sid>, as multipart or by URL."""
    account = authenticate(request, "upload")
    session = find_session(request, account, request.match_info["sid"])
    state = request.app[STATE]
    multipart = request.content_type.startswith("multipart/")
    received = _receive_parts(request) if multipart else _fetch_urls(request)
    uploads: list[StoredUpload] = []
    try:
        async for file in received:
            uploads.append(file)  # noqa: PERF401 - so that a failure can discard those before it
    except BaseException:
        state.uploads.discard(uploads)
        raise
    if not uploads:
        raise bad_request("no files: send multipart field 'files' or JSON 'urls'")
    assets = await state.uploads.attach(session, uploads)
    files = [asset_body(asset, state.links.url(asset.file_id)) for asset in assets]
    return web.json_response(success_envelope({"files": files, "session_state_applied": True}))


async def _receive_parts(request: web.Request) -> AsyncIterator[StoredUpload]:
    try:
        reader = await request.multipart()
        while (part := await reader.next()) is not None:
            if not isinstance(part, BodyPartReader) or part.name != "files":
                continue
            file = await request.app[STATE].uploads.receive(part.filename or "", _chunks(part))
            request[RESPONSE_WRITER].logged.body_size += file.size
            yield file
    except ValueError as error:
        message = "the body is not multipart/form-data as its Content-Type says"
        raise bad_request(message) from error


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield bytes(chunk)


async def _fetch_urls(request: web.Request) -> AsyncIterator[StoredUpload]:
    body = await read_body(request)
    urls = body.get("urls")
    if not isinstance(urls, list) or body.get("source_type") != "url":
        usage = 'send {"urls": [...], "source_type": "url"}, or multipart field \'files\''
        raise bad_request(usage)
    async with ClientSession(timeout=ClientTimeout(total=60)) as client:
        for url in cast(list[object], urls):
            yield await _fetch(request.app[STATE], client, str(url))


async def _fetch(state: AppState, client: ClientSession, url: str) -> StoredUpload:
    """Fetch one file; from another machine only if the sandbox allows it."""
    parts = urlsplit(url)
    allowed = state.settings.allow_remote_urls or parts.hostname in _LOOPBACK
    if parts.scheme not in {"http", "https"} or not allowed:
        raise bad_request("the sandbox fetches uploads from http URLs of this machine only")
    try:
        # A redirect could lead to another machine.
        async with client.get(url, allow_redirects=False) as response:
            if response.status != 200:
                raise bad_request(f"the URL responded with HTTP {response.status}")
            return await state.uploads.receive(parts.path, response.content.iter_chunked(_CHUNK))
    except ClientError as error:
        raise bad_request("the URL could not be fetched") from error
