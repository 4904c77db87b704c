"""`python -m nemovideo.sandbox`: a sandbox that stands alone until it is interrupted."""

import argparse
import signal
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import TextIO

from nemovideo.sandbox.sandbox import LAST_PORT, Sandbox

# Windows wakes a waiting thread for Ctrl-C only when its wait is over.
_NAP = 0.2 if sys.platform == "win32" else None

CREDITS = 10_000
"""What a client has on the command line, where nobody wants to run out of them."""


def build_parser() -> argparse.ArgumentParser:
    """The command's options."""
    parser = argparse.ArgumentParser(
        prog="python -m nemovideo.sandbox",
        description="A local stand-in for the NemoVideo service, on 127.0.0.1 only.",
    )
    add = parser.add_argument
    add("--port", type=_port, default=8400, help="the API's port; files and pages use the next two")
    add("--speed", type=float, default=0.0, help="0: no waiting (default), 1: the service's pace")
    add("--seed", type=int, default=0, help="makes drafts and answers repeatable (default 0)")
    add("--credits", type=int, default=CREDITS, help="what a new client starts with (10,000)")
    add("--state-dir", type=Path, help="a folder that keeps sessions and renders over a restart")
    add("--sse-shape", choices=("typed", "adk", "mixed"), default="typed")
    add("--render-shape", choices=("seed", "vendor", "envelope", "mixed"), default="seed")
    add("--stub-renders", action="store_true", help="answer renders with a tiny real video")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a sandbox until SIGINT or SIGTERM; returns the exit code.

    Args:
        arguments: the command line without its first word; None takes `sys.argv`.
    """
    options = build_parser().parse_args(arguments)
    stop = threading.Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, on_signal) for number in numbers]
    try:
        with _sandbox(options) as sandbox:
            _say(_welcome(sandbox, options.state_dir))
            while not stop.wait(_NAP):
                pass
            _say("Stopping.")
    except (ModuleNotFoundError, OSError, ValueError) as error:
        _write(f"nemovideo sandbox: {_reason(error)}", sys.stderr)
        return 1
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
    return 0


def _sandbox(options: argparse.Namespace) -> Sandbox:
    return Sandbox(
        port=options.port,
        speed=options.speed,
        seed=options.seed,
        credits=options.credits,
        state_dir=options.state_dir,
        sse_shape=options.sse_shape,
        render_shape=options.render_shape,
        stub_renders=options.stub_renders,
    )


def _port(text: str) -> int:
    port = int(text) if text.isdecimal() else -1
    if not 0 <= port <= LAST_PORT:
        raise argparse.ArgumentTypeError(f"a port lies between 0 (any) and {LAST_PORT}")
    return port


def _reason(error: Exception) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _welcome(sandbox: Sandbox, state_dir: Path | None) -> str:
    kept = f"State is kept in {state_dir}." if state_dir else "Nothing is kept when it stops."
    return (
        f"NemoVideo sandbox, a local stand-in for the service\n"
        f"  API    {sandbox.url}\n"
        f"  Page   {sandbox.web_url}/\n"
        f"  Files  {sandbox.cdn_url}\n"
        f"Use it:  NEMO_API_URL={sandbox.url} NEMO_WEB_URL={sandbox.web_url} "
        f'nemovideo generate "a 10-second video of a panda"\n'
        f"{kept} Stop it with Ctrl-C."
    )


def _say(text: str) -> None:
    _write(text, sys.stdout)


def _write(text: str, stream: TextIO | None) -> None:
    if stream is not None:
        with suppress(OSError):  # it serves, whether anybody reads this or not
            stream.write(f"{text}\n")
            stream.flush()


if __name__ == "__main__":
    sys.exit(main())
