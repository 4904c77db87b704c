"""The sandbox's studio beside the bare encoder, and beside itself with a longer film."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.case import Case, Contender, Round, Setting

if TYPE_CHECKING:
    import numpy as np
    from av.video.frame import VideoFrame
    from numpy.typing import NDArray

FPS = 30
# Ten minutes of film take one or two minutes to render, so they are asked for by this variable.
_LONG = "NEMOVIDEO_BENCHMARK_LONG_RENDER"


def _draft(frames: int, options: dict[str, int]) -> dict[str, object]:
    """A scene with music and a title, as the agent makes them."""
    length = round(frames * 1000 / FPS)
    segment = {"id": "a", "d": length, "m": {"prompt": "a cat walking through a meadow"}}
    music = {"id": "b", "d": length, "m": {"mood": "calm"}}
    title = {"id": "c", "d": length, "m": {"text": "Good morning 早安"}}
    tracks = [{"tt": kind, "sg": [sg]} for kind, sg in ((0, segment), (1, music), (7, title))]
    return {"d": length, "t": tracks, "m": {**options, "fps": FPS}}


@asynccontextmanager
async def _studio(setting: Setting) -> AsyncGenerator[Round]:
    draft = _draft(setting.amount, dict(setting.options))

    async def once() -> int:
        return await asyncio.to_thread(_rendered, draft, setting.folder / "studio.mp4")

    yield once


def _rendered(draft: dict[str, object], target: Path) -> int:
    from nemovideo.sandbox.studio import render

    return render(draft, target).frames


@asynccontextmanager
async def _bare_encoder(setting: Setting) -> AsyncGenerator[Round]:
    draft = _draft(setting.amount, dict(setting.options))
    pictures, sound = await asyncio.to_thread(_ready_made, draft)
    size = (setting.options["width"], setting.options["height"])

    async def once() -> int:
        target = setting.folder / "bare.mp4"
        return await asyncio.to_thread(_encoded, pictures, sound, size, target)

    yield once


def _ready_made(
    draft: dict[str, object],
) -> tuple[list[VideoFrame], list[NDArray[np.float32]]]:
    """All pictures and the sound of a film, held in memory."""
    from nemovideo.sandbox.studio.compositor import Compositor
    from nemovideo.sandbox.studio.encode import new_frame
    from nemovideo.sandbox.studio.mix import Mixer
    from nemovideo.sandbox.studio.render_plan import SAMPLE_RATE, read_plan

    plan = read_plan(draft)
    pictures: list[VideoFrame] = []
    with Compositor(plan, {}) as film, Mixer(plan.sounds, plan.samples, {}) as mixer:
        for number in range(plan.frames):
            picture, canvas = new_frame(plan.width, plan.height, film.scratch)
            film.draw(canvas, number)
            picture.pts, picture.time_base = number, 1 / plan.fps
            pictures.append(picture)
        sound = [mixer.read(SAMPLE_RATE // 10) for _ in range(-(-plan.samples * 10 // SAMPLE_RATE))]
    return pictures, sound


def _encoded(
    pictures: list[VideoFrame],
    sound: list[NDArray[np.float32]],
    size: tuple[int, int],
    target: Path,
) -> int:
    from fractions import Fraction

    from nemovideo.sandbox.studio.encode import format_of, open_writer

    each = len(pictures) / len(sound)
    with open_writer(target, format_of("mp4"), "high", size, Fraction(FPS)) as writer:
        for number, block in enumerate(sound):
            for picture in pictures[round(number * each) : round((number + 1) * each)]:
                writer.picture(picture)
            writer.sound(block)
        writer.finish()
    return len(pictures)


def _of_length(times: int) -> Contender:
    """A film so many times as long as the shortest; one film is one unit of work."""

    @asynccontextmanager
    async def contender(setting: Setting) -> AsyncGenerator[Round]:
        draft = _draft(setting.amount * times * FPS, dict(setting.options))

        async def once() -> int:
            await asyncio.to_thread(_rendered, draft, setting.folder / f"long-{times}.mp4")
            return 1

        yield once

    return contender


def _compared_with_the_encoder(name: str, width: int, height: int) -> Case:
    return Case(
        name=name,
        title=f"render at {width} x {height} (the bare encoder, fed the same pictures and sound)",
        unit="frame",
        floor="bare encoder",
        contenders={"bare encoder": _bare_encoder, "nemovideo": _studio},
        amount=300,  # the ten seconds of a usual film, held in just under a gigabyte
        quick_amount=3,
        ours=1.5,
        rounds=3,
        options={"width": width, "height": height},
        quick_options={"width": 160, "height": 90},
        obstacle="painting the scene and the figure's poses, a third of what is above the encoder,"
        " which costs as much for these ten seconds as for ten minutes; the rest is blending, half"
        " a nanosecond a pixel.",
    )


_LENGTHS = {"nemovideo, 10 s": _of_length(1), "nemovideo": _of_length(6)}
if os.environ.get(_LONG):
    _LENGTHS["nemovideo, 600 s"] = _of_length(60)

CASES = (
    _compared_with_the_encoder("render-720p", 1280, 720),
    _compared_with_the_encoder("render-1080p", 1920, 1080),
    Case(
        name="render-length",
        title="render 60 s (10 s of the same): linear, and in the same memory",
        unit="film",
        floor="nemovideo, 10 s",
        contenders=_LENGTHS,
        amount=10,
        quick_amount=1,
        ours=6.5,
        rounds=2,
        options={"width": 640, "height": 360},
        quick_options={"width": 160, "height": 90},
    ),
)
