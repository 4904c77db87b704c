"""What the server was asked to make, on disk, so that a server started anew finds it by its key.

The journal holds digests only. To go on with a piece of work the server needs the words, so they
are stored here, in files that only their owner may read, and deleted after 90 days.
"""

from __future__ import annotations

import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, TypeAlias, cast

from nemovideo.security.file_lock import FileLock
from nemovideo.security.private_files import (
    StoreUnavailable,
    ensure_folder,
    read_private,
    write_private,
)

_logger = logging.getLogger("nemovideo.mcp")
_RETENTION_SECONDS = 90 * 86400
_LOCK_SECONDS = 5.0

Kind: TypeAlias = Literal["video", "edit", "export"]


@dataclass
class StoredRequest:
    """A piece of work that the server took on, and its result once there is one."""

    key: str
    kind: Kind
    text: str = ""
    """The prompt or the instruction."""
    files: tuple[str, ...] = ()
    language: str | None = None
    session_id: str | None = None
    stem: str = "video"
    """The name of its file, without the ending."""
    max_credits: float | None = None
    credits_before: int | float | None = None
    is_accepted: bool = False
    """Whether the service has begun to answer: then it may be paid for."""
    created_at: float = 0.0
    ended_at: float | None = None
    result: dict[str, Any] | None = field(default=None, repr=False)
    """What `wait_video` answers, once it is done."""
    failure: dict[str, Any] | None = field(default=None, repr=False)
    """Why it ended without a result: it is not retried without another yes."""

    @property
    def words(self) -> str:
        """A digest of what was asked for; case and spaces make no other words."""
        text = " ".join(self.text.casefold().split())
        content = [self.kind, text, self.files, self.language]
        if self.kind != "video":
            content.append(self.session_id)
        return hashlib.sha256(json.dumps(content).encode()).hexdigest()


class RequestStore:
    """The requests for one service, each in a file.

    Args:
        folder: Where the files are.
        base_url: The service: the same key is other work at another one.
        clock: Seconds since 1970.
    """

    def __init__(self, folder: Path, base_url: str, clock: Callable[[], float] = time.time) -> None:
        self._folder = folder / "mcp"
        self._base_url = base_url
        self._clock = clock

    def save(self, request: StoredRequest) -> None:
        """Write a request down."""
        ensure_folder(self._folder.parent)
        ensure_folder(self._folder)
        content = {"base_url": self._base_url, **asdict(request)}
        guard = FileLock(self._folder / ".lock")  # hosts may run several servers
        guard.acquire(_LOCK_SECONDS)
        try:
            write_private(self._path(request.key), json.dumps(content).encode())
        finally:
            guard.release()

    def load(self, key: str) -> StoredRequest | None:
        """Return the request with this key, if there is one."""
        return self._read(self._path(key))

    def all(self) -> list[StoredRequest]:
        """Return every request, the oldest first; files that are too old are deleted."""
        found = [request for path in self._paths() if (request := self._read(path)) is not None]
        return sorted(found, key=lambda each: each.created_at)

    def _paths(self) -> Iterator[Path]:
        oldest = self._clock() - _RETENTION_SECONDS
        with suppress(OSError):
            for path in list(self._folder.glob("*.json")):
                if path.lstat().st_mtime < oldest:
                    path.unlink()
                else:
                    yield path

    def _path(self, key: str) -> Path:
        digest = hashlib.sha256(f"{self._base_url}\n{key}".encode()).hexdigest()
        return self._folder / f"{digest[:32]}.json"

    def _read(self, path: Path) -> StoredRequest | None:
        try:
            data = read_private(path)
            values = {} if data is None else cast("dict[str, Any]", json.loads(data))
        except (StoreUnavailable, ValueError) as error:
            _logger.warning("A stored request cannot be read: %s", error)
            return None
        if not values or values.get("base_url") != self._base_url:
            return None
        names = [each.name for each in fields(StoredRequest)]
        known = {name: values[name] for name in names if name in values}
        try:
            request = StoredRequest(**known)
        except TypeError:  # a file of another program
            return None
        request.files = tuple(request.files)
        return request
