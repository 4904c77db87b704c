"""Pictures of a video: the right ones, decoded in a thread."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anyio
import av
import numpy as np
import pytest

from nemovideo import AsyncNemoVideo, NemoVideo, NemoVideoError, Video, errors
from nemovideo.files.film_frames import draw_contact_sheet, frame_at
from nemovideo.sandbox import Sandbox
from nemovideo.timeline.draft import Draft
from nemovideo.transports import MemoryTransport, Reply
from tests.resources.test_downloads import RENDER
from tests.scripted import Script

pytestmark = pytest.mark.anyio

Build = Callable[..., AsyncNemoVideo]

RATE = 10
LENGTH = 4


def film_of(seconds: int, format: str = "mp4", size: tuple[int, int] = (64, 36)) -> bytes:
    """Return a film whose grey says which tenth of a second is shown."""
    data = io.BytesIO()
    with av.open(data, "w", format=format) as container:
        stream: Any = container.add_stream("libvpx" if format == "webm" else "libx264", rate=RATE)
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        stream.options = {"g": "1000"}  # one complete frame, the first
        for number in range(seconds * RATE):
            grey = np.full((size[1], size[0], 3), shade(number / RATE), np.uint8)
            for packet in stream.encode(av.VideoFrame.from_ndarray(grey, "rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return data.getvalue()


def shade(second: float) -> int:
    return 40 + int(second * RATE) % 50 * 4


def grey_of(picture: Any, at: tuple[int, int] = (5, 5)) -> int:
    return int(picture.getpixel(at)[0])


def keep_on() -> None:
    """Cancel nothing."""


FILM = film_of(LENGTH)


@pytest.fixture
def video(build: Build, script: Script) -> Video:
    """A rendered video that was not saved."""
    script.on("/film.mp4", Reply(200, {"content-length": str(len(FILM))}, FILM))
    return Video(build()._resources, "s-1", None, "", Draft(), RENDER)


@pytest.mark.parametrize("second", [0, 0.1, 0.15, 1, 2.55, 3.9, 3.99, 4])
@pytest.mark.parametrize("format", ["mp4", "mov", "webm"])
def test_a_frame_is_what_is_shown_at_that_time(format: str, second: float) -> None:
    picture = frame_at(io.BytesIO(film_of(LENGTH, format)), keep_on, second=second)
    assert picture.size == (64, 36)
    assert grey_of(picture) == pytest.approx(shade(min(second, LENGTH - 0.1)), abs=3)


def test_a_frame_far_into_a_film_is_found() -> None:
    film = film_of(20)
    sheet = draw_contact_sheet(io.BytesIO(film), keep_on, columns=1, rows=1)
    assert grey_of(sheet, (50, 50)) == pytest.approx(shade(10), abs=3)


def test_a_sheet_has_pictures_of_all_parts_in_their_order() -> None:
    sheet = draw_contact_sheet(io.BytesIO(FILM), keep_on, columns=4, rows=2)
    width, height = sheet.size
    assert width == 4 * 320 + 5 * 4
    assert height == 2 * 180 + 3 * 4
    cells = [(160 + column * 324, 90 + row * 184) for row in range(2) for column in range(4)]
    for number, cell in enumerate(cells):
        assert grey_of(sheet, cell) == pytest.approx(shade(LENGTH * (number + 0.5) / 8), abs=3)
    assert grey_of(sheet, (1, 1)) == 24


def test_a_tall_film_has_tall_pictures() -> None:
    sheet = draw_contact_sheet(io.BytesIO(film_of(1, size=(36, 64))), keep_on, columns=2, rows=1)
    assert sheet.size == (2 * 180 + 3 * 4, 320 + 2 * 4)


@pytest.mark.parametrize("data", [b"", b"no film", FILM[: len(FILM) // 2]], ids=len)
def test_what_is_no_film_is_reported(data: bytes) -> None:
    with pytest.raises(NemoVideoError, match="cannot be decoded"):
        frame_at(io.BytesIO(data), keep_on, second=0)


async def test_a_frame_of_a_video_that_is_not_saved_is_fetched(video: Video) -> None:
    assert grey_of(await video.frame(1.5)) == pytest.approx(shade(1.5), abs=3)
    assert (await video.contact_sheet(3, 3)).width == 3 * 320 + 4 * 4
    assert (await video.contact_sheet()).width == 4 * 320 + 5 * 4


async def test_a_frame_of_a_saved_video_is_read_from_its_file(
    video: Video, transport: MemoryTransport, tmp_path: Path
) -> None:
    await video.save(tmp_path / "a.mp4")
    sent = len(transport.requests)
    assert grey_of(await video.frame(1.5)) == pytest.approx(shade(1.5), abs=3)
    assert len(transport.requests) == sent
    (tmp_path / "a.mp4").unlink()
    assert grey_of(await video.frame(1.5)) == pytest.approx(shade(1.5), abs=3)
    assert len(transport.requests) > sent


async def test_a_time_after_the_end_is_refused_with_the_length(video: Video) -> None:
    with pytest.raises(errors.InvalidInputError, match="4 s long") as caught:
        await video.frame(4.1)
    assert (caught.value.parameter, caught.value.accepted) == ("second", ("0 to 4",))


@pytest.mark.parametrize("second", [-1, float("nan"), float("inf"), "1", None, True])
async def test_a_time_that_is_none_is_refused_before_anything_is_sent(
    video: Video, transport: MemoryTransport, second: Any
) -> None:
    with pytest.raises(errors.InvalidInputError) as caught:
        await video.frame(second)
    assert caught.value.parameter == "second"
    assert transport.requests == []


@pytest.mark.parametrize(
    ("sides", "parameter"), [((0, 2), "columns"), ((4, 21), "rows"), ((2.5, 2), "columns")]
)
async def test_a_sheet_of_no_size_is_refused_before_anything_is_sent(
    video: Video, transport: MemoryTransport, sides: tuple[Any, Any], parameter: str
) -> None:
    with pytest.raises(errors.InvalidInputError) as caught:
        await video.contact_sheet(*sides)
    assert caught.value.parameter == parameter
    assert transport.requests == []


async def test_without_the_extra_nothing_is_fetched(
    video: Video, transport: MemoryTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(NemoVideoError) as caught:
        await video.frame(0)
    assert "nemovideo[media]" in (caught.value.hint or "")
    assert transport.requests == []


async def test_decoding_ends_when_it_is_cancelled() -> None:
    decoded: list[int] = []

    def decode(check: Callable[[], None]) -> None:
        def check_and_count() -> None:
            decoded.append(1)
            if len(decoded) == 3:
                anyio.from_thread.run_sync(scope.cancel)
            check()

        draw_contact_sheet(io.BytesIO(FILM), check_and_count, columns=4, rows=2)

    from nemovideo.concurrency.threads import run_in_thread_until_cancelled

    with anyio.CancelScope() as scope:
        await run_in_thread_until_cancelled(decode)
    assert scope.cancelled_caught
    assert len(decoded) == 3


def test_the_blocking_client_has_pictures_bytes_and_pieces(sandbox: Sandbox) -> None:
    with NemoVideo(base_url=sandbox.url) as client:
        video = client.generate("a 2-second fox")
        assert video.frame(0.5).size == video.frame(second=1).size
        assert video.contact_sheet(columns=2, rows=1).height < video.contact_sheet().width
        with video.open() as chunks:
            assert b"".join(chunks) == video.read()
        buffer = io.BytesIO()
        assert video.save(buffer) is None
        assert buffer.getvalue() == video.read()
