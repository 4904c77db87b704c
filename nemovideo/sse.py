"""Server-sent events: bytes in, events out, by the WHATWG event-stream rules. No I/O.

Only a `data` field makes an event; one that is incomplete when the stream ends is dropped.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from nemovideo.errors import NemoVideoError

DEFAULT_MAX_EVENT_BYTES = 64 * 2**20

if TYPE_CHECKING:
    from collections.abc import Callable

_BOM = b"\xef\xbb\xbf"
_LF, _CR = b"\n\r"  # as numbers, which `in` finds six times as fast as bytes
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
        self._data: list[bytes] = []
        self._event = ""
        self._retry: int | None = None
        self._block_bytes = 0

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Decode the next bytes and return the events that they complete.

        Raises:
            SSEOverflowError: an event is larger than `max_event_bytes`. Events before it are
                returned first; from then on every call raises.
        """
        remaining = self._remaining - len(chunk)
        if remaining >= 0 and _CR not in chunk:
            if _LF not in chunk:
                self._pending += chunk
                self._remaining = remaining
                return []
            plain = self._plain_data(chunk)
            if plain is not None:
                last_id = self._id
                if len(plain) == 1:  # small chunks: without the cost of a comprehension
                    return [_new(ServerSentEvent, ("message", plain[0], last_id, None))]
                return [_new(ServerSentEvent, ("message", data, last_id, None)) for data in plain]
        return self._any_events(chunk)

    def feed_data(self, chunk: bytes) -> list[str]:
        """Do the same as `feed`, but return only the data of each event: a third faster."""
        if _LF in chunk and _CR not in chunk and len(chunk) <= self._remaining:
            plain = self._plain_data(chunk)
            return [each.data for each in self._any_events(chunk)] if plain is None else plain
        return [each.data for each in self.feed(chunk)]

    def _plain_data(self, chunk: bytes) -> list[str] | None:
        """Decode a chunk of whole one-line `data: …` events and a rest; return None for any other.

        That costs a third of decoding it line by line.
        """
        line: bytes | bytearray
        line, _, rest = chunk.partition(b"\n")
        last = rest.rfind(b"\n")
        if last < 0 or self._block_bytes:
            return None
        pending = self._pending
        if pending:
            line = pending + line
        if not line.startswith(b"data: "):
            return None
        found = [line[6:].decode("utf-8", "replace")]
        if last:
            more = (_plain_texts if len(line) < _LONG else _long_texts)(rest, last)
            if more is None:
                return None
            found += more
        rest = rest[last + 1 :]
        if pending or rest:
            self._pending = bytearray(rest)
        self._remaining = self._limit - len(rest)
        self._started = True
        return found

    def _any_events(self, chunk: bytes) -> list[ServerSentEvent]:
        if self._overflow:
            raise SSEOverflowError(self._limit)
        text = self._complete_lines(chunk)
        events = self._decode(text) if text else []
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
        lines = bytes(self._pending) + chunk[:end]
        self._start_line(chunk[end:])
        if not self._started:
            self._started = True
            lines = lines.removeprefix(_BOM)
        return lines

    def _start_line(self, piece: bytes) -> None:
        self._pending = bytearray(piece)
        self._remaining = self._limit - len(piece)

    def _decode(self, lines: bytes) -> list[ServerSentEvent]:
        """Decode whole lines; one-line `data: …` events without `_decode_lines`."""
        if _CR in lines:
            lines = lines.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        events: list[ServerSentEvent] = []
        *blocks, rest = lines.split(b"\n\n") if len(lines) <= self._limit else [lines]
        if blocks and self._block_bytes:
            self._decode_block(blocks.pop(0), events)
            if self._overflow:
                return events
        append, make, last_id = events.append, ServerSentEvent, self._id
        for block in blocks:
            if block.startswith(b"data: ") and _LF not in block:
                append(make("message", block[6:].decode("utf-8", "replace"), last_id))
            else:
                self._decode_block(block, events)
                last_id = self._id
        if rest:
            self._decode_lines(rest[:-1].split(b"\n"), events)
        return events

    def _decode_block(self, block: bytes, events: list[ServerSentEvent]) -> None:
        self._decode_lines(block.split(b"\n"), events)
        if not self._overflow:
            self._dispatch(events)

    def _decode_lines(self, lines: list[bytes], events: list[ServerSentEvent]) -> None:
        for line in lines:
            if not line:
                self._dispatch(events)
            elif self._block_bytes + len(line) > self._limit:
                self._overflow = True
            if self._overflow:
                return
            self._field(line)

    def _field(self, line: bytes) -> None:
        name, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if name == b"data":
            self._data.append(value)
        elif name == b"event":
            self._event = value.decode("utf-8", "replace")
        elif name == b"id" and b"\0" not in value:
            self._id = value.decode("utf-8", "replace")
        elif name == b"retry" and value.isdigit() and len(value) <= _MOST_DIGITS:
            self._retry = int(value)
        # Comments do not count: a long silence has any number of them.
        self._block_bytes += len(line) if name else 0

    def _dispatch(self, events: list[ServerSentEvent]) -> None:
        if self._data:
            data = b"\n".join(self._data).decode("utf-8", "replace")
            events.append(ServerSentEvent(self._event or "message", data, self._id, self._retry))
        self._data = []
        self._event = ""
        self._retry = None
        self._block_bytes = 0


def _plain_texts(lines: bytes, last: int) -> list[str] | None:
    """Return the data of events, if an empty line and one-line `data: …` events are all there is.

    Args:
        last: where the last line ends, which must be an empty one.
    """
    if not lines.startswith(b"\ndata: ") or lines[last - 1] != _LF:
        return None
    text = lines[7 : last - 1].decode("utf-8", "replace")
    found = text.split("\n\ndata: ")
    return found if text.count("\n") == 2 * len(found) - 2 else None


def _long_texts(lines: bytes, last: int) -> list[str] | None:
    """Do the same with searches, which for long events are faster than a split."""
    if lines[0] != _LF or lines[last - 1] != _LF:
        return None
    texts: list[str] = []
    start = 1
    while start <= last:
        end = lines.find(b"\n", start)
        if not lines.startswith(b"data: ", start) or lines[end + 1] != _LF:
            return None
        texts.append(lines[start + 6 : end].decode("utf-8", "replace"))
        start = end + 2
    return texts
