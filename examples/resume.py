"""Stop it at any moment, even with kill -9, and start it again: it goes on and pays once."""

import asyncio

import nemovideo

PROMPT = "a 10-second video of a lighthouse in a storm"


async def main() -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        unfinished = await client.recover()
        for item in unfinished:
            print(f"going on with: {item}", flush=True)
            try:
                await item.resume()
            except nemovideo.NemoVideoError as error:  # the others are resumed all the same
                print(error)
            else:
                print(f"saved: {item.path}")
        if not unfinished:
            video = await client.generate(PROMPT, path="lighthouse.mp4", on_event=say)
            print(f"saved: {video.path}")


def say(event: nemovideo.events.Event) -> None:
    print(event.type, flush=True)


asyncio.run(main())
