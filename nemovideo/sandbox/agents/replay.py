"""`ReplayAgent`: answers with what was recorded."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast

from nemovideo.sandbox.agents.interface import (
    AgentError,
    AgentSession,
    Message,
    ScriptedTurn,
    TurnKind,
    kind_of_change,
)
from nemovideo.sandbox.agents.steps import CallTool, EditDraft, Fail, Say, Step, Think, Wait
from nemovideo.sandbox.draft import (
    Json,
    as_fraction,
    as_object,
    as_objects,
    as_text,
    clone,
    has_picture,
)
from nemovideo.sandbox.quoting import shortened

_SHORTEST_WAIT: Final = 0.5
"""Shorter gaps between two steps are added to the next one, in seconds."""

_MASKED: Final = re.compile(r"<(?:token|client id|e-mail|secret)>|\?…")
"""What a recorder writes in the place of what is private."""

_GOOD_ENDS: Final = frozenset({"", "STOP", "MAX_TOKENS"})
_SHOWN: Final = 3
"""How many recorded messages an error names."""


@dataclass
class _Turn:
    """A recorded message and what came of it."""

    session_id: str
    text: str
    place: int
    """How many messages the session had before."""
    events: list[tuple[float, Json]] = field(default_factory=list[tuple[float, Json]])
    refused: str = ""
    seconds: float = 0
    draft: Json | None = None
    """The last draft that was read before the next message of the session."""


class ReplayAgent:
    """An agent that answers with what `nemovideo.testing.Recorder` recorded.

    A message gets the answer that the same text got at the same place of its session, else at
    another place: text, thoughts, tool calls, the draft and the pauses (see `speed` of `Sandbox`).
    A text that was recorded several times gets its answers in turn. What is charged follows from
    the draft, as for every agent of the sandbox.

    Args:
        path: The recording.

    Raises:
        OSError: There is no such file.
        ValueError: It is not a recording, or has no message that was answered.

    Example:
        ```python
        with Sandbox(agent=ReplayAgent("session.jsonl")) as sandbox:
            ...
        ```
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._turns = [turn for turn in _Reader(self._path).turns if not turn.refused]
        self._used: dict[int, int] = {}
        if not self._turns:
            raise ValueError(f"{self._path} has no message that was answered")
        self._plain: dict[str, list[int]] = {}
        """The numbers of turns by their text, without regard to spaces."""
        self._masked: list[tuple[int, re.Pattern[str]]] = []
        """Those of whose text the recording does not show everything, and what it may be."""
        for n, turn in enumerate(self._turns):
            words = " ".join(turn.text.split())
            pieces = _MASKED.split(words)
            if len(pieces) == 1:
                self._plain.setdefault(words, []).append(n)
            else:
                pattern = ".+".join(map(re.escape, pieces))
                self._masked.append((n, re.compile(pattern, re.DOTALL)))

    def respond(self, message: Message, session: AgentSession) -> ScriptedTurn:
        """Return the recorded turn for a message of a session.

        Raises:
            AgentError: No message of this text was recorded.
        """
        turn = self._choose(message.text, session.turn)
        before = session.draft.raw
        steps, drafts = _Steps(turn).build(before)
        after = drafts[-1] if drafts else None
        kind = kind_of_change(before, after)
        if kind is TurnKind.EDIT and not session.uploads and not has_picture(before):
            # A service may mark generated clips in its own way; this one is no upload.
            kind = TurnKind.GENERATE
        return ScriptedTurn(kind, steps, after)

    def _choose(self, text: str, place: int) -> _Turn:
        words = " ".join(text.split())
        masked = [n for n, pattern in self._masked if pattern.fullmatch(words)]
        same = sorted([*self._plain.get(words, []), *masked])
        if not same:
            known = [turn.text for turn in self._turns]
            more = f" and {len(known) - _SHOWN} more" if len(known) > _SHOWN else ""
            listed = ", ".join(f'"{shortened(each)}"' for each in known[:_SHOWN])
            raise AgentError(
                f'"{shortened(text)}" is not in the recording {self._path.name}, which has'
                f" {listed}{more}. Send one of these, or record anew."
            )
        here = [n for n in same if self._turns[n].place == place] or same
        chosen = min(here, key=lambda n: self._used.get(n, 0))
        self._used[chosen] = self._used.get(chosen, 0) + 1
        return self._turns[chosen]


