"""Files that only their owner may read: how they are opened and replaced.

Everything here blocks, so an async caller runs it in a thread. Every error of the operating system,
and every file that is not what it should be, is a `StoreUnavailable`.
"""

from __future__ import annotations

import contextlib
import logging
import os
import stat
import sys
import time
from collections.abc import Generator
from pathlib import Path

_logger = logging.getLogger(__name__)

# Windows has no such flags; there the access list of the user's profile does this work.
_NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)
_BINARY: int = getattr(os, "O_BINARY", 0)

_PRIVATE_FILE = 0o600
_PRIVATE_FOLDER = 0o700
_OTHERS = 0o077
_OTHERS_WRITE = 0o022
# Our files are far smaller; a larger one is another program's.
_READ_LIMIT_BYTES = 4 * 2**20
# Windows moves no open file, and virus scanners open what is new for a moment.
_REPLACE_TIMEOUT = 1.0 if sys.platform == "win32" else 0.0
_REPLACE_STEP = 0.01


class StoreUnavailable(OSError):  # noqa: N818  # a state of the folder that callers expect and handle
    """The config folder, or a file in it, cannot be used; work goes on in memory."""


@contextlib.contextmanager
def map_os_errors(path: Path) -> Generator[None, None, None]:
    """Raise errors of the operating system about `path` as `StoreUnavailable`."""
    try:
        yield
    except StoreUnavailable:
        raise
    except (OSError, ValueError) as error:
        # ValueError: a path with a NUL character.
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise StoreUnavailable(f"{path} cannot be used: {reason}.") from error


def ensure_folder(path: Path, *, restrict_mode: bool = True) -> None:
    """Make the folder `path`, with mode 0700 from the first instant, or check an existing one.

    Without `restrict_mode`, an existing one keeps its mode.
    """
    with map_os_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=_PRIVATE_FOLDER)
        if restrict_mode:
            check_folder(path)


def check_folder(path: Path) -> bool:
    """Return whether the folder `path` exists, and check that it can be trusted."""
    with map_os_errors(path):
        try:
            found = path.lstat()
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(found.st_mode):
            raise StoreUnavailable(f"{path} is not a folder (links are refused).")
        _check_owner(path, found)
        if not _is_private(found):
            _restrict_folder(path, found.st_mode)
        return True


def read_private(path: Path, *, restrict_mode: bool = True) -> bytes | None:
    """Return the content of the file `path`, or None if there is none.

    With `restrict_mode`, a file that others could read gets mode 0600 first, with a warning.
    """
    with map_os_errors(path):
        try:
            handle = open_private(path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as file:
            if restrict_mode:
                _restrict_file(path, os.fstat(handle))
            return file.read(_READ_LIMIT_BYTES + 1)[:_READ_LIMIT_BYTES]


def open_private(path: Path, flags: int) -> int:
    """Open the file `path`, made with mode 0600 if `flags` say so, and return its descriptor."""
    # Without O_NONBLOCK, opening a pipe in the file's place would wait for its writer.
    handle = os.open(path, flags | _NOFOLLOW | _NONBLOCK | _BINARY, _PRIVATE_FILE)
    try:
        _check_file(path, os.fstat(handle))
    except BaseException:
        os.close(handle)
        raise
    return handle


def write_private(path: Path, data: bytes) -> None:
    """Replace the file `path` by one with this content and mode 0600, atomically.

    The caller holds a lock: the temporary file has one fixed name, so that one left by a killed
    process is replaced instead of staying there with a secret in it.
    """
    temporary = path.with_name(f".{path.name}.tmp")
    with map_os_errors(path):
        check_existing(path)
        temporary.unlink(missing_ok=True)
        try:
            with os.fdopen(create_private(temporary), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def replace(path: Path, target: Path, *, timeout: float = _REPLACE_TIMEOUT) -> None:
    """Move the file `path` to `target`, trying for `timeout` seconds if permission is denied."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            path.replace(target)
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(_REPLACE_STEP)
        else:
            return


def create_private(path: Path) -> int:
    """Create the new file `path` with mode 0600 and return its descriptor, open for writing."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _BINARY
    return os.open(path, flags, _PRIVATE_FILE)


def check_existing(path: Path, *, restrict_mode: bool = False) -> bool:
    """Return whether there is a file at `path`, and check that it may be replaced.

    With `restrict_mode`, a file that others could read gets mode 0600, with a warning.
    """
    with map_os_errors(path):
        try:
            found = path.lstat()
        except FileNotFoundError:
            return False
        _check_file(path, found)
        if restrict_mode:
            _restrict_file(path, found)
        return True


def sync_folder(path: Path) -> None:
    """Make renames in the folder `path` durable, where the file system can."""
    if sys.platform == "win32":  # pragma: no cover  # a folder cannot be opened there
        return
    # Some network file systems cannot, and some folders may be written but not read.
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _check_file(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise StoreUnavailable(f"{path} is not a regular file (links are refused).")
    _check_owner(path, found)


def _check_owner(path: Path, found: os.stat_result) -> None:
    if sys.platform == "win32":  # pragma: no cover  # no owner numbers there
        return
    if found.st_uid != os.geteuid():
        raise StoreUnavailable(f"{path} belongs to another user.")


def _is_private(found: os.stat_result) -> bool:
    # Windows makes the mode up from the read-only flag.
    return sys.platform == "win32" or not found.st_mode & _OTHERS


def _restrict_file(path: Path, found: os.stat_result) -> None:
    if not _is_private(found):
        path.chmod(_PRIVATE_FILE)
        _logger.warning("%s could be read by others; its mode is 0600 now.", path)


def _restrict_folder(path: Path, mode: int) -> None:
    # The mode of a folder with other purposes (a home, /tmp) is not ours to change: the files in
    # it are private by themselves.
    if not mode & stat.S_ISVTX and (path.name == "nemovideo" or _has_only_ours(path)):
        path.chmod(_PRIVATE_FOLDER)
        _logger.warning("%s could be opened by others; its mode is 0700 now.", path)
    elif mode & _OTHERS_WRITE and not mode & stat.S_ISVTX:
        raise StoreUnavailable(f"{path} can be written by others.")


def _has_only_ours(path: Path) -> bool:
    ours = ("client_id", "tokens.", "journal.", ".client_id.", ".tokens.", ".store.")
    return all(entry.name.startswith(ours) for entry in path.iterdir())
