"""Watch a video being made: the agent's words, the changes, the render."""

import asyncio

import nemovideo
from nemovideo.events import Reconnecting, RenderProgress, StateChanged, StillWorking, Text


async def main() -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        generation = client.generate("a 6-second video of the sea at sunset")
        async for event in generation:
            match event:
                case Text(text):
                    print(text, end="", flush=True)
                case StateChanged(changes):
                    print(*changes, sep="\n")
                case RenderProgress(render):
                    print(f"rendering: {render.progress:.0f} %")
                case StillWorking(elapsed):
                    print(f"still working after {elapsed:.0f} s")
                case Reconnecting(reason):
                    print(f"{reason}: looking for the result")
        await generation.video.save("sea.mp4")


asyncio.run(main())
