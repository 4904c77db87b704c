"""What was paid for and not brought home, for programs without async."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from nemovideo.blocking.docstrings import copy_docstrings
from nemovideo.blocking.portal import Portal
from nemovideo.blocking.video import Video
from nemovideo.models.turn import Turn
from nemovideo.operations import recovery
from nemovideo.operations.video import Video as AsyncVideo

_A = TypeVar("_A")


@copy_docstrings(recovery.Unfinished)
class _Unfinished(Generic[_A]):
    def __init__(self, portal: Portal, item: recovery.Unfinished[_A]) -> None:
        self._portal = portal
        self._item = item

    @property
    def kind(self) -> str:
        """ "message" or "render"."""
        return self._item.kind

    @property
    def session_id(self) -> str:
        """The session that it belongs to."""
        return self._item.session_id

    @property
    def created_at(self) -> datetime:
        """When it was begun, with a time zone."""
        return self._item.created_at

    @property
    def target(self) -> Path | None:
        """Where it was to be saved, and once it is resumed, where it was."""
        return self._item.target

    @property
    def path(self) -> Path | None:
        """The same as `target`."""
        return self._item.path

    @property
    def prompt_digest(self) -> str | None:
        """What tells its prompt from others in the same journal, where it is known."""
        return self._item.prompt_digest

    def forget(self) -> None:
        self._portal.run(self._item.forget)

    def __repr__(self) -> str:
        return repr(self._item)


@copy_docstrings(recovery.UnfinishedRender)
class UnfinishedRender(_Unfinished[AsyncVideo]):
    def __init__(self, portal: Portal, item: recovery.UnfinishedRender) -> None:
        super().__init__(portal, item)
        self._render = item

    @property
    def render_id(self) -> str:
        """Its id."""
        return self._render.render_id

    def resume(self) -> Video:
        return Video(self._portal, self._portal.run(self._render.resume))


@copy_docstrings(recovery.UnfinishedMessage)
class UnfinishedMessage(_Unfinished[Turn]):
    def __init__(self, portal: Portal, item: recovery.UnfinishedMessage) -> None:
        super().__init__(portal, item)
        self._message = item

    @property
    def task_id(self) -> str | None:
        """The task of the session, where it is known."""
        return self._message.task_id

    def resume(self) -> Turn:
        return self._portal.run(self._message.resume)


def wrap(
    portal: Portal, item: recovery.UnfinishedMessage | recovery.UnfinishedRender
) -> UnfinishedMessage | UnfinishedRender:
    """Return the blocking form of one unfinished thing."""
    if isinstance(item, recovery.UnfinishedRender):
        return UnfinishedRender(portal, item)
    return UnfinishedMessage(portal, item)
