"""Generations and messages in progress, for programs without async."""

from __future__ import annotations

from typing import Generic, Self, TypeVar

from nemovideo.blocking.iterators import SyncIteration
from nemovideo.blocking.portal import Portal
from nemovideo.blocking.video import Video
from nemovideo.events import Event
from nemovideo.models.turn import Turn
from nemovideo.operations import generation, message
from nemovideo.operations.operation import Operation
from nemovideo.operations.video import Video as AsyncVideo

_R = TypeVar("_R")


class _SyncOperation(SyncIteration[Event], Generic[_R]):
    """An operation that is iterated for its events, in one loop or in several."""

    def __init__(self, portal: Portal, operation: Operation[_R]) -> None:
        super().__init__(portal, operation)
        self._operation = operation
        portal.register(operation)

    def _complete(self) -> _R:
        return self._portal.run(lambda: self._operation)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # Leaving the block cancels nothing: it is paid for, and can be continued.
        return None

    def __repr__(self) -> str:
        return repr(self._operation)


class Generation(_SyncOperation[AsyncVideo]):
    """A video that is being made: iterate it for the events.

    Nothing is sent until then. A loop that is left early cancels nothing: another loop, or `wait`,
    continues it.

    Example:
        ```python
        with client.generate_stream("a panda in the snow") as generation:
            for event in generation:
                print(event)
        generation.video.save("panda.mp4")
        ```
    """

    def __init__(self, portal: Portal, operation: generation.Generation) -> None:
        super().__init__(portal, operation)
        self._generation = operation
        self._video: Video | None = None

    @property
    def video(self) -> Video:
        """The video, once the generation has ended.

        Raises:
            NemoVideoError: it has not ended yet, or it failed.
        """
        if self._video is None:
            self._video = Video(self._portal, self._generation.video)
        return self._video

    @property
    def session_id(self) -> str | None:
        """The session that it runs in, as soon as there is one."""
        return self._generation.session_id

    def wait(self) -> Video:
        """Run to the end and return the video, ignoring the events."""
        self._complete()
        return self.video


class PendingTurn(_SyncOperation[Turn]):
    """A message that is being answered: iterate it for the events.

    Nothing is sent until then. A loop that is left early cancels nothing: another loop, or `wait`,
    continues it.

    Example:
        ```python
        with project.send_stream("add calm music") as sending:
            for event in sending:
                print(event)
        print(sending.turn)
        ```
    """

    def __init__(self, portal: Portal, operation: message.PendingTurn) -> None:
        super().__init__(portal, operation)
        self._sending = operation

    @property
    def turn(self) -> Turn:
        """The turn, once the message has been answered.

        Raises:
            NemoVideoError: it has not been answered yet, or it failed.
        """
        return self._sending.turn

    def wait(self) -> Turn:
        """Run to the end and return the turn, ignoring the events."""
        return self._complete()
