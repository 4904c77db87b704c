"""The commands and their options."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Annotated, Literal, TypeAlias, get_args

import typer

from nemovideo._version import __version__
from nemovideo.cli import commands
from nemovideo.cli.options import (
    SHARED,
    Command,
    Common,
    Group,
    RayCommand,
    store_shared_options,
    with_shared_options,
)

app: typer.Typer = typer.Typer(
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
_RECOVER = ("recover",)


def _command(
    name: str, example: str, shared: Sequence[str] = SHARED, cls: type[Command] = Command
) -> Callable[[_Command], _Command]:
    def register(command: _Command) -> _Command:
        decorated = with_shared_options(command, shared)
        app.command(name, cls=cls, epilog=f"Example:  {example}")(decorated)
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


_Format: TypeAlias = Literal["mp4", "mov", "webm", "gif"]
_Quality: TypeAlias = Literal["low", "medium", "high"]
_EventShape: TypeAlias = Literal["typed", "adk", "mixed"]
_RenderShape: TypeAlias = Literal["seed", "vendor", "envelope", "mixed"]


def _complete_session(context: typer.Context, incomplete: str) -> list[str]:
    return [each for each in commands.known_sessions(context) if each.startswith(incomplete)]


_Session: TypeAlias = Annotated[
    str,
    typer.Argument(
        metavar="SESSION",
        help="The session's id, or: last.",
        show_default=False,
        autocompletion=_complete_session,
    ),
]
_Urls: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--url", "-u", metavar="URL", help="URL of an input file; may be given more than once."
    ),
]
_Force: TypeAlias = Annotated[
    bool, typer.Option("--force", help="Replace an existing file without asking.")
]


def _output_option(named_after: str) -> object:
    text = (
        f"Output file or URL; - is stdout. Default: a new file here, named after the {named_after}."
    )
    return typer.Option(
        "--output", "-o", metavar="FILE", help=text, parser=lambda text: commands.parse_output(text)
    )


@_command("generate", 'nemovideo generate "a panda in the snow, vertical" -o panda.mp4')
def generate(
    common: Common,
    prompt: Annotated[str, typer.Argument(metavar="PROMPT", help="What the video should show.")],
    output: Annotated[Path | None, _output_option("prompt")] = None,
    file: Annotated[
        list[Path] | None,
        typer.Option(
            "--file", "-f", metavar="FILE", help="Input file; may be given more than once."
        ),
    ] = None,
    url: _Urls = None,
    language: Annotated[
        str | None,
        typer.Option(
            "--language", "-l", metavar="TAG", help="en, zh-CN, ja… Default: the prompt's."
        ),
    ] = None,
    max_credits: Annotated[
        float | None,
        typer.Option("--max-credits", metavar="N", help="Refuse if the estimated cost is higher."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="KEY",
            help="Your name for this work: the same command again never pays twice.",
        ),
    ] = None,
    no_export: Annotated[
        bool, typer.Option("--no-export", help="Create the video without rendering it.")
    ] = False,
    force: _Force = False,
) -> int:
    """Make a video from a prompt and save it."""
    commands.check_pipe(common, output)
    if no_export and output is not None:
        raise typer.BadParameter("--no-export saves nothing: leave out --output.")
    if commands.format_named(output) != "mp4":
        raise typer.BadParameter(
            f"generate makes MP4 files: let {output} end in .mp4, or make the video with"
            " --no-export and give that name to nemovideo export."
        )
    command = commands.GenerateCommand(
        prompt, output, file or (), url or (), language, max_credits, not no_export, key, force
    )
    return commands.run(common, command.run, resume_with=_RECOVER, language=command.output_language)


@_command("batch", "nemovideo batch jobs.csv -o films --max-credits 2000", cls=RayCommand)
def batch(
    common: Common,
    jobs: Annotated[
        str,
        typer.Argument(
            metavar="JOBS",
            help="CSV, JSON Lines, Parquet, or text with a prompt in each line; - is stdin.",
            show_default=False,
        ),
    ],
    out: Annotated[
        str,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            help="A folder, or a template with {key}, {index} and {name}.",
            show_default=False,
        ),
    ],
    concurrency: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many run at a time, at most.")
    ] = 4,
    max_credits: Annotated[
        float | None,
        typer.Option("--max-credits", metavar="N", help="For the whole batch, earlier runs too."),
    ] = None,
    retry_failed: Annotated[
        bool,
        typer.Option("--retry-failed", help="Send again what certainly failed without a charge."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be done, and send nothing.")
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    journal: Annotated[
        str | None,
        typer.Option(
            metavar="WHERE",
            help="A SQLite file, or postgresql://… for many machines.  \\[env: NEMOVIDEO_JOURNAL]",
        ),
    ] = None,
    ray: Annotated[
        str | None,
        typer.Option(
            metavar="[ADDRESS]",
            help="Run on a Ray cluster: that of this machine, or at the address.",
        ),
    ] = None,
    workers: Annotated[
        int, typer.Option(metavar="N", min=1, help="With --ray: how many processes.")
    ] = 4,
) -> int:
    """Make a video of each row of a file; run again, it sends only what never was."""
    command = commands.BatchCommand(
        jobs, out, concurrency, max_credits, retry_failed, dry_run, yes, ray, workers, journal
    )
    again = ["batch", jobs, "-o", out]
    again += ["--max-credits", f"{max_credits:g}"] if max_credits is not None else []
    again += ["--ray", *filter(None, [ray]), "--workers", str(workers)] if ray is not None else []
    if journal is not None and "@" not in journal:  # there may be a password before it
        again += ["--journal", journal]
    return commands.run(common, command.run, resume_with=again, journal=journal)


@_command("chat", "nemovideo chat")
def chat(
    common: Common,
    session: Annotated[
        str | None,
        typer.Argument(
            metavar="SESSION",
            help="The session to continue, or: last. Default: a new one.",
            autocompletion=_complete_session,
        ),
    ] = None,
) -> int:
    """Make and change videos in a conversation."""
    return commands.run(common, partial(commands.chat, session=session), resume_with=_RECOVER)


@_command("upload", "nemovideo upload SESSION beach.mp4 music.mp3")
def upload(
    common: Common,
    session: _Session,
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="FILE", help="Videos, images or sounds, at most 500 MB each."),
    ] = None,
    url: _Urls = None,
) -> int:
    """Upload files into a session."""
    if not files and not url:
        raise typer.BadParameter("Name a file, or a URL with --url.")
    return commands.run(
        common, partial(commands.upload, session=session, files=files or (), urls=url or ())
    )


@_command("export", "nemovideo export SESSION -o holiday.mp4")
def export(
    common: Common,
    session: _Session,
    output: Annotated[Path | None, _output_option("session")] = None,
    format: Annotated[
        _Format | None, typer.Option("--format", help="Default: by the file's extension.")
    ] = None,
    quality: Annotated[_Quality, typer.Option("--quality")] = "high",
    force: _Force = False,
) -> int:
    """Render a session's timeline and save it; this costs no credits."""
    commands.check_pipe(common, output)
    chosen = format or commands.format_named(output)
    if chosen not in get_args(_Format):
        raise typer.BadParameter(
            f"No video is exported as {output}: let it end in .mp4, .mov, .webm or .gif, or"
            " choose the format with --format."
        )
    body = partial(
        commands.export,
        session=session,
        path=output,
        format=chosen,
        quality=quality,
        force=force,
    )
    return commands.run(common, body, resume_with=_RECOVER)


