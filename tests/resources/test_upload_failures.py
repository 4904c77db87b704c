"""Uploads that ended in doubt: looked for in the state, sent again only when they are not there."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

from nemovideo import AsyncNemoVideo, Timing, errors
from nemovideo.transports import MemoryTransport, Reply, Response
from tests.scripted import Script, fail, ok

pytestmark = pytest.mark.anyio

Build = Callable[..., AsyncNemoVideo]
CLIP = ("beach.mp4", b"\0\0\0\x18ftypmp42" + bytes(12))
BROKEN = errors.APIConnectionError("the connection broke", phase="wait")
POLL_WAITS = [1, 2, 4, 8, 8, 8]


def assert_waited(slept: list[float], retries: int = 1) -> None:
    """Check the waits: before each retry a jittered back-off, then those between the polls."""
    back_off = [0.5, 1, 2]
    for number in range(retries):
        first, *polls = slept[7 * number : 7 * (number + 1)]
        assert 0 <= first - back_off[number] <= 0.5
        assert polls == POLL_WAITS
    assert len(slept) == 7 * retries


def state(*names: str, draft: dict[str, Any] | None = None) -> Reply:
    infos = [{"filename": name, "file_type": "video"} for name in names]
    return ok({"session_id": "s-1", "state": {"draft": draft or {}, "video_infos": infos}})


NOTHING, THERE = state(), state("beach.mp4")
TAKEN = ok({"files": [{"filename": "beach.mp4"}], "session_state_applied": True})


@pytest.fixture
def client(build: Build) -> AsyncNemoVideo:
    """A client that waits as long as it does for users, in no time."""
    return build(timing=Timing(), token="nmv_usr_x")


def sent(transport: MemoryTransport) -> int:
    return sum("upload-video" in request.url for request in transport.requests)


AMBIGUOUS = [fail(500), fail(502), fail(503), fail(504), fail(408), BROKEN]


@pytest.mark.parametrize("failure", AMBIGUOUS)
async def test_an_upload_that_arrives_late_is_not_sent_again(
    client: AsyncNemoVideo,
    script: Script,
    transport: MemoryTransport,
    slept: list[float],
    failure: Reply | Exception,
) -> None:
    script.on("/s-1", failure)
    script.on("/latest", *[NOTHING] * 7, THERE)
    (file,) = await client.uploads.create("s-1", CLIP)
    assert file.filename == "beach.mp4"
    assert sent(transport) == 1
    assert_waited(slept)


@pytest.mark.parametrize("failure", AMBIGUOUS)
async def test_an_upload_that_did_not_arrive_is_sent_again_after_the_state_said_so(
    client: AsyncNemoVideo,
    script: Script,
    transport: MemoryTransport,
    slept: list[float],
    failure: Reply | Exception,
) -> None:
    script.on("/s-1", failure, TAKEN)
    script.on("/latest", NOTHING)
    await client.uploads.create("s-1", CLIP)
    assert sent(transport) == 2
    assert_waited(slept)


async def test_an_upload_that_fails_each_time_is_its_own_error(
    client: AsyncNemoVideo, script: Script, transport: MemoryTransport, slept: list[float]
) -> None:
    script.on("/s-1", fail(500))
    script.on("/latest", NOTHING)
    with pytest.raises(errors.ServerError) as caught:
        await client.uploads.create("s-1", CLIP)
    assert caught.value.endpoint == "POST /api/upload-video/nemo_agent/me/<session>"
    assert sent(transport) == 3
    assert_waited(slept, retries=3)


@pytest.mark.parametrize(
    ("found", "reads"),
    [
        (fail(503), 7),
        (BROKEN, 7),
        (fail(401), 1),
        (fail(404, 1002), 1),
        (fail(429, retry_after="121"), 1),
    ],
)
@pytest.mark.parametrize("seen", [0, 2])
async def test_an_error_of_the_poll_does_not_hide_the_uploads(
    client: AsyncNemoVideo,
    script: Script,
    transport: MemoryTransport,
    slept: list[float],
    found: Reply | Exception,
    reads: int,
    seen: int,
) -> None:
    script.on("/s-1", fail(502))
    script.on("/latest", NOTHING, *[NOTHING] * seen, found)
    with pytest.raises(errors.ServerError) as caught:
        await client.uploads.create("s-1", CLIP)
    assert caught.value.status == 502
    assert caught.value.__context__ is None
    assert sent(transport) == 1
    assert len(slept) == min(7, reads + seen)


async def test_the_poll_waits_as_long_as_the_service_asks(
    client: AsyncNemoVideo, script: Script, slept: list[float]
) -> None:
    script.on("/s-1", fail(500, retry_after="20"))
    script.on("/latest", NOTHING, fail(429, retry_after="9"), fail(429), THERE)
    await client.uploads.create("s-1", CLIP)
    assert slept == [20, 9, 30]


@pytest.mark.parametrize(
    "after",
    [
        state("other.mp4"),
        state(draft={"t": [{"tt": 0, "sg": [{"d": 1000}]}]}),
    ],
)
async def test_where_another_file_arrived_the_outcome_is_unknown_and_nothing_is_sent_again(
    client: AsyncNemoVideo,
    script: Script,
    transport: MemoryTransport,
    slept: list[float],
    after: Reply,
) -> None:
    script.on("/s-1", fail(500))
    script.on("/latest", NOTHING, after)
    with pytest.raises(errors.ServerError):
        await client.uploads.create("s-1", CLIP)
    assert sent(transport) == 1


async def test_a_part_of_it_is_waited_for_until_all_is_there(
    client: AsyncNemoVideo, script: Script, transport: MemoryTransport, slept: list[float]
) -> None:
    script.on("/s-1", fail(504))
    script.on("/latest", NOTHING, state("beach.mp4"), state("beach.mp4", "sea.mp4"))
    files = await client.uploads.create("s-1", CLIP, ("sea.mp4", CLIP[1]))
    assert [file.filename for file in files] == ["beach.mp4", "sea.mp4"]
    assert sent(transport) == 1


async def test_a_file_that_may_be_older_than_the_upload_is_not_taken_for_it(
    client: AsyncNemoVideo, script: Script, transport: MemoryTransport, slept: list[float]
) -> None:
    script.on("/s-1", fail(504))
    script.on("/latest", fail(500), fail(500), fail(500), THERE)
    with pytest.raises(errors.ServerError) as caught:
        await client.uploads.create("s-1", CLIP)
    assert caught.value.status == 504
    assert sent(transport) == 1


@pytest.mark.parametrize("refusal", [fail(413), fail(400, 4001), fail(402, 402)])
async def test_a_refused_upload_is_refused_at_once(
    client: AsyncNemoVideo,
    script: Script,
    transport: MemoryTransport,
    slept: list[float],
    refusal: Reply,
) -> None:
    script.on("/s-1", refusal)
    script.on("/latest", NOTHING)
    with pytest.raises(errors.APIError):
        await client.uploads.create("s-1", CLIP)
    assert (sent(transport), slept) == (1, [])


@pytest.mark.parametrize("number", [1, 3])
async def test_what_a_hook_raises_at_a_poll_is_raised(
    build: Build, script: Script, slept: list[float], number: int
) -> None:
    mine, answers = errors.ServerError("mine", status=503), count(1)

    def hook(response: Response) -> None:
        if next(answers) == number:
            raise mine

    script.on("/s-1", fail(500))
    script.on("/latest", NOTHING)
    client = build(timing=Timing(), token="nmv_usr_x").with_options(on_response=hook)
    with pytest.raises(errors.ServerError) as caught:
        await client.uploads.create("s-1", CLIP)
    assert caught.value is mine
