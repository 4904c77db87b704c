"""Results outside of the program that got them: JSON for pydantic, and pickles."""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter

from nemovideo import AsyncNemoVideo, Draft, InvalidInputError, NemoVideo, Turn, Video
from nemovideo import blocking as blocking
from nemovideo.operations.project import FileResult
from nemovideo.operations.reply import Reply
from nemovideo.sandbox import Sandbox, studio
from tests.conftest import QUICK

pytestmark = pytest.mark.anyio


async def test_a_video_at_a_url_is_json_and_a_pickle(client: AsyncNemoVideo, memory: Any) -> None:
    video = await client.generate("a 3-second video of a fox", path="memory://films/fox.mp4")
    is_json(video)
    for same in (pickle.loads(pickle.dumps(video)), copy.copy(video), copy.deepcopy(video)):
        assert str(same.path) == "memory://films/fox.mp4"
        assert same.path == video.path
    assert TypeAdapter(Path).validate_python(video.path) == video.path


TOKEN = "nmv_usr_"


@pytest.fixture
async def results(client: AsyncNemoVideo, tmp_path: Path) -> list[Any]:
    """One of each kind of result, as an async client gives them."""
    video = await client.generate("a 3-second video of a fox")
    project = client.open_project(video.session_id)
    turn = await project.send("add a title that says Hello")
    exported = await project.ask("export")
    asked = await project.ask("add music and show me the credits")
    clip = tmp_path / "clip.mp4"
    studio.stub(clip)
    files = [clip, tmp_path / "missing.mp4", ("b.mp4", clip.read_bytes())]
    outcomes = [outcome async for outcome in project.process_each(files, "trim it to 2 seconds")]
    return [video, turn, turn.draft, exported, asked, *outcomes]


@pytest.fixture
def blocking_results(sandbox: Sandbox) -> list[Any]:
    """The same of a blocking client."""
    with NemoVideo(base_url=sandbox.url, timing=QUICK) as client:
        video = client.generate("a 3-second video of a fox")
        return [video, client.open_project(video.session_id).ask("export")]


def is_json(result: Any) -> None:
    """Check that whoever asks gets what `to_dict` returns."""
    expected = json.loads(json.dumps(result.to_dict()))
    assert dict(result) == expected
    adapter = TypeAdapter(type(result))
    assert adapter.dump_python(adapter.validate_python(result), mode="json") == expected
    assert json.loads(adapter.dump_json(result)) == expected
    assert adapter.json_schema(mode="serialization")["type"] == "object"
    assert TypeAdapter(Any).dump_python({"of": [result]}, mode="json") == {"of": [expected]}
    assert not dataclasses.is_dataclass(result)
    assert TOKEN not in json.dumps(expected)


def travels(result: Any) -> None:
    """Check that a pickle is whole, and that nothing of the client is in it."""
    data = pickle.dumps(result)
    assert pickle.loads(data).to_dict() == result.to_dict()
    assert repr(pickle.loads(data)) == repr(result)
    for secret in (TOKEN.encode(), b"Pipeline", b"Resources"):
        assert secret not in data
    assert copy.copy(result).to_dict() == result.to_dict()
    assert copy.deepcopy(result).to_dict() == result.to_dict()


async def test_every_result_is_json_and_can_be_pickled(results: list[Any]) -> None:
    assert {type(each) for each in results} == {Video, Turn, Draft, Reply, FileResult}
    for each in results:
        is_json(each)
        travels(each)


def test_every_blocking_result_is_json_and_can_be_pickled(blocking_results: list[Any]) -> None:
    assert {type(each) for each in blocking_results} == {blocking.Video, blocking.Reply}
    for each in blocking_results:
        is_json(each)
        travels(each)


def test_another_class_is_refused() -> None:
    with pytest.raises(ValueError, match="Turn"):
        TypeAdapter(Turn).validate_python({"text": "hello"})


async def test_a_video_out_of_a_pickle_says_that_it_has_no_client(results: list[Any]) -> None:
    again: Video = pickle.loads(pickle.dumps(results[0]))
    with pytest.raises(InvalidInputError, match=again.render_id):
        await again.save("a.mp4")
    with pytest.raises(InvalidInputError, match="without a client"):
        await again.link()
    again.render = None
    with pytest.raises(InvalidInputError, match=again.session_id):
        await again.export()


async def test_a_copy_of_a_video_has_its_client(results: list[Any], tmp_path: Path) -> None:
    assert (await copy.copy(results[0]).save(tmp_path / "a.mp4")).exists()


def test_a_blocking_video_out_of_a_pickle_says_so_too(blocking_results: list[Any]) -> None:
    again: blocking.Video = pickle.loads(pickle.dumps(blocking_results[0]))
    for call in (lambda: again.save("a.mp4"), again.export, again.link):
        with pytest.raises(InvalidInputError, match="without a client"):
            call()


@pytest.mark.parametrize(
    ("file", "name"),
    [
        ("clips/a.mp4", "clips/a.mp4"),
        (Path("clips") / "a.mp4", "clips/a.mp4"),
        (("a.mp4", b"\xff"), "a.mp4"),
        (io.BytesIO(b"\xff"), ""),
    ],
)
@pytest.mark.parametrize("kind", [FileResult, blocking.FileResult])
def test_the_file_of_an_outcome_is_its_name(kind: Any, file: Any, name: str) -> None:
    assert kind(file, None, None).to_dict() == {"file": name, "video": None, "error": None}
