"""A table of pandas in, the same table with the films out."""

import asyncio

import pandas as pd

import nemovideo

TABLE = pd.DataFrame(
    {
        "product": ["tent", "kayak", "lamp"],
        "scene": ["in the snow", "on a lake at dawn", None],
    }
)


async def main() -> None:
    wanted = TABLE.dropna(subset=["scene"])  # a prompt that says "nan" would be paid for
    prompts = "a 5-second video of a " + wanted["product"] + " " + wanted["scene"]
    # The key is what tells a row that was paid for, whatever its place in the table: run this again
    # with more rows, and only those are sent. So it comes from your data, and never from a counter.
    jobs = wanted.assign(prompt=prompts, key=wanted["product"]).to_dict("records")
    async with nemovideo.AsyncNemoVideo() as client:
        batch = client.batch(jobs, out="products", max_credits=300, name="products")
        async for item in batch:
            print(item)
    films = pd.DataFrame(
        {"product": item.key, "status": item.status, "film": item.path, "error": item.error}
        for item in batch.report.items
    )
    print(TABLE.merge(films, on="product", how="left"))


asyncio.run(main())
