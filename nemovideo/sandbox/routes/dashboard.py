"""The data of the dashboard: sessions with their timelines, renders and requests."""

import itertools
import json
import re
from typing import Final, cast

from nemovideo.sandbox.draft import TRACK_NAMES, as_ms, as_text, meta, placed, tracks
from nemovideo.sandbox.request_log import LoggedRequest
from nemovideo.sandbox.service.app_state import AppState
from nemovideo.sandbox.storage.records import Json, Render, Session

_MAX_REQUESTS = 200
_TURN_FIELDS = ("text", "answer", "kind", "charged", "finished", "steps")
_RENDER_FIELDS = (
    "id", "status", "progress", "format", "error", "width", "height", "duration", "size", "notes",
)  # fmt: skip
_REQUEST_FIELDS = (
    "number", "at", "host", "method", "path", "endpoint", "status", "code", "outcome", "fault",
    "elapsed",
)  # fmt: skip


def dashboard_data(state: AppState, since: int) -> Json:
    """Return everything to show, and the requests after number `since`, oldest first.

    It has no credentials, and no bodies or queries of requests: `request_data` has those.
    """
    log = state.request_log
    new = list(itertools.takewhile(lambda r: r.number > since, reversed(log.requests)))
    shown = [request for request in new if request.host != "web"][:_MAX_REQUESTS]
    sessions = reversed(list(state.store.sessions.values()))
    return {
        "sessions": [_session(state, session) for session in sessions],
        "requests": [_fields(request, _REQUEST_FIELDS) for request in reversed(shown)],
        "last": _last_settled(new, log.count),
        "credits": sum(charge.amount for charge in state.store.charges.values()),
    }


_SECRET: Final = re.compile(
    "token|secret|password|auth|signature|sig$|^ct$|client_?id|key$", re.IGNORECASE
)
_TOKENS: Final = re.compile(
    r"nmv_\w+|(?<=\?)[^\s\"?]*(?:sig|signature|token)=[^\s\"]*", re.IGNORECASE
)
_SHOWN_CHARS: Final = 20_000


def request_data(request: LoggedRequest) -> Json:
    """Return the query and the body of a request, without credentials; files by their size."""
    sent = request.json
    if isinstance(sent, dict | list):
        text = json.dumps(masked(cast("object", sent)), indent=2, ensure_ascii=False)
        body = text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]} …"
    else:
        body = f"{request.body_size:,} bytes" if request.body_size else ""
    return {"number": request.number, "query": masked(request.query), "body": body}


def masked(value: object, name: str = "") -> object:
    """Return a JSON value with "…" in place of tokens, client ids and signatures."""
    if isinstance(value, dict):
        items = cast("dict[str, object]", value).items()
        return {key: masked(each, key) for key, each in items}
    if isinstance(value, list):
        return [masked(each, name) for each in cast("list[object]", value)]
    if _SECRET.search(name) and value is not None:
        return "…"
    return _TOKENS.sub("…", value) if isinstance(value, str) else value


def _film(session: Session) -> str:
    """Return what a session's film is called: its title, or what was asked for."""
    title = as_text(meta(session.draft or {}).get("name"))
    asked = next((turn.text for turn in session.turns), "")
    return title or asked[:80] or session.name


def _fields(record: object, names: tuple[str, ...]) -> Json:
    return {name: getattr(record, name) for name in names}


def _last_settled(new: list[LoggedRequest], count: int) -> int:
    """Return the number of the last request up to which nothing will change any more."""
    running = [request.number for request in new if request.outcome == "open"]
    return min(running) - 1 if running else count


def _session(state: AppState, session: Session) -> Json:
    renders = [r for r in state.store.renders.values() if r.session_id == session.session_id]
    return {
        "id": session.session_id,
        "name": session.name,
        "film": _film(session),
        "created": session.created_at,
        "files": [asset.filename for asset in session.assets],
        "turns": [_fields(turn, _TURN_FIELDS) for turn in session.turns],
        "timeline": read_timeline(session.draft),
        "renders": [_render(state, render) for render in reversed(renders)],
    }


def read_timeline(draft: Json | None) -> Json | None:
    if draft is None:
        return None
    rows: list[Json] = [
        {
            "type": track.get("tt"),
            "name": as_text(meta(track).get("name")) or TRACK_NAMES.get(as_ms(track.get("tt")), ""),
            "segments": [
                {
                    "start": item.start,
                    "length": item.length,
                    "name": _label(meta(item.node)),
                    "volume": meta(item.node).get("volume"),
                    "error": meta(item.node).get("clip_error"),
                }
                for item in placed(track)
            ],
        }
        for track in tracks(draft)
    ]
    size = {name: meta(draft).get(name) for name in ("width", "height", "fps")}
    return {"length": as_ms(draft.get("d")), **size, "tracks": rows}


def _label(fields: Json) -> str:
    return as_text(fields.get("text")) or as_text(fields.get("name")) or "untitled"


def _render(state: AppState, render: Render) -> Json:
    state.renders.refresh(render)
    url = None if render.file_id is None else f"/dashboard/file/{render.file_id}"
    return {**_fields(render, _RENDER_FIELDS), "file": render.file_id, "url": url}
