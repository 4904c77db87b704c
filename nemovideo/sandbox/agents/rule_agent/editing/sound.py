"""Edits of the sound: music, volumes, silence."""

from __future__ import annotations

from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.create import MUSIC_VOLUME, add_score
from nemovideo.sandbox.agents.rule_agent.editing.working_draft import (
    EditResult,
    Edits,
    WorkingDraft,
    applied,
    refused,
)
from nemovideo.sandbox.agents.rule_agent.instructions import (
    Mute,
    RemoveMusic,
    RetimeMusic,
    SetMusic,
    SetVolume,
    Target,
)
from nemovideo.sandbox.agents.rule_agent.words.sounds import Sound, fitting
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import TimeRange
from nemovideo.sandbox.draft import (
    AUDIO,
    Json,
    PlacedSegment,
    as_fraction,
    as_object,
    as_text,
    meta,
    seconds,
)

LOUDEST: Final = 2.0


def set_music(editor: WorkingDraft, edit: SetMusic) -> EditResult:
    """Add music, or put other music in the place of what plays."""
    playing = [item for item in editor.music() if meta(item.node).get("kind") != "clip"]
    sound = edit.sound or _fitting(editor)
    name = sound.name_zh if editor.language == "zh" else sound.name
    songs = editor.retain(AUDIO, lambda item: not is_song(item.node))
    if playing:
        _replace(editor, playing[0], sound, name)
        key = "music_replaced"
    else:
        playing = [PlacedSegment(add_score(editor, sound), 0, editor.total)]
        key = "music_replaced" if songs else "music_added"
    if playing and not as_fraction(meta(playing[0].node).get("volume"), 1.0):
        timeline.own_meta(playing[0].node)["volume"] = MUSIC_VOLUME
    if edit.volume is not None:
        timeline.own_meta(playing[0].node)["volume"] = round(min(LOUDEST, edit.volume), 2)
    if edit.span.given:
        _timed(editor, playing[0], edit.span)
    return applied(key, name=name)


def is_song(node: Json) -> bool:
    """Return True if an uploaded sound plays as the music, which alone is faded from the start."""
    return meta(node).get("kind") == "clip" and "fade_in" in meta(node)


def _replace(editor: WorkingDraft, item: PlacedSegment, sound: Sound, name: str) -> None:
    fields = timeline.own_meta(item.node)
    style = {**as_object(fields.get("style")), "mood": sound.mood, "tempo": sound.tempo}
    fields.update(
        name=name, style={**style, "instrument": sound.instrument}, seed=editor.new_seed()
    )


def retime_music(editor: WorkingDraft, edit: RetimeMusic) -> EditResult:
    """Let the music start or stop at another time."""
    playing = editor.music()
    if not playing:
        return refused("no_music")
    if edit.span.anchor == "at" and edit.span.start >= editor.total:
        return refused("nothing_there", seconds=seconds(editor.total))
    _timed(editor, playing[0], edit.span)
    item = editor.music()[0]
    return applied("music_timed", start=seconds(item.start), end=seconds(item.end))


def _timed(editor: WorkingDraft, item: PlacedSegment, span: TimeRange) -> None:
    start, length = span.resolve(editor.total, editor.total, item.start)
    if span.anchor == "at" and span.length is None:
        length = editor.total - start
    for track in timeline.tracks(editor.draft, AUDIO):
        items = timeline.placed(track)
        timeline.set_segments(
            track,
            [PlacedSegment(i.node, start, length) if i.node is item.node else i for i in items],
        )


def _fitting(editor: WorkingDraft) -> Sound:
    clips = editor.clips()
    fields = meta(clips[0].node) if clips else {}
    return fitting(
        as_text(as_object(fields.get("scene")).get("family")),
        (),
        as_text(fields.get("prompt")).lower(),
    )


def remove_music(editor: WorkingDraft, _: RemoveMusic) -> EditResult:
    return (
        applied("music_removed") if editor.retain(AUDIO, lambda _: False) else refused("no_music")
    )


def set_volume(editor: WorkingDraft, edit: SetVolume) -> EditResult:
    """Make something louder, softer, or exactly so loud."""
    nodes = _nodes(editor, edit.target, edit)
    if not nodes:
        return refused("no_music" if edit.target == "music" else "no_sound")
    for node in nodes:
        fields = timeline.own_meta(node)
        now = as_fraction(fields.get("volume"), 1.0)
        level = (
            edit.level if edit.level is not None else (now or MUSIC_VOLUME) * (edit.factor or 1.0)
        )
        fields["volume"] = round(min(LOUDEST, max(0.0, level)), 2)
        fields.pop("muted", None)
    what = "music" if _is_audio(editor, nodes[0]) else "clip"
    percent = round(as_fraction(meta(nodes[0]).get("volume"), 1.0) * 100)
    return applied(f"{what}_volume", percent=percent)


def _is_audio(editor: WorkingDraft, node: Json) -> bool:
    return any(item.node is node for item in editor.music())


def _nodes(editor: WorkingDraft, target: Target, edit: SetVolume | Mute) -> list[Json]:
    music = [item.node for item in editor.music()]
    if target == "music":
        return music
    clips = editor.clips()
    sounding = [
        clips[i].node for i in editor.chosen(edit.selector) or [] if _has_sound(clips[i].node)
    ]
    if target == "clips":
        return sounding
    if edit.selector.given:
        return sounding
    return sounding + music if target == "all" else music or sounding


def _has_sound(node: Json) -> bool:
    return meta(node).get("kind") == "clip"


def mute(editor: WorkingDraft, edit: Mute) -> EditResult:
    nodes = _nodes(editor, edit.target, edit)
    own = [node for node in nodes if not _is_audio(editor, node)]
    if edit.target == "all" and own:
        # "Mute the video" means the sound it was recorded with; music added to it stays.
        nodes = own
    if not nodes:
        return refused("no_music" if edit.target == "music" else "no_sound")
    for node in nodes:
        _silence(editor, node, edit.on)
    return applied("muted" if edit.on else "unmuted", what="clip" if own else "music")


def _silence(editor: WorkingDraft, node: Json, on: bool) -> None:
    fields = timeline.own_meta(node)
    if _is_audio(editor, node):
        fields["volume"] = 0.0 if on else as_fraction(fields.get("volume"), 0.0) or MUSIC_VOLUME
    elif on:
        fields["muted"] = True
    else:
        fields.pop("muted", None)


EDITS: Final[Edits] = {
    SetMusic: set_music,
    RetimeMusic: retime_music,
    RemoveMusic: remove_music,
    SetVolume: set_volume,
    Mute: mute,
}
