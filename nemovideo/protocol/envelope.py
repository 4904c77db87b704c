"""The envelope of a response: the data in it, or the error it means (wire-contract section 3)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import cast

from nemovideo.concurrency.stepwise_json import LARGE_BYTES, load_json
from nemovideo.errors import (
    CODES,
    SUPPORTED_FORMATS,
    UPLOAD_LIMIT_BYTES,
    APIError,
    AuthenticationError,
    BadRequestError,
    FileTooLargeError,
    InsufficientCreditsError,
    MissingClientIdError,
    NotFoundError,
    PlanRequiredError,
    RateLimitError,
    ServerError,
    SessionNotFoundError,
    UnsupportedFileError,
)
from nemovideo.language.surrogates import repair
from nemovideo.protocol.retry_policy import is_ambiguous
from nemovideo.security.printable_text import shorten
from nemovideo.security.redaction import redact

MESSAGES = "POST /run_sse"
"""The one endpoint whose requests cost credits."""

_CLIENT_ID = re.compile(r"(?<![a-z])client[-_ ]?id(?![a-z])|客户端\s*id")

_FIRST_SERVICE_CODE = 1000
"""Codes below are HTTP's."""

_ERROR_KEYS = ("error", "detail", "errorMessage", "error_message")
_ALLOWED_ERROR_KEYS = frozenset(
    (
        *(
            *_ERROR_KEYS,
            "errors",
            "error_details",
            "errorCode",
            "error_code",
            "code",
            "message",
            "msg",
        ),
        *("type", "title", "path", "timestamp", "request_id", "requestId", "trace_id", "traceId"),
    )
)

_MAX_EXPLANATION = 200
"""Characters of the service's own explanation that go into a message."""

_SUMMARIES: dict[type[APIError], tuple[str, str]] = {
    AuthenticationError: (
        "The token was refused.",
        "Check NEMO_TOKEN or the token argument; leave both out for an anonymous one.",
    ),
    MissingClientIdError: (
        "The service wants another client id.",
        "Remove client_id, or give a fresh UUID.",
    ),
    PlanRequiredError: (
        "Export is not included in this plan.",
        "Register or upgrade your plan to unlock export.",
    ),
    SessionNotFoundError: (
        "The service does not know this session.",
        "It may have expired: create a new project and upload its files again.",
    ),
    NotFoundError: ("The service has nothing under this id.", "Check the id."),
    InsufficientCreditsError: (
        "There are not enough credits for this.",
        "Top up credits in your account.",
    ),
    UnsupportedFileError: (
        "The service does not take this kind of file.",
        f"Supported: {', '.join(SUPPORTED_FORMATS)}.",
    ),
    FileTooLargeError: (
        "The file is too large.",
        f"Compress or trim it: at most {UPLOAD_LIMIT_BYTES // 2**20} MB each.",
    ),
    RateLimitError: ("The service is asked too often.", "Wait a little and try again."),
    ServerError: ("The service failed.", "Try again later; nothing needs to be changed."),
    BadRequestError: ("The service refused the request.", "Check the arguments."),
    APIError: ("The service reported an error.", "Try again; if it stays, report the request id."),
}

_UNKNOWN_ADDRESS = (404, 405, 501)
"""What a server answers that has no such endpoint: it may be another one than the service."""

_BY_STATUS: dict[int, type[APIError]] = {413: FileTooLargeError, 415: UnsupportedFileError}


def parse_response(
    endpoint: str, status: int, headers: Mapping[str, str], body: bytes
) -> dict[str, object]:
    """Return the data of a response in any of the documented envelopes.

    Raises:
        APIError: the response is an error, or is not the service's JSON.
    """
    found = _read_answer(endpoint, status, headers, body)
    # A traceback with local variables would print what the service quotes of the request.
    del headers, body
    if isinstance(found, APIError):
        raise found
    return found


def _read_answer(
    endpoint: str, status: int, headers: Mapping[str, str], body: bytes
) -> dict[str, object] | APIError:
    if status == 204:
        return {}
    value = _read_json(body)
    if not isinstance(value, dict):
        return build_error(endpoint, status, headers)
    answer = cast("dict[str, object]", value)
    code = read_code(answer)
    is_error = code not in (None, 0) or answer.get("success") is False or _only_explains(answer)
    if status < 400 and not is_error:
        enveloped = "data" in answer and ("code" in answer or "success" in answer)
        data = answer["data"] if enveloped else answer
        return cast("dict[str, object]", data) if isinstance(data, dict) else {}
    return build_error(endpoint, status, headers, code=code or None, words=read_explanation(answer))


def _only_explains(answer: Mapping[str, object]) -> bool:
    """Return True if an answer holds nothing but what went wrong.

    Gateways report that with 200, and read as data it would be an empty draft, or no credits.
    """
    if answer.keys().isdisjoint(_ERROR_KEYS):
        return False
    explained = any(answer.get(key) for key in _ERROR_KEYS)
    return explained and answer.keys() <= _ALLOWED_ERROR_KEYS and answer.get("code") != 0


