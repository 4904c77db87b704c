"""Uploads, against the sandbox."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import pytest

import nemovideo
from nemovideo import AsyncNemoVideo, errors, events
from nemovideo.files.inputs import FileInput
from nemovideo.sandbox import Fault, Sandbox, studio

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real, short film."""
    path = tmp_path_factory.mktemp("clips") / "beach.mp4"
    studio.stub(path)
    return path


async def test_every_form_of_file_is_taken_in_one_request(
    client: AsyncNemoVideo, sandbox: Sandbox, clip: Path
) -> None:
    project = await client.create_project()
    data = clip.read_bytes()
    with clip.open("rb") as opened:
        uploaded = await project.upload(
            clip, str(clip), ("b.mp4", data), opened, ("c.mp4", io.BytesIO(data))
        )
    assert [file.filename[0] for file in uploaded] == ["b", "b", "b", "b", "c"]
    assert all(file.file_type == "video" and file.duration for file in uploaded)
    assert sum(request.endpoint == "uploads.create" for request in sandbox.requests) == 1


async def test_progress_ends_at_the_total(client: AsyncNemoVideo, clip: Path) -> None:
    project = await client.create_project()
    reported: list[tuple[int, int]] = []
    await project.upload(clip, on_progress=lambda done, total: reported.append((done, total)))
    assert reported == sorted(reported)
    assert reported[-1] == (clip.stat().st_size,) * 2


async def test_a_generation_uploads_its_files_first(
    client: AsyncNemoVideo, sandbox: Sandbox, clip: Path
) -> None:
    reported: list[events.Event] = []
    video = await client.generate(
        "make a 2-second video from my clip", files=[clip], on_event=reported.append
    )
    assert [event.type for event in reported[:2]] == ["session_started", "upload_progress"]
    assert video.url
    assert [asset.filename for asset in sandbox.sessions[0].assets] == ["beach.mp4"]


async def test_a_loop_over_a_generation_gets_the_progress_of_the_upload(
    client: AsyncNemoVideo, clip: Path
) -> None:
    size = clip.stat().st_size
    reported = [event async for event in client.generate("use my clip", files=[clip], export=False)]
    assert reported[1] == events.UploadProgress(size, size)


async def test_an_upload_by_address(client: AsyncNemoVideo, sandbox: Sandbox, clip: Path) -> None:
    video = await client.generate("a 2-second video of a cat")
    assert video.url
    project = await client.create_project()
    (file,) = await project.upload(urls=[video.url])
    assert file.file_type == "video"


@pytest.mark.parametrize("kind", ["reset_after", "status"])
async def test_an_upload_that_arrived_is_not_sent_again(
    client: AsyncNemoVideo, sandbox: Sandbox, clip: Path, kind: str
) -> None:
    project = await client.create_project()
    with sandbox.inject(Fault("uploads.create", kind, acted=True)):  # type: ignore[arg-type]  # a literal
        (file,) = await project.upload(clip)
    assert file.filename == "beach.mp4"
    assert len(sandbox.sessions[0].assets) == 1
    assert sum(request.endpoint == "uploads.create" for request in sandbox.requests) == 1


async def test_an_upload_that_did_not_arrive_is_sent_again(
    client: AsyncNemoVideo, sandbox: Sandbox, clip: Path
) -> None:
    project = await client.create_project()
    with sandbox.inject(Fault("uploads.create", "reset_before", times=2)):
        await project.upload(clip)
    assert len(sandbox.sessions[0].assets) == 1


async def test_an_upload_that_never_arrives_is_an_error(
    client: AsyncNemoVideo, sandbox: Sandbox, clip: Path
) -> None:
    project = await client.create_project()
    with (
        sandbox.inject(Fault("uploads.create", "reset_before", times=None)),
        pytest.raises(errors.APIConnectionError),
    ):
        await project.upload(clip)


