"""Arguments of other SDKs: what their users try first, and are told to write."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from nemovideo import AsyncNemoVideo, InvalidInputError, NemoVideo
from nemovideo.validation.argument_names import CLIENT, GENERATE


def generate(**arguments: Any) -> object:
    return AsyncNemoVideo(journal=False).generate("a panda", **arguments)


def generate_blocking(**arguments: Any) -> object:
    with NemoVideo(journal=False) as client:
        return client.generate("a panda", **arguments)


def stream_blocking(**arguments: Any) -> object:
    with NemoVideo(journal=False) as client:
        return client.generate_stream("a panda", **arguments)


@pytest.mark.parametrize("call", [generate, generate_blocking, stream_blocking])
def test_a_generation_refuses_them_by_name_and_says_what_to_write(
    call: Callable[..., object],
) -> None:
    with pytest.raises(InvalidInputError, match=r"no argument duration.*a 10-second video") as info:
        call(duration=10)
    assert info.value.parameter == "duration"
    assert info.value.accepted[0] == "prompt"


@pytest.mark.parametrize("client", [AsyncNemoVideo, NemoVideo])
def test_a_client_refuses_them_without_showing_the_secret(client: Callable[..., object]) -> None:
    with pytest.raises(InvalidInputError, match="It is called token") as info:
        client(api_key="nmv_usr_secret")
    shown = traceback.TracebackException.from_exception(info.value, capture_locals=True)
    ours = [frame.locals for frame in shown.stack if "argument_names" in frame.filename]
    assert ours
    assert "nmv_usr_secret" not in str(ours)


@pytest.mark.parametrize(
    ("function", "refused"),
    [
        (AsyncNemoVideo.generate, GENERATE),
        (NemoVideo.generate, GENERATE),
        (NemoVideo.generate_stream, GENERATE),
        (AsyncNemoVideo, CLIENT),
        (NemoVideo, CLIENT),
    ],
)
def test_no_argument_that_exists_is_refused(
    function: Callable[..., object], refused: dict[str, str]
) -> None:
    assert not set(inspect.signature(function).parameters) & set(refused)


def test_what_nobody_knows_is_left_to_python() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'wobble'"):
        generate(wobble=1)


@pytest.mark.parametrize("tag", ["klingon", "english", "", "zh_CN", "e", "en-", "中文"])
def test_a_language_is_a_tag(tag: str) -> None:
    with pytest.raises(InvalidInputError, match="language is no language tag") as info:
        generate(language=tag)
    assert '"zh-CN"' in info.value.accepted
