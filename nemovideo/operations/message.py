"""A message on its way: what a user holds until it is answered."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from nemovideo.concurrency.callbacks import Callback
from nemovideo.errors import NemoVideoError, StreamInterruptedError
from nemovideo.operations import runners
from nemovideo.operations.operation import Operation

if TYPE_CHECKING:
    from nemovideo.concurrency.emitted_values import Emit
    from nemovideo.events import Event
    from nemovideo.models.turn import Turn
    from nemovideo.resources.resource_set import Resources


class PendingTurn(Operation["Turn"]):
    """A message on its way: await it for the `Turn`, or iterate it for the events.

    Nothing is sent until then. Awaited twice, it gives the same turn without a second message. It
    may run in a task, and is limited under trio as a `Generation` is.
    """

    _imports = ("nemovideo.operations.keyed_turn", "nemovideo.operations.turn_runner")

    def __init__(
        self,
        resources: Resources,
        session_id: str,
        task_id: str | None,
        text: str,
        on_event: Callback[Event] | None = None,
        key: str | None = None,
        max_credits: float | None = None,
    ) -> None:
        super().__init__(resources, on_event)
        self._session_id, self._task_id, self._text = session_id, task_id, text
        self._key, self._max_credits = key, max_credits

    @property
    def turn(self) -> Turn:
        """The turn, once the message has been answered.

        Raises:
            NemoVideoError: it has not been answered yet, or it failed.
        """
        if self._result is None:
            raise self._error or NemoVideoError(
                "The turn has not ended yet.", hint="Await the message, or iterate it to its end."
            )
        return self._result

    def _start(self, emit: Emit[Event], *, across_tasks: bool) -> Coroutine[Any, Any, Turn]:
        run = runners.TurnRun(
            self.resources,
            self._session_id,
            self._text,
            self._task_id,
            across_tasks=across_tasks,
            max_credits=self._max_credits,
        )
        if self._key is None:
            return run.run(emit)
        return runners.KeyedTurn(run, self._key, emit).run()

    def _cancelled_error(self) -> NemoVideoError:
        session_id = self._session_id
        return StreamInterruptedError(
            f"This message in session {session_id} was cancelled before it was answered.",
            session_id=session_id,
            possibly_billed=True,
            hint=f"Do not send it again. {self.resources.journal.recovery_hint(session_id)}",
        )

    def __repr__(self) -> str:
        state = "ended" if self._finished else "running" if self._source else "not started"
        return f"PendingTurn({state}, session {self._session_id})"
