"""Clips are shown again: copies after the original, or at the end of the video."""

from __future__ import annotations

from typing import Final

from nemovideo.sandbox import draft
from nemovideo.sandbox.agents.rule_agent.editing.create import LONGEST_MS
from nemovideo.sandbox.agents.rule_agent.editing.cut import take_out
from nemovideo.sandbox.agents.rule_agent.editing.order import insert
from nemovideo.sandbox.agents.rule_agent.editing.working_draft import (
    EditResult,
    Edits,
    WorkingDraft,
    applied,
    refused,
)
from nemovideo.sandbox.agents.rule_agent.instructions import Repeat
from nemovideo.sandbox.draft import Json, PlacedSegment, meta, seconds


def repeat(editor: WorkingDraft, edit: Repeat) -> EditResult:
    """Put copies of clips behind them; the texts over the originals are not repeated."""
    chosen, clips = editor.chosen(edit.selector), editor.clips()
    if not chosen:
        return refused("no_such_clip")
    if edit.one and len(clips) > 1:
        return refused("which_clip", count=len(clips))
    if edit.fill is not None:
        return _filled(editor, edit.fill)
    again = [clips[index] for index in sorted(chosen)]
    added = sum(clip.length for clip in again) * (edit.plays - 1)
    if editor.total + added > LONGEST_MS:
        return refused("too_long", seconds=seconds(LONGEST_MS))
    copies = [_copy(editor, clip) for _ in range(edit.plays - 1) for clip in again]
    insert(editor, copies, len(clips) if edit.at_end else max(chosen) + 1)
    return applied("repeated", plays=edit.plays, total=seconds(editor.total))


def _filled(editor: WorkingDraft, length: int) -> EditResult:
    """Repeat the video until it lasts `length` milliseconds; the last round may be cut short."""
    if editor.total >= length:
        return refused("as_long_already", seconds=seconds(editor.total))
    if length > LONGEST_MS:
        return refused("too_long", seconds=seconds(LONGEST_MS))
    clips, rounds = editor.clips(), -(-length // editor.total)
    copies = [_copy(editor, clip) for _ in range(rounds - 1) for clip in clips]
    insert(editor, copies, len(clips))
    take_out(editor, length, editor.total)
    return applied("looped", total=seconds(editor.total))


def _copy(editor: WorkingDraft, clip: PlacedSegment) -> tuple[Json, int]:
    node = draft.clone(clip.node)
    node["id"] = editor.new_id("sg")
    # What led into the original came from another picture.
    meta(node).pop("transition", None)
    return node, clip.length


EDITS: Final[Edits] = {Repeat: repeat}
