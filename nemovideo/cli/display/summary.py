"""The summary of a video: the file, its figures, its timeline."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import anyio

from nemovideo.cli.display.output import Output, StyledText
from nemovideo.errors import NemoVideoError
from nemovideo.files.save_targets import RemotePath
from nemovideo.language.sentences import localize
from nemovideo.operations.recovery import UnfinishedMessage, UnfinishedRender
from nemovideo.progress.units import size

if TYPE_CHECKING:
    from nemovideo.cli.client_context import CommandContext
    from nemovideo.operations.video import Video
    from nemovideo.timeline.timeline import Timeline


async def show_video(
    context: CommandContext, output: Output, video: Video, language: str | None, *, piped: bool
) -> None:
    """Show a video's figures, timeline and next step, and write its path.

    Without a path, its session is written; nothing if the video was `piped` to stdout.
    """
    size_bytes = await _size(video)
    if output.shows_progress:
        show_timeline(output, video.timeline, language)
        output.styled((_figures(video, size_bytes, language), "bold"))
        output.note(_next_step(context, video.session_id, language), "dim")
    if not piped:
        result = str(video.path) if video.path else video.session_id
        output.result(result, **video.to_dict(), size_bytes=size_bytes)


async def pending_renders(context: CommandContext, session_id: str) -> list[str]:
    """Return the files of a session that were not saved, and that no process is at work on."""
    items: list[UnfinishedMessage | UnfinishedRender] = []
    with suppress(NemoVideoError):  # whoever wants them learns why they cannot be listed
        items = await context.client.recover()
    return [
        str(item.target or item.render_id)
        for item in items
        if isinstance(item, UnfinishedRender) and item.session_id == session_id
    ]


async def note_pending_renders(
    context: CommandContext, output: Output, session_id: str, language: str | None
) -> None:
    """Name the files of a session that were not saved, and how to get them."""
    if names := await pending_renders(context, session_id):
        command = context.common.command("recover")
        output.note(localize("render_pending", language, names=names, command=command))


def _next_step(context: CommandContext, session_id: str, language: str | None) -> str:
    if context.common.is_temporary:
        return localize("edit_needs_folder", language)
    return localize("edit_with", language, command=context.common.command("chat", session_id))


def show_timeline(output: Output, timeline: Timeline, language: str | None) -> None:
    """Draw a timeline on stderr, between empty lines."""
    output.plain(StyledText(f"\n{draw(output, timeline, language, error=True)}\n"))


def draw(
    output: Output, timeline: Timeline, language: str | None, *, error: bool = False
) -> StyledText:
    return StyledText(
        timeline.to_text(
            width=output.width,
            color=output.colors(error=error),
            ascii_only=output.is_ascii(error=error),
            language=language or "en",
        )
    )


async def _size(video: Video) -> int | None:
    if video.path is not None and not isinstance(video.path, RemotePath):
        return (await anyio.Path(video.path).stat()).st_size
    return video.render.size if video.render else None


def _figures(video: Video, size_bytes: int | None, language: str | None) -> str:
    used = video.credits_used
    figures = (
        localize("time_taken", language, elapsed=video.duration),
        None if size_bytes is None else size(size_bytes),
        None if used is None else localize("credits_spent", language, used=used),
    )
    return localize("figures", language, figures=filter(None, figures))
