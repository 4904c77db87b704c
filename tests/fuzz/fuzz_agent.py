"""Any payload folds into events or one of our errors; an answer is told once in every shape.

Run with libFuzzer's arguments: `python tests/fuzz/fuzz_agent.py -max_total_time=60`.
"""

from __future__ import annotations

import json
from itertools import pairwise

import atheris
from harness import fuzz

with atheris.instrument_imports(include=["nemovideo"]):
    from nemovideo import events
    from nemovideo.errors import APIError
    from nemovideo.models.draft import Draft
    from nemovideo.protocol.agent import AgentFold
    from nemovideo.protocol.trouble import Trouble

PAYLOADS = (
    {"type": "text", "content": "Hello"},
    {"type": "tool_call", "name": "cut", "args": {"ms": 5}},
    {"content": {"role": "model", "parts": [{"text": "Hel"}]}, "partial": True},
    {"content": {"parts": [{"text": "a", "thought": True}, {"functionCall": {"name": "x"}}]}},
    {"actions": {"stateDelta": {"draft": {"t": [{"tt": 0, "sg": [{"d": 5, "m": {}}]}]}}}},
    {"error": "RuntimeError: boom", "error_details": {}},
    {"errorCode": 2001, "errorMessage": "no credits"},
)
APOLOGIES = (
    "Done. I encountered a temporary issue. Please try again.",
    "抱歉，我遇到了一个临时问题。",
)
SEEDS = (
    b"\0" + "\n".join(map(json.dumps, PAYLOADS)).encode(),
    *(b"\1" + text.encode() for text in APOLOGIES),
)


def check(data: bytes) -> None:
    """The first byte chooses what is checked."""
    if data[:1] and data[0] % 2:
        check_shapes(atheris.FuzzedDataProvider(data[1:]), data[1:].decode("utf-8", "ignore"))
    else:
        check_anything(data[1:].decode("utf-8", "ignore").split("\n"))


def check_anything(lines: list[str]) -> None:
    """Whatever comes, `text` is what the `Text` events say, and drafts can be read."""
    fold = AgentFold(Draft({"t": []}))
    told: list[events.Event] = []
    try:
        for line in lines:
            told += fold.feed(line)
        told += fold.finish()
    except APIError as error:
        str(error)
        return
    assert "".join(each.text for each in told if isinstance(each, events.Text)) == fold.text
    for each in told:
        repr(each)
        if isinstance(each, events.StateChanged):
            assert all(str(change) for change in each.changes)


def check_shapes(chance: atheris.FuzzedDataProvider, answer: str) -> None:
    """One answer, cut anywhere, reads the same in the typed shape, in ADK's and in both mixed."""
    cuts = sorted({chance.ConsumeIntInRange(0, len(answer)) for _ in range(4)} | {0, len(answer)})
    chunks = [answer[a:b] for a, b in pairwise(cuts)]
    expected = _without_apology(answer)
    typed = [{"type": "text", "content": chunk} for chunk in chunks]
    partial = [_adk(chunk, partial=True) for chunk in chunks]
    half = len(chunks) // 2
    for name, payloads in (
        ("typed", typed),
        ("adk", [*partial, _adk(answer)]),
        ("final only", [_adk(answer)]),
        ("final twice", [*partial, _adk(answer, id="1"), _adk(answer, id="1")]),
        ("mixed", [*typed[:half], *partial[half:], _adk(answer)]),
    ):
        assert _read(payloads) == expected, (name, chunks, _read(payloads), expected)
        assert _read_together(payloads) == expected, (name, chunks, expected)


def _without_apology(answer: str) -> str:
    trouble = Trouble()
    return trouble.feed(answer) + trouble.finish()


def _adk(text: str, **fields: object) -> dict[str, object]:
    return {"content": {"parts": [{"text": text}]}, **fields}


def _read(payloads: list[dict[str, object]]) -> str:
    fold = AgentFold()
    for payload in payloads:
        fold.feed(json.dumps(payload))
    fold.finish()
    return fold.text


def _read_together(payloads: list[dict[str, object]]) -> str:
    fold = AgentFold()
    fold.feed(*map(json.dumps, payloads))
    fold.finish()
    return fold.text


if __name__ == "__main__":
    fuzz(check, SEEDS)
