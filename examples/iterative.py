"""Iterative: a rough cut, a look, a refinement, again; the session keeps the timeline."""

import asyncio

import nemovideo

WISHES = [
    "a 10-second city timelapse at night",
    "add a title that says Urban Dreams",
    "make the music quieter, 20 %",
    "undo that",
]


async def main() -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        project = await client.create_project("city")
        for wish in WISHES:
            turn = await project.send(wish)
            print(f"> {wish}")
            print(*turn.changes, sep="\n")
            print(turn.timeline.to_text(width=72))
        await project.export("city.mp4")
        print(f"go on later with: nemovideo chat {project.session_id}")


asyncio.run(main())
