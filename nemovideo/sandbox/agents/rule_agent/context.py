"""What the rule agent knows of a session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from nemovideo.sandbox.agents.interface import AgentSession
from nemovideo.sandbox.agents.uploads import Upload
from nemovideo.sandbox.draft import Json


@dataclass(frozen=True)
class Context:
    """What the rule agent knows about a session when a message arrives.

    Args:
        draft: the session's draft, None before there is one.
        history: the drafts before it, oldest first, for undo.
        uploads: the session's uploads, in the order they came.
        turn: how many messages the session had before this one.
        seed: makes every choice repeatable; the same seed, turn and message give the same turn.
        language: the session's language such as "en" or "zh-CN", for messages that show none.
        changed: the message before this one made or edited something.
    """

    draft: Json | None = None
    history: tuple[Json, ...] = ()
    uploads: tuple[Upload, ...] = ()
    turn: int = 0
    seed: int = 0
    language: str | None = None
    changed: bool = False

    @classmethod
    def of(cls, session: AgentSession) -> Self:
        """Return what is known of a session; its draft is None before anything was made."""
        draft = session.draft.raw
        return cls(
            draft=draft if draft.get("v") or draft.get("t") else None,
            history=session.history,
            uploads=session.uploads,
            turn=session.turn,
            seed=session.seed,
            language=session.language,
            changed=session.changed,
        )
