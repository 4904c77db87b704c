"""Errors of paid messages and of renders, and what the user can do about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nemovideo.errors import (
    NemoVideoError,
    NothingToExportError,
    RenderFailedError,
    RenderTimeoutError,
    StreamInterruptedError,
)
from nemovideo.protocol.retry_policy import build_attempt
from nemovideo.resources.event_stream import StreamLostError

if TYPE_CHECKING:
    from nemovideo.errors import Attempt
    from nemovideo.models.renders import Render
    from nemovideo.protocol.agent import AgentEventDecoder


def build_paid_hint(session_id: str) -> str:
    return (
        "Do not send it again, it may have been paid for. Look at its result with:"
        f' await client.open_project("{session_id}").timeline()'
    )


def build_interruption(
    lost: StreamLostError, session_id: str, fold: AgentEventDecoder
) -> StreamInterruptedError:
    return StreamInterruptedError(
        f"The answer to a message in session {session_id} was lost: {lost.reason}.",
        session_id=session_id,
        possibly_billed=True,
        text=fold.text,
        hint=build_paid_hint(session_id),
        attempts=attempts_of(lost),
    )


def attempts_of(lost: StreamLostError) -> tuple[Attempt, ...]:
    """Return what was tried before an answer was lost."""
    cause = lost.__cause__
    tried = cause.attempts if isinstance(cause, NemoVideoError) else ()
    return tried or (build_attempt(1, lost.elapsed, cause),)


def build_untraced(
    session_id: str, *, has_key: bool, text: str = "", attempts: tuple[Attempt, ...] = ()
) -> StreamInterruptedError:
    """Return the error for a message that is over, and of which nothing is to be seen."""
    return StreamInterruptedError(
        f"The message in session {session_id} left no trace: it changed nothing and cost nothing.",
        session_id=session_id,
        possibly_billed=False,
        text=text,
        hint="The same call with the same key sends it now."
        if has_key
        else "It may be sent again.",
        attempts=attempts,
    )


def nothing_to_export(session_id: str) -> NothingToExportError:
    return NothingToExportError(
        f"The timeline of session {session_id} is empty, so there is nothing to export.",
        hint="Describe a video, or upload a clip, first.",
    )


def render_failed(render: Render, session_id: str | None = None) -> RenderFailedError:
    reason = f': "{render.error}"' if render.error else ""
    how = "." if session_id is None else f": {export_call(session_id)}"
    return RenderFailedError(
        f"Render {render.id} ended as {render.status}{reason}.",
        render_id=render.id,
        hint=f"Export again; it costs no credits{how}",
    )


def render_cancelled(render: Render, session_id: str) -> RenderFailedError:
    """Return the error for a render that was cancelled while it was waited for."""
    return RenderFailedError(
        f"Render {render.id} was cancelled.",
        render_id=render.id,
        hint=f"If it is wanted after all: {export_call(session_id)}",
    )


def export_call(session_id: str) -> str:
    """Return what a user types to export a session again."""
    return f'await client.open_project("{session_id}").export()'


def render_timeout(render_id: str, last: Render | None, limit: float) -> RenderTimeoutError:
    status = last.status if last else None
    return RenderTimeoutError(
        f"Render {render_id} was not finished after {limit:g} s (last status: {status}).",
        render_id=render_id,
        last_status=status,
        hint=f'It may still finish: await client.renders.wait("{render_id}"), or nemovideo recover',
    )
