"""The chat itself: reads a message, does what it asks for, shows what came of it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import anyio
from anyio import to_thread

from nemovideo.cli.chat.input import open_reader
from nemovideo.cli.chat.slash_commands import Typed, read_line, usage
from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.display.output import Output, StyledText
from nemovideo.cli.display.summary import draw
from nemovideo.cli.display.views import open_view
from nemovideo.cli.error_output import DONE, FAILED, error_line, error_object
from nemovideo.cli.output_paths import free_path, slug
from nemovideo.concurrency.event_loop import thread_safe_callback
from nemovideo.errors import NemoVideoError
from nemovideo.language.detection import detect
from nemovideo.language.intent import route
from nemovideo.language.sentences import localize
from nemovideo.language.ui_filter import rewrite_ui_talk
from nemovideo.progress.tracker import ProgressOptions

if TYPE_CHECKING:
    from nemovideo.operations.project import Project
    from nemovideo.operations.reply import Reply


@dataclass(frozen=True)
class ChatCommand:
    """A chat in a session, or in a new one."""

    session: str | None = None

    async def run(self, context: CommandContext, output: Output) -> int:
        """Talk until there is nothing more to say; 1 where the last message failed."""
        session_id = None if self.session is None else await context.find_session(self.session)
        repl = Repl(context, output, session_id)
        repl.greet()
        reader = open_reader(context.settings.config_dir / "history", repl.exit_prompt)
        async with aclosing(reader.messages()) as messages:
            async for message in messages:
                if message.strip() and not await repl.handle(message):
                    break
        repl.leave()
        return FAILED if repl.failed else DONE


@contextmanager
def _ctrl_c(act: Callable[[], object]) -> Generator[None]:
    """Have the event loop call `act` at Ctrl-C, in place of what it does elsewhere."""
    # Not by a signal handler of the loop: on Windows it has none.
    notify = thread_safe_callback()
    before = signal.signal(signal.SIGINT, lambda _number, _frame: notify(act))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Repl:
    def __init__(self, context: CommandContext, output: Output, session_id: str | None) -> None:
        self._context = context
        self._output = output
        self._project: Project | None = (
            None if session_id is None else context.client.open_project(session_id)
        )
        self._language: str | None = None
        self._first_message = ""
        self.failed = False

    def greet(self) -> None:
        """Say how to begin."""
        if sys.stdin.isatty():
            self._output.note(
                "Say what to make or to change. /help lists the commands, Ctrl-D leaves.", "dim"
            )

    def exit_prompt(self) -> str:
        """Return what is said to a Ctrl-C at the prompt."""
        return localize("chat_leave", self._language)

    def leave(self) -> None:
        """Say how to come back."""
        session_id = self._project.session_id if self._project else None
        if self._output.json:
            self._output.result("", session_id=session_id)
        elif session_id and sys.stdin.isatty() and not self._context.common.is_temporary:
            command = self._context.common.command("chat", session_id)
            self._output.note(localize("chat_resume", self._language, command=command), "dim")

    async def handle(self, message: str) -> bool:
        """Do what a message asks for, and say whether the chat goes on."""
        typed = read_line(message)
        if typed.command == "quit":
            return False
        self.failed = False
        if typed.unknown:
            told = localize("chat_no_command", self._language, name=typed.unknown)
            self._fail(NemoVideoError(told, hint=localize("chat_commands", self._language)))
            return True
        await self._run_interruptible(lambda: self._do(typed))
        return True

    async def _run_interruptible(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do a piece of work that Ctrl-C stops without leaving the chat."""
        if not sys.stdin.isatty():
            # A pipe has nobody to type the next message: there, Ctrl-C ends it all.
            await self._report_failure(work)
            return
        with anyio.CancelScope() as scope, _ctrl_c(scope.cancel):
            await self._report_failure(work)
        if scope.cancel_called:
            self._output.note(localize("chat_stopped", self._language))

    async def _report_failure(self, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except NemoVideoError as error:
            self._fail(error)

    def _fail(self, error: NemoVideoError) -> None:
        self.failed = True
        if self._output.json:
            self._output.event("failed", error=error_object(error))
        self._output.complain(error_line(error))

    async def _do(self, typed: Typed) -> None:
        match typed.command:
            case None:
                await self._send(typed.text)
            case "help":
                self._say("help", f"{localize('help', self._language)}\n\n{usage()}")
            case "export":
                await self._ask("export", path=typed.paths[0] if typed.paths else None)
            case "status":
                await self._ask("status")
            case "credits":
                await self._ask("credits")
            case "upload":
                await self._ask("" if typed.paths else "upload", typed.paths)
            case "link":
                self._say("link", await (await self._open()).link())
            case "session":
                self._say("session", (await self._open()).session_id)
            case "quit":
                raise AssertionError("the chat has ended before")

    async def _send(self, text: str) -> None:
        self._language = detect(text) or self._language
        self._first_message = self._first_message or text
        await self._ask(text)

    async def _ask(
        self, message: str, files: tuple[Path, ...] = (), path: Path | None = None
    ) -> None:
        project = await self._open()
        if path is None and any(intent.route == "export" for intent in route(message)):
            path = await self._free_path(project)
        options = ProgressOptions(self._language, "working", saves=path is not None, terse=True)
        with open_view(self._output, options) as view:
            reply = await project.ask(
                message, files, path=path, language=self._language, on_event=view.event
            )
            view.finish()
        failed = {} if reply.error is None else {"error": type(reply.error).__name__}
        self._say(reply.route, self._shown(reply), session_id=project.session_id, **failed)

    def _shown(self, reply: Reply) -> str:
        """Return a reply without what was on the screen already as the agent said it."""
        if reply.route == "state" and reply.timeline is not None and reply.timeline.tracks:
            drawn = draw(self._output, reply.timeline, self._language)
            negated = localize("negated", self._language)
            return StyledText(f"{negated}\n\n{drawn}") if reply.text.startswith(negated) else drawn
        said = rewrite_ui_talk(reply.turn.text, self._language).strip() if reply.turn else ""
        if said and self._output.is_live and sys.stdout.isatty():
            rest = reply.text.replace(said, "", 1).strip("\n")
            return f"\n{rest}" if rest else ""
        return reply.text

    def _say(self, route: str, text: str, **values: object) -> None:
        if self._output.json:
            self._output.event("reply", route=route, text=text, **values)
        else:
            # Between what was said and the next prompt, some air.
            air = "\n" if text and sys.stdin.isatty() else ""
            self._output.result(type(text)(text + air))

    async def _open(self) -> Project:
        if self._project is None:
            self._project = await self._context.client.create_project(language=self._language)
        return self._project

    async def _free_path(self, project: Project) -> Path:
        stem = (
            slug(self._first_message)
            if self._first_message
            else f"nemovideo-{project.session_id[:8]}"
        )
        return await to_thread.run_sync(free_path, Path(), stem, "mp4")
