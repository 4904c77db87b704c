"""A local stand-in for the NemoVideo service: the same wire protocol, real MP4 files, no account.

It serves the wire contract on 127.0.0.1 only. `docs/sandbox-fidelity.md` lists which behaviour is
documented, observed or assumed. Importing it is cheap: aiohttp, PyAV, NumPy and Pillow (the extra
`sandbox`) are loaded when a sandbox starts, and the rule agent when it is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from nemovideo.sandbox.agents.draft_editor import DraftEditor
from nemovideo.sandbox.agents.interface import AgentBehavior, AgentSession, Message
from nemovideo.sandbox.agents.steps import CallTool, EditDraft, Fail, Say, Step, Think, Wait
from nemovideo.sandbox.agents.uploads import Upload
from nemovideo.sandbox.clips.video_server import VideoServer
from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.faults import ENDPOINTS, Fault, FaultKind, Injection
from nemovideo.sandbox.request_audit import RuleViolationError, Violation, ViolationKind
from nemovideo.sandbox.request_log import LoggedRequest
from nemovideo.sandbox.sandbox import Sandbox
from nemovideo.sandbox.storage.records import Asset, Charge, Render, Session, TurnRecord

if TYPE_CHECKING:
    from nemovideo.sandbox.agents.chat.chat_agent import ChatAgent
    from nemovideo.sandbox.agents.replay import ReplayAgent
    from nemovideo.sandbox.agents.rule_agent import RuleAgent

__all__ = [
    "ENDPOINTS",
    "AgentBehavior",
    "AgentSession",
    "Asset",
    "CallTool",
    "Charge",
    "ChatAgent",
    "Clock",
    "DraftEditor",
    "EditDraft",
    "Fail",
    "Fault",
    "FaultKind",
    "Injection",
    "LoggedRequest",
    "Message",
    "Render",
    "ReplayAgent",
    "RuleAgent",
    "RuleViolationError",
    "Sandbox",
    "Say",
    "Session",
    "Step",
    "Think",
    "TurnRecord",
    "Upload",
    "VideoServer",
    "Violation",
    "ViolationKind",
    "Wait",
]


_LAZY = {
    "ChatAgent": "nemovideo.sandbox.agents.chat.chat_agent",
    "ReplayAgent": "nemovideo.sandbox.agents.replay",
    # Its words and patterns take a tenth of a second to load.
    "RuleAgent": "nemovideo.sandbox.agents.rule_agent",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return __all__
