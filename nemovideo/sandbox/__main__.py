"""`python -m nemovideo.sandbox`: run a sandbox until it is interrupted."""

import argparse
import os
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TextIO

from nemovideo import sandbox
from nemovideo.sandbox.agents.interface import Agent
from nemovideo.sandbox.clips.video_server import VideoServer
from nemovideo.sandbox.sandbox import CREDITS, LAST_PORT, Sandbox

# On Windows, Ctrl-C interrupts a waiting thread only when its wait is over.
_WAIT_SECONDS = 0.2 if sys.platform == "win32" else None


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nemovideo.sandbox",
        description="A local stand-in for the NemoVideo service, on 127.0.0.1 only."
        " POST to /faults at its page makes it fail.",
    )
    add = parser.add_argument
    add("--port", type=_port, default=8400, help="the API's port; files and pages use the next two")
    add("--speed", type=float, default=0.0, help="0: no waiting (default), 1: the service's pace")
    add("--seed", type=int, default=0, help="makes drafts and replies repeatable (default 0)")
    add("--credits", type=int, default=CREDITS, help="the credits of a new client (10,000)")
    add("--state-dir", type=Path, help="a folder that stores sessions and renders across restarts")
    add("--sse-shape", choices=("typed", "adk", "mixed"), default="typed")
    add("--render-shape", choices=("seed", "vendor", "envelope", "mixed"), default="seed")
    add("--chat-server", metavar="URL", help="a chat endpoint that answers; key: NEMO_CHAT_KEY")
    add("--chat-model", metavar="M", help="the model of the chat endpoint")
    add("--video-server", metavar="URL", help="a server that makes clips; key: NEMO_VIDEO_KEY")
    add("--video-model", metavar="M", help="the model of the video server, if it has several")
    add("--render-height", type=int, metavar="N", help="the maximum height of renders, such as 360")
    add("--stub-renders", action="store_true", help="render a tiny real video")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sandbox until SIGINT or SIGTERM; return the exit code.

    Args:
        arguments: the command line without the program's name; None: `sys.argv`.
    """
    options = build_parser().parse_args(arguments)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, on_signal) for number in numbers]
    try:
        agent = _chat_agent(options.chat_server, options.chat_model)
        server = _video_server(options.video_server, options.video_model)
        others = {"chat_server", "chat_model", "video_server", "video_model"}
        given = {name: value for name, value in vars(options).items() if name not in others}
        with Sandbox(**given, agent=agent, video_server=server) as sandbox:
            _print(_welcome(sandbox, options.state_dir), sys.stdout)
            while not stop.wait(_WAIT_SECONDS):
                pass
            _print("Stopping.", sys.stdout)
    except (ModuleNotFoundError, OSError, ValueError) as error:
        _print(f"nemovideo sandbox: {_reason(error)}", sys.stderr)
        return 1
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    return 0


def _chat_agent(server: str | None, model: str | None) -> Agent | None:
    if server is None and model is None:
        return None
    if server is None or model is None:
        raise ValueError("--chat-server and --chat-model go together")
    return sandbox.ChatAgent(server, model, os.environ.get("NEMO_CHAT_KEY") or None)


def _video_server(url: str | None, model: str | None) -> VideoServer | None:
    if url is None:
        if model is not None:
            raise ValueError("--video-model goes with --video-server")
        return None
    return VideoServer(url, model, os.environ.get("NEMO_VIDEO_KEY") or None)


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port is between 0 (any) and {LAST_PORT}")
    return port


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _welcome(sandbox: Sandbox, state_dir: Path | None) -> str:
    storage = f"State is stored in {state_dir}." if state_dir else "Nothing is stored."
    return (
        f"NemoVideo sandbox, a local stand-in for the service\n"
        f"  API    {sandbox.url}\n"
        f"  Page   {sandbox.web_url}/\n"
        f"  Files  {sandbox.cdn_url}\n"
        f"Use it:  NEMO_API_URL={sandbox.url} NEMO_WEB_URL={sandbox.web_url} "
        f'nemovideo generate "a 10-second video of a panda"\n'
        f"{storage} POST to {sandbox.web_url}/faults makes it fail. Stop it with Ctrl-C."
    )


def _print(text: str, stream: TextIO | None) -> None:
    if stream is not None:
        with suppress(OSError):  # it serves even if its output is closed
            stream.write(f"{text}\n")
            stream.flush()


if __name__ == "__main__":
    sys.exit(main())
