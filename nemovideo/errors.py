"""Every error that this package raises, and which service code becomes which.

```
NemoVideoError                      .message .hint .attempts
├── InvalidInputError               refused before anything was sent   .parameter .accepted
├── APIError                        .code .status .request_id .endpoint .session_id
│   ├── BadRequestError             400 and other 4xx
│   │   └── MissingClientIdError    400 about X-Client-Id
│   ├── AuthenticationError         1001, 1010, 1011, HTTP 401
│   ├── PlanRequiredError           402
│   ├── NotFoundError               HTTP 404
│   │   └── SessionNotFoundError    1002, and a 404 that says "session not found"
│   ├── AgentError                  an error inside a stream   .text .changes (so far)
│   ├── InsufficientCreditsError    2001   .registration_url .available .required
│   ├── UnsupportedFileError        4001   .supported
│   ├── FileTooLargeError           4002   .limit_bytes
│   ├── RateLimitError              429    .retry_after
│   └── ServerError                 5xx, and answers that are not the service's JSON
├── APIConnectionError              not reached, or the connection broke   .phase .session_id
│   └── APITimeoutError
├── StreamInterruptedError          .session_id .possibly_billed .text (so far)
├── InProgressError                 somebody is at work on it already   .key .session_id
├── NothingToExportError            the draft has no segments
├── RenderFailedError               .render_id .session_id
├── RenderTimeoutError              .render_id .last_status .session_id
└── DownloadError                   .path .received .expected
```

A message says what happened, `hint` what to do next. Neither holds a token, a signed query or a
raw body. Every class survives `pickle` and `copy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from nemovideo._display import NotebookRepr
from nemovideo.security.printable_text import printable

if TYPE_CHECKING:
    from nemovideo.timeline.change import Change

SUPPORTED_FORMATS: tuple[str, ...] = (
    *("mp4", "mov", "avi", "webm", "mkv"),
    *("jpg", "png", "gif", "webp"),
    *("mp3", "wav", "m4a", "aac"),
)
"""The file types that the service accepts (wire-contract section 4)."""

UPLOAD_LIMIT_BYTES = 500 * 2**20
"""The most that one file may hold: 500 MB (wire-contract section 4)."""

Phase: TypeAlias = Literal["connect", "send", "wait", "read"]
"""How far a request came: no connection yet, sending, waiting for the answer, reading it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a request: `number` from 1, `elapsed` seconds, how far it came, how it ended."""

    number: int
    elapsed: float
    phase: Phase
    status: int | None = None
    error: str | None = None


def _rebuild(
    cls: type[NemoVideoError], args: tuple[object, ...], state: dict[str, object]
) -> NemoVideoError:
    error = cls.__new__(cls)
    error.args = args
    error.__dict__.update(state)
    return error


class NemoVideoError(Exception, NotebookRepr):
    """The root: whatever this package raises on purpose is one of these."""

    def __init__(
        self, message: str, *, hint: str | None = None, attempts: tuple[Attempt, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.attempts = attempts

    def __str__(self) -> str:
        # Whoever prints it, or is shown it by a traceback, has it on a terminal.
        return printable(f"{self.message} {self.hint}" if self.hint else self.message)

    def __reduce__(
        self,
    ) -> tuple[object, tuple[type[NemoVideoError], tuple[object, ...], dict[str, object]]]:
        # The default calls `cls(*args)`, which no class with keyword arguments survives.
        return (_rebuild, (type(self), self.args, dict(self.__dict__)))


class InvalidInputError(NemoVideoError, ValueError):
    """An argument was refused before anything was sent or charged."""

    def __init__(
        self,
        message: str,
        *,
        parameter: str,
        accepted: tuple[str, ...] = (),
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.parameter = parameter
        self.accepted = accepted


class APIError(NemoVideoError):
    """The service answered, and the answer is an error."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        code: int | None = None,
        status: int | None = None,
        request_id: str | None = None,
        endpoint: str | None = None,
        attempts: tuple[Attempt, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, attempts=attempts)
        self.code = code
        self.status = status
        self.request_id = request_id
        self.endpoint = endpoint

    retry_after: float | None = None
    """Seconds after which the service wants to be asked again, where it said so."""
    session_id: str | None = None
    """The session whose work is there all the same, where an export failed."""


class BadRequestError(APIError):
    """The service refused the request: 400, or another 4xx without a class of its own."""


class MissingClientIdError(BadRequestError):
    """The service wants an `X-Client-Id`, or another one than it got."""


