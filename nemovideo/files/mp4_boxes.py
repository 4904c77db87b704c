"""Whether an MP4 or MOV file is all there, where nobody said how long it is.

Such a file is a row of boxes, each of which begins with its length. `moov` is the index, without
which nothing plays, and `mdat` is picture and sound. Only the heads of the boxes are read.
"""

from __future__ import annotations

_HEAD_BYTES = 8
_LARGE_HEAD_BYTES = 16


class BoxScanner:
    """Reads the boxes of a file as it comes, in pieces of any size.

    Example:
        ```python
        scanner = BoxScanner()
        for chunk in chunks:
            scanner.feed(chunk)
        assert not scanner.is_truncated
        ```
    """

    def __init__(self) -> None:
        self._position = 0  # of the next byte
        self._box_start = 0
        self._head = b""
        self._kinds = set[bytes]()
        self._is_other = False  # no MP4, or one whose lengths say nothing
        self._is_open = False  # the last box leaves its length open

    @property
    def is_truncated(self) -> bool:
        """Whether the file ends before its boxes do; False for what is no MP4 at all."""
        if self._is_other or not (self._kinds or self._head):
            return False
        if not self._kinds:
            # Shorter than one head: nothing says what it is, unless it says "ftyp".
            return self._head[4:_HEAD_BYTES] == b"ftyp"
        return self._position < self._box_start or bool(self._head) or b"moov" not in self._kinds

    def feed(self, chunk: bytes) -> None:
        start, self._position = self._position, self._position + len(chunk)
        while not (self._is_other or self._is_open) and self._box_start < self._position:
            wanted = self._box_start + len(self._head) - start
            self._head += chunk[wanted : wanted + _LARGE_HEAD_BYTES - len(self._head)]
            length = self._read_head()
            if length is None:
                return
            self._box_start += length
            self._head = b""

    def _read_head(self) -> int | None:
        """Return the length of the box whose head has come; None if more of it has to."""
        head = self._head
        length, kind = int.from_bytes(head[:4]), head[4:_HEAD_BYTES]
        if len(head) < _HEAD_BYTES or (length == 1 and len(head) < _LARGE_HEAD_BYTES):
            return None
        if (not self._kinds and kind != b"ftyp") or not kind.isalnum():
            self._is_other = True
            return None
        least = _LARGE_HEAD_BYTES if length == 1 else _HEAD_BYTES
        if length == 1:
            length = int.from_bytes(head[_HEAD_BYTES:])
        if length == 0:
            self._is_open = True
        elif length < least:
            self._is_other = True
            return None
        self._kinds.add(kind)
        return length
