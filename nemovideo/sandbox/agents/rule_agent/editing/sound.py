"""Edits of the sound: music, volumes, silence."""

from __future__ import annotations

from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.create import MUSIC_VOLUME, add_score
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import Desk, Note, note, refusal
from nemovideo.sandbox.agents.rule_agent.instructions import (
    Mute,
    RetimeMusic,
    SetMusic,
    SetVolume,
    Target,
)
from nemovideo.sandbox.agents.rule_agent.words.sounds import Sound, fitting
from nemovideo.sandbox.agents.rule_agent.words.spans import Span
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


def set_music(desk: Desk, wish: SetMusic) -> Note:
    """Add music, or put other music in the place of what plays."""
    playing = [item for item in desk.music() if meta(item.node).get("kind") != "clip"]
    sound = wish.sound or _fitting(desk)
    name = sound.name_zh if desk.language == "zh" else sound.name
    if playing:
        _replace(desk, playing[0], sound, name)
        key = "music_replaced"
    else:
        playing = [PlacedSegment(add_score(desk, sound), 0, desk.total)]
        key = "music_added"
    if playing and not as_fraction(meta(playing[0].node).get("volume"), 1.0):
        timeline.own_meta(playing[0].node)["volume"] = MUSIC_VOLUME
    if wish.volume is not None:
        timeline.own_meta(playing[0].node)["volume"] = round(min(LOUDEST, wish.volume), 2)
    if wish.span.said:
        _timed(desk, playing[0], wish.span)
    return note(key, name=name)


def _replace(desk: Desk, item: PlacedSegment, sound: Sound, name: str) -> None:
    fields = timeline.own_meta(item.node)
    style = {**as_object(fields.get("style")), "mood": sound.mood, "tempo": sound.tempo}
    fields.update(name=name, style={**style, "instrument": sound.instrument}, seed=desk.new_seed())


def retime_music(desk: Desk, wish: RetimeMusic) -> Note:
    """Let the music start or stop at another time."""
    playing = desk.music()
    if not playing:
        return refusal("no_music")
    if wish.span.anchor == "at" and wish.span.start >= desk.total:
        return refusal("nothing_there", seconds=seconds(desk.total))
    _timed(desk, playing[0], wish.span)
    item = desk.music()[0]
    return note("music_timed", start=seconds(item.start), end=seconds(item.end))


def _timed(desk: Desk, item: PlacedSegment, span: Span) -> None:
    start, length = span.resolve(desk.total, desk.total, item.start)
    if span.anchor == "at" and span.length is None:
        length = desk.total - start
    for track in timeline.tracks(desk.draft, AUDIO):
        items = timeline.placed(track)
        timeline.lay(
            track,
            [PlacedSegment(i.node, start, length) if i.node is item.node else i for i in items],
        )


def _fitting(desk: Desk) -> Sound:
    clips = desk.clips()
    fields = meta(clips[0].node) if clips else {}
    return fitting(
        as_text(as_object(fields.get("scene")).get("family")),
        (),
        as_text(fields.get("prompt")).lower(),
    )


def remove_music(desk: Desk) -> Note:
    """Take all music away; nothing to take is said."""
    return note("music_removed") if desk.keep(AUDIO, lambda _: False) else refusal("no_music")


def set_volume(desk: Desk, wish: SetVolume) -> Note:
    """Make something louder, softer, or exactly so loud."""
    nodes = _nodes(desk, wish.target, wish)
    if not nodes:
        return refusal("no_music" if wish.target == "music" else "no_sound")
    for node in nodes:
        fields = timeline.own_meta(node)
        now = as_fraction(fields.get("volume"), 1.0)
        level = (
            wish.level if wish.level is not None else (now or MUSIC_VOLUME) * (wish.factor or 1.0)
        )
        fields["volume"] = round(min(LOUDEST, max(0.0, level)), 2)
        fields.pop("muted", None)
    what = "music" if _is_audio(desk, nodes[0]) else "clip"
    percent = round(as_fraction(meta(nodes[0]).get("volume"), 1.0) * 100)
    return note(f"{what}_volume", percent=percent)


def _is_audio(desk: Desk, node: Json) -> bool:
    return any(item.node is node for item in desk.music())


def _nodes(desk: Desk, target: Target, wish: SetVolume | Mute) -> list[Json]:
    music = [item.node for item in desk.music()]
    if target == "music":
        return music
    clips = desk.clips()
    sounding = [clips[i].node for i in desk.chosen(wish.which) or [] if _has_sound(clips[i].node)]
    if target == "clips":
        return sounding
    if wish.which.said:
        return sounding
    return sounding + music if target == "all" else music or sounding


def _has_sound(node: Json) -> bool:
    return meta(node).get("kind") == "clip"


def mute(desk: Desk, wish: Mute) -> Note:
    """Silence clips or music, or let them be heard again."""
    nodes = _nodes(desk, wish.target, wish)
    own = [node for node in nodes if not _is_audio(desk, node)]
    if wish.target == "all" and own:
        # "Mute the video" means the sound it was recorded with; music added to it stays.
        nodes = own
    if not nodes:
        return refusal("no_music" if wish.target == "music" else "no_sound")
    for node in nodes:
        _silence(desk, node, wish.on)
    return note("muted" if wish.on else "unmuted", what="clip" if own else "music")


def _silence(desk: Desk, node: Json, on: bool) -> None:
    fields = timeline.own_meta(node)
    if _is_audio(desk, node):
        fields["volume"] = 0.0 if on else as_fraction(fields.get("volume"), 0.0) or MUSIC_VOLUME
    elif on:
        fields["muted"] = True
    else:
        fields.pop("muted", None)
