"""Sessions of the service's agent."""

from __future__ import annotations

from nemovideo.models.base import Model


class Session(Model):
    """A conversation with the agent, and its timeline (wire-contract section 4)."""

    session_id: str
    task_id: str | None = None
    user_id: str | None = None
