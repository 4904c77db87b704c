"""Runs a job: makes a video, edits one, exports one, or finishes what was interrupted."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import anyio

from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import InvalidInputError, NemoVideoError, UnsupportedFileError
from nemovideo.mcp.folders import short_digest
from nemovideo.mcp.results import AgentText, WorkResult
from nemovideo.models.turn import Turn
from nemovideo.operations.recovered_file import place
from nemovideo.security.printable_text import printable, shorten

if TYPE_CHECKING:
    from nemovideo._client import AsyncNemoVideo
    from nemovideo.events import Event
    from nemovideo.mcp.request_store import StoredRequest
    from nemovideo.mcp.settings import ServerSettings
    from nemovideo.operations.recovery import UnfinishedMessage, UnfinishedRender
    from nemovideo.operations.video import Video

_LONGEST_TEXT = 4000
"""Of the agent's text: the context of an assistant is small."""
_BALANCE_SECONDS = 5.0
"""A start answers at once, whether the balance can be read or not."""


class Progress(Protocol):
    """The job, as far as its runner reports to it."""

    request: StoredRequest

    def update(self, event: Event) -> None: ...
    def begin_session(self, session_id: str) -> None: ...


async def run_request(
    client: AsyncNemoVideo,
    settings: ServerSettings,
    job: Progress,
    item: UnfinishedMessage | UnfinishedRender | None = None,
) -> WorkResult:
    """Do a piece of work under its key, and return its result.

    Under the same key the service gets it once, whatever became of an earlier try.
    """
    request = job.request
    if item is not None:
        done = await item.resume()
    elif request.kind == "video":
        done = await _make(client, settings, job)
    elif request.kind == "edit":
        project = client.open_project(request.session_id or "")
        done = await project.send(request.text, key=request.key, on_event=job.update)
    else:
        done = await _export(client, settings, job)
    job.begin_session(done.session_id)
    result = _describe(request.key, done)
    if not isinstance(done, Turn) and done.path is not None:
        path = done.path
        if path == _staging(settings, request):
            path = await _place(path, settings, request)
        result.path = str(path.absolute())
        result.size_bytes = (await run_in_thread(path.stat)).st_size
    if request.kind != "export":
        result.credits_before = request.credits_before
        result.credits_after = await read_balance(client)
    return result


async def read_balance(client: AsyncNemoVideo) -> int | float | None:
    """Return the balance; None where it cannot be read, or not soon."""
    with anyio.move_on_after(_BALANCE_SECONDS), suppress(NemoVideoError):
        return (await client.credits.retrieve()).available
    return None


async def _make(client: AsyncNemoVideo, settings: ServerSettings, job: Progress) -> Video | Turn:
    request = job.request
    staging = await _prepare(settings, request)
    generation = client.generate(
        request.text,
        files=request.files,
        language=request.language,
        key=request.key,
        path=staging,
        max_credits=request.max_credits,
        on_event=job.update,
    )
    try:
        return await generation
    except (InvalidInputError, UnsupportedFileError):
        # After a restart: its input files may be gone, and it was sent long ago.
        for item in await client.recover():
            if item.key == request.key:
                return await item.resume()
        raise


async def _export(client: AsyncNemoVideo, settings: ServerSettings, job: Progress) -> Video:
    project = client.open_project(job.request.session_id or "")
    staging = await _prepare(settings, job.request)
    return await project.export(staging, key=job.request.key, on_event=job.update)


def _staging(settings: ServerSettings, request: StoredRequest) -> Path:
    return settings.output_dir / f".nemovideo-{short_digest(request.key)}.mp4"


async def _prepare(settings: ServerSettings, request: StoredRequest) -> Path:
    """Return where the file goes until it has a name that nothing else has."""
    make = partial(settings.output_dir.mkdir, parents=True, exist_ok=True)
    try:
        await run_in_thread(make)
    except OSError as error:
        raise _no_folder(settings, error) from error
    return _staging(settings, request)


async def _place(staging: Path, settings: ServerSettings, request: StoredRequest) -> Path:
    target = settings.output_dir / f"{request.stem}.mp4"
    try:
        return await run_in_thread(partial(place, staging, target, None))
    except OSError as error:
        raise _no_folder(settings, error) from error


def _no_folder(settings: ServerSettings, error: OSError) -> InvalidInputError:
    return InvalidInputError(
        f"{settings.output_dir} cannot be written: {error.strerror or error}.",
        parameter="NEMOVIDEO_MCP_OUTPUT_DIR",
        accepted=("a folder that can be written",),
        hint="Have the owner of the server set NEMOVIDEO_MCP_OUTPUT_DIR to another folder.",
    )


def _describe(key: str, done: Video | Turn) -> WorkResult:
    result = WorkResult(
        key=key,
        session_id=done.session_id,
        status="done",
        stage="Done",
        progress=100,
        timeline=printable(str(done.timeline)),
        agent=quote(done.text),
        credits_used=done.credits_used,
        next=f'Tell the person. Change it: edit_video(session_id="{done.session_id}", …).',
    )
    if isinstance(done, Turn):
        result.changes = [printable(str(each)) for each in done.changes]
        question = done.question
        result.question = None if question is None else printable(str(question))
        result.next = f'export_video(session_id="{done.session_id}") makes the file; it is free.'
        if not done.changes and not done.text:
            result.note = "Nothing changed. Do not send it again unchanged; ask for other words."
        return result
    result.duration, result.url, result.render_id = done.duration, done.url, done.render_id
    return result


def quote(text: str) -> AgentText | None:
    """Return the agent's words as data, without what steers a terminal or hides from the eye."""
    shown = printable(text).strip()
    if not shown:
        return None
    return AgentText(text=shorten(shown, _LONGEST_TEXT))
