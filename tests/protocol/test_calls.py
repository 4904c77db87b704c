"""Every call of the service: its route, its body, and how often it may be sent."""

from __future__ import annotations

import json

import pytest

from nemovideo import InvalidInputError, Timing
from nemovideo.protocol import calls
from nemovideo.protocol.calls import Call, Replay, TimeoutKind


class Form:
    content_length = 3
    content_type = "multipart/form-data; boundary=x"


ALL: dict[str, Call] = {
    "token": calls.build_create_anonymous_token(),
    "claim": calls.build_create_claim_token("s", "t"),
    "session": calls.build_create_session("holiday", "zh-CN"),
    "message": calls.build_send_message("s", "hello"),
    "files": calls.build_upload_files("s", Form()),  # type: ignore[arg-type]  # never read here
    "urls": calls.build_upload_urls("s", ["https://x/a.mp4"]),
    "credits": calls.build_retrieve_credits(),
    "state": calls.build_retrieve_state("s"),
    "render": calls.build_create_render("s", {"t": [], "x": 1.5}, "mp4", "high", "render_1"),
    "look": calls.build_retrieve_render("render_1"),
    "cancel": calls.build_cancel_render("render_1"),
    "download": calls.build_download_render("render_1"),
}


PAID_OR_KEYED = {"message", "files", "urls", "render"}


def test_every_builder_is_in_the_table() -> None:
    builders = [name for name in vars(calls) if name.startswith("build_")]
    assert len(builders) == len(ALL)


@pytest.mark.parametrize(
    ("name", "replay"),
    [
        *((name, Replay.SAFE) for name in ALL if name not in PAID_OR_KEYED),
        ("message", Replay.NEVER),
        ("files", Replay.NEVER),
        ("urls", Replay.NEVER),
        ("render", Replay.KEYED),
    ],
)
def test_replay_classes(name: str, replay: Replay) -> None:
    assert ALL[name].replay is replay


@pytest.mark.parametrize(
    ("name", "method", "path"),
    [
        ("token", "POST", "/api/auth/anonymous-token"),
        ("claim", "POST", "/api/auth/claim-token"),
        ("session", "POST", "/api/tasks/me/with-session/nemo_agent"),
        ("message", "POST", "/run_sse"),
        ("files", "POST", "/api/upload-video/nemo_agent/me/s"),
        ("urls", "POST", "/api/upload-video/nemo_agent/me/s"),
        ("credits", "GET", "/api/credits/balance/simple"),
        ("state", "GET", "/api/state/nemo_agent/me/s/latest"),
        ("render", "POST", "/api/render/proxy/lambda"),
        ("look", "GET", "/api/render/proxy/lambda/render_1"),
        ("cancel", "POST", "/api/render/proxy/lambda/render_1/cancel"),
        ("download", "GET", "/api/render/proxy/render_1/download"),
    ],
)
def test_routes(name: str, method: str, path: str) -> None:
    assert (ALL[name].method, ALL[name].path) == (method, path)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("claim", {"task_id": "t", "session_id": "s"}),
        ("session", {"task_name": "holiday", "language": "zh-CN"}),
        (
            "message",
            {
                "app_name": "nemo_agent",
                "user_id": "me",
                "session_id": "s",
                "new_message": {"parts": [{"text": "hello"}]},
            },
        ),
        ("urls", {"urls": ["https://x/a.mp4"], "source_type": "url"}),
        (
            "render",
            {
                "id": "render_1",
                "sessionId": "s",
                "draft": {"t": [], "x": 1.5},
                "output": {"format": "mp4", "quality": "high"},
            },
        ),
    ],
)
def test_bodies(name: str, body: object) -> None:
    sent = ALL[name].body
    assert isinstance(sent, bytes)
    assert json.loads(sent) == body


def test_a_body_is_compact_and_in_utf_8() -> None:
    assert calls.build_create_session("熊猫", None).body == '{"task_name":"熊猫"}'.encode()
    half = calls.build_create_session("\ud83d", None).body
    assert half == b'{"task_name":"\\ud83d"}'


def test_only_the_token_request_goes_without_a_token() -> None:
    assert [name for name, call in ALL.items() if not call.authorized] == ["token"]
    assert ALL["token"].body is None


def test_a_message_asks_for_a_stream_and_has_no_total_deadline() -> None:
    assert ALL["message"].headers["accept"] == "text/event-stream"
    assert ALL["message"].timeout is TimeoutKind.STREAM


def test_a_session_without_language_does_not_name_one() -> None:
    body = calls.build_create_session("x", None).body
    assert isinstance(body, bytes)
    assert json.loads(body) == {"task_name": "x"}


@pytest.mark.parametrize("bad", ["", "..", ".", "a\nb"])
def test_an_id_that_leads_elsewhere_is_refused(bad: str) -> None:
    with pytest.raises(InvalidInputError):
        calls.build_retrieve_state(bad)


def test_an_id_is_quoted() -> None:
    assert calls.build_retrieve_state("a/b?c").path.endswith("/a%2Fb%3Fc/latest")


def test_a_text_says_something_unless_it_may_be_empty() -> None:
    assert calls.check_text(" a ") == " a "
    assert calls.check_text("", may_be_empty=True) == ""
    for nothing in ("", " \n", 5, None):
        with pytest.raises(InvalidInputError, match="text"):
            calls.check_text(nothing)
    with pytest.raises(InvalidInputError, match="title"):
        calls.check_text(5, "title", may_be_empty=True)


def test_an_answer_may_begin_as_late_as_a_stream_may_be_silent() -> None:
    assert calls.first_byte_timeout(Timing()) == 610
    assert calls.first_byte_timeout(Timing(connect=1, heartbeat_limit=50)) == 51
    assert calls.first_byte_timeout(Timing(connect=1, heartbeat_limit=50, stream_limit=20)) == 20
