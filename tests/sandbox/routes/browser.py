"""A headless Chromium driven over its debugging protocol, for the tests of the dashboard."""

import asyncio
import base64
import json
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

_FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-port=0",
)


def find_browser() -> str:
    """Chromium's path; without one the test is skipped."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        pytest.skip("Chromium is not installed")
    return found


class Tab:
    """One open page."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._number = 0

    async def command(self, method: str, **parameters: object) -> Any:
        """Give one command and wait for its result."""
        self._number += 1
        await self._socket.send_json({"id": self._number, "method": method, "params": parameters})
        async for message in self._socket:
            response = json.loads(message.data)
            if response.get("id") == self._number:
                return response["result"]
        raise ConnectionError("the browser has gone")

    async def read(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for."""
        response = await self.command(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        if "exceptionDetails" in response:
            raise RuntimeError(response["exceptionDetails"]["exception"]["description"])
        return response["result"].get("value")

    async def until(self, expression: str) -> Any:
        """Wait until an expression is true in the page, and return it."""
        return await self.read(
            "new Promise((done) => { const poll = () => { const value = "
            f"({expression}); value ? done(value) : requestAnimationFrame(poll); }}; poll(); }})"
        )

    async def press(self, key: str) -> None:
        """Press and release one key."""
        code = {"Tab": 9, "Enter": 13}[key]
        text = {"text": "\r"} if key == "Enter" else {}
        for kind in ("keyDown", "keyUp"):
            await self.command(
                "Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **text
            )

    async def resize(self, width: int, height: int) -> None:
        """Give the page another size in CSS pixels."""
        await self.command(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )

    async def colours(self, scheme: str) -> None:
        """Prefer "light" or "dark"."""
        feature = {"name": "prefers-color-scheme", "value": scheme}
        await self.command("Emulation.setEmulatedMedia", features=[feature])

    async def picture(self, path: Path) -> None:
        """Save what the page looks like as a PNG file."""
        response = await self.command("Page.captureScreenshot", format="png")
        await asyncio.to_thread(path.write_bytes, base64.b64decode(response["data"]))


async def _port(folder: Path, process: asyncio.subprocess.Process) -> str:
    """The port that the browser writes down, however long a busy machine takes to start it."""
    file = folder / "DevToolsActivePort"
    while process.returncode is None:
        if file.exists() and "\n" in (text := file.read_text()):
            return text.split("\n")[0]
        await asyncio.sleep(0.01)
    raise ChildProcessError(f"Chromium ended with {process.returncode}")


@asynccontextmanager
async def open_tab(url: str) -> AsyncIterator[Tab]:
    """Open a page in a browser of its own."""
    browser = find_browser()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        process = await asyncio.create_subprocess_exec(
            browser,
            *_FLAGS,
            f"--user-data-dir={folder}",
            "about:blank",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = await _port(Path(folder), process)
            async with aiohttp.ClientSession() as client:
                async with client.get(f"http://127.0.0.1:{port}/json/list") as response:
                    pages = [page for page in await response.json() if page["type"] == "page"]
                debugger_url = pages[0]["webSocketDebuggerUrl"]
                async with client.ws_connect(debugger_url, max_msg_size=0) as socket:
                    tab = Tab(socket)
                    await tab.command("Page.navigate", url=url)
                    yield tab
        finally:
            process.terminate()
            await process.wait()
