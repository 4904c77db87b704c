"""New pictures: a video from a prompt, one more scene, a scene made anew."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.order import insert
from nemovideo.sandbox.agents.rule_agent.editing.working_draft import (
    TITLE_MS,
    EditResult,
    Edits,
    WorkingDraft,
    applied,
    refused,
)
from nemovideo.sandbox.agents.rule_agent.instructions import (
    AddScene,
    Generate,
    Reshoot,
    Restyle,
    Shot,
)
from nemovideo.sandbox.agents.rule_agent.words.sounds import Sound, fitting
from nemovideo.sandbox.agents.rule_agent.words.visual_style import PIXELS, VisualStyle
from nemovideo.sandbox.draft import AUDIO, TEXT, VIDEO, Json, as_object, meta, seconds

DEFAULT_MS: Final = 10_000
SCENE_MS: Final = 5_000
SHORTEST_MS: Final = 1_000
LONGEST_MS: Final = 600_000
MUSIC_VOLUME: Final = 0.35
FADE_MS: Final = 1_000
DEFAULT_FPS: Final = 30
_CAMERAS: Final = ("pan_left", "pan_right", "zoom_in", "zoom_out", "drift")


def clamped(length: int) -> int:
    """Keep a length within what the sandbox makes: 1 to 600 seconds."""
    return max(SHORTEST_MS, min(LONGEST_MS, length))


def generate(editor: WorkingDraft, edit: Generate) -> EditResult:
    _new_canvas(editor, edit)
    track = editor.add_track(VIDEO)
    start = 0
    for shot, length in zip(edit.shots, _lengths(edit), strict=True):
        editor.add(track, start, length, **_picture(editor, shot))
        start += length
    first = edit.shots[0]
    return applied("generated", name=first.name, seconds=seconds(start), scenes=len(edit.shots))


def _new_canvas(editor: WorkingDraft, edit: Generate) -> None:
    width, height = PIXELS[edit.orientation or "wide"]
    fields = timeline.own_meta(editor.draft)
    fields.update(name=edit.shots[0].title, width=width, height=height, fps=edit.fps or DEFAULT_FPS)
    editor.draft["t"] = [
        track
        for track in timeline.tracks(editor.draft)
        if track.get("tt") not in (VIDEO, AUDIO, TEXT)
    ]


def _lengths(edit: Generate) -> list[int]:
    """Share the video's length among its shots, to the millisecond."""
    shots = edit.shots
    lengths = [shot.length for shot in shots]
    if len(shots) > 1 and edit.length is None and any(lengths):
        return [clamped(length or SCENE_MS) for length in lengths]
    total = clamped(edit.length if edit.length is not None else DEFAULT_MS)
    edges = [round(total * i / len(shots)) for i in range(len(shots) + 1)]
    return [after - before for before, after in pairwise(edges)]


def _picture(editor: WorkingDraft, shot: Shot) -> Json:
    seed = editor.new_seed()
    return {
        "name": shot.name,
        "kind": "generated",
        "prompt": shot.prompt,
        "seed": seed,
        "scene": {
            "family": shot.family,
            "subject": shot.subject,
            "setting": shot.setting,
            "time": shot.style.time or "day",
            "weather": shot.style.weather or "clear",
            "camera": shot.style.camera or _CAMERAS[seed % len(_CAMERAS)],
            "style": list(shot.style.styles),
        },
    }


