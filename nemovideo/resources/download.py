"""From a render's URL to a file: resumed, checked, and put in its place only when whole."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread
from anyio.lowlevel import checkpoint

from nemovideo._config import is_loopback
from nemovideo._disk import Target, check_target
from nemovideo._nesting import nested
from nemovideo._observers import ByteObserver, tell_bytes
from nemovideo._threads import Beside, surely, to_the_end
from nemovideo.errors import (
    APIConnectionError,
    APIError,
    Attempt,
    DownloadError,
    NemoVideoError,
)
from nemovideo.protocol.calls import build_download_render
from nemovideo.protocol.schedule import build_attempt
from nemovideo.transports.base import StreamedResponse

if TYPE_CHECKING:
    from nemovideo._dispatch import Pipeline
    from nemovideo.models.renders import Render

_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")

_MOST_BEHIND = 4
"""Batches of a mebibyte: enough that a disk which hesitates does not keep the network waiting."""

Open = Callable[[Mapping[str, str]], AbstractAsyncContextManager[StreamedResponse]]
"""Asks for the file, with extra headers."""


async def download_render(
    pipeline: Pipeline,
    render: Render,
    path: str | os.PathLike[str],
    on_progress: ByteObserver | None,
) -> Path:
    """Fetch a render's file from its URL, or from the service where that does not answer.

    Raises:
        InvalidInputError: `path` cannot be written.
        DownloadError: the file did not arrive whole.
    """
    default_name = f"{render.id}.{render.format}"
    final = await to_the_end(partial(check_target, path, default_name))
    async with _part(final) as target:
        download = _Download(pipeline, target, on_progress)
        await download.run(_sources(pipeline, render))
        return await to_the_end(partial(target.commit, download.total))


@asynccontextmanager
@nested
async def _part(final: Path) -> AsyncGenerator[Target]:
    target = Target(final)
    try:
        await to_the_end(target.open_part)
        yield target
    finally:
        await surely(target.abort)


def _sources(pipeline: Pipeline, render: Render) -> list[Open]:
    fallback = build_download_render(render.id)
    sources: list[Open] = [lambda headers: pipeline.fetch_from_service(fallback, headers)]
    url = render.url
    if url is not None and _is_fetchable(url):
        sources.insert(0, lambda headers: pipeline.fetch(url, headers))
    return sources


def _is_fetchable(url: str) -> bool:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    plain = parts.scheme == "http" and is_loopback(parts.hostname)
    return bool(parts.hostname) and (parts.scheme == "https" or plain)


async def _drain(beside: Beside[None], most: int) -> None:
    """Wait until the disk is at most so many batches behind the network."""
    await checkpoint()  # a fast network would keep other tasks out
    while beside.waiting > most:
        await beside.outcome()


@dataclass
class _Download:
    pipeline: Pipeline
    target: Target
    on_progress: ByteObserver | None
    total: int | None = None
    validator: str | None = None
    attempts: list[Attempt] = field(default_factory=list[Attempt])

    async def run(self, sources: list[Open]) -> None:
        """Try each source until the file is whole; a break goes on where it broke."""
        last: NemoVideoError | None = None
        for source in sources:
            for attempt in range(1 + self.pipeline.settings.max_retries):
                if attempt:
                    await anyio.sleep(self._pause(attempt))
                began = anyio.current_time()
                try:
                    return await self._fetch(source)
                except (APIConnectionError, APIError) as error:
                    last = error
                    elapsed = anyio.current_time() - began
                    self.attempts.append(build_attempt(len(self.attempts) + 1, elapsed, error))
                    if isinstance(error, APIError) and (error.status or 500) < 500:
                        break  # a refusal stays one: the next source may take it
        raise self._failure(last) from last

    def _pause(self, attempt: int) -> float:
        timing = self.pipeline.settings.timing
        return min(timing.retry_max, timing.retry_initial * 2.0 ** (attempt - 1))

    def _failure(self, last: NemoVideoError | None) -> DownloadError:
        reason = last.message if last else "nothing answered."
        return DownloadError(
            f"The file for {self.target.path} did not arrive: {reason}",
            path=str(self.target.path),
            received=self.target.received,
            expected=self.total,
            hint="The render is still there: download it again, it costs nothing.",
            attempts=tuple(self.attempts),
        )

    async def _fetch(self, source: Open) -> None:
        async with source(self._resume_headers()) as response:
            await self._begin(response)
            await self._copy(response)
        if self.total is not None and self.target.received != self.total:
            raise APIConnectionError(
                f"{self.target.received} of {self.total} bytes came.", phase="read"
            )

    def _resume_headers(self) -> dict[str, str]:
        # Without a strong validator nobody can say that the rest belongs to what is here.
        if not self.target.received or self.validator is None:
            return {}
        return {"range": f"bytes={self.target.received}-", "if-range": self.validator}

    async def _begin(self, response: StreamedResponse) -> None:
        """Take up where the answer begins: at the break, or at the start."""
        headers = response.headers
        resumed = _RANGE.fullmatch(headers.get("content-range", ""))
        if response.status == 206:
            if resumed is None or int(resumed[1]) != self.target.received:
                self.validator = None  # the next try asks for all of it
                raise APIConnectionError("Another part came than was asked for.", phase="read")
            total = resumed[2]
            self.total = int(total) if total.isdigit() else self.total
        else:
            if self.target.received:
                await to_the_end(self.target.restart)
            length = headers.get("content-length", "")
            self.total = int(length) if length.isdigit() else None
        etag = headers.get("etag", "")
        self.validator = etag if etag.startswith('"') else None
        if self.total is not None:
            await to_thread.run_sync(self.target.reserve, self.total)

    async def _copy(self, response: StreamedResponse) -> None:
        """Receive it all, and write it in batches in a thread while more comes."""
        beside = Beside[None]("nemovideo-write")
        try:
            while chunk := await response.receive():
                if self.target.write(chunk):
                    await _drain(beside, _MOST_BEHIND - 1)
                    beside.begin(self.target.take())
                    await self._tell()
            await _drain(beside, 0)
        except APIConnectionError:
            await _drain(beside, 0)  # a full disk ends it, whatever the connection does
            raise
        finally:
            await surely(beside.close)
        await to_the_end(self.target.flush)
        await self._tell()

    async def _tell(self) -> None:
        done = self.target.received
        await tell_bytes(self.on_progress, done, self.total if self.total is not None else done)
