"""SignedLinks to stored files: signed, and good for a while."""

import hashlib
import hmac
import mimetypes
import secrets
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.storage.records import StoredFile
from nemovideo.sandbox.storage.store import Store


@dataclass(frozen=True)
class FileOnDisk:
    """A file behind a good link."""

    path: Path
    filename: str
    media_type: str


class SignedLinks:
    """Makes and checks the links of the CDN; each is good for `lifetime` seconds."""

    def __init__(self, store: Store, clock: Clock, lifetime: float) -> None:
        self._store = store
        self._clock = clock
        self._lifetime = lifetime
        # SignedLinks are made anew for every answer, so the key need not outlive the process.
        self._key = secrets.token_bytes(32)
        self.base = ""

    def register(self, path: Path, filename: str, file_id: str | None = None) -> StoredFile:
        """Write down a file that lies in the store's folder."""
        media_type = mimetypes.guess_type(filename)[0] or "application/octet-stream"
        kept = StoredFile(
            file_id=file_id or secrets.token_hex(16),
            path=str(path.relative_to(self._store.folder)),
            filename=filename,
            media_type=media_type,
        )
        self._store.save(kept)
        return kept

    def url(self, file_id: str | None) -> str | None:
        """A signed link to a file, None where there is no file."""
        file = self._store.files.get(file_id or "")
        if file is None:
            return None
        expires = int(self._clock.now() + self._lifetime)
        signature = self._sign(file.file_id, expires)
        name = quote(file.filename)
        return f"{self.base}/files/{file.file_id}/{name}?expires={expires}&signature={signature}"

    def find(self, file_id: str) -> FileOnDisk | None:
        """The file of this id, when it is still there."""
        file = self._store.files.get(file_id)
        if file is None or not self._store.path_of(file).is_file():
            return None
        return FileOnDisk(self._store.path_of(file), file.filename, file.media_type)

    def is_valid(self, file_id: str, expires: str, signature: str) -> bool:
        """Whether a link's signature is right and its time not over."""
        if not expires.isdigit() or int(expires) < self._clock.now():
            return False
        return hmac.compare_digest(signature, self._sign(file_id, int(expires)))

    def _sign(self, file_id: str, expires: int) -> str:
        message = f"{file_id}:{expires}".encode()
        return hmac.new(self._key, message, hashlib.sha256).hexdigest()
