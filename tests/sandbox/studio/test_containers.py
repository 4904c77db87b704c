"""Containers, codecs and oddities: each file is measured, seen and heard as a player has it."""

from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nemovideo.sandbox.studio import probe
from nemovideo.sandbox.studio.canvas import Canvas
from nemovideo.sandbox.studio.media import SoundReader, VideoReader
from nemovideo.sandbox.studio.render_plan import ClipSpec
from tests.sandbox.studio.unusual_media import RATE, film

# The first pair of each container is part of every run, the others are slow.
CODECS = {
    "mp4": [
        *(("libx264", "aac"), ("mpeg4", "mp3"), ("libx265", "aac"), ("libvpx-vp9", "libopus")),
        *(("libsvtav1", "flac"), ("mjpeg", "alac")),
    ],
    "mov": [("libx264", "aac"), ("prores_ks", "pcm_s16le"), ("qtrle", "alac"), ("png", "mp3")],
    "mkv": [
        *(("libx264", "aac"), ("libvpx", "libopus"), ("ffv1", "flac"), ("mjpeg", "pcm_s16le")),
        *(("libsvtav1", "mp3"), ("libx265", "ac3")),
    ],
    "webm": [("libvpx", "libopus"), ("libvpx-vp9", "libopus"), ("libsvtav1", "libopus")],
    "avi": [
        *(("mpeg4", "mp3"), ("libx264", "mp3"), ("rawvideo", "pcm_s16le"), ("msmpeg4", "ac3")),
        ("mjpeg", "mp3"),
    ],
}
# How a file is written, and half seconds of it that are heard.
ODDITIES: dict[str, tuple[dict[str, Any], str]] = {
    "plain": ({"sound": [(0, 2)]}, "xxxx"),
    "clock begins at 20 s": ({"picture": (20, 22), "sound": [(20, 22)]}, "xxxx"),
    "sound begins late": ({"sound": [(0.5, 2)]}, ".xxx"),
    "sound ends late": ({"picture": (0, 1.5), "sound": [(0, 2)]}, "xxxx"),
    "no sound": ({}, ""),
    "recorded": ({"sound": [(0, 2)], "pipe": True}, "xxxx"),
    "wide pixels": ({"sound": [(0, 2)], "pixel": Fraction(2)}, "xxxx"),
    "surround": ({"sound": [(0, 2)], "layout": "5.1"}, "xxxx"),
}
# AVI has no clock; only some streams say what shape their pixels have.
_NEVER = {("avi", "clock begins at 20 s"), ("avi", "sound begins late")}
_SAY_THE_SHAPE = {"libx264", "libx265", "mpeg4"}
_TWO_CHANNELS = {"mp3"}


def _exists(container: str, codecs: tuple[str, str], oddity: str) -> bool:
    if oddity == "wide pixels" and codecs[0] not in _SAY_THE_SHAPE:
        return False
    mono = oddity == "surround" and codecs[1] in _TWO_CHANNELS
    return not mono and (container, oddity) not in _NEVER


CASES = [
    pytest.param(
        container, codecs, oddity, id=f"{container}-{'-'.join(codecs)}-{oddity}",
        marks=() if codecs is of[0] else pytest.mark.slow,
    )
    for container, of in CODECS.items()
    for codecs, oddity in product(of, ODDITIES)
    if _exists(container, codecs, oddity)
]  # fmt: skip


@pytest.mark.parametrize(("container", "codecs", "oddity"), CASES)
def test_a_file_is_measured_seen_and_heard(
    tmp_path: Path, container: str, codecs: tuple[str, str], oddity: str
) -> None:
    options, audible = ODDITIES[oddity]
    path = film(tmp_path / f"a.{container}", codecs=codecs, **options)
    width = 128 if "pixel" in options else 64

    info = probe(path)

    assert info is not None
    assert (info.width, info.height, info.has_audio) == (width, 36, bool(audible))
    assert info.duration == pytest.approx(2.0, abs=0.15)
    assert info.fps == pytest.approx(10, abs=0.5)
    assert _heard(path) == audible
    reader = VideoReader(path, ClipSpec("a", offset=1), (width, 36), Fraction(10))
    canvas = Canvas.blank(width, 36)
    reader.draw(canvas, 0)
    reader.close()
    assert reader._shown is not None
    assert reader._shown[0] == pytest.approx(1.0, abs=0.11)
    red, blue = canvas.v[4, width // 8], canvas.u[14, width // 2 - 6]
    assert (red > 190, blue > 190) == (True, True)


def _heard(path: Path) -> str:
    reader = SoundReader(path, ClipSpec("a"))
    wave = reader.read(10**7)
    reader.close()
    # Coders overshoot where a tone breaks off; what clips is loud throughout.
    assert not len(wave) or float(np.quantile(np.abs(wave), 0.95)) < 0.55
    halves = [wave[at : at + RATE // 2] for at in range(0, len(wave) - RATE // 4, RATE // 2)]
    return "".join("x" if float(np.sqrt((half**2).mean())) > 0.1 else "." for half in halves)


@pytest.mark.parametrize("container", ["mkv", "webm", "mp4", "mov"])
def test_a_length_in_the_header_is_not_believed(tmp_path: Path, container: str) -> None:
    path = film(tmp_path / f"a.{container}", codecs=CODECS[container][0], sound=[(0, 2)])
    content = bytearray(path.read_bytes())
    if container in {"mkv", "webm"}:
        at = content.index(b"\x44\x89\x88") + 3
        content[at : at + 8] = np.array(1_000_000, ">f8").tobytes()
    else:
        at = content.index(b"mvhd") + 20
        content[at : at + 4] = (1_000_000).to_bytes(4, "big")
    path.write_bytes(content)
    info = probe(path)
    assert info is not None
    assert info.duration == pytest.approx(2.0, abs=0.15)
    assert info.fps == pytest.approx(10, abs=0.5)


@pytest.mark.parametrize("container", ["mkv", "avi"])
def test_a_file_that_breaks_off_lasts_as_long_as_what_is_left(
    tmp_path: Path, container: str
) -> None:
    path = film(
        tmp_path / f"a.{container}", codecs=(CODECS[container][0][0], "pcm_s16le"),
        sound=[(0, 2)],
    )  # fmt: skip
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    info = probe(path)
    assert info is not None
    assert 0.3 < (info.duration or 0) < 1.7


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        *(("a.mp3", "mp3"), ("a.wav", "pcm_s16le"), ("a.wav", "pcm_f32le"), ("a.wav", "pcm_u8")),
        *(("a.m4a", "aac"), ("a.m4a", "alac"), ("a.aac", "aac"), ("a.mp3", "pcm_s16le")),
    ],
)
@pytest.mark.parametrize("layout", ["mono", "stereo"])
def test_a_song_is_as_long_and_as_loud_as_it_is(
    tmp_path: Path, name: str, codec: str, layout: str
) -> None:
    # Some names promise another format than the content has.
    real = "a.wav" if codec.startswith("pcm") else name
    path = film(tmp_path / real, picture=None, sound=[(0, 2)], codecs=("", codec), layout=layout)
    path = path.rename(tmp_path / name)
    info = probe(path)
    assert info is not None
    assert (info.kind, info.width, info.fps) == ("audio", None, None)
    assert info.duration == pytest.approx(2.0, abs=0.1)
    assert _heard(path) == "xxxx"
