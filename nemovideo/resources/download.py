"""From a render's URL to a file: resumed, checked, and put in its place only when whole."""

from __future__ import annotations

import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread
from anyio.lowlevel import checkpoint

from nemovideo.concurrency.background_worker import BackgroundWorker
from nemovideo.concurrency.callbacks import (
    ProgressCallback,
    came_from_callback,
    run_progress_callback,
)
from nemovideo.concurrency.emitted_values import EmittedValues, emit
from nemovideo.concurrency.threads import (
    run_in_thread,
    run_in_thread_shielded,
    run_in_thread_until_cancelled,
)
from nemovideo.errors import (
    APIConnectionError,
    APIError,
    APITimeoutError,
    Attempt,
    DownloadError,
    NemoVideoError,
    ServerError,
)
from nemovideo.files.download_target import AtomicFileWriter, check_target
from nemovideo.files.download_writer import BufferedDownload, DownloadWriter
from nemovideo.files.file_objects import copy_into, name_of, path_of_file
from nemovideo.files.save_targets import BinaryWriter, RemotePath, is_url, local_path
from nemovideo.files.storage import StoredFile
from nemovideo.pipeline.retry import RetryState, retry_loop
from nemovideo.protocol.calls import Replay, build_download_render
from nemovideo.protocol.file_part import FilePart, read_part
from nemovideo.protocol.retry_policy import may_retry
from nemovideo.security.hosts import may_fetch
from nemovideo.transports.base import StreamedResponse

if TYPE_CHECKING:
    from nemovideo.models.renders import Render
    from nemovideo.pipeline.pipeline import Pipeline

_MOST_BEHIND = 4
"""Batches of a mebibyte: enough that a disk which hesitates does not keep the network waiting."""

_MOST_BYTES = 2**31
"""Limit for a file of unknown length, so that an endless response cannot fill the disk."""

_PROGRESS_SECONDS = 0.25
"""How often progress is reported where less than a batch comes."""

Open = Callable[[Mapping[str, str]], AbstractAsyncContextManager[StreamedResponse]]
"""Asks for the file, with extra headers."""


async def download_render(
    pipeline: Pipeline,
    render: Render,
    path: str | os.PathLike[str],
    on_progress: ProgressCallback | None = None,
) -> Path:
    """Fetch a render's file from its URL, or from the service where that does not answer.

    Args:
        path: where it is put: a file, a folder, or the URL of one.

    Raises:
        InvalidInputError: `path` cannot be written.
        DownloadError: the file did not arrive whole.
    """
    default_name = f"{render.id}.{render.format}"
    place = await open_place(path, default_name)
    if isinstance(place, Path):
        return await _download_to_path(pipeline, render, place, on_progress)
    async with buffered_render(pipeline, render, place.url, on_progress, path=place.url) as whole:
        await run_in_thread_until_cancelled(partial(place.upload, whole.file))
    return RemotePath(place.url)


async def open_place(path: str | os.PathLike[str], default_name: str) -> Path | StoredFile:
    """Return where a download to a path or URL goes, or refuse before anything is sent."""
    if is_url(path):
        return await run_in_thread(partial(StoredFile, str(path), default_name))
    return await run_in_thread(partial(check_target, local_path(path), default_name))


async def _download_to_path(
    pipeline: Pipeline,
    render: Render,
    path: Path,
    on_progress: ProgressCallback | None,
) -> Path:
    writer = AtomicFileWriter(path)
    try:
        await run_in_thread(writer.open)
        download = _Download(pipeline, writer, on_progress, _size(render))
        await download.run(_sources(pipeline, render))
        return await run_in_thread(partial(writer.commit, download.expected))
    except BaseException:
        await run_in_thread_shielded(writer.abort)
        raise


async def download_into(
    pipeline: Pipeline,
    render: Render,
    target: BinaryWriter,
    on_progress: ProgressCallback | None = None,
) -> None:
    """Fetch a render's file, and write it into a file object once it is whole."""
    # Nothing can be taken back out of it.
    path = path_of_file(target)
    async with buffered_render(pipeline, render, name_of(target), on_progress, path=path) as whole:
        await copy_into(whole.file, target, whole.received)


async def read_render(pipeline: Pipeline, render: Render) -> bytes:
    async with buffered_render(pipeline, render, "the video", in_memory=True) as whole:
        return whole.content()


@asynccontextmanager
async def buffered_render(
    pipeline: Pipeline,
    render: Render,
    name: str,
    on_progress: ProgressCallback | None = None,
    *,
    path: str | None = None,
    in_memory: bool = False,
) -> AsyncGenerator[BufferedDownload]:
    """Fetch a render's file, and yield it inside the block."""
    writer = BufferedDownload(name, path, in_memory=in_memory)
    try:
        download = _Download(pipeline, writer, on_progress, _size(render))
        await download.run(_sources(pipeline, render))
        writer.check_length(download.expected)
        yield writer
    finally:
        await run_in_thread_shielded(writer.close)


