"""Answers in forms that no document names, and what they cost nobody."""

from __future__ import annotations

import gzip
import json
import traceback
import zlib
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Timing, errors
from nemovideo.transports import MemoryTransport, Reply
from tests.scripted import Script, fail, ok

pytestmark = pytest.mark.anyio
Build = Callable[..., AsyncNemoVideo]

AMPLE = Timing().scaled_waits(0.0005)
"""Short waits, and limits that a busy machine does not reach."""
HELLO = b'data: {"type": "text", "content": "Hello"}\n\n'
STATE = {"state": {"draft": {"t": [{"tt": 0, "sg": [{"d": 1000}]}]}}}


async def say(client: AsyncNemoVideo, session_id: str = "s-1") -> str:
    async with client.messages.stream(session_id, "hello") as stream:
        return (await stream.final_turn()).text


@pytest.mark.parametrize(
    "content_type", ["text/event-stream", "Text/Event-Stream; charset=utf-8", "text/plain", None]
)
async def test_a_stream_is_known_by_its_content_too(
    build: Build, script: Script, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    script.on("/run_sse", Reply(200, headers, [HELLO[:5], HELLO[5:]]))
    script.on("/latest", ok(STATE))
    assert await say(build(timing=AMPLE)) == "Hello"


@pytest.mark.parametrize(
    "body", [b'{"code": 2001, "message": "no"}', b"\n <html>gateway</html>", b""]
)
async def test_a_document_in_place_of_a_stream_is_an_error(
    build: Build, script: Script, body: bytes
) -> None:
    script.on("/run_sse", Reply(200, {}, body))
    with pytest.raises(errors.APIError):
        await say(build())


@pytest.mark.parametrize(
    "answer", [fail(404), fail(500), errors.APIConnectionError("x", phase="wait")]
)
async def test_an_answer_is_not_lost_when_reading_the_timeline_fails(
    build: Build, script: Script, answer: Reply | Exception
) -> None:
    script.on("/run_sse", Reply(200, {"Content-Type": "text/event-stream"}, HELLO))
    script.on("/latest", answer)
    assert await say(build()) == "Hello"


async def test_without_words_and_without_a_timeline_a_turn_is_no_turn(
    build: Build, script: Script
) -> None:
    tool = b'data: {"type": "tool_call", "name": "make_clip", "args": {}}\n\n'
    script.on("/run_sse", Reply(200, EVENTS, tool))
    script.on("/latest", fail(404))
    with pytest.raises(errors.NotFoundError) as caught:
        await say(build())
    assert "Do not send it again" in (caught.value.hint or "")


async def test_whoever_asks_for_a_lost_turn_gets_an_error_of_their_own(
    build: Build, script: Script
) -> None:
    broken = errors.APIConnectionError("x", phase="read")
    script.on("/run_sse", Reply(200, EVENTS, [HELLO, broken]))
    caught: list[errors.NemoVideoError] = []
    async with build().messages.stream("s-1", "hello") as stream:
        for _ in range(3):
            try:
                await stream.final_turn()
            except errors.StreamInterruptedError as error:
                caught.append(error)
    assert len({id(error) for error in caught}) == 3  # each has a traceback of its own
    assert len({str(error) for error in caught}) == 1


async def test_an_error_inside_a_stream_names_the_request_and_ends_the_message(
    build: Build, script: Script, tmp_path: Path
) -> None:
    headers = {"Content-Type": "text/event-stream", "X-Request-Id": "r-1"}
    script.on("/run_sse", Reply(200, headers, b'data: {"code": 2001}\n\n'))
    client = build(journal=True, config_dir=tmp_path)
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        await say(client)
    assert caught.value.request_id == "r-1"
    assert await client.recover() == []


async def test_the_context_of_a_message_is_entered_once(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on("/run_sse", Reply(200, {"Content-Type": "text/event-stream"}, HELLO))
    message = build().messages.stream("s-1", "hello")
    async with message:
        pass
    with pytest.raises(errors.NemoVideoError, match="Do not send it again"):
        async with message:
            pass
    assert len([each for each in transport.requests if each.url.endswith("/run_sse")]) == 1


@pytest.mark.parametrize(
    ("after", "sent"),
    [
        ({"state": {"video_infos": [{"filename": "b.mp4"}]}}, 1),
        ({"state": {"draft": {"t": []}}}, 3),
        ({"state": {"draft": {"t": [{"tt": 0, "sg": [{"d": 1000}]}]}}}, 1),
    ],
    ids=["another file came", "nothing came", "the timeline changed"],
)
async def test_an_upload_that_broke_is_neither_taken_for_another_nor_sent_where_something_came(
    build: Build, script: Script, transport: MemoryTransport, after: object, sent: int
) -> None:
    script.on("/upload-video/nemo_agent/me/s-1", errors.APIConnectionError("x", phase="read"))
    script.on("/latest", ok({"state": {}}), ok(after))
    with pytest.raises(errors.APIConnectionError):
        await build().uploads.create("s-1", ("a.mp4", b"\0\0\0\x18ftypmp42"))
    assert len([each for each in transport.requests if "upload-video" in each.url]) == sent


async def test_a_message_that_failed_with_words_about_a_session_is_not_sent_again(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    words = {"error": "music tool: upstream session not found"}
    script.on("/with-session/nemo_agent", ok({"session_id": "s-1", "task_id": "t-1"}))
    script.on("/run_sse", Reply(500, {}, json.dumps(words).encode()))
    script.on("/latest", ok({"state": {"draft": {}}}))
    with pytest.raises(errors.ServerError, match="before you send it again"):
        await build().generate("a panda")
    sent = [request.url for request in transport.requests]
    assert len([url for url in sent if url.endswith("/run_sse")]) == 1


async def test_a_refusal_inside_a_stream_says_where_to_register(
    build: Build, script: Script
) -> None:
    refusal = b'data: {"code": 2001, "message": "no credits"}\n\n'
    script.on("/run_sse", Reply(200, {"Content-Type": "text/event-stream"}, refusal))
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        await say(build())
    assert caught.value.registration_url == "https://nemovideo.com/register?bind=u-1"
    assert "register?bind=u-1" in (caught.value.hint or "")


async def test_a_balance_below_the_cost_says_where_to_register(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on("/nemo_agent", ok({"session_id": "s-1", "task_id": "t-1"}))
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        await build().generate("a panda", max_credits=200)
    assert caught.value.registration_url == "https://nemovideo.com/register?bind=u-1"
    assert not any(request.url.endswith("/run_sse") for request in transport.requests)


async def test_a_client_id_that_was_never_sent_is_not_thrown_away(
    build: Build, script: Script, transport: MemoryTransport, tmp_path: Path
) -> None:
    missing = json.dumps({"code": 400, "message": "Missing X-Client-Id"}).encode()
    script.on("/credits/balance/simple", Reply(400, {}, missing), ok({}))
    own = "123e4567-e89b-42d3-a456-426614174000"
    await build(client_id=own).credits.retrieve()
    assert transport.requests[-1].headers["x-client-id"] == own


async def test_a_client_id_that_is_refused_is_replaced(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    refused = Reply(400, {}, json.dumps({"code": 400, "message": "bad X-Client-Id"}).encode())
    script.on("/credits/balance/simple", refused, ok({}), refused, ok({}))
    client = build()
    await client.credits.retrieve()
    await client.credits.retrieve()
    sent = [request.headers.get("x-client-id") for request in transport.requests[1:]]
    assert sent[0] is None
    assert sent[1] == sent[2] != sent[3]


async def test_a_token_is_asked_for_twice_at_most_when_there_are_too_many(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on("/anonymous-token", fail(429))
    with pytest.raises(errors.RateLimitError):
        await build(max_retries=5).credits.retrieve()
    assert len(transport.requests) == 2


async def test_a_date_to_come_back_at_counts_from_now_where_the_answer_has_none(
    build: Build, script: Script
) -> None:
    later = format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)
    script.on("/credits/balance/simple", fail(429, retry_after=later))
    with pytest.raises(errors.RateLimitError) as caught:
        await build(token="nmv_usr_x").credits.retrieve()
    assert 3000 < (caught.value.retry_after or 0) <= 3600


async def test_half_an_emoji_in_a_draft_goes_back_as_it_came(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    draft = b'{"t": [{"tt": 7, "sg": [{"m": {"text": "\\ud83d"}}]}]}'
    script.on("/latest", Reply(200, {}, b'{"code": 0, "data": {"state": {"draft": %s}}}' % draft))
    script.on("/lambda", ok({"id": "r", "status": "pending"}))
    client = build()
    state = await client.states.retrieve("s-1")
    await client.renders.create("s-1", state.draft)
    body = transport.requests[-1].body
    assert isinstance(body, bytes)
    assert json.loads(body)["draft"] == json.loads(draft)


async def test_an_upload_is_one_request_after_a_read_of_the_state(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on("/latest", ok({"state": {}}))
    script.on("/s-1", ok({"files": [{"filename": "clip.mp4", "extra": 1}]}))
    (file,) = await build(token="nmv_usr_x").uploads.create("s-1", ("clip.mp4", b"some codec"))
    assert file.to_dict()["extra"] == 1
    assert [request.method for request in transport.requests] == ["GET", "POST"]


OLD, NEW = ({"filename": "clip.mp4", "hash": name} for name in ("old", "new"))


@pytest.mark.parametrize(
    ("before", "after", "posts"),
    [([], [NEW], 1), ([], [], 2), ([OLD], [OLD], 2), ([OLD], [OLD, NEW], 1)],
)
@pytest.mark.parametrize("through", ["the resource", "a project"])
async def test_an_upload_that_broke_has_arrived_where_the_session_holds_a_file_more(
    build: Build,
    script: Script,
    transport: MemoryTransport,
    before: list[object],
    after: list[object],
    posts: int,
    through: str,
) -> None:
    script.on("/s-1", errors.APIConnectionError("x", phase="wait"), ok({"files": [NEW]}))
    script.on("/latest", *(ok({"state": {"video_infos": listed}}) for listed in (before, after)))
    clip = ("clip.mp4", b"some codec")
    if through == "a project":
        files = await build().open_project("s-1").upload(clip)
    else:
        files = await build().uploads.create("s-1", clip)
    assert [file.hash for file in files] == ["new"]
    assert sum(request.url.endswith("/s-1") for request in transport.requests) == posts


async def test_an_upload_that_broke_and_cannot_be_distinguished_from_an_older_file_is_an_error(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on("/s-1", errors.APIConnectionError("x", phase="wait"))
    script.on("/latest", fail(404), ok({"state": {"video_infos": [OLD]}}))
    with pytest.raises(errors.APIConnectionError):
        await build().uploads.create("s-1", ("clip.mp4", b"some codec"))
    assert sum(request.url.endswith("/s-1") for request in transport.requests) == 1


async def test_an_upload_goes_on_where_the_state_cannot_be_read(
    build: Build, script: Script
) -> None:
    script.on("/s-1", ok({"files": [{"filename": "clip.mp4"}]}))
    script.on("/latest", fail(404))
    (file,) = await build().open_project("s-1").upload(("clip.mp4", b"some codec"))
    assert file.filename == "clip.mp4"


async def test_buffered_text_is_emitted_when_the_stream_is_lost(
    build: Build, script: Script
) -> None:
    beginning = b'data: {"type": "text", "content": "I"}\n\n'
    broken = errors.APIConnectionError("x", phase="read")
    script.on("/run_sse", Reply(200, {"Content-Type": "text/event-stream"}, [beginning, broken]))
    words, error = await hear(build())
    assert words == "I"
    assert isinstance(error, errors.StreamInterruptedError)
    assert error.text == "I"


async def test_text_that_comes_with_an_error_is_emitted(build: Build, script: Script) -> None:
    beginning = b'data: {"type": "text", "content": "I"}\n\n'
    last = {"content": {"parts": [{"text": " am"}]}, "errorCode": "X", "errorMessage": "boom"}
    body = [beginning, b"data: %s\n\n" % json.dumps(last).encode()]
    script.on("/run_sse", Reply(200, {"Content-Type": "text/event-stream"}, body))
    words, error = await hear(build())
    assert words == "I am"
    assert isinstance(error, errors.AgentError)
    assert error.text == "I am"


async def hear(client: AsyncNemoVideo) -> tuple[str, BaseException | None]:
    """Return the words of an answer, and the error that it ended with."""
    words = ""
    try:
        async with client.messages.stream("s-1", "hello") as stream:
            async for word in stream.text_stream:
                words += word
    except errors.NemoVideoError as error:
        return words, error
    return words, None


async def test_a_folder_that_cannot_be_used_is_reported_once(
    build: Build, script: Script, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    script.on("/nemo_agent", ok({"session_id": "s-1", "task_id": "t-1"}))
    script.on("/run_sse", Reply(200, {"Content-Type": "text/event-stream"}, HELLO))
    script.on("/latest", ok(STATE))
    file = tmp_path / "file"
    file.touch()
    await build(config_dir=file / "folder").generate("a panda", export=False)
    warnings = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert sum("config folder" in warning for warning in warnings) == 1


async def test_options_of_another_integration_share_the_token(
    build: Build, transport: MemoryTransport
) -> None:
    client = build()
    other = client.with_options(source="other", source_version="2", platform="x")
    await client.credits.retrieve()
    await other.credits.retrieve()
    assert [r.headers["x-skill-source"] for r in transport.requests][-1] == "other"
    assert len(transport.requests) == 3
    with pytest.raises(TypeError, match="token"):
        client.with_options(token="nmv_usr_x")  # type: ignore[call-arg]  # that is the point


REFUSAL = b'{"code": 2001, "message": "insufficient credits"}'
EVENTS = {"Content-Type": "text/event-stream"}


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (EVENTS, REFUSAL),
        (EVENTS, b"\n " + REFUSAL),
        (EVENTS, b"\xef\xbb\xbf" + REFUSAL),
        ({"Content-Type": "application/json"}, b"\xef\xbb\xbf" + REFUSAL),
        ({**EVENTS, "Content-Encoding": "gzip"}, gzip.compress(REFUSAL)),
        (EVENTS, gzip.compress(REFUSAL)),
        ({"Content-Encoding": "deflate"}, zlib.compress(REFUSAL)),
    ],
    ids=["stream", "spaces", "stream with a mark", "mark", "gzip", "unnamed gzip", "deflate"],
)
@pytest.mark.parametrize("size", [1, 1000])
async def test_a_refusal_is_known_whatever_it_is_called_and_however_it_is_packed(
    build: Build, script: Script, headers: dict[str, str], body: bytes, size: int
) -> None:
    pieces = [body[at : at + size] for at in range(0, len(body), size)]
    script.on("/run_sse", Reply(200, headers, pieces))
    with pytest.raises(errors.InsufficientCreditsError, match="insufficient credits"):
        await say(build(timing=AMPLE))


async def test_a_token_that_is_refused_under_the_name_of_a_stream_is_renewed(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    expired = b'{"code": 1001, "message": "token expired"}'
    script.on("/run_sse", Reply(200, EVENTS, expired), Reply(200, EVENTS, HELLO))
    script.on("/latest", ok(STATE))
    assert await say(build(timing=AMPLE)) == "Hello"
    assert sum(request.url.endswith("anonymous-token") for request in transport.requests) == 2


@pytest.mark.parametrize(
    "body", [b"upstream connect error or disconnect", b"no healthy upstream\n", b"dat", b"\xef\xbb"]
)
@pytest.mark.parametrize("content_type", ["text/plain", "text/html; charset=utf-8", None])
async def test_a_gateway_that_explains_itself_with_200_is_no_answer(
    build: Build, script: Script, body: bytes, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    script.on("/run_sse", Reply(200, headers, body))
    with pytest.raises(errors.ServerError, match="not the service"):
        await say(build(timing=AMPLE))


@pytest.mark.parametrize("start", [b"data", b"\xef\xbb\xbfdata", b": ping\n\ndata", b"id:1\ndata"])
@pytest.mark.parametrize("content_type", ["text/event-stream", None])
async def test_a_stream_is_one_however_its_beginning_arrives(
    build: Build, script: Script, start: bytes, content_type: str | None
) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    body = start + HELLO.removeprefix(b"data")
    script.on("/run_sse", Reply(200, headers, [bytes([each]) for each in body]))
    script.on("/latest", ok(STATE))
    assert await say(build(timing=AMPLE)) == "Hello"


@pytest.mark.parametrize("coding", ["gzip", "deflate", ""])
async def test_a_stream_that_came_compressed_is_read(
    build: Build, script: Script, coding: str
) -> None:
    body = (zlib.compress if coding == "deflate" else gzip.compress)(HELLO)
    script.on("/run_sse", Reply(200, {**EVENTS, "Content-Encoding": coding}, [body[:9], body[9:]]))
    script.on("/latest", ok(STATE))
    assert await say(build(timing=AMPLE)) == "Hello"


@pytest.mark.parametrize(
    ("coding", "body"),
    [("br", b"\x0b\x02\x80hello\x03"), ("gzip", gzip.compress(HELLO)[:-8])],
    ids=["br", "cut"],
)
async def test_a_stream_that_cannot_be_unpacked_is_a_lost_one(
    build: Build, script: Script, coding: str, body: bytes
) -> None:
    script.on("/run_sse", Reply(200, {**EVENTS, "Content-Encoding": coding}, body))
    with pytest.raises(errors.StreamInterruptedError):
        await say(build(timing=AMPLE))


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
async def test_an_ordinary_answer_that_came_compressed_is_read(
    build: Build, script: Script, coding: str
) -> None:
    body = b'{"code": 0, "data": {"available": 3}}'
    packed = (zlib.compress if coding == "deflate" else gzip.compress)(body)
    script.on("/credits/balance/simple", Reply(200, {"Content-Encoding": coding}, packed))
    assert (await build().credits.retrieve()).available == 3


async def endless(start: bytes) -> AsyncIterator[bytes]:
    yield start
    await anyio.sleep_forever()


@pytest.mark.parametrize(
    ("status", "start", "error"),
    [
        (402, b'{"message":', errors.PlanRequiredError),
        (502, b"<html>", errors.ServerError),
        (200, b'{"code":', errors.ServerError),
        (200, b"", errors.ServerError),
    ],
)
async def test_an_error_whose_body_does_not_come_is_raised_within_the_time_of_a_request(
    build: Build, script: Script, status: int, start: bytes, error: type[errors.APIError]
) -> None:
    script.on("/run_sse", lambda _: Reply(status, {}, endless(start)))
    with pytest.raises(error), anyio.fail_after(30):
        await say(build(timing=replace(AMPLE, request=0.1, still_working=0.1)))


async def test_a_silent_stream_is_handed_over_when_a_notice_is_due(
    build: Build, script: Script
) -> None:
    noticed = anyio.Event()

    async def timeout_error() -> AsyncIterator[bytes]:
        await noticed.wait()
        yield HELLO

    script.on("/run_sse", lambda _: Reply(200, EVENTS, timeout_error()))
    script.on("/latest", ok(STATE))
    client = build(timing=replace(AMPLE, still_working=0.02))
    async with client.messages.stream("s-1", "hello") as stream:
        kinds: list[str] = []
        async for event in stream:
            kinds.append(event.type)
            noticed.set()
    assert kinds[0] == "still_working"
    assert kinds[-1] == "text"


@pytest.mark.parametrize("token", ["sk-live/Ab+c==0123", "eyJhbGciOi.eyJzdWIi.c2ln", "0f3a55bd2c"])
async def test_no_error_quotes_the_token_that_was_sent(
    build: Build, script: Script, token: str
) -> None:
    said = json.dumps({"code": 500, "message": f"bad Authorization: {token} (session s-1)"})
    event = json.dumps({"error": f"RuntimeError: {token} was refused"})
    script.on("/credits/balance/simple", Reply(500, {}, said.encode()))
    script.on("/s-1/latest", Reply(403, {"x-request-id": "r"}, said.encode()))
    stream = {"content-type": "text/event-stream"}
    script.on("/run_sse", Reply(200, stream, f"data: {event}\n\n".encode()))
    client = build(token=token, max_retries=0)
    for call in (
        client.credits.retrieve,
        partial(client.states.retrieve, "s-1"),
        partial(_talk, client),
    ):
        with pytest.raises(errors.APIError) as caught:
            await call()
        shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
        assert token not in shown


async def _talk(client: AsyncNemoVideo) -> None:
    async with client.messages.stream("s-1", "hello") as events:
        await events.final_turn()
