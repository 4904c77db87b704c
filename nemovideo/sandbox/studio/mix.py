"""Mixing the sounds of a plan into one bounded stereo stream, block by block."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from nemovideo.sandbox.studio.media import SoundReader
from nemovideo.sandbox.studio.music import Piece
from nemovideo.sandbox.studio.render_plan import ClipSpec, Sound

Floats = NDArray[np.float32]

# Up to the knee a sample passes unchanged; what is louder is bent to stay under the ceiling.
_KNEE, _CEILING = 0.9, 0.96


class Source(Protocol):
    """Something that gives the next samples as (count, 2); fewer or none at its end."""

    def read(self, count: int) -> Floats: ...

    def close(self) -> None: ...


class Mixer:
    """Adds up every sound of the plan.

    Args:
        sounds: the sounds, in samples of the whole video.
        length: how many samples there are in all; nothing is ever given beyond it.
        files: uploaded files by name.
    """

    def __init__(self, sounds: Sequence[Sound], length: int, files: Mapping[str, Path]) -> None:
        self.position: int = 0
        self.length = length
        self._waiting = sorted((s for s in sounds if s.start < length), key=lambda s: s.start)
        self._playing: list[tuple[Sound, Source]] = []
        self._files = files

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for _sound, source in self._playing:
            source.close()

    def read(self, count: int) -> Floats:
        """The next ``count`` samples as floats of shape (count, 2), within -1 and 1."""
        count = max(0, min(count, self.length - self.position))
        block = np.zeros((count, 2), np.float32)
        end = self.position + count
        while self._waiting and self._waiting[0].start < end:
            sound = self._waiting.pop(0)
            self._playing.append((sound, self._open(sound)))
        for sound, source in list(self._playing):
            _add(block, self.position, sound, source)
            if sound.end <= end:
                source.close()
                self._playing.remove((sound, source))
        self.position = end
        return bounded(block)

    def _open(self, sound: Sound) -> Source:
        if isinstance(sound.source, ClipSpec):
            return SoundReader(self._files[sound.source.asset], sound.source)
        return Piece(sound.source, sound.end - sound.start)


def bounded(block: Floats) -> Floats:
    """Bend what is too loud under the ceiling, so that nothing ever clips."""
    if not block.size or float(np.abs(block).max()) <= _KNEE:
        return block
    size = np.abs(block)
    buffer = _CEILING - _KNEE
    bent = _KNEE + buffer * np.tanh((size - _KNEE) / buffer)
    return np.where(size > _KNEE, np.copysign(bent, block), block).astype(np.float32)


def _add(block: Floats, position: int, sound: Sound, source: Source) -> None:
    start, end = max(sound.start, position), min(sound.end, position + len(block))
    samples = source.read(end - start)
    if not len(samples):
        return
    at = np.arange(start, start + len(samples), dtype=np.float32)
    gain = np.full(len(samples), sound.volume, np.float32)
    if sound.fade_in:
        gain *= np.clip((at - sound.start) / sound.fade_in, 0, 1)
    if sound.fade_out:
        gain *= np.clip((sound.end - at) / sound.fade_out, 0, 1)
    first = start - position
    block[first : first + len(samples)] += samples * gain[:, None]
