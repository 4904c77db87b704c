"""Files that only their owner may read: how they are opened, replaced and locked.

Everything here blocks, so a caller with an event loop runs it in a thread. Every refusal of the
operating system, and every file that is not what it should be, is one `StoreUnavailable`.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import os
import stat
import sys
import threading
import time
import weakref
from collections.abc import Callable, Generator
from pathlib import Path

if sys.platform == "win32":  # pragma: no cover  # the suite runs on POSIX
    import msvcrt
else:
    import fcntl

_logger = logging.getLogger(__name__)

# Windows has no such flags; there the access list of the user's profile does this work.
_NOFOLLOW: int = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK: int = getattr(os, "O_NONBLOCK", 0)
_BINARY: int = getattr(os, "O_BINARY", 0)

_TIGHT_FILE = 0o600
_TIGHT_FOLDER = 0o700
_OTHERS = 0o077
_OTHERS_WRITE = 0o022
# Nothing that is kept here comes near; a larger file is somebody else's.
_READ_LIMIT_BYTES = 4 * 2**20
_LOCK_STEP = 0.01
# Windows moves no file that somebody has open, and virus scanners open what is new for a moment.
_REPLACE_PATIENCE = 1.0 if sys.platform == "win32" else 0.0


class StoreUnavailable(OSError):  # noqa: N818  # a state of the folder that callers expect and handle
    """The config folder, or a file in it, cannot be used; work goes on in memory."""


@contextlib.contextmanager
def refusals(path: Path) -> Generator[None, None, None]:
    """Turn what the operating system refuses about `path` into `StoreUnavailable`."""
    try:
        yield
    except StoreUnavailable:
        raise
    except (OSError, ValueError) as error:
        # ValueError: a path with a NUL character, which no call accepts.
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise StoreUnavailable(f"{path} cannot be used: {reason}.") from error


def ensure_folder(path: Path) -> None:
    """Make the folder `path` with mode 0700 from the first instant, or check the one there.

    Raises:
        StoreUnavailable: it cannot be made, or is a link, no folder, or somebody else's.
    """
    with refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            path.mkdir(mode=_TIGHT_FOLDER)
        check_folder(path)


def check_folder(path: Path) -> bool:
    """Say whether the folder `path` exists, and refuse one that cannot be trusted.

    Raises:
        StoreUnavailable: it is a link, no folder, somebody else's, or open to others' writing.
    """
    with refusals(path):
        try:
            found = path.lstat()
        except FileNotFoundError:
            return False
        if not stat.S_ISDIR(found.st_mode):
            raise StoreUnavailable(f"{path} is not a folder (links are refused).")
        _check_owner(path, found)
        if not _is_tight(found):
            _tighten_folder(path, found.st_mode)
        return True


def read_private(path: Path, *, tighten: bool = True) -> bytes | None:
    """Return what the file `path` holds, or None where there is none.

    With `tighten`, a file that others could read is closed to them first, with a warning.

    Raises:
        StoreUnavailable: it is a link, no regular file, somebody else's, or unreadable.
    """
    with refusals(path):
        try:
            # Without O_NONBLOCK, opening a pipe in the file's place would wait for its writer.
            handle = os.open(path, os.O_RDONLY | _NOFOLLOW | _NONBLOCK | _BINARY)
        except FileNotFoundError:
            return None
        with os.fdopen(handle, "rb") as file:
            found = os.fstat(handle)
            _check_file(path, found)
            if tighten:
                _tighten_file(path, found)
            return file.read(_READ_LIMIT_BYTES + 1)[:_READ_LIMIT_BYTES]


def write_private(path: Path, data: bytes) -> None:
    """Replace the file `path` by one that holds `data`, whole or not at all, with mode 0600.

    The caller holds a lock: the file beside has one fixed name, so that one left behind by a
    killed process is found and replaced instead of lying there with a secret in it.

    Raises:
        StoreUnavailable: the folder or the file cannot be written or trusted.
    """
    beside = path.with_name(f".{path.name}.tmp")
    with refusals(path):
        check_place(path)
        beside.unlink(missing_ok=True)
        try:
            with os.fdopen(create_private(beside), "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            replace(beside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def replace(path: Path, target: Path, *, patience: float = _REPLACE_PATIENCE) -> None:
    """Move the file `path` to `target`, and try again for `patience` seconds where it is refused.

    Raises:
        OSError: it cannot be moved.
    """
    give_up = time.monotonic() + patience
    while True:
        try:
            path.replace(target)
        except PermissionError:
            if time.monotonic() >= give_up:
                raise
            time.sleep(_LOCK_STEP)
        else:
            return


def create_private(path: Path) -> int:
    """Create the new file `path` with mode 0600 and return its descriptor, open for writing."""
    flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | _NOFOLLOW | _BINARY
    return os.open(path, flags, _TIGHT_FILE)


def check_place(path: Path, *, tighten: bool = False) -> bool:
    """Say whether there is a file at `path`, and refuse one that is not ours to write.

    With `tighten`, a file that others could read is closed to them, with a warning.

    Raises:
        StoreUnavailable: it is a link, no regular file, or somebody else's.
    """
    with refusals(path):
        try:
            found = path.lstat()
        except FileNotFoundError:
            return False
        _check_file(path, found)
        if tighten:
            _tighten_file(path, found)
        return True


def sync_folder(path: Path) -> None:
    """Make the renames in the folder `path` last through a power cut, where that can be asked."""
    if sys.platform == "win32":  # pragma: no cover  # a folder cannot be opened there
        return
    # Some network file systems cannot, and some folders may be written but not read: the rename
    # stands all the same.
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


_locks: weakref.WeakSet[FileLock] = weakref.WeakSet()


class FileLock:
    """A lock on the file `path` that holds between processes and between threads.

    It is the operating system's, so the end of the process, even a killed one, opens it. Taking it
    never waits: an async caller tries, sleeps, and tries again without holding a thread.

    Example:
        ```python
        lock = FileLock(folder / "tokens.lock")
        if lock.try_acquire():
            try: ...
            finally: lock.release()
        ```
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self._mutex = threading.Lock()
        _locks.add(self)

    def try_acquire(self) -> bool:
        """Take the lock if nobody holds it, and say whether it was taken.

        Raises:
            StoreUnavailable: the lock file cannot be made, locked or trusted.
        """
        with self._mutex, refusals(self._path):
            if self._handle is not None:
                return False
            handle = self._open()
            try:
                taken = try_lock(handle) and is_named(handle, self._path)
            except BaseException:
                os.close(handle)
                raise
            if not taken:
                os.close(handle)
                return False
            self._handle = handle
            return True

    def acquire(self, patience: float) -> None:
        """Take the lock, waiting at most `patience` seconds; only for work of microseconds.

        Raises:
            StoreUnavailable: somebody else held it all that time, or it cannot be locked at all.
        """
        give_up = time.monotonic() + patience
        while not self.try_acquire():
            if time.monotonic() >= give_up:
                raise StoreUnavailable(f"{self._path} is locked by another process.")
            time.sleep(_LOCK_STEP)

    def release(self) -> None:
        """Open the lock; nothing happens when it is not held."""
        with self._mutex:
            handle, self._handle = self._handle, None
            if handle is None:
                return
            with contextlib.suppress(OSError):  # closing opens it too
                _unlock(handle)
            os.close(handle)

    def remove(self) -> None:
        """Open the lock, and remove the file that nobody else will need."""
        if sys.platform == "win32":  # pragma: no cover  # nobody can remove a file that is open
            self.release()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        self.release()

    def forget(self) -> None:  # pragma: no cover  # runs in a forked child, which nothing measures
        """In a forked child: leave the lock to the parent, which shares it.

        Unlocking would open it for both; keeping it would hold it when the parent is gone.
        """
        self._mutex = threading.Lock()
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | _NOFOLLOW | _NONBLOCK | _BINARY
        handle = os.open(self._path, flags, _TIGHT_FILE)
        try:
            _check_file(self._path, os.fstat(handle))
        except BaseException:
            os.close(handle)
            raise
        return handle


