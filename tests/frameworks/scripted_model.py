"""A model that follows a script, on both interfaces of OpenAI: it makes a film with its tools."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

START = ("start_video", {"prompt": "a 2-second video of a red fox", "key": "fox", "confirm": True})
WAIT = ("wait_video", {"key": "fox"})


@dataclass
class ScriptedModel:
    """What it was told, and where it listens."""

    url: str
    tools: set[str] = field(default_factory=set[str])
    answers: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])

    def reply(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Return the reply to a request: a call of a tool, or the last words."""
        is_chat = path.endswith("/chat/completions")
        listed = body.get("tools", [])
        self.tools = {(each["function"] if is_chat else each)["name"] for each in listed}
        given = body["messages" if is_chat else "input"]
        items = [each for each in given if isinstance(each, dict)]
        if is_chat:
            texts = [each["content"] for each in items if each["role"] == "tool"]
        else:
            texts = [each["output"] for each in items if each.get("type") == "function_call_output"]
        self.answers = [_read(text) for text in texts]
        step = self._next()
        return _chat(step, len(texts)) if is_chat else _response(step, len(texts))

    def _next(self) -> tuple[str, dict[str, Any]] | str:
        if not self.answers:
            return START
        last = self.answers[-1]
        return f"It is at {last['path']}." if last["status"] == "done" else WAIT


def _read(answer: object) -> dict[str, Any]:
    """Return the data of a tool's answer, which frameworks hand on as text or in parts."""
    if isinstance(answer, list):
        answer = next(part["text"] for part in answer if "text" in part)
    found, _ = json.JSONDecoder().raw_decode(str(answer).lstrip("["))
    return _read(found["text"]) if "text" in found and "status" not in found else found


def _chat(step: tuple[str, dict[str, Any]] | str, number: int) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None}
    if isinstance(step, str):
        message["content"] = step
    else:
        function = {"name": step[0], "arguments": json.dumps(step[1])}
        message["tool_calls"] = [{"id": f"c{number}", "type": "function", "function": function}]
    reason = "stop" if isinstance(step, str) else "tool_calls"
    return {
        "id": f"chat-{number}",
        "object": "chat.completion",
        "created": 1,
        "model": "scripted",
        "choices": [{"index": 0, "message": message, "finish_reason": reason}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


def _response(step: tuple[str, dict[str, Any]] | str, number: int) -> dict[str, Any]:
    if isinstance(step, str):
        content = [{"type": "output_text", "text": step, "annotations": []}]
        item: dict[str, Any] = {"type": "message", "role": "assistant", "content": content}
    else:
        name, arguments = step[0], json.dumps(step[1])
        item = {"type": "function_call", "call_id": f"c{number}", "name": name}
        item["arguments"] = arguments
    return {
        "id": f"response-{number}",
        "object": "response",
        "created_at": 1,
        "model": "scripted",
        "status": "completed",
        "output": [{"id": f"i{number}", "status": "completed", **item}],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
    }


@contextmanager
def run_model() -> Iterator[ScriptedModel]:
    """Serve a scripted model."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            data = json.dumps(model.reply(self.path, body)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, format: str, *args: object) -> None:
            del format, args

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        model = ScriptedModel(f"http://127.0.0.1:{server.server_port}/v1")
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield model
        finally:
            server.shutdown()
            thread.join()
