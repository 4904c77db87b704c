"""Layers are blended where and as strongly as asked, in all three planes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nemovideo.sandbox.studio.canvas import Canvas, Layer

WHITE_Y = 235


def blank() -> Canvas:
    return Canvas.blank(32, 16)


def test_an_opaque_layer_replaces_what_is_below_it() -> None:
    canvas = blank()
    Layer(Image.new("RGB", (8, 4), (255, 255, 255))).draw(canvas, 4, 2)
    assert (canvas.y[2:6, 4:12] == WHITE_Y).all()
    assert (canvas.y == WHITE_Y).sum() == 32


def test_colours_follow_bt709_in_limited_range() -> None:
    canvas = blank()
    Layer(Image.new("RGB", (32, 16), (255, 0, 0))).draw(canvas, 0, 0)
    assert (int(canvas.y[0, 0]), int(canvas.u[0, 0]), int(canvas.v[0, 0])) == (63, 102, 240)


def test_a_half_transparent_layer_is_half_there() -> None:
    canvas = blank()
    Layer(Image.new("RGBA", (32, 16), (255, 255, 255, 128))).draw(canvas, 0, 0)
    assert abs(int(canvas.y[5, 5]) - (16 + 219 // 2)) <= 2
    assert abs(int(canvas.u[3, 3]) - 128) <= 1


def test_opacity_thins_a_solid_layer() -> None:
    canvas = blank()
    layer = Layer(Image.new("RGBA", (32, 16), (255, 255, 255, 255)))
    layer.draw(canvas, 0, 0, opacity=0.5)
    assert abs(int(canvas.y[5, 5]) - 125) <= 2
    before = canvas.y.copy()
    layer.draw(canvas, 0, 0, opacity=0.0)
    assert (canvas.y == before).all()


@given(st.integers(-40, 40), st.integers(-24, 24))
def test_a_layer_partly_or_wholly_outside_leaves_the_rest_alone(x: int, y: int) -> None:
    canvas = blank()
    Layer(Image.new("RGBA", (10, 6), (255, 255, 255, 255))).draw(canvas, x, y)
    y = y // 2 * 2
    wide = max(0, min(32, x + 10) - max(0, x))
    high = max(0, min(16, y + 6) - max(0, y))
    assert (canvas.y != 16).sum() == wide * high


@given(st.integers(-100, 100))
def test_a_repeating_layer_covers_everything_wherever_it_is(x: int) -> None:
    canvas = blank()
    Layer(Image.new("RGB", (12, 16), (255, 0, 0)), wrap=True).draw(canvas, x, 0)
    assert (canvas.y == 63).all()
    assert (canvas.v == 240).all()


def test_an_empty_layer_draws_nothing() -> None:
    canvas = blank()
    Layer(Image.new("RGBA", (7, 5))).draw(canvas, 0, 0)
    assert (canvas.y == 16).all()


@pytest.mark.parametrize(("level", "expected"), [(1.0, WHITE_Y), (0.0, 16), (0.5, 125)])
def test_dimming_goes_to_black(level: float, expected: int) -> None:
    canvas = blank()
    canvas.fill((WHITE_Y, 90, 200))
    canvas.dim(level)
    assert abs(int(canvas.y[0, 0]) - expected) <= 1


def test_mixing_moves_towards_the_other_canvas() -> None:
    canvas, other = blank(), blank()
    other.fill((216, 128, 128))
    canvas.mix(other, 0.25)
    assert np.abs(canvas.y.astype(int) - 66).max() <= 1


@given(st.tuples(*[st.integers(0, 255)] * 3), st.tuples(*[st.integers(0, 255)] * 3))
def test_a_colour_is_the_same_alone_and_next_to_another(
    colour: tuple[int, int, int], other: tuple[int, int, int]
) -> None:
    alone, partial_file = Canvas.blank(4, 2), Canvas.blank(4, 2)
    Layer(Image.new("RGB", (4, 2), colour)).draw(alone, 0, 0)
    image = Image.new("RGB", (4, 2), other)
    image.paste(colour, (0, 0, 2, 2))
    Layer(image).draw(partial_file, 0, 0)
    for one, two in zip(alone.planes, partial_file.planes, strict=True):
        assert one[0, 0] == two[0, 0]
    red, green, blue = (value / 255 for value in colour)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    exact = (16 + 219 * luma, 128 + 224 * (blue - luma) / 1.8556, 128 + 224 * (red - luma) / 1.5748)
    found = [int(plane[0, 0]) for plane in alone.planes]
    assert np.abs(np.subtract(found, exact)).max() < 1.5


@given(st.integers(0, 9), st.tuples(*[st.integers(0, 255)] * 3))
def test_a_soft_edge_has_its_colour_at_even_and_odd_places(
    x: int, colour: tuple[int, int, int]
) -> None:
    fading = Image.linear_gradient("L").resize((16, 8))
    fading.putpixel((3, 0), 0)
    canvas = blank()
    Layer(Image.new("RGB", (32, 16), colour)).draw(canvas, 0, 0)
    before = [plane.astype(int) for plane in canvas.planes]
    image = Image.new("RGB", (16, 8), colour)
    # What is transparent has another colour, which must not be seen beside it.
    image.putpixel((3, 0), (255 - colour[0], 0, 255))
    image.putalpha(fading)
    Layer(image).draw(canvas, x, 2)
    assert all(
        np.abs(plane - old).max() <= 2 for plane, old in zip(canvas.planes, before, strict=True)
    )


def test_what_is_pasted_on_an_image_of_a_canvas_is_on_its_plane() -> None:
    whole = Canvas.blank(32, 16)
    part = Canvas(whole.y[:, :30], whole.u[:, :15], whole.v[:, :15], whole.scratch)
    for image, plane in zip(part.images, part.planes, strict=True):
        image.paste(99, (1, 2, 5, 4))
        assert (plane[2:4, 1:5] == 99).all() and (plane == 99).sum() == 8


def test_a_layer_knows_its_opaque_rows_and_can_do_without_its_last_ones() -> None:
    image = Image.new("RGBA", (32, 16), (255, 255, 255, 255))
    image.paste((255, 255, 255, 90), (0, 0, 5, 7))
    layer = Layer(image)
    assert layer.opaque_rows == 9
    assert layer.shortened(6).opaque_rows == 0
    assert Layer(Image.new("RGB", (32, 16))).opaque_rows == 16
    canvas = blank()
    layer.shortened(10).draw(canvas, 0, 0)
    assert (canvas.y[10:] == 16).all() and (canvas.y[7:10] == WHITE_Y).all()
    layer.shortened(-4).draw(canvas, 0, 0)
    assert (canvas.y[10:] == 16).all()
