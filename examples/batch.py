"""Many videos, a few at a time; one that fails does not stop the others."""

import asyncio

import anyio

import nemovideo

PROMPTS = {
    "panda.mp4": "a 5-second video of a panda eating bamboo",
    "fox.mp4": "a 5-second video of a fox in the snow",
    "whale.mp4": "a 5-second video of a whale under water",
    "city.mp4": "a 5-second city timelapse at night",
}


async def main() -> None:
    at_once = anyio.CapacityLimiter(2)
    async with nemovideo.AsyncNemoVideo() as client, anyio.create_task_group() as tasks:
        for path, prompt in PROMPTS.items():
            tasks.start_soon(make, client, at_once, path, prompt)


async def make(
    client: nemovideo.AsyncNemoVideo, at_once: anyio.CapacityLimiter, path: str, prompt: str
) -> None:
    async with at_once:
        try:
            video = await client.generate(prompt, path=path)
        except nemovideo.NemoVideoError as error:
            print(f"{path}: {error}")
        else:
            print(f"{path}: {video.duration:g} s")


asyncio.run(main())
