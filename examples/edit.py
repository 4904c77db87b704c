"""A clip of yours, changed step by step: send, look, send again; the session keeps the timeline."""

import asyncio
import sys

import nemovideo

EDITS = [
    "trim it to 3 seconds",
    "add a title that says Summer",
    "add calm music at 20 %",
    "undo that",
]


async def main(clip: str) -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        project = await client.create_project("holiday")
        # Written down now, so that it can be gone on with: nemovideo chat SESSION
        print(f"session {project.session_id}")
        for file in await project.upload(clip):
            print(f"{file.filename}: {file.file_type}, {file.duration:g} s")

        for edit in EDITS:
            turn = await project.send(edit)
            # What the agent says it did is its own account. The changes are read from the timeline.
            print(f"\n> {edit}", *turn.changes, sep="\n")
            print(turn.timeline.to_text(width=72))

        # A render costs no credits: look at the timeline often, and pay for what changes it.
        video = await project.export("summer.mp4")
        print(video.path)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "beach.mp4"))
