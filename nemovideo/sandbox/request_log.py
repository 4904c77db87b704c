"""What came in: every request, how it was answered, and what it should not have done."""

import json
import uuid
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Host = Literal["api", "cdn", "web"]
Outcome = Literal["open", "answered", "faulted", "abandoned"]


@dataclass
class LoggedRequest:
    """One request as the sandbox saw it.

    `endpoint` is a name out of `faults.ENDPOINTS`, or "" for a page or an unknown path. `outcome`
    is "answered" (to the last byte), "faulted" (a fault spoilt or replaced the answer),
    "abandoned" (the client left first) or "open". `acted` says whether the service carried the
    request out; `events_sent` counts the events of a stream that went out. Headers and body are
    kept whole, credentials included, and stay out of `repr`.
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
        """A header's value whatever the case of its name; None when it was not sent."""
        return self.headers.get(name.lower())

    @property
    def json(self) -> object:
        """The body read as JSON; None when there is none."""
        try:
            return json.loads(self.body or b"null")
        except ValueError:
            return None


_KEPT = 100_000


class RequestLog:
    """The requests in the order they came; of very many, the last."""

    def __init__(self) -> None:
        self.requests: deque[LoggedRequest] = deque(maxlen=_KEPT)
        self.count = 0
        self.internal_errors: list[tuple[int, str]] = []
        """Failures of the sandbox itself: the number of the request (0: none), and what failed."""

    def record(
        self, *, at: float, host: Host, endpoint: str, method: str, path: str,
        query: Mapping[str, str], headers: Mapping[str, str],
    ) -> LoggedRequest:  # fmt: skip
        """Write down a request that has just come in."""
        self.count += 1
        received = LoggedRequest(
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
        self.requests.append(received)
        return received
