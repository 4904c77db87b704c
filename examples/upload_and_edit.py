"""Upload a clip, change it in two steps, export it."""

import asyncio
import sys

import nemovideo


async def main(clip: str) -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        project = await client.create_project("holiday")
        for file in await project.upload(clip):
            print(f"{file.filename}: {file.file_type}, {file.duration:g} s")

        for wish in ("trim it to 2 seconds", 'add a title that says "Summer"'):
            turn = await project.send(wish)
            print(f"> {wish}", *turn.changes, sep="\n  ")

        video = await project.export("holiday.mp4")
        print(f"{video.path}: {video.timeline}")


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "beach.mp4"))
