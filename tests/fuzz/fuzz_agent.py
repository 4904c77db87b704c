"""Any payload folds into events or one of our errors; an answer is told once in every shape.

So it is with several agents side by side, and whatever comes can be written in UTF-8.

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
    from nemovideo.language.apology_filter import ApologyFilter
    from nemovideo.protocol.agent import AgentEventDecoder
    from nemovideo.timeline.draft import Draft

PAYLOADS = (
    {"type": "text", "content": "Hello"},
    {"type": "tool_call", "name": "cut", "args": {"ms": 5}},
    {"content": {"role": "model", "parts": [{"text": "Hel"}]}, "partial": True},
    {"content": {"parts": [{"text": "a", "thought": True}, {"functionCall": {"name": "x"}}]}},
    {"actions": {"stateDelta": {"draft": {"t": [{"tt": 0, "sg": [{"d": 5, "m": {}}]}]}}}},
    {"error": "RuntimeError: boom", "error_details": {}},
    {"errorCode": 2001, "errorMessage": "no credits"},
    {"author": "a", "errorCode": "STOP", "turnComplete": True},
    {"author": "a", "branch": "b", "content": {"parts": [{"text": "\ud83e"}]}, "partial": True},
    {"content": {"parts": [{"functionCall": {"name": "x", "willContinue": True}}]}},
    {"type": "ask_question", "questions": [{"prompt": "Which?", "options": ["a"]}]},
    {"data": {"text": "Hello"}},
)
APOLOGIES = (
    "Done. I encountered a temporary issue. Please try again.",
    "抱歉，我遇到了一个临时问题。",
)
SEEDS = (
    b"\0" + "\n".join(map(json.dumps, PAYLOADS)).encode(),
    *(kind + text.encode() for kind in (b"\1", b"\2") for text in APOLOGIES),
)


def check(data: bytes) -> None:
    """The first byte chooses what is checked."""
    chosen = data[0] % 3 if data else 0
    if chosen:
        check_one = check_shapes if chosen == 1 else check_agents
        check_one(atheris.FuzzedDataProvider(data[1:]), data[1:].decode("utf-8", "ignore"))
    else:
        check_anything(data[1:].decode("utf-8", "ignore").split("\n"))


def check_anything(lines: list[str]) -> None:
    """Whatever comes, `text` is what the `Text` events say, and drafts can be read."""
    fold = AgentEventDecoder(Draft({"t": []}))
    decoded: list[events.Event] = []
    try:
        for line in lines:
            decoded += fold.feed(line)
        decoded += fold.finish()
    except APIError as error:
        str(error)
        return
    assert "".join(each.text for each in decoded if isinstance(each, events.Text)) == fold.text
    fold.text.encode()
    str(fold.question), fold.is_cut, fold.is_complete
    for each in decoded:
        repr(each).encode()
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


def check_agents(chance: atheris.FuzzedDataProvider, answer: str) -> None:
    """Agents that answer side by side each say their text in one piece, halves of characters too.

    It begins and ends with what is in no other text, so that it cannot be found by accident.
    """
    texts = [f"<{n}{''.join(c for c in answer if c not in '<>')}>" for n in range(2)]
    queues = []
    for author, text in zip("ab", texts, strict=True):
        cuts = sorted({chance.ConsumeIntInRange(0, len(text)) for _ in range(3)} | {0, len(text)})
        chunks = [text[a:b] for a, b in pairwise(cuts)]
        queues.append(
            [
                *(_adk(chunk, author=author, partial=True) for chunk in chunks),
                _adk(text, author=author),
            ]
        )
    payloads = []
    while any(queues):
        queue = queues[chance.ConsumeIntInRange(0, 1)] or queues[0] or queues[1]
        payloads.append(queue.pop(0))
    said, together = _read(payloads), AgentEventDecoder()
    together.feed("\n".join(map(json.dumps, payloads)))
    together.finish()
    orders = (texts[0] + texts[1], texts[1] + texts[0])
    assert said in map(_without_apology, orders), (said, payloads)
    assert together.text == said
    assert not together.is_cut


def _without_apology(answer: str) -> str:
    trouble = ApologyFilter()
    return trouble.feed(answer) + trouble.finish()


def _adk(text: str, **fields: object) -> dict[str, object]:
    return {"content": {"parts": [{"text": text}]}, **fields}


def _read(payloads: list[dict[str, object]]) -> str:
    fold = AgentEventDecoder()
    for payload in payloads:
        fold.feed(json.dumps(payload))
    fold.finish()
    return fold.text


def _read_together(payloads: list[dict[str, object]]) -> str:
    fold = AgentEventDecoder()
    fold.feed(*map(json.dumps, payloads))
    fold.finish()
    return fold.text


if __name__ == "__main__":
    fuzz(check, SEEDS)
