"""What every test stands on: a home of its own, both async backends, and a sandbox where asked."""

from __future__ import annotations

import gc
import os
import signal
import sys
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

import nemovideo
from nemovideo import AsyncNemoVideo, Timing
from nemovideo.sandbox import AgentBehavior, Sandbox
from tests.hanging import pytest_timeout_set_timer as pytest_timeout_set_timer
from tests.postgres import cluster as cluster
from tests.postgres import journal_url as journal_url
from tests.postgres import postgres_url as postgres_url
from tests.scripted import build as build
from tests.scripted import script as script
from tests.scripted import slept as slept
from tests.scripted import transport as transport
from tests.stores import bucket as bucket
from tests.stores import memory as memory
from tests.stores import s3 as s3
from tests.stores import s3_file_system as s3_file_system
from tests.stores import s3_url as s3_url

# The oldest Python searches with as many examples as each test says; the others, the wheel and the
# lowest versions are after what differs between them, which few examples find as well.
# Neither a deadline nor the time that the first examples take, which include the reading of all
# sources for constants: both say how busy the machine is.
TIMELESS = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("thorough", **TIMELESS)
settings.register_profile("brief", max_examples=15, **TIMELESS)
settings.load_profile(os.environ.get("NEMOVIDEO_EXAMPLES", "thorough"))

# What is measured is the test's own process: a program that it starts would take twice as long.
if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)

QUICK = Timing().scaled_waits(0.002)
"""Short waits in the same order, and every limit as users have it: a busy machine meets none."""

TALKATIVE = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
"""A sandbox agent without surprises."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI on Linux, where all is there that a test may need, none is skipped in silence."""
    report = yield
    if report.skipped and os.environ.get("CI") and sys.platform == "linux":
        report.outcome = "failed"
        report.longrepr = f"This must not be skipped in CI: {report.longreprtext}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is collected stays to the end: no collection of garbage looks through it."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what runs on trio, which is not measured, and what needs a server."""
    for item in [*items]:
        spec = getattr(item, "callspec", None)
        params = {} if spec is None else spec.params
        postgres = "postgres" in (params.get("journal_url"), params.get("open_journal"))
        if postgres or {"cluster", "s3_url"} & {*getattr(item, "fixturenames", ())}:
            item.add_marker("server")
        if params.get("anyio_backend") == "trio":
            item.add_marker("trio")
            # What is done in PostgreSQL is done in threads, the same on both.
            if postgres:
                items.remove(item)


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """Every async test runs twice, unless its file says which library it is about."""
    return str(request.param)


@pytest.fixture(autouse=True, scope="session")
def ctrl_c() -> Iterator[None]:
    """Ctrl-C reaches this process and those that it starts, even begun in the background.

    A shell has what it starts there (`pytest &`, `nohup pytest`) ignore it, and that is inherited.
    """
    before = signal.getsignal(signal.SIGINT)
    if before is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of all homes: to number one more, pytest would look through all that there are."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture(autouse=True)
def own_home(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test reads or writes the config folder, the token or the proxy of who runs it."""
    home = Path(tempfile.mkdtemp(dir=homes))
    for name in ("HOME", "USERPROFILE"):  # the latter on Windows
        monkeypatch.setenv(name, str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    for name in ("TOKEN", "CLIENT_ID", "API_URL", "WEB_URL"):
        monkeypatch.delenv(f"NEMO_{name}", raising=False)
    for name in (
        "NEMOVIDEO_JOURNAL",
        "SKILL_SOURCE",
        "SKILL_VERSION",
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "http_proxy",
    ):
        monkeypatch.delenv(name, raising=False)
    return home


def token_of(sandbox: Sandbox) -> str:
    """Return the token that the sandbox was last asked with."""
    came = [each.header("authorization") for each in sandbox.requests if each.host == "api"]
    return [each for each in came if each][-1].removeprefix("Bearer ")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """A sandbox with tiny renders and an agent that always answers."""
    with Sandbox(stub_renders=True, behavior=TALKATIVE, credits=1000) as running:
        yield running


@pytest.fixture
async def client(sandbox: Sandbox, tmp_path: Path) -> AsyncIterator[AsyncNemoVideo]:
    """A client of that sandbox, with short waits."""
    async with nemovideo.AsyncNemoVideo(base_url=sandbox.url, timing=QUICK) as made:
        yield made
