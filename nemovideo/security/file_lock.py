"""Locks on files, between processes and between threads.

Everything here blocks, so a caller with an event loop runs it in a thread.
"""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import threading
import time
import weakref
from collections.abc import Callable, Generator
from pathlib import Path

from nemovideo.security.private_files import StoreUnavailable, map_os_errors, open_private

if sys.platform == "win32":  # pragma: no cover  # the suite runs on POSIX
    import msvcrt
else:
    import fcntl

_LOCK_STEP = 0.01

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
        with self._mutex, map_os_errors(self._path):
            if self._handle is not None:
                return False
            handle = open_private(self._path, os.O_RDWR | os.O_CREAT)
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
        with map_os_errors(path):
            path.unlink(missing_ok=True)
        return
    # A shared lock keeps everybody from taking the file while it goes, and tells nobody who asks
    # meanwhile that it is taken.
    _try_shared(path, lambda: path.unlink(missing_ok=True))


def _try_shared(path: Path, work: Callable[[], None]) -> bool:
    """Do `work` while nobody can lock `path`, and say whether that could be had."""
    with map_os_errors(path):
        try:
            # Reading is enough, and possible on a file system that cannot be written.
            handle = open_private(path, os.O_RDONLY)
        except FileNotFoundError:
            return True
        try:
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
