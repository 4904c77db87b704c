"""`Sandbox`: start it, talk to it on its ports, look at what came in, stop it."""

import contextlib
import copy
import importlib.util
import os
from collections.abc import Callable, Collection, Generator, Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

import anyio.to_thread

from nemovideo.sandbox.agents.rule_agent import AgentBehavior
from nemovideo.sandbox.clock import Clock
from nemovideo.sandbox.faults import Fault, FaultRegistry, Injection
from nemovideo.sandbox.request_audit import (
    RuleViolationError,
    Violation,
    ViolationKind,
    find_violations,
)
from nemovideo.sandbox.request_log import LoggedRequest, RequestLog
from nemovideo.sandbox.service.settings import (
    UPLOAD_LIMIT,
    WEEK,
    ErrorStatus,
    RenderShape,
    Settings,
    SSEShape,
)
from nemovideo.sandbox.storage.records import SCOPES, Charge, Plan, Render, Session
from nemovideo.sandbox.storage.store import Store

if TYPE_CHECKING:
    from nemovideo.sandbox.server import Ports, Server
    from nemovideo.sandbox.service.app_state import AppState

_Result = TypeVar("_Result")
LAST_PORT = 65533
"""The last one that leaves room for the two that follow the API's."""
_EXTRA = ("aiohttp", "av", "numpy", "PIL")