def _forget_locks() -> None:  # pragma: no cover  # runs in a forked child, which nothing measures
    for lock in list(_locks):
        lock.forget()


if sys.platform != "win32":  # pragma: no branch  # Windows does not fork
    os.register_at_fork(after_in_child=_forget_locks)


def is_locked(path: Path) -> bool:
    """Say whether somebody holds a `FileLock` on `path`; a file that is not there is not locked.

    Raises:
        StoreUnavailable: the file cannot be opened or trusted.
    """
    return not _try_shared(path, lambda: None)


def remove_unlocked(path: Path) -> None:
    """Remove the file `path` unless somebody holds a `FileLock` on it.

    Raises:
        StoreUnavailable: the file cannot be opened, trusted or removed.
    """
    if sys.platform == "win32":  # pragma: no cover  # what somebody holds is open, and stays there
        with refusals(path):
            path.unlink(missing_ok=True)
        return
    # A shared lock keeps everybody from taking the file while it goes, and tells nobody who asks
    # meanwhile that it is taken.
    _try_shared(path, lambda: path.unlink(missing_ok=True))


def _try_shared(path: Path, work: Callable[[], None]) -> bool:
    """Do `work` while nobody can lock `path`, and say whether that could be had."""
    with refusals(path):
        try:
            # Reading is enough, and possible on a file system that cannot be written.
            handle = os.open(path, os.O_RDONLY | _NOFOLLOW | _NONBLOCK | _BINARY)
        except FileNotFoundError:
            return True
        try:
            _check_file(path, os.fstat(handle))
            free = try_lock(handle, shared=True)
            if free:
                work()
            return free
        finally:
            os.close(handle)