async def test_bad_files_are_refused_before_anything_is_sent(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello")
    fake = tmp_path / "fake.mp4"
    fake.write_text("<!doctype html>")
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(500 * 2**20 + 1)
    for bad, kind in {
        text: errors.UnsupportedFileError,
        fake: errors.UnsupportedFileError,
        large: errors.FileTooLargeError,
        tmp_path: errors.InvalidInputError,
        tmp_path / "missing.mp4": errors.InvalidInputError,
    }.items():
        with pytest.raises(kind):
            await client.generate("use it", files=[bad])
        with pytest.raises(kind):
            await client.uploads.create("s", bad)
    for bad in ("nonsense", "ftp://x/y.mp4", ""):
        with pytest.raises(errors.InvalidInputError):
            await client.uploads.create("s", urls=[bad])
        with pytest.raises(errors.InvalidInputError):
            await client.generate("use it", urls=[bad])
    with pytest.raises(errors.InvalidInputError):
        await client.uploads.create("s")
    assert sandbox.requests == []


async def test_the_service_refuses_by_content(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    project = await client.create_project()
    data = b"\0\0\0\x18ftypmp42" + b"\0" * 200
    with pytest.raises(errors.UnsupportedFileError) as caught:
        await project.upload(("broken.mp4", data))
    assert "mp4" in caught.value.supported
    assert caught.value.code == 4001


async def test_quick_edit_in_one_line(client: AsyncNemoVideo, clip: Path, tmp_path: Path) -> None:
    video = await client.quick_edit(clip, "add a title that says Beach", path=tmp_path / "out.mp4")
    assert video.path == tmp_path / "out.mp4"
    assert "Beach" in str(video.timeline)


async def test_each_edits_several_files_and_gives_errors_as_values(
    client: AsyncNemoVideo, clip: Path, tmp_path: Path
) -> None:
    project = await client.create_project()
    files: list[Path] = [clip, tmp_path / "missing.mp4", clip]
    outcomes = [each async for each in project.process_each(files, "add a title that says Hello")]
    assert [outcome.file for outcome in outcomes] == files
    assert [outcome.video is not None for outcome in outcomes] == [True, False, True]
    assert isinstance(outcomes[1].error, nemovideo.InvalidInputError)


@pytest.mark.parametrize("form", ["text", "path", "pair", "open"])
async def test_one_file_may_stand_for_a_list_of_one(
    client: AsyncNemoVideo, sandbox: Sandbox, clip: Path, form: str
) -> None:
    with clip.open("rb") as opened:
        given: FileInput = {
            "text": str(clip),
            "path": clip,
            "pair": ("beach.mp4", clip.read_bytes()),
            "open": opened,
        }[form]
        await client.generate("trim my clip to 1 second", files=given, export=False)
    assert [asset.filename for asset in sandbox.sessions[0].assets] == ["beach.mp4"]


async def test_one_file_may_come_with_a_message(client: AsyncNemoVideo, clip: Path) -> None:
    reply = await (await client.create_project()).ask("", str(clip))
    assert [file.filename for file in reply.uploads] == ["beach.mp4"]


async def test_one_address_may_stand_for_a_list_of_one(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    url = (await client.generate("a 2-second video of a cat")).url or ""
    await client.generate("trim my clip to 1 second", urls=url, export=False)
    (file,) = await (await client.create_project()).upload(urls=url)
    assert file.file_type == "video"
    assert [len(state.assets) for state in sandbox.sessions] == [0, 1, 1]


async def test_each_takes_one_file_and_files_that_come_one_by_one(
    client: AsyncNemoVideo, clip: Path
) -> None:
    project = await client.create_project()
    (outcome,) = [each async for each in project.process_each(str(clip), "trim to 1 second")]
    assert outcome.file == str(clip)
    taken: list[int] = []

    def come() -> Iterator[Path]:
        for number in range(2):
            taken.append(number)
            yield clip

    async with aclosing(project.process_each(come(), "trim to 1 second")) as outcomes:
        await anext(outcomes)
    assert len(taken) == 1