def add_score(editor: WorkingDraft, sound: Sound, *, volume: float = MUSIC_VOLUME) -> Json:
    """Lay made music under the whole video."""
    length = editor.total
    fade = min(FADE_MS, length // 4)
    return editor.add(
        editor.add_track(AUDIO), 0, length,
        name=sound.name_zh if editor.language == "zh" else sound.name,
        kind="music",
        style={"mood": sound.mood, "tempo": sound.tempo, "instrument": sound.instrument},
        seed=editor.new_seed(), volume=volume, fade_in=fade, fade_out=fade,
    )  # fmt: skip


def add_title(editor: WorkingDraft, text: str) -> Json:
    """Show a title over the first three seconds at most."""
    length = min(TITLE_MS, editor.total)
    fade = min(400, length // 4)
    return editor.add(
        editor.add_track(TEXT), 0, length,
        name="Title", text=text, role="title", position="lower_third", fade_in=fade, fade_out=fade,
    )  # fmt: skip


def finish(editor: WorkingDraft, edit: Generate) -> None:
    """Do the second stage of a generation: music that fits, and a title."""
    first = edit.shots[0]
    add_score(editor, edit.sound or fitting(first.family, first.style.styles, first.prompt.lower()))
    if first.title:
        add_title(editor, first.title)


def add_scene(editor: WorkingDraft, edit: AddScene) -> EditResult:
    """Generate one more scene and put it among the clips."""
    length = clamped(edit.shot.length if edit.shot.length is not None else SCENE_MS)
    at = len(editor.clips()) if edit.at is None else edit.at
    node = timeline.new_segment(editor.new_id("sg"), 0, length, **_picture(editor, edit.shot))
    insert(editor, [(node, length)], at)
    return applied("scene_added", name=edit.shot.name, seconds=seconds(length))


def reshoot(editor: WorkingDraft, edit: Reshoot) -> EditResult:
    """Generate a clip anew in the place of an old one, under the same id."""
    chosen, clips = editor.chosen(edit.selector), editor.clips()
    if chosen is None and edit.recast and len(clips) == 1:
        chosen = [0]
    nodes = [clips[i].node for i in chosen or []]
    if not nodes:
        return refused("no_such_clip")
    if edit.recast or edit.made_only:
        nodes = _made(nodes)
    if not nodes:
        return refused("cannot_restyle")
    for node in nodes if edit.recast else nodes[:1]:
        (_recast if edit.recast else _replace)(editor, node, edit.shot)
    return applied("reshot", name=edit.shot.name)


def _replace(editor: WorkingDraft, node: Json, shot: Shot) -> None:
    fields = timeline.own_meta(node)
    for name in ("asset", "in", "fit", "muted", "volume", "speed", "camera"):
        fields.pop(name, None)
    fields.update(_picture(editor, shot))


def _recast(editor: WorkingDraft, node: Json, shot: Shot) -> None:
    """Keep where and how a scene plays; change who it is about."""
    fields = timeline.own_meta(node)
    scene = {**as_object(fields.get("scene")), "subject": shot.subject, "family": shot.family}
    fields.update(name=shot.name, scene=scene, seed=editor.new_seed())


def _made(nodes: list[Json]) -> list[Json]:
    return [node for node in nodes if meta(node).get("kind") == "generated"]


def restyle(editor: WorkingDraft, edit: Restyle) -> EditResult:
    """Change the look of generated scenes, and the camera over images."""
    chosen, clips = editor.chosen(edit.selector), editor.clips()
    if chosen is None:
        return refused("no_such_clip")
    nodes = [clips[i].node for i in chosen]
    touched = [node for node in nodes if _restyled(node, edit.style)]
    return (
        applied("restyled", style=_described(edit.style)) if touched else refused("cannot_restyle")
    )


def _restyled(node: Json, style: VisualStyle) -> bool:
    fields = meta(node)
    if fields.get("kind") == "image" and style.camera:
        fields["camera"] = style.camera
        return True
    if fields.get("kind") != "generated":
        return False
    scene = dict(as_object(fields.get("scene")))
    wanted = {"time": style.time, "weather": style.weather, "camera": style.camera}
    scene.update({name: value for name, value in wanted.items() if value})
    if style.styles:
        scene["style"] = list(style.styles)
    fields["scene"] = scene
    return True


def _described(style: VisualStyle) -> str:
    words = [
        style.time,
        style.weather,
        style.camera and style.camera.replace("_", " "),
        *style.styles,
    ]
    return ", ".join(word for word in words if word)


EDITS: Final[Edits] = {AddScene: add_scene, Reshoot: reshoot, Restyle: restyle}
