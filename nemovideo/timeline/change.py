"""One difference between two timelines, as data and as a sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias, cast

from nemovideo.timeline import wording
from nemovideo.timeline.change_wording import (
    WORDS,
    arrow,
    describe_attribute,
    describe_fields,
    describe_transition,
    split_transition,
)
from nemovideo.timeline.elements import Segment
from nemovideo.timeline.fields import NAME, FieldChange
from nemovideo.timeline.roles import Role
from nemovideo.timeline.wording import Language, TrackKind, language_of

ChangeKind: TypeAlias = Literal[
    "added",
    "removed",
    "replaced",
    "text",
    "renamed",
    "retimed",
    "trimmed",
    "split",
    "merged",
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
    role: Role | None = None
    """What the draft calls a sound or a text, where it is not plain music or a title."""
    parts: tuple[Segment, ...] = ()
    """Of a split the pieces behind `after`; of a merge the segments that `before` was joined to."""

    def sentence(self, language: str = "en") -> str:
        """Return the change in words.

        Args:
            language: `en`, or any `zh`; others read English.
        """
        lang = language_of(language)
        old, new = self.before or self.after, self.after or self.before
        transition, fields = split_transition(self.fields)
        if new and new.kind == "text" and new.name == new.text:
            fields = [each for each in fields if each.name not in NAME.keys]
        described = describe_fields(fields, lang)
        words: dict[str, object] = {
            **_nouns(self, lang),
            "fields": described,
            "from": "" if self.old_track is None else self.old_track + 1,
            "to": "" if self.new_track is None else self.new_track + 1,
        }
        if not old or not new:
            key = _key(self, described)
            if key in _ATTRIBUTES:
                change_of = describe_attribute(self.fields[0], lang)
                parted = lang == "en" or self.kind == "renamed"  # by a space or a colon
                words["fields"] = change_of.strip() if parted else change_of
                words["name"] = wording.clean(str(self.fields[0].after))
            return WORDS[lang][key].format_map(words)
        words |= _segment_words(self, old, new, lang)
        if self.kind != "changed" or not transition:
            untold = self.kind == "changed" and not described
            key = "settings" if untold else _segment_key(self, old, new)
            return WORDS[lang][key].format_map(words)
        what, words["transition"] = describe_transition(transition, lang)
        sentence = WORDS[lang][f"transition {what}"].format_map(words)
        return WORDS[lang]["comma"].join(filter(None, (sentence, described)))

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
    lang = language_of(language)
    together: dict[int | tuple[object, ...], list[Change]] = {}
    for number, change in enumerate(changes):
        together.setdefault(_shift(change) or _alike(change, lang) or number, []).append(change)
    lines: list[str] = []
    for key, run in together.items():
        if isinstance(key, tuple) and len(key) == 2 and len(run) > 1:
            lines.append(_shift_sentence(run, cast("int", key[1]), lang))
        elif isinstance(key, tuple) and len(key) > 2 and len(run) >= _MANY:
            lines.append(_many_sentence(run, lang))
        else:
            lines.extend(change.sentence(lang) for change in run)
    return lines


_MANY: Final = 3
"""So many titles, captions or clips are told in one sentence."""


def _alike(change: Change, lang: Language) -> tuple[object, ...] | None:
    """Return what titles and captions have in common, or clips with one property changed."""
    kinds = ("added", "removed", "text", "changed") if change.track_kind == "text" else ("changed",)
    if change.scope != "segment" or change.kind not in kinds:
        return None
    transition, fields = split_transition(change.fields)
    described = "" if transition else describe_fields(fields, lang)
    return None if transition else (change.kind, change.role, change.new_track, described)


def _many_sentence(changes: list[Change], lang: Language) -> str:
    segments = [each for each in (change.after or change.before for change in changes) if each]
    described = describe_fields(changes[0].fields, lang)
    kind = "settings" if changes[0].kind == "changed" and not described else changes[0].kind
    return WORDS[lang][f"many {kind}"].format_map(
        {
            **_nouns(changes[0], lang),
            "count": len(changes),
            "unit": "条" if changes[0].track_kind == "text" else "段",
            "spans": _span(segments, lang),
            "fields": described,
        }
    )


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
        **_nouns(changes[0], lang),
        "count": len(changes),
        "by": wording.length(abs(shift_ms), lang),
        "spans": arrow(_span(olds, lang), _span(news, lang)),
    }
    return WORDS[lang]["later" if shift_ms > 0 else "earlier"].format_map(words)


def _nouns(change: Change, lang: Language) -> dict[str, str]:
    """Return what a change is about: at the head of a sentence, within one, and several of it."""
    if change.track_kind is None:
        return {"what": "", "noun": "", "plural": "", "track": ""}
    what = wording.role_word(change.role, lang) if change.role else ""
    what = what or wording.kind_word(change.track_kind, change.track_type, lang)
    noun = what[:1].lower() + what[1:]
    known = change.track_kind != "unknown"
    track = WORDS[lang]["track"].format(what=what) if known else what
    return {"what": what, "noun": noun, "plural": f"{noun}s", "track": track}


def _span(segments: list[Segment], lang: Language) -> str:
    start = min(segment.start_ms for segment in segments)
    return wording.span(start, max(segment.end_ms for segment in segments), lang)


def _segment_key(change: Change, old: Segment, new: Segment) -> str:
    if change.kind == "trimmed":
        return _extent_key(old, new)
    if change.kind == "volume" and not change.is_only:
        return "volume of"
    return "crossed" if change.changed_track and change.kind == "moved" else change.kind


def _extent_key(old: Segment, new: Segment) -> str:
    """Tell which end was cut off or added."""
    shorter = old.duration_ms - new.duration_ms
    if not shorter:
        return "cut"
    speed = new.speed or 1
    head = ((new.source_start_ms or 0) - (old.source_start_ms or 0)) / speed
    if not head and old.source_start_ms is new.source_start_ms is None:
        head = new.start_ms - old.start_ms if old.end_ms == new.end_ms else 0
    at_start = abs(head) >= _A_FRAME and (head > 0) == (shorter > 0)
    at_end = abs(shorter - head) >= _A_FRAME
    if shorter < 0:
        return "extended start" if at_start and not at_end else "extended"
    return "trimmed both" if at_start and at_end else "trimmed start" if at_start else "trimmed"


_A_FRAME: Final = 50
"""Milliseconds within which two places are the same."""


def _pieces(change: Change, old: Segment, new: Segment, lang: Language) -> tuple[int, str]:
    """Return how many pieces a segment was split into or merged from, and their times."""
    mark = WORDS[lang]["and"]
    one, several = (old, new) if change.kind == "split" else (new, old)
    pieces = sorted((several, *change.parts), key=lambda each: each.start_ms)
    spans = mark.join(_span([each], lang) for each in pieces)
    whole = _span([one], lang)
    return len(pieces), arrow(whole, spans) if change.kind == "split" else arrow(spans, whole)


def _segment_words(change: Change, old: Segment, new: Segment, lang: Language) -> dict[str, object]:
    count, pieces = _pieces(change, old, new, lang) if change.parts else (1, "")
    before, after = _span([old], lang), _span([new], lang)
    volumes = (
        WORDS[lang]["unset"] if each.volume is None else wording.percent(each.volume)
        for each in (old, new)
    )
    return {
        "count": count,
        "pieces": pieces,
        "before": wording.describe(old, lang),
        "after": wording.describe(new, lang),
        "old": _label(old, lang),
        "new": _label(new, lang),
        "span": after,
        "spans": after if before == after else arrow(before, after),
        "volumes": arrow(*volumes),
        "rates": arrow(f"{old.speed or 1:g}x", f"{new.speed or 1:g}x"),
        "offset": wording.length(new.source_start_ms or 0, lang),
    }


_DRAFT_KEYS: Final = {"duration_ms": "length", "size": "size", "fps": "rate"}


def _label(segment: Segment, lang: Language) -> str:
    if segment.kind == "text" and segment.text:
        return wording.quoted(wording.clip(segment.text, _LONGEST_TEXT), lang)
    return wording.label(segment, lang)


_LONGEST_TEXT: Final = 60

_ATTRIBUTES: Final = (
    *("length", "size", "rate", "track volume"),
    *("draft renamed", "draft named", "track renamed", "track named"),
)


_SWITCHED: Final[dict[tuple[str, object], str]] = {
    ("locked", True): "track locked",
    ("locked", False): "track unlocked",
    ("hidden", True): "track hidden",
    ("hidden", False): "track shown",
}


def _key(change: Change, described: str) -> str:
    first = change.fields[0] if change.fields else None
    if change.scope == "draft" and first and first.name in _DRAFT_KEYS and _is_attribute(first):
        return _DRAFT_KEYS[first.name]
    if change.kind == "renamed" and first and not first.before:
        return f"{change.scope} named"
    if change.kind == "changed" and not described:
        return f"{change.scope} settings"
    if change.scope == "track" and len(change.fields) == 1 and first:
        return _SWITCHED.get((first.name, first.after), "track " + change.kind)
    return f"{change.scope} {change.kind}"


def _is_attribute(field: FieldChange) -> bool:
    """Whether the values were read, unlike those of a property that has the same name."""
    return all(
        each is None or isinstance(each, str if field.name == "size" else int | float)
        for each in (field.before, field.after)
    )
