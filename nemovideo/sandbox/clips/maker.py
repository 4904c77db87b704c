"""Makes each clip once: asks the server, checks the file, keeps it, and goes on after a restart."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import aiohttp

from nemovideo.sandbox.clips.conform import MadeClip
from nemovideo.sandbox.clips.request import ClipRequest, for_openai
from nemovideo.sandbox.clips.video_server import VideoServer
from nemovideo.sandbox.draft import Json, as_fraction, as_text
from nemovideo.sandbox.model_server import (
    ModelServerError,
    ask,
    bearer,
    error_words,
    refused,
    unreachable,
)

_MOST_MISSES: Final = 5
_MOST_BYTES: Final = 512 * 2**20
_ID_CHARS: Final = 2000
_POLL_LIMITS: Final = aiohttp.ClientTimeout(total=60)
_FILE_LIMITS: Final = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)
_NOT_THE_FORM: Final = (400, 415, 422)
_COMPLETED: Final = ("completed", "succeeded")
_FAILED: Final = ("failed", "cancelled", "canceled", "expired", "deleted")
_LEAST_SHOWN: Final = 0.6

OnProgress = Callable[[float], None]


class ClipError(Exception):
    """A clip was not made; the text is a sentence that says why."""


class _JobOverError(ModelServerError):
    """The server's job is over without a usable file: another one may be started."""


@dataclass
class _Entry:
    """What is known about a clip: the job that was started for it, and the length of its file."""

    scene_ms: int
    seconds: int
    job_id: str | None = None
    clip_ms: int | None = None


