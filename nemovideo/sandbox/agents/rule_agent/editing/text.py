"""Edits of titles and subtitles."""

from __future__ import annotations

from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.working_draft import (
    SHORTEST_MS,
    TITLE_MS,
    EditResult,
    Edits,
    WorkingDraft,
    applied,
    refused,
)
from nemovideo.sandbox.agents.rule_agent.instructions import (
    AddText,
    ChangeText,
    RemoveText,
    TextRef,
)
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import TimeRange
from nemovideo.sandbox.draft import TEXT, Json, PlacedSegment, as_text, meta, seconds

_POSITION: Final = {"title": "lower_third", "subtitle": "bottom"}
_NAME: Final = {"title": "Title", "subtitle": "Subtitle"}
_CAPTION_GAP_MS: Final = 50


def add_text(editor: WorkingDraft, edit: AddText) -> EditResult:
    """Add a text, or give its words and place to one that stands where it would stand."""
    # A generated film has a name to show; one of uploads is called after a file.
    titled = any(meta(item.node).get("role") == "title" for item in editor.texts())
    made = any(meta(clip.node).get("kind") == "generated" for clip in editor.clips())
    named = edit.role == "title" and made and not titled
    words = edit.text or (as_text(meta(editor.draft).get("name")) if named else "")
    if not words:
        return refused("which_words")
    if _outside(editor, edit.span):
        return refused("nothing_there", seconds=seconds(editor.total))
    chosen = editor.chosen(edit.selector)
    if not chosen or sorted(chosen) != list(range(min(chosen), max(chosen) + 1)):
        return refused("no_such_clip")
    start, length = _shown(editor, edit, chosen)
    position = edit.position or _POSITION[edit.role]
    rival = next(
        (t for t in editor.texts() if _collides(t, edit.role, position, start, length)), None
    )
    if rival is not None and edit.text is None:
        return refused("which_words")
    if rival is not None:
        _write(editor, rival.node, words, position, edit.size, edit.color)
        _place(
            editor,
            rival.node,
            start if edit.span.given else rival.start,
            length if edit.span.given else rival.length,
        )
        return applied("text_changed", role=edit.role, text=words)
    node = editor.add(
        editor.add_track(TEXT), start, length, name=_NAME[edit.role], text=words, role=edit.role
    )
    _write(editor, node, words, position, edit.size, edit.color)
    return applied(
        "text_added", role=edit.role, text=words, start=seconds(start), end=seconds(start + length)
    )


def _shown(editor: WorkingDraft, edit: AddText, chosen: list[int]) -> tuple[int, int]:
    """Return when a new text is seen: (start, length) in milliseconds."""
    if edit.selector.given and edit.span.length is None:
        clips = [editor.clips()[index] for index in sorted(chosen)]
        return clips[0].start, clips[-1].end - clips[0].start
    brief = edit.role == "title" or edit.span.anchor == "end" or edit.span == TimeRange("at")
    default = TITLE_MS if brief else editor.total
    return edit.span.resolve(editor.total, min(default, editor.total))


def _outside(editor: WorkingDraft, span: TimeRange) -> bool:
    return span.anchor == "at" and span.start >= editor.total


def _collides(item: PlacedSegment, role: str, position: str, start: int, length: int) -> bool:
    """Return True if a text of the same kind would be drawn over this one."""
    fields = meta(item.node)
    same = fields.get("role") == role and (fields.get("position") or _POSITION[role]) == position
    if role == "subtitle":
        return same and (item.start, item.length) == (start, length)
    shared = min(item.end, start + length) - max(item.start, start)
    return fields.get("role") == role and shared > _CAPTION_GAP_MS


