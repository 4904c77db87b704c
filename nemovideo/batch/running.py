"""A batch in the event loop: the task that runs it, and what ends that task."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Coroutine
from contextlib import suppress
from math import inf
from typing import TYPE_CHECKING, Any, TypeVar

from nemovideo.batch.runner import BatchObserver, BatchRunner
from nemovideo.concurrency.background_tasks import BackgroundTask
from nemovideo.concurrency.event_loop import current_loop, thread_safe_callback
from nemovideo.errors import NemoVideoError

if TYPE_CHECKING:
    from nemovideo.batch.job_runner import MakeRunner
    from nemovideo.batch.request import BatchRequest
    from nemovideo.resources.resource_set import Resources

_T = TypeVar("_T")


class RunningBatch:
    """A batch that was started.

    Its jobs run beside whoever iterates over it, and from one item to the next, so in a task of
    their own. That ends with the batch, with the client, when who waits for it is cancelled, and
    when nothing refers to the batch any more.

    Args:
        resources: those of the client, which ends it when it is closed.
        request: what the user asks for.
        observer: shows it while it runs.
        make_runner: of the jobs, where they do not run here.
    """

    def __init__(
        self,
        resources: Resources,
        request: BatchRequest,
        observer: BatchObserver | None,
        make_runner: MakeRunner | None = None,
    ) -> None:
        self.resources = resources
        self.runner: BatchRunner = BatchRunner(resources, request, observer, make_runner)
        self._loop = current_loop()
        resources.open_operations.add(self)
        self._task = BackgroundTask(
            self.runner.run, lambda: resources.open_operations.discard(self)
        )

    def stop_when_collected(self, owner: object) -> None:
        """Begin no job any more once `owner` is garbage; those that run go on to their end."""
        finalizer = weakref.finalize(owner, _stop_starting, thread_safe_callback(), self.runner)
        finalizer.atexit = False

    def check_loop(self) -> None:
        """Refuse to wait for it in another event loop than its own.

        Raises:
            NemoVideoError: it runs in another one.
        """
        if not self.runner.has_ended and self._loop != current_loop():
            raise NemoVideoError(
                "This batch was started in another event loop.",
                hint="Await it there, or make another with the same jobs: none is paid for twice.",
            )

    async def wait_for(self, step: Coroutine[Any, Any, _T]) -> _T:
        """Wait for a step of the batch, which ends when the caller is cancelled."""
        try:
            return await step
        except Exception:
            raise
        except BaseException:  # Ctrl-C, say
            await self.aclose()
            raise

    async def aclose(self, *, waiting: bool = True) -> None:
        """Begin no job any more, and leave those that run to the next run of the batch.

        Args:
            waiting: as long as it takes to write down how far they are; else for a second, as the
                caller may be one of them.
        """
        if self.runner.has_ended or self._loop != current_loop():
            return
        self.runner.cancel()
        await self._task.settle(inf if waiting else 1)


def _stop_starting(call: Callable[..., object], runner: BatchRunner) -> None:
    with suppress(RuntimeError):  # the loop has ended
        call(runner.stop_starting)
