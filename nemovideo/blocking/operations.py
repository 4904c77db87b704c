"""Videos and turns on their way, to be watched without async."""

from __future__ import annotations

from functools import partial
from types import TracebackType
from typing import Generic, Self, TypeVar

from nemovideo.blocking.docstrings import copy_docstrings
from nemovideo.blocking.iterators import step
from nemovideo.blocking.portal import Portal
from nemovideo.blocking.video import Video
from nemovideo.events import Event
from nemovideo.models.turn import Turn
from nemovideo.operations import generation, message
from nemovideo.operations.operation import Work
from nemovideo.operations.video import Video as AsyncVideo

_R = TypeVar("_R")


class _SyncOperation(Generic[_R]):
    """Iterated for its events. A loop that is left early can be taken up again, by `wait` too."""

    def __init__(self, portal: Portal, work: Work[_R]) -> None:
        self._portal = portal
        self._work = work
        portal.register(work)

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Event:
        try:
            return self._portal.run(partial(step, self._work))
        except StopAsyncIteration:
            raise StopIteration from None

    def _complete(self) -> _R:
        return self._portal.run(partial(complete, self._work))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        # Leaving the block cancels nothing: it is paid for, and can be gone on with.
        return None

    def __repr__(self) -> str:
        return repr(self._work)


async def complete(work: Work[_R]) -> _R:
    """Await it."""
    return await work


@copy_docstrings(generation.Generation)
class Generation(_SyncOperation[AsyncVideo]):
    """A video on its way: iterate it for the events.

    Nothing is sent until then. A loop that is left early cancels nothing: another loop, or `wait`,
    goes on with it.

    Example:
        ```python
        with client.generate_stream("a panda in the snow") as generation:
            for event in generation:
                print(event)
        generation.video.save("panda.mp4")
        ```
    """

    def __init__(self, portal: Portal, work: generation.Generation) -> None:
        super().__init__(portal, work)
        self._generation = work
        self._video: Video | None = None

    @property
    def video(self) -> Video:
        """The video, once the generation has ended."""
        if self._video is None:
            self._video = Video(self._portal, self._generation.video)
        return self._video

    @property
    def session_id(self) -> str | None:
        return self._generation.session_id

    def wait(self) -> Video:
        """Go on to the end and return the video, without looking at the events."""
        self._complete()
        return self.video


@copy_docstrings(message.Sending)
class Sending(_SyncOperation[Turn]):
    """A message on its way: iterate it for the events.

    Nothing is sent until then. A loop that is left early cancels nothing: another loop, or `wait`,
    goes on with it.

    Example:
        ```python
        with project.send_stream("add calm music") as sending:
            for event in sending:
                print(event)
        print(sending.turn)
        ```
    """

    def __init__(self, portal: Portal, work: message.Sending) -> None:
        super().__init__(portal, work)
        self._sending = work

    @property
    def turn(self) -> Turn:
        """The turn, once the message has been answered."""
        return self._sending.turn

    def wait(self) -> Turn:
        """Go on to the end and return the turn, without looking at the events."""
        return self._complete()
