"""What stands and moves in a scene: what is kept from frame to frame, and painted when."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nemovideo.sandbox.studio.canvas import Canvas, Layer
from nemovideo.sandbox.studio.palette import light_for
from nemovideo.sandbox.studio.render_plan import SceneSpec
from nemovideo.sandbox.studio.scenes.layers import (
    AnimatedSprite,
    Scene,
    SceneContext,
    ScrollingLayer,
    SpriteFrames,
    StaticLayer,
)
from nemovideo.sandbox.studio.scenes.layers import standing as stands

WIDTH, HEIGHT = 96, 64


def striped() -> Layer:
    columns = np.arange(WIDTH, dtype=np.uint8) * 2
    return Layer(Image.fromarray(np.tile(columns, (HEIGHT, 1))).convert("RGB"), wrap=True)


def luma_of(*elements: StaticLayer | ScrollingLayer, fps: float, frames: int) -> list[np.ndarray]:
    ctx = SceneContext(SceneSpec(), light_for("day", ""), WIDTH, HEIGHT, fps, frames, seed=1)
    scene, drawn = Scene(ctx, list(elements)), list[np.ndarray]()
    for number in range(frames):
        canvas = Canvas.blank(WIDTH, HEIGHT)
        scene.draw(canvas, number)
        drawn.append(canvas.y)
    return drawn


@pytest.mark.parametrize(("fps", "shared"), [(10.0, 1), (24.0, 2), (30.0, 2), (60.0, 4)])
def test_what_moves_slowly_is_redrawn_every_fifteenth_of_a_second(fps: float, shared: int) -> None:
    slow = ScrollingLayer(striped(), speed=1.7)
    drawn = luma_of(StaticLayer(striped()), slow, fps=fps, frames=4 * shared)
    for number, luma in enumerate(drawn):
        assert (luma == drawn[number // shared * shared]).all()


def test_what_moves_fast_moves_in_every_frame() -> None:
    fast = ScrollingLayer(striped(), speed=90.0)
    drawn = luma_of(StaticLayer(striped()), fast, fps=30.0, frames=4)
    assert all((one != two).any() for one, two in itertools.pairwise(drawn))


def test_a_slow_layer_moves_at_its_speed() -> None:
    slow = ScrollingLayer(striped(), speed=1.7)
    far, near = Canvas.blank(WIDTH, HEIGHT), Canvas.blank(WIDTH, HEIGHT)
    drawn = luma_of(StaticLayer(striped()), slow, fps=30.0, frames=61)
    slow.layer.draw(near, round(-1.7 * 2), 0)
    slow.draw(far, 2.0)
    assert (drawn[60] == near.y).all() and (far.y == near.y).all()


def test_frames_of_a_sprite_are_painted_when_first_drawn_and_once() -> None:
    painted = list[float]()

    def paint(phase: float) -> Image.Image:
        painted.append(phase)
        return Image.new("RGB", (8, 8), (255, 255, 255))

    figure = AnimatedSprite(SpriteFrames(4, paint), 2.0, stands(0, 0))
    for t in (0.0, 0.6, 0.7, 2.1):
        figure.draw(Canvas.blank(WIDTH, HEIGHT), t)
    assert painted == [0.0, 0.25]


def ground(top: int) -> Layer:
    image = Image.new("RGBA", (WIDTH, HEIGHT))
    image.paste((40, 160, 60, 255), (0, top, WIDTH, HEIGHT))
    image.paste((40, 160, 60, 128), (0, top - 5, WIDTH // 2, top))
    return Layer(image, wrap=True)


@given(
    st.lists(st.tuples(st.integers(6, 60), st.sampled_from((0.0, 40.0, 300.0))), max_size=4),
    st.integers(-9, 9),
    st.booleans(),
)
def test_what_is_always_hidden_is_left_out_and_nothing_else(
    grounds: list[tuple[int, float]], y: int, bobs: bool
) -> None:
    elements: list[StaticLayer | ScrollingLayer] = [
        StaticLayer(striped()),
        StaticLayer(striped(), 3, y),
    ]
    elements += [ScrollingLayer(ground(top), speed, y) for top, speed in grounds]
    elements.append(ScrollingLayer(ground(50), 300.0, bob=6.0 if bobs else 0.0))
    for number, luma in enumerate(luma_of(*elements, fps=10.0, frames=3)):
        canvas = Canvas.blank(WIDTH, HEIGHT)
        for element in elements:
            element.draw(canvas, number / 10.0)
        assert (luma == canvas.y).all()
