"""What the fixture server streams: the same words in each contender's own shape, 200 bytes each."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache

EVENT_BYTES = 200

_WORDS = (
    "The panda walks on through the bamboo, and the camera follows slowly while the light between"
    " the stems turns golden. A new clip was added, its colours are warm and the cut is soft, so "
)


def _typed(text: str) -> bytes:
    return _data({"type": "text", "content": text})


def _openai(text: str) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": None}
    kind = "chat.completion.chunk"
    return _data({"id": "c", "object": kind, "created": 1, "model": "m", "choices": [choice]})


def _anthropic(text: str) -> bytes:
    delta = {"type": "text_delta", "text": text}
    payload = {"type": "content_block_delta", "index": 0, "delta": delta}
    return b"event: content_block_delta\n" + _data(payload)


def _data(payload: object) -> bytes:
    return b"data: " + json.dumps(payload, separators=(",", ":")).encode() + b"\n\n"


def _stream(build: Callable[[str], bytes], end: bytes) -> Callable[[int], list[bytes]]:
    room = EVENT_BYTES - len(build(""))

    @lru_cache(maxsize=4)
    def events(count: int) -> list[bytes]:
        made: list[bytes] = []
        for number in range(count):
            start = number * 7 % len(_WORDS)
            made.append(build((_WORDS[start:] + _WORDS)[:room]))
        return [*made, end] if end else made

    return events


SHAPES: dict[str, Callable[[int], list[bytes]]] = {
    "/run_sse": _stream(_typed, b""),
    "/chat/completions": _stream(_openai, b"data: [DONE]\n\n"),
    "/messages": _stream(_anthropic, b'event: message_stop\ndata: {"type":"message_stop"}\n\n'),
}
"""By the end of the path that each contender's client asks for."""


def plain_events(count: int, size: int = EVENT_BYTES) -> bytes:
    """Return so many events of `size` bytes each in one piece."""
    if size == EVENT_BYTES:
        return b"".join(SHAPES["/run_sse"](count))
    return (b"data: " + b"x" * (size - 8) + b"\n\n") * count
