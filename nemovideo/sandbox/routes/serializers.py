"""How the service words its answers: envelopes, the render shapes and both stream shapes; pure."""

import json
from collections.abc import Iterator
from typing import Literal

from nemovideo.sandbox.service.settings import RenderShape, SSEShape
from nemovideo.sandbox.service.turn_events import (
    DraftUpdated,
    Heartbeat,
    LoggedEvent,
    TextDelta,
    TextDone,
    Thought,
    ToolCall,
    ToolResult,
    TurnEnded,
    TurnEvent,
    TurnFailed,
)
from nemovideo.sandbox.storage.records import Asset, Json, Render


def ok(data: Json) -> Json:
    """The common envelope around an answer."""
    return {"code": 0, "data": data, "message": "success"}


def refused(code: int, message: str) -> Json:
    """The common envelope around a refusal."""
    return {"code": code, "message": message}


def render_refused(message: str, code: int) -> Json:
    """A refusal as the render endpoints word it; `code` only where it is one of the service's."""
    refusal: Json = {"success": False, "error": message}
    return {**refusal, "code": code} if code in {402, 1001, 1002} else refusal


def render_answer(render: Render, url: str | None, shape: RenderShape, number: int) -> Json:
    """A render as the service tells of it; "mixed" takes the shapes in turn."""
    if shape == "mixed":
        shape = _RENDER_SHAPES[number % len(_RENDER_SHAPES)]
    if shape == "seed":
        return _seed_render(render, url)
    if shape == "vendor":
        return {"success": True, "data": _vendor_render(render, url)}
    return ok(_seed_render(render, url))


_RENDER_SHAPES: tuple[Literal["seed", "vendor", "envelope"], ...] = ("seed", "vendor", "envelope")


def _seed_render(render: Render, url: str | None) -> Json:
    answer: Json = {"id": render.id, "status": render.status, "progress": render.progress}
    if url is not None:
        answer["output"] = {"url": url, "duration": render.duration, "size": render.size}
    if render.error is not None:
        answer["error"] = render.error
    return answer


def _vendor_render(render: Render, url: str | None) -> Json:
    answer: Json = {
        "id": render.id,
        "status": render.status,
        "progress": render.progress,
        "outputUrl": url,
        "createdAt": round(render.created_at * 1000),
        "completedAt": None if render.completed_at is None else round(render.completed_at * 1000),
    }
    if render.error is not None:
        answer["error"] = render.error
    return answer


def upload_answer(asset: Asset, url: str | None) -> Json:
    """An uploaded file; what does not apply to it is left out."""
    answer: Json = {
        "filename": asset.filename,
        "file_type": asset.file_type,
        "cdn_url": url,
        "duration": asset.duration,
        "width": asset.width,
        "height": asset.height,
        "fps": asset.fps,
        "hash": asset.hash,
    }
    return {name: value for name, value in answer.items() if value is not None}


def frames(logged: LoggedEvent, shape: SSEShape, turn_id: str, at: float) -> Iterator[bytes]:
    """The events that tell of one event; "mixed" changes the shape from step to step."""
    if shape == "mixed":
        shape = "typed" if logged.step % 2 == 0 else "adk"
    if isinstance(logged.event, Heartbeat):
        yield heartbeat(logged.event.number, shape)
        return
    payload = _typed(logged.event) if shape == "typed" else _adk(logged.event, turn_id, at)
    if payload is not None:
        yield data(payload)


def data(payload: Json) -> bytes:
    """One event with a JSON payload."""
    return f"data: {json.dumps(payload, ensure_ascii=False)}\n\n".encode()


def heartbeat(number: int, shape: SSEShape) -> bytes:
    """A sign of life; the documented kinds take turns, of which ADK has no event."""
    kinds = (data({"type": "heartbeat"}), b"data:\n\n", b": keep-alive\n\n")
    return kinds[number % 3] if shape != "adk" else kinds[1 + number % 2]


def _typed(event: TurnEvent) -> Json | None:
    match event:
        case TextDelta(text):
            return {"type": "text", "content": text}
        case ToolCall(_, name, args):
            return {"type": "tool_call", "name": name, "args": args}
        case ToolResult(_, name, result):
            return {"type": "tool_result", "name": name, "result": result}
        case TurnFailed(message, code):
            return _error(message, code)
        case _:
            return None


def _adk(event: TurnEvent, turn_id: str, at: float) -> Json | None:
    match event:
        case TextDelta(text):
            return {**_adk_event([{"text": text}], turn_id, at), "partial": True}
        case TextDone(text):
            return _adk_event([{"text": text}], turn_id, at)
        case Thought(text):
            return _adk_event([{"text": text, "thought": True}], turn_id, at)
        case ToolCall(call_id, name, args):
            part: Json = {"functionCall": {"id": call_id, "name": name, "args": args}}
            return _adk_event([part], turn_id, at)
        case ToolResult(call_id, name, result):
            part = {"functionResponse": {"id": call_id, "name": name, "response": result}}
            return _adk_event([part], turn_id, at)
        case DraftUpdated(draft):
            empty = _adk_event([], turn_id, at)
            return {**empty, "actions": {"stateDelta": {"draft": draft}}}
        case TurnFailed(message, code):
            return _error(message, code)
        case TurnEnded():
            return {**_adk_event([], turn_id, at), "turnComplete": True}
        case Heartbeat():
            return None


def _adk_event(parts: list[Json], turn_id: str, at: float) -> Json:
    event: Json = {"content": {"role": "model", "parts": parts}} if parts else {}
    return {
        **event,
        "author": "nemo_agent",
        "invocationId": f"e-{turn_id}",
        "id": f"{turn_id}-{round(at * 1e6) % 10**9:09d}",
        "timestamp": at,
        "actions": {"stateDelta": {}, "artifactDelta": {}},
    }


def _error(message: str, code: int | None) -> Json:
    if code is not None:
        return {"errorCode": code, "errorMessage": message}
    return {"error": message, "error_details": {"type": message.partition(":")[0]}}
