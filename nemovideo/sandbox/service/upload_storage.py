"""Uploads: counted and hashed while they are written to disk, then probed."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nemovideo.sandbox.service.accounts import Service
from nemovideo.sandbox.service.errors import APIError
from nemovideo.sandbox.service.settings import EXTENSIONS
from nemovideo.sandbox.service.signed_links import SignedLinks
from nemovideo.sandbox.storage.records import Asset, Session
from nemovideo.sandbox.storage.store import Store


@dataclass(frozen=True)
class StoredUpload:
    """A file on disk that belongs to no session yet."""

    filename: str
    path: Path
    size: int
    sha256: str


class UploadStorage:
    """Writes uploads to disk and adds them to sessions."""

    def __init__(self, service: Service, store: Store, links: SignedLinks) -> None:
        self._service = service
        self._store = store
        self._links = links

    async def receive(self, filename: str, chunks: AsyncIterator[bytes]) -> StoredUpload:
        """Stream one upload to disk; raise `APIError` for its extension or its size.

        Memory use is constant: each chunk is hashed and written before the next one is read.
        """
        # A header may hold bytes that are not text; URLs and JSON cannot.
        filename = filename.encode("utf-8", "replace").decode()
        name = PurePosixPath(filename.replace("\\", "/")).name
        suffix = PurePosixPath(name).suffix.lower()
        if suffix.lstrip(".") not in EXTENSIONS:
            raise _unsupported(name or "a file without a name")
        path = self._store.new_path(f"{secrets.token_hex(16)}{suffix}")
        try:
            size, digest = await self._write(name, path, chunks)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return StoredUpload(name, path, size, digest)

    async def attach(self, session: Session, uploads: list[StoredUpload]) -> list[Asset]:
        """Probe the files and add them to the session: all of them or none."""
        try:
            assets = [await self._describe(upload) for upload in uploads]
        except BaseException:
            self.discard(uploads)
            raise
        for asset in assets:
            self._service.add_asset(session, asset)
        return assets

    def discard(self, uploads: list[StoredUpload]) -> None:
        for upload in uploads:
            upload.path.unlink(missing_ok=True)

    async def _write(self, name: str, path: Path, chunks: AsyncIterator[bytes]) -> tuple[int, str]:
        digest = hashlib.sha256()
        size, limit = 0, self._service.settings.upload_limit
        await asyncio.to_thread(path.touch)

        def write(chunk: bytes) -> None:
            digest.update(chunk)
            # Opened for each chunk: a file opened by a thread would stay open if the request is
            # cancelled. Then it is deleted, and must not come back.
            with path.open("r+b") as file:
                file.seek(0, os.SEEK_END)
                file.write(chunk)

        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise APIError(4002, f"File too large: {name} is over {limit // 2**20} MB")
            await asyncio.to_thread(write, chunk)
        return size, digest.hexdigest()

    async def _describe(self, upload: StoredUpload) -> Asset:
        # Here and not at the top: the decoder takes a third of a second to load.
        from nemovideo.sandbox.studio import probe

        info = await asyncio.to_thread(probe, upload.path)
        expected = EXTENSIONS[upload.path.suffix.lstrip(".")]
        # Sound in a video's container is fine, text in a .jpg is not.
        if info is None or not (expected == info.kind or {expected, info.kind} <= _TIMED):
            raise _unsupported(upload.filename)
        file = self._links.register(upload.path, upload.filename)
        return Asset(
            filename=upload.filename,
            file_type=info.kind,
            file_id=file.file_id,
            size=upload.size,
            hash=upload.sha256,
            duration=info.duration,
            width=info.width,
            height=info.height,
            fps=info.fps,
        )


_TIMED = {"video", "audio"}


def _unsupported(filename: str) -> APIError:
    return APIError(4001, f"Unsupported file: {filename}")
