"""The display in a notebook that follows an operation, where one is wanted."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from nemovideo.events import Event


class ProgressDisplay(Protocol):
    """A display in a notebook that follows one piece of work."""

    def update(self, event: Event) -> None:
        """Show what happens."""
        ...

    async def finish(self, outcome: object) -> None:
        """Show what came of it: the result, or the error."""
        ...


def live_display() -> ProgressDisplay | None:
    """Return a new display where a notebook is running this code and wants one, else None."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None  # a plain program, or IPython in a terminal
    return cast("ProgressDisplay | None", import_module("nemovideo.notebook").new_display())
