"""Why a model stopped: a good end, a cut text, or an error.

The agent server hands the model's finish reason on, as `errorCode` too (wire-contract section 8).
"""

from __future__ import annotations

from typing import Final

from nemovideo.protocol.envelope import read_code
from nemovideo.protocol.payloads import Json, as_mapping, as_word, either

_NOTHING: Final = frozenset(("0", "NONE", "NULL", "FINISH_REASON_UNSPECIFIED", "UNSPECIFIED"))
_ENDS: Final = frozenset(
    ("STOP", "OK", "END_TURN", "STOP_SEQUENCE", "TOOL_CALLS", "TOOL_USE", "FUNCTION_CALL")
)
_REASON_FIELDS: Final = frozenset(
    (
        *("error", "code", "errorCode", "error_code", "errorMessage", "error_message"),
        *("finishReason", "finish_reason"),
    )
)
_CUT: Final = frozenset(("MAX_TOKENS", "MAX_OUTPUT_TOKENS", "LENGTH"))


def read_finish_reason(payload: Json) -> str | None:
    """Return why the model stopped, in capitals; None where an event does not say."""
    return _read_reason(payload, "errorCode", "error_code") or _read_reason(
        payload, "finishReason", "finish_reason"
    )


def is_error(payload: Json) -> bool:
    """Return True if an event reports an error, of the agent's or the service's."""
    if payload.get("type") == "error":
        return True
    if _REASON_FIELDS.isdisjoint(payload):
        return False
    if payload.get("error") or read_code(payload):
        return True
    code = _read_reason(payload, "errorCode", "error_code")
    if code in _ENDS or code in _CUT:
        return False  # whatever is said beside it
    if code is not None or as_word(either(payload, "errorMessage", "error_message")).strip():
        return True
    reason = _read_reason(payload, "finishReason", "finish_reason")
    harmless = reason is None or reason in _ENDS or reason in _CUT
    return not harmless and payload.get("partial") is not True and not _has_parts(payload)


def _read_reason(payload: Json, camel: str, snake: str) -> str | None:
    value = either(payload, camel, snake)
    # Python writes a member of an enumeration as `FinishReason.STOP`.
    reason = as_word(value or "").strip().upper().rpartition(".")[2]
    return None if not reason or reason in _NOTHING else reason


def _has_parts(payload: Json) -> bool:
    return bool(as_mapping(payload.get("content")).get("parts"))
