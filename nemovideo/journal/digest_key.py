"""Keyed digests: equal texts are found again, and nobody can try out what a text may have been."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from nemovideo.security.file_lock import FileLock
from nemovideo.security.private_files import ensure_folder, read_private, write_private

_KEY_BYTES = 32


class DigestKey:
    """The random key in the file `path`, made when it is first needed.

    Args:
        restrict_folder: close an existing folder to others; one that the user named is left alone.
    """

    def __init__(self, path: Path, *, restrict_folder: bool = True) -> None:
        self._path = path
        self._restrict_folder = restrict_folder
        self._key: bytes | None = None

    def digest(self, text: str, timeout: float) -> str:
        """Return the digest of `text`; `timeout` is for another process that makes the key."""
        if self._key is None:
            self._key = self._load(timeout)
        data = text.encode(errors="surrogatepass")
        return hmac.new(self._key, data, hashlib.sha256).hexdigest()

    def _load(self, timeout: float) -> bytes:
        guard = FileLock(self._path.with_suffix(".lock"))
        ensure_folder(self._path.parent, restrict_mode=self._restrict_folder)
        guard.acquire(timeout)
        try:
            key = read_private(self._path)
            if key is None or len(key) != _KEY_BYTES:
                key = secrets.token_bytes(_KEY_BYTES)
                write_private(self._path, key)
            return key
        finally:
            guard.release()
