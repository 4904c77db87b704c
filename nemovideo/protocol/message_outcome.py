"""What a paid message came to: one decision, from evidence, for everybody who has to know.

`decide` is asked after each new piece of evidence: how the answer ended, and each poll of the
session's state since. It says what the message came to so far and what to do next. `send`,
`generate`, `messages.stream` and `recover` all ask it, and none of them decides by itself.

The facts behind it (wire-contract sections 4 and 5): a message is never sent twice; a stream that
ended properly may have edited without a word; a lost one shows its result in the state, if at all;
a generation lands in two stages, first the clip, then its music and titles.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from nemovideo.errors import APIError
from nemovideo.protocol.retry_policy import is_ambiguous

if TYPE_CHECKING:
    from nemovideo.config.timing import Timing
    from nemovideo.errors import NemoVideoError

Ending: TypeAlias = Literal[
    "complete", "cut", "lost", "unanswered", "agent_error", "refused", "unknown"
]
"""How the answer to a message ended.

- complete: properly, by the end of the connection or by the agent's own mark.
- cut: the connection was closed properly, and the answer certainly had not come to its end.
- lost: it broke off, or went on beyond a limit of `Timing`.
- unanswered: the message went out and no answer began; the agent may be at work.
- agent_error: the agent reported an error.
- refused: the service said that it did not begin.
- unknown: the process that read it is gone.
"""

Outcome: TypeAlias = Literal[
    "done_by_stream",
    "done_by_state",
    "no_change",
    "under_way",
    "refused",
    "possibly_paid",
    "failed_free",
]
"""What a message came to.

- done_by_stream: the answer came to its end.
- done_by_state: the answer is lost, and the session's state shows its result.
- no_change: it is over, changed nothing and cost nothing that is known of.
- under_way: the agent may still be at work.
- refused: it never began, and cost nothing.
- possibly_paid: it failed, or shows no result, and may have been paid for.
- failed_free: it failed, changed nothing and cost nothing.
"""

Step: TypeAlias = Literal["poll", "end", "keep"]
"""What to do next: poll the state again, end the journal's entry, or keep it listed."""

PollFailure: TypeAlias = Literal["missed", "denied", "gone"]
"""Why a poll failed.

- missed: the network or the service had trouble; the next poll may succeed.
- denied: no further poll will succeed, as the token has expired, say.
- gone: the session no longer exists.
"""

MAX_STABLE_POLLS = 10
"""More polls than these of a draft that goes on changing, and what is there is the result."""


@dataclass(frozen=True, slots=True)
class Poll:
    """What one poll of the session's state showed."""

    changed: bool | None
    """Whether the draft's content differs from the one before; None where the poll failed."""
    ready: bool = False
    """Whether there is a segment on the timeline."""
    stable_for: float = 0
    """Seconds since the draft was first seen with the content that it has now."""
    failure: PollFailure | None = None
    """Why the poll failed."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that is known about one message."""

    ending: Ending
    age: float = 0
    """Seconds since it was sent."""
    has_text: bool = False
    """Whether the agent said anything."""
    stream_changed: bool = False
    """Whether the stream itself delivered a draft with a segment that differs from the one
    before."""
    needs_video: bool = False
    """Whether only a timeline with a segment is a result: an export is to follow."""
    tool_at_work: bool = False
    """Whether a tool was called whose result the stream never delivered."""
    spent: float | None = None
    """Credits before minus credits now; None where that is unknown, or not this message's alone."""
    polls: tuple[Poll, ...] = ()
    can_poll: bool = True
    """Whether whoever asks may read the session's state: `messages.stream` sends nothing more."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What a message came to, and what to do next."""

    outcome: Outcome
    step: Step
    wait: float = 0
    """Seconds before the poll, for the step "poll"."""


def spent_between(before: float, now: float) -> float | None:
    """Return what was spent between two balances; None where credits have come since."""
    return before - now if now <= before else None


def ending_of(error: NemoVideoError) -> Ending:
    """Return how a message ended whose request failed with `error` before its answer began."""
    if is_ambiguous(error):
        return "unanswered"
    # A code that nobody knows says that it failed, and not that it never began.
    return "agent_error" if type(error) is APIError else "refused"


def decide(evidence: Evidence, timing: Timing) -> Decision:
    """Return what a message came to, and what to do next.

    Args:
        evidence: all that is known so far; ask again with each poll.
        timing: `recovery_waits`, `silent_recheck` and `stream_limit` are obeyed.
    """
    if evidence.ending == "refused":
        return Decision("refused", "end")
    if not evidence.can_poll:
        return _without_polls(evidence)
    if evidence.ending == "complete":
        return _after_complete_answer(evidence, timing)
    if evidence.ending == "agent_error":
        return _after_agent_error(evidence)
    return _after_lost_answer(evidence, timing)


