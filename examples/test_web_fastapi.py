"""A test of the web page, against a sandbox: no account, no network, under a second.

Run it with `pytest test_web_fastapi.py`. `nemo_sandbox` is a fixture that nemovideo brings: every
client that is made during the test talks to it, that of the application too.
"""

import json
import uuid
from pathlib import Path

import pytest
import web_fastapi
from fastapi.testclient import TestClient

from nemovideo import InsufficientCreditsError, SessionNotFoundError
from nemovideo.sandbox import Fault, Sandbox


@pytest.fixture
def films(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(web_fastapi, "FILMS", tmp_path)
    return tmp_path


def make_film(browser: TestClient, prompt: str) -> list[dict[str, object]]:
    job_id = uuid.uuid4()
    for _click in range(2):
        assert browser.put(f"/videos/{job_id}", json={"prompt": prompt}).status_code == 202
    stream = browser.get(f"/videos/{job_id}/events").text
    return [json.loads(line[6:]) for line in stream.splitlines() if line.startswith("data: ")]


def test_a_film_is_made_with_progress_and_plays(nemo_sandbox: Sandbox, films: Path) -> None:
    with TestClient(web_fastapi.app) as browser:  # `with` runs the lifespan of the application
        events = make_film(browser, "a 5-second video of a panda")
        assert any(event.get("percent") for event in events)
        film = browser.get(str(events[-1]["film"]))
    assert film.headers["content-type"] == "video/mp4"
    assert film.content == next(films.glob("*.mp4")).read_bytes()
    assert len(nemo_sandbox.charges) == 1
    nemo_sandbox.assert_clean()  # nothing was sent twice, no secret went astray


def test_a_stream_goes_on_where_it_broke(nemo_sandbox: Sandbox, films: Path) -> None:
    with TestClient(web_fastapi.app) as browser:
        job_id = uuid.uuid4()
        browser.put(f"/videos/{job_id}", json={"prompt": "a panda"})
        whole = browser.get(f"/videos/{job_id}/events").text
        rest = browser.get(f"/videos/{job_id}/events", headers={"Last-Event-ID": "1"}).text
    assert whole.endswith(rest)
    assert rest.startswith("id: 2\n")
    assert len(nemo_sandbox.charges) == 1


def test_after_a_restart_the_page_has_its_film_and_pays_nothing(
    nemo_sandbox: Sandbox, films: Path
) -> None:
    with TestClient(web_fastapi.app) as browser:
        make_film(browser, "a panda")
    web_fastapi.jobs.clear()  # as in a new process
    (path,) = films.glob("*.json")
    with TestClient(web_fastapi.app) as browser:
        stream = browser.get(f"/videos/{path.stem}/events").text
    assert f"/videos/{path.stem}" in stream.splitlines()[-2]
    assert len(nemo_sandbox.charges) == 1


@pytest.mark.nemo_sandbox(credits=0)
def test_the_page_says_when_there_are_no_credits(nemo_sandbox: Sandbox, films: Path) -> None:
    with TestClient(web_fastapi.app) as browser:
        events = make_film(browser, "a panda")
    assert events[-1]["state"] == InsufficientCreditsError.user_message
    assert not nemo_sandbox.charges


def test_an_outage_after_the_payment_is_waited_for(
    nemo_sandbox: Sandbox, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_fastapi, "PAUSE", 0.01)
    outage = Fault("renders.create", "status", status=503, times=12)
    with nemo_sandbox.inject(outage), TestClient(web_fastapi.app) as browser:
        events = make_film(browser, "a panda")
    assert "Still waiting for your film…" in [event.get("state") for event in events]
    assert events[-1]["state"] == "Done."
    assert len(nemo_sandbox.charges) == 1


@pytest.mark.nemo_timing(stream_limit=0.5)
def test_an_outage_before_the_payment_is_waited_for(
    nemo_sandbox: Sandbox, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_fastapi, "PAUSE", 0.05)
    outage = Fault("messages.stream", "status", status=503)
    with nemo_sandbox.inject(outage), TestClient(web_fastapi.app) as browser:
        events = make_film(browser, "a panda")
    assert "Looking for your film…" in [event.get("state") for event in events]
    assert sum("anew" in event for event in events) == 2
    assert events[-1]["state"] == "Done."
    assert len(nemo_sandbox.charges) == 1


def test_spaces_are_no_prompt(nemo_sandbox: Sandbox, films: Path) -> None:
    with TestClient(web_fastapi.app) as browser:
        refused = browser.put(f"/videos/{uuid.uuid4()}", json={"prompt": "  "})
    assert refused.status_code == 422
    assert not list(films.glob("*.json"))


def test_a_film_that_is_gone_is_not_paid_for_again_unasked(
    nemo_sandbox: Sandbox, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_fastapi, "PAUSE", 0.01)
    outage = Fault("renders.create", "status", status=503, times=12)
    gone = Fault("states.retrieve", "code", code=1002, times=None, after=1)
    with nemo_sandbox.inject(outage, gone), TestClient(web_fastapi.app) as browser:
        events = make_film(browser, "a panda")
    assert events[-1]["state"] == SessionNotFoundError.user_message
    assert not list(films.glob("*.*"))
    assert len(nemo_sandbox.charges) == 1
