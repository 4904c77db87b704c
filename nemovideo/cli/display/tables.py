"""Rows in columns, as wide as the terminal, with Chinese characters taking two columns each."""

from __future__ import annotations

from collections.abc import Sequence

from nemovideo.timeline.wording import clean, clip, display_width, pad

_GAP = "  "
_LEAST = 8
"""Columns that the last one needs; below that, each row becomes a few lines."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Return rows under their heads; `width` None is a pipe, where nothing is cut off.

    Where the rows are too wide, each becomes lines of their own.
    """
    rows = [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(display_width, cells)) for cells in zip(head, *rows, strict=True)]
    fixed = sum(widths[:-1]) + len(_GAP) * (len(head) - 1)
    if width is not None and fixed + min(_LEAST, widths[-1]) > width:
        return "\n".join(_block(head, row, width) for row in rows)
    return "\n".join(_line(row, widths, width) for row in (head, *rows))


def _line(row: Sequence[str], widths: Sequence[int], width: int | None) -> str:
    padded = (pad(cell, room) for cell, room in zip(row, widths, strict=True))
    line = _GAP.join(padded).rstrip()
    return line if width is None else clip(line, width)


def _block(head: Sequence[str], row: Sequence[str], width: int) -> str:
    room = max(map(display_width, head)) + 1
    lines = (
        f"{pad(f'{name}:', room)} {cell}" for name, cell in zip(head, row, strict=True) if cell
    )
    return "\n".join(clip(line, width) for line in lines) + "\n"
