"""A progress bar with rich, from the first word to the last byte."""

import asyncio

from rich.progress import BarColumn, DownloadColumn, Progress, SpinnerColumn, TextColumn

import nemovideo
from nemovideo.events import Event, RenderProgress, Text


async def main() -> None:
    columns = SpinnerColumn(), TextColumn("{task.description:<12}"), BarColumn(), DownloadColumn()
    with Progress(*columns) as progress:
        working = progress.add_task("Working", total=None)
        rendering = progress.add_task("Rendering", total=100, visible=False)
        saving = progress.add_task("Saving", total=None, visible=False)

        def show(event: Event) -> None:
            match event:
                case Text(text):
                    progress.console.print(text, end="")
                case RenderProgress(render):
                    progress.update(working, visible=False)
                    progress.update(rendering, completed=render.progress, visible=True)

        def show_bytes(done: int, total: int) -> None:
            progress.update(saving, completed=done, total=total, visible=True)

        async with nemovideo.AsyncNemoVideo() as client:
            video = await client.generate("a 5-second video of a red kite", on_event=show)
            await video.save("kite.mp4", on_progress=show_bytes)


asyncio.run(main())
