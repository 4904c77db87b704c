"""The input of the chat: a terminal with history and completion, or a pipe."""

from __future__ import annotations

import os
import sys
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from anyio import to_thread

from nemovideo.cli.chat.slash_commands import COMMANDS
from nemovideo.cli.daemon_thread import run_in_daemon_thread
from nemovideo.security.private_files import (
    StoreUnavailable,
    create_private,
    ensure_folder,
    read_private,
)

if TYPE_CHECKING:
    from prompt_toolkit.completion import CompleteEvent, Completer, Completion
    from prompt_toolkit.document import Document
    from prompt_toolkit.history import History
    from prompt_toolkit.key_binding import KeyBindings

_PROMPT = "> "
_MORE = ". "


class Reader(Protocol):
    """Reads messages until there are no more."""

    def messages(self) -> AsyncGenerator[str]:
        """Yield each message."""
        ...


class PipeReader:
    """Reads one message per line from stdin; a `\\` at the end continues it in the next."""

    async def messages(self) -> AsyncGenerator[str]:
        """Yield each message."""
        lines: list[str] = []
        while line := await run_in_daemon_thread(sys.stdin.readline, "nemovideo-stdin"):
            lines.append(line.rstrip("\n"))
            if not lines[-1].endswith("\\"):
                yield _join(lines)
                lines = []
        if lines:
            yield _join(lines)


def _join(lines: Iterable[str]) -> str:
    return "\n".join(line.removesuffix("\\") for line in lines)


class TerminalReader:
    """Reads messages with editing, history and completion.

    Enter sends; Alt-Enter, or Enter after a `\\`, starts a new line. Ctrl-C clears the input, and
    leaves when it is pressed twice; Ctrl-D leaves.

    Args:
        history: The history file.
        exit_prompt: Returns the reply to the first Ctrl-C.
    """

    def __init__(self, history: Path, exit_prompt: Callable[[], str]) -> None:
        self._history = history
        self._exit_prompt = exit_prompt

    async def messages(self) -> AsyncGenerator[str]:
        """Yield each message."""
        from prompt_toolkit import PromptSession
        from prompt_toolkit.input.defaults import create_input
        from prompt_toolkit.output.defaults import create_output

        session: PromptSession[str] = PromptSession(
            _PROMPT,
            history=await to_thread.run_sync(_open_history, self._history),
            completer=_build_completer(),
            complete_while_typing=False,
            multiline=True,
            prompt_continuation=_MORE,
            key_bindings=_build_keys(),
            input=create_input(sys.stdin),
            output=create_output(sys.stderr),
            enable_history_search=False,
        )
        warned = False
        while True:
            try:
                text = await session.prompt_async()
            except EOFError:
                return
            except KeyboardInterrupt:
                if warned:
                    return
                warned = True
                sys.stderr.write(f"{self._exit_prompt()}\n")
                continue
            warned = False
            yield _join(text.split("\n"))


def _open_history(path: Path) -> History:
    """Open a history file that only its owner can read, or a history in memory."""
    from prompt_toolkit.history import FileHistory, InMemoryHistory

    try:
        ensure_folder(path.parent)
        with suppress(FileExistsError):
            os.close(create_private(path))
        read_private(path)  # restricts its mode if need be
    except StoreUnavailable:
        return InMemoryHistory()
    return FileHistory(str(path))


def _build_keys() -> KeyBindings:
    from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent

    keys = KeyBindings()

    @keys.add("enter")
    def _(event: KeyPressEvent) -> None:
        buffer = event.current_buffer
        if buffer.complete_state and buffer.complete_state.current_completion:
            buffer.complete_state = None
        elif buffer.document.current_line_before_cursor.endswith("\\"):
            buffer.insert_text("\n")
        else:
            buffer.validate_and_handle()

    @keys.add("escape", "enter")
    def _(event: KeyPressEvent) -> None:
        event.current_buffer.insert_text("\n")

    return keys


def _build_completer() -> Completer:
    from prompt_toolkit.completion import Completer, Completion, PathCompleter
    from prompt_toolkit.document import Document

    paths = PathCompleter(expanduser=True)

    class ChatCompleter(Completer):
        """Completes `/` commands, and the file names after `/upload` and `/export`."""

        def get_completions(
            self, document: Document, complete_event: CompleteEvent
        ) -> Iterator[Completion]:
            typed = document.text_before_cursor
            if typed.startswith(("/upload ", "/export ")):
                name = typed.partition(" ")[2]
                yield from paths.get_completions(Document(name, len(name)), complete_event)
            elif typed.startswith("/") and " " not in typed:
                for name, description in COMMANDS.items():
                    if name.startswith(typed[1:].lower()):
                        yield Completion(f"/{name}", -len(typed), display_meta=description)

    return ChatCompleter()


def open_reader(history: Path, exit_prompt: Callable[[], str]) -> Reader:
    """Return a reader of stdin."""
    return TerminalReader(history, exit_prompt) if sys.stdin.isatty() else PipeReader()
