"""From a prompt to a video: what a user holds while it is made.

What makes it is in `generation_runner`, which is loaded in a thread when the work begins.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from nemovideo.errors import NemoVideoError, StreamInterruptedError
from nemovideo.operations import runners
from nemovideo.operations.operation import Operation
from nemovideo.operations.request import GenerationRequest

if TYPE_CHECKING:
    from nemovideo.concurrency.callbacks import Callback
    from nemovideo.concurrency.emitted_values import Emit
    from nemovideo.events import Event
    from nemovideo.operations.generation_runner import GenerationRun
    from nemovideo.operations.video import Video
    from nemovideo.resources.resource_set import Resources


class Generation(Operation["Video"]):
    """A video on its way: await it for the `Video`, or iterate it for the events.

    Nothing is sent until then. Awaited twice, it gives the same video without a second request. A
    task may run it, too: `asyncio.create_task(client.generate(…))`.

    Under trio, a plain loop gets no `StillWorking` while the stream is silent: nothing may run
    between two events, and httpx closes a stream whose reading is interrupted. There, await it with
    `on_event`, which does get them.

    Example:
        ```python
        generation = client.generate("a panda in the snow")
        async for event in generation:
            print(event)
        await generation.video.save("panda.mp4")
        ```
    """

    _imports = ("nemovideo.operations.keyed_generation",)

    def __init__(
        self,
        resources: Resources,
        request: GenerationRequest,
        on_event: Callback[Event] | None = None,
        *,
        displayed: bool = True,
    ) -> None:
        super().__init__(resources, on_event, displayed=displayed)
        self._request = request
        self._run: GenerationRun | None = None

    @property
    def video(self) -> Video:
        """The video, once the generation has ended.

        Raises:
            NemoVideoError: it has not ended yet, or it failed.
        """
        if self._result is None:
            raise self._error or NemoVideoError(
                "The video is not there yet.",
                hint="Await the generation, or iterate it to its end.",
            )
        return self._result

    @property
    def session_id(self) -> str | None:
        """The session that it runs in, as soon as there is one."""
        run = self._run
        found = run and (run.session or run.sent_earlier)
        return found.session_id if found else None

    @property
    def was_sent(self) -> bool:
        """Whether the prompt may have reached the agent, in this call."""
        turn = None if self._run is None else self._run.turn
        return turn is not None and turn.record is not None and not turn.refused

    def _start(self, emit: Emit[Event], *, across_tasks: bool) -> Coroutine[Any, Any, Video]:
        # A loop gets its events between two steps, and an upload or a download is one step: only
        # a callback can be called while it runs.
        watchdog = None if across_tasks or self._on_event is None else self._watchdog
        on_transfer = None if watchdog is None else watchdog.emit
        self._run = runners.GenerationRun(self.resources, self._request, across_tasks, on_transfer)
        key = self._request.key
        if key is None:
            return self._run.run(emit)
        return runners.KeyedGeneration.start(self._run, key, emit)

    def _cancelled_error(self) -> NemoVideoError:
        run, key, session_id = self._run, self._request.key, self.session_id or ""
        if self.was_sent or (run is not None and run.sent_earlier):
            sent = "sent" if self.was_sent else "sent earlier"
            what = (
                f"This generation was cancelled. Its message was {sent}, and goes on at the"
                " service."
            )
            where = "The same call with the same key goes on with it."
            if key is None:
                where = self.resources.journal.recovery_hint(session_id)
            hint, billed = f"Do not send it again. {where}", True
        elif key is not None and (run is None or run.claimed is None):
            what = "This generation was cancelled before its key was looked up. It sent nothing."
            hint = (
                "The same call with the same key goes on with what an earlier one has sent, if any."
            )
            billed = True
        else:
            what = "This generation was cancelled before it was sent."
            hint, billed = "Nothing was charged.", False
        return StreamInterruptedError(
            what, session_id=session_id, possibly_billed=billed, hint=hint
        )

    def __repr__(self) -> str:
        state = "ended" if self._finished else "running" if self._source else "not started"
        return f"Generation({state}, session {self.session_id})"
