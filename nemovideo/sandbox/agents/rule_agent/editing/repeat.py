"""Clips are shown again: copies beside the original, or at the end of the film."""

from __future__ import annotations

from nemovideo.sandbox import draft
from nemovideo.sandbox.agents.rule_agent.editing.create import LONGEST_MS
from nemovideo.sandbox.agents.rule_agent.editing.cut import take_out
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import Desk, Note, note, refusal
from nemovideo.sandbox.agents.rule_agent.editing.order import insert
from nemovideo.sandbox.agents.rule_agent.instructions import Repeat
from nemovideo.sandbox.draft import Json, PlacedSegment, meta, seconds


def repeat(desk: Desk, wish: Repeat) -> Note:
    """Put copies of clips behind them; the texts over the originals are not repeated."""
    chosen, clips = desk.chosen(wish.which), desk.clips()
    if not chosen:
        return refusal("no_such_clip")
    if wish.one and len(clips) > 1:
        return refusal("which_clip", count=len(clips))
    if wish.fill is not None:
        return _filled(desk, wish.fill)
    again = [clips[index] for index in sorted(chosen)]
    added = sum(clip.length for clip in again) * (wish.plays - 1)
    if desk.total + added > LONGEST_MS:
        return refusal("too_long", seconds=seconds(LONGEST_MS))
    copies = [_copy(desk, clip) for _ in range(wish.plays - 1) for clip in again]
    insert(desk, copies, len(clips) if wish.at_end else max(chosen) + 1)
    return note("repeated", plays=wish.plays, total=seconds(desk.total))


def _filled(desk: Desk, length: int) -> Note:
    """Repeat the film until it lasts `length` milliseconds; the last round may be cut short."""
    if desk.total >= length:
        return refusal("as_long_already", seconds=seconds(desk.total))
    if length > LONGEST_MS:
        return refusal("too_long", seconds=seconds(LONGEST_MS))
    clips, rounds = desk.clips(), -(-length // desk.total)
    copies = [_copy(desk, clip) for _ in range(rounds - 1) for clip in clips]
    insert(desk, copies, len(clips))
    take_out(desk, length, desk.total)
    return note("looped", total=seconds(desk.total))


def _copy(desk: Desk, clip: PlacedSegment) -> tuple[Json, int]:
    node = draft.clone(clip.node)
    node["id"] = desk.new_id("sg")
    # What led into the original came from another picture.
    meta(node).pop("transition", None)
    return node, clip.length
