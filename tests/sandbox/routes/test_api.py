"""Every endpoint of the wire contract, over real sockets."""

import uuid
from typing import Any

import pytest

from nemovideo.sandbox import AgentBehavior, Fault
from nemovideo.sandbox.storage.records import SCOPES

PANDA = "a 10-second video of a panda walking through a bamboo forest"


def test_a_new_client_gets_a_token_with_a_hundred_credits(visit: Any) -> None:
    caller = visit()
    reply = caller.post("/api/auth/anonymous-token", X_Client_Id=str(uuid.uuid4()))
    assert reply.status == 200
    assert reply.json["code"] == 0
    assert reply.data["token"].startswith("nmv_usr_")
    assert reply.data["credits"] == 100
    assert reply.data["scopes"] == list(SCOPES)
    assert caller.credits() == {"available": 100, "frozen": 0, "total": 100}


@pytest.mark.parametrize("headers", [{}, {"X_Client_Id": "not-a-uuid"}])
def test_a_token_request_without_a_valid_client_id_gets_400(caller: Any, headers: Any) -> None:
    reply = caller.post("/api/auth/anonymous-token", **headers)
    assert (reply.status, reply.json["code"]) == (400, 400)
    assert "X-Client-Id" in reply.json["message"]


def test_the_same_client_has_the_same_account_with_a_new_token(visit: Any) -> None:
    caller = visit(token_limit=2)
    caller.say(caller.open_session())
    again = caller.post("/api/auth/anonymous-token", X_Client_Id=caller.client_id)
    assert again.data["credits"] == 0
    assert again.data["token"] != caller.token


def test_a_client_gets_one_token_in_seven_days(caller: Any) -> None:
    reply = caller.post("/api/auth/anonymous-token", X_Client_Id=caller.client_id)
    assert (reply.status, reply.json["code"]) == (429, 429)


@pytest.mark.parametrize(
    "fault",
    [
        Fault("credits.retrieve", "code", code=1001),
        Fault("credits.retrieve", "status", status=401),
    ],
)
def test_a_client_whose_token_was_rejected_may_request_another(caller: Any, fault: Fault) -> None:
    with caller.sandbox.inject(fault):
        caller.get("/api/credits/balance/simple")
    assert caller.sign_in().credits()["available"] == 100


def test_a_client_that_lost_its_token_to_a_fault_may_request_another(caller: Any) -> None:
    caller.client_id = str(uuid.uuid4())
    with (
        caller.sandbox.inject(Fault("tokens.create_anonymous", "reset_after")),
        pytest.raises(ConnectionError),
    ):
        caller.sign_in()
    assert caller.sign_in().credits()["available"] == 100


def test_a_client_may_request_another_token_after_a_week(caller: Any) -> None:
    caller.sandbox.clock.advance(7 * 24 * 3600)
    assert caller.get("/api/credits/balance/simple").json["code"] == 1001
    caller.sign_in()
    assert caller.credits()["available"] == 100


def test_a_client_whose_token_was_revoked_may_request_another(caller: Any) -> None:
    caller.sandbox.revoke_tokens()
    assert caller.get("/api/credits/balance/simple").json["code"] == 1001
    caller.sign_in()
    assert caller.credits()["available"] == 100


def test_an_ip_address_over_its_limit_gets_429(visit: Any) -> None:
    caller = visit(token_limit_per_ip=1)
    reply = caller.post("/api/auth/anonymous-token", X_Client_Id=str(uuid.uuid4()))
    assert reply.status == 429


@pytest.mark.parametrize("header", ["", "Bearer nmv_usr_wrong", "Basic abc"])
def test_an_invalid_token_gets_1001(caller: Any, header: str) -> None:
    reply = caller.get("/api/credits/balance/simple", Authorization=header)
    assert (reply.status, reply.json["code"]) == (200, 1001)


def test_errors_can_be_sent_as_http_statuses(visit: Any) -> None:
    caller = visit(error_status="http")
    reply = caller.get("/api/credits/balance/simple", Authorization="Bearer wrong")
    assert (reply.status, reply.json["code"]) == (401, 1001)
    assert caller.get("/api/state/nemo_agent/me/nowhere/latest").status == 404


