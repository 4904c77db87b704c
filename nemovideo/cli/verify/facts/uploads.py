"""Facts about uploads and the host of files."""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import urlsplit

from nemovideo.cli.verify.facts.fact import Facts, expect, names_of, refused
from nemovideo.cli.verify.samples import png, wav
from nemovideo.cli.verify.service import (
    ATTRIBUTION,
    Differs,
    NotTried,
    Service,
    as_number,
    as_objects,
)

FACTS = Facts()

_UPLOAD: Final = "Multipart field `files`, or JSON `urls`; the fields of the response"


@FACTS.fact("Uploads by multipart field `files`", _UPLOAD)
async def _multipart(service: Service) -> str:
    return names_of((await service.uploads())[0], "filename", "file_type", "cdn_url")


@FACTS.fact("Uploads by JSON `urls`", _UPLOAD)
async def _by_url(service: Service) -> str:
    body = {"urls": [await service.cdn_url()], "source_type": "url"}
    path = f"/api/upload-video/nemo_agent/me/{await service.session_id()}"
    answer = await service.ask("POST", path, body)
    return expect(answer.code == 0 and answer.data.get("files"), str(answer))


@FACTS.fact("A .txt gets 4001", "The accepted extensions and 500 MB")
async def _text(service: Service) -> str:
    return refused(await service.upload(("verify.txt", b"text")), 4001, 415)


@FACTS.fact(
    "An upload that is neither gets 400",
    'A body that is neither multipart nor `urls` with `source_type` "url" gets 400',
)
async def _neither(service: Service) -> str:
    path = f"/api/upload-video/nemo_agent/me/{await service.session_id()}"
    return refused(await service.ask("POST", path, {"files": "none"}), 400)


@FACTS.fact(
    "4001 when the content is not what the name says",
    "4001 also when the content does not match the extension",
)
async def _content(service: Service) -> str:
    return refused(await service.upload(("verify.mp4", b"text, and no film")), 4001, 415)


@FACTS.fact("A second file of the same name gets a number")
async def _same_name(service: Service) -> str:
    first = (await service.uploads())[0].get("filename")
    answer = await service.upload(("verify.png", png(5, 5)))
    names = [each.get("filename") for each in as_objects(answer.data.get("files"))]
    return expect(names and names[0] != first, f"{first}, then {', '.join(map(str, names))}")


@FACTS.fact(
    "Uploads have `width`, `height` and `duration`",
    "`width` and `height` are those of display, `duration` is counted; an image has one only"
    " when it moves",
)
async def _sizes(service: Service) -> str:
    picture, sound = await service.uploads()
    size = f"{picture.get('width')}x{picture.get('height')}"
    found = f"{size}, {picture.get('duration')} s; {sound.get('duration')} s"
    length = as_number(sound.get("duration"))
    still = not picture.get("duration")
    return expect(size == "4x3" and still and 0.9 < length < 1.1, found)


_CUT: Final = (
    "A truncated picture gets 4001; a truncated film or song is accepted as far as it goes"
)


@FACTS.fact("A truncated picture gets 4001", _CUT)
async def _cut_picture(service: Service) -> str:
    return refused(await service.upload(("cut.png", png(64, 64)[:60])), 4001, 415)


@FACTS.fact("A truncated song is accepted", _CUT)
async def _cut_song(service: Service) -> str:
    answer = await service.upload(("cut.wav", wav(2)[:-8000]))
    return expect(answer.code == 0, str(answer))


FACTS.untried(
    "URLs are fetched from this machine only, redirects are not followed",
    "it is a rule of the sandbox",
)


@FACTS.fact("`hash` is SHA-256 in hexadecimal")
async def _hash(service: Service) -> str:
    found = (await service.uploads())[0].get("hash")
    if found is None:
        raise NotTried("there is no hash")
    return expect(found == hashlib.sha256(png()).hexdigest(), f"{found}")


_HOST: Final = "Files are served by another host, with signed URLs that expire"


@FACTS.fact("Files are served by another host", _HOST)
async def _other_host(service: Service) -> str:
    host = urlsplit(await service.cdn_url()).netloc
    return expect(host != urlsplit(service.settings.base_url).netloc, host)


@FACTS.fact("A file's URL is refused without its signature", _HOST)
async def _signed(service: Service) -> str:
    url = await service.cdn_url()
    if "?" not in url:
        raise Differs("the URL has no query")
    answer = await service.ask("GET", url.partition("?")[0], without=_OURS)
    return expect(answer.status in (400, 401, 403), f"HTTP {answer.status}")


_OURS: Final = ("authorization", *ATTRIBUTION)
"""No other host gets these headers."""


@FACTS.fact("Files have `ETag` and take `Range`", "`Range`, `If-Range`, `ETag`, `HEAD`")
async def _ranges(service: Service) -> str:
    url = await service.cdn_url()
    answer = await service.ask("GET", url, without=_OURS, range="bytes=1-3")
    tag = "ETag" if "etag" in answer.headers else "no ETag"
    found = f"HTTP {answer.status}, {len(answer.body)} bytes, {tag}"
    return expect(answer.status == 206 and answer.body == png()[1:4] and tag == "ETag", found)
