"""`Sandbox`: starts and stops the server, injects faults and reads what was received."""

import contextlib
import copy
import importlib.util
import os
import threading
from collections.abc import Callable, Collection, Generator, Iterable
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Self, TypedDict, TypeVar, Unpack

import anyio.to_thread

from nemovideo.sandbox.agents.interface import AgentBehavior
from nemovideo.sandbox.agents.scripted import AgentScript, build_agent
from nemovideo.sandbox.clips.video_server import VideoServer
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
    from nemovideo._client import AsyncNemoVideo
    from nemovideo.config.timing import Timing
    from nemovideo.sandbox.server import Server
    from nemovideo.sandbox.service.app_state import AppState
    from nemovideo.transports import Transport

_Result = TypeVar("_Result")
CREDITS = 10_000
"""The credits of a new client on the command line."""
LAST_PORT = 65533
"""The highest port of the API; the files and the pages use the next two."""
_EXTRA = ("aiohttp", "av", "numpy", "PIL")
_IDENTITY = ("NEMO_TOKEN", "NEMO_CLIENT_ID")
_environment = threading.Lock()


class ClientOptions(TypedDict, total=False):
    """The arguments of `Sandbox.client`: those of `AsyncNemoVideo`."""

    token: str
    client_id: str
    base_url: str
    web_url: str
    source: str
    source_version: str
    platform: str
    timing: "Timing"
    max_retries: int
    transport: "Transport"
    config_dir: str | PurePath
    journal: bool | str | PurePath
    trust_env: bool


