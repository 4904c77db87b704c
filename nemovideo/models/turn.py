"""The answer to one message."""

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

_SAID_COLUMNS = 60
"""How much of an answer stands in a `repr`, which is one line of a log or a notebook."""


@hide_dataclass
@dataclass(frozen=True)
class Turn(NotebookRepr, JSONResult):
    """What the agent said and what changed on the timeline because of it."""

    text: str
    """The agent's answer, as it came; empty when it edited without a word."""
    changes: tuple[Change, ...]
    """What is different on the timeline, each printing as a sentence."""
    draft: Draft = field(repr=False)
    """The service's draft after the turn."""
    source: Literal["stream", "state"]
    """"stream" where the answer came to its end, "state" where it was lost and looked up."""
    session_id: str
    credits_used: float | None = None
    """Available credits before minus after.

    None where they could not be read, and where other work of the account overlapped, as far as
    this journal knows: nobody can say then whose credits they were.
    """
    question: Question | None = None
    """What the agent asks before it goes on: answer it with an ordinary message."""

    @property
    def timeline(self) -> Timeline:
        """The timeline after the turn."""
        return self.draft.timeline

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "text": self.text,
            "changes": [change.to_dict() for change in self.changes],
            "timeline": self.timeline.to_dict(),
            "source": self.source,
            "session_id": self.session_id,
            "credits_used": self.credits_used,
            "question": None if self.question is None else self.question.to_dict(),
        }

    def __repr__(self) -> str:
        said = clip(" ".join(self.text.split()), _SAID_COLUMNS)
        count = f"{len(self.changes)} change{'' if len(self.changes) == 1 else 's'}"
        return f"Turn({count}, text={said!r}, session_id={self.session_id!r})"

    def __str__(self) -> str:
        return "\n".join(filter(None, (self.text, *describe(self.changes))))
