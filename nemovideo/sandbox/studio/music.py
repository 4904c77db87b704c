"""Music made from a few rules: chords, a melody, bass and soft drums, a bar at a time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nemovideo.sandbox.studio.instruments import drum, note
from nemovideo.sandbox.studio.render_plan import SAMPLE_RATE, MusicSpec

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Mood:
    """How a mood sounds: beats a minute, root (MIDI), scale, chords by degree, how busy it is."""

    tempo: float
    root: int
    scale: tuple[int, ...]
    chords: tuple[tuple[int, ...], ...]
    lead: str
    pad: str
    drums: str
    melody: float


_MAJOR = (0, 2, 4, 5, 7, 9, 11)
_MINOR = (0, 2, 3, 5, 7, 8, 10)
_DORIAN = (0, 2, 3, 5, 7, 9, 10)
_LIFT, _WISTFUL = (0, 4, 5, 3), (0, 5, 3, 4)
_FALL, _TURN = (0, 5, 2, 6), (0, 3, 5, 4)

MOODS = {
    "calm": Mood(76, 60, _MAJOR, (_WISTFUL, (0, 3, 0, 4)), "piano", "pad", "none", 0.45),
    "happy": Mood(116, 62, _MAJOR, (_LIFT, _TURN), "guitar", "pad", "pop", 0.7),
    "epic": Mood(96, 57, _MINOR, (_FALL, (0, 5, 3, 4)), "strings", "strings", "march", 0.5),
    "sad": Mood(66, 57, _MINOR, (_FALL, _WISTFUL), "piano", "strings", "none", 0.4),
    "dark": Mood(80, 52, _MINOR, ((0, 0, 5, 4), (0, 3, 0, 6)), "synth", "pad", "march", 0.3),
    "lofi": Mood(78, 60, _DORIAN, ((0, 3, 6, 2), (1, 4, 0, 5)), "piano", "pad", "lofi", 0.45),
    "electronic": Mood(122, 57, _MINOR, (_FALL, (0, 2, 5, 6)), "synth", "pad", "house", 0.75),
    "romantic": Mood(76, 62, _MAJOR, (_WISTFUL, (0, 2, 3, 4)), "strings", "pad", "none", 0.5),
    "jazz": Mood(104, 60, _DORIAN, ((1, 4, 0, 5), (0, 3, 1, 4)), "piano", "pad", "lofi", 0.7),
    "rock": Mood(128, 52, _MINOR, ((0, 5, 2, 6), (0, 0, 3, 4)), "guitar", "synth", "pop", 0.6),
}
_SYNONYMS = {
    "lo-fi": "lofi", "chill": "lofi", "relaxing": "calm", "peaceful": "calm", "ambient": "calm",
    "upbeat": "happy", "cheerful": "happy", "playful": "happy", "cinematic": "epic",
    "dramatic": "epic", "inspiring": "epic", "melancholy": "sad", "emotional": "sad",
    "tense": "dark", "mysterious": "dark", "edm": "electronic", "techno": "electronic",
    "synthwave": "electronic", "dance": "electronic",
}  # fmt: skip
_LEADS = ("piano", "synth", "guitar", "strings", "flute", "bells")
_BEATS = 4
_EDGE = 0.02


class Piece:
    """A piece of music of a given length, read block by block.

    Args:
        spec: mood, tempo, instrument and seed; what is absent is chosen by the mood.
        length: in samples. The piece fades out at its end.
    """

    def __init__(self, spec: MusicSpec, length: int) -> None:
        name = _SYNONYMS.get(spec.mood, spec.mood)
        self._mood = MOODS.get(name, MOODS["calm"])
        tempo = spec.tempo if 40 <= spec.tempo <= 220 else self._mood.tempo
        self._beat_samples = round(SAMPLE_RATE * 60 / tempo)
        self._lead = spec.instrument if spec.instrument in _LEADS else self._mood.lead
        self._drummed = spec.instrument == "drums" or self._mood.drums in ("house", "pop")
        drums = self._mood.drums
        self._pattern = "march" if spec.instrument == "drums" and drums == "none" else drums
        self._seed = spec.seed & 0xFFFFFFFF
        self._length, self._position, self._bar = length, 0, 0
        self._ready = np.zeros((0, 2), np.float32)
        # Notes ring on into the bars after theirs.
        self._tail = np.zeros((0, 2), np.float32)

    def read(self, count: int) -> Floats:
        """The next samples; silence never, and nothing beyond the length."""
        count = min(count, self._length - self._position)
        while len(self._ready) < count:
            self._ready = np.concatenate([self._ready, self._next_bar()])
        block, self._ready = self._ready[:count], self._ready[count:]
        at = np.arange(self._position, self._position + count, dtype=np.float32)
        self._position += count
        edge = min(self._length / 4, 1.5 * SAMPLE_RATE)
        rise = np.clip(at / (_EDGE * SAMPLE_RATE), 0, 1)
        fall = np.clip((self._length - at) / max(1.0, edge), 0, 1)
        faded: Floats = (block * (rise * fall)[:, None]).astype(np.float32)
        return faded

    def close(self) -> None:
        """Nothing is open; the mixer treats all sources alike."""

    def _next_bar(self) -> Floats:
        size = self._beat_samples * _BEATS
        buffer = np.zeros((size + 4 * SAMPLE_RATE, 2), np.float32)
        buffer[: len(self._tail)] += self._tail
        random = np.random.default_rng((self._seed, self._bar // 8 % 2, self._bar % 8))
        self._compose(buffer, random)
        self._bar += 1
        self._tail = buffer[size:]
        return buffer[:size]

    def _compose(self, buffer: Floats, random: np.random.Generator) -> None:
        mood, bar = self._mood, self._bar
        chords = mood.chords[bar // 4 % len(mood.chords)]
        degree = chords[bar % len(chords)]
        chord = [self._pitch(degree + step) for step in (0, 2, 4)]
        bars = self._beat_samples * _BEATS / SAMPLE_RATE
        for index, pitch in enumerate(chord):
            _put(buffer, 0, note(mood.pad, pitch, bars), 0.11, (index - 1) * 0.4)
        self._bass(buffer, chord[0] - 24)
        self._arpeggio(buffer, chord)
        if bar >= 1:
            self._melody(buffer, random, degree)
        if bar >= 2 or self._drummed:
            self._drums(buffer)

    def _bass(self, buffer: Floats, pitch: int) -> None:
        beats = (0, 2) if self._mood.drums in ("none", "lofi") else (0, 1, 2, 3)
        for beat in beats:
            length = 2.0 if len(beats) == 2 else 0.9
            sound = note("bass", max(28, pitch), length * self._beat_samples / SAMPLE_RATE)
            _put(buffer, beat * self._beat_samples, sound, 0.26, 0.0)

    def _arpeggio(self, buffer: Floats, chord: list[int]) -> None:
        order = (0, 1, 2, 1, 0, 1, 2, 1)
        for index, instrument in enumerate(order):
            at = index * self._beat_samples // 2
            sound = note(self._lead, chord[instrument], self._beat_samples * 1.2 / SAMPLE_RATE)
            _put(buffer, at, sound, 0.10 if index % 2 else 0.14, -0.25 + 0.1 * instrument)

    def _melody(self, buffer: Floats, random: np.random.Generator, degree: int) -> None:
        step = degree + int(random.choice((0, 2, 4))) + 7
        for half in range(_BEATS * 2):
            if random.random() > self._mood.melody * (1.3 if half % 2 == 0 else 0.6):
                continue
            length = float(random.choice((0.5, 1.0, 1.5)))
            sound = note(self._lead, self._pitch(step), length * self._beat_samples / SAMPLE_RATE)
            _put(buffer, half * self._beat_samples // 2, sound, 0.2, 0.2)
            step = min(degree + 12, max(degree + 4, step + int(random.choice((-2, -1, 1, 2)))))

    def _drums(self, buffer: Floats) -> None:
        for name, eighth, level in _PATTERNS[self._pattern]:
            swing = 0.08 if self._mood.drums == "lofi" and eighth % 2 else 0.0
            _put(buffer, round((eighth / 2 + swing) * self._beat_samples), drum(name), level, 0.0)

    def _pitch(self, degree: int) -> int:
        octave, step = divmod(degree, len(self._mood.scale))
        return self._mood.root + 12 * octave + self._mood.scale[step]


_PATTERNS: dict[str, tuple[tuple[str, int, float], ...]] = {
    "none": (("shaker", 1, 0.02), ("shaker", 3, 0.03), ("shaker", 5, 0.02), ("shaker", 7, 0.03)),
    "lofi": (
        ("kick", 0, 0.34), ("snare", 2, 0.16), ("kick", 5, 0.26), ("snare", 6, 0.16),
        *(("hat", i, 0.04 if i % 2 else 0.06) for i in range(8)),
    ),
    "pop": (
        ("kick", 0, 0.36), ("snare", 2, 0.2), ("kick", 4, 0.36), ("kick", 5, 0.2),
        ("snare", 6, 0.2), *(("hat", i, 0.06) for i in range(8)),
    ),
    "march": (
        ("tom", 0, 0.42), ("tom", 3, 0.24), ("tom", 4, 0.36), ("tom", 6, 0.24), ("tom", 7, 0.24),
    ),
    "house": (
        ("kick", 0, 0.42), ("kick", 2, 0.42), ("kick", 4, 0.42), ("kick", 6, 0.42),
        ("snare", 2, 0.12), ("snare", 6, 0.12),
        *(("hat", i, 0.1) for i in (1, 3, 5, 7)),
    ),
}  # fmt: skip


def _put(buffer: Floats, at: int, sound: Floats, level: float, pan: float) -> None:
    part = sound[: len(buffer) - at]
    buffer[at : at + len(part), 0] += part * (level * min(1.0, 1 - pan))
    buffer[at : at + len(part), 1] += part * (level * min(1.0, 1 + pan))
