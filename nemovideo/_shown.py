"""What notebooks show. It is asked for here, and drawn in `nemovideo.notebook`.

That module stands above everything it draws, and is loaded by name when a notebook asks: nothing
down here depends on it.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

if TYPE_CHECKING:
    from nemovideo.events import Event

_DRAWN_IN = "nemovideo.notebook"


class Shown:
    """Something that notebooks show as HTML, light or dark, with plain text for other places."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude  # IPython drops what it does not want
        return cast("dict[str, str]", import_module(_DRAWN_IN).mimebundle(self))

    def _repr_html_(self) -> str:
        return self._repr_mimebundle_()["text/html"]


class Live(Protocol):
    """A display in a notebook that follows one piece of work."""

    def tell(self, event: Event) -> None:
        """Show what happens."""
        ...

    async def end(self, outcome: object) -> None:
        """Show what came of it: the result, or the error."""
        ...


def live_display() -> Live | None:
    """Return a new display where a notebook is running this code and wants one, else None."""
    ipython: Any = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    if shell is None or not hasattr(shell, "kernel"):
        return None  # a plain program, or IPython in a terminal
    return cast("Live | None", import_module(_DRAWN_IN).live_display())
