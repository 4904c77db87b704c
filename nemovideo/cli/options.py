"""The options that every command takes, before or after its name."""

from __future__ import annotations

import functools
import inspect
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Final, get_type_hints

import typer
from typer.core import TyperCommand, TyperGroup

from nemovideo.cli.chinese_help import locale_language, translate_parameter
from nemovideo.cli.display.output import Output

_ADDRESS = re.compile(r"auto|local|[a-z]+://\S+|(?:[\w.-]+|\[[\w:]+\]):[0-9]+")

_option = functools.partial(typer.Option, rich_help_panel="Options of every command")


# `Any`: by its version, Typer uses click or a copy of its own.
class Command(TyperCommand):
    """A command whose help shows no type for flags."""

    def get_params(self, ctx: Any) -> Any:
        return _adapted(super().get_params(ctx))


class RayCommand(Command):
    """A command whose option `--ray` may have an address, which Typer does not offer."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        return super().parse_args(ctx, with_ray_address(args))


def with_ray_address(args: list[str]) -> list[str]:
    """Return arguments in which `--ray` has an address, empty where none follows it."""
    end = args.index("--") if "--" in args else len(args)
    following = [*args[1:], ""]
    return [
        "--ray=" if word == "--ray" and at < end and not _ADDRESS.fullmatch(following[at]) else word
        for at, word in enumerate(args)
    ]


class Group(TyperGroup):
    """The program, with the same help."""

    def get_params(self, ctx: Any) -> Any:
        return _adapted(super().get_params(ctx))


def _adapted(parameters: list[Any]) -> list[Any]:
    """Show no type for flags, and Chinese texts under a Chinese locale."""
    chinese = locale_language() is not None
    for each in parameters:
        if getattr(each, "is_flag", False):
            each.metavar = ""
        if chinese:
            translate_parameter(each)
    return parameters


@dataclass(frozen=True)
class Common:
    """The values of the shared options."""

    sandbox: Annotated[
        bool,
        _option(
            "--sandbox",
            help="Use a local sandbox: no account, no cost. It ends with this command.",
        ),
    ] = False
    state_dir: Annotated[
        Path | None,
        _option(
            "--state-dir",
            metavar="DIR",
            help="With --sandbox: store its sessions and renders in this folder.",
        ),
    ] = None
    credits: Annotated[
        int | None,
        _option(
            "--credits",
            metavar="N",
            min=0,
            help="With a sandbox: the initial balance. Default: 10,000.",
        ),
    ] = None
    base_url: Annotated[
        str | None,
        _option("--base-url", metavar="URL", help="The service's URL.  \\[env: NEMO_API_URL]"),
    ] = None
    record: Annotated[
        Path | None,
        _option(
            "--record",
            metavar="FILE",
            help="Append every exchange with the service to FILE, without secrets.",
        ),
    ] = None
    json: Annotated[bool, _option("--json", help="Write one JSON object per line to stdout.")] = (
        False
    )
    quiet: Annotated[bool, _option("--quiet", "-q", help="Write only results and errors.")] = False
    debug: Annotated[bool, _option("--debug", help="Show tracebacks and the log.")] = False
    no_color: Annotated[bool, _option("--no-color", help="No colours.  \\[env: NO_COLOR]")] = False

    def merged(self, later: Common) -> Common:
        """Return both together; options after the command win."""
        set_later = {
            each.name: getattr(later, each.name)
            for each in fields(self)
            if getattr(later, each.name) != each.default
        }
        return replace(self, **set_later)

    @property
    def is_temporary(self) -> bool:
        """Whether sessions end with the command, because its sandbox does."""
        return self.sandbox and self.state_dir is None

    def command(self, *words: str) -> str:
        """Return a command line with the same service, ready to be pasted into a shell."""
        options: list[str] = []
        if self.base_url:
            options = ["--base-url", self.base_url]
        elif self.state_dir:
            options = ["--sandbox", "--state-dir", str(self.state_dir)]
        return _join(["nemovideo", *words, *options])

    def output(self) -> Output:
        return Output(self.json, self.quiet, self.debug, not self.no_color)


def _join(words: list[str]) -> str:
    if sys.platform == "win32":  # pragma: no cover  # cmd.exe knows no single quotes
        return subprocess.list2cmdline(words)
    return shlex.join(words)


SHARED: Final = tuple(each.name for each in fields(Common))
"""The names of the shared options."""


def with_shared_options(
    command: Callable[..., int], shared: Sequence[str] = SHARED
) -> Callable[..., None]:
    """Add `shared` options to a command, which gets them as its first argument."""

    @functools.wraps(command)
    def run(context: typer.Context, **values: Any) -> None:
        later = Common(**{name: values.pop(name) for name in shared})
        before = context.obj if isinstance(context.obj, Common) else Common()
        raise typer.Exit(command(before.merged(later), **values))

    return _described(run, command, shared)


def store_shared_options(callback: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(callback)
    def run(context: typer.Context, **values: Any) -> None:
        context.obj = Common(**{name: values.pop(name) for name in SHARED})
        callback(context.obj, **values)

    return _described(run, callback, SHARED)


def _described(
    run: Callable[..., None], command: Callable[..., object], shared: Sequence[str]
) -> Callable[..., None]:
    """Give `run` the signature of `command` plus the shared options."""
    own = list(inspect.signature(command, eval_str=True).parameters.values())[1:]
    parameters = [
        inspect.Parameter("context", _BY_NAME, annotation=typer.Context),
        *(each.replace(kind=_BY_NAME) for each in [*own, *_shared_parameters(shared)]),
    ]
    run.__dict__["__signature__"] = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}
    # Typer would follow it and read the annotations of `command` instead.
    del run.__dict__["__wrapped__"]
    return run


_BY_NAME = inspect.Parameter.KEYWORD_ONLY


def _shared_parameters(shared: Sequence[str]) -> list[inspect.Parameter]:
    hints = get_type_hints(Common, include_extras=True)
    return [
        inspect.Parameter(each.name, _BY_NAME, default=each.default, annotation=hints[each.name])
        for each in fields(Common)
        if each.name in shared
    ]


def check_options(common: Common) -> None:
    """Check that the options name one service."""
    if common.sandbox and common.base_url is not None:
        raise typer.BadParameter("--sandbox and --base-url exclude each other: leave one out.")
    if common.state_dir is not None and not common.sandbox:
        raise typer.BadParameter("--state-dir needs --sandbox.")
    if common.credits is not None and not common.sandbox:
        raise typer.BadParameter("--credits needs --sandbox.")
