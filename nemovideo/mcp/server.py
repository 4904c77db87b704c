"""The server: on standard input and output, or over HTTP."""

from __future__ import annotations

import hmac
import socket
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING

import uvicorn
from mcp.server.mcpserver import MCPServer
from mcp.server.transport_security import TransportSecuritySettings

from nemovideo._client import AsyncNemoVideo
from nemovideo._version import __version__
from nemovideo.errors import InvalidInputError, NemoVideoError
from nemovideo.mcp.free_tools import add_free_tools
from nemovideo.mcp.paid_tools import add_paid_tools
from nemovideo.mcp.prompts import RULES, add_prompts
from nemovideo.mcp.resources import add_resources
from nemovideo.mcp.settings import ServerSettings
from nemovideo.mcp.state import ServerState, open_state
from nemovideo.security.hosts import is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

    from nemovideo.config.settings import Settings
    from nemovideo.security.redaction import Secret

NAME = "nemovideo-sdk"
_INSTRUCTIONS = f"""Makes and edits real MP4 videos with NemoVideo.

start_video and edit_video answer at once with a key; call wait_video with that key until its status
is done or failed, then export_video for the file of an edit. The work goes on when a call is cut
off, and wait_video finds it by its key even after this server was started anew.

{RULES}"""


@asynccontextmanager
async def open_server(
    client: AsyncNemoVideo,
    service: Settings,
    settings: ServerSettings,
    *,
    clock: Callable[[], float] = time.time,
) -> AsyncGenerator[MCPServer[ServerState]]:
    """Open a server, whose work goes on until the end of the block.

    Args:
        client: The client of the service; its token is the server's.
        service: The settings of that client.
        settings: What the server may read, write and spend.
        clock: Seconds since 1970.
    """
    async with open_state(
        client,
        settings,
        base_url=service.base_url,
        config_dir=service.config_dir,
        clock=clock,
    ) as state:
        yield build_server(state)


def build_server(state: ServerState) -> MCPServer[ServerState]:
    @asynccontextmanager
    async def share(_: MCPServer[ServerState]) -> AsyncGenerator[ServerState]:
        yield state

    lifespan: Callable[[MCPServer[ServerState]], AbstractAsyncContextManager[ServerState]] = share
    server = MCPServer(
        NAME,
        title="NemoVideo",
        version=__version__,
        instructions=_INSTRUCTIONS,
        lifespan=lifespan,
        log_level="WARNING",
    )
    add_paid_tools(server)
    add_free_tools(server)
    add_resources(server, state)
    add_prompts(server)
    return server


async def serve_stdio(client: AsyncNemoVideo, service: Settings, settings: ServerSettings) -> None:
    """Serve on standard input and output until the input ends."""
    async with open_server(client, service, settings) as server:
        await server.run_stdio_async()


async def serve_http(
    client: AsyncNemoVideo,
    service: Settings,
    settings: ServerSettings,
    *,
    port: int,
    host: str = "127.0.0.1",
    on_listening: Callable[[str], object] = lambda _: None,
) -> None:
    """Serve over HTTP, at `/mcp`, until the program is interrupted.

    Args:
        client: The client of the service.
        service: The settings of that client.
        settings: What the server may read, write and spend, and the token.
        port: The port.
        host: Where to listen. Other than this machine's own address it needs a token.
        on_listening: Called with the address once requests are taken.

    Raises:
        InvalidInputError: the host is not this machine, and there is no token.
        NemoVideoError: the port is in use, or the host is not this machine's.
    """
    if not is_loopback(host) and settings.token is None:
        raise InvalidInputError(
            f"Anybody who reaches {host} could spend your credits.",
            parameter="NEMOVIDEO_MCP_TOKEN",
            accepted=("a token of 16 or more characters",),
            hint="Set NEMOVIDEO_MCP_TOKEN, and have clients send it as their bearer token.",
        )
    async with open_server(client, service, settings) as server:
        app: ASGIApp = server.streamable_http_app(
            host=host, transport_security=_transport_security(host)
        )
        if settings.token is not None:
            app = RequireToken(app, settings.token)
        # Without a configuration of its own, its log goes where the others go: to stderr.
        config = uvicorn.Config(app, log_config=None, access_log=False)
        with _listen(host, port) as listener:
            shown = f"[{host}]" if ":" in host else host
            on_listening(f"http://{shown}:{listener.getsockname()[1]}/mcp")
            await uvicorn.Server(config).serve(sockets=[listener])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise NemoVideoError(
            f"Nothing can listen on port {port} of {host}: {error.strerror or error}.",
            hint="Choose another port with --http PORT.",
        ) from error


def _transport_security(host: str) -> TransportSecuritySettings:
    """Return which `Host` and `Origin` are taken: a page in a browser may send any request."""
    shown = f"[{host}]" if ":" in host else host
    names = [shown, *(["127.0.0.1", "localhost", "[::1]"] if is_loopback(host) else [])]
    if host in {"0.0.0.0", "::"}:  # noqa: S104  # it is compared, and needs a token
        # It has many names. A page that was led here has no token.
        return TransportSecuritySettings(enable_dns_rebinding_protection=False)
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True,
        allowed_hosts=[each for name in names for each in (name, f"{name}:*")],
        allowed_origins=[f"http://{name}:*" for name in names],
    )


class RequireToken:
    """Refuses requests without the bearer token.

    Args:
        app: What answers the others.
        token: The token.
    """

    def __init__(self, app: ASGIApp, token: Secret) -> None:
        self._app = app
        self._expected = f"Bearer {token.reveal()}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            sent = dict(scope["headers"]).get(b"authorization", b"")
            if not hmac.compare_digest(sent, self._expected):
                headers = [(b"www-authenticate", b"Bearer"), (b"content-length", b"0")]
                await send({"type": "http.response.start", "status": 401, "headers": headers})
                await send({"type": "http.response.body"})
                return
        await self._app(scope, receive, send)
