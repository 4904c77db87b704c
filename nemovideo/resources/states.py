"""The state of a session."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from nemovideo import models
from nemovideo.models.validate import missing_fields_error, read_model
from nemovideo.protocol.calls import build_retrieve_state
from nemovideo.timeline.draft_comparison import read_timeline

if TYPE_CHECKING:
    from nemovideo.models.state import SessionState
    from nemovideo.pipeline.pipeline import Pipeline


_OF_STATES = ("state", "draft", "video_infos", "generated_media", "session_id", "task_id")


class States:
    """`client.states`: what a session holds."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def retrieve(self, session_id: str) -> SessionState:
        """Read a session's state, its draft above all (wire-contract section 4).

        Raises:
            SessionNotFoundError: the service does not know the session.

        Example:
            ```python
            state = await client.states.retrieve(session.session_id)
            print(state.draft.timeline)
            ```
        """
        return await self._read(session_id, None)

    async def poll(self, session_id: str) -> SessionState:
        """Read the state of `session_id` once, as `retrieve`: who polls comes back anyway."""
        return await self._read(session_id, 0)

    async def _read(self, session_id: str, max_retries: int | None) -> SessionState:
        call = build_retrieve_state(session_id)
        data = await self._pipeline.call(call, max_retries=max_retries)
        if data.keys().isdisjoint(_OF_STATES):
            # Read as a state it would be an empty one, and all that was made removed.
            raise missing_fields_error(call.endpoint, "state")
        inner = data.get("state")
        if isinstance(inner, dict):
            # What the service nests is one thing to a reader; unknown fields of both are kept.
            outer = {key: value for key, value in data.items() if key != "state"}
            data = {**cast("dict[str, object]", inner), **outer}
        data.setdefault("session_id", session_id)
        state = read_model(models.SessionState, data, call.endpoint)
        self._pipeline.remember_account(state.user_id, state.task_id)
        await read_timeline(state.draft)
        return state
