"""The videos of a report in little memory: a tenth of what they take, ten thousand may be held."""

from __future__ import annotations

import pickle
import zlib
from io import BytesIO
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from nemovideo.operations.video import Video, of_client

if TYPE_CHECKING:
    from nemovideo.resources.resource_set import Resources

Place: TypeAlias = tuple[str | None, str | None]
"""Where a video is, as a text, and the session that it was made in."""

_LEVEL: Final = 6
_WINDOW: Final = 32 * 1024
"""So far back a compressor looks."""


class VideoPacker:
    """Compresses the videos of one batch, which are much alike: against the first of them.

    Args:
        resources: those of the client, which every video gets back.
    """

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._sample = b""

    def pack(self, place: Place, video: Video) -> bytes:
        """Return a video in little memory, with its place, most of which it has in it as well."""
        plain = b"".join(pickle.dumps(each, pickle.HIGHEST_PROTOCOL) for each in (place, video))
        if not self._sample:
            self._sample = plain[-_WINDOW:]
        packer = zlib.compressobj(_LEVEL, zdict=self._sample)
        return packer.compress(plain) + packer.flush()

    def unpack_place(self, packed: bytes) -> Place:
        """Return the place of a video that was packed."""
        # Of this process, here and below: nothing that came from outside is unpickled.
        return cast("Place", pickle.load(self._open(packed)))  # noqa: S301

    def unpack_video(self, packed: bytes) -> Video:
        """Return a video that was packed."""
        opened = self._open(packed)
        pickle.load(opened)  # noqa: S301
        return of_client(cast("Video", pickle.load(opened)), self._resources)  # noqa: S301

    def _open(self, packed: bytes) -> BytesIO:
        return BytesIO(zlib.decompressobj(zdict=self._sample).decompress(packed))
