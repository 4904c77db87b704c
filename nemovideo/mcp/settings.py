"""What the owner of the server allows: folders, credits, and who may connect."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nemovideo.errors import InvalidInputError
from nemovideo.security.redaction import Secret

_FOLDERS = "NEMOVIDEO_MCP_FOLDERS"
_OUTPUT_DIR = "NEMOVIDEO_MCP_OUTPUT_DIR"
_MAX_CREDITS = "NEMOVIDEO_MCP_MAX_CREDITS"
_BEARER = "NEMOVIDEO_MCP_TOKEN"
_SHORTEST_TOKEN = 16


@dataclass(frozen=True)
class ServerSettings:
    """What a server may read, write and spend.

    Args:
        folders: Files are uploaded from here and from `output_dir`, and from nowhere else.
        output_dir: Videos are saved here.
        max_credits: What may be spent in all without asking, while the server runs.
        token: What a client on another machine must send as its bearer token.
    """

    folders: tuple[Path, ...]
    output_dir: Path
    max_credits: float | None = None
    token: Secret | None = None

    @property
    def readable(self) -> tuple[Path, ...]:
        """Every folder that a file may be uploaded from."""
        return (*self.folders, self.output_dir)


def load_server_settings(environ: Mapping[str, str] | None = None) -> ServerSettings:
    """Read the settings from the environment.

    Without `NEMOVIDEO_MCP_FOLDERS` it is the current folder, where that is a folder of a project:
    neither the root nor the home itself. Without `NEMOVIDEO_MCP_OUTPUT_DIR` videos are saved in
    `NemoVideo` in the home folder.
    """
    env = os.environ if environ is None else environ
    named = env.get(_FOLDERS)
    folders = _default_folders() if named is None else _read_folders(named)
    output = env.get(_OUTPUT_DIR)
    return ServerSettings(
        folders=folders,
        output_dir=_absolute(_OUTPUT_DIR, output) if output else Path.home() / "NemoVideo",
        max_credits=_read_amount(env.get(_MAX_CREDITS)),
        token=_read_token(env.get(_BEARER)),
    )


def _default_folders() -> tuple[Path, ...]:
    try:
        here = Path.cwd()
    except OSError:  # the folder is gone
        return ()
    return () if here in (Path(here.anchor), Path.home()) else (here,)


def _read_folders(value: str) -> tuple[Path, ...]:
    folders = tuple(_absolute(_FOLDERS, each) for each in value.split(os.pathsep) if each.strip())
    for folder in folders:
        if not folder.is_dir():
            raise _invalid(_FOLDERS, f"{folder} is not a folder", "folders that exist")
    return folders


def _absolute(variable: str, value: str) -> Path:
    try:
        path = Path(value.strip()).expanduser()
    except RuntimeError:  # there is no such user
        path = Path()
    if not path.is_absolute() or "\0" in value:
        raise _invalid(variable, "it is no absolute path", "an absolute path")
    return path


def _read_amount(value: str | None) -> float | None:
    if value is None or not value.strip():
        return None
    try:
        amount = float(value)
    except ValueError:
        amount = math.nan
    if not 0 <= amount < math.inf:
        raise _invalid(_MAX_CREDITS, "it is no number from 0", "a number from 0")
    return amount


def _read_token(value: str | None) -> Secret | None:
    if not value:
        return None
    if len(value) < _SHORTEST_TOKEN or not value.isascii() or not value.isprintable():
        raise _invalid(
            _BEARER,
            "it is too short or has other characters",
            f"{_SHORTEST_TOKEN} or more printable ASCII characters",
        )
    return Secret(value)


def _invalid(variable: str, problem: str, accepted: str) -> InvalidInputError:
    return InvalidInputError(
        f"{variable} cannot be used: {problem}.",
        parameter=variable,
        accepted=(accepted,),
        hint=f"Set it to {accepted}.",
    )
