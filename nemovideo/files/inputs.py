"""Files that the user names: every check comes before anything is sent."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import BinaryIO, TypeAlias, cast
from urllib.parse import urlsplit

from anyio import to_thread

from nemovideo.concurrency.callbacks import ProgressCallback
from nemovideo.errors import (
    SUPPORTED_FORMATS,
    UPLOAD_LIMIT_BYTES,
    FileTooLargeError,
    InvalidInputError,
    UnsupportedFileError,
)
from nemovideo.files.arguments import listed
from nemovideo.files.media_types import (
    HEAD_BYTES,
    matches_extension,
    mime_type,
    supported_extension,
)
from nemovideo.files.multipart import MultipartBody, Part
from nemovideo.files.sources import (
    BytesSource,
    FileSource,
    PathSource,
    Source,
    read_prefix,
    unreadable,
)

FileInput: TypeAlias = str | os.PathLike[str] | BinaryIO | tuple[str, bytes | BinaryIO]
"""A path, an open binary file with a name, or a name with bytes or with an open binary file."""

_ACCEPTED = ("a path", '("clip.mp4", bytes)', "an open binary file", '("clip.mp4", open file)')


async def build_upload_form(
    files: Sequence[FileInput], on_progress: ProgressCallback | None = None
) -> MultipartBody:
    """Validate `files` and return them as one form, which may be sent again.

    Nothing is read but the first bytes of each. A path is opened when it is sent; a file object
    stays open and is read from where it stands.

    Args:
        files: At least one file.
        on_progress: called with (bytes sent, bytes of all files); sync or async.

    Raises:
        InvalidInputError: no file, one that is missing, unreadable, empty or a folder, or something
            that is no file at all.
        UnsupportedFileError: a kind that the service does not take, by name or by content.
        FileTooLargeError: more than 500 MB (wire-contract section 4).

    Example:
        ```python
        body = await build_upload_form(["beach.mp4", ("logo.png", png_bytes)])
        ```
    """
    if not files:
        raise _refused("No file was given.")
    parts = await to_thread.run_sync(lambda: tuple(_checked(file) for file in files))
    return MultipartBody(parts, on_progress)


def check_urls(urls: Sequence[str]) -> tuple[str, ...]:
    """Return `urls`, or the one, if the service can fetch from each.

    Raises:
        InvalidInputError: a URL without http(s) or host, or with a user name in it.
    """
    urls = listed(urls, "urls")
    for number, url in enumerate(urls, 1):
        if not _is_fetchable(url):
            # The URL may hold a signature, so it is counted and not quoted.
            raise InvalidInputError(
                f"URL number {number} cannot be fetched by the service.",
                parameter="urls",
                accepted=("https://host/path", "http://host/path"),
                hint="Give a complete link to the file itself.",
            )
    return urls


def _is_fetchable(url: object) -> bool:
    if not isinstance(url, str) or not url.isprintable() or " " in url:
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


def _checked(file: FileInput) -> Part:
    name, source, size = _located(file)
    if size == 0:
        raise _refused(f"{name} is empty.")
    if size > UPLOAD_LIMIT_BYTES:
        raise FileTooLargeError(
            f"{name} has {size / 2**20:.1f} MB; the service takes 500 MB at most.",
            hint="Compress it, or trim it into shorter clips.",
        )
    ending = supported_extension(name)
    if ending is None:
        raise _unsupported(f"{name} is not of a kind that the service takes.")
    if not matches_extension(ending, read_prefix(source, name, HEAD_BYTES)):
        raise _unsupported(f"{name} is named .{ending}, but its content is something else.")
    return Part(_with_ending(name, ending), mime_type(ending), size, source)


def _with_ending(name: str, ending: str) -> str:
    # The service knows .jpg only (wire-contract section 4), and cameras write .jpeg too.
    stem, dot, written = name.rpartition(".")
    return name if written.lower() == ending else f"{stem}{dot}{ending}"


def _located(file: object) -> tuple[str, Source, int]:
    """Return the name, the source and the size of what the user gave, whatever that is."""
    match file:
        case str() | os.PathLike():
            return _on_disk(cast("str | os.PathLike[str]", file))
        case (str(name), bytes() | bytearray() as data):
            return _base(name), BytesSource(bytes(data)), len(data)
        case (str(name), object() as content):
            return _opened(_base(name), content)
        case tuple():
            raise _refused("A pair for a file is a name and its content.")
        case _:
            return _opened(_base(_own_name(file)), file)


def _own_name(file: object) -> str:
    name: object = getattr(file, "name", None)
    if isinstance(name, str):
        return name
    opened = hasattr(file, "read")
    raise _refused("An open file has no name." if opened else "That is no file.")


def _on_disk(given: str | os.PathLike[str]) -> tuple[str, Source, int]:
    path = Path(given)
    try:
        found = path.stat()
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise _refused(f"There is no file {path.name}.") from error
    except OSError as error:
        raise unreadable(path.name, error) from error
    if stat.S_ISDIR(found.st_mode):
        raise _refused(f"{path.name or path} is a folder.")
    if not stat.S_ISREG(found.st_mode):
        raise _refused(f"{path.name} is not a regular file.")
    return path.name, PathSource(path, found.st_size, found.st_mtime_ns), found.st_size


def _opened(name: str, given: object) -> tuple[str, Source, int]:
    file = cast("BinaryIO", given)
    try:
        start = file.tell()
        size = file.seek(0, os.SEEK_END) - start
        file.seek(start)
        binary = isinstance(cast("object", file.read(0)), bytes)
    except (OSError, ValueError) as error:
        raise unreadable(name, error) from error
    except (AttributeError, TypeError) as error:
        raise _refused(f"{name} is neither bytes nor a file that can be read twice.") from error
    if not binary:
        raise _refused(f'{name} is open as text; open it with mode "rb".')
    return name, FileSource(file, start), max(size, 0)


def _base(name: str) -> str:
    # Both kinds of separator: a name may come from another system.
    return PureWindowsPath(name).name


def _refused(message: str) -> InvalidInputError:
    return InvalidInputError(
        message,
        parameter="file",
        accepted=_ACCEPTED,
        hint="Give a path, a name with bytes, or an open binary file.",
    )


def _unsupported(message: str) -> UnsupportedFileError:
    return UnsupportedFileError(message, hint=f"It takes {', '.join(SUPPORTED_FORMATS)}.")
