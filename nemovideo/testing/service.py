"""A service with scripted replies, in memory."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

from nemovideo.transports.base import Request
from nemovideo.transports.memory import MemoryTransport, Reply

Answer: TypeAlias = (
    Mapping[str, object] | Reply | Exception | Callable[[Request], Reply | Exception]
)
"""The `data` of a success, a reply, an exception, or a function that returns a reply."""

_ROUTES = {
    "tokens.create_anonymous": ("POST", r"/api/auth/anonymous-token"),
    "tokens.create_claim": ("POST", r"/api/auth/claim-token"),
    "sessions.create": ("POST", r"/api/tasks/me/with-session/nemo_agent"),
    "messages.stream": ("POST", r"/run_sse"),
    "uploads.create": ("POST", r"/api/upload-video/nemo_agent/me/[^/]+"),
    "credits.retrieve": ("GET", r"/api/credits/balance/simple"),
    "states.retrieve": ("GET", r"/api/state/nemo_agent/me/[^/]+/latest"),
    "renders.create": ("POST", r"/api/render/proxy/lambda"),
    "renders.retrieve": ("GET", r"/api/render/proxy/lambda/[^/]+"),
    "renders.cancel": ("POST", r"/api/render/proxy/lambda/[^/]+/cancel"),
    "renders.download": ("GET", r"/api/render/proxy/[^/]+/download"),
    "files": ("GET", r"/files/.+"),
}
_FILE_HOST = "https://files.example.com"
_EMPTY_MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x08mdat"
"""An MP4 without frames: it can be saved, but not played."""

_DRAFT = '{"t": [{"tt": 0, "sg": [{"d": 10000, "m": {"name": "panda"}}]}], "d": 10000}'


def success(data: Mapping[str, object]) -> Reply:
    """Return a successful reply with `data` in the service's envelope (wire-contract section 3)."""
    return _json_reply(200, {"code": 0, "data": dict(data)}, {})


def error(
    code: int | None = None, *, status: int = 200, message: str = "no", **headers: str
) -> Reply:
    """Return an error reply.

    Args:
        code: The service's code (wire-contract section 3), such as 2001 for no credits; None for
            the HTML page of a gateway.
        status: The HTTP status.
        message: The service's message.
        **headers: Such as `retry_after="3"`.

    Example:
        ```python
        scripted({"messages.stream": error(2001)})
        scripted({"renders.create": error(status=503, retry_after="1")})
        ```
    """
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if code is None:
        return Reply(status, {"content-type": "text/html", **named}, b"<html>no</html>")
    return _json_reply(status, {"code": code, "message": message}, named)


def message_reply(*parts: str | Mapping[str, object]) -> Reply:
    """Return the reply to a message.

    Args:
        parts: pieces of text, and events of the service as mappings.

    Example:
        ```python
        scripted({"messages.stream": message_reply("Here is ", "your video.")})
        ```
    """

    def event(part: str | Mapping[str, object]) -> object:
        return {"type": "text", "content": part} if isinstance(part, str) else dict(part)

    sent = [f"data: {json.dumps(event(part))}\n\n".encode() for part in parts]
    return Reply(200, {"content-type": "text/event-stream"}, sent)


class ScriptedService:
    """Replies by endpoint, with a success where nothing is scripted. Used by `scripted`.

    Args:
        answers: For an endpoint, an answer, or a list of answers of which the last is repeated.
    """

    def __init__(self, answers: Mapping[str, Answer | list[Answer]] | None = None) -> None:
        given = {name: _queue(each) for name, each in (answers or {}).items()}
        unknown = given.keys() - _ROUTES.keys()
        if unknown:
            raise ValueError(
                f"there is no endpoint {', '.join(sorted(unknown))}; choose of {', '.join(_ROUTES)}"
            )
        self._answers = {name: [each] for name, each in _default_answers().items()} | given
        self.calls: list[str] = []
        """The requested endpoints, in order."""

    def __call__(self, request: Request) -> Reply | Exception:
        """Return the reply to a request."""
        name = endpoint(request.method, request.url)
        self.calls.append(name)
        answers = self._answers[name]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if callable(answer):
            answer = answer(request)
        if isinstance(answer, Mapping):
            return success(answer)
        return answer


