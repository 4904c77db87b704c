"""The base class of the views."""

from __future__ import annotations

from typing import Self

from nemovideo.events import Event


class View:
    """Shows the progress of an operation, as a context manager around it. This one is silent."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Stop showing."""

    def event(self, event: Event) -> None:
        """Show an event."""

    def finish(self) -> None:
        """Show that the operation is complete."""
