"""The service's draft of a video, unchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, cast

from nemovideo.compat.json_result import JSONResult
from nemovideo.concurrency.stepwise_json import dump_json
from nemovideo.timeline.fields import strip
from nemovideo.timeline.parse import parse_timeline
from nemovideo.timeline.timeline import Timeline
from nemovideo.timeline.values import as_objects


class Draft(JSONResult):
    """A draft as the service sent it (`raw`), and its readable view (`timeline`).

    Args:
        raw: the service's JSON, neither copied nor modified.

    Example:
        draft = Draft.parse(state["draft"])
        if draft.is_ready:
            print(draft.timeline)
    """

    __slots__ = ("_timeline", "raw")

    raw: dict[str, object]

    def __init__(self, raw: dict[str, object] | None = None) -> None:
        self.raw = {} if raw is None else raw
        self._timeline: Timeline | None = None

    @classmethod
    def parse(cls, value: object) -> Draft:
        """Return the draft in `value`; an empty one for anything that is not a JSON object."""
        if isinstance(value, Draft):
            return value
        return cls(cast("dict[str, object]", value) if isinstance(value, dict) else None)

    @property
    def is_ready(self) -> bool:
        """Whether there is a segment to export on any track (wire-contract section 6)."""
        return self.segment_count > 0

    @property
    def segment_count(self) -> int:
        """How many segments there are, on all tracks together."""
        tracks = as_objects(self.raw.get("t"))
        return sum(len(as_objects(track.get("sg"))) for track in tracks)

    @property
    def timeline(self) -> Timeline:
        """The readable view, parsed on first use."""
        if self._timeline is None:
            self._timeline = parse_timeline(self.raw)
        return self._timeline

    def differs_from(self, other: Draft) -> bool:
        """Whether a person could tell the two apart: True exactly if `timeline.diff` has a change.

        Equality compares the JSON. This ignores ids, versions and times of saving, which change$
        with each save and have no effect on the video: the keys `id`, `segment_id`,
        `track_id`, `uid`, `uuid`, `v`, `version`, `rev`, `revision`, `etag`, `updated_at`,
        `modified_at`, `saved_at`, `created_at` and `timestamp`, in camel case as well. It also
        treats NaN as equal to NaN and null as absent, and ignores what is no track or segment.

        Args:
            other: a draft of the same project.

        Example:
            if draft.differs_from(before) and draft.is_ready:
                print(draft.timeline.diff(before.timeline))
        """
        return self.raw is not other.raw and self.timeline != other.timeline

    @property
    def fingerprint(self) -> str:
        """The same text for all drafts that `differs_from` cannot tell apart; "" without a segment.

        Store a digest of it to compare a later draft with this one.
        """
        if not self.is_ready:
            return ""
        tracks = [
            {**strip(track, "sg"), "sg": [strip(each) for each in as_objects(track.get("sg"))]}
            for track in as_objects(self.raw.get("t"))
        ]
        content = {**strip(self.raw, "t"), "t": tracks}
        return dump_json(content, sort_keys=True)

    def to_dict(self) -> dict[str, object]:
        """Return the service's JSON: `raw` itself."""
        return self.raw

    def __eq__(self, other: object) -> bool:
        return self.raw == other.raw if isinstance(other, Draft) else NotImplemented

    # Equality compares the JSON, which is mutable.
    __hash__: ClassVar[None] = None  # type: ignore[assignment]  # the type of `object.__hash__` forbids it

    def __bool__(self) -> bool:
        return bool(self.raw)

    def __repr__(self) -> str:
        return f"Draft({self.timeline})"

    def __reduce__(self) -> tuple[type[Draft], tuple[dict[str, object]]]:
        return (type(self), (self.raw,))

    @classmethod
    def _parser(cls) -> Callable[[object], Draft]:
        return cls.parse