def _write(
    editor: WorkingDraft,
    node: Json,
    words: str | None,
    position: str | None,
    size: str | None,
    color: str | None,
) -> None:
    fields, whole = timeline.own_meta(node), timeline.own_meta(editor.draft)
    # A video is called after its title for as long as nobody calls it something else.
    if words and fields.get("role") == "title" and fields.get("text") == whole.get("name"):
        whole["name"] = words
    wanted = {"text": words, "position": position, "size": size, "color": color}
    fields.update({name: value for name, value in wanted.items() if value})


def _place(editor: WorkingDraft, node: Json, start: int, length: int) -> None:
    for track in timeline.tracks(editor.draft, TEXT):
        items = timeline.placed(track)
        if any(item.node is node for item in items):
            timeline.set_segments(
                track,
                [PlacedSegment(i.node, start, length) if i.node is node else i for i in items],
            )


def change_text(editor: WorkingDraft, edit: ChangeText) -> EditResult:
    """Change the words, the place, the time or the look of texts."""
    found = find_texts(editor, edit.ref)
    if not found and edit.or_add and edit.ref.words:
        role = edit.ref.role or "subtitle"
        added = AddText(role, edit.ref.words, edit.span, edit.position, edit.size, edit.color)
        return add_text(editor, added)
    if not found:
        return refused("no_text", role=edit.ref.role or "text")
    if _outside(editor, edit.span):
        return refused("nothing_there", seconds=seconds(editor.total))
    for item in found:
        _write(editor, item.node, edit.text, edit.position, edit.size, edit.color)
        if edit.span.given or edit.lasting or edit.later:
            _place(editor, item.node, *_when(editor, item, edit))
    return _changed(editor, found[0].node, edit)


def _when(editor: WorkingDraft, item: PlacedSegment, edit: ChangeText) -> tuple[int, int]:
    """Return when a text is seen from now on: (start, length) in milliseconds."""
    if edit.later:
        start = max(0, min(item.start + edit.later, editor.total - SHORTEST_MS))
        return start, min(item.length, editor.total - start)
    if edit.lasting is None:
        return edit.span.resolve(editor.total, item.length, item.start)
    length = round(item.length * edit.lasting.factor) + edit.lasting.by
    return item.start, max(SHORTEST_MS, min(length, editor.total - item.start))


def _changed(editor: WorkingDraft, node: Json, edit: ChangeText) -> EditResult:
    item = next(text for text in editor.texts() if text.node is node)
    timed = edit.span.given or edit.lasting is not None or edit.later != 0
    moved = "text_timed" if timed else "text_moved" if edit.position else "text_styled"
    return applied(
        "text_changed" if edit.text else moved,
        role=as_text(meta(node).get("role")) or "text",
        text=as_text(meta(node).get("text")),
        start=seconds(item.start),
        end=seconds(item.end),
    )


def remove_text(editor: WorkingDraft, edit: RemoveText) -> EditResult:
    ref = edit.ref
    found = find_texts(editor, ref)
    gone = {id(item.node) for item in found}
    editor.retain(TEXT, lambda item: id(item.node) not in gone)
    return (
        applied("text_removed", role=ref.role or "text")
        if gone
        else refused("no_text", role=ref.role or "text")
    )


def find_texts(editor: WorkingDraft, ref: TextRef) -> list[PlacedSegment]:
    texts = sorted(editor.texts(), key=lambda item: item.start)
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
    return texts if ref.every else _last_touched(editor, texts)


def _last_touched(editor: WorkingDraft, texts: list[PlacedSegment]) -> list[PlacedSegment]:
    """Choose the text that changed last, else the first title, else the first text."""
    older = {
        as_text(t.node.get("id")): t.node for t in timeline.segments(editor.before or {}, TEXT)
    }
    fresh = [item for item in texts if older.get(as_text(item.node.get("id"))) != item.node]
    if editor.before is not None and len(fresh) == 1:
        return fresh
    titles = [item for item in texts if meta(item.node).get("role") == "title"]
    return (titles or texts)[:1]


EDITS: Final[Edits] = {AddText: add_text, ChangeText: change_text, RemoveText: remove_text}
