"""What importing costs, in a fresh interpreter each time."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncGenerator
from compileall import compile_dir
from contextlib import asynccontextmanager
from importlib.util import find_spec

from benchmarks.case import Case, Contender, Round, Setting
from benchmarks.measuring import ROOT

# `import pydantic` alone loads next to nothing: it waits for the first name.
_STACK = "import aiohttp, anyio, tenacity; from pydantic import BaseModel"

_PLAIN = {
    "fal_client": "import fal_client",
    "interpreter + asyncio": "import asyncio",
    "nemovideo": "import nemovideo",
    "replicate": "import replicate",
    "runwayml": "import runwayml",
    "google-genai": "from google import genai",
    "openai": "import openai",
    "anthropic": "import anthropic",
}
_BUILT = {
    "aiohttp + pydantic + tenacity + anyio": _STACK,
    "nemovideo": "import nemovideo; nemovideo.AsyncNemoVideo(token='k')",
    "fal_client": "import fal_client; fal_client.AsyncClient(key='k')",
    "replicate": "import replicate; replicate.Client(api_token='k')",
    "runwayml": "import runwayml; runwayml.AsyncRunwayML(api_key='k')",
    "google-genai": "from google import genai; genai.Client(api_key='k').aio",
    "openai": "import openai; openai.AsyncOpenAI(api_key='k')",
    "anthropic": "import anthropic; anthropic.AsyncAnthropic(api_key='k')",
}
_ENDING = """
import os, sys
kib = int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])
os.write(1, f"{kib} {len(sys.modules)}".encode())
os._exit(0)
"""
# A server of its own, so that it ends at the very byte.
_FIRST_BYTE = f"""
import asyncio, nemovideo
class Server(asyncio.Protocol):
    def data_received(self, data):
        exec({_ENDING!r})
async def main():
    server = await asyncio.get_running_loop().create_server(Server, "127.0.0.1", 0)
    url = "http://127.0.0.1:%d" % server.sockets[0].getsockname()[1]
    async with nemovideo.AsyncNemoVideo(token="k", base_url=url) as client:
        await client.credits.retrieve()
asyncio.run(main())
"""
_FIRST_ANSWER = """
import asyncio, os, nemovideo
async def main():
    async with nemovideo.AsyncNemoVideo(token="k", base_url=os.environ["SERVER"]) as client:
        await client.credits.retrieve()
asyncio.run(main())
"""


def _contender(code: str) -> Contender:
    @asynccontextmanager
    async def contender(setting: Setting) -> AsyncGenerator[Round]:
        package = code.split()[1].strip(";,").replace("google", "google.genai")
        if find_spec(package) is None:
            raise ImportError(name=package)
        if "nemovideo" in code:
            # As pip does for each of the others when it installs them.
            compile_dir(ROOT / "nemovideo", quiet=2)
        environment = {**os.environ, "SERVER": setting.server, "XDG_CONFIG_HOME": "/nonexistent"}
        program = [sys.executable, "-c", code + _ENDING]

        async def once() -> int:
            for _ in range(setting.amount):
                child = await asyncio.create_subprocess_exec(
                    *program, env=environment, stdout=asyncio.subprocess.PIPE
                )
                output, _ = await child.communicate()
                assert child.returncode == 0
                kib, modules = map(int, output.split())
                setting.figures.update(peak_mib=kib / 1024, modules=modules)
            return setting.amount

        yield once

    return contender


def _up_to(code: str) -> dict[str, str]:
    return {"aiohttp + pydantic + tenacity + anyio": _STACK, "nemovideo": code}


def _contenders(codes: dict[str, str]) -> dict[str, Contender]:
    return {name: _contender(code) for name, code in codes.items()}


CASES = (
    Case(
        name="import",
        title="import",
        unit="import",
        floor="fal_client",
        contenders=_contenders(_PLAIN),
        amount=1,
        quick_amount=1,
        ours=0.4,
        rounds=5,
        in_children=True,
    ),
    Case(
        name="built",
        title="import and build a client",
        unit="start",
        floor="aiohttp + pydantic + tenacity + anyio",
        contenders=_contenders(_BUILT),
        amount=1,
        quick_amount=1,
        ours=0.4,
        rounds=5,
        in_children=True,
    ),
    Case(
        name="first-byte",
        title="import, build a client and send the first byte",
        unit="start",
        floor="aiohttp + pydantic + tenacity + anyio",
        contenders=_contenders(_up_to(_FIRST_BYTE)),
        amount=1,
        quick_amount=1,
        ours=1.1,
        # 36 MiB more than an interpreter that has loaded nothing.
        limits={"modules": 400, "peak_mib": 36 + 8.6},
        rounds=5,
        in_children=True,
    ),
    Case(
        name="first-answer",
        title="import, build a client and get the first answer",
        unit="start",
        floor="aiohttp + pydantic + tenacity + anyio",
        contenders=_contenders(_up_to(_FIRST_ANSWER)),
        amount=1,
        quick_amount=1,
        ours=None,
        rounds=5,
        in_children=True,
    ),
)
