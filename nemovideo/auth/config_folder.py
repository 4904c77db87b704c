"""The config folder: the client id that the vendor's tools share, and the saved tokens.

Every method blocks, so an async caller runs it in a thread. Many processes may use the folder at
once. If it cannot be used, each method raises `StoreUnavailable`, and the caller goes on in memory.
"""

from __future__ import annotations

import contextlib
import json
import logging
import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias, cast

from nemovideo.security.file_lock import FileLock
from nemovideo.security.private_files import (
    StoreUnavailable,
    check_folder,
    ensure_folder,
    map_os_errors,
    read_private,
    write_private,
)
from nemovideo.security.redaction import Secret

__all__ = ["ConfigFolder", "FileLock", "SavedToken", "StoreUnavailable"]

_logger = logging.getLogger(__name__)

# Upper and lower case are left alone: in another case it may be another client to the service.
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

LOCK_TIMEOUT = 5.0
"""Seconds to wait for the lock, which is held for under a millisecond, a slow fsync apart."""

_Entry: TypeAlias = dict[str, object]


@dataclass(frozen=True, slots=True)
class SavedToken:
    """A token with its expiry and its owner, as far as they are known."""

    token: Secret
    expires_at: datetime | None = None
    user_id: str | None = None
    client_id: str | None = None

    def is_expired(self, now: datetime) -> bool:
        """Return True if the token has expired at `now`, an aware time."""
        return self.expires_at is not None and self.expires_at <= now


class ConfigFolder:
    """The folder `path`, by default `~/.config/nemovideo` (wire-contract section 1).

    Nothing is touched until a method is called, and reading creates nothing. The folder has mode
    0700 and its files 0600 from the first instant. Links, files of other users and pipes are
    refused.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._client_id = path / "client_id"
        self._tokens = path / "tokens.json"

    def read_client_id(self) -> str | None:
        """Return the client id of the vendor's file `client_id`; None without a valid one."""
        # The vendor's tools make this file too, with any mode; it is no secret by itself.
        data = self._read(self._client_id, restrict_mode=False)
        text = (data or b"").decode("utf-8-sig", errors="replace").strip()
        return text if _UUID.fullmatch(text) else None

    def write_client_id(
        self, value: str, refused: str | None = None, timeout: float = LOCK_TIMEOUT
    ) -> str:
        """Save `value`, a UUID, as the client id of this and the vendor's tools.

        Returns:
            The saved id: one that was there before stays, unless it is `refused`.
        """
        if not _UUID.fullmatch(value):
            raise ValueError("a client id is a UUID")
        with self._changing(timeout):
            existing = self.read_client_id()
            if existing not in (None, refused):
                return existing
            write_private(self._client_id, f"{value}\n".encode())
            return value

    def read_token(self, base_url: str, now: datetime | None = None) -> SavedToken | None:
        """Return the token saved for `base_url`, or None if there is none or it has expired.

        A token file that cannot be parsed is renamed with a warning.

        Args:
            now: an aware time; None returns an expired token as well.
        """
        data = self._read(self._tokens, restrict_mode=True)
        if data is None:
            return None
        entries = _parse(data)
        if entries is None:
            with self._changing():
                entries = self._load()
        saved = _parse_entry(entries.get(base_url))
        expired = saved is not None and now is not None and saved.is_expired(now)
        return None if expired else saved

    def write_token(
        self,
        base_url: str,
        saved: SavedToken,
        now: datetime | None = None,
        timeout: float = LOCK_TIMEOUT,
    ) -> None:
        """Save a token for `base_url`, and delete those of other URLs that expired by `now`."""
        with self._changing(timeout):
            entries = _prune(self._load(), now or datetime.now(UTC))
            self._save(entries | {base_url: _build_entry(saved)})

    def lock(self) -> FileLock:
        """Return a new lock, not acquired yet, under which one process or thread requests a token.

        It may be held as long as a request takes; the methods above do not wait for it.
        """
        return _FolderLock(self.path, self.path / "tokens.lock")

    def _read(self, path: Path, *, restrict_mode: bool) -> bytes | None:
        return read_private(path, restrict_mode=restrict_mode) if check_folder(self.path) else None

    @contextlib.contextmanager
    def _changing(self, timeout: float = LOCK_TIMEOUT) -> Generator[None, None, None]:
        # Two processes that read, change and replace at once would lose a token.
        ensure_folder(self.path)
        guard = FileLock(self.path / ".store.lock")
        guard.acquire(timeout)
        try:
            yield
        finally:
            guard.release()

    def _load(self) -> _Entry:
        data = self._read(self._tokens, restrict_mode=True)
        entries = _parse(data) if data is not None else {}
        if entries is not None:
            return entries
        aside = self._tokens.with_name("tokens.json.corrupt")
        with map_os_errors(self._tokens):
            self._tokens.replace(aside)
        _logger.warning("The saved tokens could not be read; the file was renamed to %s.", aside)
        return {}

    def _save(self, entries: _Entry) -> None:
        write_private(self._tokens, json.dumps(entries, indent=2).encode())


class _FolderLock(FileLock):
    """A lock in a folder that may not exist yet."""

    def __init__(self, folder: Path, path: Path) -> None:
        super().__init__(path)
        self._folder = folder

    def try_acquire(self) -> bool:
        """Acquire the lock if it is free, and make its folder first."""
        ensure_folder(self._folder)
        return super().try_acquire()


def _parse(data: bytes) -> _Entry | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return cast("_Entry", found) if isinstance(found, dict) else None


def _parse_entry(found: object) -> SavedToken | None:
    if not isinstance(found, dict):
        return None
    entry = cast("_Entry", found)
    token, expires_at = _text(entry.get("token")), _text(entry.get("expires_at"))
    # A line break in the file would be a header of its own on the wire.
    if token is None or not (token.isascii() and token.isprintable()):
        return None
    try:
        expires = None if expires_at is None else datetime.fromisoformat(expires_at)
    except ValueError:
        return None
    if expires is not None and expires.tzinfo is None:
        expires = expires.replace(tzinfo=UTC)
    return SavedToken(
        Secret(token), expires, _text(entry.get("user_id")), _text(entry.get("client_id"))
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _build_entry(saved: SavedToken) -> _Entry:
    return {
        "token": saved.token.reveal(),
        "expires_at": None if saved.expires_at is None else saved.expires_at.isoformat(),
        "user_id": saved.user_id,
        "client_id": saved.client_id,
    }


def _prune(entries: _Entry, now: datetime) -> _Entry:
    read = {url: _parse_entry(entry) for url, entry in entries.items()}
    return {url: entries[url] for url, saved in read.items() if saved and not saved.is_expired(now)}
