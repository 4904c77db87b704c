"""One difference between two timelines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from nemovideo.timeline import change_wording
from nemovideo.timeline.elements import Segment
from nemovideo.timeline.fields import FieldChange
from nemovideo.timeline.wording import TrackKind

ChangeKind: TypeAlias = Literal[
    "added",
    "removed",
    "replaced",
    "text",
    "renamed",
    "retimed",
    "trimmed",
    "reordered",
    "moved",
    "volume",
    "changed",
]
"""What happened; `changed` is a property that has no kind of its own."""

Scope: TypeAlias = Literal["segment", "track", "draft"]
"""What it happened to."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two timelines; `str()` gives it as a sentence.

    A segment to which two things happened has two changes with the same `before` and `after`.
    """

    kind: ChangeKind
    scope: Scope
    track_kind: TrackKind | None = None
    """What the track holds; None for a change of the draft as a whole."""
    track_type: int | None = None
    """The service's number for it."""
    before: Segment | None = None
    """The segment as it was; None if it was added, and for tracks and the draft."""
    after: Segment | None = None
    """The segment as it is; None if it was removed, and for tracks and the draft."""
    fields: tuple[FieldChange, ...] = field(default=(), hash=False)
    """The properties that differ and that the kind does not already imply."""
    is_only: bool = True
    """Whether it is the only segment of its kind, so that its name can be left out."""
    changed_track: bool = False
    """Whether the segment moved to another track."""
    old_track: int | None = None
    """Index of the track before; None if it was added, and for the draft."""
    new_track: int | None = None
    """Index of the track now; None if it was removed, and for the draft."""

    def sentence(self, language: str = "en") -> str:
        """Return the change in words.

        Args:
            language: `en`, or any `zh`; others read English.
        """
        return change_wording.sentence(self, language)

    def to_dict(self) -> dict[str, object]:
        """Return the readable fields as plain JSON values."""
        return {
            "kind": self.kind,
            "scope": self.scope,
            "track": self.track_kind,
            "before": None if self.before is None else self.before.to_dict(),
            "after": None if self.after is None else self.after.to_dict(),
            "fields": [change._asdict() for change in self.fields],
            "sentence": self.sentence(),
        }

    def __str__(self) -> str:
        return self.sentence()
