"""Where the videos of a batch are saved: a folder, or a template for their names."""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from string import Formatter
from typing import Final

from nemovideo.errors import InvalidInputError
from nemovideo.files.download_target import check_target
from nemovideo.files.media_types import supported_extension
from nemovideo.files.safe_names import safe_name
from nemovideo.files.save_targets import RemotePath, is_url, local_path
from nemovideo.files.storage import StoredFile
from nemovideo.progress.file_stem import slug

_FIELDS: Final = ("key", "index", "name")
_ACCEPTED: Final = ("a folder", "the URL of one", 'a template such as "films/{index:03}-{key}.mp4"')
_INDEX_SPEC: Final = re.compile(r"0?[0-9]{0,2}d?")
_MOST_TRIES: Final = 10_000
_ENDING: Final = ".mp4"


class OutputNames:
    """Gives each video of a batch a name of its own, under which nothing stands yet.

    Args:
        out: A folder, or a template with `{key}`, `{index}` or `{name}`, in which `{index}` may
            have a width, as in `{index:03}`.
        name: What the batch is called.

    Raises:
        InvalidInputError: the template has another field or leaves its folder, or the folder
            cannot be made or written.

    Example:
        ```python
        names = OutputNames("films/{index:03}-{key}.mp4", "autumn")
        names.choose("fox", 17)  # films/017-fox.mp4
        ```
    """

    def __init__(self, out: str | os.PathLike[str], name: str = "") -> None:
        text = os.fspath(out)
        self.name = name
        self._is_template = "{" in text or "}" in text
        if self._is_template:
            _check_template(text)
        self.url: str
        self.url, path = _split_url(text)
        """The scheme and the host of a URL; empty for a folder of this machine."""
        parts = (*(path.split("/") if self.url else Path(path).parts),)
        parts = parts if self._is_template else (*filter(None, parts), "{key}")
        first = next((at for at, part in enumerate(parts) if "{" in part), len(parts))
        self.folder: Path = Path(*parts[:first])
        """The folder that no field is part of: what is about the whole batch is kept there."""
        self._pattern = parts[first:]
        if self._is_template and ".." in parts:
            raise _refused("has .. in it", "A template stays in the folder that it names.")
        if self._is_template and supported_extension(text) not in (None, "mp4"):
            raise _refused("does not end in .mp4", "A batch makes MP4 files.")
        if not self._is_template:
            _check_folder(self.folder, exists=not self.url)
        self._chosen: set[int] = set()
        self._mutex = threading.Lock()

    def check(self) -> None:
        """See that the folder can be written, or made; nothing is made.

        Raises:
            InvalidInputError: it cannot.
        """
        if not self.url:
            with _refusals():
                _check_writable(self.folder)

    def prepare(self) -> None:
        """Make the folder and see that it can be written. Blocks.

        Raises:
            InvalidInputError: it cannot.
        """
        with _refusals():
            if self.url:
                StoredFile(self.locate_url("video.mp4"), "video.mp4")
            else:
                self.folder.mkdir(parents=True, exist_ok=True)
                _check_writable(self.folder)

    def locate_url(self, *parts: str) -> str:
        """Return the URL of a file in the folder, of a batch that is saved at one."""
        return f"{self.url}/{'/'.join((*self.folder.parts, *parts))}"

    def choose(self, key: str, index: int, prompt: str = "") -> Path:
        """Return a free path for a job that can be written, with the folders in it made. Blocks.

        Args:
            key: The job's key.
            index: Its place in the batch.
            prompt: In a folder, the words to name the file after: for a job without a key of its
                own.
        """
        if prompt and not self._is_template:
            key = f"{index:03}-{slug(prompt)}"
        values = {"key": safe_name(key), "index": index, "name": safe_name(self.name)}
        parts = [safe_name(part.format_map(values)) for part in self._pattern]
        if not parts[-1].lower().endswith(_ENDING):
            parts[-1] = safe_name(f"{parts[-1]}{_ENDING}")
        if self.url:
            return self._free_url(parts)
        path = self._free(self.folder.joinpath(*parts))
        try:
            return check_target(path, path.name)
        except InvalidInputError:
            self.release(path)
            raise

    def place(self, path: str | os.PathLike[str]) -> Path:
        """Return a free path for a job that names one itself, relative to the folder. Blocks.

        Raises:
            InvalidInputError: it is relative and leaves the folder.
        """
        if is_url(path):
            return RemotePath(str(path))
        given = Path(path)
        if not given.is_absolute() and ".." in given.parts:
            raise InvalidInputError(
                f"The path {os.fspath(path)!r} of a job leaves the folder of its batch.",
                parameter="path",
                accepted=("a path in that folder", "an absolute path"),
            )
        if self.url and not given.is_absolute():
            return self._free_url(list(given.parts))
        return self._free(self.folder / given)

    def release(self, path: Path) -> None:
        """Note that a file is under a name that was chosen, or will not be."""
        with self._mutex:
            self._chosen.discard(hash(str(path).casefold()))

    def locate(self, path: Path, asked: str | os.PathLike[str] | None) -> Path | None:
        """Return a path that an earlier run may have chosen for this batch, else None.

        It is relative where the folder was given so.

        Args:
            path: Where the video was saved, or was to be.
            asked: The path that the job names itself, if it does.
        """
        if isinstance(path, RemotePath):
            return path if path.url.startswith(f"{self.url}/") or is_url(asked) else None
        if self.url and asked is None:
            return None
        folder = self.folder if asked is None else (self.folder / asked).parent
        try:
            inside = path.relative_to(Path.cwd() / folder)
        except ValueError:
            return None
        return folder / inside if asked is None or len(inside.parts) == 1 else None

    def _free_url(self, parts: list[str]) -> Path:
        name = parts[-1]
        for number in range(1, _MOST_TRIES):
            path = Path(name)
            parts[-1] = name if number == 1 else f"{path.stem}-{number}{path.suffix}"
            url = self.locate_url(*parts)
            if self._take(url) and not StoredFile(url, name).is_taken():
                return RemotePath(url)
        raise _taken(name)

    def _free(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        for number in range(1, _MOST_TRIES):
            found = path if number == 1 else path.with_stem(f"{path.stem}-{number}")
            if not os.path.lexists(found) and self._take(os.fspath(found)):
                return found
        raise _taken(path.name)

    def _take(self, path: str) -> bool:
        """Choose a name, unless a job that runs has it."""
        # By some file systems, names that differ in case alone are one.
        short = hash(path.casefold())
        with self._mutex:
            if short in self._chosen:
                return False
            self._chosen.add(short)
            return True


def _split_url(text: str) -> tuple[str, str]:
    """Return the scheme and host of a URL, and the rest; nothing and the path of a path."""
    if not is_url(text):
        return "", str(local_path(text))
    scheme, _, rest = str(text).partition("://")
    host, _, path = rest.partition("/")
    if "{" in host:
        raise _refused("has a field in the name of its host or bucket", "Name one.")
    return f"{scheme}://{host}", path


def _taken(name: str) -> InvalidInputError:
    return InvalidInputError(
        f"{name} and {_MOST_TRIES} names after it are taken.", parameter="out", accepted=_ACCEPTED
    )


def _check_template(text: str) -> None:
    try:
        parsed = list(Formatter().parse(text))
    except ValueError as error:
        raise _refused(f"is not a template: {error}", "Write { as {{.") from error
    fields = [(field, spec or "", how) for _, field, spec, how in parsed if field is not None]
    for field, spec, how in fields:
        if field not in _FIELDS or how:
            raise _refused(f"has {{{field}}} in it", "It may have {key}, {index} and {name}.")
        if spec and (field != "index" or not _INDEX_SPEC.fullmatch(spec)):
            raise _refused(f"has {{{field}:{spec}}} in it", "A width goes as in {index:03}.")
    if not {"key", "index"} & {field for field, _, _ in fields}:
        raise _refused("gives all videos one name", "Put {key} or {index} into it.")


def _check_folder(folder: Path, *, exists: bool) -> None:
    try:
        is_there = exists and folder.exists()
    except (OSError, ValueError) as error:
        raise _refused("is no path of this system", "Choose another place.") from error
    if is_there and not folder.is_dir():
        raise _refused("is a file", "Name a folder.")
    if not is_there and supported_extension(folder.name) is not None:
        raise _refused("names one file", "A batch makes several: name a folder.")


def _check_writable(folder: Path) -> None:
    """Refuse a folder that cannot be written, or made: then by the nearest one that is there."""
    there = next(filter(_is_there, (folder, *folder.parents)), folder)
    if not there.is_dir():
        raise _refused(f"cannot be made: {there} is a file", "Choose another place.")
    check_target(there, f"video-{secrets.token_hex(4)}{_ENDING}")


def _is_there(path: Path) -> bool:
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True


@contextmanager
def _refusals() -> Generator[None]:
    """Turn what is raised because of the folder into an error of `out`."""
    try:
        yield
    except (OSError, ValueError) as error:
        if not isinstance(error, InvalidInputError):
            reason = getattr(error, "strerror", None) or "it is no path of this system"
            raise _refused(f"cannot be made: {reason}", "Choose another place.") from error
        if error.parameter == "out":
            raise
        problem = f"cannot be used: {error.message.rstrip('.')}"
        raise _refused(problem, error.hint or "") from error


def _refused(problem: str, hint: str) -> InvalidInputError:
    return InvalidInputError(f"out {problem}.", parameter="out", accepted=_ACCEPTED, hint=hint)
