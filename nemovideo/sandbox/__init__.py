"""A local stand-in for the NemoVideo service: the same wire protocol, real MP4 files, no account.

It serves the wire contract on 127.0.0.1 only. `docs/sandbox-fidelity.md` lists which behaviour is
documented, observed or assumed. Importing it is cheap: aiohttp, PyAV, NumPy and Pillow (the extra
`sandbox`) are loaded when a sandbox starts.
"""

from nemovideo.sandbox.agents.interface import AgentBehavior
from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.faults import ENDPOINTS, Fault, FaultKind, Injection
from nemovideo.sandbox.request_audit import RuleViolationError, Violation, ViolationKind
from nemovideo.sandbox.request_log import LoggedRequest
from nemovideo.sandbox.sandbox import Sandbox
from nemovideo.sandbox.storage.records import Asset, Charge, Render, Session, TurnRecord

__all__ = [
    "ENDPOINTS",
    "AgentBehavior",
    "Asset",
    "Charge",
    "Clock",
    "Fault",
    "FaultKind",
    "Injection",
    "LoggedRequest",
    "Render",
    "RuleViolationError",
    "Sandbox",
    "Session",
    "TurnRecord",
    "Violation",
    "ViolationKind",
]
