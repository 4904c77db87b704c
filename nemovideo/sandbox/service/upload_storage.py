"""Taking in uploads: counted, hashed and looked into while they go to disk."""

import asyncio
import hashlib
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nemovideo.sandbox.service.accounts import Service
from nemovideo.sandbox.service.errors import file_too_large, unsupported_file
from nemovideo.sandbox.service.settings import EXTENSIONS
from nemovideo.sandbox.service.signed_links import SignedLinks
from nemovideo.sandbox.storage.records import Asset, Session
from nemovideo.sandbox.storage.store import Store


@dataclass(frozen=True)
class StoredUpload:
    """A file on disk that has not been given to a session yet."""

    filename: str
    path: Path
    size: int
    sha256: str


class UploadStorage:
    """Writes uploads to disk and says what they are."""

    def __init__(self, service: Service, store: Store, links: SignedLinks) -> None:
        self._service = service
        self._store = store
        self._links = links

    async def receive(self, filename: str, chunks: AsyncIterator[bytes]) -> StoredUpload:
        """Stream one upload to disk; refuse it by its name or its size.

        Memory stays flat: a chunk is hashed and written in a thread before the next is read.
        """
        # A header may hold bytes that are no text; links and JSON cannot.
        filename = filename.encode("utf-8", "replace").decode()
        name = PurePosixPath(filename.replace("\\", "/")).name
        suffix = PurePosixPath(name).suffix.lower()
        if suffix.lstrip(".") not in EXTENSIONS:
            raise unsupported_file(name or "a file without a name")
        path = self._store.new_path(f"{secrets.token_hex(16)}{suffix}")
        try:
            size, digest = await self._write(name, path, chunks)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return StoredUpload(name, path, size, digest)

    async def attach(self, session: Session, taken: list[StoredUpload]) -> list[Asset]:
        """Look into the files and give them to the session: all of them or none."""
        try:
            assets = [await self._describe(file) for file in taken]
        except BaseException:
            self.discard(taken)
            raise
        for asset in assets:
            asset.filename = self._service.unique_name(session, asset.filename)
            self._service.attach(session, [asset])
        return assets

    def discard(self, taken: list[StoredUpload]) -> None:
        """Remove files that will not be kept."""
        for file in taken:
            file.path.unlink(missing_ok=True)

    async def _write(self, name: str, path: Path, chunks: AsyncIterator[bytes]) -> tuple[int, str]:
        digest = hashlib.sha256()
        size = 0
        with await asyncio.to_thread(path.open, "wb") as file:

            def put(chunk: bytes) -> None:
                digest.update(chunk)
                file.write(chunk)

            async for chunk in chunks:
                size += len(chunk)
                if size > self._service.settings.upload_limit:
                    raise file_too_large(name, self._service.settings.upload_limit)
                await asyncio.to_thread(put, chunk)
        return size, digest.hexdigest()

    async def _describe(self, taken: StoredUpload) -> Asset:
        # Here and not at the top: the decoder takes a third of a second to load.
        from nemovideo.sandbox.studio import probe

        info = await asyncio.to_thread(probe, taken.path)
        named = EXTENSIONS[taken.path.suffix.lstrip(".")]
        if info is None or not _may_be(named, info.kind):
            raise unsupported_file(taken.filename)
        file = self._links.register(taken.path, taken.filename)
        return Asset(
            filename=taken.filename,
            file_type=info.kind,
            file_id=file.file_id,
            size=taken.size,
            hash=taken.sha256,
            duration=info.duration,
            width=info.width,
            height=info.height,
            fps=info.fps,
        )


def _may_be(named: str, found: str) -> bool:
    """Whether content fits a name: sound in a video's container is fine, text in a .jpg is not."""
    return named == found or {named, found} <= {"video", "audio"}
