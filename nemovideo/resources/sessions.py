"""Sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo import models
from nemovideo.models.validate import read_model
from nemovideo.protocol.calls import build_create_session, check_text
from nemovideo.validation.arguments import check_language

if TYPE_CHECKING:
    from nemovideo.models.sessions import Session
    from nemovideo.pipeline.pipeline import Pipeline


class Sessions:
    """`client.sessions`: conversations with the agent, each with a timeline of its own."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def create(self, task_name: str = "project", language: str | None = None) -> Session:
        """Open a session (wire-contract section 4).

        Args:
            task_name: what it is called in the account.
            language: `"en"`, `"zh-CN"`, `"ja"`…; the service chooses if None.

        Raises:
            InvalidInputError: `task_name` is empty.

        Example:
            ```python
            session = await client.sessions.create("holiday", language="en")
            ```
        """
        check_text(task_name, "task_name")
        check_language(language)
        call = build_create_session(task_name, language)
        data = await self._pipeline.call(call)
        session = read_model(models.Session, data, call.endpoint)
        self._pipeline.remember_account(session.user_id, session.task_id)
        return session
