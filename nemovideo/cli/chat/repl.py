"""The chat: a read-eval-print loop over messages."""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable, Generator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

import anyio
from anyio import to_thread

from nemovideo.cli.chat.input import read_messages
from nemovideo.cli.chat.named_exports import NamedExport
from nemovideo.cli.chat.named_places import place_path
from nemovideo.cli.chat.slash_commands import ParsedLine, parse_line, usage
from nemovideo.cli.chat.typed_paths import exists
from nemovideo.cli.chat.unfinished import UnfinishedMessages
from nemovideo.cli.chinese_help import locale_language
from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.confirm import may_replace
from nemovideo.cli.display.output import Output, StyledText
from nemovideo.cli.display.summary import draw, note_pending_renders, pending_renders
from nemovideo.cli.display.view import View
from nemovideo.cli.display.views import open_view
from nemovideo.cli.display.wrapping import wrap
from nemovideo.cli.error_output import DONE, FAILED, error_line, error_object
from nemovideo.cli.output_paths import free_path, session_stem
from nemovideo.concurrency.event_loop import thread_safe_callback
from nemovideo.errors import NemoVideoError
from nemovideo.events import (
    DownloadProgress,
    Event,
    Notice,
    RenderProgress,
    StillWorking,
    UploadProgress,
)
from nemovideo.language.detection import detect
from nemovideo.language.intent import route
from nemovideo.language.sentences import localize
from nemovideo.language.ui_filter import rewrite_ui_talk
from nemovideo.operations.ask import spoken_parts
from nemovideo.progress.file_stem import slug
from nemovideo.progress.tracker import ProgressOptions
from nemovideo.resources.renders import FORMATS
from nemovideo.security.printable_text import printable

if TYPE_CHECKING:
    from nemovideo.models.turn import Turn
    from nemovideo.operations.project import Project
    from nemovideo.operations.recovery import UnfinishedMessage
    from nemovideo.operations.reply import Reply
    from nemovideo.timeline.timeline import Timeline


_Stage: TypeAlias = Literal["waiting", "sending", "answering", "rendering"] | None
"""What Ctrl-C would stop: the wait for an earlier message, or this one, or a render."""

_ON_FILM: Final = frozenset({"export", "message", "state"})
"""The routes of what is about the film, which a message that has not ended may still change."""


async def chat(context: CommandContext, output: Output, session: str | None = None) -> int:
    """Run a chat in a session or in a new one; return 1 if the last message failed."""
    project = None if session is None else await context.open_project(session)
    timeline = None
    if project is not None:
        with open_view(output, ProgressOptions(locale_language(), "connecting", terse=True)):
            # An unknown session is reported before anything is typed.
            timeline = await project.timeline()
    repl = Repl(context, output, project)
    repl.print_greeting(timeline)
    await repl.report_unfinished()
    history = context.settings.config_dir / "history"
    typed = read_messages(history, repl.exit_prompt, repl.take_unsent)
    async with aclosing(typed) as messages:
        async for message in messages:
            if message.strip() and not await repl.handle(message):
                break
    repl.print_resume_hint()
    return FAILED if repl.failed else DONE


