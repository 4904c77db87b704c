"""Layers are cut into parts that miss nothing and are solid only where they hide everything."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.sandbox.studio.opaque_regions import Region, find_regions

LEVELS = (0, 128, 255)


def blocks(kinds: list[list[int]]) -> np.ndarray:
    """An alpha plane of 64 x 64 blocks, each empty, half or wholly opaque."""
    levels = np.array([[LEVELS[kind] for kind in row] for row in kinds], np.uint8)
    return np.kron(levels, np.ones((64, 64), np.uint8))


def covered(shape: tuple[int, ...], cut: list[Region]) -> np.ndarray:
    """How many parts cover each pixel."""
    count = np.zeros(shape, int)
    for part in cut:
        count[part.top : part.bottom, part.left : part.right] += 1
    return count


@given(
    st.integers(1, 6).flatmap(
        lambda wide: st.lists(
            st.lists(st.integers(0, 2), min_size=wide, max_size=wide), min_size=1, max_size=6
        )
    ),
    st.integers(0, 40),
)
def test_every_visible_pixel_is_in_one_part_alone(kinds: list[list[int]], less: int) -> None:
    alpha = blocks(kinds)[: 64 * len(kinds) - less, less:]
    cut = find_regions(alpha)
    count = covered(alpha.shape, cut)
    assert count.max(initial=0) <= 1
    assert (count[alpha > 0] == 1).all()
    for part in cut:
        if part.solid:
            assert (alpha[part.top : part.bottom, part.left : part.right] == 255).all()


def test_what_is_large_and_empty_is_left_out_and_what_is_opaque_is_solid() -> None:
    cut = find_regions(blocks([[0] * 8] * 4 + [[1] * 8] * 2 + [[2] * 8] * 6))
    assert sorted((p.top, p.bottom, p.solid) for p in cut) == [(256, 384, False), (384, 768, True)]


def test_a_small_layer_stays_in_one_part() -> None:
    assert len(find_regions(blocks([[1, 0], [0, 1]])[32:96, 32:96])) == 1


@pytest.mark.parametrize("shape", [(0, 0), (0, 7), (40, 40)])
def test_nothing_is_drawn_of_an_empty_layer(shape: tuple[int, int]) -> None:
    assert find_regions(np.zeros(shape, np.uint8)) == []
