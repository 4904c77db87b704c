"""Signed URLs of stored files, which expire."""

import hashlib
import hmac
import mimetypes
import secrets
from pathlib import Path
from urllib.parse import quote

from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.storage.records import StoredFile
from nemovideo.sandbox.storage.store import Store


class SignedLinks:
    """Creates and checks the URLs of the CDN; each is valid for `lifetime` seconds."""

    def __init__(self, store: Store, clock: Clock, lifetime: float) -> None:
        self._store = store
        self._clock = clock
        self._lifetime = lifetime
        # Every response has new URLs, so the key need not outlive the process.
        self._key = secrets.token_bytes(32)
        self.base = ""

    def register(self, path: Path, filename: str, file_id: str | None = None) -> StoredFile:
        """Record a file that is in the store's folder."""
        file = StoredFile(
            file_id=file_id or secrets.token_hex(16),
            path=str(path.relative_to(self._store.folder)),
            filename=filename,
            media_type=mimetypes.guess_type(filename)[0] or "application/octet-stream",
        )
        self._store.save(file)
        return file

    def url(self, file_id: str | None) -> str | None:
        """Return a signed URL of a file, None if there is no file."""
        file = self._store.files.get(file_id or "")
        if file is None:
            return None
        expires = int(self._clock.now() + self._lifetime)
        signature = self._sign(file.file_id, expires)
        name = quote(file.filename)
        return f"{self.base}/files/{file.file_id}/{name}?expires={expires}&signature={signature}"

    def find(self, file_id: str | None) -> StoredFile | None:
        """Return the file with this id, None if it is not there."""
        file = self._store.files.get(file_id or "")
        return file if file is not None and self._store.path_of(file).is_file() else None

    def is_valid(self, file_id: str, expires: str, signature: str) -> bool:
        if not expires.isdigit() or int(expires) < self._clock.now():
            return False
        return hmac.compare_digest(signature, self._sign(file_id, int(expires)))

    def _sign(self, file_id: str, expires: int) -> str:
        message = f"{file_id}:{expires}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()