def _after_complete_answer(evidence: Evidence, timing: Timing) -> Decision:
    polls = evidence.polls
    if not polls:
        return Decision("under_way", "poll")
    last, read = polls[-1], _last_read(polls)
    changed = read.changed or evidence.stream_changed
    if changed and (read.ready or evidence.stream_changed or not evidence.needs_video):
        return Decision("done_by_stream", "end")
    paid = (evidence.spent or 0) > 0
    answered = evidence.has_text and not evidence.needs_video
    owed = evidence.tool_at_work or (paid and not (answered and read.ready))
    if answered and last.failure is None and not owed:
        return Decision("done_by_stream", "end")
    # Some edits are in the state only a moment after their stream has ended. Where credits are
    # gone and nothing is there, or a tool was at work, a result is owed: it is waited for as long
    # as after a lost stream.
    waits = (timing.silent_recheck, *(timing.recovery_waits if owed else ()))
    if len(polls) <= len(waits) and last.failure in (None, "missed"):
        return Decision("under_way", "poll", waits[len(polls) - 1])
    if answered:
        return Decision("done_by_stream", "keep" if owed and last.failure != "gone" else "end")
    if last.failure == "gone":
        return Decision("possibly_paid", "end")
    if read.changed is None or owed or not _is_free(evidence):
        return Decision("possibly_paid", "keep")
    return Decision("no_change", "end")


def _is_free(evidence: Evidence) -> bool:
    """Return whether the message cost nothing, as far as is known."""
    return evidence.spent == 0 or (evidence.spent is None and not evidence.needs_video)


def _without_polls(evidence: Evidence) -> Decision:
    """Decide for a caller who reads the result itself, from the answer alone."""
    unread = bool(evidence.polls) and not evidence.has_text  # it asked for the turn in vain
    if evidence.ending == "complete" and not unread:
        return Decision("done_by_stream", "end")
    if evidence.ending == "agent_error" and not evidence.stream_changed:
        return Decision("failed_free", "end")
    return Decision("possibly_paid", "keep")


def _after_agent_error(evidence: Evidence) -> Decision:
    if not evidence.polls:
        return Decision("under_way", "poll")
    last = evidence.polls[-1]
    if last.failure == "gone":
        return Decision("possibly_paid", "end")
    if last.changed is not False or evidence.stream_changed or not _is_free(evidence):
        return Decision("possibly_paid", "keep")
    return Decision("failed_free", "end")


def _after_lost_answer(evidence: Evidence, timing: Timing) -> Decision:
    waits = timing.recovery_waits
    if evidence.ending in ("cut", "unknown"):  # nothing has to be waited for before the first
        waits = (0, *waits)
    polls = evidence.polls
    last, read = polls[-1] if polls else Poll(None), _last_read(polls)
    too_old = evidence.age >= timing.stream_limit  # no message takes longer
    unknown = evidence.ending == "unknown"
    if read.changed and read.ready:
        return _await_second_stage(evidence, read, timing, settled=unknown and too_old)
    if last.failure in ("denied", "gone"):
        return Decision("possibly_paid", "keep" if last.failure == "denied" else "end")
    shown = last.changed is not None and unknown and too_old
    if len(polls) < len(waits) and not shown:
        return Decision("under_way", "poll", waits[len(polls)])
    if last.changed and not evidence.needs_video:
        return Decision("done_by_state", "end")  # everything was removed
    if unknown and not too_old:
        return Decision("under_way", "keep")
    if last.changed is False and too_old and evidence.spent == 0:
        return Decision("failed_free", "end")
    if last.changed is False and too_old and unknown and evidence.spent is None:
        return Decision("no_change", "end")
    return Decision("possibly_paid", "keep")


def _await_second_stage(
    evidence: Evidence, read: Poll, timing: Timing, *, settled: bool
) -> Decision:
    """Decide about a draft that shows a result, to which music and titles may still come.

    What was found no failing poll takes away.
    """
    stage = max(timing.recovery_waits, default=0)
    count, last = len(evidence.polls), evidence.polls[-1]
    unreadable = last.failure in ("denied", "gone") or (
        last.failure == "missed" and count >= len(timing.recovery_waits)
    )
    enough = count > len(timing.recovery_waits) + MAX_STABLE_POLLS
    if settled or unreadable or enough or read.stable_for >= stage:
        return Decision("done_by_state", "end")
    return Decision("under_way", "poll", stage - read.stable_for)


def _last_read(polls: tuple[Poll, ...]) -> Poll:
    """Return the last poll that did not fail."""
    return next((poll for poll in reversed(polls) if poll.failure is None), Poll(None))