def scripted(
    answers: Mapping[str, Answer | list[Answer]] | None = None,
) -> MemoryTransport:
    """Return a transport with scripted replies, in memory.

    Where nothing is scripted, the service succeeds: there is a token, a session, an agent that says
    "Done.", a ten-second draft and a render of it. Endpoints are named as in the client:
    "credits.retrieve", "messages.stream", "renders.create"… and "files" for the finished video.

    Args:
        answers: For an endpoint, an answer, or a list of answers of which the last is repeated.
            A mapping is the `data` of a success; `error`, `message_reply` and `Reply` make others.
            An exception is raised as if by the network.

    Raises:
        ValueError: There is no such endpoint.

    Example:
        ```python
        transport = scripted({"credits.retrieve": {"available": 3, "frozen": 0, "total": 3}})
        with nemovideo.NemoVideo(token="nmv_usr_test", transport=transport) as client:
            assert client.credits.retrieve().available == 3
        assert transport.requests[0].method == "GET"
        ```
    """
    return MemoryTransport(ScriptedService(answers))


def endpoint(method: str, url: str) -> str:
    path = urlsplit(url).path
    for name, (route_method, pattern) in _ROUTES.items():
        if method == route_method and re.fullmatch(pattern, path):
            return name
    raise LookupError(f"nothing is scripted for {method} {path}")


def _queue(answer: Answer | list[Answer]) -> list[Answer]:
    if isinstance(answer, list):
        # pyright considers a mapping that is also a list.
        return list(answer)  # pyright: ignore[reportUnknownArgumentType]  # see above
    return [answer]


def _json_reply(status: int, body: object, headers: Mapping[str, str]) -> Reply:
    all_headers = {"content-type": "application/json", **headers}
    return Reply(status, all_headers, json.dumps(body).encode())


def _rendered(request: Request) -> Reply:
    render_id = urlsplit(request.url).path.rsplit("/", 1)[-1]
    if request.method == "POST" and isinstance(request.body, bytes):
        render_id = str(json.loads(request.body)["id"])
    output = {"url": f"{_FILE_HOST}/files/{render_id}.mp4", "duration": 10}
    render = {"id": render_id, "status": "completed", "progress": 100}
    return _json_reply(200, {**render, "output": output}, {})


def _file(request: Request) -> Reply:
    del request
    headers = {"content-type": "video/mp4", "content-length": str(len(_EMPTY_MP4))}
    return Reply(200, headers, _EMPTY_MP4)


def _default_answers() -> dict[str, Answer]:
    video = {
        "filename": "clip.mp4",
        "file_type": "video",
        "cdn_url": f"{_FILE_HOST}/files/clip.mp4",
    }
    return {
        "tokens.create_anonymous": {"token": "nmv_usr_scripted", "user_id": "user-1"},
        "tokens.create_claim": {"claim_token": "clm_scripted", "expires_in": 604_800},
        "sessions.create": {"session_id": "session-1", "task_id": "task-1", "user_id": "user-1"},
        "messages.stream": message_reply("Done."),
        "uploads.create": {"files": [video], "session_state_applied": True},
        "credits.retrieve": {"available": 100, "frozen": 0, "total": 100},
        "states.retrieve": {"session_id": "session-1", "state": {"draft": json.loads(_DRAFT)}},
        "renders.create": _rendered,
        "renders.retrieve": _rendered,
        "renders.cancel": {"status": "cancelled"},
        "renders.download": _file,
        "files": _file,
    }


def route_patterns() -> dict[str, tuple[str, str]]:
    """Return the method and the path pattern of every endpoint."""
    return dict(_ROUTES)
