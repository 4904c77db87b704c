"""The settings that the house goes by, and the one way to refuse a request."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from nemovideo.sandbox.agents.rule_agent import Odds
from nemovideo.sandbox.storage.records import FileType

SSEShape = Literal["typed", "adk", "mixed"]
RenderShape = Literal["seed", "vendor", "envelope", "mixed"]
ErrorStatus = Literal["code", "http", "mixed"]

WEEK = 7 * 24 * 3600.0
UPLOAD_LIMIT = 500 * 2**20

EXTENSIONS: dict[str, FileType] = {
    **dict.fromkeys(("mp4", "mov", "avi", "webm", "mkv"), "video"),
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "webp"), "image"),
    **dict.fromkeys(("mp3", "wav", "m4a", "aac"), "audio"),
}
"""Accepted file names (wire-contract section 4), and what such a file is."""


@dataclass(frozen=True)
class Rules:
    """What `Sandbox(...)` was asked for; `Sandbox` documents each field."""

    seed: int = 0
    credits: int = 100
    sse_shape: SSEShape = "typed"
    render_shape: RenderShape = "seed"
    stub_renders: bool = False
    render_height: int | None = None
    free_plan_exports: bool = True
    odds: Odds = field(default_factory=Odds)
    error_status: ErrorStatus = "code"
    allow_remote_urls: bool = False
    token_limit: int = 1
    token_limit_per_ip: int | None = None
    upload_limit: int = UPLOAD_LIMIT
    link_seconds: float = WEEK

    def __post_init__(self) -> None:
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                said = f"{name} is one of {', '.join(choices)}, not {getattr(self, name)!r}"
                raise ValueError(said)
        for name, least in _LEAST.items():
            value = getattr(self, name)
            if value is not None and not value >= least:  # `not`: refuses NaN as well
                raise ValueError(f"{name} must be at least {least}, not {value!r}")


_CHOICES: dict[str, tuple[str, ...]] = {
    "sse_shape": get_args(SSEShape),
    "render_shape": get_args(RenderShape),
    "error_status": get_args(ErrorStatus),
}
_LEAST = {
    "credits": 0,
    "token_limit": 1,
    "token_limit_per_ip": 1,
    "upload_limit": 1,
    "link_seconds": 0,
    "render_height": 16,
}


class RefusedError(Exception):
    """The service says no: a code of wire-contract section 3, its HTTP status and its words."""

    def __init__(self, code: int, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status

    def http_status(self, style: ErrorStatus, number: int) -> int:
        """The HTTP status that carries this refusal; `number` counts answers, for "mixed"."""
        if self.status is not None:
            return self.status
        as_http = style == "http" or (style == "mixed" and number % 2 == 1)
        return _HTTP_STATUS.get(self.code, 400) if as_http else 200


_HTTP_STATUS = {1001: 401, 1002: 404, 2001: 403, 4001: 415, 4002: 413}


def bad_token() -> RefusedError:
    """1001: the bearer is missing, unknown, revoked or expired."""
    return RefusedError(1001, "Invalid or expired token")


def no_session() -> RefusedError:
    """1002: there is no such session for this user."""
    return RefusedError(1002, "Session not found")


def no_credits(available: int, cost: int) -> RefusedError:
    """2001: the message costs more than is left."""
    return RefusedError(2001, f"Insufficient credits: this needs {cost}, {available} available")


def unsupported(filename: str) -> RefusedError:
    """4001: neither the name nor the content is a kind of file that is taken."""
    return RefusedError(4001, f"Unsupported file: {filename}")


def too_large(filename: str, limit: int) -> RefusedError:
    """4002: the file is over the limit, in bytes."""
    return RefusedError(4002, f"File too large: {filename} is over {limit // 2**20} MB")


def invalid(message: str) -> RefusedError:
    """400: the request makes no sense."""
    return RefusedError(400, message, status=400)


def no_client_id() -> RefusedError:
    """400: the token request came without a usable `X-Client-Id`."""
    return RefusedError(400, "Missing or invalid X-Client-Id header", status=400)


def no_export(reason: str) -> RefusedError:
    """402: export is not part of the plan, or nobody can tell who asks."""
    return RefusedError(402, f"Export blocked: {reason}", status=402)


def too_often() -> RefusedError:
    """429: too many tokens for this client or address within a week."""
    return RefusedError(429, "Too many token requests: one token per client per 7 days", status=429)


def no_scope(scope: str) -> RefusedError:
    """403: the token does not reach that far."""
    return RefusedError(403, f"The token lacks the scope '{scope}'", status=403)


def unknown_render() -> RefusedError:
    """404: there is no such render for this user."""
    return RefusedError(404, "Render not found", status=404)


def duplicate_render(render_id: str) -> RefusedError:
    """409: the id was used before."""
    return RefusedError(409, f"Duplicate render id: {render_id} already exists", status=409)
