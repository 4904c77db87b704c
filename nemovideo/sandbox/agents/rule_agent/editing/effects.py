"""Edits of fades and of transitions between clips."""

from __future__ import annotations

from typing import Final

from nemovideo.sandbox import draft
from nemovideo.sandbox.agents.rule_agent.editing.working_draft import (
    EditResult,
    Edits,
    WorkingDraft,
    applied,
    refused,
)
from nemovideo.sandbox.agents.rule_agent.instructions import Fade, Fit, Transition
from nemovideo.sandbox.draft import Json, PlacedSegment, meta

FADE_MS: Final = 1_000
# Made music has short fades of its own; a requested one must be audible.
MUSIC_FADE_MS: Final = 2_000
TRANSITION_MS: Final = 500
_CALLED: Final = {"picture": "video", "all": "video"}


def fade(editor: WorkingDraft, edit: Fade) -> EditResult:
    """Fade picture, music or texts in and out, or take their fades away."""
    groups = _groups(editor, edit)
    if edit.target == "both" and not editor.music():
        return refused("no_music")
    if not any(groups) or (edit.target in ("both", "all") and not groups[0]):
        return refused(
            {"music": "no_music", "text": "no_text"}.get(edit.target, "no_such_clip"), role="text"
        )
    changed = [_faded(group, edit) for group in groups if group]
    together = edit.target in ("both", "all") and editor.music()
    what = "video and the music" if together else _CALLED.get(edit.target, edit.target)
    if not any(changed):
        return refused("no_fade" if edit.remove else "same_fade", what=what)
    return applied("fades_removed" if edit.remove else _key(edit), what=what)


def _key(edit: Fade) -> str:
    if edit.fade_in and edit.fade_out:
        return "faded"
    return "faded_in" if edit.fade_in else "faded_out"


def _groups(editor: WorkingDraft, edit: Fade) -> list[list[PlacedSegment]]:
    """Group what fades together: a fade-in belongs to a group's first, a fade-out to its last."""
    clips = editor.clips()
    chosen = [clips[i] for i in editor.chosen(edit.selector) or []]
    picture = [[clip] for clip in chosen] if edit.selector.given else [chosen]
    music = [editor.music()]
    if edit.target == "picture":
        return picture
    if edit.target == "music":
        return music
    if edit.target in ("both", "all"):
        return [*picture, *music]
    return [[t] for t in editor.texts() if edit.role in (None, meta(t.node).get("role"))]


def _faded(group: list[PlacedSegment], edit: Fade) -> bool:
    before = [draft.clone(item.node) for item in group]
    if edit.remove:
        for item in group:
            _set(item, "fade_in", None if edit.fade_in else -1)
            _set(item, "fade_out", None if edit.fade_out else -1)
    else:
        length = edit.length or (MUSIC_FADE_MS if edit.target == "music" else FADE_MS)
        _set(group[0], "fade_in", length if edit.fade_in else -1)
        _set(group[-1], "fade_out", length if edit.fade_out else -1)
    return before != [item.node for item in group]


def _set(item: PlacedSegment, name: str, length: int | None) -> None:
    """Set a fade; None takes it away, -1 leaves it."""
    fields = draft.own_meta(item.node)
    if length is None:
        fields.pop(name, None)
    elif length >= 0:
        fields[name] = min(length, max(1, item.length // 2))


def transition(editor: WorkingDraft, edit: Transition) -> EditResult:
    """Lead from clip to clip, or cut hard again."""
    clips = editor.clips()
    chosen = editor.chosen(edit.selector)
    if chosen is None:
        return refused("no_such_clip")
    led_into = [clips[i] for i in chosen if i > 0]
    if not led_into:
        return refused("one_clip")
    before = [draft.clone(clip.node) for clip in led_into]
    for clip in led_into:
        _lead(clip, edit)
    if before == [clip.node for clip in led_into]:
        return refused("no_transition" if edit.remove else "same_transition")
    return applied("transitions_removed" if edit.remove else edit.type, count=len(led_into))


def _lead(clip: PlacedSegment, edit: Transition) -> None:
    fields: Json = draft.own_meta(clip.node)
    if edit.remove:
        fields.pop("transition", None)
    else:
        fields["transition"] = {
            "type": edit.type,
            "d": min(edit.length or TRANSITION_MS, clip.length),
        }


def fit(editor: WorkingDraft, edit: Fit) -> EditResult:
    """Let uploads fill the frame or be seen whole; generated pictures fill it anyway."""
    chosen, clips = editor.chosen(edit.selector), editor.clips()
    if not chosen:
        return refused("no_such_clip")
    uploads = [clips[i].node for i in chosen if meta(clips[i].node).get("kind") != "generated"]
    if not uploads:
        return refused("as_before")
    for node in uploads:
        draft.own_meta(node)["fit"] = edit.fit
    return applied("fit_cover" if edit.fit == "cover" else "fit_contain")


EDITS: Final[Edits] = {Fit: fit, Fade: fade, Transition: transition}
