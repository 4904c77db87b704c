"""The commands about one session: upload, export, status, link."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from anyio import to_thread

from nemovideo.cli.chinese_help import locale_language
from nemovideo.cli.chinese_texts import in_locale
from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.confirm import may_replace
from nemovideo.cli.display.output import Output
from nemovideo.cli.display.summary import draw, note_pending_renders, show_video
from nemovideo.cli.display.views import open_view
from nemovideo.cli.error_output import DONE, FAILED
from nemovideo.cli.output_paths import free_path, session_stem
from nemovideo.cli.piped import STDOUT, pipe_video
from nemovideo.events import UploadProgress
from nemovideo.language.sentences import localize
from nemovideo.progress.tables import table
from nemovideo.progress.tracker import ProgressOptions

if TYPE_CHECKING:
    from nemovideo.models.uploads import UploadedFile
    from nemovideo.resources.renders import Format, Quality


async def upload(
    context: CommandContext,
    output: Output,
    session: str,
    files: Sequence[Path],
    urls: Sequence[str] = (),
) -> None:
    project = await context.open_project(session)
    with open_view(output, ProgressOptions(locale_language(), "uploading")) as view:
        uploaded = await project.upload(
            *files,
            urls=urls,
            on_progress=lambda sent, total: view.event(UploadProgress(sent, total)),
        )
        view.finish()
    output.result(
        table(
            [*map(in_locale, ("file", "kind", "length", "size", "frame rate"))],
            [_row(each) for each in uploaded],
            output.stdout_width,
        ),
        session_id=project.session_id,
        files=[each.to_dict() for each in uploaded],
    )


def _row(file: UploadedFile) -> tuple[str, ...]:
    return (
        file.filename,
        in_locale(file.file_type or ""),
        ""
        if file.duration is None
        else localize("time_taken", locale_language(), elapsed=file.duration),
        f"{file.width}x{file.height}" if file.width and file.height else "",
        f"{file.fps:g} fps" if file.fps else "",
    )


async def export(
    context: CommandContext,
    output: Output,
    session: str,
    path: Path | None = None,
    format: str = "mp4",
    quality: str = "high",
    force: bool = False,
) -> int:
    """Render a session's timeline, show the progress, and write where the file is."""
    project = await context.open_project(session)
    piped, taken = path == STDOUT, True
    if not (piped or force or path is None or await may_replace(context, output, path)):
        return FAILED
    path = path or await to_thread.run_sync(
        free_path, Path(), session_stem(project.session_id), format
    )
    with open_view(output, ProgressOptions(locale_language(), saves=True)) as view:
        video = await project.export(
            None if piped else path,
            format=cast("Format", format),
            quality=cast("Quality", quality),
            on_event=view.event,
        )
        if piped:
            taken = await pipe_video(context, video, view)
        view.finish()
    await show_video(context, output, video, locale_language(), piped=piped)
    return DONE if taken else FAILED


async def show_status(context: CommandContext, output: Output, session: str) -> None:
    project = await context.open_project(session)
    timeline = await project.timeline()
    language = locale_language()
    url, session_id = context.settings.base_url, project.session_id
    if await context.query_journal(lambda journal: journal.has_unfinished(url, session_id)):
        unfinished = (
            f"A message of session {session_id} has not ended: the film may not be complete yet."
            " For the result: nemovideo recover"
        )
        output.note(in_locale(unfinished))
    empty = localize("state_empty", language)
    output.result(
        draw(output, timeline, language) if timeline.tracks else empty,
        session_id=project.session_id,
        summary=str(timeline),
        timeline=timeline.to_dict(),
    )
    await note_pending_renders(context, output, session_id, language)


async def make_link(
    context: CommandContext, output: Output, session: str, task_id: str | None = None
) -> None:
    project = await context.open_project(session, task_id)
    url = await project.link()
    output.note("Whoever has this link can take the session over.", style="dim")
    output.result(url, session_id=project.session_id, url=url)
