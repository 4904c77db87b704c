"""A scripted service: answers by route, over the memory transport."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import pytest
from anyio.lowlevel import checkpoint

from nemovideo import AsyncNemoVideo, Timing
from nemovideo.transports import MemoryTransport, Reply, Request

Answer = Reply | Exception | Callable[[Request], Reply | Exception]


def ok(data: object) -> Reply:
    """A success in the usual envelope."""
    return Reply(200, {"x-request-id": "r-1"}, json.dumps({"code": 0, "data": data}).encode())


def fail(status: int, code: int | None = None, **headers: str) -> Reply:
    """An error, in an envelope where there is a code."""
    body = b"" if code is None else json.dumps({"code": code, "message": "no"}).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


@dataclass
class Script:
    """Answers by path; the last answer of a path stays."""

    answers: dict[str, list[Answer]] = field(default_factory=dict)

    def on(self, path: str, *answers: Answer) -> None:
        """Let requests to a path that ends like this be answered so, one after the other."""
        self.answers[path] = list(answers)

    def __call__(self, request: Request) -> Reply | Exception:
        path = request.url.split("?")[0]
        for end, answers in self.answers.items():
            if path.endswith(end):
                answer = answers.pop(0) if len(answers) > 1 else answers[0]
                # A copy: an error that is raised again has a past.
                return answer(request) if callable(answer) else copy(answer)
        raise AssertionError(f"nothing is scripted for {path}")


@pytest.fixture
def script() -> Script:
    """A service that gives tokens and knows a balance."""
    made = Script()
    made.on("/anonymous-token", ok({"token": "nmv_usr_first", "user_id": "u-1"}))
    made.on("/credits/balance/simple", ok({"available": 7, "frozen": 1, "total": 8}))
    return made


@pytest.fixture
def transport(script: Script) -> MemoryTransport:
    """The transport that the script answers on."""
    return MemoryTransport(script)


@pytest.fixture
def build(transport: MemoryTransport, tmp_path: Path) -> Iterator[Callable[..., AsyncNemoVideo]]:
    """Make a client of the scripted service."""

    def make(**options: Any) -> AsyncNemoVideo:
        options.setdefault("timing", Timing().scaled_waits(0.0005))
        options.setdefault("config_dir", tmp_path / "config")
        options.setdefault("transport", transport)
        return AsyncNemoVideo(**options)

    return make


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was waited, without waiting."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)
        await checkpoint()

    monkeypatch.setattr(anyio, "sleep", sleep)
    return waits
