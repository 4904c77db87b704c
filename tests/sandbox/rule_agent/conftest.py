"""A session with the agent, and a short way to write down what a turn changed."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.interface import AgentBehavior, ScriptedTurn
from nemovideo.sandbox.agents.rule_agent import respond
from nemovideo.sandbox.agents.rule_agent.context import Context
from nemovideo.sandbox.agents.uploads import Upload
from nemovideo.sandbox.draft import Json, PlacedSegment, meta

QUIET = AgentBehavior(silent=0.0, gui=0.0, trailing_issue=0.0, thoughts=0.0)
KINDS = {0: "video", 1: "audio", 7: "text"}
IN_OUTLINE = {
    "start",
    "kind",
    "name",
    "prompt",
    "seed",
    "scene",
    "style",
    "text",
    "asset",
    "role",
    "camera",
}
USUAL = {"fit": "contain", "in": 0}


def _extra(name: str, value: object) -> str:
    if name == "volume" and isinstance(value, float):
        return f"{round(value * 100)}%"
    if isinstance(value, dict):
        return f"{name}={value.get('type')}:{value.get('d')}"
    return f"{name}={value}"


def outline_of(item: PlacedSegment, kind: int) -> str:
    """Write a segment on one line, times in seconds."""
    fields = meta(item.node)
    name = fields.get("text") if kind == 7 else fields.get("name")
    head = (
        f"{fields.get('role') or KINDS.get(kind)} {item.start / 1000:g}-{item.end / 1000:g} {name}"
    )
    extras = [
        _extra(key, value)
        for key, value in sorted(fields.items())
        if key not in IN_OUTLINE and (key not in USUAL or value != USUAL[key])
    ]
    scene = fields.get("scene")
    style = "/".join(str(value) for value in scene.values()) if isinstance(scene, dict) else ""
    return " ".join([head, *extras, *([f"<{style}>"] if style else [])])


def outline(draft: Json | None) -> list[str]:
    """Write a draft line by line."""
    found = timeline.tracks(draft or {})
    return [outline_of(i, int(str(t["tt"]))) for t in found for i in timeline.placed(t)]


@dataclass
class Session:
    """Twelve turns or one: keeps draft, history and turn as the service does."""

    assets: tuple[Upload, ...] = ()
    seed: int = 1
    behavior: AgentBehavior = QUIET
    language: str | None = None
    draft: Json | None = None
    history: list[Json] = field(default_factory=list)
    turn: int = 0
    changed: bool = False

    def send(self, message: str) -> ScriptedTurn:
        context = Context(
            self.draft, tuple(self.history), self.assets, self.turn, self.seed, self.language,
            self.changed,
        )  # fmt: skip
        scene = respond(message, context, self.behavior)
        self.turn += 1
        self.changed = scene.draft is not None and not scene.undone
        if scene.draft is not None:
            if scene.undone:
                del self.history[-scene.undone :]
            elif self.draft is not None:
                self.history.append(self.draft)
            self.draft = scene.draft
        return scene

    def changes(self, message: str) -> str:
        """Say something and write down what is new on the timeline, or what went."""
        before = outline(self.draft)
        self.send(message)
        after = outline(self.draft)
        new = [line for line in after if line not in before]
        gone = len(before) - len(after)
        return " | ".join([*new, *([f"{gone} fewer"] if gone > 0 else [])])


UPLOADS = (
    Upload("beach.mp4", "video", 8.0, 1920, 1080, 30.0),
    Upload("IMG_1.jpg", "image", None, 1080, 1920),
    Upload("photo two.png", "image", None, 800, 600),
    Upload("song.mp3", "audio", 30.0),
    Upload("intro.mov", "video", 4.0, 1080, 1920, 24.0),
    Upload("voice.wav", "audio", 5.0),
)


@pytest.fixture
def session() -> Session:
    """A new session with no uploads."""
    return Session()


@pytest.fixture
def two_scenes() -> Session:
    """A cat for six seconds, a dog for six, music, a title to 3 s and a subtitle from 2 to 5 s."""
    made = Session(assets=UPLOADS)
    made.send("Generate a 12-second video: first a cat sleeping, then a dog on a beach")
    made.send('add a subtitle "Hello" from 2 to 5 seconds')
    return made


@pytest.fixture
def uploads() -> Session:
    """A session with uploads and nothing on the timeline."""
    return Session(assets=UPLOADS)
