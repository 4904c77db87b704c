"""The commands about one session: upload, export, status, link."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from anyio import to_thread

from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.display.output import Output
from nemovideo.cli.display.summary import draw, show_video
from nemovideo.cli.display.tables import table
from nemovideo.cli.display.views import open_view
from nemovideo.cli.output_paths import format_named, free_path
from nemovideo.cli.piped import STDOUT, pipe_video
from nemovideo.events import UploadProgress
from nemovideo.progress.tracker import ProgressOptions
from nemovideo.progress.units import span

if TYPE_CHECKING:
    from nemovideo.models.uploads import UploadedFile

_SHORT_ID = 8


@dataclass(frozen=True)
class UploadCommand:
    """Files for a session."""

    session: str
    files: Sequence[Path]
    urls: Sequence[str] = ()

    async def run(self, context: CommandContext, output: Output) -> None:
        """Upload them, and list what the service made of them."""
        session_id = await context.find_session(self.session)
        project = context.client.open_project(session_id)
        with open_view(output, ProgressOptions(phase="uploading")) as view:
            uploaded = await project.upload(
                *self.files,
                urls=self.urls,
                on_progress=lambda sent, total: view.event(UploadProgress(sent, total)),
            )
            view.finish()
        output.result(
            table(
                ("file", "kind", "length", "size", "frame rate"),
                [_row(each) for each in uploaded],
                output.page_width,
            ),
            session_id=session_id,
            files=[each.to_dict() for each in uploaded],
        )


def _row(file: UploadedFile) -> tuple[str, ...]:
    return (
        file.filename,
        file.file_type or "",
        "" if file.duration is None else span(file.duration),
        f"{file.width}x{file.height}" if file.width and file.height else "",
        f"{file.fps:g} fps" if file.fps else "",
    )


@dataclass(frozen=True)
class ExportCommand:
    """A session's timeline as a file; `format` None is what the file name says, else MP4."""

    session: str
    output: Path | None = None
    format: str | None = None
    quality: str = "high"

    async def run(self, context: CommandContext, output: Output) -> None:
        """Render it, show how it goes, and write where it is."""
        session_id = await context.find_session(self.session)
        project = context.client.open_project(session_id)
        chosen = self.format or format_named(self.output)
        piped = self.output == STDOUT
        path = self.output or await to_thread.run_sync(
            free_path, Path(), f"nemovideo-{session_id[:_SHORT_ID]}", chosen
        )
        with open_view(output, ProgressOptions(saves=True)) as view:
            video = await project.export(
                None if piped else path, format=chosen, quality=self.quality, on_event=view.event
            )
            if piped:
                await pipe_video(context, video, view)
            view.finish()
        await show_video(context, output, video, None, piped=piped)


@dataclass(frozen=True)
class StatusCommand:
    """What is on a session's timeline."""

    session: str

    async def run(self, context: CommandContext, output: Output) -> None:
        """Read and draw it."""
        session_id = await context.find_session(self.session)
        timeline = await context.client.open_project(session_id).timeline()
        drawn = draw(output, timeline, None) if timeline.tracks else "The timeline is empty."
        output.result(
            drawn, session_id=session_id, summary=str(timeline), timeline=timeline.to_dict()
        )


@dataclass(frozen=True)
class LinkCommand:
    """A browser link to a session."""

    session: str
    task_id: str | None = None

    async def run(self, context: CommandContext, output: Output) -> None:
        """Make and write the link."""
        session_id = await context.find_session(self.session)
        url = await context.client.open_project(session_id, self.task_id).link()
        output.note("Whoever has this link can take the session over.", style="dim")
        output.result(url, session_id=session_id, url=url)
