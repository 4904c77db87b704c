"""Serializers of the wire shapes: envelopes, renders and stream events; all pure."""

import json

from nemovideo.sandbox.service.settings import RenderShape, SSEShape
from nemovideo.sandbox.service.turn_events import (
    DraftUpdated,
    Heartbeat,
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

_RENDER_SHAPES: tuple[RenderShape, ...] = ("seed", "vendor", "envelope")


def success_envelope(data: Json) -> Json:
    return {"code": 0, "data": data, "message": "success"}


def error_envelope(code: int, message: str) -> Json:
    return {"code": code, "message": message}


def render_error(code: int, message: str) -> Json:
    """Return an error of the render endpoints, which have few of the service's codes."""
    error: Json = {"success": False, "error": message}
    return {**error, "code": code} if code in {402, 1001, 1002} else error


def render_body(render: Render, url: str | None, shape: RenderShape, number: int) -> Json:
    """Return a render in one of the shapes; "mixed" alternates them by `number`."""
    if shape == "mixed":
        shape = _RENDER_SHAPES[number % len(_RENDER_SHAPES)]
    body: Json = {"id": render.id, "status": render.status, "progress": render.progress}
    if render.error is not None:
        body["error"] = render.error
    if shape == "vendor":
        completed = render.completed_at
        body["outputUrl"] = url
        body["createdAt"] = round(render.created_at * 1000)
        body["completedAt"] = None if completed is None else round(completed * 1000)
        return {"success": True, "data": body}
    if url is not None:
        body["output"] = {"url": url, "duration": render.duration, "size": render.size}
    return success_envelope(body) if shape == "envelope" else body


def asset_body(asset: Asset, url: str | None) -> Json:
    """Return an uploaded file, without the fields that do not apply to it."""
    body: Json = {
        "filename": asset.filename,
        "file_type": asset.file_type,
        "cdn_url": url,
        "duration": asset.duration,
        "width": asset.width,
        "height": asset.height,
        "fps": asset.fps,
        "hash": asset.hash,
    }
    return {name: value for name, value in body.items() if value is not None}


def encode_event(
    step: int, event: TurnEvent, shape: SSEShape, turn_id: str, at: float
) -> bytes | None:
    """Encode an event for the stream; "mixed" alternates the shapes by step."""
    if shape == "mixed":
        shape = "typed" if step % 2 == 0 else "adk"
    if isinstance(event, Heartbeat):
        return heartbeat(event.number, shape)
    payload = _typed(event) if shape == "typed" else _adk(event, turn_id, at)
    return None if payload is None else _data(payload)


def heartbeat(number: int, shape: SSEShape) -> bytes:
    """Encode a heartbeat in one of the documented forms, in turn; ADK has no event for it."""
    forms = (_data({"type": "heartbeat"}), b"data:\n\n", b": keep-alive\n\n")
    return forms[number % 3] if shape != "adk" else forms[1 + number % 2]


def _data(payload: Json) -> bytes:
    return f"data: {json.dumps(payload, ensure_ascii=False)}\n\n".encode()


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
    parts: list[Json] = []
    extra: Json = {}
    match event:
        case TextDelta(text):
            parts, extra = [{"text": text}], {"partial": True}
        case TextDone(text):
            parts = [{"text": text}]
        case Thought(text):
            parts = [{"text": text, "thought": True}]
        case ToolCall(call_id, name, args):
            parts = [{"functionCall": {"id": call_id, "name": name, "args": args}}]
        case ToolResult(call_id, name, result):
            parts = [{"functionResponse": {"id": call_id, "name": name, "response": result}}]
        case DraftUpdated(draft):
            extra = {"actions": {"stateDelta": {"draft": draft}}}
        case TurnFailed(message, code):
            return _error(message, code)
        case TurnEnded():
            extra = {"turnComplete": True}
        case Heartbeat():
            return None
    content: Json = {"content": {"role": "model", "parts": parts}} if parts else {}
    return {
        **content,
        "author": "nemo_agent",
        "invocationId": f"e-{turn_id}",
        "id": f"{turn_id}-{round(at * 1e6) % 10**9:09d}",
        "timestamp": at,
        "actions": {"stateDelta": {}, "artifactDelta": {}},
        **extra,
    }


def _error(message: str, code: int | None) -> Json:
    if code == 2001:
        return error_envelope(code, message)
    if code is not None:
        return {"errorCode": code, "errorMessage": message}
    return {"error": message, "error_details": {"type": message.partition(":")[0]}}
