"""`nemovideo mcp`: runs the Model Context Protocol server."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass, replace
from importlib.util import find_spec

from nemovideo import mcp
from nemovideo.cli.client_context import CommandContext, is_sandbox_running
from nemovideo.cli.display.output import Output
from nemovideo.cli.options import Common
from nemovideo.config.settings import load_settings
from nemovideo.errors import InvalidInputError

_SANDBOX = "NEMOVIDEO_MCP_SANDBOX"
_OFF = frozenset({"", "0", "false", "no", "off"})


def with_mcp_environment(common: Common) -> Common:
    """Return the shared options with `NEMOVIDEO_MCP_SANDBOX` applied.

    Hosts start and end servers as they like, so its sandbox is stored. Where two run at once, the
    second has one that ends with it.
    """
    wanted = os.environ.get(_SANDBOX, "").strip().lower() not in _OFF
    if not wanted or common.base_url is not None:
        return common
    folder = common.state_dir or load_settings().config_dir / "mcp-sandbox"
    state_dir = None if is_sandbox_running(folder) else folder
    return replace(common, sandbox=True, state_dir=state_dir)


@dataclass(frozen=True)
class McpCommand:
    """The arguments of the command."""

    port: int | None
    host: str

    async def run(self, context: CommandContext, output: Output) -> None:
        """Serve until the input ends, or until Ctrl-C."""
        if find_spec("mcp") is None:
            raise InvalidInputError(
                "The server needs an extra.",
                parameter="nemovideo[mcp]",
                hint='Install it: pip install "nemovideo[mcp]"',
            )
        settings = mcp.load_server_settings()
        if self.port is None:
            if sys.stdin.isatty():
                output.note("An assistant starts this command and speaks to it; Ctrl-C ends it.")
            # A thread reads the input, and cannot be cancelled. What is paid for is in the journal.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            await mcp.serve_stdio(context.client, context.settings, settings)
            return
        output.note(f"MCP server at http://{self.host}:{self.port}/mcp; Ctrl-C ends it.")
        await mcp.serve_http(
            context.client, context.settings, settings, port=self.port, host=self.host
        )