class Sandbox:
    """A local stand-in for the NemoVideo service, on 127.0.0.1.

    Use it as `with` or `async with` (asyncio and trio); it runs in a thread of its own and leaves
    the caller's event loop alone. Any number may run at once.

    Args:
        port: the API's port; files and pages are on the next two. 0 takes free ports.
        speed: the service's waits are multiplied by it: 0 adds none, 1 is the service's pace,
            0.1 a tenth of it.
        seed: makes drafts, answers and chances repeatable.
        credits: what a new client starts with.
        sse_shape: "typed", "adk" or "mixed" (wire-contract section 5).
        render_shape: "seed", "vendor", "envelope" or "mixed" (wire-contract section 4).
        faults: faults in force from the start; see `Fault` and `inject`.
        state_dir: a folder that keeps sessions, tokens, files and renders over a restart.
        stub_renders: answer renders with a tiny real video, for tests of everything else.
        render_height: the most lines of a picture: 360 renders the real film, but small and in a
            fraction of the time, for tests. None renders what the draft asks for.
        behavior: how often edits are silent, answers speak of buttons and so on.
        error_status: "code" sends the service's own codes with HTTP 200, "http" with the HTTP
            status that fits, "mixed" now one and now the other. 400, 402 and 429 are always both.
        token_limit: tokens that a client can stall within 7 days before it gets 429; 1 is the
            documented rule. One that was refused, revoked or has expired does not count.
        token_limit_per_ip: tokens for one address within 7 days; None does not count them.
        free_plan_exports: False answers 402 to renders of accounts on the free plan.
        allow_remote_urls: uploads by address may lead off this machine.
        upload_limit: the largest file, in bytes.
        link_seconds: how long a link to a file is good, in seconds of the sandbox's clock.

    Raises:
        ModuleNotFoundError: at the start, when the extra `sandbox` is not installed.
        ValueError: an option that makes no sense.
        OSError: at the start, when a port is in use.

    Example:
        ```python
        async with Sandbox(stub_renders=True) as sandbox:
            client = AsyncNemoVideo(base_url=sandbox.url, web_url=sandbox.web_url)
        ```
    """

    def __init__(
        self,
        *,
        port: int = 0,
        speed: float = 0,
        seed: int = 0,
        credits: int = 100,
        sse_shape: SSEShape = "typed",
        render_shape: RenderShape = "seed",
        faults: Iterable[Fault] = (),
        state_dir: str | os.PathLike[str] | None = None,
        stub_renders: bool = False,
        render_height: int | None = None,
        behavior: AgentBehavior | None = None,
        error_status: ErrorStatus = "code",
        token_limit: int = 1,
        token_limit_per_ip: int | None = None,
        free_plan_exports: bool = True,
        allow_remote_urls: bool = False,
        upload_limit: int = UPLOAD_LIMIT,
        link_seconds: float = WEEK,
    ) -> None:
        self._settings = Settings(
            seed=seed,
            credits=credits,
            sse_shape=sse_shape,
            render_shape=render_shape,
            stub_renders=stub_renders,
            render_height=render_height,
            behavior=behavior or AgentBehavior(),
            error_status=error_status,
            token_limit=token_limit,
            token_limit_per_ip=token_limit_per_ip,
            free_plan_exports=free_plan_exports,
            allow_remote_urls=allow_remote_urls,
            upload_limit=upload_limit,
            link_seconds=link_seconds,
        )
        self.clock = Clock(speed)
        """The sandbox's time; `clock.advance(seconds)` moves it."""
        if not 0 <= port <= LAST_PORT:
            raise ValueError(f"port lies between 0 (any free one) and {LAST_PORT}, not {port}")
        self._port = port
        self._state_dir = None if state_dir is None else Path(state_dir)
        self._faults = FaultRegistry(faults, seed)
        self._log = RequestLog()
        self._server: Server | None = None
        self._state: AppState | None = None
        self._urls: tuple[str, str, str] | None = None

    @property
    def url(self) -> str:
        """The API's address: the client's `base_url`."""
        return self._addresses()[0]

    @property
    def cdn_url(self) -> str:
        """The address of the host that files are served from."""
        return self._addresses()[1]

    @property
    def web_url(self) -> str:
        """The address of the web pages: the client's `web_url`."""
        return self._addresses()[2]

    @property
    def requests(self) -> list[LoggedRequest]:
        """Every request so far, pages and files included, in the order they came."""
        return list(self._log.requests)

    @property
    def charges(self) -> list[Charge]:
        """What was charged, one entry for each message that was carried out; 0 is an entry too."""
        return self._look(lambda parts: list(parts.store.charges.values()))

    @property
    def sessions(self) -> list[Session]:
        """A copy of every session, oldest first."""
        return self._look(lambda parts: copy.deepcopy(list(parts.store.sessions.values())))

    @property
    def renders(self) -> list[Render]:
        """A copy of every render, oldest first."""

        def read(parts: "AppState") -> list[Render]:
            renders = list(parts.store.renders.values())
            for render in renders:
                parts.renders.refresh(render)
            return copy.deepcopy(renders)

        return self._look(read)

    def inject(self, *faults: Fault) -> Injection:
        """Put faults in force for a `with` block; the newest is asked first.

        Example:
            ```python
            with sandbox.inject(Fault("messages.stream", "cut", events=3)) as injected:
                ...
            assert injected.hits == 1
            ```
        """
        return Injection(self._faults, faults)

    @contextlib.contextmanager
    def unreachable(self) -> Generator[None, None, None]:
        """Be off the network for a `with` block: connections are refused, open ones are dropped.

        Example:
            ```python
            with sandbox.unreachable():
                ...  # ConnectionRefusedError for whoever calls
            ```
        """
        server = self._server
        if server is None:
            raise RuntimeError("the sandbox is not running")
        from nemovideo.sandbox.server import open_ports_again

        server.close_doors()
        try:
            yield
        finally:
            if self._server is server:
                server.open_doors(open_ports_again(self._addresses()))

    def issue_token(
        self,
        *,
        credits: int | None = None,
        registered: bool = True,
        plan: Plan = "pro",
        scopes: Iterable[str] = SCOPES,
        lifetime: float = WEEK,
    ) -> str:
        """Make an account and a token for it, as a user who brings an own token has.

        Args:
            credits: what the account starts with; None: as every new client.
            registered: False makes it an anonymous account.
            plan: "free" or "pro".
            scopes: any of "read", "write", "upload".
            lifetime: seconds of the sandbox's clock.
        """

        def make(parts: "AppState") -> str:
            account = parts.service.create_account(None, credits, registered, plan)
            return parts.service.issue_token(account, tuple(scopes), lifetime).text

        return self._look(make)

    def revoke_tokens(self) -> None:
        """Make every token that was issued so far invalid: the next use answers 1001."""

        def revoke(parts: "AppState") -> None:
            for token in list(parts.store.tokens.values()):
                token.revoked = True
                parts.store.save(token)

        self._look(revoke)

    def forget_sessions(self) -> None:
        """Remove every session, as if it had expired: the next use answers 1002."""
        self._look(lambda parts: parts.store.drop_sessions())

    def violations(self) -> list[Violation]:
        """What the client did that the service's rules forbid; see `assert_clean`."""
        found = find_violations(self.requests)
        broken = self._look(lambda _: list(self._log.internal_errors))
        return found + [Violation("sandbox_error", number, text) for number, text in broken]

    def assert_clean(self, *, allow: Collection[ViolationKind] = ()) -> None:
        """Fail when the client broke one of the service's rules.

        - `repeated_message`: the same words sent to a session again while the first message was
          unfinished or in doubt: a double charge, or the danger of one. Allowed after 1001, 1002,
          2001, 400, 429 and 503 with `Retry-After`, and after an answer that arrived in full.
        - `abandoned_stream`: the client left a paid stream before its end.
        - `leaked_credential`: `Authorization`, `X-Client-Id` or `X-Skill-*` sent to the CDN or
          the web pages. `credential_in_url`: a token in an address.
        - `missing_attribution`: an API request without the three `X-Skill-*` headers.
        - `bearer_on_token_request`, `missing_accept` (on `/run_sse`).
        - `altered_draft`: a render of a draft that the session never had, number for number.
        - `sandbox_error`: the sandbox itself failed; please report it.

        Args:
            allow: kinds that are meant to happen in this test.

        Raises:
            RuleViolationError: an `AssertionError` that lists every finding.
        """
        found = [violation for violation in self.violations() if violation.kind not in allow]
        if found:
            raise RuleViolationError(found)

    def __enter__(self) -> Self:
        self._start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    async def __aenter__(self) -> Self:
        await anyio.to_thread.run_sync(self._start)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(self._stop)

    def __repr__(self) -> str:
        place = self._urls[0] if self._urls else "not started"
        return f"<Sandbox {place}>"

    def _start(self) -> None:
        if self._server is not None:
            raise RuntimeError("this sandbox is running already; make a second one")
        _check_extra()
        # Here and not at the top: aiohttp takes a third of a second to load.
        from nemovideo.sandbox.server import Server, open_ports, url_of

        store = Store(self._state_dir)
        try:
            ports: Ports = open_ports(self._port)
        except OSError:
            store.close()
            raise
        self._urls = (url_of(ports.api), url_of(ports.cdn), url_of(ports.web))
        server = Server(self._settings, self.clock, self._faults, self._log, store)
        try:
            self._state = server.start(ports)
        except BaseException:
            server.stop()
            raise
        self._server = server

    def _stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def _addresses(self) -> tuple[str, str, str]:
        if self._urls is None:
            raise RuntimeError("the sandbox has no address before it is started with 'with'")
        return self._urls

    def _look(self, read: "Callable[[AppState], _Result]") -> _Result:
        """Read the service's records while nothing changes them."""
        parts = self._state
        if parts is None:
            raise RuntimeError("the sandbox has not been started; use it in a 'with' block")
        if self._server is None:
            return read(parts)
        return self._server.call(lambda: read(parts))


def _check_extra() -> None:
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise ModuleNotFoundError(
            f'the sandbox needs {", ".join(missing)}: pip install "nemovideo[sandbox]"'
        )
