"""`nemovideo recover`: finishing what was paid for and not brought home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias

from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.display.output import Output
from nemovideo.cli.display.tables import table
from nemovideo.cli.error_output import DONE, FAILED, error_line, error_object
from nemovideo.errors import NemoVideoError
from nemovideo.progress.units import ago

if TYPE_CHECKING:
    from nemovideo.models.turn import Turn
    from nemovideo.operations.recovery import UnfinishedMessage, UnfinishedRender
    from nemovideo.operations.video import Video

    _Item: TypeAlias = UnfinishedMessage | UnfinishedRender


@dataclass(frozen=True)
class RecoverCommand:
    """Lists what is unfinished, and finishes it unless `only_list`.

    Args:
        forget: a session whose unfinished work is given up instead.
    """

    only_list: bool = False
    forget: str | None = None

    async def run(self, context: CommandContext, output: Output) -> int:
        """Write one line for each thing: what it was, or what came of it."""
        items = await context.client.recover()
        if self.forget is not None:
            return await self._forget(
                [each for each in items if each.session_id == self.forget], output
            )
        if not items:
            output.note("Nothing is unfinished.")
        if self.only_list:
            output.result(_table(items, output), unfinished=[_values(item) for item in items])
            return DONE
        outcomes = [await self._resume(item, output) for item in items]
        output.result("", recovered=[each for each in outcomes if "error" not in each])
        return FAILED if any("error" in each for each in outcomes) else DONE

    async def _forget(self, items: list[_Item], output: Output) -> int:
        if not items:
            raise NemoVideoError(
                f"Nothing is unfinished in session {self.forget}.",
                hint="What is unfinished: nemovideo recover --list",
            )
        for item in items:
            await item.forget()
        text = "\n".join(f"Given up: {item.kind} of session {item.session_id}" for item in items)
        output.result(text, forgotten=[_values(item) for item in items])
        return DONE

    async def _resume(self, item: _Item, output: Output) -> dict[str, object]:
        with output.waiting(f"Finishing the {item.kind} of session {item.session_id}"):
            try:
                result = await item.resume()
            except NemoVideoError as error:
                output.complain(error_line(error))
                values = _values(item) | {"error": error_object(error)}
                output.event("failed", **values)
                return values
        values = _values(item) | result.to_dict()
        output.event("recovered", **values)
        if not output.json:
            output.result(_result_place(item, result))
        return values


def _result_place(item: _Item, result: Video | Turn) -> str:
    """Return where a result is: a file, an address, or a session with what changed in it."""
    from nemovideo.models.turn import Turn

    if not isinstance(result, Turn):
        return str(result.path or result.url)
    if item.target is not None and result.draft.is_ready:
        return str(item.target)
    told = "; ".join(map(str, result.changes)) or "nothing changed"
    return f"session {result.session_id}: {told}"


def _table(items: list[_Item], output: Output) -> str:
    now = datetime.now(UTC)
    rows = [
        (
            ago(item.created_at, now),
            item.kind,
            item.session_id,
            item.target.name if item.target else "",
        )
        for item in items
    ]
    return table(("when", "what", "session", "file"), rows, output.page_width) if rows else ""


def _values(item: _Item) -> dict[str, object]:
    return {
        "kind": item.kind,
        "session_id": item.session_id,
        "created_at": item.created_at.isoformat(),
        "path": None if item.target is None else str(item.target),
    }
