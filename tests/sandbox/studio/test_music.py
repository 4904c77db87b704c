"""Music: heard, bounded, different by mood, the same for the same seed."""

import numpy as np
import pytest

from nemovideo.sandbox.studio.instruments import drum
from nemovideo.sandbox.studio.mix import Mixer, bounded
from nemovideo.sandbox.studio.music import MOODS, Piece
from nemovideo.sandbox.studio.render_plan import SAMPLE_RATE, MusicSpec, Sound

SECONDS = 6 * SAMPLE_RATE


@pytest.mark.parametrize("mood", [*MOODS, "chill", "unheard of"])
def test_every_mood_is_audible_in_every_second(mood: str) -> None:
    music = Piece(MusicSpec(mood), SECONDS).read(SECONDS)
    assert music.shape == (SECONDS, 2)
    loud = [
        float(np.sqrt((music[s : s + SAMPLE_RATE] ** 2).mean()))
        for s in range(0, SECONDS, SAMPLE_RATE)
    ]
    assert min(loud[:-1]) > 0.02
    assert loud[-1] < max(loud)


@pytest.mark.parametrize(
    "instrument", ["piano", "synth", "guitar", "strings", "flute", "bells", "drums", "?"]
)
def test_every_instrument_plays(instrument: str) -> None:
    assert float(np.abs(Piece(MusicSpec("calm", 0, instrument), 48_000).read(48_000)).max()) > 0.02


def test_a_seed_decides_the_melody_and_blocks_do_not() -> None:
    whole = Piece(MusicSpec("happy", seed=1), SECONDS).read(SECONDS)
    piece = Piece(MusicSpec("happy", seed=1), SECONDS)
    parts = np.concatenate([piece.read(4801) for _ in range(SECONDS // 4801 + 1)])
    piece.close()
    assert np.allclose(parts, whole, atol=1e-6)
    assert not np.allclose(Piece(MusicSpec("happy", seed=2), SECONDS).read(SECONDS), whole)


def test_the_tempo_moves_the_beats() -> None:
    slow, fast = (Piece(MusicSpec("happy", tempo), SECONDS).read(SECONDS) for tempo in (60, 160))
    assert not np.allclose(slow, fast)


def test_a_piece_gives_nothing_beyond_its_length() -> None:
    piece = Piece(MusicSpec(), 1000)
    assert len(piece.read(5000)) == 1000
    assert len(piece.read(1)) == 0


def test_loud_mixes_are_bent_and_quiet_ones_pass_unchanged() -> None:
    quiet = np.full((10, 2), 0.5, np.float32)
    assert bounded(quiet) is quiet
    loud = bounded(np.linspace(-5, 5, 101, dtype=np.float32)[:, None].repeat(2, axis=1))
    assert float(np.abs(loud).max()) < 0.97
    assert (np.diff(loud[:, 0]) >= 0).all()
    assert bounded(np.zeros((0, 2), np.float32)).shape == (0, 2)


def test_the_mix_places_fades_and_bounds_its_sounds() -> None:
    music = MusicSpec("electronic")
    sounds = [Sound(4800, 48_000, music, 4.0, 4800, 4800), Sound(4800, 48_000, music, 4.0)]
    with Mixer(sounds, 60_000, {}) as mixer:
        blocks = [mixer.read(4800) for _ in range(13)]
    audible = np.concatenate(blocks)
    assert len(audible) == 60_000
    assert not audible[:4800].any()
    assert not audible[48_000:].any()
    assert 0.3 < float(np.abs(audible).max()) < 0.97


def test_a_mix_left_early_closes_what_plays() -> None:
    with Mixer([Sound(0, 48_000, MusicSpec())], 48_000, {}) as mixer:
        assert mixer.read(100).any()


def test_every_stroke_dies_away() -> None:
    for name in ("kick", "tom", "snare", "hat", "shaker"):
        stroke = np.abs(drum(name))
        assert stroke[:2400].max() > 5 * stroke[-2400:].max()
