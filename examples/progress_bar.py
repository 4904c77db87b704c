"""A progress bar of your own with rich: the agent's words above it, percent in it.

`on_event=nemovideo.show_progress()` draws one like it; this is for a program with its own look.
"""

import asyncio

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

import nemovideo
from nemovideo.events import DownloadProgress, Event, RenderProgress, Text


async def main() -> None:
    columns = TextColumn("{task.description:<9}"), BarColumn(), TaskProgressColumn()
    with Progress(*columns, TimeElapsedColumn()) as progress:
        # Nobody knows how long the agent works, so no percent are invented for it: total=None.
        bar = progress.add_task("Working", total=None)

        def show(event: Event) -> None:
            match event:
                case Text(text):
                    progress.console.print(text, end="", markup=False)
                case RenderProgress(render):
                    update("Rendering", render.progress, 100)
                case DownloadProgress(received, total):
                    update("Saving", received, total)

        def update(stage: str, completed: float, total: float) -> None:
            progress.update(bar, description=stage, completed=completed, total=total)

        async with nemovideo.AsyncNemoVideo() as client:
            # With a path, the download is a part of the work, and its bytes are events as well.
            await client.generate("a 5-second video of a red kite", path="kite.mp4", on_event=show)


asyncio.run(main())
