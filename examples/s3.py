"""Films straight to S3, or to whatever store fsspec can write: gs://, az://, sftp://, …

    pip install "nemovideo[storage]" s3fs
    python s3.py my-bucket

Credentials and the region are those of s3fs: AWS_ACCESS_KEY_ID, ~/.aws, the role of the machine.
"""

import asyncio
import sys

import nemovideo

JOBS = [
    nemovideo.Job("a 5-second video of a fox in the snow", key="fox"),
    nemovideo.Job("a 5-second video of a whale under water", key="whale"),
]


async def main(bucket: str) -> None:
    async with nemovideo.AsyncNemoVideo() as client:
        # A bucket that is not there, or not yours, is found out before the prompt is sent.
        # An object appears as a whole or not at all, and none is ever replaced.
        path = f"s3://{bucket}/films/kite.mp4"
        video = await client.generate("a 5-second video of a red kite", path=path, key="kite")
        print(video.path)

        report = await client.batch(JOBS, out=f"s3://{bucket}/films", max_credits=200)
        print(report)


asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "films"))
