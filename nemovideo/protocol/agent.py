"""The agent's stream, both payload shapes and mixtures, folded into events (wire-contract 5).

The typed shape says each thing once. The ADK shape says text in partial chunks and then repeats
the whole of it; only what has not been said yet becomes a `Text`. Thoughts become nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from json.scanner import make_scanner
from typing import cast

from nemovideo import events
from nemovideo.errors import CODES, AgentError, APIError, BadRequestError, NotFoundError
from nemovideo.models.draft import Draft
from nemovideo.protocol.envelope import MESSAGES, build_error, read_code, read_words
from nemovideo.protocol.trouble import Trouble

_Json = Mapping[str, object]
_build_scan = cast(
    "Callable[[json.JSONDecoder], Callable[[str, int], tuple[object, int]]]", make_scanner
)
_scan = _build_scan(json.JSONDecoder())
"""What `loads` and `raw_decode` call in the end, without what these add: a fifth and more."""

# What an account lacks is said by its code, inside a stream too. Whatever else goes wrong there
# went wrong for the agent.
_TOLD_BY_CODE = {code for code, cls in CODES.items() if cls not in (BadRequestError, NotFoundError)}


class AgentFold:
    """Folds the payloads of one turn.

    Args:
        draft: the session's draft before the turn, where it is known; changes are told against it.

    Example:
        ```python
        fold = AgentFold()
        fold.feed('{"type": "text", "content": "Hello"}')  # [Text(text="Hello")]
        fold.text  # "Hello"
        ```
    """

    def __init__(self, draft: Draft | None = None) -> None:
        self.draft = draft
        """The newest draft that is known."""
        self.last_words: list[events.Event] = []
        """What was told along with an error: by what came before it, with it, or was held back."""
        self._said: list[str] = []
        self._partial: list[str] = []  # ADK text in chunks that has not been repeated yet
        # Where the text since the last complete ADK event begins, in either shape: after so many
        # pieces, and so many characters that were held back then. It is not kept a second time.
        self._loose_from = (0, 0)
        self._last_whole: tuple[object, str] | None = None
        self._trouble = Trouble()
        self._failure: APIError | None = None
        self._calls_seen: set[tuple[str, str]] = set()

    @property
    def text(self) -> str:
        """What the agent has said so far, once."""
        return "".join(self._said)

    @property
    def has_failed(self) -> bool:
        """Whether the agent has reported an error, which ended the turn."""
        return self._failure is not None

    def feed(self, *data: str) -> list[events.Event]:
        """Take the data of server-sent events that came together and return what they tell.

        Raises:
            APIError: the agent reports an error; `AgentError` unless the service names its code.
        """
        told = self._read_all(data)
        if self._failure is not None:
            self.last_words = told
            # A traceback with local variables would print the payloads.
            del data, told
            raise self._failure
        return told

    def finish(self) -> list[events.Event]:
        """Tell what was held back, the stream having come to its end.

        That is the beginning of what might have been an "I encountered a temporary issue": behind
        a normal answer the service means nothing by it (wire-contract section 5).
        """
        shown = self._trouble.finish()
        return self._show([shown]) if shown else []

    def _read_all(self, data: Iterable[str]) -> list[events.Event]:
        told: list[events.Event] = []
        run: list[str] = []  # An answer is mostly text: what comes together is looked at together.
        for each in data:
            payload = _load(each)
            if payload is not None and payload.get("type") == "text":
                words = payload.get("content")
                if isinstance(words, str):
                    if words:
                        run.append(words)
                    continue
            if run:
                told += self._say(run)
                run = []
            if payload is not None:
                told += self._read(payload)
            else:
                told.append(events.Unknown(each) if each.strip() else events.Heartbeat())
            if self._failure is not None:
                break
        return told + self._say(run) if run else told

    def _read(self, payload: _Json) -> list[events.Event]:
        kind = payload.get("type")
        if kind == "tool_call":
            return [events.ToolCall(_word(payload.get("name")), _mapping(payload.get("args")))]
        if kind == "tool_result":
            return [events.ToolResult(_word(payload.get("name")), payload.get("result"))]
        if kind == "heartbeat":
            return [events.Heartbeat()]
        if _is_error(payload):
            last_words = self._read_adk(payload) + self.finish()
            self._failure = self._build_failure(payload)
            return last_words
        if kind is None and ("content" in payload or "actions" in payload):
            return self._read_adk(payload)
        return [events.Unknown(payload)]

    def _read_adk(self, payload: _Json) -> list[events.Event]:
        content = _mapping(payload.get("content"))
        parts = [_mapping(part) for part in _list(content.get("parts"))]
        text = "".join(str(part["text"]) for part in parts if _is_spoken(part))
        told: list[events.Event] = []
        if payload.get("partial") is True:
            self._partial.append(text)
            told += self._say([text])
        elif text:
            told += self._say([self._unsaid(payload, text)])
            self._partial = []
            self._loose_from = (len(self._said), len(self._trouble.held))
        for part in parts:
            told += self._read_part(part)
        return told + self._read_delta(_mapping(payload.get("actions")))

    def _unsaid(self, payload: _Json, whole: str) -> str:
        """Return the part of a complete ADK text that has not been told in chunks before."""
        identity = (payload.get("id"), whole)
        loose, partial = self._find_loose(), "".join(self._partial)
        repeated = identity == self._last_whole and not loose
        self._last_whole = identity
        if repeated:
            return ""
        for told in (loose, partial):
            if told and whole.startswith(told):
                return whole[len(told) :]
            if told and told.strip() == whole.strip():
                return ""
        if partial and (loose.endswith(whole) or partial.startswith(whole)):
            return ""
        return whole

    def _find_loose(self) -> str:
        piece, character = self._loose_from
        return ("".join(self._said[piece:]) + self._trouble.held)[character:]

    def _say(self, words: list[str]) -> list[events.Event]:
        return self._show(self._trouble.feed_run(words))

    def _show(self, pieces: list[str]) -> list[events.Event]:
        self._said += pieces
        return events.build_texts(pieces)

    def _read_part(self, part: _Json) -> list[events.Event]:
        told: list[events.Event] = []
        call = _mapping(part.get("functionCall", part.get("function_call")))
        if call and self._is_new("call", call):
            told.append(events.ToolCall(_word(call.get("name")), _mapping(call.get("args"))))
        answer = _mapping(part.get("functionResponse", part.get("function_response")))
        if answer and self._is_new("response", answer):
            told.append(events.ToolResult(_word(answer.get("name")), answer.get("response")))
        return told

    def _is_new(self, what: str, call: _Json) -> bool:
        """Say whether a call is told for the first time; a complete event repeats partial ones."""
        identity = (what, _word(call.get("id")))
        if not identity[1]:
            return True
        new = identity not in self._calls_seen
        self._calls_seen.add(identity)
        return new

    def _read_delta(self, actions: _Json) -> list[events.Event]:
        delta = _mapping(actions.get("stateDelta", actions.get("state_delta")))
        if not isinstance(delta.get("draft"), dict):
            return []
        draft, older = Draft.parse(delta["draft"]), self.draft
        self.draft = draft
        if older is None:
            return [events.StateChanged()]
        if draft == older:
            return []
        return [events.StateChanged(tuple(draft.timeline.diff(older.timeline)))]

    def _build_failure(self, payload: _Json) -> APIError:
        code, words = read_code(payload), read_words(payload)
        error = build_error(MESSAGES, 200, {}, code=code or None, words=words)
        if code in _TOLD_BY_CODE:
            return error
        failure = AgentError(
            _failure_message(words, payload),
            hint="Look at the timeline before you ask again: part of it may have been done.",
            code=error.code,
            status=200,
            endpoint=MESSAGES,
        )
        failure.text = self.text
        return failure


def _failure_message(words: str | None, payload: _Json) -> str:
    name = payload.get("errorCode", payload.get("error_code"))
    reason = f'"{words}"' if words else _word(name)[:80] or "it gave no reason"
    return f"The agent stopped with an error: {reason}."


def _is_error(payload: _Json) -> bool:
    named = ("error", "errorCode", "errorMessage", "error_code", "error_message")
    return (
        payload.get("type") == "error"
        or any(payload.get(name) for name in named)
        or bool(read_code(payload))
    )


def _is_spoken(part: _Json) -> bool:
    return isinstance(part.get("text"), str) and not part.get("thought")


def _load(data: str) -> _Json | None:
    """Read one JSON object; None for anything else."""
    text = data.strip()
    try:
        value, end = _scan(text, 0)
    except (StopIteration, ValueError, RecursionError):
        return None
    return cast("_Json", value) if end == len(text) and isinstance(value, dict) else None


def _word(value: object) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _mapping(value: object) -> _Json:
    return cast("_Json", value) if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return cast("list[object]", value) if isinstance(value, list) else []
