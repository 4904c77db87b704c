"""Pictures of any make: as bright, as upright and as whole as a viewer shows them."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nemovideo.sandbox.studio import MediaInfo, probe
from nemovideo.sandbox.studio.canvas import Canvas
from nemovideo.sandbox.studio.media import StillReader
from nemovideo.sandbox.studio.render_plan import StillSpec
from nemovideo.sandbox.studio.stills import BROKEN, PictureFile

SIZE = (32, 18)


def flat(path: Path) -> np.ndarray:
    """The first picture of a file."""
    with PictureFile(path) as file:
        next(file.play())
        return np.asarray(file.flat()).astype(int)


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def halves(left: object, right: object, mode: str) -> Image.Image:
    image = Image.new(mode, SIZE, right)  # type: ignore[arg-type]
    image.paste(left, (0, 0, SIZE[0] // 2, SIZE[1]))  # type: ignore[arg-type]
    return image


def moving(path: Path, **options: object) -> Path:
    """Four pictures of a tenth of a second: red, green, blue, white."""
    pictures = [Image.new("RGB", SIZE, name) for name in ("red", "lime", "blue", "white")]
    more = {"append_images": pictures[1:], "duration": 100, "loop": 0}
    pictures[0].save(path, save_all=True, **more, **options)
    return path


def png_16(colour: int, pixels: np.ndarray) -> bytes:
    """A PNG of 16 bits a channel in a colour type of the format."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checked = zlib.crc32(name + content)
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checked)

    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in pixels)
    head = struct.pack(">IIBBBBB", pixels.shape[1], pixels.shape[0], 16, colour, 0, 0, 0)
    parts = chunk(b"IHDR", head), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(("colour", "channels"), [(0, 1), (2, 3), (4, 2), (6, 4)])
def test_sixteen_bits_a_channel_are_as_bright_as_eight(
    tmp_path: Path, colour: int, channels: int
) -> None:
    pixels = np.full((18, 32, channels), 65_535, np.uint16)
    pixels[:, :16, : channels - (colour > 3)] = 21_845
    path = tmp_path / "scan.png"
    path.write_bytes(png_16(colour, pixels))
    assert flat(path)[9, 5] == pytest.approx([85] * 3, abs=1)
    assert flat(path)[9, 25] == pytest.approx([255] * 3, abs=1)


@pytest.mark.parametrize("brightest", [1.0, 4.0])
def test_a_picture_of_fractions_goes_from_black_to_white(tmp_path: Path, brightest: float) -> None:
    ramp = np.linspace(0, brightest, 32, dtype=np.float32)[None].repeat(18, 0)
    shown = flat(saved(tmp_path / "depth.tiff", Image.fromarray(ramp)))
    assert shown[9, [0, 31], 0].tolist() == [0, 255]


@pytest.mark.parametrize(
    ("name", "image", "left"),
    [
        ("a.png", halves((9, 9, 200, 0), (200, 30, 30, 255), "RGBA"), (0, 0, 0)),
        ("a.png", halves((200, 128), (90, 255), "LA"), (100, 100, 100)),
        ("a.png", halves(1, 0, "1"), (255, 255, 255)),
        ("a.jpg", halves((0, 255, 255, 0), (255, 0, 0, 0), "CMYK"), (255, 0, 0)),
    ],
)
def test_every_kind_of_pixel_is_shown_on_black(
    tmp_path: Path, name: str, image: Image.Image, left: tuple[int, int, int]
) -> None:
    assert flat(saved(tmp_path / name, image))[9, 4] == pytest.approx(left, abs=6)


def test_a_transparent_colour_of_a_palette_is_black(tmp_path: Path) -> None:
    image = halves((20, 200, 40), (200, 30, 30), "RGB").quantize(2)
    path = saved(tmp_path / "a.png", image, transparency=image.getpixel((0, 0)))
    assert flat(path)[9, 4].tolist() == [0, 0, 0]
    assert flat(path)[9, 28] == pytest.approx([200, 30, 30], abs=6)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.webp"])
