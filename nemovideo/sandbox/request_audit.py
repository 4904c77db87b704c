"""The checks behind `assert_clean`: pure functions over the logged requests."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from nemovideo.sandbox.request_log import LoggedRequest

ViolationKind = Literal[
    "repeated_message",
    "abandoned_stream",
    "leaked_credential",
    "credential_in_url",
    "missing_attribution",
    "bearer_on_token_request",
    "missing_accept",
    "altered_draft",
    "agent_error",
    "sandbox_error",
]

ATTRIBUTION = ("x-skill-source", "x-skill-version", "x-skill-platform")
_SECRET_HEADERS = ("authorization", "x-client-id", *ATTRIBUTION)
_NOT_ACTED_CODES = {400, 1001, 1002, 2001, 429}


@dataclass(frozen=True)
class Violation:
    """A broken rule; `request` is the number of the request."""

    kind: ViolationKind
    request: int
    detail: str

    def __str__(self) -> str:
        return f"{self.kind} (request {self.request}): {self.detail}"


class RuleViolationError(AssertionError):
    """`assert_clean` found broken rules; `violations` has each of them."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        lines = "\n".join(f"  - {violation}" for violation in violations)
        super().__init__(f"the client broke {len(violations)} rule(s) of the service:\n{lines}")
        self.violations: tuple[Violation, ...] = tuple(violations)


def find_violations(requests: Iterable[LoggedRequest]) -> list[Violation]:
    """Return the violations of these requests, in the order of the requests."""
    requests = list(requests)
    found = list(_repeated_messages(requests))
    for request in requests:
        found.extend(_api_rules(request) if request.host == "api" else _other_host_rules(request))
        if any("nmv_usr_" in part for part in (request.path, *request.query.values())):
            found.append(Violation("credential_in_url", request.number, "the URL holds a token"))
    return sorted(found, key=lambda violation: violation.request)


def _api_rules(request: LoggedRequest) -> Iterator[Violation]:
    if not request.endpoint:
        return
    missing = [name for name in ATTRIBUTION if not request.header(name)]
    if missing:
        yield Violation("missing_attribution", request.number, f"without {', '.join(missing)}")
    if request.endpoint == "tokens.create_anonymous" and request.header("authorization"):
        detail = "a token request has no Authorization header"
        yield Violation("bearer_on_token_request", request.number, detail)
    if request.altered_draft:
        detail = "the draft to render differs from every draft that the session has had"
        yield Violation("altered_draft", request.number, detail)
    if request.endpoint != "messages.stream":
        return
    if "text/event-stream" not in (request.header("accept") or ""):
        yield Violation("missing_accept", request.number, "needs Accept: text/event-stream")
    if request.outcome == "abandoned" and request.acted:
        yield Violation("abandoned_stream", request.number, "the client disconnected early")


def _other_host_rules(request: LoggedRequest) -> Iterator[Violation]:
    leaked = [name for name in _SECRET_HEADERS if request.header(name)]
    if leaked:
        detail = f"{request.host} host received {', '.join(leaked)}"
        yield Violation("leaked_credential", request.number, detail)


def _repeated_messages(requests: Iterable[LoggedRequest]) -> Iterator[Violation]:
    earlier: dict[tuple[str | None, str], LoggedRequest] = {}
    for request in requests:
        if request.endpoint != "messages.stream" or request.text is None:
            continue
        key = (request.session_id, request.text)
        before = earlier.get(key)
        if before is not None and not _may_repeat(before):
            billed = "and was carried out: a double charge" if before.acted else "in doubt"
            detail = f"the same message as request {before.number}, which was unfinished {billed}"
            yield Violation("repeated_message", request.number, detail)
        earlier[key] = request


def _may_repeat(before: LoggedRequest) -> bool:
    """Return True if the same message may be sent again after this request."""
    if before.outcome == "answered" and before.acted:
        return True  # it was answered completely: the user sends the same words once more
    if before.acted or before.status is None:
        return False
    certain = before.code in _NOT_ACTED_CODES or before.status in {400, 401, 404, 429}
    return certain or (before.status == 503 and before.retry_after is not None)
