"""`-o -`: the film itself on stdout, for whoever pipes it on."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from nemovideo.cli.options import Common
from nemovideo.cli.streams import run_in_daemon_thread, video_descriptor
from nemovideo.errors import NemoVideoError
from nemovideo.events import DownloadProgress

if TYPE_CHECKING:
    from nemovideo.cli.client_context import CommandContext
    from nemovideo.cli.display.view import View
    from nemovideo.operations.video import Video

STDOUT: Final = Path("-")


def refuse_pipe(common: Common, output: Path | None) -> None:
    """Refuse a film on a stdout that is not there, is a terminal, or is wanted for JSON.

    Raises:
        typer.BadParameter: it is.
    """
    if output != STDOUT:
        return
    if common.json:
        raise typer.BadParameter("--json and --output - both fill stdout: leave one out.")
    if video_descriptor() is None:
        raise typer.BadParameter(
            "--output - writes a film, which no terminal shows: send stdout to a program or a"
            " file, or name the file with --output."
        )


async def pipe_video(context: CommandContext, video: Video, view: View) -> None:
    """Write a rendered film to stdout, once it is here whole.

    Raises:
        DownloadError: the file did not arrive whole; nothing was written.
        NemoVideoError: stdout did not take all of it.
    """
    if video.render is None:
        raise RuntimeError("an export that ends without an error has a render")
    # Where Ctrl-C finds a reader that takes no more, the film is still open.
    with tempfile.TemporaryDirectory(prefix="nemovideo-", ignore_cleanup_errors=True) as folder:
        path = await context.client.renders.download(
            video.render,
            Path(folder),
            lambda received, total: view.event(DownloadProgress(received, total)),
        )
        try:
            await run_in_daemon_thread(partial(_write, path), "nemovideo-film")
        except OSError as error:
            command = context.common.command("export", video.session_id, "-o", "FILE")
            raise NemoVideoError(
                f"Standard output did not take the whole film: {error.strerror}.",
                hint=f"Fetch it again, which costs nothing: {command}",
            ) from error


def _write(path: Path) -> None:
    # Not through `sys.stdout`, which drops what nobody takes.
    with path.open("rb") as film, os.fdopen(os.dup(video_descriptor() or 1), "wb") as out:
        shutil.copyfileobj(film, out, 2**20)
