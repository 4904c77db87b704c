"""Polls a session's state after a message whose result is not known yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import anyio

from nemovideo.concurrency.callbacks import came_from_callback
from nemovideo.errors import NemoVideoError, SessionNotFoundError
from nemovideo.protocol.message_outcome import Decision, Evidence, Poll, PollFailure, decide
from nemovideo.protocol.retry_policy import is_transient_poll_error
from nemovideo.timeline.draft_comparison import drafts_differ

if TYPE_CHECKING:
    from nemovideo.resources.resource_set import Resources
    from nemovideo.timeline.draft import Draft


class StateWatcher:
    """Collects the evidence about one message, a poll of its session's state at a time.

    Args:
        evidence: what is known before the first poll.
        started: when the message was sent, on the clock of `anyio.current_time`.
        is_changed: whether a draft differs in content from the one before the message; None where
            that one is not known.

    Example:
        ```python
        watcher = StateWatcher(resources, session_id, Evidence("lost"), started, is_changed)
        await watcher.watch()
        ```
    """

    def __init__(
        self,
        resources: Resources,
        session_id: str,
        evidence: Evidence,
        started: float,
        is_changed: Callable[[Draft], Awaitable[bool | None]],
    ) -> None:
        self.evidence: Evidence = evidence
        self.draft: Draft | None = None
        """The newest draft that a poll has seen."""
        self.error: NemoVideoError | None = None
        """Why the last poll failed."""
        self._resources = resources
        self._session_id = session_id
        self._started = started
        self._is_changed = is_changed
        self._stable_since = started
        self._has_moved = False

    @property
    def decision(self) -> Decision:
        """What the message came to so far, and what to do next."""
        age = anyio.current_time() - self._started
        return decide(replace(self.evidence, age=age), self._resources.settings.timing)

    @property
    def has_changed(self) -> bool:
        """Whether the last poll showed another draft than the one before the message."""
        return bool(self.evidence.polls and self.evidence.polls[-1].changed)

    @property
    def failure(self) -> PollFailure | None:
        return self.evidence.polls[-1].failure if self.evidence.polls else None

    async def watch(self, wait: Callable[[float], Awaitable[None]] = anyio.sleep) -> None:
        """Poll the state until it is known what the message came to.

        Args:
            wait: waits for so many seconds before a poll.
        """
        while (decision := self.decision).step == "poll":
            await wait(decision.wait)
            await self.poll()

    async def poll(self) -> None:
        """Read the state once. A poll that fails is evidence, too, and not raised."""
        self.error = None
        try:
            draft = (await self._resources.states.poll(self._session_id)).draft
        except NemoVideoError as error:
            if came_from_callback(error):
                raise
            self.error = error
            self._add(Poll(None, failure=_failure_of(error)))
        else:
            await self._note(draft)

    async def _note(self, draft: Draft) -> None:
        now = anyio.current_time()
        if self.draft is None:
            self._stable_since = now
        elif await drafts_differ(draft, self.draft):
            self._stable_since, self._has_moved = now, True
        self.draft = draft
        changed = await self._is_changed(draft)
        if changed is None:
            # What is there may be as old as the session: it is the result where it has moved since,
            # and where nothing more can come.
            limit = self._resources.settings.timing.stream_limit
            changed = draft.is_ready and (self._has_moved or now - self._started >= limit)
        self._add(Poll(changed, draft.is_ready, now - self._stable_since))

    def _add(self, poll: Poll) -> None:
        self.evidence = replace(self.evidence, polls=(*self.evidence.polls, poll))

    def add_spent(self, spent: float | None) -> None:
        """Add what the message cost, as far as that is known."""
        self.evidence = replace(self.evidence, spent=spent)


async def wait_with_notices(
    seconds: float, interval: float, notify: Callable[[float], Awaitable[None]]
) -> None:
    """Wait, with a notice at the beginning and at each interval.

    Args:
        notify: called with the seconds that are left.
    """
    until = anyio.current_time() + seconds
    while True:
        left = max(0.0, until - anyio.current_time())
        await notify(left)
        await anyio.sleep(min(left, interval) if interval else left)
        if anyio.current_time() >= until:
            return


def _failure_of(error: NemoVideoError) -> PollFailure:
    if isinstance(error, SessionNotFoundError):
        return "gone"
    return "missed" if is_transient_poll_error(error) else "denied"
