"""Quick edit: one file, one instruction, one result."""

import asyncio
import sys

import nemovideo


async def main(clip: str) -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        video = await client.quick_edit(
            clip, "trim it to 2 seconds and add calm music", path="short.mp4"
        )
    print(video.timeline)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "beach.mp4"))
