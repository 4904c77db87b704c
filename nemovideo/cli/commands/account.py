"""The commands `credits` and `renders`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from nemovideo.cli.chinese_texts import in_locale
from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.display.output import Output
from nemovideo.progress.tables import table
from nemovideo.progress.units import ago, amount, count

if TYPE_CHECKING:
    from nemovideo.journal.entries import RenderEntry

_PHASE_LABELS = {
    "submitting": "not sent",
    "submitted": "waiting",
    "rendering": "rendering",
    "completed": "completed",
    "downloaded": "saved",
    "failed": "failed",
    "cancelled": "cancelled",
}


async def show_credits(context: CommandContext, output: Output) -> None:
    balance = await context.client.credits.retrieve()
    frozen = f", {amount(balance.frozen)} more reserved for work in progress"
    text = f"{count(balance.available, 'credit')} available{frozen if balance.frozen else ''}"
    output.result(in_locale(text), **balance.to_dict())


async def show_renders(context: CommandContext, output: Output) -> None:
    """Write the latest renders made from this machine, newest first."""
    url = context.settings.base_url
    entries = await context.query_journal(lambda journal: journal.recent_renders(url))
    now = datetime.now(UTC)
    rows = [_row(entry, now) for entry in entries]
    head = [*map(in_locale, ("when", "state", "session", "file"))]
    text = table(head, rows, output.stdout_width) if rows else in_locale("No renders yet.")
    output.result(text, renders=[_values(entry) for entry in entries])


def _row(entry: RenderEntry, now: datetime) -> tuple[str, ...]:
    return (
        in_locale(ago(entry.created_at, now)),
        in_locale(_PHASE_LABELS[entry.phase]),
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
