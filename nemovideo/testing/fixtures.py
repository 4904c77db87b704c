"""The fixtures of the pytest plugin.

They are in every test run, so each imports what it needs when a test uses it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import nemovideo

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from pathlib import Path

    from nemovideo import AsyncNemoVideo, NemoVideo
    from nemovideo.sandbox import Sandbox

_MARKS = (
    "nemo_sandbox(**options): arguments of this test's Sandbox,"
    " such as credits=0, stub_renders=False or faults=[…]",
    "nemo_timing(**limits): fields of Timing for every client that this test makes, such as"
    " stream_limit=0.5, after which it is decided what a lost message came to",
    "nemo_agent(agent): what answers the messages of this test: a list of replies, one for each"
    " message, or agent=function, which returns the steps for (message, session)",
)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers."""
    for mark in _MARKS:
        config.addinivalue_line("markers", mark)


@pytest.fixture
def nemo_no_waiting(request: pytest.FixtureRequest) -> Generator[None]:
    """Clients made in the test hardly wait between two steps.

    The marker `nemo_timing` sets limits of theirs.

    Example:
        ```python
        @pytest.mark.nemo_timing(stream_limit=0.5)
        def test_an_outage_is_survived(nemo_sandbox): ...
        ```
    """
    limits: dict[str, float] = {}
    for marker in reversed(list(request.node.iter_markers("nemo_timing"))):
        if marker.args:
            raise ValueError("nemo_timing takes fields of Timing by name: stream_limit=0.5")
        limits.update(marker.kwargs)
    with nemovideo.testing.no_waiting(**limits):
        yield


@pytest.fixture
def nemo_agent(request: pytest.FixtureRequest) -> object:
    """The agent of `nemo_sandbox`: that of the marker `nemo_agent`, else the default one.

    A fixture of this name, or a parameter, in a test module or class scripts the agent of all its
    tests.

    Example:
        ```python
        @pytest.fixture
        def nemo_agent():
            return ["Which colour?", "Here it is."]
        ```
    """
    marker = request.node.get_closest_marker("nemo_agent")
    if marker is None:
        return None
    given = [*marker.args, *marker.kwargs.values()]
    if len(given) != 1 or marker.kwargs.keys() - {"agent"}:
        raise ValueError(
            "nemo_agent takes one argument: a list of replies, as nemo_agent(['Done.']),"
            " or a function, as nemo_agent(agent=function)"
        )
    return given[0]


@pytest.fixture
def nemo_sandbox(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    nemo_no_waiting: None,
    nemo_agent: object,
) -> Generator[Sandbox]:
    """A sandbox for this test, and the environment that makes every client use it.

    Renders are tiny, an account has 1000 credits, and the agent always replies; the marker
    `nemo_sandbox` changes that, and `nemo_agent` scripts the agent. A client made without
    arguments uses this sandbox, with an empty config folder; the token of whoever runs the test is
    not read.

    Example:
        ```python
        @pytest.mark.nemo_agent(["Which colour?", [EditDraft(add_ball), "Here it is."]])
        def test_it_passes_questions_on(nemo_sandbox): ...


        @pytest.mark.nemo_sandbox(credits=0)
        def test_it_says_when_there_are_no_credits(nemo_sandbox): ...
        ```
    """
    options: dict[str, Any] = {"stub_renders": True, "credits": 1000}
    for marker in reversed(list(request.node.iter_markers("nemo_sandbox"))):
        options.update(marker.kwargs)
    if nemo_agent is not None:
        options["agent"] = nemo_agent
    if "agent" not in options:
        always_replies = nemovideo.sandbox.AgentBehavior(
            silent=0, gui=0, trailing_issue=0, thoughts=0
        )
        options.setdefault("behavior", always_replies)
    with nemovideo.sandbox.Sandbox(**options) as sandbox:
        monkeypatch.setenv("NEMO_API_URL", sandbox.url)
        monkeypatch.setenv("NEMO_WEB_URL", sandbox.web_url)
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "nemo_config"))
        monkeypatch.delenv("NEMO_TOKEN", raising=False)
        monkeypatch.delenv("NEMO_CLIENT_ID", raising=False)
        yield sandbox


@pytest.fixture
async def nemo_client(
    anyio_backend: object, nemo_sandbox: Sandbox
) -> AsyncGenerator[AsyncNemoVideo]:
    """A client of `nemo_sandbox`, for tests marked `anyio`: they run on asyncio and on trio.

    Example:
        ```python
        @pytest.mark.anyio
        async def test_a_video_is_made(nemo_client):
            assert (await nemo_client.generate("a panda")).duration > 0
        ```
    """
    async with nemovideo.AsyncNemoVideo(base_url=nemo_sandbox.url) as client:
        yield client


@pytest.fixture
def nemo_blocking_client(nemo_sandbox: Sandbox) -> Generator[NemoVideo]:
    """A client of `nemo_sandbox` for tests without async.

    Example:
        ```python
        def test_a_video_is_made(nemo_blocking_client):
            assert nemo_blocking_client.generate("a panda").duration > 0
        ```
    """
    with nemovideo.NemoVideo(base_url=nemo_sandbox.url) as client:
        yield client
