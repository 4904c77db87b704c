"""The one pipeline: token → headers → transport → envelope → retry. Nothing else sends."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import quote, urljoin, urlsplit

import anyio

from nemovideo.auth.config_folder import ConfigFolder
from nemovideo.auth.identity import Identity, SavedThings, build_attribution
from nemovideo.auth.tokens import TokenManager
from nemovideo.concurrency.callbacks import came_from_callback, tell
from nemovideo.concurrency.imports import READING, is_loaded, load
from nemovideo.concurrency.stepwise_json import LARGE_BYTES
from nemovideo.concurrency.threads import to_the_end
from nemovideo.config.settings import Settings
from nemovideo.errors import (
    Attempt,
    AuthenticationError,
    InsufficientCreditsError,
    MissingClientIdError,
    NemoVideoError,
)
from nemovideo.models.validate import read_model
from nemovideo.pipeline.response_checks import expect_events, expect_file, with_date_header
from nemovideo.pipeline.response_context import ResponseContext
from nemovideo.pipeline.tracing import is_tracing, traced
from nemovideo.protocol.calls import Call, Replay, TimeoutKind, build_create_anonymous_token
from nemovideo.protocol.envelope import build_error, parse_response
from nemovideo.protocol.retry_policy import (
    build_attempt,
    first_byte_timeout,
    may_retry,
    server_delay,
    was_rejected,
)
from nemovideo.security.hosts import may_fetch
from nemovideo.security.redaction import Headers, Secret, SecretHeader
from nemovideo.transports._decoding import decoded
from nemovideo.transports.base import Request, Response, StreamedResponse, Transport

if TYPE_CHECKING:
    from tenacity import RetryCallState

    from nemovideo.models.tokens import AnonymousToken

_logger = logging.getLogger("nemovideo")
_T = TypeVar("_T")
_Coroutine: TypeAlias = Coroutine[object, object, _T]
_Send: TypeAlias = Callable[[Call, Mapping[str, str]], Awaitable[_T]]

_CROSS_ORIGIN_HEADERS = frozenset({"user-agent", "accept", "range", "if-range"})
"""What may go along to another host: nothing that says who asks."""
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
MAX_REDIRECTS = 5


@dataclass(slots=True)
class RetryState:
    """What one call has tried so far, and whether it may try again."""

    retries: int
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    rejections: int = 0

    def add(self, error: NemoVideoError, call: Call, elapsed: float) -> None:
        _logger.debug("%s failed: %s", call.endpoint, type(error).__name__)
        self.attempts.append(build_attempt(len(self.attempts) + 1, elapsed, error))
        self.rejections += was_rejected(error)

    def allows_retry(self, error: NemoVideoError, call: Call) -> bool:
        if not may_retry(error, call.replay):
            return False
        once = call.replay is Replay.NEVER or not call.authorized
        if once and was_rejected(error):
            return self.rejections <= min(1, self.retries)
        return len(self.attempts) <= self.retries


@dataclass(slots=True)
class _Learned:
    """What answers have told, for every client of the same account."""

    client_id_wanted: bool = False
    newest_task_id: str | None = None


class Pipeline:
    """Sends calls for one client: every request of the package goes through here.

    Args:
        settings: what the client was told.
        transport: gives the transport to use, at the first request.
        prepare: loads what a call needs, before each; None where that is done.
    """

    def __init__(
        self,
        settings: Settings,
        transport: Callable[[], Transport],
        prepare: Callable[[], Awaitable[None] | None],
    ) -> None:
        self.settings = settings
        self._transport = transport
        self._prepare = prepare
        saved = SavedThings(ConfigFolder(settings.config_dir))
        self.saved = saved
        self.identity = Identity(settings, saved)
        self.tokens = TokenManager(settings, self.identity, saved, self._fetch_token)
        self._attribution: Mapping[str, str] = build_attribution(settings)
        self._learned = _Learned()
        self._authorized: tuple[Secret | None, Mapping[str, str]] = (None, self._attribution)

    def with_settings(self, settings: Settings) -> Pipeline:
        """Return a pipeline with other waits and retries, and the same transport and token."""
        other = Pipeline(settings, self._transport, self._prepare)
        other.saved, other.identity, other.tokens = self.saved, self.identity, self.tokens
        other._learned = self._learned
        return other

    async def prepare(self) -> None:
        """Load what a call needs now, where a clock is about to start that it must not run on."""
        preparation = self._prepare()
        if preparation is not None:
            await preparation

    def call(self, call: Call, *, max_retries: int | None = None) -> _Coroutine[dict[str, object]]:
        """Send a call and return the data of its answer.

        Args:
            max_retries: how often a repeatable call is sent again; the client's, if None.

        Raises:
            APIError: the service refused; APIConnectionError: it was not reached, or answered in
                part. `attempts` tells what was tried.
        """
        send = self._send if call.lookup is None else self._build_keyed_send(call.lookup)
        return self._run(call, send, max_retries)

    def stream(self, call: Call, *, concurrent_reader: bool = True) -> ResponseContext:
        """Send a call and hand its answer over as it comes.

        Raises:
            APIError, APIConnectionError: as `call`, until the answer begins.
        """

        def find(context: ResponseContext) -> _Coroutine[StreamedResponse]:
            async def send(call: Call, headers: Mapping[str, str]) -> StreamedResponse:
                request = self._build_request(call, headers, concurrent_reader)
                request, response = await self._open(context, call.endpoint, request)
                timing = self.settings.timing
                return await expect_events(call.endpoint, request, response, timing)

            return self._run(call, send, None)

        return ResponseContext(find)

    def fetch(self, url: str, headers: Mapping[str, str]) -> ResponseContext:
        """Get a file from wherever it is, without any credential; sent once, not retried.

        Raises:
            APIError, APIConnectionError: the file cannot be had there.
        """
        timing = self.settings.timing
        own = {"user-agent": self._attribution["user-agent"], "accept": "*/*"}
        request = Request(
            "GET",
            url,
            {**own, **headers},
            connect_timeout=timing.connect,
            idle_timeout=timing.request,
            concurrent_reader=False,
        )

        async def find(context: ResponseContext) -> StreamedResponse:
            final, response = await self._open(context, "GET <file>", request)
            return await expect_file("GET <file>", final, response, timing.request)

        return ResponseContext(find)

    def fetch_from_service(self, call: Call, headers: Mapping[str, str]) -> ResponseContext:
        """Get a file from the service itself; sent once, not retried.

        Raises:
            APIError, APIConnectionError: the file cannot be had there.
        """

        def find(context: ResponseContext) -> _Coroutine[StreamedResponse]:
            async def send(call: Call, own: Mapping[str, str]) -> StreamedResponse:
                request = self._build_request(call, Headers(own, {"accept": "*/*"}, headers), False)
                request, response = await self._open(context, call.endpoint, request)
                time_limit = self.settings.timing.request
                return await expect_file(call.endpoint, request, response, time_limit)

            return self._run(call, send, 0)

        return ResponseContext(find)

    def remember_account(self, user_id: str | None, task_id: str | None) -> None:
        """Note whose token it is: a registration link names the user, else the newest task."""
        self.tokens.learn_user(user_id)
        self._learned.newest_task_id = task_id or self._learned.newest_task_id

    def add_registration_url(self, error: NemoVideoError) -> None:
        """Tell an anonymous user who lacks credits where to register for more."""
        if not isinstance(error, InsufficientCreditsError) or not self.tokens.is_anonymous:
            return
        bind = self.tokens.user_id or self._learned.newest_task_id
        query = f"?bind={quote(bind, safe='')}" if bind else ""
        error.registration_url = f"{self.settings.web_url}/register{query}"
        error.hint = f"Register to get more: {error.registration_url}"

    # How one call is sent

    # Where a step only passes on what the next one returns it is no coroutine of its own: each one
    # more that waits costs every request 2 µs when many are under way.

    def _run(self, call: Call, send: _Send[_T], max_retries: int | None) -> _Coroutine[_T]:
        running = self._first_attempt(call, send, max_retries)
        return self._run_traced(call, running) if is_tracing() else running

    async def _run_traced(self, call: Call, running: _Coroutine[_T]) -> _T:
        with traced(call.endpoint, self.settings.base_url):
            return await running

    async def _first_attempt(self, call: Call, send: _Send[_T], max_retries: int | None) -> _T:
        """Send a call. The first attempt runs bare: what repeats it costs more than it does."""
        preparation = self._prepare()
        if preparation is not None:
            await preparation
        token = (self.tokens.ready() or await self.tokens.current()) if call.authorized else None
        began = monotonic()
        try:
            known, headers = self._authorized
            if token is None or token is not known or self._learned.client_id_wanted:
                headers = await self._build_headers(token)
            result = await send(call, headers)
        except NemoVideoError as error:
            if came_from_callback(error):
                raise
            first = error
        else:
            if _logger.isEnabledFor(logging.DEBUG):
                _log_response(call, began)
            return result
        state = RetryState(self.settings.max_retries if max_retries is None else max_retries)
        state.add(first, call, monotonic() - began)
        return await self._retry(call, send, state, token, first)

    async def _retry(
        self,
        call: Call,
        send: _Send[_T],
        state: RetryState,
        token: Secret | None,
        first: NemoVideoError,
    ) -> _T:
        """Go on after an attempt that failed: as it is, then with a fresh token or client id."""
        try:
            try:
                return await self._retry_loop(call, send, state, first)
            except AuthenticationError as refusal:
                if came_from_callback(refusal) or token is None or not self.tokens.is_anonymous:
                    raise
                await self.tokens.renew(token)
            except MissingClientIdError as refusal:
                if came_from_callback(refusal) or not call.authorized:
                    raise  # the token manager's own call: it gets a new id there
                if self._learned.client_id_wanted:  # the one that was sent is refused, it seems
                    async with self.identity.another(refusal):
                        return await self._retry_reauthenticated(call, send, state)
                self._learned.client_id_wanted = True
            return await self._retry_reauthenticated(call, send, state)
        except NemoVideoError as error:
            if not came_from_callback(error):
                error.attempts = tuple(state.attempts) or error.attempts
                self.add_registration_url(error)
            raise

    async def _retry_reauthenticated(self, call: Call, send: _Send[_T], state: RetryState) -> _T:
        try:
            return await self._attempt(call, send, state)
        except NemoVideoError as error:
            if came_from_callback(error):
                raise
            first = error
        return await self._retry_loop(call, send, state, first)

    async def _retry_loop(
        self, call: Call, send: _Send[_T], state: RetryState, first: NemoVideoError
    ) -> _T:
        if not state.allows_retry(first, call):
            raise first
        await load("tenacity", anyio=False)
        from tenacity import AsyncRetrying, retry_if_exception
        from tenacity.wait import wait_exponential, wait_random

        timing = self.settings.timing
        backoff_delay = wait_exponential(multiplier=timing.retry_initial, max=timing.retry_max)
        jittered = backoff_delay + wait_random(0, timing.retry_initial)
        pending: NemoVideoError | None = first

        async def attempt() -> _T:
            nonlocal pending
            if pending is not None:  # the attempt that ran bare: here it is only counted
                already, pending = pending, None
                raise already
            return await self._attempt(call, send, state)

        def wait(retry: RetryCallState) -> float:
            told = server_delay(_outcome(retry), timing)
            return jittered(retry) if told is None else told

        def tell_of_repeat(retry: RetryCallState) -> None:  # not before every wait one follows
            seconds = 0.0 if retry.next_action is None else retry.next_action.sleep
            _logger.info("%s will be repeated in %.1f s.", call.endpoint, seconds)

        retrying = AsyncRetrying(
            sleep=anyio.sleep,
            stop=lambda retry: not state.allows_retry(_outcome(retry), call),
            wait=wait,
            retry=retry_if_exception(_is_ours),
            before_sleep=tell_of_repeat,
            reraise=True,
        )
        return await retrying(attempt)

    async def _attempt(self, call: Call, send: _Send[_T], state: RetryState) -> _T:
        token = (self.tokens.ready() or await self.tokens.current()) if call.authorized else None
        began = monotonic()
        try:
            result = await send(call, await self._build_headers(token))
        except NemoVideoError as error:
            if not came_from_callback(error):
                state.add(error, call, monotonic() - began)
            raise
        if _logger.isEnabledFor(logging.DEBUG):
            _log_response(call, began)
        return result

    async def _build_headers(self, token: Secret | None) -> Mapping[str, str]:
        """Return the headers of a call with `token`, or of the one that asks for a token."""
        if token is None:
            asking = {"x-client-id": SecretHeader(await self.identity.client_id())}
            return Headers(self._attribution, asking)
        known, headers = self._authorized
        if token is not known:
            bearer = SecretHeader(f"Bearer {token.reveal()}")
            headers = Headers(self._attribution, {"authorization": bearer})
            self._authorized = (token, headers)
        if self._learned.client_id_wanted:
            asking = {"x-client-id": SecretHeader(await self.identity.client_id())}
            return Headers(headers, asking)
        return headers

    def _build_request(
        self, call: Call, headers: Mapping[str, str], concurrent_reader: bool = True
    ) -> Request:
        timing = self.settings.timing
        return Request(
            call.method,
            self.settings.base_url + call.path,
            Headers(headers, call.headers) if call.headers else headers,
            call.body,
            connect_timeout=timing.connect,
            total_timeout=timing.request if call.timeout is TimeoutKind.REQUEST else None,
            idle_timeout=timing.request if call.timeout is TimeoutKind.TRANSFER else None,
            answer_timeout=first_byte_timeout(timing)
            if call.timeout is TimeoutKind.STREAM
            else None,
            fresh_connection=call.replay is Replay.NEVER,
            concurrent_reader=concurrent_reader,
        )

    async def _send(self, call: Call, headers: Mapping[str, str]) -> dict[str, object]:
        request = self._build_request(call, headers)
        transport = self._transport()
        response = await transport.send(request)
        if response.status in REDIRECT_STATUSES:
            response = await _follow(transport, request, response)
        response = await decoded(request, response)
        if not is_loaded(READING):
            await load(READING, anyio=False)
        if self.settings.on_response is not None:
            await tell(self.settings.on_response, response)
        headers_back = with_date_header(response.headers)
        if len(response.body) < LARGE_BYTES:
            return parse_response(call.endpoint, response.status, headers_back, response.body)
        return await to_the_end(
            lambda: parse_response(call.endpoint, response.status, headers_back, response.body)
        )

    def _build_keyed_send(self, lookup: Call) -> _Send[dict[str, object]]:
        """Return a `send` that looks a job up by its id before it asks for it again."""
        sent = False

        async def send(call: Call, headers: Mapping[str, str]) -> dict[str, object]:
            nonlocal sent
            if sent:
                try:
                    return await self.call(lookup, max_retries=0)
                except NemoVideoError as error:
                    if came_from_callback(error):
                        raise
                    # not there, or not to be seen: the same id again is the same job
            sent = True
            return await self._send(call, headers)

        return send

    async def _open(
        self, context: ResponseContext, endpoint: str, request: Request
    ) -> tuple[Request, StreamedResponse]:
        """Open a stream, wherever redirects lead; return the last request too."""
        for hops in count():
            response = await context.enter(self._transport().stream(request))
            followed = build_redirect(request, response.status, response.headers)
            if followed is None:
                if self.settings.on_response is not None:
                    answer = Response(response.status, response.headers, b"")
                    await tell(self.settings.on_response, answer)
                return request, response
            if hops >= MAX_REDIRECTS:
                raise build_error(endpoint, response.status, response.headers)
            request = followed
        raise AssertionError("counting does not end")

    async def _fetch_token(self, client_id: str) -> AnonymousToken:
        call = build_create_anonymous_token()
        data = await self._run(call, self._send, None)
        from nemovideo.models.tokens import AnonymousToken  # what it needs is loaded by now

        return read_model(AnonymousToken, data, call.endpoint)


async def _follow(transport: Transport, request: Request, response: Response) -> Response:
    for _ in range(MAX_REDIRECTS):
        followed = build_redirect(request, response.status, response.headers)
        if followed is None:
            break
        request = followed
        response = await transport.send(request)
    return response


def build_redirect(request: Request, status: int, headers: Mapping[str, str]) -> Request | None:
    """Return the request that a redirect asks for, or None where there is none to follow.

    Only reads are followed: a redirected message might be a second one. To another host nothing
    goes along that says who asks, and only where that server may send us (`may_fetch`).
    """
    location = headers.get("location")
    if status not in REDIRECT_STATUSES or not location or request.method != "GET":
        return None
    try:
        url = urljoin(request.url, location)
        old, new = urlsplit(request.url), urlsplit(url)
        same = (old.scheme, old.hostname, old.port) == (new.scheme, new.hostname, new.port)
    except ValueError:
        return None
    if not may_fetch(url, request.url):
        return None
    return replace(
        request, url=url, headers=request.headers if same else _strip_credentials(request.headers)
    )


def _strip_credentials(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name in _CROSS_ORIGIN_HEADERS}


def _log_response(call: Call, began: float) -> None:
    _logger.debug("%s answered in %.3f s.", call.endpoint, monotonic() - began)


def _is_ours(error: BaseException) -> bool:
    return isinstance(error, NemoVideoError) and not came_from_callback(error)


def _outcome(state: RetryCallState) -> NemoVideoError:
    error = state.outcome.exception() if state.outcome is not None else None
    if isinstance(error, NemoVideoError):
        return error
    raise RuntimeError("only our own errors are repeated")
