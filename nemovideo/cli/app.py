"""The commands and their options; what they do is loaded when they run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Protocol, TypeAlias, runtime_checkable

import typer

from nemovideo._version import __version__
from nemovideo.cli.display.output import Output
from nemovideo.cli.error_output import DONE, MISUSED
from nemovideo.cli.options import (
    Command,
    Common,
    Group,
    store_shared_options,
    with_shared_options,
)

app = typer.Typer(
    name="nemovideo",
    cls=Group,
    help="Make and edit videos with NemoVideo: a prompt in, a real MP4 out.",
    epilog='Begin with:  nemovideo generate "a 10-second video of a panda" -o panda.mp4',
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_Command: TypeAlias = Callable[..., int]


def _command(name: str, example: str) -> Callable[[_Command], _Command]:
    def register(command: _Command) -> _Command:
        app.command(name, cls=Command, epilog=f"Example:  {example}")(with_shared_options(command))
        return command

    return register


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"nemovideo {__version__}")
        raise typer.Exit


@app.callback()
@store_shared_options
def root(
    _: Common,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Make and edit videos with NemoVideo: a prompt in, a real MP4 out."""


class Format(StrEnum):
    """The containers that a render can have."""

    mp4 = "mp4"
    mov = "mov"
    webm = "webm"
    gif = "gif"


class Quality(StrEnum):
    """How good a render can be."""

    low = "low"
    medium = "medium"
    high = "high"


class EventShape(StrEnum):
    """How a sandbox writes its events (wire-contract section 5)."""

    typed = "typed"
    adk = "adk"
    mixed = "mixed"


class RenderShape(StrEnum):
    """How a sandbox writes its renders (wire-contract section 4)."""

    seed = "seed"
    vendor = "vendor"
    envelope = "envelope"
    mixed = "mixed"


def _complete_session(context: typer.Context, incomplete: str) -> list[str]:
    from nemovideo.cli.completion import known_sessions

    return [each for each in known_sessions(context) if each.startswith(incomplete)]


Session: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="SESSION",
        help="The session's id, or: last.",
        show_default=False,
        autocompletion=_complete_session,
    ),
]


@_command("generate", 'nemovideo generate "a panda in the snow, vertical" -o panda.mp4')
def generate(
    common: Common,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What the video is to show.")],
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to save it, - is stdout; else a new file here, named after the prompt.",
        ),
    ] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option("--file", "-f", metavar="FILE", help="A file to make it from; repeatable."),
    ] = None,
    url: Annotated[
        list[str] | None,
        typer.Option("--url", "-u", metavar="URL", help="The same, by address; repeatable."),
    ] = None,
    language: Annotated[
        str | None,
        typer.Option("--language", "-l", metavar="TAG", help="en, zh-CN, ja…; else the prompt's."),
    ] = None,
    max_credits: Annotated[
        float | None,
        typer.Option("--max-credits", metavar="N", help="Send nothing if it would cost more."),
    ] = None,
    no_export: Annotated[
        bool, typer.Option("--no-export", help="Make it, but do not render it yet.")
    ] = False,
) -> int:
    """Make a video from a prompt and save it."""
    from nemovideo.cli.commands.generate import GenerateCommand
    from nemovideo.cli.output_paths import format_named
    from nemovideo.cli.piped import refuse_pipe
    from nemovideo.cli.runner import run

    refuse_pipe(common, output)
    if no_export and output is not None:
        raise typer.BadParameter("--no-export leaves nothing to save: leave --output out.")
    if format_named(output) != Format.mp4:
        raise typer.BadParameter(
            f"generate makes MP4 files: let {output} end in .mp4, or make the video with"
            " --no-export and give that name to nemovideo export."
        )
    command = GenerateCommand(
        prompt, output, file or (), url or (), language, max_credits, not no_export
    )
    return run(common, command.run, resumable=True, language=command.spoken)


@_command("chat", "nemovideo chat")
def chat(
    common: Common,
    session: Annotated[
        str | None,
        typer.Argument(
            metavar="SESSION",
            help="A session to go on with, or: last. Without it, a new one.",
            autocompletion=_complete_session,
        ),
    ] = None,
) -> int:
    """Talk: say what to make or to change, or ask for the file."""
    from nemovideo.cli.chat.repl import ChatCommand
    from nemovideo.cli.runner import run

    return run(common, ChatCommand(session).run, resumable=True)


@_command("upload", "nemovideo upload SESSION beach.mp4 music.mp3")
def upload(
    common: Common,
    session: Session,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Videos, pictures or sounds, at most 500 MB each."),
    ] = None,
    url: Annotated[
        list[str] | None,
        typer.Option("--url", "-u", metavar="URL", help="The same, by address; repeatable."),
    ] = None,
) -> int:
    """Upload files into a session."""
    from nemovideo.cli.commands.sessions import UploadCommand
    from nemovideo.cli.runner import run

    if not files and not url:
        raise typer.BadParameter("Name a file, or an address with --url.")
    return run(common, UploadCommand(session, files or (), url or ()).run)


