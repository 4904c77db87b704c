"""Many videos, a few at a time; run it again, and it sends only what was never sent."""

import asyncio

import nemovideo

JOBS = [
    nemovideo.Job("a 5-second video of a panda eating bamboo", key="panda"),
    nemovideo.Job("a 5-second video of a fox in the snow", key="fox"),
    nemovideo.Job("a 5-second video of a whale under water", key="whale"),
    nemovideo.Job("a 5-second city timelapse at night", key="city"),
]


async def main() -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        batch = client.batch(JOBS, out=".", concurrency=2, max_credits=400)
        async for item in batch:
            print(item.key, item.status, item.path or item.error)
        print(batch.report.summary())


asyncio.run(main())