@asynccontextmanager
async def open_render(pipeline: Pipeline, render: Render) -> AsyncGenerator[AsyncIterator[bytes]]:
    """Give a render's file in pieces, as they come.

    Raises:
        DownloadError: from the iteration: the file did not arrive whole.
    """
    download = _Stream(pipeline, _Passing("the video"), None, _size(render))
    chunks: EmittedValues[bytes, None] = EmittedValues(download.run(_sources(pipeline, render)))
    try:
        yield chunks
    finally:
        await chunks.aclose()


class _Passing(DownloadWriter):
    """Counts what is handed on as it comes."""

    def write(self, chunk: bytes) -> bool:
        self._boxes.feed(chunk)
        self.received += len(chunk)
        return False

    def restart(self) -> None:
        raise DownloadError(
            f"The rest of the video cannot be had after {self.received} bytes, only all of it.",
            path=self.location,
            received=self.received,
            hint="Read it again from its beginning; the render is kept by the service.",
        )

    def _folder(self, length: int) -> Path | None:
        return None

    def _append(self, pieces: list[bytes]) -> None: ...

    def _truncate(self) -> None: ...


def _size(render: Render) -> int | None:
    return render.size if render.size and render.size > 0 else None


def _sources(pipeline: Pipeline, render: Render) -> list[Open]:
    fallback = build_download_render(render.id)
    sources: list[Open] = [lambda headers: pipeline.fetch_from_service(fallback, headers)]
    url = render.url
    if url is not None and may_fetch(url, pipeline.settings.base_url):
        sources.insert(0, lambda headers: pipeline.fetch(url, headers))
    return sources


async def _drain(worker: BackgroundWorker[None], most: int) -> None:
    """Wait until the disk is at most so many batches behind the network."""
    await checkpoint()  # a fast network would keep other tasks out
    while worker.pending > most:
        await worker.result()


