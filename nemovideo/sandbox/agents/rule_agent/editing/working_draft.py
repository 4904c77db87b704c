"""An editor of drafts: changes a copy, allots ids and reports what each edit did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.instructions import ClipSelector
from nemovideo.sandbox.agents.rule_agent.seeded_random import SeededRandom
from nemovideo.sandbox.agents.rule_agent.words.lexicon import find_terms
from nemovideo.sandbox.agents.rule_agent.words.phrases import Language
from nemovideo.sandbox.agents.uploads import Upload
from nemovideo.sandbox.draft import AUDIO, TEXT, VIDEO, Json, PlacedSegment, meta

SHORTEST_MS = 100
TITLE_MS = 3_000


@dataclass(frozen=True)
class EditResult:
    """The result of one instruction.

    Args:
        key: names the sentence of the reply, such as "music_added".
        done: False when nothing was changed.
        values: what the sentence needs: texts, seconds, percentages.
    """

    key: str
    done: bool = True
    values: dict[str, str] = field(default_factory=dict[str, str])


def applied(key: str, **values: object) -> EditResult:
    return EditResult(key, values={name: str(value) for name, value in values.items()})


def refused(key: str, **values: object) -> EditResult:
    return EditResult(key, done=False, values={name: str(value) for name, value in values.items()})


@dataclass
class WorkingDraft:
    """A draft and what an edit needs to know of the session.

    Args:
        draft: the copy that is written on.
        random: the source of ids and seeds.
        language: the language of names that are made up.
        assets: the session's uploads.
        before: the draft before the last change, to find what changed last.
    """

    draft: Json
    random: SeededRandom
    language: Language = "en"
    assets: tuple[Upload, ...] = ()
    before: Json | None = None
    made: int = 0

    def new_id(self, prefix: str) -> str:
        """Return an id that no track or segment of the draft carries."""
        taken = timeline.identifiers(self.draft)
        while True:
            self.made += 1
            label = self.random.label(prefix, f"id {self.made}")
            if label not in taken:
                return label

    def new_seed(self) -> int:
        self.made += 1
        return self.random.integer(f"seed {self.made}")

    @property
    def total(self) -> int:
        return timeline.video_end(self.draft)

    def add_track(self, kind: int, *, own: bool = False) -> Json:
        """Return the first track of a type, made when there is none or when `own` is asked."""
        found = [] if own else timeline.tracks(self.draft, kind)
        if found:
            return found[0]
        track = timeline.new_track(self.new_id("trk"), kind)
        tracks = timeline.tracks(self.draft)
        after = sum(other.get("tt") in _ORDER[: _ORDER.index(kind) + 1] for other in tracks)
        self.draft["t"] = [*tracks[:after], track, *tracks[after:]]
        return track

    def main(self) -> Json:
        """Return the video track that carries the story, made when there is none."""
        return timeline.main_track(self.draft) or self.add_track(VIDEO)

    def clips(self) -> list[PlacedSegment]:
        track = timeline.main_track(self.draft)
        return timeline.placed(track) if track is not None else []

    def add(self, track: Json, start: int, length: int, **fields: object) -> Json:
        node = timeline.new_segment(self.new_id("sg"), start, length, **fields)
        timeline.set_segments(track, [*timeline.placed(track), PlacedSegment(node, start, length)])
        return node

    def retain(self, kind: int, wanted: Callable[[PlacedSegment], bool]) -> int:
        """Keep only the wanted segments of one type; return how many went."""
        gone = 0
        for track in timeline.tracks(self.draft, kind):
            items = timeline.placed(track)
            remaining = [item for item in items if wanted(item)]
            if len(remaining) != len(items):
                gone += len(items) - len(remaining)
                timeline.set_segments(track, remaining)
        return gone

    def each(self, kind: int) -> list[PlacedSegment]:
        return list(timeline.segments(self.draft, kind))

    def music(self) -> list[PlacedSegment]:
        """List the segments that are the video's music, made or uploaded."""
        return self.each(AUDIO)

    def texts(self) -> list[PlacedSegment]:
        return self.each(TEXT)

    def chosen(self, selector: ClipSelector) -> list[int] | None:
        """Return the positions of the clips meant: all by default, None if absent."""
        clips = self.clips()
        if not selector.given:
            return list(range(len(clips)))
        if selector.indexes:
            counted = [i for i, clip in enumerate(clips) if _is_counted(clip.node, selector.kind)]
            if not all(-len(counted) <= i < len(counted) for i in selector.indexes):
                return None
            found = [counted[i] for i in selector.indexes]
            # A clip is called a video as well, also by those who count the photos.
            plain = [range(len(clips))[i] for i in selector.indexes]
            return None if selector.kind == "video" and found != plain else found
        if selector.middle:
            return [len(clips) // 2] if len(clips) % 2 and len(clips) > 1 else None
        for answers in (_matches, _is_set_in, _is_named_after):
            if found := [i for i, clip in enumerate(clips) if answers(clip.node, selector)]:
                return None if selector.one and len(found) > 1 else found
        return None


def _is_counted(node: Json, kind: str | None) -> bool:
    is_image = meta(node).get("kind") == "image"
    return kind is None or (kind == "video" and not is_image) or (kind == "image" and is_image)


_ORDER = (VIDEO, AUDIO, TEXT)


def _matches(node: Json, selector: ClipSelector) -> bool:
    fields = meta(node)
    if selector.files:
        return (fields.get("asset") or fields.get("name")) in selector.files
    if selector.kind == "upload":
        return "asset" in fields
    if selector.kind:
        return fields.get("kind") == selector.kind
    return timeline.as_object(fields.get("scene")).get("subject") == selector.subject


def _is_set_in(node: Json, selector: ClipSelector) -> bool:
    setting = timeline.as_object(meta(node).get("scene")).get("setting")
    return selector.subject is not None and setting == selector.subject


def _is_named_after(node: Json, selector: ClipSelector) -> bool:
    """Return True if a clip's name mentions the subject, as "the wolf clip" may show a moon."""
    name = timeline.as_text(meta(node).get("name")).lower()
    return any(found.term.name == selector.subject for found in find_terms(name))


@dataclass(frozen=True)
class EndAnchors:
    """What was aligned with the end of the video before an edit, and moves with it.

    Args:
        total: the length of the video then, in milliseconds.
        filling: music and uploaded sound to the end of the video, texts all through it.
        closing: texts that stood at its end.
    """

    total: int
    filling: frozenset[int]
    closing: frozenset[int]


def end_anchors(editor: WorkingDraft, *, appending: bool = False) -> EndAnchors:
    """Find what is aligned with the end of the video, before an edit.

    Args:
        editor: the draft.
        appending: True when something may be put behind the end: then a closing title moves on,
            while a subtitle stays with the picture that it was made for.
    """
    total = editor.total
    ending = [item for item in [*editor.music(), *editor.texts()] if item.end == total > 0]
    made = {id(i.node) for i in ending if meta(i.node).get("kind") in ("music", "clip")}
    through = {id(i.node) for i in ending if _runs_through(i)}
    closing = {
        id(i.node) for i in ending
        if i.start > 0 and i.length <= total // 2 and "text" in meta(i.node)
        and not (appending and meta(i.node).get("role") != "title")
    }  # fmt: skip
    return EndAnchors(total, frozenset(made | through), frozenset(closing))


def _runs_through(item: PlacedSegment) -> bool:
    """Return True if a text lasts the whole video and is not just a title in a short one."""
    fields = meta(item.node)
    brief = fields.get("role") == "title" and item.length <= TITLE_MS
    return item.start == 0 and "text" in fields and not brief


def realign(editor: WorkingDraft, before: EndAnchors) -> None:
    """Realign sound and texts with the pictures after an edit.

    The draft's length is that of its pictures. Music that filled the video fills it again, other
    sound is cut at the end, and what stood at the end of the video stays there.
    """
    total = editor.total
    for kind in (AUDIO, TEXT):
        for track in timeline.tracks(editor.draft, kind):
            _lay_if_new(track, [_fitted(editor, item, before) for item in timeline.placed(track)])
    for item in editor.each(VIDEO):
        _bounded_fades(item)
        _bounded_transition(item)
    if editor.draft.get("d") != total:
        editor.draft["d"] = total
    if editor.draft.get("t") != (
        remaining := [track for track in timeline.tracks(editor.draft) if _stays(track)]
    ):
        editor.draft["t"] = remaining


def _fitted(editor: WorkingDraft, item: PlacedSegment, before: EndAnchors) -> PlacedSegment:
    total = editor.total
    changed = total != before.total
    if changed and id(item.node) in before.filling:
        length = max(0, total - item.start)
        return PlacedSegment(item.node, item.start, min(length, _recorded(editor, item) or length))
    if changed and id(item.node) in before.closing:
        start = max(0, total - item.length)
        return PlacedSegment(item.node, start, total - start)
    return PlacedSegment(item.node, item.start, max(0, min(item.end, total) - item.start))


def _recorded(editor: WorkingDraft, item: PlacedSegment) -> int:
    """Return how much an uploaded sound can play from where it begins; 0 if that is not known."""
    fields = meta(item.node)
    files = {each.filename: each.duration or 0 for each in editor.assets}
    recorded = round(files.get(timeline.as_text(fields.get("asset")), 0) * 1000)
    return max(recorded - timeline.as_ms(fields.get("in")), item.length) if recorded else 0


def _stays(track: Json) -> bool:
    return bool(track.get("sg")) or track.get("tt") not in _ORDER


def _lay_if_new(track: Json, items: Iterable[PlacedSegment]) -> None:
    remaining = [item for item in items if item.length > 0]
    if remaining != timeline.placed(track):
        timeline.set_segments(track, remaining)
    for item in remaining:
        _bounded_fades(item)


def _bounded_fades(item: PlacedSegment) -> None:
    fields = meta(item.node)
    for name in ("fade_in", "fade_out"):
        if timeline.as_ms(fields.get(name)) > item.length // 2:
            fields[name] = item.length // 2


def _bounded_transition(item: PlacedSegment) -> None:
    leading = timeline.as_object(meta(item.node).get("transition"))
    if timeline.as_ms(leading.get("d")) > item.length:
        leading["d"] = item.length


# Each class of instructions and the function that executes it; a test checks the pairing, which
# one Callable type cannot express.
Edits: TypeAlias = dict[type, Callable[[WorkingDraft, Any], EditResult]]
