"""The picture of a plan, frame by frame: which segment is seen, transitions, fades, captions."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, Self

from nemovideo.sandbox.studio.canvas import Canvas, Words
from nemovideo.sandbox.studio.media import StillReader, VideoReader
from nemovideo.sandbox.studio.render_plan import ClipSpec, Picture, RenderPlan, SceneSpec
from nemovideo.sandbox.studio.scenes.factory import build_scene
from nemovideo.sandbox.studio.text import CaptionLayer, fade_level, mark_layer


class Source(Protocol):
    """Something that draws a whole frame, given the frame's number within its segment."""

    def draw(self, canvas: Canvas, frame: int) -> None: ...

    def close(self) -> None: ...


class Compositor:
    """Draws the frames of a plan in order; sources live only while they are seen."""

    def __init__(self, plan: RenderPlan, files: Mapping[str, Path]) -> None:
        self._plan, self._files = plan, files
        self._open: dict[Picture, Source] = {}
        self._captions = [CaptionLayer(c, plan.width, plan.height) for c in plan.captions]
        self._mark, self._mark_at = mark_layer(plan.width, plan.height)
        self._other: Canvas = Canvas.blank(plan.width, plan.height)
        self.scratch: Words = self._other.scratch

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for source in self._open.values():
            source.close()

    def draw(self, canvas: Canvas, number: int) -> None:
        """Draw the frame with this number; numbers must not go backwards."""
        seen = self._seen(number)
        if seen is None:
            canvas.fill()
        else:
            self._draw_picture(canvas, number, *seen)
        for caption in self._captions:
            caption.draw(canvas, number)
        if self._mark is not None:
            self._mark.draw(canvas, *self._mark_at)
        self._close_past(number)

    def _seen(self, number: int) -> tuple[Picture, Picture | None] | None:
        """The picture on the topmost track that has one now, and the one it comes in over."""
        for track in reversed(self._plan.tracks):
            for index in range(len(track) - 1, -1, -1):
                picture = track[index]
                if picture.start <= number < picture.end:
                    fresh = number - picture.start < picture.transition
                    return picture, track[index - 1] if fresh and index else None
        return None

    def _draw_picture(
        self, canvas: Canvas, number: int, picture: Picture, before: Picture | None
    ) -> None:
        share = (number - picture.start + 1) / (picture.transition + 1) if before else 1.0
        if before is None:
            self._draw_one(canvas, number, picture)
        elif picture.through_black:
            half = before if share < 0.5 else picture
            self._draw_one(canvas, number, half)
            canvas.dim(abs(share * 2 - 1))
        else:
            self._draw_one(canvas, number, before)
            other = self._other
            self._draw_one(other, number, picture)
            canvas.mix(other, share)

    def _draw_one(self, canvas: Canvas, number: int, picture: Picture) -> None:
        self._source(picture).draw(canvas, number - picture.start)
        # During a transition the earlier picture is past its end, and past its fade: it stays.
        level = fade_level(min(number, picture.end - 1), picture)
        if level < 1.0:
            canvas.dim(level)

    def _source(self, picture: Picture) -> Source:
        found = self._open.get(picture)
        if found is None:
            found = self._open[picture] = self._opened(picture)
        return found

    def _opened(self, picture: Picture) -> Source:
        size, length = (self._plan.width, self._plan.height), picture.end - picture.start
        source = picture.source
        if isinstance(source, SceneSpec):
            return build_scene(source, *size, float(self._plan.fps), length)
        path = self._files[source.asset]
        if isinstance(source, ClipSpec):
            return VideoReader(path, source, size, self._plan.fps)
        return StillReader(path, source, size, length, self._plan.fps)

    def _close_past(self, number: int) -> None:
        latest = max((p.transition for track in self._plan.tracks for p in track), default=0)
        for picture in [p for p in self._open if p.end + latest <= number]:
            self._open.pop(picture).close()
