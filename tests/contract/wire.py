"""A plain HTTP client of the wire contract, which uses nothing of the package."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import httpx

from nemovideo import Timing

ATTRIBUTION = {
    "X-Skill-Source": "free-chinese-video-generation-model",
    "X-Skill-Version": "1.0.0",
    "X-Skill-Platform": "unknown",
}
RENDERS = "/api/render/proxy/lambda"


@dataclass(frozen=True)
class Service:
    """The server's URL, and how long its clients wait."""

    url: str
    folder: Path
    timing: Timing
    poll_seconds: float
    token: str | None = None


@dataclass(frozen=True)
class WireResponse:
    """A response: the HTTP status and the JSON, in any envelope."""

    status: int
    body: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        """The data of a successful response."""
        assert self.status < 400, self
        assert self.body.get("code", 0) == 0, self
        assert self.body.get("success", True) is True, self
        enveloped = "data" in self.body and ("code" in self.body or "success" in self.body)
        return self.body["data"] if enveloped else self.body

    def is_error(self, *numbers: int) -> bool:
        """Return True if it is one of these errors, as a code or as an HTTP status."""
        return bool({self.status, self.body.get("code")} & set(numbers))


@dataclass(frozen=True)
class Film:
    """A session with a film on its timeline, and the stream that generated it."""

    session_id: str
    task_id: str
    content_type: str
    payloads: list[dict[str, Any]]
    draft: dict[str, Any]


@dataclass
class Wire:
    """One account on the server."""

    service: Service
    token: str = ""
    client_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def __enter__(self) -> Self:
        timeout = httpx.Timeout(60, read=900)
        self.http = httpx.Client(base_url=self.service.url, timeout=timeout, trust_env=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def log_in(self) -> None:
        """Use the given token, or request one."""
        token = self.service.token or self.request_token().data["token"]
        self.token = str(token)

    def request_token(self) -> WireResponse:
        """Request an anonymous token."""
        headers = {**ATTRIBUTION, "X-Client-Id": self.client_id}
        return _read(self.http.post("/api/auth/anonymous-token", headers=headers))

    def headers(self, **changed: str | None) -> dict[str, str]:
        """Return the headers of every request; None removes one."""
        own: dict[str, str | None] = {"Authorization": f"Bearer {self.token}", **ATTRIBUTION}
        own |= {name.replace("_", "-"): value for name, value in changed.items()}
        return {name: value for name, value in own.items() if value is not None}

    def get(self, path: str, **changed: str | None) -> WireResponse:
        """Send a GET request."""
        return _read(self.http.get(path, headers=self.headers(**changed)))

    def post(
        self, path: str, body: Mapping[str, Any] | None = None, **changed: str | None
    ) -> WireResponse:
        """Send a POST request."""
        return _read(self.http.post(path, json=body, headers=self.headers(**changed)))

    def open_session(self, language: str | None = None) -> dict[str, Any]:
        """Open a session and return the server's data."""
        body = {"task_name": "project"} | ({"language": language} if language else {})
        return self.post("/api/tasks/me/with-session/nemo_agent", body).data

    def read_state(self, session_id: str) -> WireResponse:
        """Read a session's state."""
        return self.get(f"/api/state/nemo_agent/me/{session_id}/latest")

    def send(self, session_id: str, text: str) -> httpx.Response:
        """Send a message and return the whole response."""
        body = {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": session_id,
            "new_message": {"parts": [{"text": text}]},
        }
        headers = self.headers(Accept="text/event-stream")
        return self.http.post("/run_sse", json=body, headers=headers)

    def generate_film(self, prompt: str) -> Film:
        """Generate a film."""
        session = self.open_session()
        response = self.send(session["session_id"], prompt)
        assert response.status_code == 200, response.text
        state = self.read_state(session["session_id"]).data["state"]
        content_type = response.headers["content-type"]
        payloads = read_payloads(response.text)
        return Film(
            session["session_id"], session["task_id"], content_type, payloads, state["draft"]
        )

    def submit(self, film: Film, render_id: str, **changed: str | None) -> WireResponse:
        """Submit a render."""
        body = {
            "id": render_id,
            "sessionId": film.session_id,
            "draft": film.draft,
            "output": {"format": "mp4", "quality": "high"},
        }
        return self.post(RENDERS, body, **changed)

    def await_render(self, render_id: str) -> dict[str, Any]:
        """Poll a render until it has ended, and return it."""
        until = time.monotonic() + 900
        while True:
            render = self.get(f"{RENDERS}/{render_id}").data
            if render["status"] in {"completed", "failed"} or time.monotonic() > until:
                return render
            time.sleep(self.service.poll_seconds)


def new_render_id() -> str:
    """Return a new render id."""
    return f"render_{uuid.uuid4().hex}"


def read_payloads(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects of an event stream, without keep-alives."""
    lines = [line.removeprefix("data:").strip() for line in text.splitlines()]
    return [json.loads(line) for line in lines if line.startswith("{")]


def _read(response: httpx.Response) -> WireResponse:
    body = response.json()
    assert isinstance(body, dict), response.text
    return WireResponse(response.status_code, body)
