"""The same edit for many files, against the sandbox: each film holds its own file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest

from nemovideo import AsyncNemoVideo, errors
from nemovideo.sandbox import Fault, Sandbox, studio

pytestmark = pytest.mark.anyio


@pytest.fixture
def clips(tmp_path: Path) -> list[Path]:
    """Three clips of different lengths."""
    made = [tmp_path / f"{name}.mp4" for name in ("one", "two", "my three")]
    for number, clip in enumerate(made):
        studio.stub(clip, width=64, height=36, duration=3 + number)
    return made


def sources(video: Any) -> list[str]:
    return [segment.source for track in video.timeline.tracks for segment in track.segments]


@pytest.mark.parametrize(
    "prompt", ["trim it to 2 seconds", "把它剪到2秒", "turn this clip into a 2-second teaser"]
)
async def test_each_film_holds_its_own_file(
    client: AsyncNemoVideo, clips: list[Path], prompt: str
) -> None:
    project = await client.create_project()
    outcomes = [outcome async for outcome in project.process_each(clips, prompt)]
    assert [outcome.error for outcome in outcomes] == [None] * 3
    found = [sources(outcome.video) for outcome in outcomes]
    assert found == [["one.mp4"], ["two.mp4"], ["my three.mp4"]]
    assert all(outcome.video and outcome.video.duration for outcome in outcomes)


async def test_one_file_given_twice_is_edited_twice(
    client: AsyncNemoVideo, clips: list[Path]
) -> None:
    project = await client.create_project()
    files = [clips[0], clips[0]]
    outcomes = [outcome async for outcome in project.process_each(files, "trim it to 2 seconds")]
    assert [sources(outcome.video) for outcome in outcomes] == [["one.mp4"], ["one (2).mp4"]]


async def test_a_pair_gives_each_file_its_own_instruction(
    client: AsyncNemoVideo, clips: list[Path]
) -> None:
    project = await client.create_project()
    pairs = [
        (clips[0], "trim it to 1 second"),
        (("renamed.mp4", clips[1].read_bytes()), 'add a title "Hello"'),
    ]
    outcomes = [outcome async for outcome in project.process_each(pairs)]
    assert [outcome.file for outcome in outcomes] == [file for file, _ in pairs]
    shown = [str(outcome.video.timeline) for outcome in outcomes if outcome.video]
    assert "one.mp4 (0-1s)" in shown[0]
    assert "renamed.mp4" in shown[1] and "Hello" in shown[1]


@pytest.mark.parametrize("prompt", ["how are you?", "make it black and white", "play it backwards"])
async def test_an_edit_that_changes_nothing_is_an_error_of_each_file(
    client: AsyncNemoVideo, sandbox: Sandbox, clips: list[Path], prompt: str
) -> None:
    project = await client.create_project()
    outcomes = [outcome async for outcome in project.process_each(clips, prompt)]
    assert [outcome.video for outcome in outcomes] == [None] * 3
    assert all("changed nothing" in str(outcome.error) for outcome in outcomes)
    assert sandbox.renders == []


async def test_one_bad_item_ends_no_other(
    client: AsyncNemoVideo, sandbox: Sandbox, clips: list[Path], tmp_path: Path
) -> None:
    project = await client.create_project()
    files: list[Any] = [
        tmp_path / "missing.mp4", (clips[0], " "), 5, (clips[0], "how are you?"), clips[1]
    ]  # fmt: skip
    outcomes = [outcome async for outcome in project.process_each(files, "trim it to 2 seconds")]
    assert [outcome.video is not None for outcome in outcomes] == [False] * 4 + [True]
    assert [type(outcome.error) for outcome in outcomes[:4]] == [
        *[errors.InvalidInputError] * 3,
        errors.NemoVideoError,
    ]
    assert len(sandbox.renders) == 1


async def test_a_lost_answer_and_a_failed_render_are_errors_of_their_files(
    client: AsyncNemoVideo, sandbox: Sandbox, clips: list[Path]
) -> None:
    project = await client.create_project()
    with sandbox.inject(Fault("renders.create", "failed_render", times=2)):
        outcomes = [
            outcome async for outcome in project.process_each(clips, "trim it to 2 seconds")
        ]
    assert isinstance(outcomes[0].error, errors.RenderFailedError)
    assert [sources(outcome.video) for outcome in outcomes[1:]] == [["two.mp4"], ["my three.mp4"]]


async def test_a_file_without_any_instruction_is_refused_before_it_is_sent(
    client: AsyncNemoVideo, sandbox: Sandbox, clips: list[Path]
) -> None:
    project = await client.create_project()
    (outcome,) = [outcome async for outcome in project.process_each(clips[0])]
    assert isinstance(outcome.error, errors.InvalidInputError)
    assert sandbox.sessions[0].assets == []


async def test_what_each_costs_is_reported(client: AsyncNemoVideo, clips: list[Path]) -> None:
    project = await client.create_project()
    with anyio.fail_after(60):
        outcomes = [
            outcome async for outcome in project.process_each(clips, "trim it to 2 seconds")
        ]
    assert [outcome.video and outcome.video.credits_used for outcome in outcomes] == [50, 0, 0]
