"""The tools that cost nothing: wait, look, export, upload, find again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

from mcp.server.mcpserver import Context, Image, MCPServer
from mcp_types import CallToolResult, ContentBlock, ResourceLink, ToolAnnotations
from pydantic import Field

from nemovideo.concurrency.threads import run_in_thread
from nemovideo.errors import NemoVideoError, NotFoundError
from nemovideo.mcp.contact_sheet import read_contact_sheet
from nemovideo.mcp.folders import check_input, chosen_stem, short_digest
from nemovideo.mcp.jobs import Job
from nemovideo.mcp.request_store import StoredRequest
from nemovideo.mcp.results import (
    CreditsResult,
    LinkResult,
    TimelineResult,
    UnfinishedItem,
    UnfinishedResult,
    UploadResult,
    WorkResult,
    answer,
    printable_data,
)
from nemovideo.mcp.state import ServerState
from nemovideo.mcp.tool_errors import report_errors
from nemovideo.security.printable_text import printable
from nemovideo.validation.arguments import check_id, check_key

if TYPE_CHECKING:
    from nemovideo.operations.recovery import UnfinishedMessage, UnfinishedRender

_LONGEST_WAIT = 45.0
"""Hosts end a call after about 60 seconds."""
_MOST_SEGMENTS = 50
"""Of a track: the context of an assistant is small."""

Key = Annotated[str, Field(description="As start_video, edit_video or export_video returned it.")]
Seconds = Annotated[float, Field(description="How long to wait for the end, 0 to 45 seconds.")]
Sheet = Annotated[
    bool, Field(description="Also return pictures of the finished video, so that you can see it.")
]
SessionId = Annotated[str, Field(description="As an earlier result has it.")]
Name = Annotated[str | None, Field(description="A name for the file; nothing is overwritten.")]
InputPath = Annotated[
    str, Field(description="Absolute path of a video, picture or sound in an allowed folder.")
]


def add_free_tools(server: MCPServer[ServerState]) -> None:
    """Register the tools that cost nothing."""
    read_remote = ToolAnnotations(read_only_hint=True, open_world_hint=True)
    read_local = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    create = ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
    )
    resume = ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
    )
    server.add_tool(wait_video, title="Wait for a video", annotations=resume)
    server.add_tool(show_timeline, title="Show a timeline", annotations=read_remote)
    server.add_tool(export_video, title="Export a video", annotations=create)
    server.add_tool(upload_media, title="Upload a file", annotations=create)
    server.add_tool(show_credits, "credits", title="Credits left", annotations=read_remote)
    server.add_tool(unfinished, title="Unfinished work", annotations=read_local)
    server.add_tool(recover, title="Finish interrupted work", annotations=resume)
    server.add_tool(open_link, title="Link for the browser", annotations=create)


@report_errors
async def wait_video(
    ctx: Context[ServerState], key: Key, up_to_s: Seconds = 45, contact_sheet: Sheet = False
) -> Annotated[CallToolResult, WorkResult]:
    """Wait for a video, an edit or an export, at most 45 seconds; call again while it is running.

    Free. It also finds work again after this server was ended and started anew.
    """
    state = ctx.request_context.lifespan_context
    job = await state.jobs.find(check_key(key))
    if job is None:
        job = await _find_item(state, key)
    return await _wait(ctx, state.jobs.go_on(job), up_to_s, contact_sheet=contact_sheet)


@report_errors
async def recover(ctx: Context[ServerState], key: Key) -> Annotated[CallToolResult, WorkResult]:
    """Look for what came of work that failed or was interrupted, and bring it to its end.

    Free: what was paid for is fetched, and nothing is sent again. Call wait_video while it runs.
    """
    state = ctx.request_context.lifespan_context
    job = await state.jobs.find(check_key(key))
    if job is None:
        job = await _find_item(state, key)
    elif job.status in ("interrupted", "failed"):
        job = await _poll_again(state, job)
    return await _wait(ctx, job, _LONGEST_WAIT)


@report_errors
async def show_timeline(
    ctx: Context[ServerState], session_id: SessionId
) -> Annotated[CallToolResult, TimelineResult]:
    """Show what is on the timeline of a session: tracks, titles, music, lengths. Free."""
    state = ctx.request_context.lifespan_context
    project = state.client.open_project(check_id(session_id, "session_id"))
    timeline = await project.timeline()
    tracks = cast("list[dict[str, Any]]", printable_data(timeline.to_dict()["tracks"]))
    for track in tracks:
        segments = track["segments"]
        track["segments"], track["more"] = segments[:_MOST_SEGMENTS], len(segments[_MOST_SEGMENTS:])
    return answer(
        TimelineResult(
            session_id=session_id,
            summary=printable(str(timeline)),
            is_ready=any(track.segments for track in timeline.tracks),
            duration=timeline.duration_ms / 1000,
            tracks=tracks,
        ),
        _timeline_link(session_id),
    )


@report_errors
async def export_video(
    ctx: Context[ServerState], session_id: SessionId, name: Name = None
) -> Annotated[CallToolResult, WorkResult]:
    """Render the timeline of a session as an MP4 file. Free; takes 30 to 90 seconds.

    Waits up to 45 seconds; while it is running, call wait_video with the key.
    """
    state = ctx.request_context.lifespan_context
    check_id(session_id, "session_id")
    stem = chosen_stem(name) if name else f"nemovideo-{short_digest(session_id)}"
    under_way = state.jobs.export_under_way(session_id, stem)
    if under_way is not None:
        return await _wait(ctx, state.jobs.go_on(under_way), _LONGEST_WAIT)
    count = len(state.jobs.all())
    digest = short_digest(session_id, str(count), datetime.now(UTC).isoformat())
    job = state.jobs.add(
        StoredRequest(f"export-{digest}", "export", session_id=session_id, stem=stem)
    )
    await state.jobs.begin(job)
    return await _wait(ctx, job, _LONGEST_WAIT)


@report_errors
async def upload_media(
    ctx: Context[ServerState], session_id: SessionId, path: InputPath
) -> Annotated[CallToolResult, UploadResult]:
    """Put a file of the person into a session. Free. While it is running, call it again.

    mp4 mov avi webm mkv, jpg png gif webp, mp3 wav m4a aac; at most 500 MB.
    """
    state = ctx.request_context.lifespan_context
    check_id(session_id, "session_id")
    file = check_input(path, state.settings.readable, "path")
    upload = await state.uploads.begin(session_id, file)
    await state.uploads.wait(upload, _LONGEST_WAIT, _report_bytes(ctx))
    found, is_done = upload.file, upload.ended.is_set()
    following = f'edit_video(session_id="{session_id}", message=…) says what to do with it.'
    return answer(
        UploadResult(
            session_id=session_id,
            status="done" if is_done else "running",
            progress=None if is_done else round(100 * upload.sent / max(1, upload.total), 1),
            filename=printable(found.filename if found and found.filename else file.name),
            file_type=found.file_type if found else None,
            duration=found.duration if found else None,
            width=found.width if found else None,
            height=found.height if found else None,
            next=following if is_done else "upload_media with the same arguments waits for it.",
        )
    )


@report_errors
async def show_credits(ctx: Context[ServerState]) -> Annotated[CallToolResult, CreditsResult]:
    """Say how many credits are left. Free."""
    state = ctx.request_context.lifespan_context
    found = await state.client.credits.retrieve()
    return answer(CreditsResult(available=found.available, frozen=found.frozen, total=found.total))


@report_errors
async def unfinished(ctx: Context[ServerState]) -> Annotated[CallToolResult, UnfinishedResult]:
    """List unfinished work, of this server and of the command line. Free."""
    state = ctx.request_context.lifespan_context
    await state.jobs.load()
    jobs = [job for job in state.jobs.all() if job.status != "done"]
    listed = {job.key: _job_item(job) for job in jobs}
    for item in await state.client.recover():
        key = item.key or _item_key(item)
        if key not in listed:
            listed[key] = _journal_item(key, item)
        elif listed[key].session_id is None:  # its server was killed before it wrote that down
            listed[key].session_id = item.session_id
    following = "recover(key) for each, or tell the person." if listed else "Nothing to do."
    return answer(UnfinishedResult(items=list(listed.values()), next=following))


@report_errors
async def open_link(
    ctx: Context[ServerState], session_id: SessionId
) -> Annotated[CallToolResult, LinkResult]:
    """Make a link with which the person goes on with a session in the browser. Free."""
    state = ctx.request_context.lifespan_context
    project = state.client.open_project(check_id(session_id, "session_id"))
    return answer(LinkResult(session_id=session_id, url=await project.link()))


async def _wait(
    ctx: Context[ServerState], job: Job, seconds: float, *, contact_sheet: bool = False
) -> CallToolResult:
    state = ctx.request_context.lifespan_context
    limit = min(max(0.0, seconds), _LONGEST_WAIT)  # in this order, NaN becomes 0

    async def report(waited: float, stage: str) -> None:
        await ctx.report_progress(round(waited, 1), None, stage)

    await state.jobs.wait(job, limit, report)
    result = job.report().model_copy()
    content: list[ContentBlock] = []
    if result.path is not None and not await run_in_thread(Path(result.path).is_file):
        result.path = result.size_bytes = None
        result.note = "The file is not where it was saved: it was moved or deleted."
        result.next = f'export_video(session_id="{result.session_id}") makes it again; it is free.'
    if result.path is not None:
        content.append(_file_link(result))
        if contact_sheet:
            try:
                picture = await read_contact_sheet(Path(result.path))
                content.append(Image(data=picture, format="jpeg").to_image_content())
            except NemoVideoError as error:  # the film is there all the same
                result.note = f"There are no pictures of it: {error}"
    if result.session_id is not None and result.status == "done":
        content.append(_timeline_link(result.session_id))
    return answer(result, *content)


def _file_link(result: WorkResult) -> ResourceLink:
    path = Path(result.path or "")
    return ResourceLink(
        type="resource_link",
        uri=path.as_uri(),
        name=path.name,
        mime_type="video/mp4",
        size=result.size_bytes,
    )


def _timeline_link(session_id: str) -> ResourceLink:
    return ResourceLink(
        type="resource_link",
        uri=f"nemovideo://sessions/{session_id}/timeline",
        name="timeline",
        mime_type="text/plain",
    )


async def _poll_again(state: ServerState, job: Job) -> Job:
    """Go on with work that was sent; what was never sent is not started by this."""
    for item in await state.client.recover():
        if item.key == job.key:
            return state.jobs.resume(job)
    if job.status == "interrupted" or job.request.kind == "export":
        return state.jobs.resume(job)
    return job


async def _find_item(state: ServerState, key: str) -> Job:
    for item in await state.client.recover():
        if key in (item.key, _item_key(item)):
            return state.jobs.resume_item(key, item)
    raise NotFoundError(
        "There is no work with this key.",
        hint="unfinished() lists the keys of what is unfinished.",
    )


def _item_key(item: UnfinishedMessage | UnfinishedRender) -> str:
    started = item.created_at.isoformat()
    return f"{item.kind}-{short_digest(item.kind, item.session_id, started)}"


def _job_item(job: Job) -> UnfinishedItem:
    started = datetime.fromtimestamp(job.request.created_at, UTC)
    return UnfinishedItem(
        key=job.key,
        kind=job.request.kind,
        session_id=job.session_id,
        started=started.isoformat(timespec="seconds"),
        status=job.status,
    )


def _journal_item(key: str, item: UnfinishedMessage | UnfinishedRender) -> UnfinishedItem:
    return UnfinishedItem(
        key=key,
        kind=item.kind,
        session_id=item.session_id,
        started=item.created_at.isoformat(timespec="seconds"),
        status="interrupted",
        path=None if item.path is None else str(item.path),
    )


def _report_bytes(ctx: Context[ServerState]) -> Callable[[int, int], Awaitable[None]]:
    async def report(sent: int, total: int) -> None:
        await ctx.report_progress(sent, total, "uploading")

    return report
