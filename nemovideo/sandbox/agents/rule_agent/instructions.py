"""What a message asks for, as values: the language between reading and editing.

Times are milliseconds, volumes fractions of 1. `None` and empty mean "not given".
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from nemovideo.sandbox.agents.rule_agent.words.sounds import Sound
from nemovideo.sandbox.agents.rule_agent.words.time_ranges import TimeRange
from nemovideo.sandbox.agents.rule_agent.words.visual_style import VisualStyle
from nemovideo.sandbox.agents.uploads import Upload

Role: TypeAlias = Literal["title", "subtitle"]
Target: TypeAlias = Literal["music", "clips", "all", "it"]
UNSAID = TimeRange()


@dataclass(frozen=True)
class ClipSelector:
    """Which clips of the main track: by number from 0 (-1 the last), name, subject or kind.

    Numbers with a kind count the clips of that kind. `middle` is the one in the middle of an odd
    number of clips; with `one` there has to be no other that fits.
    """

    indexes: tuple[int, ...] = ()
    files: tuple[str, ...] = ()
    subject: str | None = None
    kind: str | None = None
    middle: bool = False
    one: bool = False

    @property
    def given(self) -> bool:
        """Return True if the message pointed at any clip."""
        return bool(self.indexes or self.files or self.subject or self.kind or self.middle)


ANY = ClipSelector()


@dataclass(frozen=True)
class Shot:
    """One generated picture: its prompt, its scene, how long, and what to call it."""

    prompt: str
    family: str
    subject: str
    setting: str
    style: VisualStyle
    name: str
    title: str
    length: int | None = None


@dataclass(frozen=True)
class Generate:
    """Make a new video of one or several shots."""

    shots: tuple[Shot, ...]
    length: int | None = None
    orientation: str | None = None
    fps: int | None = None
    sound: Sound | None = None


@dataclass(frozen=True)
class AddScene:
    """Generate one more shot and put it on the timeline; `at` None is the end, 0 the start."""

    shot: Shot
    at: int | None = None


@dataclass(frozen=True)
class Reshoot:
    """Generate a clip anew from another prompt, or (`recast`) only with another subject.

    With `made_only` that is done to generated clips alone: uploads stay.
    """

    selector: ClipSelector
    shot: Shot
    recast: bool = False
    made_only: bool = False


@dataclass(frozen=True)
class Restyle:
    """Change time of day, weather, camera or style of the pictures."""

    style: VisualStyle
    selector: ClipSelector = ANY


@dataclass(frozen=True)
class SetMusic:
    """Add music, or replace the music there is."""

    sound: Sound | None = None
    span: TimeRange = UNSAID
    volume: float | None = None


@dataclass(frozen=True)
class RetimeMusic:
    """Let the music that there is play at another time."""

    span: TimeRange


@dataclass(frozen=True)
class RemoveMusic:
    """Take the music away."""


@dataclass(frozen=True)
class SetVolume:
    """Set a volume (`level`), or change it (`factor`)."""

    target: Target
    level: float | None = None
    factor: float | None = None
    selector: ClipSelector = ANY


@dataclass(frozen=True)
class Mute:
    """Silence something, or with `on` False unmute it."""

    target: Target
    on: bool = True
    selector: ClipSelector = ANY


@dataclass(frozen=True)
class AddText:
    """Add a title or subtitle, or replace the one in its place.

    It is seen over the clip that `selector` names, for as long as that lasts.
    """

    role: Role
    text: str | None = None
    span: TimeRange = UNSAID
    position: str | None = None
    size: str | None = None
    color: str | None = None
    selector: ClipSelector = ANY


@dataclass(frozen=True)
class Lasting:
    """A length against what it was: `factor` times as long, `by` milliseconds longer."""

    factor: float = 1.0
    by: int = 0


@dataclass(frozen=True)
class TextRef:
    """Which texts: by role, words or number; the one that changed last by default."""

    role: Role | None = None
    words: str | None = None
    index: int | None = None
    every: bool = False


@dataclass(frozen=True)
class ChangeText:
    """Change the words, place, time or look of a text; several at once.

    Args:
        ref: the text meant.
        text: its new words.
        span: when it is seen.
        position: where on the screen.
        size: how large.
        color: "#rrggbb".
        lasting: how much longer or shorter it is seen.
        later: by how many milliseconds it is seen later; negative is earlier.
        or_add: True for "put", which adds a text that is not there yet.
    """

    ref: TextRef
    text: str | None = None
    span: TimeRange = UNSAID
    position: str | None = None
    size: str | None = None
    color: str | None = None
    lasting: Lasting | None = None
    later: int = 0
    or_add: bool = False


@dataclass(frozen=True)
class RemoveText:
    """Take texts away."""

    ref: TextRef


@dataclass(frozen=True)
class Cut:
    """Take a stretch out of the video and close the gap; `keep` turns it round.

    `each` takes it out of every clip that is meant.
    """

    span: TimeRange
    selector: ClipSelector = ANY
    keep: bool = False
    each: bool = False


@dataclass(frozen=True)
class SetLength:
    """Make the video or a clip last `length`, `by` longer (or shorter), or `factor` times as long.

    `each` gives every clip that is meant that length. `only` is the one way it may go: what is to
    be cut to 30 seconds does not get longer.
    """

    length: int | None = None
    by: int | None = None
    selector: ClipSelector = ANY
    each: bool = False
    factor: float = 1.0
    only: Literal["shorter", "longer"] | None = None

    def goes(self, now: int, target: int) -> bool:
        """Return True if what lasts `now` may last `target` instead; both in milliseconds."""
        return self.only is None or (target < now) == (self.only == "shorter")

    def target(self, now: int) -> int:
        """Return how long something is to be that lasts `now`; both in milliseconds."""
        return round(now * self.factor) + (self.by or 0) if self.length is None else self.length


@dataclass(frozen=True)
class Split:
    """Cut a clip in two at a time, or in the middle."""

    at: int | None = None
    selector: ClipSelector = ANY


@dataclass(frozen=True)
class Move:
    """Put a clip elsewhere in the order; `to` counts from 0, -1 is the end."""

    selector: ClipSelector
    to: int = -1
    relative_to: ClipSelector | None = None
    after: bool = False


@dataclass(frozen=True)
class Swap:
    """Let two clips change places."""

    first: ClipSelector
    second: ClipSelector


@dataclass(frozen=True)
class Reverse:
    """Turn the order of the clips round."""


@dataclass(frozen=True)
class Repeat:
    """Show clips `plays` times in all, one after the other.

    Args:
        selector: the clips; all by default.
        plays: how often they are seen in all.
        one: True if a single clip is meant, but not which.
        at_end: the copies go to the end of the video.
        fill: repeat the video until it lasts so many milliseconds instead.
    """

    selector: ClipSelector = ANY
    plays: int = 2
    one: bool = False
    at_end: bool = False
    fill: int | None = None


@dataclass(frozen=True)
class Fit:
    """Let uploads fill the frame ("cover"), or be seen whole ("contain")."""

    fit: Literal["cover", "contain"]
    selector: ClipSelector = ANY


@dataclass(frozen=True)
class Delete:
    """Take clips away and close the gap; with `others` all but those."""

    selector: ClipSelector
    others: bool = False


@dataclass(frozen=True)
class Clear:
    """Take everything off the timeline."""


@dataclass(frozen=True)
class Speed:
    """Play `factor` times as fast as recorded, or (`relative`) as now."""

    factor: float
    relative: bool = True
    selector: ClipSelector = ANY


@dataclass(frozen=True)
class Fade:
    """Fade in, out or both; `remove` takes fades away, `role` narrows down texts.

    Both are picture and music; all is the picture with what sounds, if anything does.
    """

    target: Literal["picture", "music", "text", "both", "all"]
    fade_in: bool = True
    fade_out: bool = True
    length: int | None = None
    remove: bool = False
    selector: ClipSelector = ANY
    role: Role | None = None


@dataclass(frozen=True)
class Transition:
    """Lead from clip to clip; `which` names the clip led into, every one when empty."""

    type: Literal["crossdissolve", "fade"] = "crossdissolve"
    length: int | None = None
    remove: bool = False
    selector: ClipSelector = ANY


@dataclass(frozen=True)
class Place:
    """Put uploads on the timeline.

    Args:
        files: their names; empty means those of `kind`.
        kind: "video", "image", "audio", "visual" for both of the first two.
        where: "end", "start", "at", "before", "after", "replace", "only" (nothing else stays) or
            "overlay" (above the rest).
        span: the time, for "at" and "overlay", and how long for images.
        relative_to: the clip meant by "before", "after" and "replace".
        music: an audio file takes the place of the music.
        fit: "contain" or "cover".
        volume: of its sound.
        again: True for "add", which puts a file there once more; "put" moves one that is there.
        hint: the words of the request, to choose among several files that fit.
    """

    files: tuple[str, ...] = ()
    kind: str = "visual"
    every: bool = False
    where: str = "end"
    span: TimeRange = UNSAID
    relative_to: ClipSelector = ANY
    music: bool = False
    fit: str | None = None
    volume: float | None = None
    again: bool = True
    hint: str = field(default="", compare=False)


def fits(asset: Upload, kind: str) -> bool:
    """Return True if an upload is of a kind; "visual" is a video or an image."""
    return asset.file_type == kind or (kind == "visual" and asset.file_type in ("video", "image"))


@dataclass(frozen=True)
class Montage:
    """Make a video of uploads: a slideshow of photos, or clip after clip."""

    kind: str = "visual"
    files: tuple[str, ...] = ()
    total: int | None = None
    each: int | None = None
    transition: bool = False
    music: bool = False
    sound: Sound | None = None
    title: str | None = None
    orientation: str | None = None
    fps: int | None = None
    camera: str | None = None


@dataclass(frozen=True)
class Undo:
    """Take back the last changes; `every` takes back all."""

    count: int = 1
    every: bool = False


@dataclass(frozen=True)
class Answer:
    """A reply without an edit; `about` names it."""

    about: str
    detail: str = ""


Instruction: TypeAlias = (
    Generate | AddScene | Reshoot | Restyle | SetMusic | RetimeMusic | RemoveMusic | SetVolume
    | Mute | AddText | ChangeText | RemoveText | Cut | SetLength | Split | Move | Swap | Reverse
    | Repeat | Delete | Clear | Speed | Fit | Fade | Transition | Place | Montage | Undo | Answer
)  # fmt: skip


@dataclass(frozen=True)
class ParseResult:
    """All that a message asks for, and the clauses that could not be parsed."""

    instructions: tuple[Instruction, ...] = ()
    unparsed: tuple[str, ...] = field(default=())
