"""The videos of a report in little memory: a tenth of what they take, ten thousand may be held."""

from __future__ import annotations

import pickle
import zlib
from typing import TYPE_CHECKING, Final, cast

from nemovideo.operations.video import Video, of_client

if TYPE_CHECKING:
    from nemovideo.resources.resource_set import Resources

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

    def pack(self, video: Video) -> bytes:
        """Return a video in little memory."""
        plain = pickle.dumps(video, pickle.HIGHEST_PROTOCOL)
        if not self._sample:
            self._sample = plain[-_WINDOW:]
        packer = zlib.compressobj(_LEVEL, zdict=self._sample)
        return packer.compress(plain) + packer.flush()

    def unpack(self, packed: bytes) -> Video:
        """Return a video that was packed."""
        plain = zlib.decompressobj(zdict=self._sample).decompress(packed)
        # Of this process: nothing that came from outside is unpickled.
        video = cast("Video", pickle.loads(plain))  # noqa: S301
        return of_client(video, self._resources)
