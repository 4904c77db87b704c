"""What the fixture server streams: the same words in each contender's own shape.

Events of 200 bytes, or as real agent servers send them: ADK JSON of 190 bytes, a few words each.
"""

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
    space = EVENT_BYTES - len(build(""))

    def events(count: int) -> list[bytes]:
        made: list[bytes] = []
        for number in range(count):
            start = number * 7 % len(_WORDS)
            made.append(build((_WORDS[start:] + _WORDS)[:space]))
        return [*made, end] if end else made

    return events


def _adk(number: int, text: str, **fields: object) -> bytes:
    return _data(
        {
            "content": {"role": "model", "parts": [{"text": text}]},
            **fields,
            "author": "nemo_agent",
            "invocationId": "e-8b1c6f0a",
            "id": f"{number:08x}",
            "timestamp": 1753400000.125 + number,
        }
    )


def _chunk(number: int) -> tuple[str, bytes]:
    start = number * 7 % len(_WORDS)
    text = (_WORDS[start:] + _WORDS)[:24]
    return text, _adk(number, text, partial=True)


def _chunks(count: int) -> list[bytes]:
    return [*(_chunk(number)[1] for number in range(count)), _COMPLETE]


def _with_each(each: bytes) -> Callable[[int], list[bytes]]:
    """Return parts of a text with a sign of life behind each."""
    return lambda count: [event + each for event in _chunks(count)]


_COMPLETE = _data({"author": "nemo_agent", "turnComplete": True})


def _answer(count: int) -> list[bytes]:
    """Return all that a real answer has: parts, the whole, tool calls, heartbeats of each kind."""
    call = {"functionCall": {"id": "c", "name": "cut", "args": {"start": 1, "end": 2.5}}}
    result = {"functionResponse": {"id": "c", "name": "cut", "response": {"ok": True}}}
    made: list[bytes] = []
    for number in range(count):
        made.append(_chunk(number)[1])
        if number % 25 == 24:
            text = "".join(_chunk(each)[0] for each in range(number - 24, number + 1))
            tools = [
                _data({"content": {"role": role, "parts": [part]}, "author": "nemo_agent"})
                for role, part in (("model", call), ("user", result))
            ]
            signs = [b": keep-alive\n\n", b"data:\n\n", b'data: {"type":"heartbeat"}\n\n']
            made += [_adk(number, text), *tools, *signs]
    return [*made, _COMPLETE]


PAYLOADS: dict[str, Callable[[int], list[bytes]]] = {
    "typed": _stream(_typed, b""),
    "adk": _chunks,
    "comments": _with_each(b": keep-alive\n\n"),
    "empty": _with_each(b"data:\n\n"),
    "heartbeats": _with_each(_data({"type": "heartbeat"})),
    "answer": _answer,
}
"""What the agent of the service may say, by its name in the path."""

PEERS: dict[str, Callable[[int], list[bytes]]] = {
    "/chat/completions": _stream(_openai, b"data: [DONE]\n\n"),
    "/messages": _stream(_anthropic, b'event: message_stop\ndata: {"type":"message_stop"}\n\n'),
}
"""The same in other services' shapes, by the end of the path that their clients ask for."""


@lru_cache(maxsize=8)
def stream(path: str, payload: str, count: int) -> list[bytes]:
    """Return the events for who asks for a path."""
    found = (build for ending, build in PEERS.items() if path.endswith(ending))
    return next(found, PAYLOADS[payload])(count)


def letters_of(payload: str, count: int) -> int:
    """Return how long the text of so many events is."""
    if payload != "typed":
        return sum(len(_chunk(number)[0]) for number in range(count))
    return sum(len(json.loads(event[6:])["content"]) for event in PAYLOADS["typed"](count))


def plain_events(count: int, size: int = EVENT_BYTES) -> bytes:
    """Return so many events of `size` bytes each in one piece."""
    if size == EVENT_BYTES:
        return b"".join(PAYLOADS["typed"](count))
    return (b"data: " + b"x" * (size - 8) + b"\n\n") * count
