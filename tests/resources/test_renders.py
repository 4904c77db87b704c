"""Renders that are asked for, looked at and waited for, with answers of every kind."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Timing, UnfinishedRender, errors
from nemovideo.events import Event, RenderProgress
from nemovideo.transports import MemoryTransport, Reply, Request, Response
from tests.scripted import Script, fail, ok

pytestmark = pytest.mark.anyio

Build = Callable[..., AsyncNemoVideo]
DRAFT = {"t": [{"tt": 0, "sg": [{"d": 5000, "m": {"name": "fox"}}]}], "d": 5000}
URL = "https://files.example/a.mp4"
DONE = ok({"status": "completed", "output": {"url": URL}})
NO_URL = ok({"status": "completed", "output": None})
HALF = ok({"status": "processing", "progress": 50})


@pytest.fixture
def client(build: Build, script: Script) -> AsyncNemoVideo:
    """A client of a service that takes the render "r" of a session."""
    state = {"session_id": "s-1", "task_id": "t-1", "state": {"draft": DRAFT}}
    script.on("/latest", ok(state))
    script.on("/lambda", ok({"id": "r", "status": "pending"}))
    return build(timing=Timing())


def polls(script: Script, *answers: Reply) -> None:
    """Answer looks at any render so."""
    script.on("/r", *answers)


async def test_a_completed_render_is_polled_until_it_has_a_url(
    client: AsyncNemoVideo, script: Script, slept: list[float]
) -> None:
    polls(script, HALF, NO_URL, fail(500), NO_URL, DONE)
    seen: list[tuple[str, str | None]] = []
    render = await client.renders.wait("r", lambda each: seen.append((each.status, each.url)))
    assert render.url == URL
    assert seen == [("processing", None), ("completed", URL)]
    assert slept[1:] == [2, 4, 8]


@pytest.mark.parametrize("then", [NO_URL, fail(500), fail(402)])
async def test_a_completed_render_whose_address_never_comes_is_completed(
    client: AsyncNemoVideo, script: Script, slept: list[float], then: Reply
) -> None:
    polls(script, NO_URL, then)
    render = await client.renders.wait("r")
    assert (render.is_completed, render.url) == (True, None)
    assert slept == [2, 4, 8, 16]


async def test_a_completed_render_is_not_polled_beyond_the_limit(
    build: Build, script: Script, slept: list[float]
) -> None:
    polls(script, NO_URL)
    render = await build(timing=Timing(render_limit=0)).renders.wait("r")
    assert render.is_completed
    assert slept == []


async def test_an_export_waits_for_the_address_of_a_render_that_is_completed_at_once(
    client: AsyncNemoVideo, script: Script, transport: MemoryTransport, slept: list[float]
) -> None:
    script.on("/lambda", NO_URL)
    script.on("", HALF, DONE)  # whatever id it got
    video = await client.open_project("s-1").export()
    assert video.url == URL
    assert sum("/lambda/" in request.url for request in transport.requests) == 2


@pytest.mark.parametrize(
    ("answer", "least"),
    [
        (fail(429, retry_after="37"), 37),
        (fail(503, retry_after="37"), 37),
        (fail(429), 30),
        (fail(500), 2),
        (fail(503, retry_after="0"), 2),
        (fail(503, retry_after="3600"), 120),
    ],
)
async def test_a_poll_is_not_repeated_before_the_service_says(
    client: AsyncNemoVideo, script: Script, slept: list[float], answer: Reply, least: float
) -> None:
    polls(script, answer, DONE)
    await client.renders.wait("r")
    (waited,) = slept
    assert least <= waited <= max(least, 30)


@pytest.mark.parametrize(
    "refusal",
    [
        fail(409),
        fail(400, 400),
        fail(422),
        fail(200, 1005),
        Reply(200, {}, b'{"success": false, "error": "id taken"}'),
        Reply(400, {}, b'{"detail": "duplicate id"}'),
        fail(500),
    ],
)
async def test_a_refused_id_that_is_there_is_that_render(
    client: AsyncNemoVideo, script: Script, refusal: Reply, slept: list[float]
) -> None:
    script.on("/lambda", refusal)
    polls(script, HALF)
    render = await client.renders.create("s-1", DRAFT, render_id="r")
    assert (render.id, render.status, render.progress) == ("r", "processing", 50)


async def test_a_refused_id_that_is_not_there_is_a_refusal(
    client: AsyncNemoVideo, script: Script
) -> None:
    script.on("/lambda", fail(400, 400))
    polls(script, fail(404))
    with pytest.raises(errors.BadRequestError) as caught:
        await client.renders.create("s-1", DRAFT, render_id="r")
    assert caught.value.code == 400


@pytest.mark.parametrize("failure", [fail(500), errors.APIConnectionError("x", phase="read")])
async def test_a_render_that_may_have_arrived_is_polled_without_any_retry(
    build: Build, script: Script, failure: Reply | Exception, transport: MemoryTransport
) -> None:
    script.on("/lambda", failure)
    polls(script, HALF)
    client = build(token="nmv_usr_x", max_retries=0)
    assert (await client.renders.create("s-1", DRAFT, render_id="r")).progress == 50
    assert [request.method for request in transport.requests] == ["POST", "GET"]


async def test_a_render_that_certainly_did_not_arrive_is_not_polled(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on("/lambda", errors.APIConnectionError("x", phase="connect"))
    client = build(token="nmv_usr_x", max_retries=0)
    with pytest.raises(errors.APIConnectionError):
        await client.renders.create("s-1", DRAFT, render_id="r")
    assert len(transport.requests) == 1


@pytest.mark.parametrize(
    ("failure", "listed"),
    [
        (fail(500), ["r"]),
        (fail(408), ["r"]),
        (errors.APIConnectionError("x", phase="read"), ["r"]),
        (fail(402), []),
        (fail(429), []),
        (fail(503, retry_after="1"), []),
    ],
)
async def test_a_render_that_may_be_there_is_left_to_be_recovered_and_a_refused_one_is_not(
    build: Build, script: Script, failure: Reply | Exception, listed: list[str]
) -> None:
    script.on("/lambda", failure)
    polls(script, fail(404))
    client = build(max_retries=0)
    with pytest.raises((errors.APIError, errors.APIConnectionError)):
        await client.renders.create("s-1", DRAFT, render_id="r")
    found = [item for item in await client.recover() if isinstance(item, UnfinishedRender)]
    assert [item.render_id for item in found] == listed


@pytest.mark.parametrize(
    "refusal", [Reply(400, {}, b'{"detail": "id already exists"}'), fail(409)], ids=["said", "409"]
)
async def test_a_repeated_id_that_cannot_be_polled_is_there_all_the_same(
    client: AsyncNemoVideo, script: Script, slept: list[float], refusal: Reply
) -> None:
    script.on("/lambda", refusal)
    polls(script, fail(503))
    render = await client.renders.create("s-1", DRAFT, render_id="r")
    assert render.status == "pending"


@pytest.mark.parametrize("answer", [ok({}), ok({"id": "r"}), ok({"status": "CANCELED"})])
async def test_a_cancelled_render_says_so(
    client: AsyncNemoVideo, script: Script, answer: Reply
) -> None:
    script.on("/cancel", answer)
    assert (await client.renders.cancel("r")).is_cancelled


@pytest.mark.parametrize(
    ("refusal", "unseen", "status"),
    [(fail(400, 400), fail(503), 400), (fail(409), fail(404), 409), (fail(409), fail(402), 409)],
    ids=["not said and not seen", "said and not there", "said and not shown"],
)
async def test_a_refusal_is_raised_where_no_poll_shows_the_render(
    client: AsyncNemoVideo,
    script: Script,
    slept: list[float],
    refusal: Reply,
    unseen: Reply,
    status: int,
) -> None:
    script.on("/lambda", refusal)
    polls(script, unseen)
    with pytest.raises(errors.BadRequestError) as caught:
        await client.renders.create("s-1", DRAFT, render_id="r")
    assert caught.value.status == status


async def test_a_new_render_knows_its_format(client: AsyncNemoVideo) -> None:
    assert (await client.renders.create("s-1", DRAFT, format="mov")).format == "mov"


FAILED = ok({"status": "failed"})


async def test_a_cancel_is_in_force_before_its_answer_is_here(
    script: Script, tmp_path: Path, slept: list[float]
) -> None:
    started, over = anyio.Event(), anyio.Event()
    cancelling: list[str] = []

    async def service(request: Request) -> Reply | Exception:
        if request.url.endswith("/cancel"):
            cancelling.append(request.url)
            await over.wait()
            return ok({})
        if request.method == "GET" and "/lambda/" in request.url:
            started.set()
            return FAILED if cancelling else HALF
        return script(request)

    script.on("/latest", ok({"state": {"draft": DRAFT}}))
    script.on("/lambda", HALF)
    client = AsyncNemoVideo(
        transport=MemoryTransport(service), token="nmv_usr_x", config_dir=tmp_path
    )
    renders: list[str] = []

    def note(event: Event) -> None:
        if isinstance(event, RenderProgress):
            renders.append(event.render.id)

    async def export() -> None:
        with pytest.raises(errors.RenderFailedError, match="was cancelled"):
            await client.open_project("s-1").export(on_event=note)
        over.set()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(export)
        await started.wait()
        await client.renders.cancel(renders[0])
    assert len(set(renders)) == 1


@pytest.mark.parametrize("answer", [fail(404), fail(402), fail(429), DONE])
async def test_a_cancel_that_came_to_nothing_is_not_in_force(
    client: AsyncNemoVideo, script: Script, slept: list[float], answer: Reply
) -> None:
    """The render that fails after all is made again."""
    script.on("/cancel", answer)
    script.on("", HALF, FAILED, DONE)  # whatever id it got
    assert (await client.open_project("s-1").export(on_event=cancelling(client))).url == URL


@pytest.mark.parametrize(
    "answer", [ok({}), fail(500), errors.APIConnectionError("x", phase="read")]
)
async def test_a_cancel_that_may_have_arrived_is_in_force(
    client: AsyncNemoVideo, script: Script, slept: list[float], answer: Reply | Exception
) -> None:
    script.on("/cancel", answer)
    script.on("", HALF, FAILED, DONE)
    with pytest.raises(errors.RenderFailedError, match="was cancelled"):
        await client.open_project("s-1").export(on_event=cancelling(client))


def cancelling(client: AsyncNemoVideo) -> Callable[[Event], Any]:
    """A callback that cancels the first render that it hears of."""
    cancelled: list[str] = []

    async def cancel(event: Event) -> None:
        if isinstance(event, RenderProgress) and not cancelled:
            cancelled.append(event.render.id)
            with suppress(errors.APIError, errors.APIConnectionError):
                await client.renders.cancel(event.render.id)

    return cancel


async def test_a_render_that_was_seen_is_only_out_of_sight_when_it_is_not_found(
    client: AsyncNemoVideo, script: Script, slept: list[float]
) -> None:
    polls(script, HALF, fail(404), DONE)
    assert (await client.renders.wait("r")).url == URL


async def test_a_render_that_was_accepted_is_waited_for_until_it_is_found(
    client: AsyncNemoVideo, script: Script, slept: list[float]
) -> None:
    polls(script, fail(404), DONE)
    assert [render.url async for render in client.renders.watch("r", known=True)] == [URL]


async def test_a_render_that_nobody_knows_is_not_waited_for(
    client: AsyncNemoVideo, script: Script, slept: list[float]
) -> None:
    polls(script, fail(404), DONE)
    with pytest.raises(errors.NotFoundError):
        await client.renders.wait("r")
    assert slept == []


async def test_the_reason_of_a_failure_is_in_the_error(
    client: AsyncNemoVideo, script: Script
) -> None:
    failure: dict[str, Any] = {"status": "FAILURE", "error": [{"message": "clip 3 is missing"}]}
    polls(script, ok(failure))
    with pytest.raises(errors.RenderFailedError, match='failed: "clip 3 is missing"'):
        await client.renders.wait("r")


def raising_at(number: int) -> tuple[errors.NemoVideoError, Callable[[Response], None]]:
    """A hook that raises at an answer, counted from 1, what looks like an error of the service."""
    mine, answers = errors.ServerError("mine", status=503), count(1)

    def hook(response: Response) -> None:
        if next(answers) == number:
            raise mine

    return mine, hook


async def test_what_a_hook_raises_at_a_poll_for_the_url_is_raised(
    build: Build, script: Script, slept: list[float]
) -> None:
    polls(script, NO_URL)
    mine, hook = raising_at(2)
    client = build(timing=Timing(), token="nmv_usr_x").with_options(on_response=hook)
    with pytest.raises(errors.ServerError) as caught:
        await client.renders.wait("r")
    assert caught.value is mine


@pytest.mark.parametrize("number", [1, 2])
async def test_what_a_hook_raises_while_a_render_is_asked_for_comes_out(
    build: Build, script: Script, number: int
) -> None:
    script.on("/lambda", fail(409))
    polls(script, HALF)
    mine, hook = raising_at(number)
    client = build(token="nmv_usr_x").with_options(on_response=hook)
    with pytest.raises(errors.ServerError) as caught:
        await client.renders.create("s-1", DRAFT, render_id="r")
    assert caught.value is mine
