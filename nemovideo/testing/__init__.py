"""For the tests of programs that use `nemovideo`: a sandbox, clients, and scripted answers.

With pytest, installing `nemovideo` is enough for its fixtures: `nemo_sandbox`, `nemo_client`
(async, under asyncio and trio through anyio), `nemo_blocking_client` and `nemo_no_waiting`. The
functions here work with any test runner.
"""

from nemovideo.testing.answers import Answer, Script, fail, ok, say, scripted
from nemovideo.testing.respx_routes import respx_routes
from nemovideo.testing.waiting import no_waiting

__all__ = ["Answer", "Script", "fail", "no_waiting", "ok", "respx_routes", "say", "scripted"]

pytest_plugins = ("nemovideo.testing.fixtures",)
"""Read by pytest, which loads the fixtures when it loads this module as a plugin."""