class AuthenticationError(APIError):
    """The token is wrong or has expired (1001, 1010, 1011, HTTP 401)."""


class PlanRequiredError(APIError):
    """The plan does not include this; a matter of subscription, not of credits (402)."""


class NotFoundError(APIError):
    """There is nothing under this id or address (HTTP 404)."""


class SessionNotFoundError(NotFoundError):
    """The service does not know this session, or no longer (1002)."""


class AgentError(APIError):
    """The agent failed inside a running stream."""

    text: str = ""
    """What the agent had said until then."""
    changes: tuple[Change, ...] = ()
    """What changed on the timeline all the same, read from the state.

    Always empty from `messages.stream`, which does not look at the state before.
    """


class InsufficientCreditsError(APIError):
    """There are not enough credits for this (2001)."""

    registration_url: str | None = None
    """Where an anonymous user registers for more; None when the user is registered."""
    available: float | None = None
    """How many credits there are, where that is known."""
    required: float | None = None
    """How many this would take, where that is known."""


class UnsupportedFileError(APIError):
    """The file is not of a kind that the service takes (4001)."""

    supported: tuple[str, ...] = SUPPORTED_FORMATS
    """What it takes, as file name endings."""


class FileTooLargeError(APIError):
    """The file is over the limit (4002)."""

    limit_bytes: int = UPLOAD_LIMIT_BYTES
    """The most that one file may hold, in bytes."""


class RateLimitError(APIError):
    """Too many requests (429). `retry_after` says when to come back, where the service does."""


class ServerError(APIError):
    """The service failed (5xx), or what answered is not the service."""


class APIConnectionError(NemoVideoError):
    """The service was not reached, or the connection broke."""

    phase: Phase
    """How far the request came. In "connect" nothing was sent."""
    session_id: str | None = None
    """The session whose work is there all the same, where an export failed."""

    def __init__(
        self,
        message: str,
        *,
        phase: Phase,
        hint: str | None = None,
        attempts: tuple[Attempt, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, attempts=attempts)
        self.phase = phase


class APITimeoutError(APIConnectionError):
    """The service took longer than the time allowed."""


class StreamInterruptedError(NemoVideoError):
    """A message was sent, its answer was lost, and the session's state shows no result yet."""

    def __init__(
        self,
        message: str,
        *,
        session_id: str,
        possibly_billed: bool,
        text: str = "",
        hint: str | None = None,
        attempts: tuple[Attempt, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, attempts=attempts)
        self.session_id = session_id
        self.possibly_billed = possibly_billed
        self.text = text


class InProgressError(NemoVideoError):
    """Another process, or another task, is at work on this already."""

    def __init__(
        self,
        message: str,
        *,
        key: str | None = None,
        session_id: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.key = key
        self.session_id = session_id


class NothingToExportError(NemoVideoError):
    """The draft has no segments yet, so there is nothing to render."""


class RenderFailedError(NemoVideoError):
    """The service gave a render up, twice, or somebody cancelled it."""

    session_id: str | None = None
    """The session to export again, where it is known."""

    def __init__(self, message: str, *, render_id: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.render_id = render_id


class RenderTimeoutError(NemoVideoError):
    """A render took longer than `Timing.render_limit`; it may still finish."""

    session_id: str | None = None
    """The session that is rendered, where it is known."""

    def __init__(
        self,
        message: str,
        *,
        render_id: str,
        last_status: str | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.render_id = render_id
        self.last_status = last_status


class DownloadError(NemoVideoError):
    """A file did not arrive whole; what stood at its place before still stands there."""

    def __init__(
        self,
        message: str,
        *,
        path: str | None = None,
        received: int | None = None,
        expected: int | None = None,
        hint: str | None = None,
        attempts: tuple[Attempt, ...] = (),
    ) -> None:
        super().__init__(message, hint=hint, attempts=attempts)
        self.path = path
        self.received = received
        self.expected = expected


CODES: dict[int, type[APIError]] = {
    400: BadRequestError,
    401: AuthenticationError,
    402: PlanRequiredError,
    404: NotFoundError,
    429: RateLimitError,
    1001: AuthenticationError,
    1002: SessionNotFoundError,
    1010: AuthenticationError,
    1011: AuthenticationError,
    2001: InsufficientCreditsError,
    4001: UnsupportedFileError,
    4002: FileTooLargeError,
}
"""Service code or HTTP status → class (wire-contract section 3)."""
