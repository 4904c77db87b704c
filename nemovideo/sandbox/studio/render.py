"""The render itself: one thread composes, another encodes, with a few frames in memory."""

import os
import tempfile
import time
from collections import deque
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import av.error
from av.video.frame import VideoFrame

from nemovideo.sandbox.studio.cancellation import cancelled_by
from nemovideo.sandbox.studio.compositor import Compositor
from nemovideo.sandbox.studio.encode import FramePool, Writer, format_of, open_writer
from nemovideo.sandbox.studio.errors import RenderError, RenderStopped
from nemovideo.sandbox.studio.mix import Mixer
from nemovideo.sandbox.studio.render_plan import SAMPLE_RATE, RenderPlan, read_plan

# Frames on their way to the encoder: enough to smooth out a slow one, few enough for 4K.
_IN_FLIGHT = 4
# While a scene is built there is no progress, so the last value is reported again.
_REPORT_EVERY = 0.2


@dataclass(frozen=True, slots=True)
class RenderResult:
    """What was written: duration in seconds, size in bytes."""

    duration: float
    width: int
    height: int
    fps: float
    frames: int
    size: int


def render(
    draft: Mapping[str, object],
    target: Path,
    *,
    format: str = "mp4",
    quality: str = "high",
    media: Mapping[str, Path] | None = None,
    on_progress: Callable[[float], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> RenderResult:
    """Render a draft into a file. Blocking and thread-safe: run it in a worker thread.

    Args:
        draft: the draft with the documented short keys; the details are read from its ``m``.
        target: where the file goes. It appears there complete or not at all.
        format: mp4, mov, webm or gif. A GIF has ten pictures a second and at most 640 pixels a
            side, and is silent.
        quality: low, medium or high.
        media: the uploaded files by the names the draft uses.
        on_progress: called with 0.0 to 1.0, never decreasing.
        should_stop: called before every frame and while a scene is built; true ends the render with
            RenderStopped.

    Returns:
        RenderResult, with the length to the frame.

    Raises:
        RenderError: the draft, a medium or the target is unusable.
        RenderStopped: ``should_stop`` returned True.

    Example:
        >>> draft = {"d": 1000, "t": [{"tt": 0, "sg": [{"d": 1000, "m": {"prompt": "sea"}}]}]}
        >>> render(draft, Path("sea.mp4")).frames
        30
    """
    form, plan = format_of(format), read_plan(draft)
    if form.fps is not None:
        # A GIF of the full size and rate would be a hundred times the size of the video.
        share = min(1.0, form.largest / max(plan.width, plan.height))
        smaller = {"width": plan.width * share, "height": plan.height * share}
        plan = read_plan({**draft, "m": {**_meta(draft), **smaller, "fps": float(form.fps)}})
    files = dict(media or {})
    if absent := sorted(name for name in plan.assets if name not in files):
        raise RenderError(f"The draft uses files that were not uploaded: {', '.join(absent)}.")
    progress = _Progress(on_progress or _ignore_progress, should_stop or (lambda: False))
    try:
        with partial_file(target) as part:
            size = (plan.width, plan.height)
            with (
                open_writer(part, form, quality, size, plan.fps) as writer,
                cancelled_by(progress.check),
            ):
                _write(plan, files, writer, progress)
            part.replace(target)
    except (av.error.FFmpegError, OSError) as error:
        raise RenderError(f"The file could not be rendered: {error}.") from error
    progress.report(1.0)
    return result_of(plan, target)


def result_of(plan: RenderPlan, target: Path) -> RenderResult:
    size = target.stat().st_size
    duration, fps = float(plan.duration), float(plan.fps)
    return RenderResult(duration, plan.width, plan.height, fps, plan.frames, size)


def _ignore_progress(_share: float) -> None:
    """The default callback."""


class _Progress:
    """Reports progress, and checks whether to stop."""

    def __init__(self, on_progress: Callable[[float], None], stop: Callable[[], bool]) -> None:
        self._on_progress, self._stop = on_progress, stop
        self._share, self._reported = 0.0, time.monotonic()

    def check(self) -> None:
        """Raise RenderStopped if the render is to stop; repeat the progress if due."""
        if self._stop():
            raise RenderStopped("The render was stopped before it was finished.")
        if time.monotonic() - self._reported > _REPORT_EVERY:
            self.report(self._share)

    def report(self, share: float) -> None:
        self._share, self._reported = share, time.monotonic()
        self._on_progress(share)


def _meta(draft: Mapping[str, object]) -> Mapping[str, object]:
    meta = draft.get("m")
    return cast(Mapping[str, object], meta) if isinstance(meta, Mapping) else {}


@contextmanager
def partial_file(target: Path) -> Generator[Path]:
    """A temporary file in the target's own folder, gone afterwards unless it was moved away."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    part = Path(name)
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _write(
    plan: RenderPlan, files: Mapping[str, Path], writer: Writer, progress: _Progress
) -> None:
    with ExitStack() as stack:
        compositor = stack.enter_context(Compositor(plan, files))
        mixer = stack.enter_context(Mixer(plan.sounds, plan.samples, files))
        encoder = stack.enter_context(ThreadPoolExecutor(1, "nemovideo-encode"))
        frames = FramePool(plan.width, plan.height, compositor.scratch)
        waiting: deque[Future[VideoFrame]] = deque()
        stack.callback(waiting.clear)
        # The first notes take as long as a few frames, and the first frame longer still: a scene is
        # built for it.
        sounded = encoder.submit(_sound, writer, mixer, _samples_until(_IN_FLIGHT, plan))
        for number in range(plan.frames):
            progress.check()
            frame, canvas = frames.take()
            compositor.draw(canvas, number)
            frame.pts, frame.time_base = number, 1 / plan.fps
            until = _samples_until(number + 1, plan)
            waiting.append(encoder.submit(_encode, writer, frame, mixer, until))
            if len(waiting) > _IN_FLIGHT:
                sounded.result()
                frames.give(waiting.popleft().result())
                progress.report(number / plan.frames)
        sounded.result()
        while waiting:
            waiting.popleft().result()
        encoder.submit(writer.finish).result()


def _samples_until(frames: int, plan: RenderPlan) -> int:
    return min(plan.samples, int(frames / plan.fps * SAMPLE_RATE))


def _encode(writer: Writer, frame: VideoFrame, mixer: Mixer, until: int) -> VideoFrame:
    writer.picture(frame)
    # Sound follows in blocks: mixing a tenth of a second costs hardly more than one frame's worth.
    if until - mixer.position >= SAMPLE_RATE // 10 or until == mixer.length:
        _sound(writer, mixer, until)
    return frame


def _sound(writer: Writer, mixer: Mixer, until: int) -> None:
    if mixer.position < until:
        writer.sound(mixer.read(until - mixer.position))
