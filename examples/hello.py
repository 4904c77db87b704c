"""A prompt in, a video out."""

import asyncio

import nemovideo


async def main() -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        video = await client.generate(
            "a 10-second video of a panda walking through a bamboo forest"
        )
        path = await video.save("panda.mp4")
    print(f"{path}: {video.duration:g} s, {video.credits_used:g} credits")


asyncio.run(main())
