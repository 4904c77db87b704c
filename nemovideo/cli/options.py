"""The options that every command takes, before or after its name."""

from __future__ import annotations

import functools
import inspect
import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from nemovideo.cli.display.output import Output

_PANEL = "Options of every command"


# The click that Typer is written to is its own or the real one, by its version: hence the `Any`.
class Command(TyperCommand):
    """A command whose help names no type for options that take no value."""

    def get_params(self, ctx: Any) -> Any:
        """Return the options, `--help` among them."""
        return _untyped_flags(super().get_params(ctx))


class Group(TyperGroup):
    """The program, whose help is like that of its commands."""

    def get_params(self, ctx: Any) -> Any:
        """Return the options, those for shell completion among them."""
        return _untyped_flags(super().get_params(ctx))


def _untyped_flags(options: list[Any]) -> list[Any]:
    for each in options:
        if getattr(each, "is_flag", False):
            each.metavar = ""
    return options


@dataclass(frozen=True)
class Common:
    """What the options that every command takes were set to."""

    sandbox: Annotated[
        bool,
        typer.Option(
            "--sandbox",
            help="Work against a local stand-in that lives as long as this command.",
            rich_help_panel=_PANEL,
        ),
    ] = False
    state_dir: Annotated[
        Path | None,
        typer.Option(
            "--state-dir",
            metavar="DIR",
            help="With --sandbox: keep its sessions and renders in this folder.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    credits: Annotated[
        int | None,
        typer.Option(
            "--credits",
            metavar="N",
            min=0,
            help="With a sandbox: what a new client starts with; 10,000 without it.",
            rich_help_panel=_PANEL,
        ),
    ] = None
    base_url: Annotated[
        str | None,
        typer.Option(
            "--base-url",
            metavar="URL",
            help="The service's address.  \\[env: NEMO_API_URL]",
            rich_help_panel=_PANEL,
        ),
    ] = None
    json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Write one JSON object per line to stdout.",
            rich_help_panel=_PANEL,
        ),
    ] = False
    quiet: Annotated[
        bool,
        typer.Option(
            "--quiet",
            "-q",
            help="No progress, only results and errors.",
            rich_help_panel=_PANEL,
        ),
    ] = False
    debug: Annotated[
        bool,
        typer.Option("--debug", help="Show tracebacks and the log.", rich_help_panel=_PANEL),
    ] = False
    no_color: Annotated[
        bool,
        typer.Option(
            "--no-color",
            help="No colours.  \\[env: NO_COLOR]",
            rich_help_panel=_PANEL,
        ),
    ] = False

    def merged(self, later: Common) -> Common:
        """Return both together; where both are set, what came after the command wins."""
        set_later = {
            each.name: getattr(later, each.name)
            for each in fields(self)
            if getattr(later, each.name) != each.default
        }
        return replace(self, **set_later)

    @property
    def is_temporary(self) -> bool:
        """Whether what is made ends with the command, as it is made in a sandbox of its own."""
        return self.sandbox and self.state_dir is None

    def command(self, *words: str) -> str:
        """Return a command line that goes to the same place, ready to be pasted into a shell."""
        where: list[str] = []
        if self.base_url:
            where = ["--base-url", self.base_url]
        elif self.state_dir:
            where = ["--sandbox", "--state-dir", str(self.state_dir)]
        return _join(["nemovideo", *words, *where])

    def output(self) -> Output:
        """Return where the command writes."""
        return Output(self.json, self.quiet, self.debug, not self.no_color)


def _join(words: list[str]) -> str:
    if sys.platform == "win32":  # pragma: no cover  # cmd.exe knows no single quotes
        from subprocess import list2cmdline

        return list2cmdline(words)
    return shlex.join(words)


_NAMES = tuple(each.name for each in fields(Common))


def with_shared_options(command: Callable[..., int]) -> Callable[..., None]:
    """Give a command the shared options: its first parameter gets them all as a `Common`."""

    @functools.wraps(command)
    def run(context: typer.Context, **values: Any) -> None:
        later = Common(**{name: values.pop(name) for name in _NAMES})
        before = context.obj if isinstance(context.obj, Common) else Common()
        raise typer.Exit(command(before.merged(later), **values))

    return _described(run, command)


def store_shared_options(callback: Callable[..., None]) -> Callable[..., None]:
    """Let the options before the command reach it; `callback` gets them, too."""

    @functools.wraps(callback)
    def run(context: typer.Context, **values: Any) -> None:
        context.obj = Common(**{name: values.pop(name) for name in _NAMES})
        callback(context.obj, **values)

    return _described(run, callback)


def _described(run: Callable[..., None], command: Callable[..., object]) -> Callable[..., None]:
    """Tell Typer that `run` takes what `command` takes, and the shared options."""
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    parameters = [
        inspect.Parameter("context", _BY_NAME, annotation=typer.Context),
        *(each.replace(kind=_BY_NAME) for each in [*own, *_shared_parameters()]),
    ]
    run.__dict__["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    # Typer would follow it to the command, and read that one's annotations instead.
    del run.__dict__["__wrapped__"]
    return run


_BY_NAME = inspect.Parameter.KEYWORD_ONLY


def _shared_parameters() -> list[inspect.Parameter]:
    hints = get_type_hints(Common, include_extras=True)
    return [
        inspect.Parameter(each.name, _BY_NAME, default=each.default, annotation=hints[each.name])
        for each in fields(Common)
    ]


def refuse_contradictions(common: Common) -> None:
    """Refuse options that name two services, or belong to a sandbox that there is none of.

    Raises:
        typer.BadParameter: they do.
    """
    if common.sandbox and common.base_url is not None:
        raise typer.BadParameter("--sandbox and --base-url name two services: leave one out.")
    if common.state_dir is not None and not common.sandbox:
        raise typer.BadParameter("--state-dir belongs to the sandbox: add --sandbox.")
    if common.credits is not None and not common.sandbox:
        raise typer.BadParameter("--credits belongs to the sandbox: add --sandbox.")
