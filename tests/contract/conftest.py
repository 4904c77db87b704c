"""One suite for any server: the sandbox in each of its shapes, or `NEMO_CONTRACT_URL`.

Against a URL the suite makes one film (about 100 credits, from the anonymous token that it asks
for or from `NEMO_CONTRACT_TOKEN`); everything else that it does is free. Waits are the service's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from nemovideo import Timing
from nemovideo.sandbox import AgentBehavior, Sandbox
from tests.contract.wire import Film, Service, Wire

URL = os.environ.get("NEMO_CONTRACT_URL", "").rstrip("/")
TOKEN = os.environ.get("NEMO_CONTRACT_TOKEN")
SHAPES: dict[str, dict[str, Any]] = {
    "sandbox, as the description has it": {},
    "sandbox, as the vendor's tools have it": {
        "sse_shape": "adk",
        "render_shape": "vendor",
        "error_status": "http",
    },
    "sandbox, all mixed": {
        "sse_shape": "mixed",
        "render_shape": "envelope",
        "error_status": "mixed",
    },
}
BEHAVIOR = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=1)


@pytest.fixture(scope="session", params=[URL] if URL else list(SHAPES))
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Service]:
    """The server under test."""
    folder: Path = tmp_path_factory.mktemp("config")
    if URL:
        yield Service(URL, folder, Timing(), poll_seconds=10, token=TOKEN)
        return
    with Sandbox(stub_renders=True, behavior=BEHAVIOR, **SHAPES[request.param]) as running:
        yield Service(running.url, folder, Timing().scaled_waits(0.01), poll_seconds=0.05)


@pytest.fixture(scope="session")
def wire(service: Service) -> Iterator[Wire]:
    """A plain HTTP client with a token, which shares no code with the package."""
    with Wire(service) as opened:
        opened.log_in()
        yield opened


@pytest.fixture(scope="session")
def film(wire: Wire) -> Film:
    """The one film that is paid for."""
    return wire.generate_film("a 3-second video of a panda in the snow")
