"""Parse and compare drafts: small ones at once, large ones in a thread."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final, TypeVar

from nemovideo.concurrency.threads import run_in_thread

if TYPE_CHECKING:
    from nemovideo.timeline.change import Change
    from nemovideo.timeline.draft import Draft

_T = TypeVar("_T")

_MANY: Final = 500
"""Segments. Parsing and comparing so many takes some milliseconds."""


async def diff_drafts(newer: Draft, older: Draft) -> tuple[Change, ...]:
    """Return what changed from `older` to `newer`, see `Timeline.diff`."""
    if newer is older:
        return ()
    return await run_sized(lambda: tuple(newer.timeline.diff(older.timeline)), newer, older)


async def drafts_differ(newer: Draft, older: Draft) -> bool:
    """Return True if a person could tell the two apart, see `Draft.differs_from`."""
    return await run_sized(lambda: newer.differs_from(older), newer, older)


async def fingerprint_of(draft: Draft) -> str:
    return await run_sized(lambda: draft.fingerprint, draft)


async def read_timeline(draft: Draft) -> None:
    """Parse a large draft, so that `draft.timeline` does not block the event loop."""
    if _is_large(draft):
        await run_in_thread(lambda: draft.timeline)


def _is_large(draft: Draft) -> bool:
    return draft.segment_count >= _MANY


async def run_sized(work: Callable[[], _T], *drafts: Draft) -> _T:
    """Do `work` on `drafts`: in a thread if one of them is large, else at once."""
    return await run_in_thread(work) if any(map(_is_large, drafts)) else work()
