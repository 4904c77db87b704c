"""What a paid message came to: the whole decision as a table.

Read a row as: an answer that ended so, of a message of that age, whose session showed these drafts
since, came to this, and this is done next.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo import (
    APIConnectionError,
    APIError,
    BadRequestError,
    InsufficientCreditsError,
    RateLimitError,
    ServerError,
    Timing,
)
from nemovideo.protocol.message_outcome import (
    MAX_STABLE_POLLS,
    Decision,
    Ending,
    Evidence,
    Poll,
    decide,
    ending_of,
)

TIMING = Timing()  # recovery_waits 30, 60, 60, 60, 60; silent_recheck 3; stream_limit 900
SAME = Poll(False, ready=True)
EMPTY = Poll(False)
NEW = Poll(True, ready=True)
SETTLED = Poll(True, ready=True, stable_for=60)
REMOVED = Poll(True, ready=False)
MISSED = Poll(None, failure="missed")
DENIED = Poll(None, failure="denied")
GONE = Poll(None, failure="gone")
WORDS = {"has_text": True}
VIDEO = {"needs_video": True}
PAID = {"spent": 100.0}
FREE = {"spent": 0.0}
TOOL = {"tool_at_work": True}
DIRECT = {"can_poll": False}


@dataclass(frozen=True)
class Row:
    """Evidence, and what follows from it."""

    what: str
    ending: Ending
    polls: tuple[Poll, ...]
    outcome: str
    step: str
    wait: float = 0
    age: float = 40
    facts: dict[str, object] = field(default_factory=dict)


ROWS = [
    # The service did not begin.
    Row("refused", "refused", (), "refused", "end"),
    # The answer came to its end: the state is read, and says what changed.
    Row("complete, not polled yet", "complete", (), "under_way", "poll", 0),
    Row("complete with a change", "complete", (NEW,), "done_by_stream", "end"),
    Row("complete, everything removed", "complete", (REMOVED,), "done_by_stream", "end"),
    Row("complete with words alone", "complete", (SAME,), "done_by_stream", "end", facts=WORDS),
    Row(
        "the stream delivered a draft that the state does not show yet",
        *("complete", (SAME,), "done_by_stream", "end"),
        facts={"stream_changed": True},
    ),
    Row("silent edit, first poll", "complete", (SAME,), "under_way", "poll", 3),
    Row("silent edit, visible a moment later", "complete", (SAME, NEW), "done_by_stream", "end"),
    Row("silent, unchanged twice", "complete", (SAME, SAME), "no_change", "end", facts=FREE),
    Row("silent, unchanged twice, cost unknown", "complete", (SAME, SAME), "no_change", "end"),
    # Credits are gone, so a result is owed.
    Row("paid, nothing there, 1st", "complete", (EMPTY,), "under_way", "poll", 3, facts=PAID),
    Row("paid, nothing, 2nd", "complete", (EMPTY,) * 2, "under_way", "poll", 30, facts=PAID),
    Row("paid, nothing, 6th", "complete", (EMPTY,) * 6, "under_way", "poll", 60, facts=PAID),
    Row("paid, nothing for good", "complete", (EMPTY,) * 7, "possibly_paid", "keep", facts=PAID),
    Row("paid, late", "complete", (EMPTY,) * 4 + (NEW,), "done_by_stream", "end", facts=PAID),
    Row(
        "paid, answered, unchanged",
        "complete",
        (SAME,),
        "done_by_stream",
        "end",
        facts=PAID | WORDS,
    ),
    Row("paid, answered, empty", "complete", (EMPTY,), "under_way", "poll", 3, facts=PAID | WORDS),
    Row(
        "paid, answered, empty for good",
        *("complete", (EMPTY,) * 7, "done_by_stream", "keep"),
        facts=PAID | WORDS,
    ),
    # A video is wanted: words alone are no result.
    Row("video wanted, words", "complete", (EMPTY,), "under_way", "poll", 3, facts=WORDS | VIDEO),
    Row(
        "video wanted, declined free of charge",
        *("complete", (EMPTY, EMPTY), "no_change", "end"),
        facts=WORDS | VIDEO | FREE,
    ),
    Row(
        "video wanted, nothing there, cost unknown",
        *("complete", (EMPTY, EMPTY), "possibly_paid", "keep"),
        facts=WORDS | VIDEO,
    ),
    Row(
        "video wanted, paid, nothing there",
        *("complete", (EMPTY, EMPTY), "under_way", "poll", 30),
        facts=WORDS | VIDEO | PAID,
    ),
    Row("video wanted, there", "complete", (NEW,), "done_by_stream", "end", facts=VIDEO),
    Row(
        "video wanted, everything removed",
        *("complete", (REMOVED,) * 2, "possibly_paid", "keep"),
        facts=VIDEO,
    ),
    # A tool was called, and its result never came.
    Row("tool at work", "complete", (SAME,), "under_way", "poll", 3, facts=TOOL | WORDS | FREE),
    Row("tool at work, 2nd", "complete", (SAME,) * 2, "under_way", "poll", 30, facts=TOOL | FREE),
    Row(
        "tool at work, unchanged for good",
        *("complete", (SAME,) * 7, "possibly_paid", "keep"),
        facts=TOOL | FREE,
    ),
    # The state cannot be read.
    Row("answered, missed poll", "complete", (MISSED,), "under_way", "poll", 3, facts=WORDS),
    Row(
        "answered, state unreadable",
        *("complete", (MISSED,) * 2, "done_by_stream", "end"),
        facts=WORDS,
    ),
    Row("silent, state unreadable", "complete", (MISSED,) * 2, "possibly_paid", "keep"),
    Row("silent, changed, then missed", "complete", (NEW, MISSED), "done_by_stream", "end"),
    Row("declined, missed", "complete", (EMPTY, MISSED), "no_change", "end", facts=VIDEO | FREE),
    Row("silent, denied", "complete", (DENIED,), "possibly_paid", "keep"),
    Row("answered, denied", "complete", (DENIED,), "done_by_stream", "end", facts=WORDS),
    Row("answered, session gone", "complete", (GONE,), "done_by_stream", "end", facts=WORDS),
    Row("silent, session gone", "complete", (GONE,), "possibly_paid", "end"),
    # The agent reported an error.
    Row("agent error, not polled yet", "agent_error", (), "under_way", "poll", 0),
    Row("agent error after a clip", "agent_error", (NEW,), "possibly_paid", "keep"),
    Row("agent error, cost unknown", "agent_error", (SAME,), "failed_free", "end"),
    Row(
        "agent error, video wanted, cost unknown",
        *("agent_error", (EMPTY,), "possibly_paid", "keep"),
        facts=VIDEO,
    ),
    Row("agent error, unchanged", "agent_error", (SAME,), "failed_free", "end", facts=FREE),
    Row("agent error, paid", "agent_error", (SAME,), "possibly_paid", "keep", facts=PAID),
    Row("agent error, session gone", "agent_error", (GONE,), "possibly_paid", "end"),
    Row("agent error, unreadable", "agent_error", (MISSED,), "possibly_paid", "keep"),
    Row(
        "agent error after a draft in the stream",
        *("agent_error", (SAME,), "possibly_paid", "keep"),
        facts={"stream_changed": True},
    ),
    # The answer is lost: the state is polled, never the message sent again.
    Row("lost", "lost", (), "under_way", "poll", 30),
    Row("never answered", "unanswered", (), "under_way", "poll", 30),
    Row("cut: nothing to wait for", "cut", (), "under_way", "poll", 0),
    Row("cut, unchanged", "cut", (SAME,), "under_way", "poll", 30),
    Row("lost, unchanged once", "lost", (SAME,), "under_way", "poll", 60),
    Row("lost, an empty timeline is no result", "lost", (EMPTY,), "under_way", "poll", 60),
    Row("lost, missed poll", "lost", (MISSED,), "under_way", "poll", 60),
    Row("lost, unchanged five times", "lost", (SAME,) * 5, "possibly_paid", "keep"),
    Row("lost, first stage", "lost", (NEW,), "under_way", "poll", 60),
    Row(
        "lost, first stage for half the time",
        *("lost", (replace(NEW, stable_for=20),), "under_way", "poll", 40),
    ),
    Row("lost, second stage", "lost", (NEW, NEW), "under_way", "poll", 60),
    Row("lost, settled", "lost", (NEW, SETTLED), "done_by_state", "end"),
    Row(
        "lost, never settles",
        *("lost", (NEW,) * (MAX_STABLE_POLLS + 6), "done_by_state", "end"),
    ),
    Row("lost, found, then missed", "lost", (NEW, MISSED), "under_way", "poll", 60),
    Row(
        "lost, found, then missed for good", "lost", (NEW,) + (MISSED,) * 4, "done_by_state", "end"
    ),
    Row("lost, found, then denied", "lost", (NEW, DENIED), "done_by_state", "end"),
    Row("lost, found, then gone", "lost", (NEW, GONE), "done_by_state", "end"),
    Row("lost, everything removed for good", "lost", (REMOVED,) * 5, "done_by_state", "end"),
    Row("lost, cleared before it is rebuilt", "lost", (REMOVED,), "under_way", "poll", 60),
    Row("lost, token expired", "lost", (DENIED,), "possibly_paid", "keep"),
    Row("lost, session gone", "lost", (GONE,), "possibly_paid", "end"),
    Row(
        "lost, free and over",
        *("lost", (SAME,) * 5, "failed_free", "end"),
        age=1200,
        facts=FREE,
    ),
    Row("lost, free, not over", "lost", (SAME,) * 5, "possibly_paid", "keep", facts=FREE),
    # Its process is gone, and another one resumes it.
    Row("resumed", "unknown", (), "under_way", "poll", 0),
    Row("resumed, first stage", "unknown", (NEW,), "under_way", "poll", 60),
    Row("resumed, settled", "unknown", (NEW, SETTLED), "done_by_state", "end"),
    Row("resumed, unchanged", "unknown", (SAME,), "under_way", "poll", 30),
    Row("resumed, young and unchanged", "unknown", (SAME,) * 6, "under_way", "keep"),
    Row("resumed later, there", "unknown", (NEW,), "done_by_state", "end", age=1200),
    Row("resumed later, unchanged", "unknown", (SAME,), "no_change", "end", age=1200),
    Row(
        "resumed later, unchanged and free",
        *("unknown", (SAME,), "failed_free", "end"),
        age=1200,
        facts=FREE,
    ),
    Row(
        "resumed later, unchanged and paid",
        *("unknown", (SAME,), "possibly_paid", "keep"),
        age=1200,
        facts=PAID,
    ),
    Row("resumed later, missed", "unknown", (MISSED,), "under_way", "poll", 30, age=1200),
    # `messages.stream` reads no state: its caller does.
    Row("direct, complete", "complete", (), "done_by_stream", "end", facts=DIRECT),
    Row("direct, silent, unreadable", "complete", (MISSED,), "possibly_paid", "keep", facts=DIRECT),
    Row(
        "direct, answered, unreadable",
        *("complete", (MISSED,), "done_by_stream", "end"),
        facts=DIRECT | WORDS,
    ),
    Row("direct, cut", "cut", (), "possibly_paid", "keep", facts=DIRECT),
    Row("direct, lost", "lost", (), "possibly_paid", "keep", facts=DIRECT),
    Row("direct, never answered", "unanswered", (), "possibly_paid", "keep", facts=DIRECT),
    Row("direct, agent error", "agent_error", (), "failed_free", "end", facts=DIRECT),
    Row(
        "direct, agent error after a draft",
        *("agent_error", (), "possibly_paid", "keep"),
        facts=DIRECT | {"stream_changed": True},
    ),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what)
def test_what_a_message_came_to(row: Row) -> None:
    evidence = replace(Evidence(row.ending, row.age, polls=row.polls), **row.facts)  # type: ignore[arg-type]  # a table's rows
    assert decide(evidence, TIMING) == Decision(row.outcome, row.step, row.wait)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (APIConnectionError("no connection", phase="connect"), "refused"),
        (APIConnectionError("broke", phase="wait"), "unanswered"),
        (ServerError("500", status=500), "unanswered"),
        (RateLimitError("429", status=429), "refused"),
        (InsufficientCreditsError("2001", code=2001, status=200), "refused"),
        (APIError("5001", code=5001, status=200), "agent_error"),
        (BadRequestError("408", code=408, status=200), "unanswered"),
    ],
    ids=["not connected", "broken", "500", "429", "2001", "an unknown code", "408 as a code"],
)
def test_how_a_request_without_an_answer_ended(
    error: APIConnectionError | APIError, ending: Ending
) -> None:
    assert ending_of(error) == ending


ENDINGS = st.sampled_from(("complete", "cut", "lost", "unanswered", "agent_error", "unknown"))
POLLS = st.builds(
    Poll,
    st.sampled_from((True, False, None)),
    st.booleans(),
    st.floats(0, 100),
    st.sampled_from((None, "missed", "denied")),
)
EVIDENCE = st.builds(
    Evidence,
    ENDINGS,
    st.floats(0, 2000),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.sampled_from((None, 0.0, 50.0, -10.0)),
    st.lists(POLLS, max_size=20).map(tuple),
)


@given(EVIDENCE)
def test_polling_ends(evidence: Evidence) -> None:
    decision = decide(evidence, TIMING)
    assert decision.step != "poll" or len(evidence.polls) < 7 + MAX_STABLE_POLLS
    assert 0 <= decision.wait <= 60


@given(EVIDENCE)
def test_what_may_have_been_paid_for_and_shows_no_result_stays_listed(evidence: Evidence) -> None:
    decision = decide(evidence, TIMING)
    if decision.step == "end" and (evidence.spent or 0) > 0:
        found = evidence.polls and evidence.polls[-1].changed
        assert found or evidence.has_text or evidence.stream_changed
