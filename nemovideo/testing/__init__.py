"""For tests of programs that use `nemovideo`: a sandbox, clients, scripted replies, recordings.

With pytest, installing `nemovideo` is enough for its fixtures: `nemo_sandbox`, `nemo_client`
(async, under asyncio and trio through anyio), `nemo_blocking_client` and `nemo_no_waiting`. The
functions here work with any test runner.

This module is the pytest plugin, which every test run loads if `nemovideo` is installed. So it
imports nothing until a name or a fixture is used.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemovideo.recording.recorder import Recorder
    from nemovideo.testing.routes import respx_routes
    from nemovideo.testing.service import (
        Answer,
        ScriptedService,
        error,
        message_reply,
        scripted,
        success,
    )
    from nemovideo.testing.waiting import no_waiting

__all__ = [
    "Answer",
    "Recorder",
    "ScriptedService",
    "error",
    "message_reply",
    "no_waiting",
    "respx_routes",
    "scripted",
    "success",
]

_LAZY = {
    **dict.fromkeys(
        ("Answer", "ScriptedService", "error", "message_reply", "scripted", "success"),
        "nemovideo.testing.service",
    ),
    "Recorder": "nemovideo.recording.recorder",
    "no_waiting": "nemovideo.testing.waiting",
    "respx_routes": "nemovideo.testing.routes",
}

pytest_plugins: tuple[str, ...] = ("nemovideo.testing.fixtures",)
"""Makes pytest load the fixtures with this plugin."""


def __dir__() -> list[str]:
    # pytest reads every name of a plugin, which would load what no test has asked for.
    return [name for name in __all__ if "pytest" not in sys.modules or name in globals()]


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
