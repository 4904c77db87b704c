"""`nemovideo generate`: makes a video from a prompt. Its options are declared in `cli/app.py`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import anyio
from anyio import to_thread

from nemovideo.cli.chinese_help import locale_language
from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.confirm import may_replace
from nemovideo.cli.display.output import Output
from nemovideo.cli.display.summary import show_video
from nemovideo.cli.display.views import open_view
from nemovideo.cli.error_output import DONE, FAILED
from nemovideo.cli.output_paths import free_path
from nemovideo.cli.piped import STDOUT, pipe_video
from nemovideo.language.detection import detect
from nemovideo.progress.file_stem import slug
from nemovideo.progress.tracker import ProgressOptions


@dataclass(frozen=True)
class GenerateCommand:
    """The arguments of the command."""

    prompt: str
    output: Path | None = None
    files: Sequence[Path] = ()
    urls: Sequence[str] = ()
    language: str | None = None
    max_credits: float | None = None
    export: bool = True
    key: str | None = None
    force: bool = False

    async def run(self, context: CommandContext, output: Output) -> int:
        """Make the video, show the progress, and write where the file is."""
        piped, taken = self.output == STDOUT, True
        path = None if piped else await self._path(context)
        asks = path is not None and self.key is None and not self.force
        if asks and path is not None and not await may_replace(context, output, path):
            return FAILED
        view = open_view(output, ProgressOptions(self.output_language, saves=self.export))
        # Arguments are checked here, before anything is shown.
        generation = context.client.generate(
            self.prompt,
            files=self.files,
            urls=self.urls,
            language=self.language,
            max_credits=self.max_credits,
            export=self.export,
            path=path,
            on_event=view.event,
            key=self.key,
        )
        with view:
            video = await generation
            if piped:
                taken = await pipe_video(context, video, view)
            view.finish()
        await show_video(context, output, video, self.output_language, piped=piped)
        return DONE if taken else FAILED

    @property
    def output_language(self) -> str | None:
        """The language of the output: the terminal's if Chinese, else as the prompt is answered."""
        return locale_language() or self.language or detect(self.prompt)

    async def _path(self, context: CommandContext) -> Path | None:
        if self.output is not None or not self.export:
            return self.output
        folder = Path(str(await anyio.Path.cwd()))
        known = None if self.key is None else await context.find_target(self.key)
        if known is not None:
            return known.relative_to(folder) if known.is_relative_to(folder) else known
        found = await to_thread.run_sync(free_path, folder, slug(self.prompt), "mp4")
        return Path(found.name)
