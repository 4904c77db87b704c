"""One builder per endpoint: what is sent, and how often it may be (wire-contract section 4)."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import quote

from nemovideo.concurrency.stepwise_json import dump_json
from nemovideo.errors import InvalidInputError
from nemovideo.security.redaction import PrivateBytes, PrivateText
from nemovideo.validation.arguments import check_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from nemovideo.config.timing import Timing
    from nemovideo.transports.base import Body


class Replay(Enum):
    """How often a call may reach the service."""

    SAFE = "safe"
    """As often as it takes: a read, or a write that leaves nothing behind."""
    KEYED = "keyed"
    """Again under the same id, which makes it the same job; first read by that id."""
    NEVER = "never"
    """Once. Again only where the service certainly did not act on it."""


class TimeoutKind(Enum):
    """Which deadline a call runs under."""

    REQUEST = "request"
    """All of it within `Timing.request`."""
    TRANSFER = "transfer"
    """As long as bytes keep moving: never `Timing.request` without one."""
    STREAM = "stream"
    """As long as the reader says: the message's own limits apply."""


def first_byte_timeout(timing: Timing) -> float:
    """Return the seconds within which the answer to a message has to begin.

    A proxy may buffer all of it, and who hangs up may end the agent's work. So it is waited for as
    long as for a stream without words (wire-contract section 5).
    """
    return min(timing.connect + timing.heartbeat_limit, timing.stream_limit)


@dataclass(slots=True)
class Call:
    """One call of the service, ready to be sent by the pipeline."""

    endpoint: str
    """The route it takes, for errors and logs: no ids, no secrets."""
    method: str
    path: str
    replay: Replay
    timeout: TimeoutKind = TimeoutKind.REQUEST
    body: bytes | Body | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
    authorized: bool = True
    """Whether the token goes along; the request for a token has none."""
    lookup: Call | None = None
    """For `KEYED`: the read that shows whether an earlier attempt arrived."""


_JSON = {"content-type": "application/json"}


_dump = partial(json.dumps, separators=(",", ":"))


def _json(value: object, dump: Callable[..., str] = _dump) -> bytes:
    try:
        text = dump(value, ensure_ascii=False)
        return PrivateBytes(text.encode())
    except UnicodeEncodeError:
        # Half of an emoji, cut off by somebody's `slice`, exists in JSON as an escape only.
        return PrivateBytes(dump(value).encode())


def _segment(parameter: str, value: str) -> str:
    """Quote an id for a path, and refuse one that would lead to another path."""
    return quote(check_id(value, parameter), safe="")


def build_create_anonymous_token() -> Call:
    """Ask for an anonymous token; the pipeline adds the client id.

    Asking twice is free: the service gives one token per client and week, whoever asked.
    """
    path = "/api/auth/anonymous-token"
    return Call(f"POST {path}", "POST", path, Replay.SAFE, authorized=False)


def build_create_claim_token(session_id: str, task_id: str) -> Call:
    """Ask for a token that opens the session in a browser."""
    path = "/api/auth/claim-token"
    ids = {
        "task_id": check_id(task_id, "task_id"),
        "session_id": check_id(session_id, "session_id"),
    }
    body = _json(ids)
    return Call(f"POST {path}", "POST", path, Replay.SAFE, body=body, headers=_JSON)


def build_create_session(task_name: str, language: str | None) -> Call:
    """Open a session. A session that nobody uses costs nothing, so this may be repeated."""
    path = "/api/tasks/me/with-session/nemo_agent"
    body = {"task_name": task_name} | ({"language": language} if language else {})
    return Call(f"POST {path}", "POST", path, Replay.SAFE, body=_json(body), headers=_JSON)


def check_text(text: object, parameter: str = "text", *, may_be_empty: bool = False) -> PrivateText:
    """Return `text`, or refuse it where there is nothing to send."""
    if isinstance(text, str) and (may_be_empty or text.strip()):
        return PrivateText(text)
    raise InvalidInputError(
        f"{parameter} is {'empty' if isinstance(text, str) else 'no text'}.",
        parameter=parameter,
        accepted=("any text",),
        hint="Describe what the video is to show, what to change, or what to call it.",
    )


def build_send_message(session_id: str, text: str) -> Call:
    """Send a message to the agent: paid, and never sent twice."""
    body = {
        "app_name": "nemo_agent",
        "user_id": "me",
        "session_id": check_id(session_id, "session_id"),
        "new_message": {"parts": [{"text": text}]},
    }
    headers = {**_JSON, "accept": "text/event-stream"}
    path = "/run_sse"
    return Call(
        f"POST {path}", "POST", path, Replay.NEVER, TimeoutKind.STREAM, _json(body), headers
    )


def _upload_path(session_id: str) -> str:
    return f"/api/upload-video/nemo_agent/me/{_segment('session_id', session_id)}"


_UPLOAD = "POST /api/upload-video/nemo_agent/me/<session>"


def build_upload_files(session_id: str, body: Body) -> Call:
    """Upload files as a multipart form.

    Never repeated blindly: a file that arrived would be in the session twice. The caller reads
    the state first.
    """
    path = _upload_path(session_id)
    headers = {"content-type": body.content_type}
    return Call(_UPLOAD, "POST", path, Replay.NEVER, TimeoutKind.TRANSFER, body, headers)


def build_upload_urls(session_id: str, urls: Sequence[str]) -> Call:
    """Have the service fetch files by itself."""
    body = _json({"urls": list(urls), "source_type": "url"})
    path = _upload_path(session_id)
    return Call(_UPLOAD, "POST", path, Replay.NEVER, TimeoutKind.TRANSFER, body, _JSON)


def build_retrieve_credits() -> Call:
    """Read the balance."""
    path = "/api/credits/balance/simple"
    return Call(f"GET {path}", "GET", path, Replay.SAFE)


def build_retrieve_state(session_id: str) -> Call:
    """Read the session's state."""
    path = f"/api/state/nemo_agent/me/{_segment('session_id', session_id)}/latest"
    return Call("GET /api/state/nemo_agent/me/<session>/latest", "GET", path, Replay.SAFE)


_RENDERS = "/api/render/proxy/lambda"


def build_create_render(
    session_id: str, draft: Mapping[str, object], format: str, quality: str, render_id: str
) -> Call:
    """Start a render of `draft`, which goes out as it came."""
    body = {
        "id": render_id,
        "sessionId": check_id(session_id, "session_id"),
        "draft": draft,
        "output": {"format": format, "quality": quality},
    }
    return Call(
        f"POST {_RENDERS}",
        "POST",
        _RENDERS,
        Replay.KEYED,
        body=_json(body, dump_json),  # a draft may be large
        headers=_JSON,
        lookup=build_retrieve_render(render_id),
    )


def build_retrieve_render(render_id: str) -> Call:
    """Read a render's status."""
    path = f"{_RENDERS}/{_segment('render_id', render_id)}"
    return Call(f"GET {_RENDERS}/<render>", "GET", path, Replay.SAFE)


def build_cancel_render(render_id: str) -> Call:
    """Cancel a render; cancelled twice is cancelled."""
    path = f"{_RENDERS}/{_segment('render_id', render_id)}/cancel"
    return Call(f"POST {_RENDERS}/<render>/cancel", "POST", path, Replay.SAFE)


def build_download_render(render_id: str) -> Call:
    """Fetch the file from the service itself, where its output URL does not answer."""
    path = f"/api/render/proxy/{_segment('render_id', render_id)}/download"
    endpoint = "GET /api/render/proxy/<render>/download"
    return Call(endpoint, "GET", path, Replay.SAFE, TimeoutKind.TRANSFER)
