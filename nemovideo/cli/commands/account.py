"""The commands about the account: the balance, and the renders of this machine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from anyio import to_thread

from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.display.output import Output
from nemovideo.cli.display.tables import table
from nemovideo.journal.recorder import JournalRecorder
from nemovideo.progress.units import ago, amount, count

if TYPE_CHECKING:
    from nemovideo.journal.journal import RenderEntry

_PHASES = {
    "submitting": "not sent",
    "submitted": "waiting",
    "rendering": "rendering",
    "completed": "completed",
    "downloaded": "saved",
    "failed": "failed",
    "cancelled": "cancelled",
}
"""What the journal's words are called for people."""


async def show_credits(context: CommandContext, output: Output) -> None:
    """Write the balance."""
    balance = await context.client.credits.retrieve()
    frozen = f", {amount(balance.frozen)} more reserved for work in progress"
    text = f"{count(balance.available, 'credit')} available{frozen if balance.frozen else ''}"
    output.result(text, **balance.to_dict())


async def show_renders(context: CommandContext, output: Output) -> None:
    """Write the latest renders of this machine, the newest first."""
    recorder = JournalRecorder(context.settings)
    try:
        entries = await to_thread.run_sync(
            recorder.journal.recent_renders, context.settings.base_url
        )
    finally:
        await recorder.aclose()
    now = datetime.now(UTC)
    rows = [_row(entry, now) for entry in entries]
    head = ("when", "state", "session", "file")
    text = table(head, rows, output.page_width) if rows else "No renders yet."
    output.result(text, renders=[_values(entry) for entry in entries])


def _row(entry: RenderEntry, now: datetime) -> tuple[str, ...]:
    return (
        ago(entry.created_at, now),
        _PHASES[entry.phase],
        entry.session_id,
        entry.target_path.name if entry.target_path else "",
    )


def _values(entry: RenderEntry) -> dict[str, object]:
    return {
        "render_id": entry.id,
        "session_id": entry.session_id,
        "state": entry.phase,
        "format": entry.format,
        "quality": entry.quality,
        "path": None if entry.target_path is None else str(entry.target_path),
        "created_at": entry.created_at.isoformat(),
    }