def _read_json(body: bytes) -> object:
    import pydantic_core  # comes with the models, which are loaded late

    if len(body) < LARGE_BYTES:
        try:
            return pydantic_core.from_json(body)
        except ValueError:
            pass  # it is quick, and refuses what can be read: half an emoji, a byte order mark
    try:
        return load_json(body)
    except (ValueError, RecursionError):
        return None


def read_code(answer: Mapping[str, object]) -> int | None:
    """Return the service code of a response, a number or a number in quotes."""
    code, error = _number(answer.get("code")), answer.get("error")
    if code is None and isinstance(error, dict):
        # A number of HTTP's in there may be what a model's provider said to the agent, whose work
        # was under way: to take it for the service's own refusal might send a message again.
        code = _number(cast("dict[str, object]", error).get("code"))
        return code if code is not None and code >= _FIRST_SERVICE_CODE else None
    return code


def _number(code: object) -> int | None:
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) < 10:
        return int(code)
    if isinstance(code, float) and code.is_integer():
        return int(code)
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def read_explanation(answer: Mapping[str, object]) -> str | None:
    """Return the service's own explanation, redacted and shortened."""
    for key in ("message", "error", "detail", "msg", "error_message", "errorMessage", "content"):
        words = _explanation_in(answer.get(key))
        if words is not None:
            clean = " ".join(redact(repair(words)).split())
            return shorten(clean, _MAX_EXPLANATION)
    return None


def _explanation_in(value: object) -> str | None:
    """Return the words of an explanation: a text, an object with one, or a list of such objects."""
    if isinstance(value, list) and value:
        value = cast("list[object]", value)[0]
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        value = fields.get("message") or fields.get("msg")
    return value if isinstance(value, str) and value.strip() and "<" not in value else None


def error_class(status: int, code: int | None, words: str | None, endpoint: str) -> type[APIError]:
    """Choose the class for a service code, else for an HTTP status."""
    key = code or status
    explanation = (words or "").lower()
    if key == 400 and (_CLIENT_ID.search(explanation) or endpoint.endswith("anonymous-token")):
        return MissingClientIdError
    # Not from the words alone: a message that failed with them may have been paid for, and this
    # error says that it was not.
    if 404 in (code, status) and "session not found" in explanation:
        return SessionNotFoundError
    if code is None and status < 400 and "not found" in explanation:
        return NotFoundError
    found = CODES.get(key) or _BY_STATUS.get(key)
    if found is not None:
        return found
    if 400 <= key < 500:
        return BadRequestError
    unexplained = code is None and words is None
    return ServerError if status >= 500 or 500 <= key < 600 or unexplained else APIError


def build_error(
    endpoint: str,
    status: int,
    headers: Mapping[str, str],
    *,
    code: int | None = None,
    words: str | None = None,
) -> APIError:
    """Return the error for a response."""
    cls = error_class(status, code, words, endpoint)
    summary, hint = _SUMMARIES.get(cls, _SUMMARIES[APIError])
    if cls is ServerError and status < 500 and code is None:
        summary = "The response is not the service's JSON; a proxy may have answered."
        hint = "Is NEMO_API_URL, or base_url, right? A proxy in between may have answered as well."
    # Where the URL names nothing but the endpoint, it is not an id that is wrong.
    is_elsewhere = (
        code is None
        and status in _UNKNOWN_ADDRESS
        and "<" not in endpoint
        and endpoint != MESSAGES
        and not issubclass(cls, SessionNotFoundError)
    )
    if is_elsewhere:
        summary, words = "The server has no such endpoint: it may not be the service.", None
        hint = "Is NEMO_API_URL, or base_url, right?"
    if cls is RateLimitError and endpoint.endswith("anonymous-token"):
        summary = (
            "The service gives one free token per client in 7 days, and some 10 per IP address."
        )
        hint = (
            "Go on with the token that you have, register for one of your own, or try again later."
        )
    explanation = f'{summary} The service said: "{words}".' if words else summary
    number = f"code {code}" if code is not None else f"HTTP {status}"
    error = cls(
        f"{explanation} ({endpoint}, {number})",
        hint=hint,
        code=code,
        status=status,
        request_id=headers.get("x-request-id"),
        endpoint=endpoint,
    )
    error.retry_after = parse_retry_after(headers)
    if is_elsewhere:
        error.user_message = ServerError.user_message
    # A code that nobody knows says that the message failed, and not that it never began.
    if endpoint == MESSAGES and (is_ambiguous(error) or type(error) is APIError):
        error.hint = "It may have been paid for: look at the timeline before you send it again."
    return error


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Read `Retry-After` in seconds; a date is taken relative to the answer's own `Date`."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        seconds = float(value)
    except ValueError:
        return _seconds_between(headers.get("date", ""), value)
    return max(0.0, seconds) if seconds < float("inf") else None


def _seconds_between(start: str, end: str) -> float | None:
    try:
        return max(0.0, (parsedate_to_datetime(end) - parsedate_to_datetime(start)).total_seconds())
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
