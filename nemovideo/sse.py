"""Server-sent events: bytes in, events out, by the WHATWG event-stream rules. No I/O.

Only a `data` field makes an event; one that is incomplete when the stream ends is dropped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple, cast

from nemovideo.errors import NemoVideoError

__all__ = [
    "DEFAULT_MAX_EVENT_BYTES",
    "SSEDecoder",
    "SSEOverflowError",
    "ServerSentEvent",
]

DEFAULT_MAX_EVENT_BYTES = 64 * 2**20

if TYPE_CHECKING:
    from collections.abc import Callable

_BOM = b"\xef\xbb\xbf"
_LF, _CR, _COLON, _NUL = b"\n\r:\0"  # as numbers, which `in` finds six times as fast as bytes
_COMMENTS = re.compile(rb"\n\n(?::[^\n]*+\n++)++")
"""Comments behind an empty line, with the empty lines behind them: nothing of an event."""
_LONG = 500  # bytes of an event
_MOST_DIGITS = 18  # of a `retry`: Python refuses to convert very long numbers


class ServerSentEvent(NamedTuple):
    """One event of a stream."""

    event: str = "message"
    """Its type; "message" if the stream names none."""
    data: str = ""
    """Its `data` lines, joined with line feeds."""
    id: str = ""
    """The last event id of the stream, from this event or an earlier one."""
    retry: int | None = None
    """The reconnection time in milliseconds, if this event has one."""


_new = cast(
    "Callable[[type[ServerSentEvent], tuple[str, str, str, int | None]], ServerSentEvent]",
    tuple.__new__,  # pyright: ignore[reportUnknownMemberType]  # typed by the cast
)
"""What the constructor calls in the end, at a third of the cost."""


class SSEOverflowError(NemoVideoError):
    """An event of the stream is larger than `max_event_bytes`."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"The stream sent one event of more than {limit_bytes} bytes.",
            hint="Raise max_event_bytes if such events are expected.",
        )
        self.limit_bytes = limit_bytes