@_command("status", "nemovideo status SESSION")
def status(common: Common, session: _Session) -> int:
    """Show a session's timeline."""
    return commands.run(common, partial(commands.show_status, session=session))


@_command("link", "nemovideo link SESSION")
def link(
    common: Common,
    session: _Session,
    task: Annotated[
        str | None,
        typer.Option(
            "--task", metavar="ID", help="Its task id, if the service does not report it."
        ),
    ] = None,
) -> int:
    """Make a link that opens a session in a browser."""
    return commands.run(common, partial(commands.make_link, session=session, task_id=task))


@_command("credits", "nemovideo credits")
def balance(common: Common) -> int:
    """Show how many credits are left."""
    return commands.run(common, commands.show_credits)


@_command("renders", "nemovideo renders")
def renders(common: Common) -> int:
    """List the latest renders that were made from this machine."""
    return commands.run(common, commands.show_renders)


@_command("recover", "nemovideo recover")
def recover(
    common: Common,
    only_list: Annotated[
        bool, typer.Option("--list", help="List unfinished work without finishing it.")
    ] = False,
    forget: Annotated[
        str | None,
        typer.Option(
            metavar="KEY_OR_SESSION",
            help="Discard the unfinished work of a session, or free a key.",
        ),
    ] = None,
) -> int:
    """Finish what Ctrl-C, a crash or a lost connection interrupted."""
    body = partial(commands.recover, only_list=only_list, forget=forget)
    return commands.run(common, body, resume_with=_RECOVER)


