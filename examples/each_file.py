"""Batch style: several files in one project, the same instruction and one render for each."""

import asyncio
import sys
from pathlib import Path

import nemovideo


async def main(clips: list[str]) -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        project = await client.create_project("shorts")
        async for outcome in project.process_each(clips, "trim it to 2 seconds"):
            if outcome.video is None:
                print(f"{outcome.file}: {outcome.error}")
            else:
                name = f"{Path(str(outcome.file)).stem}-short.mp4"
                print(await outcome.video.save(name))


asyncio.run(main(sys.argv[1:] or ["beach.mp4", "dunes.mp4"]))
