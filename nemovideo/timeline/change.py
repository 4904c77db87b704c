"""One difference between two timelines, as data and as a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby
from typing import Final, Literal, TypeAlias

from nemovideo.timeline import wording
from nemovideo.timeline.change_wording import WORDS, arrow, describe_fields
from nemovideo.timeline.elements import Segment
from nemovideo.timeline.fields import FieldChange
from nemovideo.timeline.wording import Language, TrackKind, language_of

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
        lang = language_of(language)
        old, new = self.before or self.after, self.after or self.before
        if old and new:
            key, words = _segment_key(self, old, new), _segment_words(old, new, lang)
        else:
            key, words = _key(self), {}
        what = _what(self, lang)
        track = what if self.track_kind == "unknown" else WORDS[lang]["track"].format(what=what)
        return WORDS[lang][key].format_map(
            {
                "what": what,
                "track": track,
                "fields": describe_fields(self.fields, lang),
                "from": "" if self.old_track is None else self.old_track + 1,
                "to": "" if self.new_track is None else self.new_track + 1,
                **words,
            }
        )

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


def describe(changes: Iterable[Change], language: str = "en") -> list[str]:
    """Return the changes in words, with segments that moved by the same time in one line.

    A clip put in front moves every clip after it; that is one line, not a hundred.
    """
    lines: list[str] = []
    for shift, run in groupby(changes, _shift):
        together = list(run)
        if shift is None or len(together) == 1:
            lines.extend(change.sentence(language) for change in together)
        else:
            lines.append(_shift_sentence(together, shift[1], language_of(language)))
    return lines


def _shift(change: Change) -> tuple[int | None, int] | None:
    """Return track and distance of a segment that only moved in time."""
    old, new = change.before, change.after
    if change.kind != "moved" or not old or not new or change.changed_track:
        return None
    return change.new_track, new.start_ms - old.start_ms


def _shift_sentence(changes: list[Change], shift_ms: int, lang: Language) -> str:
    olds = [change.before for change in changes if change.before]
    news = [change.after for change in changes if change.after]
    words = {
        "what": _what(changes[0], lang),
        "count": len(changes),
        "by": wording.length(abs(shift_ms), lang),
        "spans": arrow(_span(olds, lang), _span(news, lang)),
    }
    return WORDS[lang]["later" if shift_ms > 0 else "earlier"].format_map(words)


def _what(change: Change, lang: Language) -> str:
    if change.track_kind is None:
        return ""
    return wording.kind_word(change.track_kind, change.track_type, lang)


def _span(segments: list[Segment], lang: Language) -> str:
    start = min(segment.start_ms for segment in segments)
    return wording.span(start, max(segment.end_ms for segment in segments), lang)


def _segment_key(change: Change, old: Segment, new: Segment) -> str:
    if change.kind == "trimmed" and new.duration_ms >= old.duration_ms:
        return "extended" if new.duration_ms > old.duration_ms else "cut"
    if change.kind == "volume" and not change.is_only:
        return "volume of"
    return "crossed" if change.changed_track and change.kind == "moved" else change.kind


def _segment_words(old: Segment, new: Segment, lang: Language) -> dict[str, object]:
    before, after = _span([old], lang), _span([new], lang)
    volumes = (
        WORDS[lang]["unset"] if each.volume is None else wording.percent(each.volume)
        for each in (old, new)
    )
    return {
        "before": wording.describe(old, lang),
        "after": wording.describe(new, lang),
        "old": wording.label(old, lang),
        "new": wording.label(new, lang),
        "span": after,
        "spans": after if before == after else arrow(before, after),
        "volumes": arrow(*volumes),
        "rates": arrow(f"{old.speed or 1:g}x", f"{new.speed or 1:g}x"),
        "offset": wording.length(new.source_start_ms or 0, lang),
    }


_DRAFT_KEYS: Final = {"duration_ms": "length", "size": "size", "fps": "rate"}


def _key(change: Change) -> str:
    """Return the key for a change of a track or of the draft."""
    name = change.fields[0].name if change.fields else ""
    own = _DRAFT_KEYS.get(name) if change.scope == "draft" else None
    return own or f"{change.scope} {change.kind}"
