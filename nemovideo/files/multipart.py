"""Files as one multipart form, read from disk while it is sent."""

from __future__ import annotations

import secrets
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass

from nemovideo.concurrency.callbacks import ProgressCallback, run_progress_callback
from nemovideo.files.sources import Source, read_ahead

_FIELD = "files"
"""The form field, the same for every file (wire-contract section 4)."""


@dataclass(frozen=True, slots=True)
class Part:
    """One checked file: the name and MIME type to send, its size in bytes, where it is read."""

    name: str
    mime: str
    size: int
    source: Source


class MultipartBody:
    """A `Body` of several files.

    Args:
        parts: What to send, in order.
        on_progress: called with (bytes sent, total bytes) after each piece; monotonic, also
            across a re-send; ends at (total, total).
    """

    def __init__(self, parts: Sequence[Part], on_progress: ProgressCallback | None = None) -> None:
        self.parts: tuple[Part, ...] = tuple(parts)
        self._on_progress = on_progress
        self._boundary = f"nemovideo-{secrets.token_hex(16)}"
        self._heads = tuple(self._head(part) for part in self.parts)
        self._end = f"--{self._boundary}--\r\n".encode()
        self._total = sum(part.size for part in self.parts)
        self._reported = 0

    @property
    def content_length(self) -> int:
        """How many bytes `chunks` yields in all."""
        frame = sum(len(head) + len(b"\r\n") for head in self._heads) + len(self._end)
        return frame + self._total

    @property
    def content_type(self) -> str:
        """What goes into the `Content-Type` header."""
        return f"multipart/form-data; boundary={self._boundary}"

    async def chunks(self) -> AsyncGenerator[bytes, None]:
        """Yield the form once, from its start.

        Raises:
            InvalidInputError: a file changed since it was checked, or cannot be read any more.
        """
        sent = 0
        for head, part in zip(self._heads, self.parts, strict=True):
            yield head
            async with aclosing(read_ahead(part.source, part.name, part.size)) as pieces:
                async for piece in pieces:
                    yield piece
                    sent += len(piece)
                    await self._report(sent)
            yield b"\r\n"
        yield self._end

    async def _report(self, sent: int) -> None:
        if sent > self._reported:
            self._reported = sent
            await run_progress_callback(self._on_progress, sent, self._total)

    def _head(self, part: Part) -> bytes:
        lines = (
            f"--{self._boundary}",
            f'Content-Disposition: form-data; name="{_FIELD}"; filename="{_quoted(part.name)}"',
            f"Content-Type: {part.mime}",
            "\r\n",
        )
        return "\r\n".join(lines).encode("utf-8", "replace")


def _quoted(name: str) -> str:
    # As browsers do it (HTML standard, "multipart/form-data encoding algorithm").
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A").replace("\0", "_")
