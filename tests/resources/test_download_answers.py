"""Downloads whose answers are not what they claim, and lines that break."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from nemovideo import AsyncNemoVideo, Render, Timing, errors
from nemovideo.resources import download
from nemovideo.transports import MemoryTransport, Reply, Request
from tests.scripted import Script, fail

pytestmark = pytest.mark.anyio

Build = Callable[..., AsyncNemoVideo]
FILM = random.Random(1).randbytes(300_000)
OTHER = random.Random(2).randbytes(300_000)
HALF = len(FILM) // 2
URL = "https://files.example/film.mp4"
AMPLE = Timing().scaled_waits(0.0005)
"""Short waits, and limits that a busy machine does not reach."""
MODIFIED = "Sun, 29 Nov 2026 04:00:00 GMT"


def broken() -> errors.APIConnectionError:
    """A new error each time: one that was raised before has a past."""
    return errors.APIConnectionError("the connection broke", phase="read")


def render(size: int | None = None) -> Render:
    return Render(id="render_1", status="completed", url=URL, size=size)


def whole(film: bytes = FILM, *, end: int | None = None, **headers: str) -> Reply:
    """A film, or its beginning and a break."""
    named = {"etag": '"1"', "content-length": str(len(film)), **_named(headers)}
    sent: list[bytes | Exception] = [film] if end is None else [film[:end], broken()]
    return Reply(200, {name: value for name, value in named.items() if value}, sent)


def rest(request: Request, film: bytes = FILM, *, end: int | None = None, **headers: str) -> Reply:
    """What a request asks for of a film, with headers that may say something else."""
    start = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
    stop = len(film) if end is None else end
    fields = {
        "etag": '"1"',
        "content-range": f"bytes {start}-{len(film) - 1}/{len(film)}",
        "content-length": str(len(film) - start),
        **_named(headers),
    }
    sent: list[bytes | Exception] = [film[start:stop], *([] if end is None else [broken()])]
    return Reply(206, {name: value for name, value in fields.items() if value}, sent)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def ranges(transport: MemoryTransport) -> list[str | None]:
    """What was asked of the film, request by request."""
    films = [each for each in transport.requests if each.url == URL]
    return [each.headers.get("range") for each in films]


@pytest.fixture
def save(build: Build, script: Script, tmp_path: Path) -> Callable[..., Any]:
    """Download a render, and return the bytes of the file."""
    script.on("/download", fail(404))

    async def saved(of: Render | None = None, *, max_retries: int = 2, **how: Any) -> bytes:
        async with build(timing=AMPLE, max_retries=max_retries) as client:
            path = await client.renders.download(of or render(), tmp_path / "a.mp4", **how)
        return path.read_bytes()

    return saved


Save = Callable[..., Any]


# Whole, or an error


async def test_fewer_bytes_than_the_render_has_are_not_the_film(
    save: Save, script: Script, tmp_path: Path
) -> None:
    script.on("/film.mp4", Reply(200, {}, [FILM[:1000]]))
    with pytest.raises(errors.DownloadError, match="1000 of 300000 bytes") as caught:
        await save(render(len(FILM)))
    assert (caught.value.received, caught.value.expected) == (1000, len(FILM))
    assert not (tmp_path / "a.mp4").exists()


async def test_a_length_that_is_announced_has_to_be_the_one_of_the_render(
    save: Save, script: Script
) -> None:
    script.on("/film.mp4", whole(FILM[:1000]), whole(FILM + FILM), whole())
    assert await save(render(len(FILM))) == FILM


async def test_a_file_of_another_length_is_not_received(save: Save, script: Script) -> None:
    given: list[int] = []

    async def pieces() -> AsyncIterator[bytes]:
        for number in range(20):
            given.append(number)
            yield bytes(30_000)

    script.on(
        "/film.mp4",
        lambda _request: Reply(200, {"content-length": str(2 * len(FILM))}, pieces()),
        whole(),
    )
    assert await save(render(len(FILM))) == FILM
    assert len(given) < 3


@pytest.mark.parametrize("size", [None, 0, -1])
async def test_a_size_that_is_none_is_not_asked_for(
    save: Save, script: Script, size: int | None
) -> None:
    script.on("/film.mp4", Reply(200, {}, [FILM]))
    assert await save(render(size)) == FILM


async def test_a_film_of_unknown_length_is_whole_when_its_boxes_are(
    save: Save, script: Script, transport: MemoryTransport
) -> None:
    film = b"\0\0\0\x10ftypmp42\0\0\0\0" + b"\0\0\0\x10moov" + bytes(8)
    film += b"\0\0\x10\x08mdat" + FILM[:0x1000]
    script.on("/film.mp4", Reply(200, {}, [film[:-5]]), Reply(200, {}, [film]))
    assert await save() == film
    assert ranges(transport) == [None, None]


async def test_the_length_of_another_answer_does_not_count(
    save: Save, script: Script, transport: MemoryTransport
) -> None:
    film = b"\0\0\0\x10ftypmp42\0\0\0\0" + b"\0\0\0\x10moov" + bytes(8) + b"\0\0\0\x08mdat"
    script.on("/film.mp4", whole(end=HALF, etag=""), Reply(200, {}, [film]))
    assert await save() == film
    assert ranges(transport) == [None, None]


async def test_what_never_ends_is_ended_at_the_size_of_the_render(
    save: Save, script: Script, transport: MemoryTransport
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(2**16)
            await checkpoint()

    script.on("/film.mp4", lambda _request: Reply(200, {}, endless()))
    with pytest.raises(errors.DownloadError, match="More than 300000 bytes"):
        await save(render(len(FILM)))
    assert ranges(transport) == [None]


async def test_what_never_ends_and_has_no_size_is_ended_as_well(
    save: Save, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_MOST_BYTES", 2 * len(FILM))
    script.on("/film.mp4", lambda _request: Reply(200, {}, [FILM] * 3))
    with pytest.raises(errors.DownloadError, match="More than 600000 bytes"):
        await save()


async def test_nothing_at_all_is_asked_for_again_and_then_of_the_service(
    save: Save, script: Script, transport: MemoryTransport
) -> None:
    script.on("/film.mp4", Reply(200, {"content-length": "0"}, []))
    script.on("/download", whole())
    assert await save() == FILM
    assert ranges(transport) == [None] * 3


@pytest.mark.parametrize("status", [200, 204, 206])
async def test_an_empty_answer_before_a_good_one_does_no_harm(
    save: Save, script: Script, status: int
) -> None:
    script.on("/film.mp4", Reply(status, {}, []), whole())
    assert await save() == FILM


# Parts


@pytest.mark.parametrize(
    "fields",
    [
        {"etag": '"2"'},
        {"etag": 'W/"1"'},
        {"last_modified": "Sun, 29 Nov 2026 05:00:00 GMT"},
        {"content_range": f"bytes {HALF}-{len(FILM)}/{len(FILM) + 1}", "content_length": ""},
        {"content_range": f"bytes {HALF + 1}-{len(FILM) - 1}/{len(FILM)}", "content_length": ""},
        {"content_range": f"bytes 0-{len(FILM) - 1}/{len(FILM)}"},
        {"content_range": f"bytes {HALF}-{HALF + 5}/{len(FILM)}"},
        {"content_range": f"seconds {HALF}-{len(FILM) - 1}/{len(FILM)}"},
        {"content_range": ""},
    ],
    ids=lambda fields: "".join(f"{name} {value}" for name, value in fields.items()),
)
async def test_a_part_of_another_file_or_place_is_not_joined(
    save: Save, script: Script, transport: MemoryTransport, fields: dict[str, str]
) -> None:
    script.on(
        "/film.mp4",
        whole(end=HALF, last_modified=MODIFIED),
        lambda request: rest(request, OTHER, **{"last_modified": MODIFIED, **fields}),
        whole(OTHER, etag='"2"'),
    )
    assert await save(max_retries=0) == OTHER
    assert ranges(transport) == [None, f"bytes={HALF}-", None]


async def test_a_part_that_goes_on_beyond_its_end_is_not_joined(
    save: Save, script: Script, transport: MemoryTransport
) -> None:
    def lying(request: Request) -> Reply:
        fields = rest(request, content_length="").headers
        return Reply(206, fields, [FILM])

    script.on("/film.mp4", whole(end=HALF), lying, whole())
    assert await save() == FILM
    assert ranges(transport) == [None, f"bytes={HALF}-", None]


async def test_a_part_that_nobody_asked_for_ends_where_it_says(save: Save, script: Script) -> None:
    fields = {"content-range": f"bytes 0-{HALF - 1}/{len(FILM)}", "etag": '"1"'}
    script.on("/film.mp4", Reply(206, fields, [FILM[:HALF], b"more"]), rest)
    with pytest.raises(errors.DownloadError, match=f"More than {HALF} bytes"):
        await save()


@pytest.mark.parametrize(
    ("fields", "condition"),
    [
        ({"etag": '"1"', "last_modified": MODIFIED}, '"1"'),
        ({"etag": "", "last_modified": MODIFIED}, MODIFIED),
        ({"etag": 'W/"1"'}, None),
    ],
)
async def test_the_rest_is_requested_with_the_validators_of_the_host(
    save: Save,
    script: Script,
    transport: MemoryTransport,
    fields: dict[str, str],
    condition: str | None,
) -> None:
    script.on("/film.mp4", whole(end=HALF, **fields), lambda request: rest(request, **fields))
    assert await save() == FILM
    assert transport.requests[-1].headers.get("if-range") == condition


@pytest.mark.parametrize("source", ["/film.mp4", "/download"])
@pytest.mark.parametrize("target", ["https://other.example/moved.mp4", "/moved.mp4", None])
async def test_the_rest_is_asked_for_wherever_the_file_is(
    save: Save, script: Script, transport: MemoryTransport, source: str, target: str | None
) -> None:
    script.on("/film.mp4", fail(404))
    script.on(source if target is None else "/moved.mp4", whole(end=HALF), rest)
    if target is not None:
        script.on(source, Reply(302, {"location": target}))
    assert await save() == FILM
    asked = transport.requests[-1].headers
    assert (asked["range"], asked["if-range"]) == (f"bytes={HALF}-", '"1"')


async def test_units_in_capitals_are_units(save: Save, script: Script) -> None:
    fields = f"Bytes {HALF}-{len(FILM) - 1}/{len(FILM)}"
    script.on("/film.mp4", whole(end=HALF), lambda request: rest(request, content_range=fields))
    assert await save() == FILM


async def test_a_whole_file_in_the_middle_begins_anew(save: Save, script: Script) -> None:
    script.on("/film.mp4", whole(end=HALF), whole(OTHER, etag='"2"'))
    assert await save() == OTHER


async def test_a_host_that_gives_parts_unasked_is_asked_for_the_others(
    save: Save, script: Script, transport: MemoryTransport
) -> None:
    first = {"content-range": f"bytes 0-{HALF - 1}/{len(FILM)}", "etag": '"1"'}
    script.on("/film.mp4", Reply(206, first, [FILM[:HALF]]), rest)
    assert await save(max_retries=0) == FILM
    assert ranges(transport) == [None, f"bytes={HALF}-"]


async def test_the_middle_of_a_file_that_nobody_asked_for_is_no_file(
    save: Save, script: Script
) -> None:
    fields = {"content-range": f"bytes 5-{len(FILM) - 1}/{len(FILM)}"}
    script.on("/film.mp4", Reply(206, fields, [FILM[5:]]))
    with pytest.raises(errors.DownloadError, match="another byte range"):
        await save()


@pytest.mark.parametrize("status", [400, 403, 412, 416, 500, 501])
@pytest.mark.parametrize("source", ["/film.mp4", "/download"])
async def test_a_refused_range_is_followed_by_a_request_without_one(
    save: Save, script: Script, transport: MemoryTransport, status: int, source: str
) -> None:
    def answer(request: Request) -> Reply:
        return fail(status) if "range" in request.headers else whole()

    script.on("/film.mp4", fail(404))
    script.on(source, whole(end=HALF), answer)
    assert await save(max_retries=0) == FILM
    assert "range" not in transport.requests[-1].headers


async def test_a_host_that_answers_a_range_with_nothing_is_asked_for_all_of_it(
    save: Save, script: Script, transport: MemoryTransport
) -> None:
    def answer(request: Request) -> Reply | Exception:
        return broken() if "range" in request.headers else whole()

    script.on("/film.mp4", whole(end=HALF), answer)
    assert await save() == FILM
    assert ranges(transport) == [None, f"bytes={HALF}-", f"bytes={HALF}-", None]


# Lines that break, and hosts that ask to wait


async def test_a_line_that_breaks_often_and_gets_on_is_not_given_up(
    save: Save, script: Script, transport: MemoryTransport
) -> None:
    step = len(FILM) // 20

    def flaky(request: Request) -> Reply:
        start = int(request.headers.get("range", "bytes=0-")[len("bytes=") : -1])
        end = start + step if start + step < len(FILM) else None
        return rest(request, end=end) if start else whole(end=step)

    script.on("/film.mp4", flaky)
    assert await save(max_retries=0) == FILM
    assert len(ranges(transport)) == 20


@pytest.mark.parametrize("fields", [{}, {"etag": ""}, {"content_length": ""}])
async def test_a_line_that_brings_a_few_bytes_each_time_is_given_up(
    save: Save, script: Script, transport: MemoryTransport, fields: dict[str, str]
) -> None:
    def dripping(request: Request) -> Reply:
        if "range" not in request.headers:
            return whole(end=1, **fields)
        start = int(request.headers["range"].removeprefix("bytes=").removesuffix("-"))
        return rest(request, end=start + 1)

    script.on("/film.mp4", dripping)
    with pytest.raises(errors.DownloadError):
        await save()
    assert len(ranges(transport)) == 3


async def test_a_host_that_breaks_at_the_same_place_each_time_is_given_up(
    save: Save, script: Script, transport: MemoryTransport
) -> None:
    script.on("/film.mp4", lambda _request: whole(end=HALF, etag=""))
    with pytest.raises(errors.DownloadError, match="broke"):
        await save()
    assert ranges(transport) == [None] * 4


async def test_a_line_that_drips_and_never_breaks_is_given_up(
    build: Build, script: Script, transport: MemoryTransport, tmp_path: Path
) -> None:
    async def drops(request: Request) -> AsyncIterator[bytes]:
        while True:
            await anyio.sleep((request.idle_timeout or 0) / 4)
            yield b"x"

    script.on("/download", fail(404))
    script.on("/film.mp4", lambda request: Reply(200, {}, drops(request)))
    waits = Timing(request=0.2, retry_initial=0, retry_max=0)
    async with build(timing=waits, max_retries=1) as client:
        with pytest.raises(errors.DownloadError):
            await client.renders.download(render(len(FILM)), tmp_path / "a.mp4")
    assert len(ranges(transport)) == 2


@pytest.mark.parametrize(
    ("refusals", "waits", "jitter"),
    [
        ([fail(429, retry_after="7")], [7], [0]),
        ([fail(503, retry_after="7"), fail(408)], [7, 1], [0, 0.5]),
        ([fail(500), fail(502)], [0.5, 1], [0.5, 0.5]),
        ([fail(429)], [30], [0]),
        ([fail(503, retry_after="120")], [120], [0]),
    ],
)
async def test_a_refusal_for_now_is_repeated_when_the_host_says(
    build: Build,
    script: Script,
    tmp_path: Path,
    slept: list[float],
    refusals: Iterable[Reply],
    waits: list[float],
    jitter: list[float],
) -> None:
    script.on("/film.mp4", *refusals, whole())
    async with build(timing=Timing()) as client:
        path = await client.renders.download(render(), tmp_path / "a.mp4")
    assert path.read_bytes() == FILM
    assert len(slept) == len(waits)
    beyond = [wait - at_least for wait, at_least in zip(slept, waits, strict=True)]
    assert all(0 <= each <= most for each, most in zip(beyond, jitter, strict=True))


async def test_the_service_is_asked_at_once_where_the_host_asks_for_too_long_a_wait(
    build: Build, script: Script, tmp_path: Path, slept: list[float]
) -> None:
    script.on("/film.mp4", fail(429, retry_after="121"))
    script.on("/download", fail(503, retry_after="600"))
    async with build(timing=Timing()) as client:
        with pytest.raises(errors.DownloadError, match="download it again in 600 s"):
            await client.renders.download(render(), tmp_path / "a.mp4")
    assert slept == []


async def test_the_error_says_what_each_source_answered(save: Save, script: Script) -> None:
    script.on("/film.mp4", fail(403))
    with pytest.raises(errors.DownloadError, match=r"HTTP 403.*HTTP 404") as caught:
        await save()
    assert [attempt.status for attempt in caught.value.attempts] == [403, 404]


# Progress


async def test_progress_is_reported_before_the_first_mebibyte(save: Save, script: Script) -> None:
    fields: list[tuple[int, int]] = []
    script.on("/film.mp4", Reply(200, {}, [FILM[:10], FILM[10:]]))
    await save(render(len(FILM)), on_progress=lambda done, total: fields.append((done, total)))
    assert fields[0] == (10, len(FILM))
    assert fields[-1] == (len(FILM), len(FILM))


@pytest.mark.parametrize(
    "make",
    [
        broken,
        lambda: errors.ServerError("mine"),
        TimeoutError,
        StopAsyncIteration,
        KeyError,
    ],
)
async def test_what_a_callback_raises_comes_out_and_nothing_is_tried_again(
    save: Save,
    script: Script,
    transport: MemoryTransport,
    tmp_path: Path,
    make: Callable[[], Exception],
) -> None:
    error = make()

    def fails(done: int, total: int) -> None:
        raise error

    script.on("/film.mp4", lambda _request: whole())
    with pytest.raises(type(error)) as caught:
        await save(on_progress=fails)
    assert caught.value is error
    assert ranges(transport) == [None]
    assert {path.name for path in tmp_path.iterdir()} <= {"config"}