@dataclass
class _Download:
    pipeline: Pipeline
    target: DownloadWriter
    on_progress: ProgressCallback | None
    size: int | None
    """Bytes, as the render says; None where it does not."""
    total: int | None = None
    """Bytes, as the host of the file says; None where it does not."""
    part: FilePart | None = None
    """What the host says of the file that is being received; None to ask for all of it."""
    furthest: int = 0
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    reported_at: float = 0

    @property
    def expected(self) -> int | None:
        """The expected length of the file; None if it is unknown."""
        return self.total if self.size is None else self.size

    async def run(self, sources: list[Open]) -> None:
        """Try each source until the file is whole; a break goes on where it broke."""
        failures: list[NemoVideoError] = []
        for source in sources:
            try:
                return await self._fetch_from(source)
            except (APIConnectionError, APIError) as error:
                if came_from_callback(error):
                    raise
                failures.append(error)
        raise self._failure(failures) from failures[-1]

    def _failure(self, failures: list[NemoVideoError]) -> DownloadError:
        reasons = dict.fromkeys(error.message for error in failures)
        waits = [error.retry_after for error in failures if isinstance(error, APIError)]
        later = f" in {max(filter(None, waits)):g} s" if any(waits) else ""
        return DownloadError(
            f"The file for {self.target.name} did not arrive: {' '.join(reasons)}",
            path=self.target.location,
            received=self.target.received,
            expected=self.expected,
            hint=f"The render is still there: download it again{later}, it costs nothing.",
            attempts=tuple(self.attempts),
        )

    async def _fetch_from(self, source: Open) -> None:
        """Fetch from one source. An attempt that made progress is not counted as a failure."""
        settings = self.pipeline.settings
        state = RetryState(
            "GET <file>", settings.timing, settings.max_retries, attempts=self.attempts
        )
        try:
            return await self._attempt(source, state)
        except NemoVideoError as error:
            if came_from_callback(error):
                raise
            first = error
        await retry_loop(lambda: self._attempt(source, state), state, first)

    async def _attempt(self, source: Open, state: RetryState) -> None:
        while True:
            asked = self.part.ask_from(self.target.received) if self.part is not None else {}
            before, began = self.target.received, anyio.current_time()
            try:
                return await self._try(source, asked)
            except (APIConnectionError, APIError) as error:
                if came_from_callback(error):
                    raise
                silent = state.failures > 0 and self.target.received == before
                state.record(error, anyio.current_time() - began)
                if asked and (self.part is None or _refuses_ranges(error, silent=silent)):
                    self.part = None  # the next try asks for all of it, so this ends
                    state.failures -= 1
                    continue
                if self._has_got_on():
                    state.failures = 0
                state.ended = not _may_retry(error)
                raise

    def _has_got_on(self) -> bool:
        """Return True if the last tries brought enough to go on: their number is bounded."""
        if self.target.received < self.furthest + self._share(1000):
            return False
        self.furthest = self.target.received
        return True

    def _share(self, parts: int) -> int:
        whole = self.expected
        return 2**16 if whole is None else min(2**16, max(1, whole // parts))

    async def _try(self, source: Open, asked: Mapping[str, str]) -> None:
        async with source(asked) as response:
            limit = await self._begin(response)
            await self._copy(response, limit)
        await self._check_whole()

    async def _begin(self, response: StreamedResponse) -> int:
        """Take up where the answer begins, at the break or at the start, and return its end.

        Raises:
            APIConnectionError: it is not the file that was asked for, or not its rest.
        """
        received, first = self.target.received, self.part
        part = read_part(response.status, response.headers)
        goes_on = part is not None and received > 0 and part.start == received
        if part is None or (not goes_on and part.start):
            raise self._other_part()
        if goes_on and (first is None or not part.continues(first)):
            raise self._other_part()
        if not goes_on:
            if received:
                await run_in_thread(self.target.restart)
            self.part, self.total = part, None
        self.total = self.total if part.total is None else part.total
        if self.size is not None and self.total not in (None, self.size):
            raise APIConnectionError(
                f"A file of {self.total} bytes came, and the render has {self.size}.", phase="read"
            )
        if self.expected is not None:
            await to_thread.run_sync(self.target.check_free_space, self.expected)
        return part.end or self.expected or _MOST_BYTES

    def _other_part(self) -> APIConnectionError:
        self.part = None
        return APIConnectionError(
            "The server sent another byte range than requested.", phase="read"
        )

    async def _copy(self, response: StreamedResponse, limit: int) -> None:
        """Receive it all, and write it in batches in a thread while more comes."""
        worker = BackgroundWorker[None]("nemovideo-write")
        pace = _Pace(self.pipeline.settings.timing.request, self._share(100))
        try:
            while chunk := await pace.receive(response):
                if self.target.received + len(chunk) > limit:
                    raise _too_long(response, limit)
                if self.target.write(chunk):
                    await _drain(worker, _MOST_BEHIND - 1)
                    worker.submit(self.target.drain())
                    await self._report()
                elif anyio.current_time() >= self.reported_at + _PROGRESS_SECONDS:
                    await self._report()
            await _drain(worker, 0)
        except (APIConnectionError, APIError):
            await _drain(worker, 0)  # a full disk ends it, whatever the connection does
            raise
        finally:
            if worker.is_started:
                await run_in_thread_shielded(worker.close)
        await run_in_thread(self.target.flush)
        await self._report()

    async def _check_whole(self) -> None:
        received, expected = self.target.received, self.expected
        if received and expected is not None:
            is_whole = received == expected
        else:
            is_whole = received > 0 and not self.target.is_truncated
        if not is_whole:
            of_all = "" if expected is None else f" of {expected}"
            raise APIConnectionError(
                f"{received}{of_all} bytes came, which is not all of it.", phase="read"
            )

    async def _report(self) -> None:
        done, self.reported_at = self.target.received, anyio.current_time()
        await run_progress_callback(self.on_progress, done, self.expected or done)


@dataclass
class _Stream(_Download):
    """A download whose pieces are emitted instead of being written."""

    async def _copy(self, response: StreamedResponse, limit: int) -> None:
        pace = _Pace(self.pipeline.settings.timing.request, self._share(100))
        while chunk := await pace.receive(response):
            if self.target.received + len(chunk) > limit:
                raise _too_long(response, limit)
            self.target.write(chunk)
            await emit(chunk)


@dataclass
class _Pace:
    """Whether enough comes: a line that drips would never end and never break.

    Args:
        period: seconds of waiting in which `least` bytes have to come.
    """

    period: float
    least: int
    waited: float = 0
    came: int = 0

    async def receive(self, response: StreamedResponse) -> bytes:
        """Return the next bytes."""
        began = anyio.current_time()
        chunk = await response.receive()
        self.waited += anyio.current_time() - began
        self.came += len(chunk)
        if chunk and self.waited >= self.period:
            if self.came < self.least:
                raise APITimeoutError(
                    f"Only {self.came} bytes came in {self.waited:.3g} s.", phase="read"
                )
            self.waited, self.came = 0, 0
        return chunk


def _may_retry(error: NemoVideoError) -> bool:
    # A page in place of the file, with a status that is no error, would only come again.
    is_page = isinstance(error, APIError) and (error.status or 500) < 400
    return not is_page and may_retry(error, Replay.SAFE)


def _refuses_ranges(error: NemoVideoError, *, silent: bool) -> bool:
    """Return True if a host that did not send the rest may still send the whole file.

    Args:
        silent: it is not the first time that nothing of the rest came.
    """
    if isinstance(error, APIError):
        return error.status in (500, 501) or not _may_retry(error)
    return silent and isinstance(error, APIConnectionError) and error.phase == "read"


def _too_long(response: StreamedResponse, limit: int) -> ServerError:
    return ServerError(
        f"More than {limit} bytes came, which is more than the file has.",
        hint="Download it again.",
        status=response.status,
    )
