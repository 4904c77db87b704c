"""Draft JSON → a frozen plan counted in frames and samples. Pure: no file is read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

from nemovideo.sandbox.studio.errors import RenderError

SAMPLE_RATE = 48_000
LARGEST_SIDE = 4096
SMALLEST_SIDE = 16
LONGEST_MS = 3_600_000

JsonObject = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class SceneSpec:
    """What a generated picture should show; words are lower case, absent ones empty."""

    prompt: str = ""
    seed: int = 0
    family: str = ""
    subject: str = ""
    setting: str = ""
    time: str = ""
    weather: str = ""
    camera: str = ""
    style: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """A stretch of an uploaded video or sound: file name, offset in it (seconds), speed."""

    asset: str
    offset: float = 0.0
    fit: str = "contain"
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class StillSpec:
    """An uploaded image."""

    asset: str
    fit: str = "contain"
    camera: str = "still"


@dataclass(frozen=True, slots=True)
class MusicSpec:
    """A piece to be synthesised."""

    mood: str = ""
    tempo: float = 0.0
    instrument: str = ""
    seed: int = 0


PictureSource = SceneSpec | ClipSpec | StillSpec


@dataclass(frozen=True, slots=True)
class Picture:
    """One segment of a video track; everything counted in frames of the output."""

    start: int
    end: int
    source: PictureSource
    fade_in: int = 0
    fade_out: int = 0
    transition: int = 0
    through_black: bool = False


@dataclass(frozen=True, slots=True)
class Sound:
    """One audible segment; start, end and fades in samples at 48 kHz."""

    start: int
    end: int
    source: ClipSpec | MusicSpec
    volume: float = 1.0
    fade_in: int = 0
    fade_out: int = 0


@dataclass(frozen=True, slots=True)
class Caption:
    """One title or subtitle; start, end and fades in frames."""

    start: int
    end: int
    text: str
    role: str = "title"
    position: str = "center"
    size: str = "medium"
    color: str = "#ffffff"
    fade_in: int = 0
    fade_out: int = 0


@dataclass(frozen=True, slots=True)
class RenderPlan:
    """Everything a render needs to know; ``tracks`` are drawn in order, the last on top."""

    width: int
    height: int
    fps: Fraction
    frames: int
    tracks: tuple[tuple[Picture, ...], ...] = ()
    sounds: tuple[Sound, ...] = ()
    captions: tuple[Caption, ...] = ()
    assets: frozenset[str] = field(default_factory=frozenset[str])

    @property
    def duration(self) -> Fraction:
        """The length of the picture in seconds, exactly."""
        return self.frames / self.fps

    @property
    def samples(self) -> int:
        """The length of the sound in samples: never longer than the picture."""
        return int(self.duration * SAMPLE_RATE)


@dataclass(frozen=True, slots=True)
class _Segment:
    kind: int
    start: int
    end: int
    meta: JsonObject


def read_plan(draft: JsonObject) -> RenderPlan:
    """Read a draft leniently into a plan.

    Raises RenderError when there is nothing to render, or the size, rate or length is impossible.
    """
    meta = _object(draft.get("m"))
    width, height = _side(meta, "width", 1920), _side(meta, "height", 1080)
    fps = _rate(meta)
    tracks = [list(_segments(track)) for track in _objects(draft.get("t"))]
    segments = [segment for track in tracks for segment in track]
    if not segments:
        raise RenderError("The draft has no segments. Generate or add a clip first, then render.")
    length = _length(draft, segments)
    frames = max(1, _frame(length, fps))
    videos = [track for track in tracks if track and track[0].kind == 0]
    pictures = tuple(tuple(_picture(s, fps) for s in track) for track in videos)
    sounds = tuple(sound for s in segments if (sound := _sound(s)) is not None)
    captions = tuple(c for s in segments if s.kind == 7 and (c := _caption(s, fps)).text)
    assets = frozenset(_assets(pictures, sounds))
    return RenderPlan(width, height, fps, frames, pictures, sounds, captions, assets)


def _length(draft: JsonObject, segments: Sequence[_Segment]) -> int:
    stated = _number(draft, "d", 0.0)
    length = round(stated) if stated > 0 else max(s.end for s in segments)
    if not 0 < length <= LONGEST_MS:
        raise RenderError(
            f"The draft is {length / 1000:g} s long; give it a length of more than 0 "
            f"and at most {LONGEST_MS // 1000} s."
        )
    return length


def _segments(track: JsonObject) -> Iterator[_Segment]:
    kind, cursor = round(_number(track, "tt", -1)), 0
    for raw in _objects(track.get("sg")):
        meta = _object(raw.get("m"))
        start = max(0, round(_number(meta, "start", cursor)))
        cursor = start + max(0, round(_number(raw, "d", _number(meta, "d", 0))))
        if cursor > start:
            yield _Segment(kind, start, cursor, meta)


def _picture(segment: _Segment, fps: Fraction) -> Picture:
    meta = segment.meta
    transition = _object(meta.get("transition"))
    return Picture(
        start=_frame(segment.start, fps),
        end=_frame(segment.end, fps),
        source=_picture_source(meta),
        fade_in=_frame(_number(meta, "fade_in", 0), fps),
        fade_out=_frame(_number(meta, "fade_out", 0), fps),
        transition=_frame(_number(transition, "d", 0), fps),
        through_black=_text(transition, "type") == "fade",
    )


def _picture_source(meta: JsonObject) -> PictureSource:
    match _text(meta, "kind"):
        case "clip" if meta.get("asset"):
            return _clip(meta)
        case "image" if meta.get("asset"):
            fit = _text(meta, "fit") or "contain"
            return StillSpec(_string(meta, "asset"), fit, _text(meta, "camera") or "still")
        case _:
            return _scene(meta)


def _scene(meta: JsonObject) -> SceneSpec:
    scene = _object(meta.get("scene"))
    style = scene.get("style")
    words = [style] if isinstance(style, str) else _items(style)
    return SceneSpec(
        prompt=(_string(meta, "prompt") or _string(meta, "name")).lower(),
        seed=round(_number(meta, "seed", 0)),
        family=_text(scene, "family"),
        subject=_text(scene, "subject"),
        setting=_text(scene, "setting"),
        time=_text(scene, "time"),
        weather=_text(scene, "weather"),
        camera=_text(scene, "camera"),
        style=tuple(str(word).lower() for word in words),
    )


def _clip(meta: JsonObject) -> ClipSpec:
    return ClipSpec(
        asset=_string(meta, "asset"),
        offset=max(0.0, _number(meta, "in", 0) / 1000),
        fit=_text(meta, "fit") or "contain",
        speed=min(100.0, max(0.05, _number(meta, "speed", 1.0))),
    )


def _sound(segment: _Segment) -> Sound | None:
    source = _sound_source(segment)
    volume = _number(segment.meta, "volume", 1.0)
    if source is None or volume <= 0 or segment.meta.get("muted") is True:
        return None
    return Sound(
        start=_sample(segment.start),
        end=_sample(segment.end),
        source=source,
        volume=min(volume, 4.0),
        fade_in=_sample(_number(segment.meta, "fade_in", 0)),
        fade_out=_sample(_number(segment.meta, "fade_out", 0)),
    )


def _sound_source(segment: _Segment) -> ClipSpec | MusicSpec | None:
    meta = segment.meta
    is_clip = _text(meta, "kind") == "clip" and bool(meta.get("asset"))
    if segment.kind == 0:
        return _clip(meta) if is_clip else None
    if segment.kind != 1:
        return None
    if is_clip:
        return _clip(meta)
    style = _object(meta.get("style"))
    return MusicSpec(
        mood=_text(style, "mood"),
        tempo=_number(style, "tempo", 0),
        instrument=_text(style, "instrument"),
        seed=round(_number(meta, "seed", 0)),
    )


def _caption(segment: _Segment, fps: Fraction) -> Caption:
    meta = segment.meta
    role = "subtitle" if _text(meta, "role") == "subtitle" else "title"
    return Caption(
        start=_frame(segment.start, fps),
        end=_frame(segment.end, fps),
        text=_string(meta, "text").strip(),
        role=role,
        position=_text(meta, "position") or ("bottom" if role == "subtitle" else "lower_third"),
        size=_text(meta, "size") or "medium",
        color=_text(meta, "color") or "#ffffff",
        fade_in=_frame(_number(meta, "fade_in", 0), fps),
        fade_out=_frame(_number(meta, "fade_out", 0), fps),
    )


def _assets(tracks: Sequence[Sequence[Picture]], sounds: Sequence[Sound]) -> Iterator[str]:
    for source in [p.source for track in tracks for p in track] + [s.source for s in sounds]:
        if isinstance(source, ClipSpec | StillSpec):
            yield source.asset


def _side(meta: JsonObject, key: str, default: int) -> int:
    side = round(_number(meta, key, default)) // 2 * 2
    if not SMALLEST_SIDE <= side <= LARGEST_SIDE:
        raise RenderError(
            f"The draft's {key} is {side} pixels; it must be {SMALLEST_SIDE} to {LARGEST_SIDE}."
        )
    return side


def _rate(meta: JsonObject) -> Fraction:
    rate = _number(meta, "fps", 30)
    if not 1 <= rate <= 60:
        raise RenderError(f"The draft's frame rate is {rate:g}; it must be 1 to 60 a second.")
    return Fraction(rate).limit_denominator(1001)


def _frame(ms: float, fps: Fraction) -> int:
    return max(0, round(Fraction(ms) * fps / 1000))


def _sample(ms: float) -> int:
    return max(0, round(ms * SAMPLE_RATE / 1000))


def _object(value: object) -> JsonObject:
    return cast(JsonObject, value) if isinstance(value, Mapping) else {}


def _objects(value: object) -> list[JsonObject]:
    return [found for item in _items(value) if (found := _object(item))]


def _items(value: object) -> Sequence[object]:
    return cast(Sequence[object], value) if isinstance(value, list | tuple) else ()


def _string(value: JsonObject, key: str) -> str:
    found = value.get(key)
    return found if isinstance(found, str) else ""


def _text(value: JsonObject, key: str) -> str:
    return _string(value, key).strip().lower()


def _number(value: JsonObject, key: str, default: float) -> float:
    found = value.get(key)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return default
    # NaN and the infinities reach us from lenient JSON readers; neither is a length.
    return found if abs(found) < 1e12 else default