def is_named(handle: int, path: Path) -> bool:
    """Say whether the open file still goes by this name.

    Between opening and locking it, somebody may have removed it; a lock on a file without a name
    keeps nobody out.
    """
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


def _check_file(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise StoreUnavailable(f"{path} is not a regular file (links are refused).")
    _check_owner(path, found)


def _check_owner(path: Path, found: os.stat_result) -> None:
    if sys.platform == "win32":  # pragma: no cover  # no owner numbers there
        return
    if found.st_uid != os.geteuid():
        raise StoreUnavailable(f"{path} belongs to another user.")


def _is_tight(found: os.stat_result) -> bool:
    # Windows makes the mode up from the read-only flag.
    return sys.platform == "win32" or not found.st_mode & _OTHERS


def _tighten_file(path: Path, found: os.stat_result) -> None:
    if not _is_tight(found):
        path.chmod(_TIGHT_FILE)
        _logger.warning("%s could be read by others; it is closed to them now.", path)


def _tighten_folder(path: Path, mode: int) -> None:
    # A folder that serves other purposes as well (a home, /tmp) is not ours to close: the files
    # in it are private by themselves.
    if not mode & stat.S_ISVTX and (path.name == "nemovideo" or _holds_ours_only(path)):
        path.chmod(_TIGHT_FOLDER)
        _logger.warning("%s could be opened by others; it is closed to them now.", path)
    elif mode & _OTHERS_WRITE and not mode & stat.S_ISVTX:
        raise StoreUnavailable(f"{path} can be written by others.")


def _holds_ours_only(path: Path) -> bool:
    ours = ("client_id", "tokens.", "journal.", ".client_id.", ".tokens.", ".store.")
    return all(entry.name.startswith(ours) for entry in path.iterdir())


if sys.platform == "win32":  # pragma: no cover  # the suite runs on POSIX
    # What is locked can be neither read nor written by others: a byte behind all content.
    _LOCKED_BYTE = 2**31 - 2

    def try_lock(handle: int, *, shared: bool = False) -> bool:
        """Lock an open file if nobody has it locked, and say whether it was.

        There are no `shared` locks here: of two who ask at once, one is told that it is locked.
        """
        with _at_locked_byte(handle):
            try:
                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            except OSError as error:
                if error.errno in (errno.EACCES, errno.EDEADLK):
                    return False
                raise
        return True

    def _unlock(handle: int) -> None:
        with _at_locked_byte(handle):
            msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

    @contextlib.contextmanager
    def _at_locked_byte(handle: int) -> Generator[None, None, None]:
        here = os.lseek(handle, 0, os.SEEK_CUR)
        os.lseek(handle, _LOCKED_BYTE, os.SEEK_SET)
        try:
            yield
        finally:
            os.lseek(handle, here, os.SEEK_SET)

else:

    def try_lock(handle: int, *, shared: bool = False) -> bool:
        """Lock an open file if nobody has it locked, and say whether it was.

        `shared` locks stand beside each other: many may ask at once whether one is held for good.
        """
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            raise
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)
