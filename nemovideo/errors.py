"""The errors of this package, and the service code of each.

```
NemoVideoError                      .message .hint .user_message .attempts
├── InvalidInputError               an argument is invalid; nothing was sent   .parameter .accepted
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
├── InProgressError                 another process or task works on it   .key .session_id
├── NothingToExportError            the draft has no segments
├── RenderFailedError               .render_id .session_id
├── RenderTimeoutError              .render_id .last_status .session_id
└── DownloadError                   .path .received .expected
```

A message says what happened, `hint` what to do next. Neither holds a token, a signed query or a
raw body. The texts of the service's codes stand in `protocol/envelope.py`. `user_message` is for a
person who uses your app: without ids, URLs and advice for you. Every class survives `pickle` and
`copy`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal, TypeAlias, cast

from nemovideo._display import NotebookRepr
from nemovideo.security.printable_text import printable

if TYPE_CHECKING:
    from nemovideo.timeline.change import Change

__all__ = [
    "APIConnectionError",
    "APIError",
    "APITimeoutError",
    "AgentError",
    "Attempt",
    "AuthenticationError",
    "BadRequestError",
    "DownloadError",
    "FileTooLargeError",
    "InProgressError",
    "InsufficientCreditsError",
    "InvalidInputError",
    "MissingClientIdError",
    "NemoVideoError",
    "NotFoundError",
    "NothingToExportError",
    "PlanRequiredError",
    "RateLimitError",
    "RenderFailedError",
    "RenderTimeoutError",
    "ServerError",
    "SessionNotFoundError",
    "StreamInterruptedError",
    "UnsupportedFileError",
]

SUPPORTED_FORMATS: tuple[str, ...] = (
    *("mp4", "mov", "avi", "webm", "mkv"),
    *("jpg", "png", "gif", "webp"),
    *("mp3", "wav", "m4a", "aac"),
)
"""The file types that the service accepts (wire-contract section 4)."""

UPLOAD_LIMIT_BYTES = 500 * 2**20
"""The largest size of a file: 500 MB (wire-contract section 4)."""

Phase: TypeAlias = Literal["connect", "send", "wait", "read"]
"""How far a request got: connecting, sending, waiting for the response, reading it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of a request: `number` from 1, `elapsed` seconds, how far it got, the result."""

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
    """Base class of all errors of this package."""

    user_message: str = "Something went wrong."
    """What a person who uses your app may read: `message` and `hint` are for you.

    Where repeating may help it says what is the matter, and not who is to try again: your app may.
    """

    def __init__(
        self, message: str, *, hint: str | None = None, attempts: tuple[Attempt, ...] = ()
    ) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.attempts = attempts

    def __str__(self) -> str:
        # It is printed, by a traceback at least, and may quote text of the service.
        return printable(f"{self.message} {self.hint}" if self.hint else self.message)

    def _render_traceback_(self) -> list[str]:
        """Return the traceback, which IPython asks for, after a card in a notebook."""
        return cast("list[str]", import_module("nemovideo.notebook").render_traceback(self))

    def __reduce__(
        self,
    ) -> tuple[object, tuple[type[NemoVideoError], tuple[object, ...], dict[str, object]]]:
        # The default calls `cls(*args)`, which fails for classes with keyword arguments.
        return (_rebuild, (type(self), self.args, dict(self.__dict__)))


class InvalidInputError(NemoVideoError, ValueError):
    """An argument is invalid; nothing was sent or charged."""

    user_message: str = "This cannot be used. Please check what you entered and try again."

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
    """The service replied with an error."""

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
    """Seconds to wait before another request, if the service said so."""
    session_id: str | None = None
    """The session whose draft is complete although its export failed."""


class BadRequestError(APIError):
    """The request was rejected: 400, or another 4xx without a class of its own."""


class MissingClientIdError(BadRequestError):
    """The `X-Client-Id` is missing or wrong."""

    user_message: str = "This is not available at the moment."


class AuthenticationError(APIError):
    """The token is wrong or has expired (1001, 1010, 1011, HTTP 401)."""

    user_message: str = "This is not available at the moment."


class PlanRequiredError(APIError):
    """The subscription plan does not include this; credits do not help (402)."""

    user_message: str = "This is not available at the moment."


class NotFoundError(APIError):
    """There is nothing under this id or URL (HTTP 404)."""

    user_message: str = "This could not be found."


class SessionNotFoundError(NotFoundError):
    """The session does not exist, or no longer (1002)."""

    user_message: str = "This video is no longer there. Please start a new one."


class AgentError(APIError):
    """The agent failed inside a running stream."""

    user_message: str = "This could not be finished."

    text: str = ""
    """What the agent had written so far."""
    changes: tuple[Change, ...] = ()
    """What changed on the timeline nevertheless, read from the state.

    Always empty from `messages.stream`, which does not read the state beforehand.
    """


class InsufficientCreditsError(APIError):
    """The balance is too low (2001)."""

    user_message: str = "No more videos can be made at the moment. Please try again later."

    registration_url: str | None = None
    """Where an anonymous user registers for more; None if the user is registered."""
    available: float | None = None
    """The balance, if known."""
    required: float | None = None
    """The cost, if known."""


class UnsupportedFileError(APIError):
    """The service does not accept this file type (4001)."""

    user_message: str = (
        f"This kind of file cannot be used. These can: {', '.join(SUPPORTED_FORMATS)}."
    )

    supported: tuple[str, ...] = SUPPORTED_FORMATS
    """The accepted file name extensions."""


class FileTooLargeError(APIError):
    """The file is too large (4002)."""

    user_message: str = f"This file is too large. The limit is {UPLOAD_LIMIT_BYTES // 2**20} MB."

    limit_bytes: int = UPLOAD_LIMIT_BYTES
    """The largest size, in bytes."""


class RateLimitError(APIError):
    """Too many requests (429); `retry_after` is the wait that the service asks for, if any."""

    user_message: str = "Many people are making videos at the moment."


class ServerError(APIError):
    """The service failed (5xx), or the reply is not the service's (a proxy's error page, say)."""

    user_message: str = "The video service has a problem at the moment."


class APIConnectionError(NemoVideoError):
    """The service was not reached, or the connection broke."""

    user_message: str = "The video service cannot be reached at the moment."

    phase: Phase
    """How far the request got. In "connect" nothing was sent."""
    session_id: str | None = None
    """The session whose draft is complete although its export failed."""

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
    """The request timed out."""


class StreamInterruptedError(NemoVideoError):
    """A message was sent, its stream was lost, and the session's state shows no result yet.

    With `possibly_billed` false, there is none and nothing was charged: it may be repeated.
    """

    user_message: str = "The result of your request is not known yet. Please do not send it again."

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
        if not possibly_billed:
            self.user_message = "Nothing has been made of your request so far."


class InProgressError(NemoVideoError):
    """Another process or task is already working on this."""

    user_message: str = "This is being made already. Please wait a little."

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
    """The draft has no segments, so there is nothing to render."""

    user_message: str = "There is no video yet. Please say what it should show."


class RenderFailedError(NemoVideoError):
    """The render failed twice, or was cancelled."""

    user_message: str = "The video could not be exported."

    session_id: str | None = None
    """The session to export again, if known."""

    def __init__(self, message: str, *, render_id: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.render_id = render_id


class RenderTimeoutError(NemoVideoError):
    """A render took longer than `Timing.render_limit`; it may still finish."""

    user_message: str = "The export takes longer than usual."

    session_id: str | None = None
    """The session that is rendered, if known."""

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
    """A file was not downloaded completely; an existing file at its path is unchanged."""

    user_message: str = "The video could not be downloaded completely."

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


def __dir__() -> list[str]:
    return __all__
