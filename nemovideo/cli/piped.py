"""`-o -`: writes the video to stdout."""

from __future__ import annotations

import os
import shutil
import tempfile
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final

import typer

from nemovideo.cli.daemon_thread import run_in_daemon_thread
from nemovideo.cli.options import Common
from nemovideo.cli.streams import video_descriptor
from nemovideo.errors import NemoVideoError
from nemovideo.events import DownloadProgress

if TYPE_CHECKING:
    from nemovideo.cli.client_context import CommandContext
    from nemovideo.cli.display.view import View
    from nemovideo.operations.video import Video

STDOUT: Final = Path("-")


def check_pipe(common: Common, output: Path | None) -> None:
    """Check that stdout can take a video.

    Raises:
        typer.BadParameter: It is closed, a terminal, or used for JSON.
    """
    if output != STDOUT:
        return
    if common.json:
        raise typer.BadParameter("--json and --output - both write to stdout: leave one out.")
    if video_descriptor() is None:
        raise typer.BadParameter(
            "--output - writes binary data, which a terminal cannot show: redirect stdout to a"
            " program or a file, or name the file with --output."
        )


async def pipe_video(context: CommandContext, video: Video, view: View) -> bool:
    """Download a rendered video completely, then write it to stdout.

    Returns:
        Whether all of it was taken; False if the reader has gone, which knows it by itself.

    Raises:
        DownloadError: The download is incomplete; nothing was written.
        NemoVideoError: Writing to stdout failed.
    """
    if video.render is None:
        raise RuntimeError("an export that ends without an error has a render")
    # At Ctrl-C the thread below may still have the file open, which Windows cannot delete.
    with tempfile.TemporaryDirectory(prefix="nemovideo-", ignore_cleanup_errors=True) as folder:
        path = await context.client.renders.download(
            video.render,
            Path(folder),
            lambda received, total: view.event(DownloadProgress(received, total)),
        )
        try:
            await run_in_daemon_thread(partial(_write, path), "nemovideo-stdout")
        except BrokenPipeError:
            return False
        except OSError as error:
            command = context.common.command("export", video.session_id, "-o", "FILE")
            raise NemoVideoError(
                f"Writing the video to stdout failed: {error.strerror}.",
                hint=f"Export it again, which costs nothing: {command}",
            ) from error
    return True


def _write(path: Path) -> None:
    # Not through `sys.stdout`, which ignores write errors.
    with path.open("rb") as video, os.fdopen(os.dup(video_descriptor() or 1), "wb") as out:
        shutil.copyfileobj(video, out, 2**20)