@_command("export", "nemovideo export SESSION -o holiday.mp4")
def export(
    common: Common,
    session: Session,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            metavar="FILE",
            help="Where to save it, - is stdout; else a new file here, named after the session.",
        ),
    ] = None,
    format: Annotated[
        Format | None, typer.Option("--format", help="Else what the file's name says.")
    ] = None,
    quality: Annotated[Quality, typer.Option("--quality")] = Quality.high,
) -> int:
    """Render a session's timeline and save it; this costs no credits."""
    from nemovideo.cli.commands.sessions import ExportCommand
    from nemovideo.cli.output_paths import format_named
    from nemovideo.cli.piped import refuse_pipe
    from nemovideo.cli.runner import run

    refuse_pipe(common, output)
    if format is None and format_named(output) not in set(Format):
        raise typer.BadParameter(
            f"No video is exported as {output}: let it end in .mp4, .mov, .webm or .gif, or say"
            " what it is to be with --format."
        )
    chosen = None if format is None else format.value
    command = ExportCommand(session, output, chosen, quality.value)
    return run(common, command.run, resumable=True)


@_command("status", "nemovideo status SESSION")
def status(common: Common, session: Session) -> int:
    """Show what is on a session's timeline."""
    from nemovideo.cli.commands.sessions import StatusCommand
    from nemovideo.cli.runner import run

    return run(common, StatusCommand(session).run)


@_command("link", "nemovideo link SESSION")
def link(
    common: Common,
    session: Session,
    task: Annotated[
        str | None,
        typer.Option("--task", metavar="ID", help="Its task id, if the service does not tell it."),
    ] = None,
) -> int:
    """Make a link that opens a session in a browser."""
    from nemovideo.cli.commands.sessions import LinkCommand
    from nemovideo.cli.runner import run

    return run(common, LinkCommand(session, task).run)


@_command("credits", "nemovideo credits")
def balance(common: Common) -> int:
    """Show how many credits are left."""
    from nemovideo.cli.commands.account import show_credits
    from nemovideo.cli.runner import run

    return run(common, show_credits)


@_command("renders", "nemovideo renders")
def renders(common: Common) -> int:
    """List the latest renders that were made from this machine."""
    from nemovideo.cli.commands.account import show_renders
    from nemovideo.cli.runner import run

    return run(common, show_renders)


@_command("recover", "nemovideo recover")
def recover(
    common: Common,
    only_list: Annotated[
        bool, typer.Option("--list", help="Only list it, finish nothing.")
    ] = False,
    forget: Annotated[
        str | None,
        typer.Option(metavar="SESSION", help="Give up what is unfinished in a session."),
    ] = None,
) -> int:
    """Finish what was cut off: by Ctrl-C, a crash, a lost connection."""
    from nemovideo.cli.commands.recover import RecoverCommand
    from nemovideo.cli.runner import run

    return run(common, RecoverCommand(only_list, forget).run, resumable=True)


@_command("doctor", "nemovideo doctor")
def doctor(common: Common) -> int:
    """Check the installation and the way to the service."""
    from nemovideo.cli.commands.doctor import run_doctor
    from nemovideo.cli.runner import run

    return run(common, run_doctor)


@_command("sandbox", "nemovideo sandbox --port 8400 --speed 0.1")
def sandbox(
    common: Common,
    port: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            max=65533,
            help="The API's port; files and pages use the next two. 0: any.",
        ),
    ] = 8400,
    speed: Annotated[
        float, typer.Option(metavar="N", help="0: no waiting, 1: the service's pace.")
    ] = 0,
    seed: Annotated[
        int, typer.Option(metavar="N", help="Makes drafts and answers repeatable.")
    ] = 0,
    sse_shape: Annotated[
        EventShape, typer.Option(help="How its events are written.")
    ] = EventShape.typed,
    render_shape: Annotated[
        RenderShape, typer.Option(help="How its renders are written.")
    ] = RenderShape.seed,
    stub_renders: Annotated[
        bool,
        typer.Option("--stub-renders", help="Answer renders with a tiny real video."),
    ] = False,
) -> int:
    """Run a local stand-in for the service until Ctrl-C."""
    from nemovideo.sandbox.__main__ import main as run_sandbox

    words = {
        "--port": port,
        "--speed": speed,
        "--seed": seed,
        "--credits": common.credits,
        "--sse-shape": sse_shape.value,
        "--render-shape": render_shape.value,
        "--state-dir": common.state_dir,
    }
    arguments = [f"{name}={value}" for name, value in words.items() if value is not None]
    return run_sandbox([*arguments, *(["--stub-renders"] if stub_renders else [])])


@runtime_checkable
class _WrongUsage(Protocol):
    """What Typer raises for a command line that it does not understand, in all its versions."""

    exit_code: int

    def show(self) -> None: ...

    def format_message(self) -> str: ...


def run_command_line(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit code."""
    try:
        code: object = app(list(arguments), standalone_mode=False, prog_name="nemovideo")
    except Exception as error:
        if not isinstance(error, _WrongUsage):
            raise
        error.show()
        if "--json" in arguments:
            Output(json=True).event(
                "error",
                error="UsageError",
                message=error.format_message(),
                hint="See: nemovideo --help",
            )
        return MISUSED
    return code if isinstance(code, int) else DONE
