"""The same under trio, which the extra `httpx` brings: pip install "nemovideo[httpx]"."""

import trio

import nemovideo


async def main() -> None:
    async with nemovideo.AsyncNemoVideo() as client, trio.open_nursery() as nursery:
        for animal in ("panda", "fox"):
            nursery.start_soon(make, client, animal)


async def make(client: nemovideo.AsyncNemoVideo, animal: str) -> None:
    video = await client.generate(f"a 5-second video of a {animal}", path=f"{animal}.mp4")
    print(video.path)


trio.run(main)