@contextmanager
def _ctrl_c(act: Callable[[], object]) -> Generator[None]:
    """Have the event loop call `act` at Ctrl-C."""
    # Not with the loop's own signal handlers, which Windows lacks.
    notify = thread_safe_callback()
    before = signal.signal(signal.SIGINT, lambda _number, _frame: notify(act))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class Repl:
    """Handles the messages of a chat, and writes the replies."""

    def __init__(self, context: CommandContext, output: Output, project: Project | None) -> None:
        self._context = context
        self._output = output
        self._project = project
        self._language: str | None = locale_language()
        self.failed: bool = False
        self._stage: _Stage = None
        self._has_message = False
        """Whether a message was begun that may be paid for."""
        self._unsent = ""
        self._said_working = False
        self._unfinished = UnfinishedMessages(context, output, self._write_ended, self._fail)

    def print_greeting(self, timeline: Timeline | None) -> None:
        """Say on a terminal how the chat begins, and which film is in it."""
        if not sys.stdin.isatty():
            return
        language = locale_language()
        self._output.note(localize("chat_greeting", language), "dim")
        if timeline is not None:
            drawn = timeline.to_text(language=language or "en").partition("\n")[0]
            self._output.note(drawn if timeline.tracks else localize("state_empty", language))

    async def report_unfinished(self) -> None:
        """Wait for what is unfinished in the session, or name the sessions where something is."""
        project, unfinished, language = self._project, self._unfinished, self._language
        if project is None:
            await self._report_failure(lambda: unfinished.announce(language))
        else:
            self._stage = "waiting"
            await self._run_interruptible(lambda: unfinished.settle(project, language))

    def _write_ended(self, item: UnfinishedMessage, turn: Turn) -> None:
        lines = [localize("chat_ended", self._language)]
        if item.target is not None and turn.draft.is_ready:
            lines.append(
                localize("exported_file", self._language, path=printable(str(item.target)))
            )
        if turn.timeline.tracks:
            lines.append(draw(self._output, turn.timeline, self._language))
        else:
            lines.append(localize("nothing_changed", self._language))
        self._write_reply("recovered", StyledText("\n".join(lines)), session_id=item.session_id)

    def exit_prompt(self) -> str:
        """Return the reply to Ctrl-C at the prompt."""
        return localize("chat_leave", self._language)

    def take_unsent(self) -> str:
        """Return, once, the message that Ctrl-C kept from being sent."""
        text, self._unsent = self._unsent, ""
        return text

    def print_resume_hint(self) -> None:
        session_id = self._project.session_id if self._project else None
        if self._output.json:
            self._output.result("", session_id=session_id)
        elif session_id and sys.stdin.isatty() and not self._context.common.is_temporary:
            command = self._context.common.command("chat", session_id)
            self._output.note(localize("chat_resume", self._language, command=command), "dim")

    async def handle(self, message: str) -> bool:
        """Handle a message, and return False to end the chat."""
        line = parse_line(message)
        if line.command == "quit":
            return False
        self.failed = False
        if line.unknown:
            message = localize("chat_no_command", self._language, name=line.unknown)
            self._fail(NemoVideoError(message, hint=localize("chat_commands", self._language)))
            return True
        self._stage, self._has_message = None, False
        await self._run_interruptible(lambda: self._run_command(line), line.text)
        return True

    async def _run_interruptible(
        self, work: Callable[[], Awaitable[object]], typed: str = ""
    ) -> None:
        """Run work that Ctrl-C stops without ending the chat, and say what becomes of it."""
        if not sys.stdin.isatty():
            # With piped input, Ctrl-C ends the whole chat.
            await self._report_failure(work)
            return
        with anyio.CancelScope() as scope, _ctrl_c(scope.cancel):
            await self._report_failure(work)
        if scope.cancel_called:
            await self._report_stop(typed)

    async def _report_stop(self, typed: str) -> None:
        project, command = self._project, self._context.common.command
        lines: list[str] = []
        if project is not None and self._stage == "waiting":
            recover, forget = command("recover"), command("recover", "--forget", project.session_id)
            lines.append(localize("chat_left", self._language, recover=recover, forget=forget))
            if typed and not self._has_message:
                self._unsent = typed
                lines.append(localize("chat_unsent", self._language, text=typed))
        elif project is not None and self._stage is not None:
            if self._has_message and await self._is_under_way(project.session_id):
                lines.append(localize("chat_stopped_message", self._language))
            elif self._stage == "sending":
                lines.append(localize("chat_stopped_early", self._language))
            if self._stage == "rendering" and await pending_renders(
                self._context, project.session_id
            ):
                how = command("recover")
                lines.append(localize("chat_stopped_export", self._language, command=how))
        self._output.note("\n".join(lines) or localize("chat_stopped", self._language))

    async def _is_under_way(self, session_id: str) -> bool:
        url = self._context.settings.base_url
        try:
            return await self._context.query_journal(
                lambda journal: journal.has_unfinished(url, session_id)
            )
        except NemoVideoError:  # only the events tell
            return self._stage == "answering"

    async def _report_failure(self, work: Callable[[], Awaitable[object]]) -> None:
        try:
            await work()
        except NemoVideoError as error:
            self._fail(error)

    def _fail(self, error: NemoVideoError) -> None:
        self.failed = True
        if self._output.json:
            self._output.event("failed", error=error_object(error))
        self._output.print_error(error_line(error))

    async def _run_command(self, line: ParsedLine) -> None:
        self._language = (detect(line.text) if line.command is None else None) or self._language
        if line.unread:
            raise NemoVideoError(localize("export_form", self._language))
        if line.place is not None and line.place.folder is None:
            raise NemoVideoError(localize("no_folder", self._language, name=line.place.name))
        folder = Path() if line.place is None else line.place.folder or Path()
        match line.command:
            case None if line.named:
                await self._export(line.named, folder)
            case None:
                await self._ask(line.text, folder=folder)
            case "help":
                self._write_reply(
                    "help", f"{localize('help', self._language)}\n\n{usage(self._language)}"
                )
            case "export":
                if line.named:
                    await self._export(line.named)
                else:
                    await self._ask("export", path=line.paths[0] if line.paths else None)
            case "status":
                await self._ask("status")
            case "credits":
                await self._ask("credits")
            case "upload":
                for path in line.paths:
                    if not exists(path):
                        hint = "Check the path and its permissions."
                        raise NemoVideoError(f"There is no file {path}.", hint=hint)
                await self._ask("" if line.paths else "upload", line.paths)
            case "link":
                self._write_reply("link", await (await self._open()).link())
            case "session":
                self._write_reply("session", (await self._open()).session_id)
            case "quit":
                raise AssertionError("handled before")

    async def _export(self, files: tuple[NamedExport, ...], folder: Path = Path()) -> None:
        for named in files:
            if named.format not in FORMATS:
                name = "" if named.path is None else named.path.name
                raise NemoVideoError(localize("export_formats", self._language, name=name))
        for named in files:
            path = None if named.path is None else folder / place_path(named.path)
            if path is None or await may_replace(self._context, self._output, path):
                await self._ask(named.message, path=path, format=named.format, folder=folder)

    async def _ask(
        self,
        message: str,
        files: tuple[Path, ...] = (),
        path: Path | None = None,
        format: str = "mp4",
        folder: Path = Path(),
    ) -> None:
        project = await self._open()
        intents = route(message)
        if any(intent.route in _ON_FILM for intent in intents):
            self._stage = "waiting"
            is_shown = await self._unfinished.settle(project, self._language)
            self._stage = None
            if is_shown and all(intent.route == "state" for intent in intents):
                return
        if any(intent.route == "message" for intent in intents):
            self._stage, self._has_message = "sending", True
        elif any(intent.route == "export" for intent in intents):
            self._stage = "rendering"
        if path is None and any(intent.route == "export" and intent.certain for intent in intents):
            path = await self._free_path(project, folder, format)
        path = None if path is None else path.absolute()  # so that the reply names the folder
        saves = path is not None
        options = ProgressOptions(self._language, "working", saves=saves, terse=True, chat=True)
        with open_view(self._output, options) as view:
            reply = await project.ask(
                message,
                files,
                path=path,
                language=self._language,
                on_event=lambda event: self._follow(event, view),
            )
            view.finish()
        failed = {} if reply.error is None else {"error": type(reply.error).__name__}
        text = await to_thread.run_sync(self._unshown_text, reply)
        self._write_reply(reply.route, text, session_id=project.session_id, **failed)
        if reply.turn is not None and reply.turn.credits_used:
            spent = localize("credits_spent", self._language, used=reply.turn.credits_used)
            self._output.note(spent, "dim")
        if reply.route == "state":
            await note_pending_renders(
                self._context, self._output, project.session_id, self._language
            )

    def _follow(self, event: Event, view: View) -> None:
        if isinstance(event, RenderProgress | DownloadProgress):
            self._stage = "rendering"
        elif self._has_message and not isinstance(event, Notice | StillWorking | UploadProgress):
            self._stage = "answering"
        working = localize("working", self._language)
        if isinstance(event, Notice) and event.text.startswith(working):
            if self._said_working:
                event = Notice(event.text.removeprefix(working).lstrip())
            self._said_working = True
        view.event(event)

    def _unshown_text(self, reply: Reply) -> str:
        """Return a reply, with the chat's commands, without what is on the screen already."""
        text = self._without_link(reply)
        if reply.route == "state" and reply.timeline is not None and reply.timeline.tracks:
            drawn = draw(self._output, reply.timeline, self._language)
            negated = localize("negated", self._language)
            return StyledText(f"{negated}\n\n{drawn}") if text.startswith(negated) else drawn
        said = reply.turn.text.strip() if reply.turn else ""
        if reply.turn is None or not said:
            return text
        if self._output.is_live and sys.stdout.isatty():
            rest = text
            for part in spoken_parts(said):
                rest = rest.replace(part, "", 1)
            rest = rest.strip("\n") if rest.strip() else ""
            return f"\n{rest}" if rest else ""
        named = rewrite_ui_talk(reply.turn.raw_text, chat=True).strip()
        return text.replace(said, named, 1)

    def _without_link(self, reply: Reply) -> str:
        """Return the text of a reply: whoever has the file needs no link, which is long."""
        video = reply.video
        if video is None or video.path is None or not video.url:
            return reply.text
        path = str(video.path)
        both = localize("exported_file_and_link", self._language, path=path, url=video.url)
        return reply.text.replace(both, localize("exported_file", self._language, path=path))

    def _write_reply(self, route: str, text: str, **values: object) -> None:
        if self._output.json:
            self._output.event("reply", route=route, text=text, **values)
        else:
            # An empty line between the reply and the next prompt.
            gap = "\n" if text and sys.stdin.isatty() else ""
            if sys.stdout.isatty() and not isinstance(text, StyledText):
                text = wrap(printable(text), self._output.width)
            self._output.result(type(text)(text + gap))

    async def _open(self) -> Project:
        if self._project is None:
            connecting = localize("stage_connecting", self._language)
            self._output.note(f"{connecting}…", "dim")
            self._project = await self._context.client.create_project(language=self._language)
            mark = "！" if (self._language or "").startswith("zh") else "!"
            self._output.note(f"{localize('connected', self._language)}{mark}", "dim")
        return self._project

    async def _free_path(self, project: Project, folder: Path, format: str) -> Path:
        timeline = await project.timeline()
        shown = (each.name for track in timeline.tracks for each in track.segments)
        name = timeline.name or next(filter(None, shown), "")
        stem = slug(name) if name else session_stem(project.session_id)
        return await to_thread.run_sync(free_path, folder, stem, format)
