"""`nemovideo recover`: finishes work that was paid for and interrupted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from anyio import to_thread

from nemovideo.cli.chinese_help import locale_language
from nemovideo.cli.chinese_texts import in_locale
from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.display.output import Output, StyledText
from nemovideo.cli.display.summary import draw
from nemovideo.cli.error_output import DONE, FAILED, error_line, error_object
from nemovideo.cli.output_paths import free_path, session_stem
from nemovideo.errors import NemoVideoError
from nemovideo.language.sentences import localize
from nemovideo.models.turn import Turn
from nemovideo.operations.video import Video
from nemovideo.progress.tables import table
from nemovideo.progress.units import ago
from nemovideo.timeline.change import describe
from nemovideo.validation.arguments import LONGEST_KEY

if TYPE_CHECKING:
    from nemovideo.operations.recovery import UnfinishedMessage, UnfinishedRender

    _Item: TypeAlias = UnfinishedMessage | UnfinishedRender

_HINT = (
    "Finish all of it: nemovideo recover. Give one up: nemovideo recover --forget KEY_OR_SESSION"
)


async def recover(
    context: CommandContext, output: Output, *, only_list: bool = False, forget: str | None = None
) -> int:
    """Resume unfinished work, or only list it, or discard that of a key or session `forget`."""
    items = await context.client.recover()
    if forget is not None:
        named = [each for each in items if forget in (each.key, each.session_id)]
        await _forget(context, named, forget, output)
        return DONE
    if not items:
        busy = await _busy_sessions(context)
        for each in busy:
            output.note(in_locale(f"Another process is at work on a message of session {each}."))
        if not busy:
            output.note(in_locale("Nothing is unfinished."))
    if only_list:
        if items:
            output.note(in_locale(_HINT), "dim")
        output.result(_table(items, output), unfinished=[_values(item) for item in items])
        return DONE
    results = [await _resume(item, output) for item in items]
    output.result("", recovered=[each for each in results if "error" not in each])
    return FAILED if any("error" in each for each in results) else DONE


async def _busy_sessions(context: CommandContext) -> list[str]:
    """Return the sessions whose messages other processes are at work on."""
    url = context.settings.base_url
    return await context.query_journal(
        lambda journal: [
            each for each in journal.recent_sessions(url) if journal.has_unfinished(url, each)
        ]
    )


async def _forget(context: CommandContext, items: list[_Item], name: str, output: Output) -> None:
    for item in items:
        await item.forget()
    freed = len(name) <= LONGEST_KEY and await context.client.forget(name)
    keys: set[str] = {item.key for item in items if item.key is not None}
    if freed:
        keys.add(name)
    if not items and not freed:
        raise NemoVideoError(
            f"There is no key {name}, and nothing is unfinished in a session {name}.",
            hint="What is unfinished: nemovideo recover --list",
        )
    lines = [in_locale(f"Discarded: {item.kind} of session {item.session_id}") for item in items]
    lines += [in_locale(f"Free again: the key {key}") for key in sorted(keys)]
    output.result("\n".join(lines), forgotten=[_values(item) for item in items], keys=sorted(keys))


async def _resume(item: _Item, output: Output) -> dict[str, object]:
    with output.spinner(in_locale(f"Finishing the {item.kind} of session {item.session_id}")):
        try:
            result = await item.resume()
        except NemoVideoError as error:
            output.print_error(error_line(error))
            values = _values(item) | {"error": error_object(error)}
            output.event("failed", **values)
            return values
        failure = await _save(result, output)
    values = _values(item) | result.to_dict() | failure
    output.event("failed" if failure else "recovered", **values)
    if not output.json:
        output.result(_summary(item, result, output))
    return values


async def _save(result: Video | Turn, output: Output) -> dict[str, object]:
    """Save a video that has no target; its URL is shown where that fails."""
    if not isinstance(result, Video) or result.path is not None:
        return {}
    try:
        await result.save(await _free_path(result))
    except NemoVideoError as error:
        output.print_error(error_line(error))
        return {"error": error_object(error)}
    return {}


async def _free_path(video: Video) -> Path:
    extension = "mp4" if video.render is None else video.render.format or "mp4"
    stem = session_stem(video.session_id)
    return await to_thread.run_sync(free_path, Path(), stem, extension)


def _summary(item: _Item, result: Video | Turn, output: Output) -> str:
    """Return a result's path or URL, or its session with what changed in it, or its film."""
    if not isinstance(result, Turn):
        return str(result.path or result.url)
    if item.target is not None and result.draft.is_ready:
        return str(item.target)
    language = locale_language()
    if changes := "; ".join(describe(result.changes, language or "en")):
        return in_locale(f"session {result.session_id}: {changes}")
    # Of a draft that was not empty the journal has a digest alone, so that no changes are known.
    ended = in_locale(f"Session {result.session_id}: the message has ended. The film now:")
    film = result.timeline
    empty = localize("state_empty", language)
    return StyledText(f"{ended}\n{draw(output, film, language) if film.tracks else empty}")


def _table(items: list[_Item], output: Output) -> str:
    now = datetime.now(UTC)
    rows = [
        (
            in_locale(ago(item.created_at, now)),
            in_locale(item.kind),
            item.session_id,
            item.key or "",
            item.target.name if item.target else "",
        )
        for item in items
    ]
    head = [*map(in_locale, ("when", "what", "session", "key", "file"))]
    return table(head, rows, output.stdout_width) if rows else ""


def _values(item: _Item) -> dict[str, object]:
    return {
        "kind": item.kind,
        "session_id": item.session_id,
        "key": item.key,
        "created_at": item.created_at.isoformat(),
        "path": None if item.target is None else str(item.target),
    }
