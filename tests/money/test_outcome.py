"""What a paid message came to, end to end: nothing paid for is lost, and nobody waits in silence.

The service is scripted, a draft for each read of the state, so that no outcome depends on the
machine's speed: the waits are tiny, and their order is what counts.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from nemovideo import (
    AgentError,
    APIConnectionError,
    AsyncNemoVideo,
    AuthenticationError,
    BadRequestError,
    NemoVideoError,
    NothingToExportError,
    RateLimitError,
    ServerError,
    SessionNotFoundError,
    StreamInterruptedError,
    Timing,
    Turn,
    UnfinishedMessage,
)
from nemovideo.events import Event, Reconnecting, StateChanged, StillWorking, Text
from nemovideo.transports import MemoryTransport, Reply, Request, Response

pytestmark = pytest.mark.anyio

WAITS = Timing(
    recovery_waits=(0.01, 0.02, 0.02, 0.02, 0.02),
    silent_recheck=0.01,
    poll_first=0.01,
    poll_max=0.02,
    retry_initial=0.001,
    retry_max=0.002,
    rate_limit_wait=0.01,
)
EMPTY: dict[str, object] = {"t": [], "d": 0, "m": {"fps": 30}}
EXPIRED = Reply(200, {}, b'{"code": 1001, "message": "token expired"}')
GONE = Reply(200, {}, b'{"code": 1002, "message": "session not found"}')


def clip(*titles: str) -> dict[str, object]:
    """A draft with a clip, and a title for each of `titles`."""
    tracks: list[object] = [{"tt": 0, "sg": [{"d": 10_000, "m": {"name": "panda"}}]}]
    tracks += [{"tt": 7, "sg": [{"d": 3000, "m": {"text": title}}]} for title in titles]
    return {"t": tracks, "d": 10_000}


def ok(data: object) -> Reply:
    """A success in the usual envelope."""
    return Reply(200, {}, json.dumps({"code": 0, "data": data}).encode())


def event(payload: object) -> bytes:
    """One server-sent event."""
    return b"data: " + json.dumps(payload).encode() + b"\n\n"


def say(text: str) -> bytes:
    """An event of the typed shape in which the agent says something."""
    return event({"type": "text", "content": text})


def stream(*chunks: bytes | Exception) -> Reply:
    """An event stream that ends properly, unless its last chunk is an error."""
    return Reply(200, {"content-type": "text/event-stream"}, list(chunks))


@dataclass
class Service:
    """A service that answers from lists, of which the last element stays."""

    answer: Reply | Callable[[Request], Reply] = field(default_factory=lambda: stream(say("Done.")))
    drafts: list[object] = field(default_factory=lambda: [EMPTY])
    """For each read of the state: a draft, or a whole answer."""
    balances: list[object] = field(default_factory=lambda: [1000])
    messages: int = 0
    rendered: list[dict[str, object]] = field(default_factory=list[dict[str, object]])

    async def __call__(self, request: Request) -> Reply | Exception:
        path = re.sub(r"^https?://[^/]+", "", request.url).split("?")[0]
        if path == "/run_sse":
            self.messages += 1
            return self.answer(request) if callable(self.answer) else self.answer
        if path.startswith("/api/state/"):
            found = take(self.drafts)
            return found if isinstance(found, Reply) else ok({"state": {"draft": found}})
        if path.startswith("/api/credits/"):
            found = take(self.balances)
            if found is None:
                await anyio.sleep_forever()
            if isinstance(found, Reply):
                return found
            return ok({"available": found, "frozen": 0, "total": found})
        if path.endswith("/with-session/nemo_agent"):
            return ok({"session_id": "s1", "task_id": "t1", "user_id": "u1"})
        if path == "/api/render/proxy/lambda":
            body = json.loads(bytes(request.body or b""))  # type: ignore[arg-type]  # read already
            self.rendered.append(body["draft"])
            return ok({"id": body["id"], "status": "pending"})
        if path.startswith("/api/render/"):
            url = "https://cdn.example/film.mp4"
            return ok({"id": "r", "status": "completed", "output": {"url": url}})
        raise AssertionError(f"nothing is scripted for {path}")


def take(answers: list[object]) -> object:
    """Return the next of some answers."""
    return answers.pop(0) if len(answers) > 1 else answers[0]


def build(service: Service, folder: Path, **timing: object) -> AsyncNemoVideo:
    """Make a client of a scripted service."""
    waits = {name: getattr(WAITS, name) for name in Timing.__slots__} | timing
    return AsyncNemoVideo(
        token="nmv_usr_test",
        transport=MemoryTransport(service),
        config_dir=folder,
        timing=Timing(**waits),  # type: ignore[arg-type]  # a table's values
    )


def lost(*chunks: bytes) -> Reply:
    """An answer whose connection breaks after `chunks`."""
    return stream(*chunks, APIConnectionError("The connection broke.", phase="read"))


def kinds(events: Iterable[Event]) -> list[str]:
    """Return the types of events."""
    return [each.type for each in events]


# A lost answer


async def test_an_empty_timeline_is_not_taken_for_the_result(tmp_path: Path) -> None:
    service = Service(lost(say("Generating")), [EMPTY, EMPTY, clip(), clip()])
    async with build(service, tmp_path) as client:
        video = await client.generate("a panda")
    assert len(service.rendered) == 1
    assert [str(track.name) for track in video.timeline.tracks[0].segments] == ["panda"]
    assert service.messages == 1


async def test_what_lands_in_the_second_stage_is_rendered_too(tmp_path: Path) -> None:
    service = Service(lost(say("Generating")), [clip(), clip("Title"), clip("Title")])
    async with build(service, tmp_path) as client:
        await client.generate("a panda with a title")
    assert [len(draft["t"]) for draft in service.rendered] == [2]  # type: ignore[arg-type]  # JSON


async def test_send_and_resume_return_the_same_settled_draft(tmp_path: Path) -> None:
    growing: list[object] = [EMPTY, clip(), clip("one"), clip("one", "two"), clip("one", "two")]
    sent = Service(lost(say("Generating")), [*growing])
    async with build(sent, tmp_path / "sent") as client:
        turn = await client.open_project("s1").send("two titles")
    resumed = Service(lost(say("Generating")), [EMPTY])
    async with build(resumed, tmp_path / "resumed") as client:
        with pytest.raises(StreamInterruptedError):
            await client.open_project("s1").send("two titles")
        (item,) = await client.recover()
        assert isinstance(item, UnfinishedMessage)
        resumed.drafts = growing[1:]
        again = await item.resume()
    assert len(turn.timeline.tracks) == 3
    assert again.timeline == turn.timeline


async def test_bookkeeping_is_no_result(tmp_path: Path) -> None:
    before = clip()
    saved = {**before, "updated_at": 5, "m": {"score": float("nan")}}
    noted = {**saved, "updated_at": 7}
    service = Service(lost(say("Adding")), [saved, noted, {**noted, **clip("T")}])
    async with build(service, tmp_path) as client:
        turn = await client.open_project("s1").send("a title")
    assert turn.source == "state"
    assert len(turn.timeline.tracks) == 2


async def test_text_that_was_never_repeated_is_a_lost_answer(tmp_path: Path) -> None:
    partial = event({"content": {"parts": [{"text": "Adding the "}]}, "partial": True})
    service = Service(stream(partial), [clip(), clip(), clip("T")])
    seen: list[Event] = []
    async with build(service, tmp_path) as client:
        turn = await client.open_project("s1").send("a title", on_event=seen.append)
    assert turn.source == "state"
    assert turn.changes
    assert "reconnecting" in kinds(seen)


async def test_an_event_cut_in_its_middle_is_a_lost_answer(tmp_path: Path) -> None:
    service = Service(stream(say("One."), say("Two.")[:-9]), [clip(), clip(), clip("T")])
    async with build(service, tmp_path) as client:
        turn = await client.open_project("s1").send("a title")
    assert (turn.source, turn.text) == ("state", "One.")


async def test_a_whole_event_without_its_blank_line_is_an_answer(tmp_path: Path) -> None:
    service = Service(stream(say("One."), say(" Two.")[:-2]), [clip(), clip("T")])
    async with build(service, tmp_path) as client:
        turn = await client.open_project("s1").send("a title")
    assert (turn.source, turn.text) == ("stream", "One. Two.")


async def test_a_stream_without_one_event_is_a_lost_answer(tmp_path: Path) -> None:
    service = Service(stream(b": hello\n\n"), [clip(), clip(), clip("T")])
    async with build(service, tmp_path) as client:
        turn = await client.open_project("s1").send("a title")
    assert turn.source == "state"


async def test_an_answer_marked_as_complete_may_break_afterwards(tmp_path: Path) -> None:
    whole = {"content": {"parts": [{"text": "Done."}]}, "turnComplete": True}
    service = Service(lost(event(whole)), [clip(), clip("T")])
    async with build(service, tmp_path) as client:
        turn = await client.open_project("s1").send("a title")
    assert (turn.source, turn.text) == ("stream", "Done.")


async def test_a_message_whose_token_expired_during_the_recovery_may_have_been_paid_for(
    tmp_path: Path,
) -> None:
    service = Service(lost(say("Generating")), [clip(), EXPIRED])
    async with build(service, tmp_path) as client:
        with pytest.raises(StreamInterruptedError) as caught:
            await client.open_project("s1").send("a title")
        assert caught.value.possibly_billed
        assert isinstance(caught.value.__cause__, AuthenticationError)
        assert "Do not send it again" in str(caught.value)
        assert len(await client.recover()) == 1


async def test_a_session_that_is_gone_ends_its_entry(tmp_path: Path) -> None:
    service = Service(lost(say("Generating")), [clip(), GONE])
    async with build(service, tmp_path) as client:
        with pytest.raises(SessionNotFoundError, match="may have been paid for"):
            await client.open_project("s1").send("a title")
        assert await client.recover() == []


# An answer that came to its end


async def test_a_state_that_is_behind_does_not_overrule_what_the_stream_delivered(
    tmp_path: Path,
) -> None:
    delta = {"actions": {"stateDelta": {"draft": clip("T")}}}
    service = Service(stream(say("Done."), event(delta)), [clip()])
    async with build(service, tmp_path) as client:
        turn = await client.open_project("s1").send("a title")
    assert len(turn.timeline.tracks) == 2
    assert turn.changes


@pytest.mark.parametrize("late", [1, 3, 6])
async def test_a_clip_that_was_paid_for_is_waited_for(tmp_path: Path, late: int) -> None:
    service = Service(
        stream(say("Your clip is ready.")), [*[EMPTY] * late, clip()], balances=[1000, 900]
    )
    seen: list[Event] = []
    async with build(service, tmp_path) as client:
        video = await client.generate("a panda", on_event=seen.append)
        assert await client.recover() == []
    assert video.text == "Your clip is ready."
    assert video.credits_used == 100
    assert len(service.rendered) == 1
    assert any(isinstance(each, StillWorking) for each in seen) == (late > 1)


@pytest.mark.parametrize("balances", [(1000, 900), (None,)], ids=["paid", "cost unknown"])
async def test_what_may_have_been_paid_for_and_is_not_there_stays_listed(
    tmp_path: Path, balances: tuple[object, ...]
) -> None:
    service = Service(stream(say("Your clip is ready.")), [EMPTY], balances=[*balances])
    async with build(service, tmp_path, connect=0.05) as client:
        with pytest.raises(NothingToExportError, match="Do not send it again yet"):
            await client.generate("a panda", path=tmp_path / "panda.mp4")
        service.drafts = [clip()]
        (item,) = await client.recover()
        assert isinstance(item, UnfinishedMessage)


async def test_what_was_declined_free_of_charge_is_not_listed(tmp_path: Path) -> None:
    service = Service(stream(say("I cannot do that.")), [EMPTY])
    async with build(service, tmp_path) as client:
        with pytest.raises(NothingToExportError, match="I cannot do that"):
            await client.generate("a panda")
        assert await client.recover() == []


async def test_an_answer_does_not_wait_for_a_balance_that_hangs(tmp_path: Path) -> None:
    service = Service(drafts=[clip(), clip("T")], balances=[None])
    async with build(service, tmp_path, connect=0.05, request=3600) as client:
        turn = await client.open_project("s1").send("a title")
    assert turn.changes
    assert turn.credits_used is None


async def test_a_balance_that_is_asked_for_too_often_is_asked_for_once(tmp_path: Path) -> None:
    busy = Reply(429, {"retry-after": "100"})
    asked = 0

    async def answer(request: Request) -> Reply | Exception:
        nonlocal asked
        if "/credits/" in request.url:
            asked += 1
            return busy
        return await service(request)

    service = Service(drafts=[clip(), clip("T")])
    async with AsyncNemoVideo(
        token="t", transport=MemoryTransport(answer), config_dir=tmp_path, timing=WAITS
    ) as client:
        turn = await client.open_project("s1").send("a title")
    assert turn.credits_used is None
    assert asked == 2  # before the message, and after its answer


# An error of the agent's


async def test_what_was_made_before_an_agent_failed_is_found_again(tmp_path: Path) -> None:
    failed = event({"error": "RuntimeError: music is down"})
    service = Service(stream(say("Your clip is ready."), failed), [clip()])
    async with build(service, tmp_path) as client:
        with pytest.raises(AgentError) as caught:
            await client.generate("a panda")
        error = caught.value
        assert error.session_id == "s1"
        assert error.changes
        assert 'open_project("s1").export()' in str(error)
        assert len(await client.recover()) == 1


# An answer that does not begin


@pytest.mark.parametrize("how", ["await", "loop"])
async def test_an_answer_that_a_proxy_buffers_is_waited_for_with_notices(
    tmp_path: Path, how: str, anyio_backend_name: str
) -> None:
    seen: list[Event] = []
    noticed = anyio.Event()

    async def body() -> AsyncGenerator[bytes]:
        yield say("Here is your panda.")

    async def answer(request: Request) -> Reply | Exception:
        if request.url.endswith("/run_sse"):
            if how == "await" or anyio_backend_name == "asyncio":
                await noticed.wait()  # no sooner than somebody was notified
            return Reply(200, {"content-type": "text/event-stream"}, body())
        return await service(request)

    def note(each: Event) -> None:
        seen.append(each)
        if isinstance(each, StillWorking):
            noticed.set()

    service = Service(drafts=[clip(), clip("T")])
    timing = Timing(still_working=0.02, silent_recheck=0.01)
    async with AsyncNemoVideo(
        token="t", transport=MemoryTransport(answer), config_dir=tmp_path, timing=timing
    ) as client:
        sending = client.open_project("s1").send("a title", on_event=note)
        if how == "loop":
            async for _ in sending:
                pass
        turn: Turn = await sending
    assert turn.text == "Here is your panda."
    assert any(isinstance(each, Text) for each in seen)


async def test_an_error_of_the_callback_while_the_answer_is_waited_for_comes_out_as_it_is(
    tmp_path: Path,
) -> None:
    async def answer(request: Request) -> Reply | Exception:
        if request.url.endswith("/run_sse"):
            sent.set()
            await anyio.sleep_forever()
        return await service(request)

    def fail(each: Event) -> None:
        if sent.is_set():
            raise LookupError("mine")

    sent = anyio.Event()
    service = Service(drafts=[clip()])
    timing = Timing(still_working=0.02)
    async with AsyncNemoVideo(
        token="t", transport=MemoryTransport(answer), config_dir=tmp_path, timing=timing
    ) as client:
        with pytest.raises(LookupError, match="mine"):
            await client.open_project("s1").send("a title", on_event=fail)
        assert len(await client.recover()) == 1


@pytest.mark.parametrize("how", ["await", "loop"])
async def test_a_message_cancelled_before_its_answer_begins_is_listed(
    tmp_path: Path, how: str
) -> None:
    sent = anyio.Event()

    async def answer(request: Request) -> Reply | Exception:
        if request.url.endswith("/run_sse"):
            sent.set()
            await anyio.sleep_forever()
        return await service(request)

    async def send() -> None:
        sending = client.open_project("s1").send("a title")
        if how == "await":
            await sending
        async for _ in sending:
            pass

    service = Service(drafts=[clip()])
    async with AsyncNemoVideo(
        token="t", transport=MemoryTransport(answer), config_dir=tmp_path
    ) as client:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(send)
            await sent.wait()
            tasks.cancel_scope.cancel()
        assert len(await client.recover()) == 1


async def test_an_error_after_the_recovery_has_no_circle_in_its_chain(tmp_path: Path) -> None:
    service = Service(Reply(500), [clip()])
    async with build(service, tmp_path) as client:
        with pytest.raises(ServerError) as caught:
            await client.open_project("s1").send("a title")
    links: list[BaseException] = []
    pending: list[BaseException | None] = [caught.value]
    while pending:
        error = pending.pop()
        if error is not None:
            assert all(error is not each for each in links)
            links.append(error)
            pending += [error.__cause__, error.__context__ if error.__cause__ is None else None]


async def test_the_recovery_is_reported_before_each_poll(tmp_path: Path) -> None:
    service = Service(lost(say("Adding")), [clip(), clip(), clip("T"), clip("T")])
    seen: list[Event] = []
    async with build(service, tmp_path) as client:
        await client.open_project("s1").send("a title", on_event=seen.append)
    # The first words are a heartbeat before they can be shown: the sentence may go on.
    assert kinds(seen) == ["heartbeat", "text", *["reconnecting"] * 3, "state_changed"]
    assert isinstance(seen[-1], StateChanged)
    assert isinstance(seen[2], Reconnecting)


# Evidence that misleads


async def test_an_unchanged_draft_in_the_stream_is_no_result(tmp_path: Path) -> None:
    delta = {"actions": {"stateDelta": {"draft": clip()}}}
    service = Service(
        stream(event(delta)), [clip(), clip(), clip(), clip("T")], balances=[1000, 950]
    )
    async with build(service, tmp_path) as client:
        turn = await client.open_project("s1").send("a title")
    assert turn.changes


async def test_a_tool_without_a_result_says_that_the_agent_was_at_work(tmp_path: Path) -> None:
    call = event({"type": "tool_call", "name": "generate_video", "args": {}})
    service = Service(stream(call), [EMPTY, EMPTY, EMPTY, clip()])
    async with build(service, tmp_path) as client:
        await client.generate("a panda")
    assert len(service.rendered) == 1


async def test_a_rebuild_seen_in_its_middle_does_not_overrule_the_stream(tmp_path: Path) -> None:
    delta = {"actions": {"stateDelta": {"draft": clip("T")}}}
    service = Service(stream(say("Done."), event(delta)), [clip(), EMPTY])
    async with build(service, tmp_path) as client:
        turn = await client.open_project("s1").send("a title")
    assert len(turn.timeline.tracks) == 2


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": 5001, "message": "agent execution timed out"}',
        b'{"success": false, "error": "agent execution timed out"}',
        b'{"code": -1}',
        b'{"code": 408, "message": "timeout"}',
    ],
)
async def test_a_failure_with_a_code_that_nobody_knows_may_have_been_paid_for(
    tmp_path: Path, body: bytes
) -> None:
    service = Service(Reply(200, {}, body), [EMPTY], balances=[1000, 900])
    async with build(service, tmp_path) as client:
        with pytest.raises(NemoVideoError) as caught:
            await client.generate("a panda")
        assert "try again" not in str(caught.value).lower()
        assert len(await client.recover()) == 1
    assert service.messages == 1


async def test_a_code_in_the_stream_after_a_charge_does_not_invite_to_send_again(
    tmp_path: Path,
) -> None:
    service = Service(
        stream(say("Working."), event({"code": 429, "message": "busy"})),
        [EMPTY],
        balances=[1000, 900],
    )
    async with build(service, tmp_path) as client:
        with pytest.raises(RateLimitError, match="Do not send it again") as caught:
            await client.generate("a panda")
        assert "try again" not in str(caught.value)
        assert len(await client.recover()) == 1


async def test_an_agent_error_of_unknown_cost_keeps_a_generation_listed(tmp_path: Path) -> None:
    service = Service(stream(event({"error": "timeout"})), [EMPTY], balances=[Reply(502)])
    async with build(service, tmp_path) as client:
        with pytest.raises(AgentError):
            await client.generate("a panda")
        assert len(await client.recover()) == 1


async def test_a_last_event_of_an_unknown_type_without_its_blank_line_is_no_cut(
    tmp_path: Path,
) -> None:
    service = Service(stream(say("Done."), event({"type": "done"})[:-2]), [clip(), clip("T")])
    async with build(service, tmp_path) as client:
        turn = await client.open_project("s1").send("a title")
    assert turn.source == "stream"


@pytest.mark.parametrize("failure", [EXPIRED, GONE], ids=["expired", "gone"])
async def test_what_a_resumed_message_has_shown_no_later_poll_takes_away(
    tmp_path: Path, failure: Reply
) -> None:
    service = Service(lost(say("Adding")), [clip()])
    async with build(service, tmp_path) as client:
        with pytest.raises(StreamInterruptedError):
            await client.open_project("s1").send("a title")
        (item,) = await client.recover()
        assert isinstance(item, UnfinishedMessage)
        service.drafts = [clip("T"), failure]
        turn = await item.resume()
    assert len(turn.timeline.tracks) == 2


# Silence


async def test_a_render_that_cannot_be_polled_is_reported(tmp_path: Path) -> None:
    noticed = anyio.Event()

    async def answer(request: Request) -> Reply | Exception:
        polled = request.method == "GET" and "/api/render/" in request.url
        return Reply(502) if polled and not noticed.is_set() else await service(request)

    def note(each: Event) -> None:
        if isinstance(each, StillWorking):
            noticed.set()

    service = Service(drafts=[clip()])
    timing = Timing(still_working=0.02, poll_first=0.001, poll_max=0.001)
    async with AsyncNemoVideo(
        token="t", transport=MemoryTransport(answer), config_dir=tmp_path, timing=timing
    ) as client:
        video = await client.open_project("s1").export(on_event=note)
    assert video.url


async def test_a_callback_is_never_called_while_it_is_at_work(tmp_path: Path) -> None:
    at_work, ended = 0, 0
    noticed = anyio.Event()

    async def answer(request: Request) -> Reply | Exception:
        if request.url.endswith("/run_sse"):
            await noticed.wait()
        return await service(request)

    async def note(each: Event) -> None:
        nonlocal at_work, ended
        assert at_work == 0
        at_work += 1
        if isinstance(each, StillWorking):
            noticed.set()
            await anyio.wait_all_tasks_blocked()  # the answer has begun
        at_work -= 1
        ended += 1

    service = Service(drafts=[clip(), clip("T")])
    timing = Timing(still_working=0.02, silent_recheck=0.01)
    async with AsyncNemoVideo(
        token="t", transport=MemoryTransport(answer), config_dir=tmp_path, timing=timing
    ) as client:
        await client.open_project("s1").send("a title", on_event=note)
    assert (at_work, ended >= 3) == (0, True)


@pytest.mark.parametrize(
    "bare",
    [b'{"error": "upstream timeout"}', b"{}", b'{"code": 0}', b'{"code": 0, "data": null}'],
)
async def test_an_answer_that_is_no_state_removes_nothing(tmp_path: Path, bare: bytes) -> None:
    service = Service(
        stream(event({"type": "heartbeat"})), [clip(), Reply(200, {}, bare), clip("T")]
    )
    async with build(service, tmp_path) as client:
        turn = await client.open_project("s1").send("a title")
    assert [change.kind for change in turn.changes] == ["added"]


async def test_a_render_whose_hook_fails_stays_listed(tmp_path: Path) -> None:
    def fail(response: Response) -> None:
        if b'"pending"' in response.body:
            raise BadRequestError("mine", status=400)

    async with build(Service(drafts=[clip()]), tmp_path) as client:
        hooked = client.with_options(on_response=fail)
        with pytest.raises(BadRequestError, match="mine"):
            await hooked.open_project("s1").export()
        assert [item.kind for item in await client.recover()] == ["render"]