@_command("doctor", "nemovideo doctor")
def doctor(common: Common) -> int:
    """Check the installation and the connection to the service."""
    return commands.run(common, commands.run_doctor)


@_command("verify", "nemovideo verify --spend 100 --record evidence.jsonl")
def verify(
    common: Common,
    spend: Annotated[
        float,
        typer.Option(
            metavar="N", min=0, help="Credits that may be spent; 100 generates one clip, once."
        ),
    ] = 0,
) -> int:
    """Find out which documented and assumed facts about the service hold."""
    if not math.isfinite(spend):
        raise typer.BadParameter("--spend is a number of credits, such as 100.")
    return commands.run(common, commands.VerifyCommand(spend).run, resume_with=("verify",))


@_command("mcp", "nemovideo mcp")
def mcp(
    common: Common,
    http: Annotated[
        int | None,
        typer.Option(
            "--http", metavar="PORT", min=1, max=65535, help="Serve over HTTP at this port."
        ),
    ] = None,
    host: Annotated[
        str,
        typer.Option(
            metavar="HOST", help="With --http: another address needs NEMOVIDEO_MCP_TOKEN."
        ),
    ] = "127.0.0.1",
) -> int:
    """Serve the Model Context Protocol, for AI assistants."""
    if common.json:
        raise typer.BadParameter("mcp writes the protocol to stdout: leave out --json.")
    common = commands.with_mcp_environment(common)
    return commands.run(common, commands.McpCommand(http, host).run)


@_command("skill", "nemovideo skill --path", ())
def skill(
    common: Common,
    path: Annotated[
        bool, typer.Option("--path", help="Print the folder of the skill instead.")
    ] = False,
) -> int:
    """Print the instructions for AI agents: an agent skill."""
    return commands.show_skill(common, only_path=path)


@_command("sandbox", "nemovideo sandbox --port 8400 --speed 0.1", ("state_dir", "credits"))
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
        int, typer.Option(metavar="N", help="Makes drafts and replies repeatable.")
    ] = 0,
    sse_shape: Annotated[_EventShape, typer.Option(help="Format of events.")] = "typed",
    render_shape: Annotated[_RenderShape, typer.Option(help="Format of renders.")] = "seed",
    chat_server: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A chat endpoint that answers messages: see its guide."),
    ] = None,
    chat_model: Annotated[
        str | None, typer.Option(metavar="M", help="The model of the chat endpoint.")
    ] = None,
    video_server: Annotated[
        str | None,
        typer.Option(metavar="URL", help="A server that makes generated clips: see its guide."),
    ] = None,
    video_model: Annotated[
        str | None, typer.Option(metavar="M", help="The model of the video server.")
    ] = None,
    render_height: Annotated[
        int | None,
        typer.Option(metavar="N", min=2, help="The maximum height of renders: 360 is quick."),
    ] = None,
    stub_renders: Annotated[
        bool,
        typer.Option("--stub-renders", help="Return a tiny real video for every render."),
    ] = False,
) -> int:
    """Run a local sandbox of the service until Ctrl-C. POST to its /faults makes it fail."""
    if common.record is not None:
        raise typer.BadParameter("--record goes with the commands that use the sandbox.")
    # The sandbox is loaded only where it is wanted: it may not be installed.
    from nemovideo.sandbox.__main__ import main as run_sandbox

    options = {
        "--port": port,
        "--speed": speed,
        "--seed": seed,
        "--credits": common.credits,
        "--sse-shape": sse_shape,
        "--render-shape": render_shape,
        "--state-dir": common.state_dir,
        "--chat-server": chat_server,
        "--chat-model": chat_model,
        "--video-server": video_server,
        "--video-model": video_model,
        "--render-height": render_height,
    }
    arguments = [f"{name}={value}" for name, value in options.items() if value is not None]
    return run_sandbox([*arguments, *(["--stub-renders"] if stub_renders else [])])
