"""Tables, in which a Chinese character takes two columns."""

from __future__ import annotations

from collections.abc import Sequence

from nemovideo.timeline.wording import clean, clip, display_width, pad

_GAP = "  "
_LEAST = 8
"""The smallest width of the last column."""


def table(head: Sequence[str], rows: Sequence[Sequence[str]], width: int | None = None) -> str:
    """Return a table; if it is too wide, each row becomes a block of lines.

    Args:
        width: None cuts nothing off.
    """
    rows = [[clean(cell) for cell in row] for row in rows]
    widths = [max(map(display_width, cells)) for cells in zip(head, *rows, strict=True)]
    fixed = sum(widths[:-1]) + len(_GAP) * (len(head) - 1)
    if width is not None and fixed + min(_LEAST, widths[-1]) > width:
        return "\n".join(_block(head, row, width) for row in rows)
    return "\n".join(_line(row, widths, width) for row in (head, *rows))


def _line(row: Sequence[str], widths: Sequence[int], width: int | None) -> str:
    padded = (pad(cell, each) for cell, each in zip(row, widths, strict=True))
    line = _GAP.join(padded).rstrip()
    return line if width is None else clip(line, width)


def _block(head: Sequence[str], row: Sequence[str], width: int) -> str:
    label_width = max(map(display_width, head)) + 1
    lines = (
        f"{pad(f'{name}:', label_width)} {cell}"
        for name, cell in zip(head, row, strict=True)
        if cell
    )
    return "\n".join(clip(line, width) for line in lines) + "\n"
