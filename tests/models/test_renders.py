"""Renders, in whichever shape and words an reply has them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from nemovideo import Render
from nemovideo.models.renders import read_render

URL = "https://files.example/a.mp4"


def read(**reply: Any) -> Render:
    return Render.model_validate({**read_render(reply), "id": "r"})


@pytest.mark.parametrize(
    "reply",
    [
        {"status": "completed", "output": {"url": URL, "duration": 10, "size": 300}},
        {"status": "COMPLETED", "outputUrl": URL, "duration": "10", "size": "300"},
        {"success": True, "data": {"status": "completed", "outputUrl": URL, "duration": 10}},
        {"status": "success", "data": {"status": "completed", "output": {"url": URL}}},
        {"status": "completed", "url": None, "output": {"url": f" {URL} "}},
        {"status": "completed", "url": "", "output": {"url": URL}},
        {"status": "completed", "output": URL},
        {"status": "completed", "output": [URL]},
        {"status": "completed", "output": [{"url": URL}]},
        {"status": "completed", "output": {"output_url": URL}},
        {"status": "completed", "video_url": URL},
        {"taskId": "r", "state": "completed", "downloadUrl": URL},
        {"data": {"status": "completed", "output": {"url": URL}}},
    ],
)
def test_the_url_is_found_under_any_key(reply: dict[str, Any]) -> None:
    render = read(**reply)
    assert (render.id, render.status, render.url, render.progress) == ("r", "completed", URL, 100)


@pytest.mark.parametrize(
    "word",
    [
        *("completed", "Complete", "succeeded", "SUCCESS", "successful", "done", "Finished"),
        *("RENDER_COMPLETED", "job-succeeded", " done ", "STATUS_DONE"),
    ],
)
def test_synonyms_of_completed(word: str) -> None:
    assert read(status=word).status == "completed"


@pytest.mark.parametrize("word", ["failed", "FAILURE", "error", "Errored", "timed out", "expired"])
def test_synonyms_of_failed(word: str) -> None:
    render = read(status=word, progress=80)
    assert (render.status, render.is_failed, render.progress) == ("failed", True, 80)


@pytest.mark.parametrize("word", ["cancelled", "CANCELED", "aborted", "stopped"])
def test_synonyms_of_cancelled(word: str) -> None:
    assert read(status=word).is_cancelled


@pytest.mark.parametrize(
    "word", ["pending", "processing", "IN_PROGRESS", "in-progress", "In progress", "queued"]
)
def test_a_url_does_not_complete_a_running_render(word: str) -> None:
    render = read(status=word, url=URL)
    assert not render.is_finished
    assert render.status == word.lower()


def test_an_unknown_status_with_a_url_is_completed() -> None:
    assert read(status="fertig", output={"url": URL}).status == "completed"
    assert read(status="Fertig").status == "fertig"
    assert read(status=3, url=URL).is_completed


def test_without_a_status_it_follows_from_url_and_error() -> None:
    assert read(outputUrl=URL).status == "completed"
    assert read(error={"message": "no"}).status == "failed"
    assert read(progress=40).status == "pending"
    assert read().status == "pending"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"error": "clip 3 is missing"}, "clip 3 is missing"),
        ({"error": {"code": "X", "message": "clip 3 is missing"}}, "clip 3 is missing"),
        ({"error": {"code": "X"}}, "X"),
        ({"error": {"error": {"detail": "deep"}}}, "deep"),
        ({"error": ["one", {"message": "two"}, "one", None]}, "one; two"),
        ({"errors": [{"message": "one"}]}, "one"),
        ({"error": None, "errorMessage": "one"}, "one"),
        ({"error": "", "failureReason": "one"}, "one"),
        ({"output": {"error": "one"}}, "one"),
        ({"message": "one"}, "one"),
        ({"detail": [{"msg": "one"}]}, "one"),
        ({"error": 17}, "17"),
        ({"error": True}, None),
        ({"error": {}}, None),
        ({"error": []}, None),
        ({}, None),
        ({"error": "token nmv_usr_secretsecret\n is bad"}, "token ***"),
        ({"error": "x" * 500}, "x" * 199 + "…"),
    ],
)
def test_the_reason_of_a_failure_is_read_in_any_form(
    reply: dict[str, Any], reason: str | None
) -> None:
    error = read(status="failed", **reply).error
    if reason is not None and "***" in reason:
        assert error is not None
        assert "secret" not in error
    else:
        assert error == reason


def test_a_reason_needs_a_final_status_and_may_be_nested_deeply() -> None:
    nested: Any = "deep"
    for _ in range(100):
        nested = [{"error": nested}]
    assert read(status="failed", error=nested).error is None


def test_a_message_of_a_completed_render_is_no_error() -> None:
    render = read(status="completed", url=URL, message="All good", error=None)
    assert render.error is None


@pytest.mark.parametrize(
    ("sent", "progress"),
    [
        *((40, 40), (40.5, 40.5), ("40", 40), ("40 %", 40), (-1, 0), (101, 100), ("half", 0)),
        *((None, 0), (True, 0), (float("nan"), 0), ([], 0)),
    ],
)
def test_progress_is_between_0_and_100(sent: object, progress: float) -> None:
    assert read(status="processing", progress=sent).progress == progress


@pytest.mark.parametrize(("status", "progress"), [("processing", "40"), ("completed", "100")])
def test_progress_is_written_as_the_service_sent_it(status: str, progress: str) -> None:
    render = read(status=status, url=URL, progress=int(progress))
    assert json.dumps(render.to_dict()["progress"]) == progress


@pytest.mark.parametrize(
    "sent",
    [1764392400000, 1764392400, "1764392400000", "2025-11-29T05:00:00Z", "2025-11-29T05:00:00"],
)
def test_times_are_read_in_any_form(sent: object) -> None:
    moment = datetime(2025, 11, 29, 5, tzinfo=UTC)
    render = read(status="processing", createdAt=sent, completedAt=None)
    assert (render.created_at, render.completed_at) == (moment, None)


def test_unknown_fields_are_retained() -> None:
    render = read(status="processing", worker=7, output={"resolution": "1080p"})
    assert render.to_dict()["worker"] == 7
    assert render.to_dict()["resolution"] == "1080p"
