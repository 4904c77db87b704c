"""What a message or a render came to whose end nobody has seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import anyio

from nemovideo.concurrency.callbacks import came_from_callback
from nemovideo.errors import NotFoundError, SessionNotFoundError, StreamInterruptedError
from nemovideo.events import Event, Reconnecting
from nemovideo.operations.state_watcher import StateWatcher, wait_with_notices
from nemovideo.protocol.message_outcome import Evidence, Outcome, spent_between
from nemovideo.resources.renders import poll_render
from nemovideo.timeline.draft import Draft

if TYPE_CHECKING:
    from nemovideo.concurrency.emitted_values import Emit
    from nemovideo.journal.entries import MessageEntry, RenderEntry
    from nemovideo.models.renders import Render
    from nemovideo.resources.resource_set import Resources


@dataclass(frozen=True)
class Settlement:
    """What a message came to."""

    draft: Draft
    spent: float | None
    """What it cost, if that is known."""
    is_free: bool
    """Whether it changed nothing and cost nothing for certain."""
    before: Draft | None
    """The draft before it, which is known where that was empty: the journal has a digest."""


async def settle_message(
    resources: Resources, entry: MessageEntry, emit: Emit[Event] | None = None
) -> Settlement:
    """Watch the state until it is known what a message came to.

    Args:
        emit: told before each wait that the result is looked for.

    Raises:
        StreamInterruptedError: it shows no result, and the agent may still be at work, or the
            message may have been paid for.
        NemoVideoError: it cannot be read.
    """

    async def is_changed(draft: Draft) -> bool | None:
        return await resources.journal.has_changed(entry.draft_digest, draft)

    age = max(0.0, (datetime.now(UTC) - entry.created_at).total_seconds())
    started = anyio.current_time() - age
    evidence = Evidence("unknown", needs_video=entry.export)
    watcher = StateWatcher(resources, entry.session_id, evidence, started, is_changed)

    async def wait(seconds: float) -> None:
        if seconds and emit is not None:
            await wait_with_notices(seconds, resources.settings.timing.still_working, notify)
        else:
            await anyio.sleep(seconds)

    async def notify(_: float) -> None:
        if emit is not None:
            await emit(Reconnecting("its answer was lost", anyio.current_time() - started))

    await watcher.watch(wait)
    if not watcher.has_changed:
        watcher.add_spent(await _read_spent(resources, entry))
    decision = watcher.decision
    has_result = decision.outcome in ("done_by_state", "no_change", "failed_free")
    if has_result and watcher.draft is not None:
        free = decision.outcome == "failed_free"
        was_empty = await is_changed(Draft()) is False
        before = Draft() if was_empty else None
        return Settlement(watcher.draft, watcher.evidence.spent, free, before)
    age = anyio.current_time() - started  # the watch has taken minutes
    raise watcher.error or _build_unfinished_error(entry.session_id, decision.outcome, age)


async def _read_spent(resources: Resources, entry: MessageEntry) -> float | None:
    """Return what the message cost, None where others may have spent since."""
    before, left = entry.credits_before, await resources.read_available_credits()
    if before is None or left is None or await resources.journal.had_overlap(entry.id):
        return None
    return spent_between(before, left)


def _build_unfinished_error(
    session_id: str, outcome: Outcome, age: float
) -> StreamInterruptedError:
    under_way = outcome == "under_way"
    return StreamInterruptedError(
        f"The message in session {session_id} shows no result {age:.0f} s after it was"
        f" sent{', and may still be under way' if under_way else ', though credits are gone'}.",
        session_id=session_id,
        possibly_billed=True,
        hint=(
            "Do not send it again. It stays listed: resume it later with client.recover(), or give"
            " it up with its forget()."
        ),
    )


async def wait_for_render(resources: Resources, entry: RenderEntry) -> Render | None:
    """Return a render once it has ended; None where it was never submitted."""

    async def ignore(_: Render) -> None: ...

    try:
        render = await poll_render(resources.pipeline, entry.id, ignore, known=False)
    except NotFoundError as error:
        if came_from_callback(error):
            raise
        return None  # killed between writing it down and sending it
    await resources.journal.update_render(
        entry.id, phase="completed" if render.is_completed else None, url=render.url
    )
    return render.model_copy(update={"format": entry.format})


async def read_last_draft(resources: Resources, session_id: str) -> Draft:
    """Read the draft; a file that is here is not lost with its session."""
    try:
        return (await resources.states.retrieve(session_id)).draft
    except SessionNotFoundError as error:
        if came_from_callback(error):
            raise
        return Draft()
