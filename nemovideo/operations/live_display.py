"""The progress display of an operation in a notebook."""

from __future__ import annotations

import sys
from asyncio import CancelledError
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, Protocol, cast

if TYPE_CHECKING:
    from nemovideo.events import Event


class ProgressDisplay(Protocol):
    """Shows one operation in a notebook."""

    def update(self, event: Event) -> None: ...

    async def finish(self, result: object) -> None: ...


async def prepare_card(video: object) -> None:
    """Fetch what a notebook shows of a video that is not saved; nothing elsewhere."""
    if live_display() is not None:
        await import_module("nemovideo.notebook").fetch_contact_sheet(video)


def live_display() -> ProgressDisplay | None:
    """Return a new display if a notebook runs this code and progress is wanted."""
    if not is_notebook():
        return None
    return cast("ProgressDisplay | None", import_module("nemovideo.notebook").new_display())


def shorten_interruption(error: BaseException, *, shown: bool = False) -> bool:
    """Have a notebook show its stop button in one line, without the frames of this package.

    Args:
        shown: a card says what becomes of what was sent.

    Returns:
        Whether that is what the error is.
    """
    if not is_notebook():
        return False
    if not isinstance(error, (KeyboardInterrupt, CancelledError)):
        return False
    # IPython asks an exception for it.
    vars(error)["_render_traceback_"] = lambda: ["Interrupted." if shown else _INTERRUPTED]
    return True


_INTERRUPTED: Final = (
    "Interrupted. What was sent goes on: run a batch or a call with a key again, else"
    " client.recover()."
)


def is_notebook() -> bool:
    """Return whether a notebook runs this code: no plain program, and no IPython in a terminal."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return shell is not None and hasattr(shell, "kernel")
