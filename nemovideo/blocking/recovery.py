"""Unfinished work, for programs without async."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Generic, TypeVar

from nemovideo.blocking.portal import Portal
from nemovideo.blocking.video import Video
from nemovideo.models.turn import Turn
from nemovideo.operations import recovery
from nemovideo.operations.video import Video as AsyncVideo

_A = TypeVar("_A")


class _Unfinished(Generic[_A]):
    """Something that the journal knows to be unfinished."""

    def __init__(self, portal: Portal, item: recovery.Unfinished[_A]) -> None:
        self._portal = portal
        self._item = item

    @property
    def kind(self) -> str:
        """What kind of work it is: "message" or "render"."""
        return self._item.kind

    @property
    def session_id(self) -> str:
        """The session that it belongs to."""
        return self._item.session_id

    @property
    def created_at(self) -> datetime:
        """When it was started, with a time zone."""
        return self._item.created_at

    @property
    def target(self) -> Path | None:
        """Where it is to be saved; once resumed, where it was saved."""
        return self._item.target

    @property
    def path(self) -> Path | None:
        """The same as `target`."""
        return self._item.path

    @property
    def prompt_digest(self) -> str | None:
        """A digest of its prompt, if known."""
        return self._item.prompt_digest

    @property
    def key(self) -> str | None:
        """The key that it was given, if any."""
        return self._item.key

    def forget(self) -> None:
        """Discard it: it is no longer listed, and its key is free. Nothing is sent.

        Raises:
            InProgressError: it is in progress elsewhere.
            NemoVideoError: the journal cannot be written.
        """
        self._portal.run(self._item.forget)

    def __repr__(self) -> str:
        return repr(self._item)


class UnfinishedRender(_Unfinished[AsyncVideo]):
    """A render that was submitted, and whose file was not fetched."""

    def __init__(self, portal: Portal, item: recovery.UnfinishedRender) -> None:
        super().__init__(portal, item)
        self._render = item

    @property
    def render_id(self) -> str:
        """The id of the render."""
        return self._render.render_id

    def resume(self) -> Video:
        """Bring it to its end; afterwards it is not listed any more.

        A file that has appeared at its target in the meantime is not overwritten: the video is then
        saved under a free name in the same folder, which `target` has afterwards.

        Resumed a second time in this process, it returns the same result.

        Raises:
            InProgressError: another process is at work on it.
            SessionNotFoundError: its session is gone; from now on it is not listed any more.
            NemoVideoError: another process has finished it, or the service cannot be reached.
        """
        return Video(self._portal, self._portal.run(self._render.resume))


class UnfinishedMessage(_Unfinished[Turn]):
    """A message whose answer was lost."""

    def __init__(self, portal: Portal, item: recovery.UnfinishedMessage) -> None:
        super().__init__(portal, item)
        self._message = item

    @property
    def task_id(self) -> str | None:
        """The task of the session, if known."""
        return self._message.task_id

    def resume(self) -> Turn:
        """Bring it to its end; afterwards it is not listed any more.

        A file that has appeared at its target in the meantime is not overwritten: the video is then
        saved under a free name in the same folder, which `target` has afterwards.

        Resumed a second time in this process, it returns the same result.

        Raises:
            InProgressError: another process is at work on it.
            SessionNotFoundError: its session is gone; from now on it is not listed any more.
            NemoVideoError: another process has finished it, or the service cannot be reached.
        """
        return self._portal.run(self._message.resume)


def wrap(
    portal: Portal, item: recovery.UnfinishedMessage | recovery.UnfinishedRender
) -> UnfinishedMessage | UnfinishedRender:
    """Return the blocking form of an unfinished item."""
    if isinstance(item, recovery.UnfinishedRender):
        return UnfinishedRender(portal, item)
    return UnfinishedMessage(portal, item)
