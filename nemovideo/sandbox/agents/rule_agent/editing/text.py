"""Edits of titles and subtitles."""

from __future__ import annotations

from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import (
    SHORTEST_MS,
    TITLE_MS,
    Desk,
    Note,
    note,
    refusal,
)
from nemovideo.sandbox.agents.rule_agent.instructions import (
    AddText,
    ChangeText,
    RemoveText,
    TextRef,
)
from nemovideo.sandbox.agents.rule_agent.words.spans import Span
from nemovideo.sandbox.draft import TEXT, Json, PlacedSegment, as_text, meta, seconds

_POSITION: Final = {"title": "center", "subtitle": "bottom"}
_NAME: Final = {"title": "Title", "subtitle": "Subtitle"}
_CAPTION_GAP_MS: Final = 50


def add_text(desk: Desk, wish: AddText) -> Note:
    """Add a text, or give its words and place to one that stands where it would stand."""
    words = wish.text or (as_text(meta(desk.draft).get("name")) if wish.role == "title" else "")
    if not words:
        return refusal("which_words")
    default = TITLE_MS if wish.role == "title" else desk.total
    if _outside(desk, wish.span):
        return refusal("nothing_there", seconds=seconds(desk.total))
    start, length = wish.span.resolve(desk.total, min(default, desk.total))
    position = wish.position or _POSITION[wish.role]
    rival = next(
        (t for t in desk.texts() if _collides(t, wish.role, position, start, length)), None
    )
    if rival is not None:
        _write(rival.node, words, position, wish.size, wish.color)
        _place(
            desk,
            rival.node,
            start if wish.span.said else rival.start,
            length if wish.span.said else rival.length,
        )
        return note("text_changed", role=wish.role, text=words)
    node = desk.add(
        desk.add_track(TEXT), start, length, name=_NAME[wish.role], text=words, role=wish.role
    )
    _write(node, words, position, wish.size, wish.color)
    return note(
        "text_added", role=wish.role, text=words, start=seconds(start), end=seconds(start + length)
    )


def _outside(desk: Desk, span: Span) -> bool:
    return span.anchor == "at" and span.start >= desk.total


def _collides(item: PlacedSegment, role: str, position: str, start: int, length: int) -> bool:
    """Tell whether a text of the same kind would be drawn over this one."""
    fields = meta(item.node)
    same = fields.get("role") == role and (fields.get("position") or _POSITION[role]) == position
    if role == "subtitle":
        return same and (item.start, item.length) == (start, length)
    shared = min(item.end, start + length) - max(item.start, start)
    return fields.get("role") == role and shared > _CAPTION_GAP_MS


def _write(
    node: Json, words: str | None, position: str | None, size: str | None, color: str | None
) -> None:
    fields = timeline.own_meta(node)
    wanted = {"text": words, "position": position, "size": size, "color": color}
    fields.update({name: value for name, value in wanted.items() if value})


def _place(desk: Desk, node: Json, start: int, length: int) -> None:
    for track in timeline.tracks(desk.draft, TEXT):
        items = timeline.placed(track)
        if any(item.node is node for item in items):
            timeline.lay(
                track,
                [PlacedSegment(i.node, start, length) if i.node is node else i for i in items],
            )


def change_text(desk: Desk, wish: ChangeText) -> Note:
    """Change the words, the place, the time or the look of texts."""
    found = find_texts(desk, wish.ref)
    if not found and wish.or_add and wish.ref.words:
        role = wish.ref.role or "subtitle"
        added = AddText(role, wish.ref.words, wish.span, wish.position, wish.size, wish.color)
        return add_text(desk, added)
    if not found:
        return refusal("no_text", role=wish.ref.role or "text")
    if _outside(desk, wish.span):
        return refusal("nothing_there", seconds=seconds(desk.total))
    for item in found:
        _write(item.node, wish.text, wish.position, wish.size, wish.color)
        if wish.span.said or wish.lasting or wish.later:
            _place(desk, item.node, *_when(desk, item, wish))
    return _changed(desk, found[0].node, wish)


def _when(desk: Desk, item: PlacedSegment, wish: ChangeText) -> tuple[int, int]:
    """Return when a text is seen from now on: (start, length) in milliseconds."""
    if wish.later:
        start = max(0, min(item.start + wish.later, desk.total - SHORTEST_MS))
        return start, min(item.length, desk.total - start)
    if wish.lasting is None:
        return wish.span.resolve(desk.total, item.length, item.start)
    length = round(item.length * wish.lasting.factor) + wish.lasting.by
    return item.start, max(SHORTEST_MS, min(length, desk.total - item.start))


def _changed(desk: Desk, node: Json, wish: ChangeText) -> Note:
    item = next(text for text in desk.texts() if text.node is node)
    timed = wish.span.said or wish.lasting is not None or wish.later != 0
    moved = "text_timed" if timed else "text_moved" if wish.position else "text_styled"
    return note(
        "text_changed" if wish.text else moved,
        role=as_text(meta(node).get("role")) or "text",
        text=as_text(meta(node).get("text")),
        start=seconds(item.start),
        end=seconds(item.end),
    )


def remove_text(desk: Desk, wish: RemoveText) -> Note:
    """Take texts away."""
    ref = wish.ref
    found = find_texts(desk, ref)
    gone = {id(item.node) for item in found}
    desk.keep(TEXT, lambda item: id(item.node) not in gone)
    return (
        note("text_removed", role=ref.role or "text")
        if gone
        else refusal("no_text", role=ref.role or "text")
    )


def find_texts(desk: Desk, ref: TextRef) -> list[PlacedSegment]:
    """Find the texts meant, in the order of the timeline."""
    texts = sorted(desk.texts(), key=lambda item: item.start)
    if ref.role is not None:
        texts = [item for item in texts if meta(item.node).get("role", "title") == ref.role]
    if ref.words is not None:
        texts = [
            item
            for item in texts
            if ref.words.lower() in as_text(meta(item.node).get("text")).lower()
        ]
    if ref.index is not None:
        return texts[ref.index :][:1]
    return texts if ref.every else _last_touched(desk, texts)


def _last_touched(desk: Desk, texts: list[PlacedSegment]) -> list[PlacedSegment]:
    """Choose the text that changed last, else the first title, else the first text."""
    older = {as_text(t.node.get("id")): t.node for t in timeline.segments(desk.before or {}, TEXT)}
    fresh = [item for item in texts if older.get(as_text(item.node.get("id"))) != item.node]
    if desk.before is not None and len(fresh) == 1:
        return fresh
    titles = [item for item in texts if meta(item.node).get("role") == "title"]
    return (titles or texts)[:1]
