"""New pictures: a film from a prompt, one more scene, a scene made anew."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import (
    TITLE_MS,
    Desk,
    Note,
    note,
    refusal,
)
from nemovideo.sandbox.agents.rule_agent.editing.order import insert
from nemovideo.sandbox.agents.rule_agent.instructions import (
    AddScene,
    Generate,
    Reshoot,
    Restyle,
    Shot,
)
from nemovideo.sandbox.agents.rule_agent.words.looks import PIXELS, Look
from nemovideo.sandbox.agents.rule_agent.words.sounds import Sound, fitting
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


def generate(desk: Desk, wish: Generate) -> Note:
    """Make a new film in place of what is on the timeline."""
    _new_canvas(desk, wish)
    track = desk.add_track(VIDEO)
    start = 0
    for shot, length in zip(wish.shots, _lengths(wish), strict=True):
        desk.add(track, start, length, **_picture(desk, shot))
        start += length
    first = wish.shots[0]
    return note("generated", name=first.name, seconds=seconds(start), scenes=len(wish.shots))


def _new_canvas(desk: Desk, wish: Generate) -> None:
    width, height = PIXELS[wish.orientation or "wide"]
    fields = timeline.own_meta(desk.draft)
    fields.update(name=wish.shots[0].title, width=width, height=height, fps=wish.fps or DEFAULT_FPS)
    desk.draft["t"] = [
        track
        for track in timeline.tracks(desk.draft)
        if track.get("tt") not in (VIDEO, AUDIO, TEXT)
    ]


def _lengths(wish: Generate) -> list[int]:
    """Share the film's length among its shots, to the millisecond."""
    shots = wish.shots
    said = [shot.length for shot in shots]
    if len(shots) > 1 and wish.length is None and any(said):
        return [clamped(length or SCENE_MS) for length in said]
    total = clamped(wish.length if wish.length is not None else DEFAULT_MS)
    edges = [round(total * i / len(shots)) for i in range(len(shots) + 1)]
    return [after - before for before, after in pairwise(edges)]


def _picture(desk: Desk, shot: Shot) -> Json:
    seed = desk.new_seed()
    return {
        "name": shot.name,
        "kind": "generated",
        "prompt": shot.prompt,
        "seed": seed,
        "scene": {
            "family": shot.family,
            "subject": shot.subject,
            "setting": shot.setting,
            "time": shot.look.time or "day",
            "weather": shot.look.weather or "clear",
            "camera": shot.look.camera or _CAMERAS[seed % len(_CAMERAS)],
            "style": list(shot.look.style),
        },
    }


def add_score(desk: Desk, sound: Sound, *, volume: float = MUSIC_VOLUME) -> Json:
    """Lay made music under the whole film."""
    length = desk.total
    fade = min(FADE_MS, length // 4)
    return desk.add(
        desk.add_track(AUDIO), 0, length,
        name=sound.name_zh if desk.language == "zh" else sound.name,
        kind="music",
        style={"mood": sound.mood, "tempo": sound.tempo, "instrument": sound.instrument},
        seed=desk.new_seed(), volume=volume, fade_in=fade, fade_out=fade,
    )  # fmt: skip


def add_title(desk: Desk, text: str) -> Json:
    """Show a title over the first three seconds at most."""
    length = min(TITLE_MS, desk.total)
    fade = min(400, length // 4)
    return desk.add(
        desk.add_track(TEXT), 0, length,
        name="Title", text=text, role="title", position="center", fade_in=fade, fade_out=fade,
    )  # fmt: skip


def finish(desk: Desk, wish: Generate) -> None:
    """Do the second stage of a generation: music that fits, and a title."""
    first = wish.shots[0]
    add_score(desk, wish.sound or fitting(first.family, first.look.style, first.prompt.lower()))
    if first.title:
        add_title(desk, first.title)


def add_scene(desk: Desk, wish: AddScene) -> Note:
    """Generate one more scene and put it among the clips."""
    length = clamped(wish.shot.length if wish.shot.length is not None else SCENE_MS)
    at = len(desk.clips()) if wish.at is None else wish.at
    node = timeline.new_segment(desk.new_id("sg"), 0, length, **_picture(desk, wish.shot))
    insert(desk, [(node, length)], at)
    return note("scene_added", name=wish.shot.name, seconds=seconds(length))


def reshoot(desk: Desk, wish: Reshoot) -> Note:
    """Generate a clip anew in the place of an old one, under the same id."""
    chosen, clips = desk.chosen(wish.which), desk.clips()
    if chosen is None and wish.recast and len(clips) == 1:
        chosen = [0]
    nodes = [clips[i].node for i in chosen or []]
    if wish.recast:
        nodes = _made(nodes)
    if not nodes:
        return refusal("no_such_clip")
    for node in nodes if wish.recast else nodes[:1]:
        (_recast if wish.recast else _replace)(desk, node, wish.shot)
    return note("reshot", name=wish.shot.name)


def _replace(desk: Desk, node: Json, shot: Shot) -> None:
    fields = timeline.own_meta(node)
    for name in ("asset", "in", "fit", "muted", "volume", "speed", "camera"):
        fields.pop(name, None)
    fields.update(_picture(desk, shot))


def _recast(desk: Desk, node: Json, shot: Shot) -> None:
    """Keep where and how a scene plays; change who it is about."""
    fields = timeline.own_meta(node)
    scene = {**as_object(fields.get("scene")), "subject": shot.subject, "family": shot.family}
    fields.update(name=shot.name, scene=scene, seed=desk.new_seed())


def _made(nodes: list[Json]) -> list[Json]:
    return [node for node in nodes if meta(node).get("kind") == "generated"]


def restyle(desk: Desk, wish: Restyle) -> Note:
    """Change the look of generated scenes, and the camera over images."""
    chosen, clips = desk.chosen(wish.which), desk.clips()
    if chosen is None:
        return refusal("no_such_clip")
    nodes = [clips[i].node for i in chosen]
    touched = [node for node in nodes if _restyled(node, wish.look)]
    return note("restyled", look=_described(wish.look)) if touched else refusal("cannot_restyle")


def _restyled(node: Json, look: Look) -> bool:
    fields = meta(node)
    if fields.get("kind") == "image" and look.camera:
        fields["camera"] = look.camera
        return True
    if fields.get("kind") != "generated":
        return False
    scene = dict(as_object(fields.get("scene")))
    wanted = {"time": look.time, "weather": look.weather, "camera": look.camera}
    scene.update({name: value for name, value in wanted.items() if value})
    if look.style:
        scene["style"] = list(look.style)
    fields["scene"] = scene
    return True


def _described(look: Look) -> str:
    words = [look.time, look.weather, look.camera and look.camera.replace("_", " "), *look.style]
    return ", ".join(word for word in words if word)