class _Reader:
    """Reads a recording, line by line."""

    def __init__(self, path: Path) -> None:
        self.turns: list[_Turn] = []
        self._open: dict[object, _Turn] = {}
        self._last: dict[str, _Turn] = {}
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            if not line.strip():
                continue
            try:
                value: object = json.loads(line)
            except (ValueError, RecursionError):
                value = None
            if not isinstance(value, dict):
                raise ValueError(f"{path}, line {number}, is not a line of a recording")
            self._read(cast("Json", value))

    def _read(self, line: Json) -> None:
        request = as_text(line.get("request"))
        if "recording" in line:
            self._open.clear()  # exchanges are counted anew from here
        elif request.partition(" ")[2].partition("?")[0].endswith("/run_sse"):
            self._begin(line)
        elif request.startswith("GET ") and "/api/state/" in request:
            self._read_state(line)
        elif not request and (turn := self._open.get(line.get("exchange"))) is not None:
            turn.seconds = max(turn.seconds, as_fraction(line.get("seconds"), 0))
            if (event := as_object(line.get("event"))) != {}:
                turn.events.append((turn.seconds, event))
            elif "response" in line:
                turn.refused = "a response that is no stream"

    def _begin(self, line: Json) -> None:
        body = as_object(line.get("body"))
        parts = as_objects(as_object(body.get("new_message")).get("parts"))
        session_id = as_text(body.get("session_id"))
        text = "".join(as_text(part.get("text")) for part in parts)
        before = self._last.get(session_id)
        place = 0 if before is None else before.place + (not before.refused)
        turn = _Turn(session_id, text, place)
        if "status" not in line or "response" in line:
            turn.refused = "no response"
        self._open[line.get("exchange")] = self._last[session_id] = turn
        self.turns.append(turn)

    def _read_state(self, line: Json) -> None:
        response = as_object(line.get("response"))
        data = as_object(response.get("data")) or response
        draft = as_object(as_object(data.get("state")).get("draft"))
        session_id = as_text(line.get("request")).partition("?")[0].split("/")[-2]
        if draft and (turn := self._last.get(session_id)) is not None:
            turn.draft = draft


class _Steps:
    """Builds the steps of a turn from its events."""

    def __init__(self, turn: _Turn) -> None:
        self._turn = turn
        self._steps: list[Step] = []
        self._drafts: list[Json] = []
        self._text = ""
        self._text_at = 0.0
        self._partial = False
        self._calls: dict[str, tuple[str, Json]] = {}
        self._at = 0.0

    def build(self, before: Json) -> tuple[tuple[Step, ...], list[Json]]:
        for seconds, event in self._turn.events:
            self._add(seconds, event)
        self._say()
        for name, args in self._calls.values():
            self._step(self._turn.seconds, CallTool(name, args))
        last = self._turn.draft
        if last is not None and last != (self._drafts[-1] if self._drafts else before):
            fails = [step for step in self._steps if isinstance(step, Fail)]
            self._steps = [step for step in self._steps if not isinstance(step, Fail)]
            self._edit(self._turn.seconds, last)
            self._steps.extend(fails)
        elif self._turn.seconds - self._at >= _SHORTEST_WAIT:
            self._step(self._turn.seconds)
        return tuple(self._steps), self._drafts

    def _add(self, seconds: float, event: Json) -> None:
        for part in _parts(event):
            self._part(seconds, part, partial=event.get("partial") is True)
        delta = as_object(as_object(event.get("actions")).get("stateDelta"))
        if draft := as_object(delta.get("draft")):
            self._edit(seconds, draft)
        code = event.get("errorCode") or event.get("error_code") or ""
        failure = as_text(event.get("error")) or as_text(event.get("errorMessage"))
        if failure or (code and str(code) not in _GOOD_ENDS):
            self._say()
            self._step(seconds, Fail(failure or str(code)))

    def _part(self, seconds: float, part: Json, *, partial: bool) -> None:
        call = as_object(part.get("functionCall"))
        answer = as_object(part.get("functionResponse"))
        text = as_text(part.get("text"))
        if call and not partial:
            self._say()
            name = as_text(call.get("name")) or "tool"
            self._calls[as_text(call.get("id")) or name] = (name, as_object(call.get("args")))
        elif answer:
            self._say()
            name = as_text(answer.get("name")) or "tool"
            known = self._calls.pop(as_text(answer.get("id")) or name, (name, {}))
            self._step(seconds, CallTool(*known, as_object(answer.get("response"))))
        elif part.get("thought") is True and text.strip():
            self._step(seconds, Think(text))
        elif text:
            self._add_text(seconds, text, partial=partial)

    def _add_text(self, seconds: float, text: str, *, partial: bool) -> None:
        if self._partial and not partial:
            self._text = text  # the whole of it once more
            self._say()
            return
        self._text_at = self._text_at if self._text else seconds
        self._text += text
        self._partial = partial

    def _say(self) -> None:
        text, self._text, self._partial = self._text.strip("\n"), "", False
        if text.strip():
            self._step(self._text_at, Say(text))

    def _edit(self, seconds: float, draft: Json) -> None:
        self._say()
        self._drafts.append(clone(draft))
        self._step(seconds, EditDraft(clone(draft)))

    def _step(self, seconds: float, *steps: Step) -> None:
        gap = round(seconds - self._at, 3)
        if gap >= _SHORTEST_WAIT:
            self._steps.append(Wait(gap))
            self._at = seconds
        self._steps.extend(steps)


def _parts(event: Json) -> Iterator[Json]:
    """Yield the parts of an event in either shape, as those of the agent server."""
    kind, name = event.get("type"), as_text(event.get("name"))
    if kind == "tool_call":
        yield {"functionCall": {"name": name, "args": as_object(event.get("args"))}}
    elif kind == "tool_result":
        yield {"functionResponse": {"name": name, "response": as_object(event.get("result"))}}
    elif kind == "text" or (kind is None and "content" not in event):
        data = as_object(event.get("data"))
        yield {"text": as_text(event.get("content")) or as_text(data.get("text"))}
    else:
        yield from as_objects(as_object(event.get("content")).get("parts"))
