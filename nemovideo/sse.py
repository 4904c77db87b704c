"""Server-sent events: bytes in, events out, by the WHATWG event-stream rules. No I/O.

Only a `data` field makes an event; an event that the stream's end cuts off is not one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

from nemovideo.errors import NemoVideoError

DEFAULT_MAX_EVENT_BYTES = 64 * 2**20

if TYPE_CHECKING:
    from collections.abc import Callable

_BOM = b"\xef\xbb\xbf"
_LF, _CR = b"\n\r"  # as numbers, which `in` finds in a sixth of the time that bytes take it
_LONG = 500  # bytes of an event
_MOST_DIGITS = 18  # of a `retry`: thirty million years; Python refuses to read much longer numbers


class ServerSentEvent(NamedTuple):
    """One event of a stream."""

    event: str = "message"
    """Its type; "message" where the stream names none."""
    data: str = ""
    """Its `data` lines, joined with line feeds."""
    id: str = ""
    """The last event id that the stream named, in this event or an earlier one."""
    retry: int | None = None
    """The reconnection time in milliseconds, where this event named one."""


_new = cast(
    "Callable[[type[ServerSentEvent], tuple[str, str, str, int | None]], ServerSentEvent]",
    tuple.__new__,  # pyright: ignore[reportUnknownMemberType]  # typed by the cast
)
"""What the class itself calls in the end, at a third of the cost: there is one for every event."""


class SSEOverflowError(NemoVideoError):
    """One event of the stream is larger than the decoder was told to hold."""

    def __init__(self, limit_bytes: int) -> None:
        super().__init__(
            f"The stream sent one event of more than {limit_bytes} bytes.",
            hint="Raise max_event_bytes if such events are expected.",
        )
        self.limit_bytes = limit_bytes


class SSEDecoder:
    """Decodes a stream that comes in chunks of any size.

    Args:
        max_event_bytes: the most that one event may hold, in bytes; 64 MiB by default.

    Example:
        ```python
        decoder = SSEDecoder()
        decoder.feed(b"data: hel")  # []
        decoder.feed(b"lo\\n\\n")  # [ServerSentEvent(event="message", data="hello", …)]
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
        "_retry",
        "_room",
        "_started",
    )

    def __init__(self, max_event_bytes: int = DEFAULT_MAX_EVENT_BYTES) -> None:
        self._limit = max_event_bytes
        self._pending = bytearray()  # the unfinished line
        self._room = max_event_bytes  # for more of it; below zero where not even a plain line goes
        self._started = False
        self._after_cr = False
        self._overflow = False
        self._id = ""
        self._data: list[bytes] = []
        self._event = ""
        self._retry: int | None = None
        self._block_bytes = 0

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Take the next bytes and return the events that they complete.

        Raises:
            SSEOverflowError: an event is over `max_event_bytes`. Events before it are returned
                first; from then on every call raises.
        """
        room = self._room - len(chunk)
        if room >= 0 and _CR not in chunk:
            if _LF not in chunk:
                self._pending += chunk
                self._room = room
                return []
            plain = self._plain_data(chunk)
            if plain is not None:
                last_id = self._id
                if len(plain) == 1:  # a stream of small chunks: without what a comprehension costs
                    return [_new(ServerSentEvent, ("message", plain[0], last_id, None))]
                return [_new(ServerSentEvent, ("message", data, last_id, None)) for data in plain]
        return self._any_events(chunk)

    def feed_data(self, chunk: bytes) -> list[str]:
        """Do as `feed`, and return no more of each event than its data.

        Where types and ids mean nothing that is a third faster.
        """
        if _LF in chunk and _CR not in chunk and len(chunk) <= self._room:
            plain = self._plain_data(chunk)
            return [each.data for each in self._any_events(chunk)] if plain is None else plain
        return [each.data for each in self.feed(chunk)]

    def _plain_data(self, chunk: bytes) -> list[str] | None:
        """Take the chunk the short way where it is nothing but whole `data: …` events and a rest.

        That costs a third of reading it line by line. Return None, with nothing taken, where it is
        anything else.
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
        self._room = self._limit - len(rest)
        self._started = True
        return found

    def _any_events(self, chunk: bytes) -> list[ServerSentEvent]:
        if self._overflow:
            raise SSEOverflowError(self._limit)
        text = self._complete_lines(chunk)
        events = self._decode(text) if text else []
        room = self._limit - self._block_bytes - len(self._pending)
        if room < 0:
            self._overflow = True
        self._room = -1 if self._overflow or self._after_cr else room
        if self._overflow and not events:
            raise SSEOverflowError(self._limit)
        return events

    def _complete_lines(self, chunk: bytes) -> bytes:
        """Return everything up to the last line end so far, and keep what follows it."""
        if self._after_cr and chunk:
            self._after_cr = False
            if chunk.startswith(b"\n"):  # the second half of a CRLF that two chunks share
                chunk = chunk[1:]
        end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r")) + 1
        if not end:
            self._pending += chunk
            return b""
        self._after_cr = chunk.endswith(b"\r")
        lines = bytes(self._pending) + chunk[:end]
        self._begin_line(chunk[end:])
        if not self._started:
            self._started = True
            lines = lines.removeprefix(_BOM)
        return lines

    def _begin_line(self, piece: bytes) -> None:
        self._pending = bytearray(piece)
        self._room = self._limit - len(piece)

    def _decode(self, lines: bytes) -> list[ServerSentEvent]:
        """Decode whole lines; a run of plain `data: …` events takes the short way."""
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
        # Comments do not count: they come and go for as long as the stream lives.
        self._block_bytes += len(line) if name else 0

    def _dispatch(self, events: list[ServerSentEvent]) -> None:
        if self._data:
            data = b"\n".join(self._data).decode("utf-8", "replace")
            events.append(ServerSentEvent(self._event or "message", data, self._id, self._retry))
        self._begin_block()

    def _begin_block(self) -> None:
        self._data = []
        self._event = ""
        self._retry = None
        self._block_bytes = 0


def _plain_texts(lines: bytes, last: int) -> list[str] | None:
    """Return what the events say that an empty line and nothing but whole `data: …` events hold.

    Args:
        last: where the last line ends, which must be an empty one.
    """
    if not lines.startswith(b"\ndata: ") or lines[last - 1] != _LF:
        return None
    text = lines[7 : last - 1].decode("utf-8", "replace")
    found = text.split("\n\ndata: ")
    return found if text.count("\n") == 2 * len(found) - 2 else None


def _long_texts(lines: bytes, last: int) -> list[str] | None:
    """Do the same one by one.

    A split looks at every byte, at a third of a nanosecond each; a search passes over most of
    them, but costs as much as some hundred bytes for each event.
    """
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
