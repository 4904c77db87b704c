"""The one pipeline: token → headers → transport → envelope → retry. Nothing else sends."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias, TypeVar
from urllib.parse import quote, urlsplit

from nemovideo import models
from nemovideo.auth.async_config_folder import AsyncConfigFolder
from nemovideo.auth.config_folder import ConfigFolder
from nemovideo.auth.identity import Identity, build_attribution
from nemovideo.auth.tokens import TokenManager
from nemovideo.concurrency.callbacks import came_from_callback, run_callback
from nemovideo.concurrency.imports import RESPONSE_MODELS, import_in_thread, is_imported
from nemovideo.concurrency.stepwise_json import LARGE_BYTES
from nemovideo.concurrency.threads import run_in_thread
from nemovideo.config.settings import Settings
from nemovideo.errors import AuthenticationError, InsufficientCreditsError, NemoVideoError
from nemovideo.models.validate import read_model
from nemovideo.pipeline.redirects import (
    MAX_REDIRECTS,
    REDIRECT_STATUSES,
    build_redirect,
    follow_redirects,
)
from nemovideo.pipeline.response_checks import expect_events, expect_file, with_date_header
from nemovideo.pipeline.response_context import ResponseContext
from nemovideo.pipeline.retry import AccountState, CallRetry, RetryState
from nemovideo.pipeline.tracing import is_tracing, traced
from nemovideo.protocol.calls import (
    Call,
    Replay,
    TimeoutKind,
    build_create_anonymous_token,
    first_byte_timeout,
)
from nemovideo.protocol.envelope import build_error, parse_response
from nemovideo.security.hosts import is_loopback
from nemovideo.security.redaction import Headers, Secret, SecretHeader
from nemovideo.transports._decoding import decoded, is_plain
from nemovideo.transports.base import Request, Response, StreamedResponse, Transport

if TYPE_CHECKING:
    from nemovideo.models.tokens import AnonymousToken

_logger = logging.getLogger("nemovideo")
_T = TypeVar("_T")
_SANDBOX_HINT = (
    "A sandbox starts with more by Sandbox(credits=N), or --credits N on the command line."
)
_Coroutine: TypeAlias = Coroutine[object, object, _T]
_Send: TypeAlias = Callable[[Call, Mapping[str, str]], Awaitable[_T]]
_FindResult: TypeAlias = Callable[[NemoVideoError], Awaitable[_T | None]]
_Check: TypeAlias = Callable[[Request, StreamedResponse], Awaitable[StreamedResponse]]


class Pipeline:
    """Sends calls for one client: every request of the package goes through here.

    Args:
        settings: the client's settings.
        transport: returns the transport, at the first request.
        prepare: imports what a call needs; returns None once that is done.
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
        self.config_folder: AsyncConfigFolder = AsyncConfigFolder(ConfigFolder(settings.config_dir))
        self.identity: Identity = Identity(settings, self.config_folder)
        self.tokens: TokenManager = TokenManager(
            settings, self.identity, self.config_folder, self._fetch_token
        )
        self._attribution: Mapping[str, str] = build_attribution(settings)
        self._account = AccountState()
        self._authorized: tuple[Secret | None, Mapping[str, str]] = (None, self._attribution)

    def with_settings(self, settings: Settings) -> Pipeline:
        """Return a pipeline with other settings, and the same transport and token."""
        other = Pipeline(settings, self._transport, self._prepare)
        other.config_folder = self.config_folder
        other.identity, other.tokens = self.identity, self.tokens
        other._account = self._account
        return other

    async def prepare(self) -> None:
        """Import what a call needs now, before a clock starts that must not include it."""
        preparation = self._prepare()
        if preparation is not None:
            await preparation

    def call(
        self,
        call: Call,
        *,
        max_retries: int | None = None,
        find_result: _FindResult[dict[str, object]] | None = None,
    ) -> _Coroutine[dict[str, object]]:
        """Send a call and return the data of its response.

        Args:
            max_retries: how often a repeatable call is sent again; the client's, if None.
            find_result: called before each retry, returns the data if an earlier attempt
                succeeded after all, else None; what it raises ends the call. With it a call whose
                attempt may have succeeded is retried too.

        Raises:
            APIError: the service refused; APIConnectionError: it was not reached, or the response
                is incomplete. `attempts` lists what was tried.
        """
        if call.lookup is not None:
            lookup = call.lookup
            find_result = lambda error: self._read_existing(lookup)  # noqa: E731
        return self._run(call, self._send, max_retries, find_result)

    def stream(self, call: Call, *, concurrent_reader: bool = True) -> ResponseContext:
        """Send a call and hand over the response as it arrives.

        Raises:
            APIError, APIConnectionError: as `call`, until the response begins.
        """
        endpoint, timing = call.endpoint, self.settings.timing

        def check(request: Request, response: StreamedResponse) -> _Coroutine[StreamedResponse]:
            return expect_events(endpoint, request, response, timing)

        def start(context: ResponseContext) -> _Coroutine[StreamedResponse]:
            def send(call: Call, headers: Mapping[str, str]) -> _Coroutine[StreamedResponse]:
                request = self._build_request(call, headers, concurrent_reader)
                return self._open(context, endpoint, request, check)

            return self._run(call, send, None)

        return ResponseContext(start)

    def fetch(self, url: str, headers: Mapping[str, str]) -> ResponseContext:
        """Get a file from any host, without credentials; sent once, not retried.

        Raises:
            APIError, APIConnectionError: the file is not available there.
        """
        endpoint, timing = "GET <file>", self.settings.timing
        own = {"user-agent": self._attribution["user-agent"], "accept": "*/*"}
        request = Request(
            "GET",
            url,
            {**own, **headers},
            connect_timeout=timing.connect,
            idle_timeout=timing.request,
            concurrent_reader=False,
        )

        def check(request: Request, response: StreamedResponse) -> _Coroutine[StreamedResponse]:
            return expect_file(endpoint, request, response, timing.request)

        return ResponseContext(lambda context: self._open(context, endpoint, request, check))

    def fetch_from_service(self, call: Call, headers: Mapping[str, str]) -> ResponseContext:
        """Get a file from the service itself; sent once, not retried.

        Raises:
            APIError, APIConnectionError: the file is not available there.
        """
        endpoint, time_limit = call.endpoint, self.settings.timing.request

        def check(request: Request, response: StreamedResponse) -> _Coroutine[StreamedResponse]:
            return expect_file(endpoint, request, response, time_limit)

        def start(context: ResponseContext) -> _Coroutine[StreamedResponse]:
            def send(call: Call, own: Mapping[str, str]) -> _Coroutine[StreamedResponse]:
                request = self._build_request(call, Headers(own, {"accept": "*/*"}, headers), False)
                return self._open(context, endpoint, request, check)

            return self._run(call, send, 0)

        return ResponseContext(start)

    def remember_account(self, user_id: str | None, task_id: str | None) -> None:
        """Store whose token it is: a registration link names the user, else the newest task."""
        self.tokens.remember_user(user_id)
        self._account.newest_task_id = task_id or self._account.newest_task_id

    def add_credits_hint(self, error: NemoVideoError) -> None:
        """Return what an anonymous user can do about missing credits, or a refused token."""
        if isinstance(error, AuthenticationError) and self.tokens.is_anonymous:
            error.hint = "The free token was renewed and refused again: try again in a while."
        if not isinstance(error, InsufficientCreditsError):
            return
        if self.tokens.is_anonymous:
            bind = self.tokens.user_id or self._account.newest_task_id
            query = f"?bind={quote(bind, safe='')}" if bind else ""
            error.registration_url = f"{self.settings.web_url}/register{query}"
            error.hint = f"Register to get more: {error.registration_url}"
        said = error.hint or ""
        if is_loopback(urlsplit(self.settings.base_url).hostname) and _SANDBOX_HINT not in said:
            error.hint = f"{said} {_SANDBOX_HINT}".lstrip()

    # How one call is sent

    # Where a step only passes on what the next one returns it is no coroutine of its own: each one
    # more that waits costs every request 2 µs when many are under way.

    def _run(
        self,
        call: Call,
        send: _Send[_T],
        max_retries: int | None,
        find_result: _FindResult[_T] | None = None,
    ) -> _Coroutine[_T]:
        running = self._first_attempt(call, send, max_retries, find_result)
        return self._run_traced(call, running) if is_tracing() else running

    async def _run_traced(self, call: Call, running: _Coroutine[_T]) -> _T:
        with traced(call.endpoint, self.settings.base_url):
            return await running

    async def _first_attempt(
        self,
        call: Call,
        send: _Send[_T],
        max_retries: int | None,
        find_result: _FindResult[_T] | None,
    ) -> _T:
        """Send a call once. What retries it costs more than the attempt, so it is added late."""
        preparation = self._prepare()
        if preparation is not None:
            await preparation
        token = (self.tokens.cached() or await self.tokens.current()) if call.authorized else None
        began = monotonic()
        try:
            known, headers = self._authorized
            if token is None or token is not known or self._account.requires_client_id:
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
        state = RetryState(
            call.endpoint,
            self.settings.timing,
            self.settings.max_retries if max_retries is None else max_retries,
            call.replay,
            once=call.replay is Replay.NEVER or not call.authorized,
            checked=call.replay is Replay.NEVER and find_result is not None,
        )
        state.record(first, monotonic() - began)
        retry = CallRetry(call, state, token, self.tokens, self.identity, self._account)
        try:
            return await retry.run(lambda: self._attempt(call, send, state, find_result), first)
        except NemoVideoError as error:
            if not came_from_callback(error):
                error.attempts = tuple(state.attempts) or error.attempts
                self.add_credits_hint(error)
            raise

    async def _attempt(
        self,
        call: Call,
        send: _Send[_T],
        state: RetryState,
        find_result: _FindResult[_T] | None,
    ) -> _T:
        """Make an attempt after the first one."""
        if find_result is not None and (last := state.last_error) is not None:
            try:
                found = await find_result(last)
            except BaseException:
                state.ended = True
                raise
            if found is not None:
                return found
            if state.checked and not state.has_retries_left(last):
                state.ended = True
                raise last
        token = (self.tokens.cached() or await self.tokens.current()) if call.authorized else None
        began = monotonic()
        try:
            result = await send(call, await self._build_headers(token))
        except NemoVideoError as error:
            if not came_from_callback(error):
                state.record(error, monotonic() - began)
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
        if self._account.requires_client_id:
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
            response = await follow_redirects(transport, request, response)
        if not is_plain(response):
            response = await decoded(request, response)
        if not is_imported(RESPONSE_MODELS):
            await import_in_thread(RESPONSE_MODELS, anyio=False)
        if self.settings.on_response is not None:
            await run_callback(self.settings.on_response, response)
        headers_back = with_date_header(response.headers)
        if len(response.body) < LARGE_BYTES:
            return parse_response(call.endpoint, response.status, headers_back, response.body)
        return await run_in_thread(
            lambda: parse_response(call.endpoint, response.status, headers_back, response.body)
        )

    async def _read_existing(self, lookup: Call) -> dict[str, object] | None:
        """Return the data of a job that an earlier attempt may have created."""
        try:
            return await self.call(lookup, max_retries=0)
        except NemoVideoError as error:
            if came_from_callback(error):
                raise
            return None  # absent or unreadable: the same id again is the same job

    async def _open(
        self, context: ResponseContext, endpoint: str, request: Request, check: _Check
    ) -> StreamedResponse:
        """Open a stream, following redirects, and return it if it is what was asked for."""
        try:
            for redirects in count():
                opened = self._transport().stream(request)
                response = await opened.__aenter__()
                context.opened = opened
                redirect = build_redirect(request, response.status, response.headers)
                if redirect is None:
                    await self._report_head(response)
                    return await check(request, response)
                if redirects >= MAX_REDIRECTS:
                    raise build_error(endpoint, response.status, response.headers)
                await context.__aexit__(None, None, None)
                request = redirect
            raise AssertionError("counting does not end")
        except BaseException as error:
            await context.__aexit__(type(error), error, error.__traceback__)
            raise

    async def _report_head(self, response: StreamedResponse) -> None:
        if self.settings.on_response is not None:
            head = Response(response.status, response.headers, b"")
            await run_callback(self.settings.on_response, head)

    async def _fetch_token(self, client_id: str) -> AnonymousToken:
        call = build_create_anonymous_token()
        data = await self._run(call, self._send, None)
        return read_model(models.AnonymousToken, data, call.endpoint)


def _log_response(call: Call, began: float) -> None:
    _logger.debug("%s answered in %.3f s.", call.endpoint, monotonic() - began)
