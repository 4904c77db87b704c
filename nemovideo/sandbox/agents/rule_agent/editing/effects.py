"""Edits of fades and of transitions between clips."""

from __future__ import annotations

from typing import Final

from nemovideo.sandbox import draft
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import Desk, Note, note, refusal
from nemovideo.sandbox.agents.rule_agent.instructions import Fade, Transition
from nemovideo.sandbox.draft import Json, PlacedSegment, meta

FADE_MS: Final = 1_000
# Made music has short fades of its own; who asks for one wants to hear it.
MUSIC_FADE_MS: Final = 2_000
TRANSITION_MS: Final = 500


def fade(desk: Desk, wish: Fade) -> Note:
    """Fade picture, music or texts in and out, or take their fades away."""
    groups = _groups(desk, wish)
    if not any(groups):
        return refusal(
            {"music": "no_music", "text": "no_text"}.get(wish.target, "no_such_clip"), role="text"
        )
    changed = [_faded(group, wish) for group in groups if group]
    what = {"picture": "video", "all": "video"}.get(wish.target, wish.target)
    if not any(changed):
        return refusal("no_fade" if wish.remove else "same_fade", what=what)
    return note("fades_removed" if wish.remove else _key(wish), what=what)


def _key(wish: Fade) -> str:
    if wish.fade_in and wish.fade_out:
        return "faded"
    return "faded_in" if wish.fade_in else "faded_out"


def _groups(desk: Desk, wish: Fade) -> list[list[PlacedSegment]]:
    """Group what fades together: a fade-in belongs to a group's first, a fade-out to its last."""
    clips = desk.clips()
    chosen = [clips[i] for i in desk.chosen(wish.which) or []]
    picture = [[clip] for clip in chosen] if wish.which.said else [chosen]
    music = [desk.music()]
    if wish.target == "picture":
        return picture
    if wish.target == "music":
        return music
    if wish.target == "all":
        return [*picture, *music]
    return [[t] for t in desk.texts() if wish.role in (None, meta(t.node).get("role"))]


def _faded(group: list[PlacedSegment], wish: Fade) -> bool:
    before = [draft.clone(item.node) for item in group]
    if wish.remove:
        for item in group:
            _set(item, "fade_in", None if wish.fade_in else -1)
            _set(item, "fade_out", None if wish.fade_out else -1)
    else:
        length = wish.length or (MUSIC_FADE_MS if wish.target == "music" else FADE_MS)
        _set(group[0], "fade_in", length if wish.fade_in else -1)
        _set(group[-1], "fade_out", length if wish.fade_out else -1)
    return before != [item.node for item in group]


def _set(item: PlacedSegment, name: str, length: int | None) -> None:
    """Set a fade; None takes it away, -1 leaves it."""
    fields = draft.own_meta(item.node)
    if length is None:
        fields.pop(name, None)
    elif length >= 0:
        fields[name] = min(length, max(1, item.length // 2))


def transition(desk: Desk, wish: Transition) -> Note:
    """Lead from clip to clip, or cut hard again."""
    clips = desk.clips()
    chosen = desk.chosen(wish.which)
    if chosen is None:
        return refusal("no_such_clip")
    led_into = [clips[i] for i in chosen if i > 0]
    if not led_into:
        return refusal("one_clip")
    before = [draft.clone(clip.node) for clip in led_into]
    for clip in led_into:
        _lead(clip, wish)
    if before == [clip.node for clip in led_into]:
        return refusal("no_transition" if wish.remove else "same_transition")
    return note("transitions_removed" if wish.remove else wish.type, count=len(led_into))


def _lead(clip: PlacedSegment, wish: Transition) -> None:
    fields: Json = draft.own_meta(clip.node)
    if wish.remove:
        fields.pop("transition", None)
    else:
        fields["transition"] = {
            "type": wish.type,
            "d": min(wish.length or TRANSITION_MS, clip.length),
        }
