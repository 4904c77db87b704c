"""A draft goes out to the render as it came, number for number and letter for letter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nemovideo import NemoVideo

LETTERS = st.text(st.characters(codec=None), max_size=8)  # half a surrogate included
NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0.1, 1e300, 5e-324, -0.0, 1.0, 2**53 + 1]),
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, LETTERS),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(LETTERS, inner, max_size=4),
    max_leaves=12,
)


class _Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    state = b""
    received = b""

    def do_GET(self) -> None:
        self._answer(type(self).state)

    def do_POST(self) -> None:
        type(self).received = self.rfile.read(int(self.headers["content-length"]))
        self._answer(b'{"id": "r", "status": "pending"}')

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A service that tells one state and keeps what it is sent."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def blocking(address: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NemoVideo]:
    folder: Path = tmp_path_factory.mktemp("config")
    with NemoVideo(base_url=address, token="t", config_dir=folder) as client:
        yield client


def exactly(text: str | bytes) -> object:
    """Read JSON with every number as it is written."""
    return json.loads(text, parse_float=Decimal, parse_int=Decimal)


@given(st.dictionaries(LETTERS, VALUES, max_size=4))
@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_a_render_is_of_the_draft_that_the_state_had(
    blocking: NemoVideo, extra: dict[str, object]
) -> None:
    draft = {**extra, "t": [{"tt": 0, "sg": [extra, {"d": 1}]}]}
    _Service.state = json.dumps({"code": 0, "data": {"state": {"draft": draft}}}).encode()
    state = blocking.states.retrieve("s")
    blocking.renders.create("s", state.draft)
    sent = exactly(_Service.received)
    assert isinstance(sent, dict)
    assert sent["draft"] == exactly(json.dumps(draft))
