"""Locks on files, between processes and between threads.

Everything here blocks, so an async caller runs it in a thread.
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

_RETRY_STEP = 0.01

_locks: weakref.WeakSet[FileLock] = weakref.WeakSet()


class FileLock:
    """A lock on the file `path` that excludes other processes and threads.

    It is the operating system's, so it ends with its process, even a killed one. `try_acquire`
    never waits: an async caller tries, sleeps, and tries again without blocking a thread.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None
        self._mutex = threading.Lock()
        _locks.add(self)

    def try_acquire(self) -> bool:
        """Acquire the lock if it is free, and return whether it was."""
        with self._mutex, map_os_errors(self._path):
            if self._handle is not None:
                return False
            handle = open_private(self._path, os.O_RDWR | os.O_CREAT)
            try:
                acquired = try_lock(handle) and is_named(handle, self._path)
            except BaseException:
                os.close(handle)
                raise
            if not acquired:
                os.close(handle)
                return False
            self._handle = handle
            return True

    def acquire(self, timeout: float) -> None:
        """Acquire the lock, waiting at most `timeout` seconds; only for work of microseconds."""
        deadline = time.monotonic() + timeout
        while not self.try_acquire():
            if time.monotonic() >= deadline:
                raise StoreUnavailable(f"{self._path} is locked by another process.")
            time.sleep(_RETRY_STEP)

    def release(self) -> None:
        """Release the lock, if it is acquired."""
        with self._mutex:
            handle, self._handle = self._handle, None
            if handle is None:
                return
            with contextlib.suppress(OSError):  # closing unlocks it, too
                _unlock(handle)
            os.close(handle)

    def remove(self) -> None:
        """Release the lock and remove its file, which nobody else needs."""
        if sys.platform == "win32":  # pragma: no cover  # an open file cannot be removed there
            self.release()
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        self.release()

    def forget(self) -> None:  # pragma: no cover  # in a child, which is not measured
        """In a forked child: leave the lock to the parent, which shares it.

        Unlocking would unlock it for both; an open handle would outlive the parent's.
        """
        self._mutex = threading.Lock()
        handle, self._handle = self._handle, None
        if handle is not None:
            os.close(handle)


def _forget_locks() -> None:  # pragma: no cover  # in a child, which is not measured
    for lock in list(_locks):
        lock.forget()


if sys.platform != "win32":  # pragma: no branch  # Windows does not fork
    os.register_at_fork(after_in_child=_forget_locks)


def is_locked(path: Path) -> bool:
    """Return True if a `FileLock` on `path` is acquired; False if there is no such file."""
    return not _run_unlocked(path, lambda: None)


def remove_unlocked(path: Path) -> bool:
    """Remove the file `path` unless a `FileLock` on it is acquired; return True if it is gone."""
    if sys.platform == "win32":  # pragma: no cover  # an open file cannot be removed there
        with map_os_errors(path):
            path.unlink(missing_ok=True)
        return True
    # A shared lock: nobody acquires the file while it is removed, and `is_locked` stays False.
    return _run_unlocked(path, lambda: path.unlink(missing_ok=True))


def _run_unlocked(path: Path, work: Callable[[], None]) -> bool:
    """Run `work` while nobody can lock `path`, and return whether that was possible."""
    with map_os_errors(path):
        try:
            # Reading is enough, and possible on a read-only file system.
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
    """Return True if the open file still has this name.

    It may have been removed between opening and locking; such a lock excludes nobody.
    """
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":  # pragma: no cover  # the suite runs on POSIX
    # Nobody else can read or write what is locked: a byte behind all content.
    _LOCKED_BYTE = 2**31 - 2

    def try_lock(handle: int, *, shared: bool = False) -> bool:
        """Lock an open file if it is free, and return whether it was.

        There are no `shared` locks here: of two that ask at once, one finds it locked.
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
        """Lock an open file if it is free, and return whether it was.

        `shared` locks do not exclude each other: many may ask at once.
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
