"""Many videos from a CSV; stop it and run it again, and it sends only what was never sent.

Columns: `prompt`, and as you like `key`, `files`, `language`; others are carried into the results.
"""

import asyncio
import sys

import nemovideo


async def main(table: str) -> None:
    # Every row is checked here, before anything is paid for, and a bad one is named by its line.
    jobs = nemovideo.read_jobs(table)
    async with nemovideo.AsyncNemoVideo() as client:
        # max_credits is for the whole table, its earlier runs included: a second run gets no more.
        batch = client.batch(jobs, out="films", concurrency=4, max_credits=2000)
        async for item in batch:  # as they end, so that a long table is not waited for in silence
            print(item.key, item.status, item.path or item.error)
        # An error is a value: one bad row ends no other. `retry_failed=True` takes them up again.
        print(batch.report.summary())


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "films.csv"))