class ClipMaker:
    """Makes the clips of one sandbox, one at a time: a graphics card has room for one.

    Args:
        server: which server makes them, and how.
        folder: where the clips are kept.
    """

    def __init__(self, server: VideoServer, folder: Path) -> None:
        self.server = server
        self._folder = folder
        self._turn = asyncio.Lock()

    def path_of(self, key: str) -> Path:
        return self._folder / f"{key}.mp4"

    async def make(self, request: ClipRequest, on_progress: OnProgress) -> MadeClip:
        """Return a clip; it is made if it was not made before.

        A job that an earlier call or process has started is waited for, and not started again.

        Args:
            request: the clip.
            on_progress: called with 0.0 to 1.0 while it is made; what it raises ends the wait.

        Raises:
            ClipError: There is no clip.
        """
        async with self._turn:
            entry = await asyncio.to_thread(self._read, request)
            if entry.clip_ms is None:
                await self._obtain(request, entry, on_progress)
            return MadeClip(entry.scene_ms, entry.clip_ms or 1)

    async def _obtain(self, request: ClipRequest, entry: _Entry, on_progress: OnProgress) -> None:
        try:
            async with asyncio.timeout(self.server.timeout), aiohttp.ClientSession() as http:
                await self._run(http, request, entry, on_progress)
        except TimeoutError:
            limit = f"{self.server.timeout:g} seconds"
            raise ClipError(f"The video server did not finish within {limit}.") from None
        except _JobOverError as error:
            entry.job_id = None
            await asyncio.to_thread(self._write, request.key, entry)
            raise ClipError(f"The video server {error}.") from None
        except ModelServerError as error:
            raise ClipError(f"The video server {error}.") from None
        except OSError as error:
            raise ClipError(f"The clip could not be stored: {error.strerror}.") from None

    async def _run(
        self,
        http: aiohttp.ClientSession,
        request: ClipRequest,
        entry: _Entry,
        on_progress: OnProgress,
    ) -> None:
        on_progress(0.0)
        if entry.job_id is not None:
            try:
                await self._completed(http, entry.job_id, {}, on_progress)
            except _JobOverError:
                # The server was restarted, or what it made before was of no use.
                entry.job_id = None
        if entry.job_id is None:
            entry.scene_ms, entry.seconds = request.scene_ms, request.seconds
            job = await self._start(http, request)
            entry.job_id = as_text(job.get("id"))
            await asyncio.to_thread(self._write, request.key, entry)
            await self._completed(http, entry.job_id, job, on_progress)
        path = self.path_of(request.key)
        part = path.with_suffix(".part")
        try:
            await self._fetch(http, entry.job_id, part)
            entry.clip_ms = await asyncio.to_thread(_checked, part, request, entry.seconds)
            await asyncio.to_thread(part.replace, path)
        finally:
            await asyncio.to_thread(part.unlink, missing_ok=True)
        await asyncio.to_thread(self._write, request.key, entry)

    async def _start(self, http: aiohttp.ClientSession, request: ClipRequest) -> Json:
        """Start a job and return it; it may have to be paid for, so it is never sent twice.

        Servers that refuse the form are asked with what OpenAI's own interface has.
        """
        try:
            form = _form(self._fields(request, full=True))
            job = await ask(http, "POST", self._url(), self.server.api_key, form=form)
        except ModelServerError as error:
            if error.status not in _NOT_THE_FORM:
                raise
            plain: Json = dict(self._fields(for_openai(request), full=False))
            try:
                job = await ask(http, "POST", self._url(), self.server.api_key, body=plain)
            except ModelServerError:
                raise error from None
        if not 0 < len(as_text(job.get("id"))) <= _ID_CHARS:
            raise ModelServerError("answered without the id of a job: it has no /v1/videos")
        return job

    def _fields(self, request: ClipRequest, *, full: bool) -> dict[str, str]:
        fields = {
            "prompt": request.prompt,
            "seconds": str(request.seconds),
            "size": f"{request.width}x{request.height}",
        }
        if self.server.model is not None:
            fields["model"] = self.server.model
        if full:
            # Models take four pictures at a time, after the first.
            frames = request.seconds * self.server.fps // 4 * 4 + 1
            fields["fps"], fields["num_frames"] = str(self.server.fps), str(frames)
            fields["seed"] = str(request.seed)
        return fields

    async def _completed(
        self, http: aiohttp.ClientSession, job_id: str, job: Json, on_progress: OnProgress
    ) -> None:
        """Poll a job until it is completed; a poll that fails is only a missed one."""
        url, misses, waits = self._url(job_id), 0, bool(job)
        while (status := as_text(job.get("status")).lower()) not in _COMPLETED:
            if status in _FAILED:
                words = error_words(job, self.server.api_key)
                raise _JobOverError(f'failed: "{words}"' if words else f"has a job that {status}")
            on_progress(min(1.0, as_fraction(job.get("progress"), 0) / 100))
            if waits:
                await asyncio.sleep(self.server.poll)
            waits = True
            try:
                job = await ask(http, "GET", url, self.server.api_key, limits=_POLL_LIMITS)
                if not as_text(job.get("status")):
                    raise ModelServerError("answered without the status of the job")
                misses = 0
            except ModelServerError as error:
                misses = _missed(error, misses)

    async def _fetch(self, http: aiohttp.ClientSession, job_id: str, target: Path) -> None:
        misses = 0
        while True:
            try:
                return await self._download(http, job_id, target)
            except _JobOverError:
                raise
            except ModelServerError as error:
                misses = _missed(error, misses)
            await asyncio.sleep(self.server.poll)

    async def _download(self, http: aiohttp.ClientSession, job_id: str, target: Path) -> None:
        url, key = f"{self._url(job_id)}/content", self.server.api_key
        await asyncio.to_thread(target.parent.mkdir, parents=True, exist_ok=True)
        await asyncio.to_thread(target.write_bytes, b"")
        size = 0

        def append(chunk: bytes) -> None:
            with target.open("ab") as file:
                file.write(chunk)

        try:
            # A redirect could carry the key to another server.
            async with http.get(
                url, headers=bearer(key), timeout=_FILE_LIMITS, allow_redirects=False
            ) as response:
                if response.status != 200:
                    raise refused(response.status, {}, key)
                async for chunk in response.content.iter_chunked(2**20):
                    size += len(chunk)
                    if size > _MOST_BYTES:
                        raise _JobOverError(f"sent more than {_MOST_BYTES // 2**20} MB")
                    await asyncio.to_thread(append, chunk)
        except aiohttp.ClientPayloadError:
            raise ModelServerError("sent a file that breaks off") from None
        except aiohttp.ClientError as error:
            raise unreachable(error) from None
        if not size:
            raise _JobOverError("sent an empty file")

    def _url(self, job_id: str | None = None) -> str:
        url = f"{self.server.base_url.rstrip('/')}/videos"
        return url if job_id is None else f"{url}/{quote(job_id, safe='')}"

    def _read(self, request: ClipRequest) -> _Entry:
        fresh = _Entry(request.scene_ms, request.seconds)
        try:
            entry = _Entry(**json.loads(self._entry_path(request.key).read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return fresh
        if entry.clip_ms is not None and not self.path_of(request.key).is_file():
            return fresh
        return entry

    def _write(self, key: str, entry: _Entry) -> None:
        path = self._entry_path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".json.part")
        part.write_text(json.dumps(asdict(entry)), "utf-8")
        part.replace(path)

    def _entry_path(self, key: str) -> Path:
        return self._folder / f"{key}.json"


def _missed(error: ModelServerError, misses: int) -> int:
    """Count a request that failed, unless it is of no use to repeat it."""
    status = error.status
    if status in (404, 410):
        raise _JobOverError("no longer knows the job", status) from None
    if misses + 1 >= _MOST_MISSES or (status is not None and status < 500 and status != 429):
        raise error
    return misses + 1


def _form(fields: dict[str, str]) -> aiohttp.MultipartWriter:
    form = aiohttp.MultipartWriter("form-data")
    for name, value in fields.items():
        form.append(value).set_content_disposition("form-data", name=name)
    return form


def _checked(path: Path, request: ClipRequest, seconds: int) -> int:
    """Return the length of a video in milliseconds, if it is what was asked for; blocks."""
    # Here and not at the top: the decoder takes a third of a second to load.
    from nemovideo.sandbox.studio.probe import is_whole, probe

    info = probe(path)
    if info is None or info.kind != "video" or not (info.duration and info.width and info.height):
        raise _JobOverError("sent a file that is no video")
    if not is_whole(path):
        raise _JobOverError("sent a video that breaks off")
    shape, wanted = info.width / info.height, request.width / request.height
    if min(shape, wanted) / max(shape, wanted) < _LEAST_SHOWN:
        sizes = f"{info.width}x{info.height} instead of {request.width}x{request.height}"
        raise _JobOverError(f"sent a video of the wrong size, {sizes}")
    if info.duration < seconds / 4:
        raise _JobOverError(f"sent a video of {info.duration:g} instead of {seconds} seconds")
    return round(info.duration * 1000)