def test_mixed_errors_alternate_both_styles(visit: Any) -> None:
    caller = visit(error_status="mixed")
    replies = [caller.get("/api/state/nemo_agent/me/nowhere/latest") for _ in range(2)]
    assert {reply.status for reply in replies} == {200, 404}
    assert {reply.json["code"] for reply in replies} == {1002}


def test_a_token_allows_only_its_scopes(caller: Any) -> None:
    caller.token = caller.sandbox.issue_token(scopes=("read",))
    assert caller.credits()["available"] == 100
    assert caller.post("/api/tasks/me/with-session/nemo_agent", {}).status == 403


def test_a_session_has_an_id_a_task_and_a_user(caller: Any) -> None:
    body = {"task_name": "project", "language": "zh-CN"}
    data = caller.post("/api/tasks/me/with-session/nemo_agent", body).data
    assert set(data) == {"session_id", "task_id", "user_id"}
    (session,) = caller.sandbox.sessions
    assert (session.session_id, session.language) == (data["session_id"], "zh-CN")


def test_the_session_of_another_user_does_not_exist(caller: Any) -> None:
    session_id = caller.open_session()
    caller.token = caller.sandbox.issue_token()
    reply = caller.get(f"/api/state/nemo_agent/me/{session_id}/latest")
    assert (reply.status, reply.json["code"]) == (200, 1002)


def test_a_message_to_an_unknown_session_gets_1002(caller: Any) -> None:
    reply = caller.say("nowhere")
    assert (reply.status, reply.json["code"]) == (200, 1002)


def test_a_message_to_an_unknown_session_gets_the_adk_error(visit: Any) -> None:
    reply = visit(sse_shape="adk").say("nowhere")
    assert (reply.status, reply.json) == (404, {"detail": "Session not found"})


def test_a_deleted_session_gets_1002(caller: Any) -> None:
    session_id = caller.open_session()
    caller.sandbox.forget_sessions()
    assert caller.say(session_id).json["code"] == 1002


def test_a_prompt_becomes_a_draft_in_the_state(caller: Any) -> None:
    session_id = caller.open_session()
    assert caller.state(session_id)["draft"] is None
    reply = caller.say(session_id)
    assert reply.headers["Content-Type"] == "text/event-stream"
    assert reply.text
    state = caller.state(session_id)
    assert state["draft"]["d"] == 10000
    assert [track["tt"] for track in state["draft"]["t"]] == [0, 1, 7]
    assert state["generated_media"][0]["duration"] == 10
    assert state["canvas_config"] == {"width": 1920, "height": 1080, "fps": 30}
    caller.sandbox.assert_clean()


def test_the_same_seed_gives_the_same_draft(visit: Any) -> None:
    drafts = []
    for _ in range(2):
        caller = visit(seed=5)
        session_id = caller.open_session()
        caller.say(session_id)
        drafts.append(caller.state(session_id)["draft"])
    assert drafts[0] == drafts[1]


def test_a_clip_costs_a_hundred_and_the_next_one_is_refused(caller: Any) -> None:
    session_id = caller.open_session()
    caller.say(session_id)
    assert caller.credits() == {"available": 0, "frozen": 0, "total": 0}
    reply = caller.say(session_id, "generate a new 5-second video of a cat")
    assert (reply.status, reply.json["code"]) == (200, 2001)
    assert [charge.amount for charge in caller.sandbox.charges] == [100]


def test_the_first_edit_without_a_clip_costs_fifty_and_later_ones_nothing(
    visit: Any, png: bytes
) -> None:
    caller = visit()
    session_id = caller.open_session()
    caller.upload(session_id, ("photo.png", png))
    caller.say(session_id, "make a slideshow of my photos")
    caller.say(session_id, 'add a title that says "Hello"')
    assert [charge.amount for charge in caller.sandbox.charges] == [50, 0]
    assert caller.credits()["available"] == 50


def test_edits_after_a_clip_and_unknown_requests_cost_nothing(caller: Any) -> None:
    session_id = caller.open_session()
    caller.say(session_id)
    caller.say(session_id, "remove the music")
    before = caller.state(session_id)["draft"]
    assert caller.say(session_id, "what is the meaning of life?").text
    assert caller.state(session_id)["draft"] == before
    assert [charge.amount for charge in caller.sandbox.charges] == [100, 0, 0]