@pytest.mark.parametrize(
    ("orientation", "corner"), [(1, (0, 0)), (2, (0, 1)), (3, (1, 1)), (6, (0, 1)), (8, (1, 0))]
)
def test_a_picture_is_upright_in_every_format(
    tmp_path: Path, name: str, orientation: int, corner: tuple[int, int]
) -> None:
    image = Image.new("RGB", (32, 16), (0, 0, 255))
    image.paste((255, 0, 0), (0, 0, 16, 8))
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = saved(tmp_path / name, image, exif=exif, quality=95)
    info = probe(path)
    turned = orientation > 4
    assert info == MediaInfo("image", width=16 if turned else 32, height=32 if turned else 16)
    shown = flat(path)
    height, width = shown.shape[:2]
    at = shown[height // 4 + corner[0] * height // 2, width // 4 + corner[1] * width // 2]
    assert at[0] > 200 > at[2]


@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
def test_exif_data_that_cannot_be_read_turns_nothing(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.jpg", Image.new("RGB", (32, 16), "red"))
    content = path.read_bytes()
    broken = b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\xff" * 14
    path.write_bytes(
        content[:2] + b"\xff\xe1" + struct.pack(">H", len(broken) + 2) + broken + content[2:]
    )
    assert probe(path) == MediaInfo("image", width=32, height=16)


def test_a_photo_with_a_second_picture_inside_is_a_photo(tmp_path: Path) -> None:
    image = Image.new("RGB", SIZE, "red")
    path = saved(
        tmp_path / "a.jpg", image, format="MPO", save_all=True, append_images=[image.resize((8, 8))]
    )
    assert probe(path) == MediaInfo("image", width=32, height=18)


@pytest.mark.parametrize("name", ["a.gif", "a.webp", "a.png"])
def test_an_animation_is_an_image_that_lasts(tmp_path: Path, name: str) -> None:
    path = moving(tmp_path / name)
    assert probe(path) == MediaInfo("image", 0.4, 32, 18, 10.0)


@pytest.mark.parametrize(("name", "options"), [("a.gif", {}), ("a.webp", {"lossless": True})])
def test_an_animation_moves_and_begins_again(
    tmp_path: Path, name: str, options: dict[str, object]
) -> None:
    reader = StillReader(moving(tmp_path / name, **options), StillSpec("a"), SIZE, 60)
    canvas = Canvas.blank(*SIZE)
    shown = []
    for frame in (0, 3, 6, 9, 12, 15):
        reader.draw(canvas, frame)
        shown.append((int(canvas.y[9, 16]), int(canvas.v[4, 8])))
    reader.close()
    assert len(set(shown[:4])) == 4
    assert shown[4:] == shown[:2]


def test_the_picture_before_an_animation_is_passed_over(tmp_path: Path) -> None:
    path = moving(tmp_path / "a.png", default_image=True)
    assert probe(path) == MediaInfo("image", 0.3, 32, 18, 10.0)
    assert flat(path)[9, 9].tolist() == [0, 255, 0]


def test_an_animation_without_delays_is_shown_as_viewers_do(tmp_path: Path) -> None:
    pictures = [Image.new("RGB", SIZE, (i * 60, 0, 0)) for i in range(4)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=0)
    assert probe(tmp_path / "a.gif") == MediaInfo("image", 0.4, 32, 18, 10.0)


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.gif", "a.webp"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_picture_that_was_cut_off_is_no_image(tmp_path: Path, name: str, share: float) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 160, 3), np.uint8)
    path = saved(tmp_path / name, Image.fromarray(noise))
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    info = probe(path)
    assert info is None or info.kind != "image"


@pytest.mark.parametrize("name", ["a.gif", "a.png"])
def test_an_animation_that_was_cut_off_is_shown_as_far_as_it_goes(
    tmp_path: Path, name: str
) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (10, 90, 160, 3), np.uint8)
    pictures = [Image.fromarray(one) for one in noise]
    path = tmp_path / name
    pictures[0].save(path, save_all=True, append_images=pictures[1:], duration=100)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    info = probe(path)
    assert info is not None
    assert 0.2 <= (info.duration or 0) <= 0.7
    reader = StillReader(path, StillSpec("a"), SIZE, 60)
    for frame in range(60):
        reader.draw(Canvas.blank(*SIZE), frame)
    reader.close()


def test_a_video_named_like_an_image_is_no_picture(clip: Path) -> None:
    with pytest.raises(BROKEN):
        PictureFile(clip)


def test_a_picture_is_identified_by_its_bytes(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", SIZE, "red").save(buffer, "PNG")
    (tmp_path / "a.bin").write_bytes(buffer.getvalue())
    assert flat(tmp_path / "a.bin")[0, 0].tolist() == [255, 0, 0]
