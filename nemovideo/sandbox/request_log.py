"""The request log: every request that came in, and how it was answered."""

import json
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Host = Literal["api", "cdn", "web"]
Outcome = Literal["open", "answered", "faulted", "abandoned"]

_MAX_REQUESTS = 100_000


@dataclass
class LoggedRequest:
    """One request as the sandbox saw it.

    `endpoint` is one of `ENDPOINTS`, or "" for a page or an unknown path. `outcome` is "answered"
    (to the last byte), "faulted" (a fault replaced or damaged the response), "abandoned" (the
    client disconnected first) or "open". `acted` is True if the service carried the request out;
    `events_sent` counts the events sent on a stream. Headers and body are stored complete,
    credentials included, and are not part of `repr`.
    """

    number: int
    at: float
    host: Host
    endpoint: str
    method: str
    path: str
    query: dict[str, str] = field(repr=False)
    headers: dict[str, str] = field(repr=False)
    request_id: str
    body: bytes | None = field(default=None, repr=False)
    body_size: int = 0
    status: int | None = None
    code: int | None = None
    retry_after: str | None = None
    outcome: Outcome = "open"
    fault: str | None = None
    acted: bool = False
    session_id: str | None = None
    text: str | None = field(default=None, repr=False)
    altered_draft: bool = False
    events_sent: int = 0
    elapsed: float | None = None

    def header(self, name: str) -> str | None:
        """Return the value of the header of a name, in any case; None if it was not sent."""
        return self.headers.get(name.lower())

    @property
    def json(self) -> object:
        """The body parsed as JSON; None if it is not JSON."""
        try:
            return json.loads(self.body or b"null")
        except ValueError:
            return None


class RequestLog:
    """The most recent requests, in order of arrival."""

    def __init__(self) -> None:
        self.requests: deque[LoggedRequest] = deque(maxlen=_MAX_REQUESTS)
        self.count: int = 0
        self.internal_errors: list[tuple[int, str]] = []
        """Errors of the sandbox itself: the number of the request (0: none) and the message."""
        self.agent_errors: list[str] = []
        """Messages that the agent could not answer, and why."""

    def record(
        self, *, at: float, host: Host, endpoint: str, method: str, path: str,
        query: Mapping[str, str], headers: Mapping[str, str],
    ) -> LoggedRequest:  # fmt: skip
        """Log a request that has just arrived."""
        self.count += 1
        request = LoggedRequest(
            number=self.count,
            at=at,
            host=host,
            endpoint=endpoint,
            method=method,
            path=path,
            query=dict(query),
            headers={name.lower(): value for name, value in headers.items()},
            request_id=f"req_{uuid.uuid4().hex[:20]}",
        )
        self.requests.append(request)
        return request
