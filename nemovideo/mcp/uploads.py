"""Uploads that go on when the call that began them is cut off."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio.abc import TaskGroup

from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import InvalidInputError

if TYPE_CHECKING:
    from nemovideo._client import AsyncNemoVideo
    from nemovideo.models.uploads import UploadedFile

_REPORT_SECONDS = 1.0


@dataclass
class Upload:
    """A file on its way into a session."""

    sent: int = 0
    total: int = 0
    file: UploadedFile | None = None
    error: Exception | None = None
    ended: anyio.Event = field(default_factory=anyio.Event)

    def count(self, sent: int, total: int) -> None:
        self.sent, self.total = sent, total


class Uploads:
    """All uploads of one server: the same file for the same session is uploaded once.

    Args:
        client: What uploads.
        tasks: What it runs in, longer than any call.
    """

    def __init__(self, client: AsyncNemoVideo, tasks: TaskGroup) -> None:
        self._client = client
        self._tasks = tasks
        self._uploads: dict[tuple[str, Path, int, int], Upload] = {}

    async def begin(self, session_id: str, path: Path) -> Upload:
        """Return the upload of a file as it is now; it is begun unless it was before."""
        try:
            facts = await run_in_thread(path.stat)
        except OSError as error:  # it was there a moment ago
            raise InvalidInputError(f"{path} cannot be read.", parameter="path") from error
        identity = (session_id, path, facts.st_size, facts.st_mtime_ns)
        upload = self._uploads.get(identity)
        if upload is None or upload.error is not None:
            upload = self._uploads[identity] = Upload(total=facts.st_size)
            self._tasks.start_soon(partial(self._run, session_id, path, upload))
        return upload

    async def wait(
        self, upload: Upload, seconds: float, report: Callable[[int, int], Awaitable[None]]
    ) -> None:
        """Wait for the end of an upload, but not longer than some seconds."""
        with anyio.move_on_after(seconds):
            while not upload.ended.is_set():
                with suppress(Exception):  # whoever called may be gone
                    await report(upload.sent, upload.total)
                with anyio.move_on_after(_REPORT_SECONDS):
                    await upload.ended.wait()
        if upload.error is not None:
            raise upload.error

    async def _run(self, session_id: str, path: Path, upload: Upload) -> None:
        project = self._client.open_project(session_id)
        try:
            found = await project.upload(path, on_progress=upload.count)
            upload.file = found[0] if found else None
        except Exception as error:  # noqa: BLE001  # raised where it is waited for
            upload.error = error
        finally:
            upload.ended.set()
