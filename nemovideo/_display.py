"""What notebooks show. It is asked for here, and drawn in `nemovideo.notebook`.

That module stands above everything it draws, and is loaded by name when a notebook asks: nothing
down here depends on it.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast

_DRAWN_IN = "nemovideo.notebook"


class NotebookRepr:
    """Something that notebooks show as HTML, light or dark, with plain text for other places."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude  # IPython drops what it does not want
        return cast("dict[str, str]", import_module(_DRAWN_IN).mimebundle(self))

    def _repr_html_(self) -> str:
        return self._repr_mimebundle_()["text/html"]
