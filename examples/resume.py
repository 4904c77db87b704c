"""Stop it at any moment, even with kill -9, and start it again: it goes on and pays once.

Try it: kill it while it works, and start it again.
"""

import asyncio

import nemovideo

PROMPT = "a 10-second video of a lighthouse in a storm"


async def main() -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        # What was paid for is written down before it is sent, so a process that was killed has left
        # word of it. With a key of your own, `generate(..., key="row-17")` does all this by itself.
        unfinished = await client.recover()
        for item in unfinished:
            print(f"going on with: {item}", flush=True)
            try:
                await item.resume()  # reads, waits, fetches; never sends the prompt again
            except nemovideo.NemoVideoError as error:  # the others are resumed all the same
                print(error)
            else:
                print(f"saved: {item.path}")
        if not unfinished:
            # The path is given here, not to `video.save` later, so that it is known after a crash.
            video = await client.generate(PROMPT, path="lighthouse.mp4", on_event=say)
            print(f"saved: {video.path}")


def say(event: nemovideo.events.Event) -> None:
    print(event.type, flush=True)


asyncio.run(main())
