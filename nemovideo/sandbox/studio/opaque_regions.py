"""Which parts of a layer hold anything, and which hide everything below them.

Copying costs a tenth of blending and leaving out costs nothing, but every part drawn by itself
costs a call or three. So a layer is cut only where that pays by the costs below.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# A part is made of cells of this many rows and columns.
_ROWS, _COLUMNS = 32, 16
# What drawing a part costs, in microseconds: at all, per row, per pixel.
_BLEND = (2.8, 0.006, 0.0006)
_COPY = (2.5, 0.006, 0.00008)
# What a cut must promise to save before it is tried.
_WORTH = 2 * _BLEND[0]
_EMPTY, _MIXED, _SOLID = 0, 1, 2

_Kinds = NDArray[np.uint8]
_Box = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Region:
    """A part of a layer in its own pixels; ``solid`` where nothing shines through."""

    top: int
    bottom: int
    left: int
    right: int
    solid: bool

    @property
    def area(self) -> tuple[slice, slice]:
        """Its rows and columns of the layer."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def find_regions(alpha: NDArray[np.uint8]) -> list[Region]:
    """Cut a layer into the parts that are to be drawn; what is in none of them is empty."""
    if not alpha.size:
        return []
    found = _cut(_kinds(alpha), (0, -(-alpha.shape[0] // _ROWS), 0, -(-alpha.shape[1] // _COLUMNS)))
    return [_in_pixels(box, alpha.shape, solid=solid) for box, solid in found[1]]


def _kinds(alpha: NDArray[np.uint8]) -> _Kinds:
    """What each cell is: empty, mixed or solid."""
    height, width = alpha.shape
    # Eight pixels at a time: a cell is empty or solid if all bits of all its pixels are alike. What
    # is beyond the edges repeats the last pixels, so that it changes nothing.
    padded = np.pad(alpha, ((0, 0), (0, -width % _COLUMNS)), mode="edge")
    words = padded.view(np.uint64)
    rows = range(0, height, _ROWS)
    some, every = (
        join.reduceat(words, rows, axis=0).reshape(len(rows), -1, _COLUMNS // 8)
        for join in (np.bitwise_or, np.bitwise_and)
    )
    empty = (some == 0).all(axis=2)
    solid = (every == np.uint64(2**64 - 1)).all(axis=2)
    return np.where(empty, _EMPTY, np.where(solid, _SOLID, _MIXED)).astype(np.uint8)


def _cut(kinds: _Kinds, box: _Box) -> tuple[float, list[tuple[_Box, bool]]]:
    """The cheapest way found to draw a box of cells, and what that costs."""
    trimmed = _trimmed(kinds, box)
    if trimmed is None:
        return 0.0, []
    top, bottom, left, right = trimmed
    part = kinds[top:bottom, left:right]
    if part.min() == _SOLID:
        return _cost(trimmed, _COPY), [(trimmed, True)]
    whole = _cost(trimmed, _BLEND)
    plain = part.size - int(np.count_nonzero(part == _MIXED))
    if plain * _ROWS * _COLUMNS * _BLEND[2] < _WORTH:
        return whole, [(trimmed, False)]
    one, other = _halves(part, trimmed)
    first, second = _cut(kinds, one), _cut(kinds, other)
    if first[0] + second[0] < whole:
        return first[0] + second[0], first[1] + second[1]
    return whole, [(trimmed, False)]


def _trimmed(kinds: _Kinds, box: _Box) -> _Box | None:
    """The box without the empty lines along its edges; None if it is all empty."""
    top, bottom, left, right = box
    part = kinds[top:bottom, left:right]
    rows, columns = part.max(axis=1) > 0, part.max(axis=0) > 0
    first = int(rows.argmax())
    if not rows[first]:
        return None
    return (
        top + first,
        bottom - int(rows[::-1].argmax()),
        left + int(columns.argmax()),
        right - int(columns[::-1].argmax()),
    )


def _halves(part: _Kinds, box: _Box) -> tuple[_Box, _Box]:
    """Two boxes: cut where a stripe of one kind begins or ends, else in the middle."""
    top, bottom, left, right = box
    row, column = _change(part, 1), _change(part, 0)
    if row is None and column is None:
        high, wide = (bottom - top) * _ROWS, (right - left) * _COLUMNS
        row, column = ((bottom - top) // 2, None) if high > wide else (None, (right - left) // 2)
    if row:
        return (top, top + row, left, right), (top + row, bottom, left, right)
    middle = left + (column or 1)
    return (top, bottom, left, middle), (top, bottom, middle, right)


def _change(part: _Kinds, axis: int) -> int | None:
    """The first line (row or column) that is wholly of another kind than the one before it."""
    most, least = part.max(axis=axis), part.min(axis=axis)
    most[most != least] = _MIXED
    changes = most[1:] != most[:-1]
    first = int(changes.argmax()) if changes.size else 0
    return first + 1 if changes.size and changes[first] else None


def _cost(box: _Box, rate: tuple[float, float, float]) -> float:
    rows, columns = (box[1] - box[0]) * _ROWS, (box[3] - box[2]) * _COLUMNS
    return rate[0] + rows * rate[1] + rows * columns * rate[2]


def _in_pixels(box: _Box, shape: tuple[int, ...], *, solid: bool) -> Region:
    top, bottom, left, right = box
    return Region(
        top * _ROWS,
        min(shape[0], bottom * _ROWS),
        left * _COLUMNS,
        min(shape[1], right * _COLUMNS),
        solid,
    )
