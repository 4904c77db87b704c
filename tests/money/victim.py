"""A program that makes a video and is killed on the way: it says on stdout where it is."""

from __future__ import annotations

import sys

import anyio

import nemovideo


async def main(url: str, folder: str, target: str) -> None:
    timing = nemovideo.Timing(poll_first=0.05, poll_max=0.05)
    async with nemovideo.AsyncNemoVideo(base_url=url, config_dir=folder, timing=timing) as client:
        print("ready", flush=True)
        generation = client.generate(
            "a 2-second video of a panda",
            path=target,
            on_event=lambda event: print(event.type, flush=True),
        )
        await generation
        print("done", flush=True)


anyio.run(main, *sys.argv[1:])
