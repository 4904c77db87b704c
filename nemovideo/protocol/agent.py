"""Decodes the agent's stream, in every payload shape, into events (wire-contract 5, 8).

The typed shape says each thing once. The ADK shape says text in partial chunks and then repeats
the whole of it; only what has not been said yet becomes a `Text`. Thoughts become nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, Literal, TypeAlias

from nemovideo import events
from nemovideo.errors import CODES, AgentError, APIError, BadRequestError, NotFoundError
from nemovideo.language.apology_filter import ApologyFilter
from nemovideo.language.text_buffer import TextBuffer
from nemovideo.models.question import Question, parse_question
from nemovideo.protocol.agent_texts import AgentTexts, as_key
from nemovideo.protocol.envelope import MESSAGES, build_error, read_code, read_explanation
from nemovideo.protocol.payloads import (
    Json,
    as_list,
    as_mapping,
    as_word,
    either,
    read_one,
    read_several,
    repaired,
)
from nemovideo.protocol.reasons import is_error, read_finish_reason
from nemovideo.timeline.draft import Draft

# What an account lacks is said by its code, inside a stream too. Whatever else goes wrong there
# went wrong for the agent.
_ACCOUNT_CODES = {
    code for code, cls in CODES.items() if cls not in (BadRequestError, NotFoundError)
}

_ADK_KEYS: Final = frozenset(
    (
        *("content", "actions", "author", "invocationId", "invocation_id", "partial"),
        *("turnComplete", "turn_complete", "interrupted", "finishReason", "finish_reason"),
        *("errorCode", "error_code"),
    )
)
_CHUNK_KEYS: Final = frozenset(
    (
        *("content", "partial", "author", "branch", "id", "timestamp", "actions"),
        *("invocationId", "invocation_id", "modelVersion", "usageMetadata", "longRunningToolIds"),
    )
)
"""What a part of a text may have that says nothing beyond the text, `actions` if they are empty."""
_Speaker: TypeAlias = tuple[object, object] | None
"""Author and branch as they came."""
_NO_ANSWER: Final = re.compile(
    "think|thought|reason|tool|error|ping|status|progress|state|debug|log|user|prompt|question",
    re.IGNORECASE,
)
"""In the names of types whose text is not what the agent says to the user."""

_ASK: Final = "ask_question"
_TOOLS: Final = ("tool_call", "tool_result")
_STATES: Final = frozenset(("type", "state", "status", "turn_state", "turnState"))
_AWAITING: Final = re.compile(r"a?waiting([ _-](for|user))*[ _-]input", re.IGNORECASE)


class AgentEventDecoder:
    """Decodes the payloads of one turn.

    What it has seen so far can be asked of it at any time. At the end of the stream these are the
    facts by which the turn is judged: `is_complete`, `is_cut`, `is_tool_at_work`, `failure`,
    `question`, `streamed_draft`.

    Args:
        draft: the session's draft before the turn, where it is known; changes are relative to it.

    Example:
        ```python
        fold = AgentEventDecoder()
        fold.feed('{"type": "text", "content": "Hello"}')  # [Text(text="Hello")]
        fold.text  # "Hello"
        ```
    """

    def __init__(self, draft: Draft | None = None) -> None:
        self.draft = draft
        """The newest draft that is known."""
        self.streamed_draft: Draft | None = None
        """The newest draft that the stream itself brought; None where it brought none."""
        self.finish_reason: str | None = None
        """Why the model stopped, as it said last; `MAX_TOKENS` is a text that ended too early."""
        self.question: Question | None = None
        """What the agent asks before it goes on, where the turn ends with that."""
        self.failure: APIError | None = None
        """The error that the agent has reported."""
        self.pending_events: list[events.Event] = []
        """Events decoded before the error, to be delivered before it is raised."""
        self._shown = TextBuffer()
        self._texts = AgentTexts()
        self._apology_filter = ApologyFilter()
        self._seen: set[tuple[object, ...]] = set()
        self._ending: Literal["complete", "interrupted"] | None = None
        self._is_explained = False
        self._open_calls = 0

    @property
    def text(self) -> str:
        """What the agent has said so far, once."""
        return str(self._shown)

    @property
    def is_complete(self) -> bool:
        """Whether the agent has marked the turn as complete and said nothing after that."""
        return self._ending == "complete"

    @property
    def is_cut(self) -> bool:
        """Whether the answer is certainly not whole, if nothing more comes.

        So where text or a tool call came in part and was never repeated as a whole, and where the
        turn is marked as interrupted.
        """
        return self._ending == "interrupted" or self._texts.is_any_open

    @property
    def is_tool_at_work(self) -> bool:
        """Whether a tool was called whose result has not come; the user is no tool."""
        return self._open_calls > 0 and self.question is None and not self.is_complete

    def feed(self, *data: str) -> list[events.Event]:
        """Decode the data of server-sent events that arrived together.

        Raises:
            APIError: the agent reports an error; `AgentError` unless the service names its code.
        """
        decoded: list[events.Event] = []
        # An answer is mostly text: what one agent says together is looked at together.
        run: list[str] = []
        speaker: _Speaker = None
        rest = iter(data)
        for each in rest:
            payload = read_one(each) if each else None
            words = None if payload is None else _words_alone(payload)
            if payload is None or words is None:
                if run:
                    decoded += self._show_run(speaker, run)
                    run = []
                decoded += self._read_other(payload, each)
                if self.failure is not None:
                    self._read_after_failure(filter(None, map(read_one, rest)))
                    self.pending_events = decoded
                    # A traceback with local variables would print the payloads.
                    del data, rest, each, payload, words, run, decoded
                    raise self.failure
                continue
            who = None if "type" in payload else (payload.get("author"), payload.get("branch"))
            if run and who != speaker:
                decoded += self._show_run(speaker, run)
                run = []
            speaker = who
            if words:
                run.append(words)
        return decoded + self._show_run(speaker, run) if run else decoded

    def finish(self) -> list[events.Event]:
        """Return the buffered events, at the end of the stream.

        That is what an agent said while another one was in the middle of a text, and the beginning
        of what might have been an "I encountered a temporary issue": behind a normal answer the
        service means nothing by it (wire-contract section 5).
        """
        decoded = self._show_text(self._texts.rest())
        shown = self._apology_filter.finish()
        return decoded + self._show([shown]) if shown else decoded

    def _read_other(self, payload: Json | None, source: str) -> list[events.Event]:
        """Read what is more than a text, by the rules."""
        text = source.strip()
        if not text or (payload is not None and payload.get("type") == "heartbeat"):
            return [events.Heartbeat()]
        found = _read_unusual(source, text) if payload is None else [(payload, text)]
        return self._read_run(iter(found))

    def _read_run(self, found: Iterator[tuple[Json | None, str]]) -> list[events.Event]:
        decoded: list[events.Event] = []
        for payload, source in found:
            if payload is not None:
                decoded += self._read(payload, source)
            elif source.strip():
                self._note_progress()
                decoded.append(events.Unknown(source))
            else:
                decoded.append(events.Heartbeat())
            if self.failure is not None:
                self._read_after_failure(each for each, _ in found if each is not None)
        return decoded

    def _read(self, raw: Json, source: str) -> list[events.Event]:
        """Read one payload.

        Args:
            raw: as it came; its text may end with half a character, and the rest comes later.
            source: what it was read from.
        """
        kind = raw.get("type")
        if kind == "heartbeat":
            return [events.Heartbeat()]
        payload = repaired(source, raw)
        if kind in _TOOLS:
            return self._read_typed(payload)
        if is_error(payload):
            pending_events = self._read_adk(raw, payload) + self.finish()
            self.failure = self._build_failure(payload)
            self._is_explained = bool(read_explanation(payload))
            return pending_events
        content = raw.get("content")
        if isinstance(content, dict) and (kind is None or "parts" in content):
            return self._read_adk(raw, payload)
        words = _typed_words(raw)
        if words is not None:
            return self._show_run(None, [words]) if words else []
        if kind is None and not _ADK_KEYS.isdisjoint(raw):
            return self._read_adk(raw, payload)
        return self._read_typed(payload)

    def _read_typed(self, payload: Json) -> list[events.Event]:
        self._note_progress()
        kind, name = payload.get("type"), as_word(payload.get("name"))
        if kind == "tool_call":
            if payload.get("partial") is True:
                return []
            return self._call(name, as_mapping(payload.get("args")))
        if kind == "tool_result":
            self._open_calls = max(0, self._open_calls - 1)
            return [events.ToolResult(name, payload.get("result"))]
        if kind == _ASK:
            asked = (as_mapping(payload.get(key)) for key in ("args", "data", "content"))
            return self._call(_ASK, next(filter(None, asked), payload))
        self._watch_state(payload)
        return [events.Unknown(payload)]

    def _read_adk(self, raw: Json, payload: Json) -> list[events.Event]:
        parts = raw_parts = _parts(raw)
        if payload is not raw:
            parts = _parts(payload)
        text = "".join([str(part["text"]) for part in raw_parts if _is_spoken(part)])
        speaker, number = as_key(payload.get("author"), payload.get("branch")), payload.get("id")
        decoded: list[events.Event] = []
        if parts:
            self._note_progress()
        if payload.get("partial") is True:
            if parts:
                pieces = self._texts.add_chunks(speaker, [text] if text else [])
                decoded += self._show_text(pieces)
        else:
            reason = read_finish_reason(payload)
            self.finish_reason = reason or self.finish_reason
            if parts or reason:
                decoded += self._show_text(self._texts.add_whole(speaker, number, text))
            for part in parts:
                decoded += self._read_part(part, number)
            if any(map(_is_preview, parts)):
                self._texts.add_chunks(speaker, [])
        if raw.get("actions"):
            decoded += self._read_delta(as_mapping(raw["actions"]))
        self._watch_state(payload)
        self._mark_end(payload)
        return decoded

    def _read_part(self, part: Json, number: object) -> list[events.Event]:
        decoded: list[events.Event] = []
        call = _call_of(part)
        if call and not _is_preview(part) and self._is_new("call", call, number):
            decoded += self._call(as_word(call.get("name")), as_mapping(call.get("args")))
        answer = as_mapping(either(part, "functionResponse", "function_response"))
        if answer and self._is_new("response", answer, number):
            self._open_calls = max(0, self._open_calls - 1)
            decoded.append(events.ToolResult(as_word(answer.get("name")), answer.get("response")))
        return decoded

    def _is_new(self, what: str, call: Json, number: object) -> bool:
        """Return True if a call is new: an event may arrive twice."""
        known = as_word(call.get("id"))
        if not known and number is None:
            return True
        identity = (what, known) if known else (what, as_word(number), repr(call))
        new = identity not in self._seen
        self._seen.add(identity)
        return new

    def _call(self, name: str, args: Json) -> list[events.Event]:
        self.question = parse_question(args) if name == _ASK else None
        self._open_calls += 1
        return [events.ToolCall(name, args)]

    def _read_delta(self, actions: Json) -> list[events.Event]:
        delta = as_mapping(either(actions, "stateDelta", "state_delta"))
        self._watch_state(delta)
        if not isinstance(delta.get("draft"), dict):
            return []
        self._note_progress()
        draft, older = Draft.parse(delta["draft"]), self.draft
        self.draft = self.streamed_draft = draft
        if older is None:
            return [events.StateChanged()]
        changes = tuple(draft.timeline.diff(older.timeline))
        return [events.StateChanged(changes)] if changes else []

    def _watch_state(self, state: Json) -> None:
        if _STATES.isdisjoint(state) and "data" not in state:
            return
        inner = as_mapping(state.get("data"))
        said = [place[name] for place in (state, inner) for name in _STATES & place.keys()]
        if self.question is None and any(
            _AWAITING.fullmatch(as_word(each).strip()) for each in said
        ):
            self.question = Question()

    def _note_progress(self) -> None:
        """Note that something has come, so that the turn has not ended before."""
        self._ending = None

    def _mark_end(self, payload: Json) -> None:
        if payload.get("interrupted") is True:
            self._ending = "interrupted"
        elif either(payload, "turnComplete", "turn_complete") is True and self._ending is None:
            self._ending = "complete"
            self._texts.close_all()

    def _show_run(self, speaker: _Speaker, run: list[str]) -> list[events.Event]:
        """Show what one agent says in pieces; with None, text of the typed shape."""
        self._ending = None
        if speaker is None:
            pieces = self._texts.add_unattributed(run)
        else:
            pieces = self._texts.add_chunks(as_key(*speaker), run)
        return self._show(self._apology_filter.feed_run(pieces)) if pieces else []

    def _show_text(self, words: list[str]) -> list[events.Event]:
        words = list(filter(None, words))
        return self._show(self._apology_filter.feed_run(words)) if words else []

    def _show(self, pieces: list[str]) -> list[events.Event]:
        self._shown.add(pieces)
        return events.build_texts(pieces)

    def _read_after_failure(self, payloads: Iterable[Json]) -> None:
        """Take what came together with an error if it says more about it, or brings a draft."""
        for payload in payloads:
            self._read_delta(as_mapping(payload.get("actions")))
            if not is_error(payload):
                continue
            failure, words = self._build_failure(payload), read_explanation(payload)
            if (words and not self._is_explained) or not isinstance(failure, AgentError):
                self.failure, self._is_explained = failure, True

    def _build_failure(self, payload: Json) -> APIError:
        code, words = read_code(payload), read_explanation(payload)
        error = build_error(MESSAGES, 200, {}, code=code or None, words=words)
        if code in _ACCOUNT_CODES:
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


def _failure_message(words: str | None, payload: Json) -> str:
    reason = f'"{words}"' if words else (read_finish_reason(payload) or "it gave no reason")[:80]
    return f"The agent stopped with an error: {reason}."


def _read_unusual(data: str, text: str) -> list[tuple[Json | None, str]]:
    """Read what is not one JSON object: nothing, several of them, or something else."""
    found = read_several(text)
    return found if any(payload for payload, _ in found) else [(None, data)]


def _parts(payload: Json) -> list[Json]:
    """Return the parts that are something; empty ones occur."""
    parts = as_list(as_mapping(payload.get("content")).get("parts"))
    return [part for each in parts if (part := as_mapping(each))]


def _words_alone(payload: Mapping[str, Any]) -> str | None:
    """Return the text of a payload that says nothing else, as most of an answer's do.

    That is a text of the typed shape, or a part of a text; None where the rules have to look.
    """
    words: object
    if payload.get("type") == "text":
        words = payload.get("content")
        return words if isinstance(words, str) else None
    if payload.get("partial") is not True or not _CHUNK_KEYS.issuperset(payload):
        return None
    try:
        (part,) = payload["content"]["parts"]
        words = part["text"]
        actions = payload.get("actions")
        says_more = len(part) > 1 or (actions and any(actions.values()))
    except (AttributeError, KeyError, TypeError, ValueError):
        return None  # of another shape
    return words if words and isinstance(words, str) and not says_more else None


def _typed_words(payload: Json) -> str | None:
    """Return what a payload with one text says, a thought as nothing; None where it has none."""
    kind, content, data = (payload.get(key) for key in ("type", "content", "data"))
    inner = as_mapping(data)
    words = inner.get("text")
    if kind in (None, "text"):
        words = next((each for each in (content, words, payload.get("text")) if each), words)
    if not isinstance(words, str) or _NO_ANSWER.search(as_word(kind)):
        return None
    return "" if payload.get("thought") or inner.get("thought") else words


def _call_of(part: Json) -> Json:
    return as_mapping(either(part, "functionCall", "function_call"))


def _is_preview(part: Json) -> bool:
    """Return True if more of a call is to come."""
    call = _call_of(part)
    pieces = either(call, "partialArgs", "partial_args")
    goes_on = either(call, "willContinue", "will_continue") is True
    return goes_on or (pieces is not None and "args" not in call)


def _is_spoken(part: Json) -> bool:
    return isinstance(part.get("text"), str) and not part.get("thought")