def test_undo_restores_the_earlier_draft(caller: Any) -> None:
    session_id = caller.open_session()
    caller.say(session_id)
    before = caller.state(session_id)["draft"]
    caller.say(session_id, "remove the music")
    assert caller.state(session_id)["draft"]["t"] != before["t"]
    caller.say(session_id, "undo")
    assert caller.state(session_id)["draft"]["t"] == before["t"]


def test_a_silent_edit_changes_the_draft_without_a_reply(visit: Any) -> None:
    caller = visit(behavior=AgentBehavior(silent=1))
    session_id = caller.open_session()
    caller.say(session_id)
    before = caller.state(session_id)["draft"]
    assert caller.say(session_id, "remove the music").text == ""
    assert caller.state(session_id)["draft"] != before


@pytest.mark.parametrize(
    "body",
    [
        {"app_name": None},
        {"user_id": None},
        {"session_id": None},
        {"new_message": None},
        {"new_message": {"parts": "words"}},
    ],
)
def test_a_message_without_one_of_its_fields_gets_422(caller: Any, body: Any) -> None:
    whole = {**caller.message(caller.open_session()), **body}
    sent = {name: value for name, value in whole.items() if value is not None}
    assert caller.post("/run_sse", sent).status == 422
    assert caller.sandbox.charges == []


@pytest.mark.parametrize("body", [{"app_name": "other_agent"}, {"user_id": "you"}])
def test_the_session_of_another_agent_or_user_is_not_found(caller: Any, body: Any) -> None:
    sent = {**caller.message(caller.open_session()), **body}
    assert caller.post("/run_sse", sent).json["code"] == 1002


def test_half_a_surrogate_pair_in_a_message_becomes_a_question_mark(caller: Any) -> None:
    session_id = caller.open_session()
    assert caller.say(session_id, "a video of \ud800 pandas").status == 200
    assert caller.sandbox.sessions[0].turns[0].text == "a video of ? pandas"


def test_an_empty_message_is_refused(caller: Any) -> None:
    assert caller.say(caller.open_session(), "  ").status == 400


@pytest.mark.parametrize("body", [b"{", b"[1]"])
def test_a_body_that_is_not_an_object_is_refused(caller: Any, body: bytes) -> None:
    assert caller.post("/run_sse", body).status == 400


def test_a_claim_token_opens_its_session_in_a_browser(caller: Any) -> None:
    session_id = caller.open_session()
    (session,) = caller.sandbox.sessions
    body = {"session_id": session_id, "task_id": session.task_id}
    data = caller.post("/api/auth/claim-token", body).data
    assert data["expires_in"] == 604800
    url = f"{caller.sandbox.web_url}/workspace/claim?ct={data['claim_token']}"
    assert session_id in caller.get(url).body.decode()
    caller.sandbox.clock.advance(604801)
    assert caller.get(url).status == 410


def test_a_claim_needs_the_sessions_own_task(caller: Any) -> None:
    body = {"session_id": caller.open_session(), "task_id": "task_of_another"}
    assert caller.post("/api/auth/claim-token", body).status == 400


def test_the_register_page_explains_that_it_is_a_sandbox(caller: Any) -> None:
    user_id = caller.post("/api/tasks/me/with-session/nemo_agent").data["user_id"]
    page = caller.get(f"{caller.sandbox.web_url}/register?bind={user_id}").body.decode()
    assert "This is a sandbox" in page
    assert "a known user" in page


def test_every_response_has_a_request_id(caller: Any) -> None:
    replies = [caller.get("/api/credits/balance/simple"), caller.get("/nowhere")]
    replies.append(caller.say(caller.open_session()))
    ids = [reply.headers["X-Request-Id"] for reply in replies]
    assert len(set(ids)) == 3
    assert set(ids) <= {request.request_id for request in caller.sandbox.requests}


def test_an_unknown_path_gets_404_as_json(caller: Any) -> None:
    reply = caller.get("/nowhere")
    assert (reply.status, reply.json) == (404, {"detail": "Not Found"})


def test_the_apis_root_redirects_to_the_dashboard(caller: Any) -> None:
    reply = caller.get("/")
    assert (reply.status, reply.headers["Location"]) == (302, f"{caller.sandbox.web_url}/")
