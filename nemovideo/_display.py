"""The notebook representation of results, which `nemovideo.notebook` draws.

That package imports everything that it draws, so it is loaded by name, when a notebook asks.
"""

from __future__ import annotations

from importlib import import_module
from typing import cast


class NotebookRepr:
    """A result that notebooks show as HTML."""

    __slots__ = ()

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        del include, exclude  # IPython filters by itself
        return cast("dict[str, str]", import_module("nemovideo.notebook").mimebundle(self))

    def _repr_html_(self) -> str:
        return self._repr_mimebundle_()["text/html"]
