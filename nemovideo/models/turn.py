"""The agent's answer to one message."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from nemovideo._display import NotebookRepr
from nemovideo.compat.json_result import JSONResult
from nemovideo.compat.library_internals import hide_dataclass
from nemovideo.models.question import Question
from nemovideo.timeline.change import Change, describe
from nemovideo.timeline.draft import Draft
from nemovideo.timeline.timeline import Timeline
from nemovideo.timeline.wording import clip

_TEXT_WIDTH = 60
"""Columns of the text in a `repr`."""


@hide_dataclass
@dataclass(frozen=True)
class Turn(NotebookRepr, JSONResult):
    """What the agent wrote and what changed on the timeline."""

    text: str
    """The agent's answer as a person should read it; empty if it edited without comment."""
    changes: tuple[Change, ...]
    """What changed on the timeline; each prints as a sentence."""
    draft: Draft = field(repr=False)
    """The draft after the turn."""
    source: Literal["stream", "state"]
    """"stream" if the stream was complete, "state" if it was lost and the state was read."""
    session_id: str
    credits_used: float | None = None
    """Available credits before minus after.

    None if they could not be read, or if other work of the account ran at the same time, as far as
    this journal knows.
    """
    question: Question | None = None
    """What the agent asks before it continues; answer it with an ordinary message."""
    raw_text: str = field(default="", repr=False)
    """What the agent wrote, with its instructions for the service's editor."""

    @property
    def timeline(self) -> Timeline:
        """The timeline after the turn."""
        return self.draft.timeline

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "text": self.text,
            "raw_text": self.raw_text,
            "changes": [change.to_dict() for change in self.changes],
            "timeline": self.timeline.to_dict(),
            "source": self.source,
            "session_id": self.session_id,
            "credits_used": self.credits_used,
            "question": None if self.question is None else self.question.to_dict(),
        }

    def __repr__(self) -> str:
        text = clip(" ".join(self.text.split()), _TEXT_WIDTH)
        count = f"{len(self.changes)} change{'' if len(self.changes) == 1 else 's'}"
        return f"Turn({count}, text={text!r}, session_id={self.session_id!r})"

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.text, *describe(self.changes))))
