"""What the page at `/` shows: sessions with their timelines, renders, and requests as they come."""

import itertools

from nemovideo.sandbox.draft import TRACK_NAMES, as_ms, as_text, meta, placed, tracks
from nemovideo.sandbox.request_log import LoggedRequest
from nemovideo.sandbox.service.app_state import AppState
from nemovideo.sandbox.storage.records import Json, Render, Session

_REQUESTS_SHOWN = 200


def dashboard_data(state: AppState, since: int) -> Json:
    """Everything to show, and the requests after number `since`, oldest first.

    Credentials, bodies and queries of requests are not part of it.
    """
    news = list(
        itertools.takewhile(lambda r: r.number > since, reversed(state.request_log.requests))
    )
    shown = [request for request in news if request.host != "web"][:_REQUESTS_SHOWN]
    sessions = reversed(list(state.store.sessions.values()))
    return {
        "sessions": [_session(state, session) for session in sessions],
        "requests": [_request(request) for request in reversed(shown)],
        "last": _last_settled(news, state.request_log.count),
        "credits": sum(charge.amount for charge in state.store.charges.values()),
    }


def _last_settled(news: list[LoggedRequest], count: int) -> int:
    """The number up to which nothing will change any more."""
    running = [request.number for request in news if request.outcome == "open"]
    return min(running) - 1 if running else count


def _session(state: AppState, session: Session) -> Json:
    renders = [r for r in state.store.renders.values() if r.session_id == session.session_id]
    return {
        "id": session.session_id,
        "name": session.name,
        "created": session.created_at,
        "files": [asset.filename for asset in session.assets],
        "turns": [
            {
                "text": turn.text,
                "answer": turn.answer,
                "kind": turn.kind,
                "charged": turn.charged,
                "finished": turn.finished,
            }
            for turn in session.turns
        ],
        "timeline": read_timeline(session.draft),
        "renders": [_render(state, render) for render in reversed(renders)],
    }


def read_timeline(draft: Json | None) -> Json | None:
    """A draft as rows of segments with their places in milliseconds."""
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
                }
                for item in placed(track)
            ],
        }
        for track in tracks(draft)
    ]
    size = meta(draft)
    return {
        "length": as_ms(draft.get("d")),
        "width": size.get("width"),
        "height": size.get("height"),
        "fps": size.get("fps"),
        "tracks": rows,
    }


def _label(fields: Json) -> str:
    return as_text(fields.get("text")) or as_text(fields.get("name")) or "untitled"


def _render(state: AppState, render: Render) -> Json:
    state.renders.refresh(render)
    return {
        "id": render.id,
        "status": render.status,
        "progress": render.progress,
        "format": render.format,
        "error": render.error,
        "file": render.file_id,
        "url": None if render.file_id is None else f"/dashboard/file/{render.file_id}",
        "width": render.width,
        "height": render.height,
        "duration": render.duration,
        "size": render.size,
    }


def _request(request: LoggedRequest) -> Json:
    return {
        "number": request.number,
        "at": request.at,
        "host": request.host,
        "method": request.method,
        "path": request.path,
        "endpoint": request.endpoint,
        "status": request.status,
        "code": request.code,
        "outcome": request.outcome,
        "fault": request.fault,
        "elapsed": request.elapsed,
    }
