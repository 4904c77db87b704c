"""A Model Context Protocol server: videos for any assistant (extra `mcp`).

`nemovideo mcp` runs it on standard input and output, `nemovideo mcp --http PORT` over HTTP.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from nemovideo.mcp.server import open_server as open_server
    from nemovideo.mcp.server import serve_http as serve_http
    from nemovideo.mcp.server import serve_stdio as serve_stdio
    from nemovideo.mcp.settings import ServerSettings as ServerSettings
    from nemovideo.mcp.settings import load_server_settings as load_server_settings

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.mcp.server": ["open_server", "serve_http", "serve_stdio"],
        "nemovideo.mcp.settings": ["ServerSettings", "load_server_settings"],
    },
)
