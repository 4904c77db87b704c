"""Each kind of injected fault, as a client sees it."""

import contextlib
import http.client
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from nemovideo.sandbox import ENDPOINTS, Fault
from nemovideo.sandbox.faults import ActiveFault, FaultRegistry, Injection

BALANCE = "/api/credits/balance/simple"


@pytest.fixture
def session_id(caller: Any) -> str:
    return str(caller.open_session())


def test_a_status_fault_responds_with_the_envelope_once(caller: Any) -> None:
    with caller.sandbox.inject(Fault("credits.retrieve", "status", status=503, retry_after=2)):
        hit, later = caller.get(BALANCE), caller.get(BALANCE)
    assert (hit.status, hit.json["code"], hit.headers["Retry-After"]) == (503, 503, "2")
    assert later.status == 200
    assert caller.sandbox.requests[-2].fault == "status"


def test_a_code_fault_responds_with_http_200(caller: Any) -> None:
    with caller.sandbox.inject(Fault("credits.retrieve", "code", code=1001, message="expired")):
        reply = caller.get(BALANCE)
    assert (reply.status, reply.json) == (200, {"code": 1001, "message": "expired"})


def test_an_html_fault_responds_like_a_gateway(caller: Any) -> None:
    with caller.sandbox.inject(Fault("credits.retrieve", "html")):
        reply = caller.get(BALANCE)
    assert (reply.status, reply.headers.get_content_type()) == (502, "text/html")


def test_garbage_is_not_json(caller: Any) -> None:
    with caller.sandbox.inject(Fault("credits.retrieve", "garbage")):
        reply = caller.get(BALANCE)
    assert reply.status == 200
    with pytest.raises(ValueError, match="Unterminated"):
        _ = reply.json


def test_a_redirect_leads_to_the_file_host(caller: Any) -> None:
    with caller.sandbox.inject(Fault("credits.retrieve", "redirect")):
        reply = caller.get(BALANCE)
    assert reply.status == 307
    assert reply.headers["Location"] == caller.sandbox.cdn_url + BALANCE


def test_a_fault_hits_its_number_of_requests_after_those_let_through(caller: Any) -> None:
    with caller.sandbox.inject(Fault("credits.retrieve", "status", after=1, times=2)) as injected:
        statuses = [caller.get(BALANCE).status for _ in range(5)]
    assert statuses == [200, 500, 500, 200, 200]
    assert injected.hits == 2


def test_a_fault_without_times_ends_with_its_block(caller: Any) -> None:
    with caller.sandbox.inject(Fault("*", "status", times=None)):
        assert {caller.get(BALANCE).status for _ in range(3)} == {500}
    assert caller.get(BALANCE).status == 200


def test_faults_can_be_in_force_from_the_start(visit: Any) -> None:
    caller = visit(faults=[Fault("credits.retrieve", "status", status=500)])
    assert caller.get(BALANCE).status == 500


@pytest.mark.parametrize("kind", ["reset_before", "reset_after"])
def test_a_reset_breaks_the_connection_without_a_response(caller: Any, kind: Any) -> None:
    with (
        caller.sandbox.inject(Fault("sessions.create", kind)),
        pytest.raises(ConnectionError),
    ):
        caller.open_session()
    assert len(caller.sandbox.sessions) == (1 if kind == "reset_after" else 0)
    assert caller.sandbox.requests[-1].outcome == "faulted"