class SSEDecoder:
    r"""Decodes a stream that arrives in chunks of any size.

    Args:
        max_event_bytes: the largest size of one event, in bytes; 64 MiB by default.

    Example:
        ```python
        decoder = SSEDecoder()
        decoder.feed(b"data: hel")  # []
        decoder.feed(b"lo\n\n")  # [ServerSentEvent(event="message", data="hello", …)]
        ```
    """

    __slots__ = (
        "_after_cr",
        "_block_bytes",
        "_data",
        "_event",
        "_id",
        "_limit",
        "_overflow",
        "_pending",
        "_remaining",
        "_retry",
        "_started",
    )

    def __init__(self, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> None:
        self._limit = max_event_bytes
        self._pending = bytearray()  # the unfinished line
        self._remaining = max_event_bytes  # bytes; below zero if no plain line may follow
        self._started = False
        self._after_cr = False
        self._overflow = False
        self._id = ""
        self._data: list[str] = []  # of the event at hand, from the chunks before
        self._event = ""
        self._retry: int | None = None
        self._block_bytes = 0

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Decode the next bytes and return the events that they complete.

        Args:
            chunk: the bytes, cut anywhere.

        Raises:
            SSEOverflowError: an event is larger than `max_event_bytes`. Events before it are
                returned first; from then on every call raises.
        """
        remaining = self._remaining - len(chunk)
        if remaining >= 0 and _LF not in chunk and _CR not in chunk:
            self._pending += chunk  # Most small chunks are the middle of a line.
            self._remaining = remaining
            return []
        plain = self._plain_data(chunk)
        if plain is None:
            return self._any_events(chunk)
        last_id = self._id
        if len(plain) == 1:  # small chunks: without the cost of a comprehension
            return [_new(ServerSentEvent, ("message", plain[0], last_id, None))]
        return [_new(ServerSentEvent, ("message", data, last_id, None)) for data in plain]

    def feed_data(self, chunk: bytes) -> list[str]:
        """Do the same as `feed` with a chunk, but return only each event's data: a third faster."""
        if _LF in chunk and (plain := self._plain_data(chunk)) is not None:
            return plain
        return [each.data for each in self.feed(chunk)]

    def _plain_data(self, chunk: bytes) -> list[str] | None:
        """Decode a chunk of whole one-line `data: …` events, comments and a rest; None for others.

        That costs a third of decoding it line by line.
        """
        if len(chunk) > self._remaining or self._block_bytes:
            return None
        if _CR in chunk:
            if chunk.endswith(b"\r"):  # perhaps the first half of a CRLF
                return None
            chunk = _with_line_feeds(chunk)
        end = chunk.rfind(b"\n") + 1
        lines = bytes(self._pending) + chunk[:end] if self._pending else chunk[:end]
        found = _plain_texts(lines)
        if found is None and (found := _plain_texts(_without_signs_of_life(lines))) is None:
            return None
        self._pending = bytearray(chunk[end:])
        self._remaining = self._limit - len(self._pending)
        self._started = True
        return found

    def _any_events(self, chunk: bytes) -> list[ServerSentEvent]:
        if self._overflow:
            raise SSEOverflowError(self._limit)
        lines = self._complete_lines(chunk)
        events = self._decode(lines) if lines else []
        remaining = self._limit - self._block_bytes - len(self._pending)
        if remaining < 0:
            self._overflow = True
        self._remaining = -1 if self._overflow or self._after_cr else remaining
        if self._overflow and not events:
            raise SSEOverflowError(self._limit)
        return events

    def _complete_lines(self, chunk: bytes) -> bytes:
        """Return everything up to the last line end so far; the rest is pending."""
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk.startswith(b"\n"):  # the second half of a CRLF split between two chunks
                chunk = chunk[1:]
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
        if not end:
            self._pending += chunk
            return b""
        self._after_cr = chunk.endswith(b"\r")
        lines = _with_line_feeds(bytes(self._pending) + chunk[:end])
        self._pending = bytearray(chunk[end:])
        if not self._started:
            self._started = True
            lines = lines.removeprefix(_BOM)
        return lines

    def _decode(self, lines: bytes) -> list[ServerSentEvent]:
        """Decode whole lines by the rules."""
        events: list[ServerSentEvent] = []
        data: list[bytes] = []
        size, limit = self._block_bytes, self._limit
        for line in lines[:-1].split(b"\n"):
            if not line:
                if data or self._data:
                    made = (self._event or "message", self._take_text(data), self._id, self._retry)
                    events.append(_new(ServerSentEvent, made))
                    data.clear()
                if size:
                    self._event, self._retry, size = "", None, 0
                continue
            if size + len(line) > limit:
                self._overflow = True
                break
            if line.startswith(b"data:"):
                data.append(line[6:] if line[5:6] == b" " else line[5:])
            elif line[0] == _COLON:  # Comments do not count: a long silence has any number.
                continue
            elif line.startswith(b"event: "):
                self._event = line[7:].decode("utf-8", "replace")
            elif line.startswith(b"id: ") and _NUL not in line:
                self._id = line[4:].decode("utf-8", "replace")
            else:
                self._take_field(line, data)
            size += len(line)
        self._block_bytes = size
        if data:
            self._data.append(_text(data))
        return events

    def _take_field(self, line: bytes, data: list[bytes]) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and _NUL not in value:
            self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit() and len(value) <= _MOST_DIGITS:
            self._retry = int(value)
        elif name == b"data":  # without a colon
            data.append(value)

    def _take_text(self, data: list[bytes]) -> str:
        """Return the data of the event at hand, of which `data` came with this chunk."""
        if not self._data:
            return _text(data)
        texts, self._data = self._data, []
        return "\n".join((*texts, _text(data)) if data else texts)


def _with_line_feeds(lines: bytes) -> bytes:
    return lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if _CR in lines else lines


def _text(data: list[bytes]) -> str:
    return (data[0] if len(data) == 1 else b"\n".join(data)).decode("utf-8", "replace")


def _without_signs_of_life(lines: bytes) -> bytes:
    """Return lines without comments, and empty data with the space that it may do without."""
    if lines.startswith((b":", b"\n")) or b"\n\n:" in lines:
        lines = _COMMENTS.sub(b"\n\n", b"\n\n" + lines.lstrip(b"\n"))[2:]
    if b"data:\n" in lines:
        lines = (b"\n" + lines).replace(b"\ndata:\n", b"\ndata: \n")[1:]
    return lines


def _plain_texts(lines: bytes) -> list[str] | None:
    """Return the data of events, if one-line `data: …` events are all there is."""
    if not lines.startswith(b"data: ") or not lines.endswith(b"\n\n"):
        return [] if lines == b"" else None
    if lines.find(b"\n", 0, _LONG) < 0:
        return _long_texts(lines)
    text = lines[6:-2].decode("utf-8", "replace")
    found = text.split("\n\ndata: ")
    return found if text.count("\n") == 2 * len(found) - 2 else None


def _long_texts(lines: bytes) -> list[str] | None:
    """Do the same with searches, which for long events are faster than a split."""
    texts: list[str] = []
    start = 0
    while start < len(lines):
        end = lines.find(b"\n", start)
        if not lines.startswith(b"data: ", start) or lines[end + 1] != _LF:
            return None
        texts.append(lines[start + 6 : end].decode("utf-8", "replace"))
        start = end + 2
    return texts


def __dir__() -> list[str]:
    return __all__
