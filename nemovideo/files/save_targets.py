"""Where a video may be saved: a file, a folder, an open file, or a URL of a file system."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Protocol, TypeAlias, TypeGuard
from urllib.parse import urlsplit

if sys.platform == "win32":  # pragma: no cover  # the suite runs on Linux
    from pathlib import WindowsPath as _SystemPath
else:
    from pathlib import PosixPath as _SystemPath

# Two letters at least: "C://" is a drive. "a::b://" are file systems in one another.
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+(?:::[^/]*)?://")

_LOCAL_SCHEMES = ("file://", "local://")


class BinaryWriter(Protocol):
    """An open binary file, or whatever else has such a `write`, sync or async."""

    def write(self, data: bytes, /) -> object:
        """Take the next bytes."""
        ...


SaveTarget: TypeAlias = "str | os.PathLike[str] | BinaryWriter"
"""A path, a folder, a binary file object, or a URL such as `s3://films/panda.mp4`."""


class RemotePath(_SystemPath):
    """Where a file was saved that is not on this machine: its text is its URL.

    It has a name and an ending like every path; no file of this machine is behind it.
    """

    url: str = ""

    def __new__(cls, url: str) -> RemotePath:
        """Keep the URL as it is, which a path would rewrite, but for the credentials in it."""
        made = super().__new__(cls, url)
        made.url = without_credentials(url)
        return made

    def __str__(self) -> str:
        return self.url

    def __fspath__(self) -> str:
        return self.url

    def __repr__(self) -> str:
        return f"RemotePath({self.url!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RemotePath) and other.url == self.url

    def __hash__(self) -> int:
        return hash(self.url)

    def __reduce__(self) -> tuple[type[RemotePath], tuple[str]]:
        return RemotePath, (self.url,)


def is_url(target: object) -> TypeGuard[str | RemotePath]:
    """Return True for a URL of another file system; False for a path, whatever its name."""
    if isinstance(target, RemotePath):
        return True
    return (
        isinstance(target, str)
        and _URL.match(target) is not None
        and not target.startswith(_LOCAL_SCHEMES)
    )


def local_path(path: str | os.PathLike[str]) -> str | os.PathLike[str]:
    """Return a path without the scheme of a URL of this machine, and any other as it is."""
    if isinstance(path, str):
        for scheme in _LOCAL_SCHEMES:
            path = path.removeprefix(scheme)
    return path


def path_of(target: SaveTarget) -> Path | None:
    """Return a target as the journal keeps it; None for a file object."""
    if is_url(target):
        return RemotePath(str(target))
    return Path(local_path(target)) if isinstance(target, (str, os.PathLike)) else None


def without_credentials(url: str) -> str:
    """Return a URL without the password in it: what is before an "@" may be a container's name."""
    try:
        user, colon, password = urlsplit(url).netloc.rpartition("@")[0].partition(":")
    except ValueError:
        return url
    return url.replace(f"{user}{colon}{password}@", f"{user}@", 1) if colon else url
