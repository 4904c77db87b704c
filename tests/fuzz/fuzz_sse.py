"""Any bytes in any chunks decode as the WHATWG rules say, read a byte at a time.

Run with libFuzzer's arguments: `python tests/fuzz/fuzz_sse.py -max_total_time=60`.
"""

from __future__ import annotations

import atheris
from harness import fuzz

with atheris.instrument_imports(include=["nemovideo"]):
    from nemovideo.sse import ServerSentEvent, SSEDecoder, SSEOverflowError

SEEDS = (
    b'\x03data: {"type": "text", "content": "Hello"}\n\ndata: {"type": "heartbeat"}\n\n',
    b"\x01event: x\r\nid: 7\r\nretry: 30\r\ndata: a\r\ndata: b\r\n\r\n: keep-alive\r\n\r\n",
    b"\x10\xef\xbb\xbfdata\rdata: \xe7\x86\x8a\r\rid\r\n\ndata:  \xff\n\n",
)


class Book:
    """Section 9.2.6 as a machine that reads one byte at a time."""

    def __init__(self) -> None:
        self.events: list[ServerSentEvent] = []
        self._line = bytearray()
        self._first = True
        self._after_cr = False
        self._data: list[str] = []
        self._kind, self._id = "", ""
        self._retry: int | None = None

    def read(self, byte: int) -> None:
        """Take one byte."""
        if byte == 10 and self._after_cr:
            self._after_cr = False
        elif byte in (10, 13):
            self._after_cr = byte == 13
            line, self._line = bytes(self._line), bytearray()
            if self._first:
                self._first, line = False, line.removeprefix(b"\xef\xbb\xbf")
            self._end_line(line)
        else:
            self._after_cr = False
            self._line.append(byte)

    def _end_line(self, line: bytes) -> None:
        if not line:
            self._end_event()
            return
        name, _, value = line.partition(b":")
        text = value.removeprefix(b" ").decode("utf-8", "replace")
        if name == b"data":
            self._data.append(text)
        elif name == b"event":
            self._kind = text
        elif name == b"id" and "\0" not in text:
            self._id = text
        elif name == b"retry" and text and all(letter in "0123456789" for letter in text):
            # A number of more digits than years have passed is left out by the decoder.
            self._retry = int(text) if len(text) <= 18 else self._retry

    def _end_event(self) -> None:
        if self._data:
            data = "\n".join(self._data)
            self.events.append(
                ServerSentEvent(self._kind or "message", data, self._id, self._retry)
            )
        self._data, self._kind, self._retry = [], "", None


def check(data: bytes) -> None:
    """The first byte says how long the chunks are, the rest is the stream."""
    size, stream = (data[0] % 64) + 1 if data else 1, data[1:]
    book = Book()
    for byte in stream:
        book.read(byte)
    decoder = SSEDecoder()
    chunks = [stream[start : start + size] for start in range(0, len(stream), size)]
    decoded = [event for chunk in chunks for event in decoder.feed(chunk)]
    assert decoded == book.events, (decoded, book.events)
    assert SSEDecoder().feed(stream) == book.events
    decoder = SSEDecoder()
    data = [each for chunk in chunks for each in decoder.feed_data(chunk)]
    assert data == [event.data for event in book.events]
    _check_limit(stream, size)


def _check_limit(stream: bytes, size: int) -> None:
    """A small limit changes nothing but where it ends, and holds little more than the limit."""
    limit = 32
    decoder = SSEDecoder(max_event_bytes=limit)
    try:
        for start in range(0, len(stream), size):
            for event in decoder.feed(stream[start : start + size]):
                assert len(event.data.encode()) <= 3 * limit  # a bad byte becomes three
    except SSEOverflowError:
        return


if __name__ == "__main__":
    fuzz(check, SEEDS)
