"""`assert_clean`: which rules it checks, and what it allows."""

import http.client
import json
from typing import Any

import pytest

from nemovideo.sandbox import Fault, RuleViolationError
from nemovideo.sandbox.request_log import LoggedRequest


def found(caller: Any) -> list[str]:
    return [violation.kind for violation in caller.sandbox.violations()]


def test_a_correct_client_is_clean(caller: Any) -> None:
    session_id = caller.open_session()
    caller.say(session_id)
    caller.say(session_id, "remove the music")
    caller.sandbox.assert_clean()


def test_a_message_sent_again_after_a_lost_stream_is_a_double_charge(visit: Any) -> None:
    caller = visit(credits=200)
    session_id = caller.open_session()
    with (
        caller.sandbox.inject(Fault("messages.stream", "cut", events=1)),
        pytest.raises(http.client.IncompleteRead),
    ):
        caller.say(session_id)
    caller.say(session_id)
    with pytest.raises(RuleViolationError, match="a double charge") as caught:
        caller.sandbox.assert_clean()
    assert [violation.request for violation in caught.value.violations] == [4]
    caller.sandbox.assert_clean(allow={"repeated_message"})


def test_a_message_sent_again_after_a_500_is_in_doubt(caller: Any) -> None:
    session_id = caller.open_session()
    with caller.sandbox.inject(Fault("messages.stream", "status", status=500)):
        caller.say(session_id)
    caller.say(session_id)
    assert found(caller) == ["repeated_message"]


def test_a_message_sent_again_after_a_reset_is_in_doubt(caller: Any) -> None:
    session_id = caller.open_session()
    with (
        caller.sandbox.inject(Fault("messages.stream", "reset_before")),
        pytest.raises(ConnectionError),
    ):
        caller.say(session_id)
    caller.say(session_id)
    assert found(caller) == ["repeated_message"]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("messages.stream", "status", status=503, retry_after=1),
        Fault("messages.stream", "status", status=429),
        Fault("messages.stream", "code", code=1001),
        Fault("messages.stream", "code", code=1002),
    ],
)
def test_a_message_may_be_sent_again_when_nothing_was_done(caller: Any, fault: Fault) -> None:
    session_id = caller.open_session()
    with caller.sandbox.inject(fault):
        caller.say(session_id)
    caller.say(session_id)
    caller.sandbox.assert_clean()


def test_the_same_message_may_be_sent_again_after_a_reply(caller: Any) -> None:
    session_id = caller.open_session()
    caller.say(session_id)
    caller.say(session_id, "make the music a bit quieter")
    caller.say(session_id, "make the music a bit quieter")
    caller.sandbox.assert_clean()


def test_an_abandoned_stream_is_a_violation(caller: Any) -> None:
    session_id = caller.open_session()
    with caller.sandbox.inject(Fault("messages.stream", "stall", events=1)):
        connection = http.client.HTTPConnection(caller.sandbox.url.removeprefix("http://"))
        body = json.dumps(caller.message(session_id, "a cat"))
        headers = {"Authorization": f"Bearer {caller.token}", "Accept": "text/event-stream"}
        connection.request("POST", "/run_sse", body, headers)
        response = connection.getresponse()
        response.read(4)
        response.close()
        connection.close()
        while caller.sandbox.requests[-1].outcome == "open":
            pass
    assert "abandoned_stream" in found(caller)
    while caller.credits()["frozen"]:
        pass
    assert caller.state(session_id)["draft"] is not None


def test_credentials_at_the_file_host_are_a_leak(caller: Any) -> None:
    caller.get(f"{caller.sandbox.cdn_url}/files/x/y", Authorization="Bearer nmv_usr_1")
    with pytest.raises(RuleViolationError, match="cdn host received authorization"):
        caller.sandbox.assert_clean()


def test_a_token_in_a_url_is_a_leak(caller: Any) -> None:
    caller.get("/api/credits/balance/simple?token=nmv_usr_1")
    assert found(caller) == ["credential_in_url"]


def test_a_request_without_attribution_is_a_violation(caller: Any) -> None:
    caller.send("GET", "/api/credits/balance/simple", attributed=False)
    assert found(caller) == ["missing_attribution"]


def test_a_bearer_on_a_token_request_is_a_violation(caller: Any) -> None:
    caller.post("/api/auth/anonymous-token", X_Client_Id=caller.client_id)
    assert found(caller) == ["bearer_on_token_request"]


def test_a_message_without_accept_is_a_violation(caller: Any) -> None:
    session_id = caller.open_session()
    caller.post("/run_sse", caller.message(session_id))
    assert found(caller) == ["missing_accept"]


def test_a_draft_is_compared_number_for_number(caller: Any) -> None:
    session_id = caller.open_session()
    caller.say(session_id)
    draft = caller.state(session_id)["draft"]
    caller.render(session_id, {**draft, "d": float(draft["d"])})
    assert found(caller) == ["altered_draft"]


def test_an_error_of_the_agent_itself_is_reported(
    caller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    session_id = caller.open_session()
    state: Any = caller.sandbox._state
    monkeypatch.setattr(state.service, "settle", lambda *_: 1 / 0)
    *_, last = caller.say(session_id).events
    assert last["error"] == "internal error of the sandbox's agent"
    assert found(caller) == ["sandbox_error"]
    assert caller.credits()["available"] == 100


def test_a_request_shows_no_credential_in_its_repr(caller: Any) -> None:
    caller.credits()
    request: LoggedRequest = caller.sandbox.requests[-1]
    assert request.header("AUTHORIZATION") == f"Bearer {caller.token}"
    assert caller.token not in repr(request)
    assert request.json is None


def test_an_error_of_a_route_is_reported_with_its_request(
    caller: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    state: Any = caller.sandbox._state
    monkeypatch.setattr(state.service, "create_session", lambda *_: 1 / 0)
    reply = caller.post("/api/tasks/me/with-session/nemo_agent", {"task_name": "project"})
    assert (reply.status, reply.json) == (500, {"detail": "Internal Server Error"})
    (violation,) = caller.sandbox.violations()
    assert (violation.kind, violation.request) == (
        "sandbox_error",
        caller.sandbox.requests[-1].number,
    )