class Sandbox:
    """A local stand-in for the NemoVideo service, on 127.0.0.1.

    Use it as `with` or `async with` (asyncio and trio); it runs in its own thread with its own
    event loop. Any number may run at once.

    Args:
        port: the API's port; files and pages are on the next two. 0 takes free ports.
        speed: a factor for the service's waits: 0 adds none, 1 is the service's pace, 0.1 waits
            a tenth of the time.
        seed: makes drafts, replies and probabilities repeatable.
        credits: the credits of a new client.
        sse_shape: "typed", "adk" or "mixed" (wire-contract section 5).
        render_shape: "seed", "vendor", "envelope" or "mixed" (wire-contract section 4).
        faults: faults in force from the start; see `Fault` and `inject`.
        state_dir: a folder that stores sessions, tokens, files and renders across restarts.
        stub_renders: render a tiny real video, for tests of everything else.
        render_height: the maximum height of the picture: 360 renders the real video, but small
            and in a fraction of the time. None renders the size of the draft.
        agent: what answers the messages: a list of replies, one for each message in turn; a
            function `(message, session)` that returns or yields steps, async or not; or an agent
            object. None is `RuleAgent(behavior)`. See `Say` and the other steps.
        video_server: the server that makes the pictures of generated clips, as the URL of its
            OpenAI-compatible interface or a `VideoServer`; None draws them.
        video_model: the name of the model there; None is the one that it has.
        behavior: how often edits of the rule agent are silent, its replies mention buttons and so
            on.
        error_status: "code" sends the service's own codes with HTTP 200, "http" with the HTTP
            status that fits, "mixed" alternates. 400, 402 and 429 are always both.
        token_limit: the tokens of one client within 7 days before it gets 429; 1 is the
            documented rule. Rejected, revoked and expired tokens do not count.
        token_limit_per_ip: the tokens of one IP address within 7 days; None: no limit.
        free_plan_exports: False responds with 402 to renders of accounts on the free plan.
        allow_remote_urls: allow uploads by URL from other machines.
        upload_limit: the largest file, in bytes.
        link_seconds: how long the URL of a file is valid, in seconds of the sandbox's clock.

    Raises:
        ModuleNotFoundError: at the start, if the extra `sandbox` is not installed.
        ValueError: an option is invalid.
        OSError: at the start, if a port is in use.

    Example:
        ```python
        async with Sandbox(agent=["Hello!"]) as sandbox:
            async with sandbox.client() as client:
                project = await client.create_project()
                assert (await project.send("hi")).text == "Hello!"
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
        agent: AgentScript | None = None,
        video_server: str | VideoServer | None = None,
        video_model: str | None = None,
        behavior: AgentBehavior | None = None,
        error_status: ErrorStatus = "code",
        token_limit: int = 1,
        token_limit_per_ip: int | None = None,
        free_plan_exports: bool = True,
        allow_remote_urls: bool = False,
        upload_limit: int = UPLOAD_LIMIT,
        link_seconds: float = WEEK,
    ) -> None:
        if agent is not None and behavior is not None:
            raise ValueError(
                "behavior is that of the rule agent: leave it out beside agent, or give"
                " agent=RuleAgent(behavior). Fault('messages.stream', 'silent') silences any agent."
            )
        if video_model is not None and not isinstance(video_server, str):
            raise ValueError("video_model goes with the URL of a video_server")
        if isinstance(video_server, str):
            video_server = VideoServer(video_server, video_model)
        self._settings = Settings(
            seed=seed,
            credits=credits,
            sse_shape=sse_shape,
            render_shape=render_shape,
            stub_renders=stub_renders,
            render_height=render_height,
            agent=None if agent is None else build_agent(agent),
            video_server=video_server,
            behavior=behavior or AgentBehavior(),
            error_status=error_status,
            token_limit=token_limit,
            token_limit_per_ip=token_limit_per_ip,
            free_plan_exports=free_plan_exports,
            allow_remote_urls=allow_remote_urls,
            upload_limit=upload_limit,
            link_seconds=link_seconds,
        )
        self.clock: Clock = Clock(speed)
        """The sandbox's time; `clock.advance(seconds)` moves it."""
        if not 0 <= port <= LAST_PORT:
            raise ValueError(f"port is between 0 (any free one) and {LAST_PORT}, not {port}")
        self._port = port
        self._state_dir = None if state_dir is None else Path(state_dir)
        self._faults = FaultRegistry(faults, seed)
        self._log = RequestLog()
        self._server: Server | None = None
        self._state: AppState | None = None
        self._urls: tuple[str, str, str] | None = None
        self._clients: list[AsyncNemoVideo] = []
        self._config_dirs: list[TemporaryDirectory[str]] = []

    @property
    def url(self) -> str:
        """The URL of the API: the client's `base_url`."""
        return self._started_urls()[0]

    @property
    def cdn_url(self) -> str:
        """The URL of the host that serves files."""
        return self._started_urls()[1]

    @property
    def web_url(self) -> str:
        """The URL of the web pages: the client's `web_url`."""
        return self._started_urls()[2]

    @property
    def requests(self) -> list[LoggedRequest]:
        """Every request so far, pages and files included, in order of arrival."""
        return list(self._log.requests)

    @property
    def charges(self) -> list[Charge]:
        """The charges, one for each message that was carried out, even if it is 0."""
        return self._read(lambda state: list(state.store.charges.values()))

    @property
    def sessions(self) -> list[Session]:
        """A copy of every session, oldest first."""
        return self._read(lambda state: copy.deepcopy(list(state.store.sessions.values())))

    @property
    def renders(self) -> list[Render]:
        """A copy of every render, oldest first."""

        def read(state: "AppState") -> list[Render]:
            renders = list(state.store.renders.values())
            for render in renders:
                state.renders.refresh(render)
            return copy.deepcopy(renders)

        return self._read(read)

    def client(self, **options: Unpack[ClientOptions]) -> "AsyncNemoVideo":
        """Return a new client of this sandbox: an account of its own, with the sandbox's credits.

        It has a config folder of its own, and a token or client id of the environment is not sent
        to the sandbox. It is closed with the sandbox; `async with` closes it earlier.

        Args:
            **options: Arguments of `AsyncNemoVideo`, which take precedence.

        Raises:
            RuntimeError: The sandbox is not running.
            InvalidInputError: An option is invalid.

        Example:
            ```python
            async with Sandbox(agent=["Hello!"]) as sandbox:
                project = await sandbox.client().create_project()
                print((await project.send("hi")).text)
            ```
        """
        if self._server is None:
            raise RuntimeError("the sandbox is not running: use it in a 'with' block, or start()")
        # Here and not at the top: the sandbox does without the client that it is used with.
        from nemovideo._client import AsyncNemoVideo

        if "config_dir" not in options:
            self._config_dirs.append(TemporaryDirectory(prefix="nemovideo-client-"))
            options["config_dir"] = self._config_dirs[-1].name
        options.setdefault("base_url", self.url)
        options.setdefault("web_url", self.web_url)
        with _anonymous_environment():
            client = AsyncNemoVideo(**options)
        self._clients.append(client)
        return client

    def inject(self, *faults: Fault) -> Injection:
        """Put faults in force for a `with` block; the newest takes precedence.

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
        """Be unreachable for a `with` block: new connections are refused, open ones are dropped.

        Example:
            ```python
            with sandbox.unreachable():
                ...  # every connection raises ConnectionRefusedError
            ```
        """
        server = self._server
        if server is None:
            raise RuntimeError("the sandbox is not running")
        server.go_offline()
        try:
            yield
        finally:
            if self._server is server:
                server.go_online()

    def issue_token(
        self,
        *,
        credits: int | None = None,
        registered: bool = True,
        plan: Plan = "pro",
        scopes: Iterable[str] = SCOPES,
        lifetime: float = WEEK,
    ) -> str:
        """Create an account and a token for it, as for a user who has a token already.

        Args:
            credits: the credits of the account; None: those of a new client.
            registered: False creates an anonymous account.
            plan: "free" or "pro".
            scopes: any of "read", "write", "upload".
            lifetime: seconds of the sandbox's clock.
        """

        def make(state: "AppState") -> str:
            account = state.service.create_account(None, credits, registered, plan)
            return state.service.issue_token(account, tuple(scopes), lifetime).text

        return self._read(make)

    def revoke_tokens(self) -> None:
        """Revoke every token issued so far: the next use gets 1001."""

        def revoke(state: "AppState") -> None:
            for token in list(state.store.tokens.values()):
                token.revoked = True
                state.store.save(token)

        self._read(revoke)

    def forget_sessions(self) -> None:
        """Delete every session, as if it had expired: the next use gets 1002."""
        self._read(lambda state: state.store.drop_sessions())

    def violations(self) -> list[Violation]:
        """Return the rules of the service that the client broke; see `assert_clean`."""
        found = find_violations(self.requests)
        errors, answers = self._read(
            lambda _: (self._log.internal_errors[:], self._log.agent_errors[:])
        )
        found += [Violation("agent_error", 0, text) for text in answers]
        return found + [Violation("sandbox_error", number, text) for number, text in errors]

    def assert_clean(self, *, allow: Collection[ViolationKind] = ()) -> None:
        """Raise if the client broke a rule of the service.

        - `repeated_message`: the same text sent to a session again while the first message was
          unfinished or in doubt: a double charge, or the risk of one. Allowed after 1001, 1002,
          2001, 400, 429 and 503 with `Retry-After`, and after a complete reply.
        - `abandoned_stream`: the client disconnected from a paid stream before its end.
        - `leaked_credential`: `Authorization`, `X-Client-Id` or `X-Skill-*` sent to the CDN or
          the web pages. `credential_in_url`: a token in a URL.
        - `missing_attribution`: an API request without the three `X-Skill-*` headers.
        - `bearer_on_token_request`, `missing_accept` (on `/run_sse`).
        - `altered_draft`: a render of a draft that the session has never had, number for number.
        - `agent_error`: the agent of this test had no answer to a message, or raised an error.
        - `sandbox_error`: the sandbox itself failed; please report it.

        Args:
            allow: kinds that this test expects.

        Raises:
            RuleViolationError: an `AssertionError` that lists every violation.
        """
        found = [violation for violation in self.violations() if violation.kind not in allow]
        if found:
            raise RuleViolationError(found)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        await anyio.to_thread.run_sync(self.start)
        return self

    async def __aexit__(self, *_: object) -> None:
        with anyio.CancelScope(shield=True):
            for client in self._clients:
                await client.aclose()
            await anyio.to_thread.run_sync(self.stop)

    def __repr__(self) -> str:
        return f"<Sandbox {self._urls[0] if self._urls else 'not started'}>"

    def start(self) -> Self:
        """Start it without `with`, for as long as a notebook runs; `stop` ends it.

        Raises:
            RuntimeError: it runs already.

        Example:
            ```python
            sandbox = Sandbox(credits=10_000, render_height=360).start()
            client = sandbox.client()
            ```
        """
        if self._server is not None:
            raise RuntimeError("this sandbox is already running; create a second one")
        _check_extra()
        # Here and not at the top: aiohttp takes a third of a second to load.
        from nemovideo.sandbox.server import Server, listen, url_of

        store = Store(self._state_dir)
        try:
            listeners = listen([self._port + i if self._port else 0 for i in range(3)])
        except OSError:
            store.close()
            raise
        self._urls = (url_of(listeners.api), url_of(listeners.cdn), url_of(listeners.web))
        server = Server(self._settings, self.clock, self._faults, self._log, store)
        try:
            self._state = server.start(listeners)
        except BaseException:
            server.stop()
            raise
        self._server = server
        return self

    def stop(self) -> None:
        """Stop it, as the end of `with` does; nothing if it is not running."""
        # What its clients have open is closed with the event loops that they were used in.
        if self._server is not None:
            self._server.stop()
            self._server = None
        self._clients.clear()
        while self._config_dirs:
            self._config_dirs.pop().cleanup()

    def _started_urls(self) -> tuple[str, str, str]:
        if self._urls is None:
            raise RuntimeError("the sandbox has no URL before it is started: use 'with' or start()")
        return self._urls

    def _read(self, read: "Callable[[AppState], _Result]") -> _Result:
        """Call `read` with the service's state while nothing changes it."""
        state = self._state
        if state is None:
            raise RuntimeError("the sandbox has not been started: use 'with' or start()")
        if self._server is None:
            return read(state)
        return self._server.run_on_loop(lambda: read(state))


@contextlib.contextmanager
def _anonymous_environment() -> Generator[None, None, None]:
    """Hide whose token the environment has: it is for the service, and the sandbox refuses it."""
    with _environment:
        hidden = {name: os.environ.pop(name) for name in _IDENTITY if name in os.environ}
        try:
            yield
        finally:
            os.environ.update(hidden)


def _check_extra() -> None:
    missing = [name for name in _EXTRA if importlib.util.find_spec(name) is None]
    if missing:
        raise ModuleNotFoundError(
            f'the sandbox needs {", ".join(missing)}: pip install "nemovideo[sandbox]"'
        )
