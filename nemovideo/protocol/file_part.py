"""Which bytes of which file an answer holds (RFC 9110, sections 13.1.5, 14.4 and 15.3.7)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_RANGE = re.compile(r"bytes[ =]+(\d{1,18})-(\d{1,18})/(\d{1,18}|\*)", re.IGNORECASE)
_NUMBER = re.compile(r"\d{1,18}")


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file, or a part of one, as the head of an answer describes it."""

    start: int
    end: int | None
    """One beyond its last byte; None where the answer does not say."""
    total: int | None
    """How long the whole file is; None where the answer does not say."""
    etag: str
    modified: str

    def continues(self, first: FilePart) -> bool:
        """Return True if it is of the same file as `first`, as far as both of them tell.

        A host that knows ranges and not `If-Range` gives a part of what is there now.
        """
        mine, others = (each._marks() for each in (self, first))
        both = [pair for pair in zip(mine, others, strict=True) if None not in pair]
        return bool(both) and all(one == other for one, other in both)

    def _marks(self) -> tuple[str | int | None, ...]:
        return self.etag or None, self.modified or None, self.total

    def ask_from(self, offset: int) -> dict[str, str]:
        """Return the headers that ask for the rest of this file.

        Without any, all of it is sent: nobody could say whether the rest belongs to what is here.
        """
        rest = {"range": f"bytes={offset}-"}
        if not offset:
            return {}
        if self.etag.startswith('"'):
            return {**rest, "if-range": self.etag}
        if self.total is None or not (self.etag or self.modified):
            return {}
        # A weak tag is no condition to a host; it is compared when the part is here.
        return rest if self.etag else {**rest, "if-range": self.modified}


def read_part(status: int, headers: Mapping[str, str]) -> FilePart | None:
    """Read which part of a file an answer is; None for one that contradicts itself."""
    etag, modified = headers.get("etag", "").strip(), headers.get("last-modified", "").strip()
    length = _read_number(headers.get("content-length", ""))
    if status != 206:
        return FilePart(0, length, length, etag, modified)
    found = _RANGE.fullmatch(headers.get("content-range", "").strip())
    if found is None:
        return None
    start, end, total = int(found[1]), int(found[2]) + 1, _read_number(found[3])
    if end <= start or (total is not None and end > total) or length not in (None, end - start):
        return None
    return FilePart(start, end, total, etag, modified)


def _read_number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text.strip()) else None
