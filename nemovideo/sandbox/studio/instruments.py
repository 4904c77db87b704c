"""The instruments: single notes and drum strokes as arrays, made once and cached."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from nemovideo.sandbox.studio.render_plan import SAMPLE_RATE

Floats = NDArray[np.float32]

# Harmonics, how fast the high ones die away, attack and release in seconds.
_TONES: dict[str, tuple[tuple[float, ...], float, float, float]] = {
    "piano": ((1.0, 0.5, 0.24, 0.13, 0.07, 0.04), 2.2, 0.004, 0.9),
    "guitar": ((1.0, 0.66, 0.42, 0.24, 0.14, 0.08, 0.04), 3.4, 0.003, 0.5),
    "synth": ((1.0, 0.5, 0.33, 0.25, 0.2, 0.16, 0.14), 1.4, 0.008, 0.25),
    "strings": ((1.0, 0.55, 0.36, 0.22, 0.12, 0.06), 0.0, 0.22, 0.7),
    "pad": ((1.0, 0.32, 0.16, 0.06), 0.0, 0.35, 0.9),
    "flute": ((1.0, 0.28, 0.1, 0.04), 0.0, 0.07, 0.18),
    "bells": ((1.0, 0.0, 0.42, 0.0, 0.26, 0.0, 0.12), 2.6, 0.002, 1.2),
    "bass": ((1.0, 0.45, 0.18, 0.06), 1.6, 0.006, 0.15),
}


@lru_cache(maxsize=512)
def note(instrument: str, pitch: int, length: float) -> Floats:
    """A note of an instrument, MIDI pitch and length in seconds, with a short reverb."""
    harmonics, decay, attack, release = _TONES[instrument]
    frequency = 440.0 * 2 ** ((pitch - 69) / 12)
    t = np.arange(round((length + release) * SAMPLE_RATE), dtype=np.float32) / SAMPLE_RATE
    sound = np.zeros_like(t)
    for index, level in enumerate(harmonics, 1):
        if frequency * index > 9000:
            break
        for detune in (0.9985, 1.0015) if instrument in ("strings", "pad", "synth") else (1.0,):
            wave = np.sin(np.float32(2 * np.pi * frequency * index * detune) * t)
            fade = np.exp(-decay * (0.5 + index * 0.35) * t) if decay else 1.0
            sound += (level * wave * fade).astype(np.float32)
    shape = np.minimum(1, t / attack) * np.clip((length + release - t) / release, 0, 1) ** 1.5
    sound *= (shape / sum(harmonics)).astype(np.float32)
    return _with_echo(sound.astype(np.float32))


@lru_cache(maxsize=16)
def drum(name: str) -> Floats:
    """One stroke: kick, snare, hat, tom or shaker."""
    random = np.random.default_rng(len(name))
    t = np.arange(SAMPLE_RATE // 2, dtype=np.float32) / SAMPLE_RATE
    hiss = random.uniform(-1, 1, t.size).astype(np.float32)
    match name:
        case "kick":
            sound = np.sin(2 * np.pi * (48 * t + 7 * (1 - np.exp(-t * 30)))) * np.exp(-t * 9)
        case "tom":
            sound = np.sin(2 * np.pi * (74 * t + 3 * (1 - np.exp(-t * 18)))) * np.exp(-t * 7)
        case "snare":
            body = np.sin(2 * np.pi * 186 * t) * np.exp(-t * 24)
            sound = 0.5 * body + 0.6 * hiss * np.exp(-t * 17)
        case _:
            bright = np.diff(hiss, prepend=np.float32(0))
            sound = 0.6 * bright * np.exp(-t * (70 if name == "hat" else 38))
    stroke: Floats = sound.astype(np.float32)
    return stroke


def _with_echo(dry: Floats) -> Floats:
    """A few soft echoes; they are part of the note, so the mix need not compute any."""
    wet = np.concatenate([dry, np.zeros(round(0.5 * SAMPLE_RATE), np.float32)])
    for delay, level in ((0.031, 0.22), (0.053, 0.16), (0.097, 0.12), (0.211, 0.09), (0.37, 0.05)):
        shift = round(delay * SAMPLE_RATE)
        wet[shift : shift + dry.size] += dry * np.float32(level)
    return wet
