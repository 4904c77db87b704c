"""The journal's own thread: what many tasks enter at the same time is one transaction.

A message is not sent before its entry stands in the file, so a crowd of messages waits for a crowd
of entries. One by one, each would cost a way into a thread and back and a transaction, with forty
threads taking turns at one file.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TypeAlias

import anyio

from nemovideo.concurrency.event_loop import thread_safe_callback

Step: TypeAlias = Callable[[], object]


class _Piece:
    """What one task has asked for."""

    __slots__ = ("call_back", "error", "over", "step")

    def __init__(self, step: Step) -> None:
        self.step = step
        self.over = anyio.Event()
        self.call_back = thread_safe_callback()
        self.error: Exception | None = None

    def do_alone(self) -> None:
        try:
            self.step()
        except Exception as error:  # noqa: BLE001 - raised where it is waited for
            self.error = error


class Writer:
    """Does pieces of work in a thread one after another, and as one those that wait together.

    For any number of tasks, event loops and threads. The thread begins with the first piece and
    ends with `close`, with the writer or with the interpreter; after a fork the child has its own.

    Args:
        together: does several steps as one, and raises with nothing done where one of them fails.
            Then each is done by itself, so that none fails because of another.

    Example:
        ```python
        writer = Writer(journal.together)
        try:
            await writer.do(lambda: journal.update_render(render_id, phase="completed"))
        finally:
            await surely(writer.close)
        ```
    """

    def __init__(self, together: Callable[[Sequence[Step]], None]) -> None:
        self._together = together
        self._pid = os.getpid()
        self._thread: ThreadPoolExecutor | None = None
        self._waiting: deque[_Piece] = deque()
        self._at_work = False

    async def do(self, step: Step) -> None:
        """Do `step`, and return or raise only when it is over or will never begin.

        It may be done a second time after the first was taken back: what it notes for its caller,
        the second time overwrites.
        """
        piece = self._put(step)
        try:
            await piece.over.wait()
        except BaseException:
            if not self._withdraw(piece):
                with anyio.CancelScope(shield=True):
                    await piece.over.wait()
            raise
        _raise_error(piece)

    async def surely(self, step: Step) -> None:
        """Do `step` even where the caller is or is being cancelled, and wait for it as `do`."""
        piece = self._put(step)
        with anyio.CancelScope(shield=True):
            try:
                await piece.over.wait()
            except BaseException:  # asyncio's own cancelling knows no shield
                await piece.over.wait()
                raise
        _raise_error(piece)

    def close(self) -> None:
        """Wait for what there is to do and end the thread; a later piece begins another. Blocks."""
        thread, self._thread = self._thread, None
        if thread is not None and self._pid == os.getpid():
            thread.shutdown()

    def _begin_anew(self) -> None:
        """In a forked child: the thread is not there, and what waits waits in the parent."""
        self._pid, self._thread = os.getpid(), None
        self._waiting, self._at_work = deque(), False

    def _put(self, step: Step) -> _Piece:
        if self._pid != os.getpid():
            self._begin_anew()
        piece = _Piece(step)
        self._waiting.append(piece)
        if not self._at_work:
            self._begin_work()
        return piece

    def _withdraw(self, piece: _Piece) -> bool:
        """Take a piece back, and say whether it had not begun."""
        try:
            self._waiting.remove(piece)  # it leaves the queue once, whoever takes it
        except ValueError:
            return False
        return True

    def _begin_work(self) -> None:
        self._at_work = True
        thread = self._thread
        if thread is None:
            thread = self._thread = ThreadPoolExecutor(1, "nemovideo-journal")
        try:
            thread.submit(self._work)
        except RuntimeError:  # closed at this instant, or the interpreter ends: no more threads
            self._work()

    def _work(self) -> None:
        while pieces := list(_taken(self._waiting)):
            self._do(pieces)
            _tell(pieces)
        self._at_work = False
        if self._waiting:  # put there since the last look, when somebody still was at work
            self._begin_work()

    def _do(self, pieces: list[_Piece]) -> None:
        if len(pieces) > 1:
            with suppress(Exception):  # alone, each says for itself what is wrong with it
                return self._together([piece.step for piece in pieces])
        for piece in pieces:
            piece.do_alone()
        return None


def _taken(waiting: deque[_Piece]) -> Iterable[_Piece]:
    with suppress(IndexError):
        while True:
            yield waiting.popleft()


def _raise_error(piece: _Piece) -> None:
    if piece.error is not None:
        raise piece.error


def _tell(pieces: list[_Piece]) -> None:
    """Wake those who wait, with one call to each event loop."""
    waking: dict[object, list[_Piece]] = {}
    for piece in pieces:
        waking.setdefault(piece.call_back, []).append(piece)
    for woken in waking.values():
        with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
            woken[0].call_back(_wake, woken)


def _wake(pieces: list[_Piece]) -> None:
    for piece in pieces:
        piece.over.set()
