"""Atomic download files: written to a temporary file, moved to the target when complete.

All here but `write` and `drain` blocks, so a caller with an event loop runs it in a thread.
Before a request is sent, `check_target` refuses with `InvalidInputError`; afterwards whatever the
disk refuses is a `DownloadError`, and what stood at the target still stands there.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
import sys
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import cast

from nemovideo.errors import InvalidInputError
from nemovideo.files.download_writer import DownloadWriter
from nemovideo.files.safe_names import safe_name, temp_files, temp_name
from nemovideo.security.file_lock import is_named, remove_unlocked, try_lock
from nemovideo.security.private_files import replace, sync_folder

# What a path makes of "s3://films/panda.mp4".
_COLLAPSED_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]+:[/\\][^/\\]")
_STRIDE_BYTES = 8 * 2**20
_MAX_GATHERED = 1024
"""How many pieces POSIX systems take in one call."""
_ACCEPTED = ("a file in an existing folder", "an existing folder")


def check_target(path: str | os.PathLike[str], default_name: str) -> Path:
    """Return the file that a download to `path` will be, or refuse before anything is sent.

    For an existing folder that is `default_name` in it, made safe. A link that the caller names is
    followed; one that happens to lie in the folder under the default name is refused.

    Raises:
        InvalidInputError: the folder does not exist or cannot be written, or what stands there is
            no regular file or is write-protected.
    """
    given = cast("object", path)  # anything, from a caller who checks no types
    text = cast("object", os.fspath(path)) if isinstance(given, os.PathLike) else given
    if not isinstance(text, str) or not text:
        raise _refused("The path to save to is empty or no text.", "Give a file name.")
    try:
        return _check(Path(text), text.endswith(("/", os.sep)), safe_name(default_name))
    except InvalidInputError:
        raise
    except (OSError, ValueError) as error:
        # ValueError: a character that no path can hold, such as NUL or half a surrogate.
        reason = getattr(error, "strerror", None) or "it is no path of this system"
        raise _refused(f"{text!r} cannot be written: {reason}.", "Choose another place.") from error


def _check(path: Path, folder_meant: bool, default_name: str) -> Path:
    if path.is_dir():
        path /= default_name
        if path.is_symlink():
            raise _refused(f"{path} is a link.", "Name the file to write.")
    elif folder_meant:
        raise _refused(f"The folder {path} does not exist.", "Make it first, or choose another.")
    final = _follow(path)
    if not final.parent.is_dir():
        is_url = _COLLAPSED_URL.match(str(path)) is not None
        raise _refused(
            f"The folder {path.parent} does not exist.",
            "Give a URL as text, as a path loses a slash of it."
            if is_url
            else "Make it first, or choose another.",
        )
    _check_replaceable(path, final)
    _try_folder(final)
    return path


def _check_replaceable(path: Path, final: Path) -> None:
    try:
        mode = final.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise _refused(f"{path} is there and is not a regular file.", "Choose another name.")
    if not mode & (stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH):
        raise _refused(f"{path} is write-protected.", "Choose another name, or unprotect it.")


def _try_folder(final: Path) -> None:
    # The only question that access lists, read-only mounts and quotas all answer truly.
    probe = temp_name(final)
    os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    probe.unlink(missing_ok=True)


def _refused(message: str, hint: str) -> InvalidInputError:
    return InvalidInputError(message, parameter="path", accepted=_ACCEPTED, hint=hint)


def _follow(path: Path) -> Path:
    # Replacing a link would leave the file that it names as it was.
    return Path(os.path.realpath(path)) if path.is_symlink() else path


@dataclass(frozen=True, slots=True)
class _TempFile:
    path: Path
    file: FileIO
    final_mode: int


class AtomicFileWriter(DownloadWriter):
    """One download on its way to the file `path`, as `check_target` returned it.

    `write` keeps what arrives and says when `flush` is due; `commit` or `abort` ends it. What a
    killed process left beside the same target is removed when the next one starts.

    Example:
        ```python
        writer = AtomicFileWriter(check_target("panda.mp4", "render_1.mp4"))
        writer.open()
        try:
            for chunk in chunks:
                if writer.write(chunk):
                    writer.flush()
            writer.commit(expected_length)
        finally:
            writer.abort()
        ```
    """

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), str(path))
        self.path = path
        self._final = path
        self._part: _TempFile | None = None
        self._writeback_to = 0  # how far into the file the system was asked to write it out

    def open(self) -> None:
        """Open the file beside the target, private until it is whole."""
        with self._disk_errors():
            self._final = _follow(self.path)
            _clear_leftovers(self._final)
            self._part = _create_part(self._final)

    def commit(self, expected_length: int | None) -> Path:
        """Put the file in the target's place, once it is on the disk as a whole, and return it.

        `expected_length` in bytes, None where the service did not tell. On failure the part is
        removed.

        Raises:
            DownloadError: bytes are missing or too many, or the disk failed.
        """
        try:
            self.check_length(expected_length)
            self.flush()
            with self._disk_errors():
                self._replace()
        finally:
            self.abort()
        return self.path

    def abort(self) -> None:
        """Close and remove the part; nothing happens after `commit`, or the second time."""
        self._forget()
        part, self._part = self._part, None
        if part is not None:
            _remove(part)

    def _folder(self, length: int) -> Path | None:
        return self._final.parent

    def _append(self, pieces: list[bytes]) -> None:
        file = self._opened().file
        _write_all(file, pieces)
        self._writeback_to = _start_writeback(file, self._writeback_to)

    def _truncate(self) -> None:
        file = self._opened().file
        file.seek(0)
        file.truncate()
        self._writeback_to = 0

    def _replace(self) -> None:
        part = self._opened()
        os.fsync(part.file.fileno())
        _change_mode(part.path, part.final_mode)
        part.file.close()
        replace(part.path, self._final)
        self._part = None
        sync_folder(self._final.parent)

    def _opened(self) -> _TempFile:
        if self._part is None:
            raise RuntimeError("`open` was not called, or the download has ended")
        return self._part


def _create_part(final: Path) -> _TempFile:
    """Create the part, locked for as long as it is open."""
    while True:
        path = temp_name(final)
        # Asking for 0666 shows what umask and folder make of it; the umask itself cannot be read
        # without changing it for every thread.
        flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        file = FileIO(os.open(path, flags, 0o666), "wb")
        try:
            usual = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            _change_mode(path, 0o600)
            part = _TempFile(path, file, _mode_of(final, usual))
            # Another process may take the new file for a leftover in the instant before the lock.
            if _locked(file.fileno()) and is_named(file.fileno(), path):
                return part
        except BaseException:
            _remove(_TempFile(path, file, 0))
            raise
        file.close()


def _write_all(file: FileIO, pieces: list[bytes]) -> None:
    done = _write_gathered(file, pieces)
    if done == sum(map(len, pieces)):
        return
    with memoryview(b"".join(pieces)) as whole:
        while done < len(whole):
            done += file.write(whole[done:])


def _write_gathered(file: FileIO, pieces: list[bytes]) -> int:
    """Write the pieces with `writev`, without copying; return the bytes written."""
    if sys.platform != "win32" and len(pieces) <= _MAX_GATHERED:
        with contextlib.suppress(OSError):  # what is wrong, writing them joined will say
            return os.writev(file.fileno(), pieces)
    return 0


def _start_writeback(file: FileIO, done_to: int) -> int:
    """Have the system begin to write out what is new, and return how far it was asked to.

    Otherwise it waits for `fsync`, and the user with it: a sixth of the time of a large file. The
    advice to forget these pages begins the writing; forgotten are only those already written out.
    """
    if sys.platform != "linux":  # pragma: no cover  # the suite runs on Linux
        return done_to
    reached = file.tell()
    if reached - done_to < _STRIDE_BYTES:
        return done_to
    with contextlib.suppress(OSError):
        os.posix_fadvise(file.fileno(), done_to, reached - done_to, os.POSIX_FADV_DONTNEED)
    return reached


def _remove(part: _TempFile) -> None:
    # On the way out of another error as a rule, and there is nothing left to lose.
    if sys.platform == "win32":  # pragma: no cover  # open files stay there
        part.file.close()
    with contextlib.suppress(OSError):
        part.path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        part.file.close()


def _change_mode(path: Path, mode: int) -> None:
    with contextlib.suppress(OSError):  # a memory stick has no modes, and takes videos all the same
        path.chmod(mode)


def _locked(handle: int) -> bool:
    try:
        return try_lock(handle)
    except OSError:
        return True  # no locks on this file system, so no one clears leftovers there either


def _mode_of(final: Path, usual: int) -> int:
    try:
        return stat.S_IMODE(final.stat().st_mode)
    except FileNotFoundError:
        return usual


def _clear_leftovers(final: Path) -> None:
    with contextlib.suppress(OSError):  # a folder that cannot be listed can still be written
        for part in temp_files(final):
            with contextlib.suppress(OSError):
                remove_unlocked(part)
