"""The chat on a terminal: editing, history and completion."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from anyio import to_thread
from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.input.defaults import create_input
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.output.defaults import create_output

from nemovideo.cli.chat.slash_commands import COMMAND_NAMES, COMMANDS, UPLOAD, join_lines
from nemovideo.cli.chinese_texts import in_locale
from nemovideo.security.private_files import (
    StoreUnavailable,
    create_private,
    ensure_folder,
    read_private,
)

_PROMPT = "> "
_CONTINUATION = ". "
_PATHS = PathCompleter(expanduser=True)
_KEYS = KeyBindings()
_TAKES_FILES: Final = re.compile(
    rf"[/／](?:upload|export|上传|上傳|导出|導出|匯出)\s+|{UPLOAD.pattern}", re.IGNORECASE
)
_OPEN_QUOTE: Final = re.compile(r"""(?:^|\s)["“「']([^"”」']*)$""")
_LAST_WORD: Final = re.compile(r"((?:\\.|[^\s\\])*)$")


async def read_terminal(
    history: Path, exit_prompt: Callable[[], str], take_unsent: Callable[[], str]
) -> AsyncGenerator[str]:
    r"""Yield each message.

    Enter sends; Alt-Enter, or Enter after a `\`, starts a new line. Ctrl-C clears the input, and
    leaves when it is pressed twice at an empty one; Ctrl-D leaves.
    """
    session: PromptSession[str] = PromptSession(
        _PROMPT,
        history=await to_thread.run_sync(_open_history, history),
        completer=ChatCompleter(),
        complete_while_typing=False,
        multiline=True,
        prompt_continuation=_CONTINUATION,
        key_bindings=_KEYS,
        input=create_input(sys.stdin),
        output=create_output(sys.stderr),
        enable_history_search=False,
    )
    warned = False
    while True:
        try:
            text = await session.prompt_async(default=take_unsent())
        except EOFError:
            return
        except KeyboardInterrupt:
            if session.default_buffer.text:
                warned = False
                continue
            if warned:
                return
            warned = True
            sys.stderr.write(f"{exit_prompt()}\n")
            continue
        warned = False
        yield join_lines(text.split("\n"))


def _open_history(path: Path) -> History:
    """Open a history file that only its owner can read, or a history in memory."""
    try:
        ensure_folder(path.parent)
        with suppress(FileExistsError):
            os.close(create_private(path))
        read_private(path)  # restricts its mode if need be
    except StoreUnavailable:
        return InMemoryHistory()
    return FileHistory(str(path))


@_KEYS.add("enter")
def _send(event: KeyPressEvent) -> None:
    buffer = event.current_buffer
    if buffer.complete_state and buffer.complete_state.current_completion:
        buffer.complete_state = None
    elif buffer.document.current_line_before_cursor.endswith("\\"):
        buffer.insert_text("\n")
    else:
        buffer.validate_and_handle()


@_KEYS.add("escape", "enter")
def _start_new_line(event: KeyPressEvent) -> None:
    event.current_buffer.insert_text("\n")


class ChatCompleter(Completer):
    """Completes `/` commands, and the file names after upload and export."""

    def get_completions(
        self, document: Document, complete_event: CompleteEvent
    ) -> Iterator[Completion]:
        typed = document.text_before_cursor
        if takes := _TAKES_FILES.match(typed):
            yield from _complete_path(typed[takes.end() :], complete_event)
        elif typed.startswith(("/", "／")) and " " not in typed:
            for name, command in COMMAND_NAMES.items():
                if name.startswith(typed[1:].lower()) and (typed[1:] or name == command):
                    description = in_locale(COMMANDS[command])
                    yield Completion(f"/{name}", -len(typed), display_meta=description)


def _complete_path(typed: str, event: CompleteEvent) -> Iterator[Completion]:
    """Complete the last name, with a backslash before each letter that would end it."""
    quoted = _OPEN_QUOTE.search(typed)
    found = quoted or _LAST_WORD.search(typed)
    name = typed if found is None else found[1]
    escapes = os.sep == "/" and not quoted
    if escapes:
        name = re.sub(r"\\(.)", r"\1", name)
    # First the whole, as a name whose spaces stand as they are.
    whole = [] if name == typed else _names(typed, event)
    escapes = escapes and not whole
    for each in whole or _names(name, event):
        text = re.sub(r"""([\s\\"'“”‘’「」『』])""", r"\\\1", each.text) if escapes else each.text
        yield Completion(text, each.start_position, display=each.display)


def _names(typed: str, event: CompleteEvent) -> list[Completion]:
    return list(_PATHS.get_completions(Document(typed, len(typed)), event))
