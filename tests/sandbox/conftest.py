"""A plain HTTP caller for the sandbox's tests; it shares no code with the client."""

import http.client
import io
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from PIL import Image

from nemovideo.sandbox import AgentBehavior, Sandbox

ATTRIBUTION = {
    "X-Skill-Source": "free-chinese-video-generation-model",
    "X-Skill-Version": "1.0.0",
    "X-Skill-Platform": "unknown",
}
PANDA = "a 10-second video of a panda walking through a bamboo forest"


@dataclass(frozen=True)
class Reply:
    """A complete response."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def data(self) -> Any:
        return self.json["data"]

    @property
    def events(self) -> list[Any]:
        """The JSON payloads of an event stream."""
        lines = self.body.decode(errors="replace").splitlines()
        return [json.loads(line[6:]) for line in lines if line.startswith("data: ")]

    @property
    def text(self) -> str:
        """The agent's text, in the typed shape."""
        return "".join(e["content"] for e in self.events if e.get("type") == "text")


class Caller:
    """A client of one sandbox, over real sockets."""

    def __init__(self, sandbox: Sandbox, token: str | None = None) -> None:
        self.sandbox = sandbox
        self.client_id = str(uuid.uuid4())
        self.token = token

    def send(
        self,
        method: str,
        url: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        attributed: bool = True,
    ) -> Reply:
        """Send one request on a connection of its own; `url` may be a path of the API."""
        parts = urlsplit(url if "://" in url else self.sandbox.url + url)
        sent = dict(ATTRIBUTION) if attributed and "://" not in url else {}
        if self.token is not None and "://" not in url:
            sent["Authorization"] = f"Bearer {self.token}"
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        try:
            target = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target or "/", body, sent)
            response = connection.getresponse()
            return Reply(response.status, response.headers, response.read())
        finally:
            connection.close()

    def get(self, url: str, **headers: str) -> Reply:
        return self.send("GET", url, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def post(self, url: str, body: object = None, **headers: str) -> Reply:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.send("POST", url, body, headers=sent)

    def sign_in(self) -> "Caller":
        reply = self.post("/api/auth/anonymous-token", X_Client_Id=self.client_id)
        self.token = reply.data["token"]
        return self

    def open_session(self) -> str:
        url = "/api/tasks/me/with-session/nemo_agent"
        return str(self.post(url, {"task_name": "project"}).data["session_id"])

    @staticmethod
    def message(session_id: str, text: str = PANDA) -> dict[str, object]:
        """The body of a message (wire-contract section 4)."""
        return {
            "app_name": "nemo_agent",
            "user_id": "me",
            "session_id": session_id,
            "new_message": {"parts": [{"text": text}]},
        }

    def say(self, session_id: str, text: str = PANDA) -> Reply:
        return self.post("/run_sse", self.message(session_id, text), Accept="text/event-stream")

    def state(self, session_id: str) -> Any:
        return self.get(f"/api/state/nemo_agent/me/{session_id}/latest").data["state"]

    def credits(self) -> dict[str, int]:
        return dict(self.get("/api/credits/balance/simple").data)

    def render(
        self, session_id: str, draft: object, render_id: str = "render_1", **output: str
    ) -> Reply:
        body = {"id": render_id, "sessionId": session_id, "draft": draft, "output": output}
        return self.post("/api/render/proxy/lambda", body)

    def rendered(self, render_id: str = "render_1") -> Any:
        """Poll a render until it is over."""
        while True:
            render = self.get(f"/api/render/proxy/lambda/{render_id}").json
            if render["status"] in {"completed", "failed"}:
                return render

    def upload(self, session_id: str, *files: tuple[str, bytes]) -> Reply:
        """Upload files as one multipart body."""
        parts = [
            f'--frontier\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n'
            f"Content-Type: application/octet-stream\r\n\r\n".encode()
            + content
            + b"\r\n"
            for name, content in files
        ]
        return self.send(
            "POST",
            f"/api/upload-video/nemo_agent/me/{session_id}",
            b"".join(parts) + b"--frontier--\r\n",
            {"Content-Type": "multipart/form-data; boundary=frontier"},
        )


OpenSandbox = Callable[..., Caller]


@pytest.fixture
def visit() -> Iterator[OpenSandbox]:
    """Start a sandbox with the given options and sign in; every edit has a reply."""
    with ExitStack() as stack:

        def start(**options: Any) -> Caller:
            options = {"stub_renders": True, "behavior": AgentBehavior(silent=0, gui=0), **options}
            return Caller(stack.enter_context(Sandbox(**options))).sign_in()

        yield start


@pytest.fixture
def caller(visit: OpenSandbox) -> Caller:
    """A client signed in at a sandbox with the default settings."""
    return visit()


@pytest.fixture
def png() -> bytes:
    """A small real picture."""
    buffer = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(buffer, "PNG")
    return buffer.getvalue()
