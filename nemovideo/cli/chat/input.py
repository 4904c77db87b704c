"""The input of the chat: a terminal or a pipe."""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

from nemovideo.cli.chat.slash_commands import join_lines
from nemovideo.cli.daemon_thread import run_in_daemon_thread


def read_messages(
    history: Path, exit_prompt: Callable[[], str], take_unsent: Callable[[], str]
) -> AsyncGenerator[str]:
    """Yield each message from stdin.

    Args:
        history: The history file of a terminal.
        exit_prompt: Returns the reply to the first Ctrl-C.
        take_unsent: Returns what the next line of a terminal begins with.
    """
    if not sys.stdin.isatty():
        return _read_pipe()
    # A pipe needs no prompt toolkit.
    from nemovideo.cli.chat.terminal_input import read_terminal

    return read_terminal(history, exit_prompt, take_unsent)


async def _read_pipe() -> AsyncGenerator[str]:
    r"""Read one message per line; a `\` at the end continues it in the next."""
    lines: list[str] = []
    while line := await run_in_daemon_thread(sys.stdin.readline, "nemovideo-stdin"):
        lines.append(line.rstrip("\n"))
        if not lines[-1].endswith("\\"):
            yield join_lines(lines)
            lines = []
    if lines:
        yield join_lines(lines)
