"""Whether an MP4 or MOV file is all there, where nobody said how long it is.

Such a file is a row of boxes, each of which begins with its length. `moov` is the index, without
which nothing plays, and `mdat` is picture and sound. Only the heads of the boxes are read.
"""

from __future__ import annotations

from typing import BinaryIO

_HEAD_BYTES = 8
_LARGE_HEAD_BYTES = 16


def is_truncated(file: BinaryIO, size: int) -> bool:
    """Return True if a file ends before its boxes do; False for what is no MP4 at all.

    Args:
        size: its bytes.
    """
    offset, kinds = 0, set[bytes]()
    while offset < size:
        file.seek(offset)
        head = file.read(_LARGE_HEAD_BYTES)
        length, kind = int.from_bytes(head[:4]), head[4:_HEAD_BYTES]
        if not kinds and kind != b"ftyp":
            return False
        if len(head) < _HEAD_BYTES:
            return True
        if not kind.isalnum():
            return False  # whatever this is, its lengths say nothing
        if length == 1:
            length = int.from_bytes(head[_HEAD_BYTES:].ljust(8, b"\xff"))
        elif length == 0:
            length = size - offset  # the last box may leave its length open
        if length < _HEAD_BYTES:
            return False
        kinds.add(kind)
        offset += length
    return offset > size or b"moov" not in kinds