def test_a_response_can_be_cut_after_some_bytes(caller: Any) -> None:
    with (
        caller.sandbox.inject(Fault("credits.retrieve", "cut", bytes=5)),
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        caller.get(BALANCE)
    assert caught.value.partial == b'{"cod'


def test_a_response_can_be_cut_before_its_first_byte(caller: Any) -> None:
    with (
        caller.sandbox.inject(Fault("credits.retrieve", "cut")),
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        caller.get(BALANCE)
    assert caught.value.partial == b""


def test_a_wrong_length_is_longer_than_the_body(caller: Any) -> None:
    with (
        caller.sandbox.inject(Fault("credits.retrieve", "wrong_length", bytes=7)),
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        caller.get(BALANCE)
    assert caught.value.expected == 7


def test_a_slow_response_arrives_complete(caller: Any) -> None:
    with caller.sandbox.inject(Fault("credits.retrieve", "slow", seconds=0)):
        assert caller.get(BALANCE).data["available"] == 100


def test_a_stalled_response_arrives_when_it_is_released(caller: Any) -> None:
    statuses: list[int] = []
    with caller.sandbox.inject(Fault("credits.retrieve", "stall")) as injected:
        thread = threading.Thread(target=lambda: statuses.append(caller.get(BALANCE).status))
        thread.start()
        while not injected.hits:
            pass
        assert statuses == []
        injected.release()
        thread.join()
    assert statuses == [200]


@pytest.mark.parametrize("place", [{"events": 2}, {"bytes": 40}, {}])
def test_a_stalled_stream_goes_on_after_its_seconds(
    caller: Any, session_id: str, place: Any
) -> None:
    with caller.sandbox.inject(Fault("messages.stream", "stall", seconds=0.01, **place)):
        reply = caller.say(session_id)
    assert reply.text
    caller.sandbox.assert_clean()


def test_a_cut_stream_has_the_requested_number_of_events(caller: Any, session_id: str) -> None:
    with (
        caller.sandbox.inject(Fault("messages.stream", "cut", events=3)),
        pytest.raises(http.client.IncompleteRead) as caught,
    ):
        caller.say(session_id)
    assert caught.value.partial.count(b"\n\n") == 3
    assert caller.sandbox.requests[-1].events_sent == 3


def test_a_cut_stream_does_not_stop_the_agent(caller: Any, session_id: str) -> None:
    with (
        caller.sandbox.inject(Fault("messages.stream", "cut", bytes=0)),
        pytest.raises(http.client.IncompleteRead),
    ):
        caller.say(session_id)
    while caller.credits()["frozen"]:
        pass
    assert caller.state(session_id)["draft"]["d"] == 10000
    assert caller.credits()["available"] == 0


def test_a_clean_cut_is_like_the_end(caller: Any, session_id: str) -> None:
    with caller.sandbox.inject(Fault("messages.stream", "cut", events=1, clean=True)):
        reply = caller.say(session_id)
    assert reply.status == 200
    assert reply.body.count(b"\n\n") == 1


def test_a_refused_message_was_not_carried_out_and_may_be_repeated(
    caller: Any, session_id: str
) -> None:
    with caller.sandbox.inject(Fault("messages.stream", "status", status=429)):
        assert caller.say(session_id).status == 429
    assert caller.say(session_id).text
    assert [charge.amount for charge in caller.sandbox.charges] == [100]
    caller.sandbox.assert_clean()


def test_an_acted_fault_bills_and_fails_all_the_same(caller: Any, session_id: str) -> None:
    with caller.sandbox.inject(Fault("messages.stream", "status", status=500, acted=True)):
        assert caller.say(session_id).status == 500
    while caller.credits()["frozen"]:
        pass
    assert [charge.amount for charge in caller.sandbox.charges] == [100]


def test_heartbeats_replace_the_stream_while_the_agent_works(caller: Any, session_id: str) -> None:
    with caller.sandbox.inject(Fault("messages.stream", "heartbeats", events=4, seconds=0)):
        reply = caller.say(session_id)
    assert reply.events == [{"type": "heartbeat"}, {"type": "heartbeat"}]
    assert b": keep-alive" in reply.body
    assert caller.state(session_id)["draft"] is not None


def test_garbage_in_a_stream_leaves_the_reply_complete(caller: Any, session_id: str) -> None:
    with caller.sandbox.inject(Fault("messages.stream", "garbage", events=1)):
        body = caller.say(session_id).body
    assert b"not json" in body
    assert b"hologram" in body
    assert b'"type": "text"' in body


def test_the_final_event_can_come_twice(visit: Any) -> None:
    caller = visit(sse_shape="adk")
    session_id = caller.open_session()
    with caller.sandbox.inject(Fault("messages.stream", "duplicate_final")):
        events = caller.say(session_id).events
    *_, first, second, end = events
    assert end["turnComplete"] is True
    assert first == second
    caller.sandbox.assert_clean()


def test_a_silent_fault_removes_the_text(caller: Any, session_id: str) -> None:
    with caller.sandbox.inject(Fault("messages.stream", "silent")):
        reply = caller.say(session_id)
    assert reply.text == ""
    assert caller.state(session_id)["draft"] is not None


def test_an_agent_error_is_sent_in_the_stream_and_not_charged(caller: Any, session_id: str) -> None:
    with caller.sandbox.inject(Fault("messages.stream", "agent_error", message="ValueError: x")):
        *_, last = caller.say(session_id).events
    assert last == {"error": "ValueError: x", "error_details": {"type": "ValueError"}}
    assert caller.credits() == {"available": 100, "frozen": 0, "total": 100}
    assert caller.state(session_id)["draft"] is None


@pytest.mark.parametrize("shape", ["typed", "adk"])
def test_an_agent_error_with_a_code_has_the_adk_shape(visit: Any, shape: str) -> None:
    caller = visit(sse_shape=shape)
    session_id = caller.open_session()
    fault = Fault("messages.stream", "agent_error", code=503, message="overloaded")
    with caller.sandbox.inject(fault):
        events = caller.say(session_id).events
    assert {"errorCode": 503, "errorMessage": "overloaded"} in events


def test_an_agent_error_keeps_what_was_changed_before_it(caller: Any, session_id: str) -> None:
    caller.say(session_id)
    with caller.sandbox.inject(Fault("messages.stream", "agent_error", events=99)):
        caller.say(session_id, "remove the music")
    assert 1 not in [track["tt"] for track in caller.state(session_id)["draft"]["t"] if track["sg"]]
    caller.say(session_id, "undo")
    assert 1 in [track["tt"] for track in caller.state(session_id)["draft"]["t"] if track["sg"]]


def test_a_render_can_be_made_to_fail(caller: Any, session_id: str) -> None:
    caller.say(session_id)
    draft = caller.state(session_id)["draft"]
    with caller.sandbox.inject(Fault("renders.create", "failed_render")):
        caller.render(session_id, draft)
    render = caller.rendered()
    assert render["status"] == "failed"
    assert render["error"]


def test_a_render_can_be_made_to_never_end(caller: Any, session_id: str) -> None:
    caller.say(session_id)
    draft = caller.state(session_id)["draft"]
    with caller.sandbox.inject(Fault("renders.create", "stuck_render")):
        caller.render(session_id, draft, "render_stuck")
    caller.render(session_id, draft, "render_after")
    assert caller.rendered("render_after")["status"] == "completed"
    assert caller.get("/api/render/proxy/lambda/render_stuck").json["status"] == "pending"


def test_an_unreachable_sandbox_refuses_connections_and_comes_back(caller: Any) -> None:
    host, _, port = caller.sandbox.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port))) as open_before:
        with caller.sandbox.unreachable():
            with pytest.raises(ConnectionRefusedError):
                caller.get(BALANCE)
            with pytest.raises(ConnectionRefusedError):
                caller.get(caller.sandbox.cdn_url)
        with contextlib.suppress(ConnectionResetError):
            assert open_before.recv(1) == b""
    assert caller.credits()["available"] == 100


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("nowhere", "status"), "no endpoint is called 'nowhere'"),
        (("credits.retrieve", "flood"), "no fault is called 'flood'"),
        (("credits.retrieve", "silent"), "happens at 'messages.stream'"),
    ],
)
def test_a_fault_that_cannot_happen_is_refused_at_once(arguments: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Fault(*arguments)


def test_a_probability_outside_of_zero_to_one_is_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        Fault("*", "status", probability=2)


def matches(faults: FaultRegistry, requests: int) -> Iterator[bool]:
    for _ in range(requests):
        yield faults.match("credits.retrieve") is not None


def test_a_probability_is_drawn_from_the_seed() -> None:
    fault = Fault("credits.*", "status", times=None, probability=0.3)
    one, again, other = (list(matches(FaultRegistry([fault], seed), 200)) for seed in (1, 1, 2))
    assert one == again
    assert one != other
    assert 30 < sum(one) < 90


def test_the_newest_fault_takes_precedence() -> None:
    faults = FaultRegistry([Fault("*", "status")], 0)
    with Injection(faults, [Fault("*", "html")]):
        kinds = [
            active_fault.fault.kind
            for active_fault in (faults.match("x.y"), faults.match("x.y"))
            if active_fault
        ]
    assert kinds == ["html", "status"]


def test_a_fault_for_streams_leaves_other_endpoints_alone() -> None:
    faults = FaultRegistry([Fault("*", "silent", times=None)], 0)
    assert [name for name in ENDPOINTS if faults.match(name)] == ["messages.stream"]


def test_a_fault_without_times_hits_every_request() -> None:
    assert ActiveFault(Fault("*", "status", times=None)).fault.times is None


@pytest.mark.parametrize(
    ("endpoint", "kind", "settings", "message"),
    [
        ("messages.stream", "cut", {"status": 500}, "'cut' takes bytes, clean, events, not status"),
        ("messages.stream", "cut", {"acted": True}, "not acted"),
        ("messages.stream", "silent", {"message": "x"}, "takes no settings"),
        ("credits.retrieve", "cut", {"events": 2}, "use bytes"),
        ("*", "status", {"times": -1}, "times must be at least 0"),
        ("*", "status", {"status": 99}, "status must be at least 200"),
        ("*", "stall", {"seconds": -1}, "seconds must be at least 0"),
    ],
)
def test_a_setting_that_would_be_ignored_is_refused(
    endpoint: str, kind: Any, settings: Any, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Fault(endpoint, kind, **settings)


def test_a_gateways_page_shows_the_given_message(caller: Any) -> None:
    with caller.sandbox.inject(Fault("credits.retrieve", "html", message="no <way>")):
        reply = caller.get(BALANCE)
    assert reply.status == 502
    assert b"no &lt;way&gt;" in reply.body
