"""A token, a claim token and a signature are in nothing that is shown, logged, pickled or kept.

One run full of failures, over both transports, with every logger at DEBUG; then everything that
came of it is searched.
"""

from __future__ import annotations

import io
import json
import logging
import pickle
import re
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio
import pytest
from PIL import Image

from nemovideo import AsyncNemoVideo, NemoVideoError, Timing
from nemovideo.cli import main
from nemovideo.sandbox import AgentBehavior, Fault, Sandbox
from nemovideo.transports import AiohttpTransport, HttpxTransport
from nemovideo.transports.base import Transport

WAITS = Timing(
    still_working=0.05,
    rate_limit_wait=0.01,
    recovery_waits=(0.01, 0.01),
    silent_recheck=0.01,
    poll_first=0.02,
    poll_max=0.05,
    retry_initial=0.01,
    retry_max=0.02,
)
HASTY = replace(WAITS, request=0.3, stream_limit=0.6, heartbeat_limit=0.3, render_limit=0.3)
QUERY = re.compile(r"signature=[0-9a-zA-Z_\-]+|expires=[0-9]+")


def draw_dot() -> bytes:
    """Return a small PNG."""
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "PNG")
    return file.getvalue()


@dataclass(repr=False)
class Net:
    """Everything that was shown, and where."""

    caught: list[tuple[str, str]] = field(default_factory=list)

    def take(self, where: str, shown: object) -> None:
        """Keep what is shown of something."""
        self.caught.append((where, shown if isinstance(shown, str) else repr(shown)))
        self.caught.append((f"str of {where}", str(shown)))

    def take_error(self, where: str, error: BaseException) -> None:
        """Keep all that a program, a log or an error tracker would show of an error."""
        printed = traceback.TracebackException.from_exception(error, capture_locals=True)
        self.caught.append((f"traceback of {where}", "".join(printed.format())))
        self.take(where, error)
        self.take(f"fields of {where}", vars(error))
        if isinstance(error, NemoVideoError):
            self.caught.append((f"pickle of {where}", pickle.dumps(error).decode("latin-1")))

    def search(self, *secrets: str) -> list[str]:
        """Return where any of the secrets was shown."""
        return [
            f"{where}: …{text[max(0, text.index(secret) - 200) : text.index(secret) + 20]!r}"
            for where, text in self.caught
            for secret in secrets
            if secret in text
        ]


class _Catcher(logging.Handler):
    def __init__(self, net: Net) -> None:
        super().__init__(logging.DEBUG)
        self._net = net

    def emit(self, record: logging.LogRecord) -> None:
        self._net.take(f"log {record.name}", self.format(record))
        self._net.take(f"record {record.name}", vars(record))


@pytest.fixture
def net() -> Iterator[Net]:
    """Every logger of the process is read at DEBUG."""
    made = Net()
    root, handler = logging.getLogger(), _Catcher(made)
    loggers = [root, *(logging.getLogger(name) for name in logging.root.manager.loggerDict)]
    levels = [(logger, logger.level) for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.DEBUG)
    root.addHandler(handler)
    yield made
    root.removeHandler(handler)
    for logger, level in levels:
        logger.setLevel(level)


@pytest.fixture(
    params=[("asyncio", AiohttpTransport), ("asyncio", HttpxTransport), ("trio", HttpxTransport)],
    ids=["aiohttp", "httpx-asyncio", "httpx-trio"],
)
def pair(request: pytest.FixtureRequest) -> tuple[str, Callable[[], Transport]]:
    """An async library and a transport for it."""
    return request.param


@pytest.fixture
def anyio_backend(pair: tuple[str, Callable[[], Transport]]) -> str:
    return pair[0]


@pytest.fixture
async def transport(pair: tuple[str, Callable[[], Transport]]) -> AsyncIterator[Transport]:
    async with pair[1]() as made:  # type: ignore[attr-defined]  # both are context managers
        yield made


@dataclass(repr=False)
class Life:
    """Everything that can be asked of a client, each on its own so that each can fail."""

    client: AsyncNemoVideo
    folder: Path
    session_id: str
    task_id: str
    net: Net

    def steps(self) -> dict[str, Callable[[], Awaitable[object]]]:
        """Return each call by its name."""
        client, session = self.client, self.session_id
        project = client.open_project(session, self.task_id)
        picture = ("dot.png", draw_dot())
        return {
            "sessions.create": client.sessions.create,
            "credits.retrieve": client.credits.retrieve,
            "states.retrieve": lambda: client.states.retrieve(session),
            "tokens.create_claim": lambda: client.tokens.create_claim(session, self.task_id),
            "tokens.create_anonymous": client.tokens.create_anonymous,
            "uploads.create": lambda: client.uploads.create(session, picture, on_progress=self.see),
            "messages.stream": self.listen,
            "project.send": lambda: self.watch(project.send("a 2-second video of the sea")),
            "project.export": lambda: project.export(self.folder / "x.mp4", on_event=self.see),
            "project.ask": lambda: project.ask("credits"),
            "generate": self.generate,
            "renders.retrieve": lambda: client.renders.retrieve("render_none"),
            "renders.cancel": lambda: client.renders.cancel("render_none"),
            "renders.wait": lambda: client.renders.wait("render_none", on_progress=self.see),
            "renders.download": lambda: client.renders.download("render_none", self.folder / "y"),
            "recover": self.recover,
        }

    def see(self, *progress: object) -> None:
        """Keep a progress line."""
        self.net.take("progress", progress)

    async def listen(self) -> None:
        async with self.client.messages.stream(self.session_id, "a red title") as events:
            self.net.take("stream", events)
            await events.final_turn()

    async def watch(self, work: object) -> None:
        async for event in work:  # type: ignore[attr-defined]  # any work of ours
            self.net.take("event", event)
            self.net.take("work", work)

    async def generate(self) -> object:
        generation = self.client.generate(
            "a 2-second video of a panda", path=self.folder / "z.mp4", on_event=self.see
        )
        self.net.take("generation", generation)
        return await generation

    async def recover(self) -> object:
        items = await self.client.recover()
        for item in items:
            self.net.take("unfinished", item)
            await item.resume()
        return items

    async def live(self, what: str) -> int:
        """Do all of it and return how much failed."""
        failures = 0
        for name, step in self.steps().items():
            try:
                result = await step()
            except Exception as error:  # noqa: BLE001  # whatever it is, it is searched
                failures += 1
                self.net.take_error(f"{name} ({what})", error)
            else:
                self.net.take(f"result of {name}", result)
                self.net.take(f"fields of {name}", getattr(result, "__dict__", None))
            self.net.take("client", self.client)
            self.net.take("settings", self.client._settings)
        return failures


def build_faults(token: str) -> dict[str, Fault]:
    """Return what befalls every endpoint, by name; what the service says holds the token."""
    said = f"bad header Authorization: Bearer {token} at https://cdn/x.mp4?signature=abc&expires=1"
    return {
        "500": Fault("*", "status", message=said, times=None),
        "500, billed": Fault("*", "status", message=said, times=None, acted=True),
        "400": Fault("*", "status", status=400, message=said, times=None),
        "429": Fault("*", "status", status=429, message=said, times=None),
        "1001": Fault("*", "code", code=1001, message=said, times=None),
        "1002": Fault("*", "code", code=1002, message=said, times=None),
        "2001": Fault("*", "code", code=2001, message=said, times=None),
        "HTML": Fault("*", "html", message=said, times=None),
        "redirect": Fault("*", "redirect", times=None),
        "garbage": Fault("*", "garbage", times=None),
        "reset before": Fault("*", "reset_before", times=None),
        "reset after": Fault("*", "reset_after", times=None),
        "cut": Fault("*", "cut", bytes=25, times=None),
        "stall": Fault("*", "stall", seconds=0.5, times=None),
        "wrong length": Fault("*", "wrong_length", times=None),
        "agent error": Fault("messages.stream", "agent_error", message=said, times=None),
        "lost files": Fault("files.download", "status", message=said, times=None),
    }


@pytest.mark.anyio
@pytest.mark.slow
@pytest.mark.parametrize("what", ["nothing wrong", *build_faults(""), "out of time"])
async def test_a_run_full_of_failures_shows_no_secret(
    what: str, net: Net, transport: Transport, tmp_path: Path
) -> None:
    folder = tmp_path / "config"
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with Sandbox(stub_renders=True, behavior=behavior, credits=10**6) as sandbox:
        token = sandbox.issue_token()
        client = AsyncNemoVideo(
            base_url=sandbox.url,
            token=token,
            timing=WAITS,
            transport=transport,
            config_dir=folder,
            max_retries=1,
        )
        session = await client.sessions.create()
        await client.uploads.create(session.session_id, ("dot.png", draw_dot()))
        claim = await client.tokens.create_claim(session.session_id, session.task_id or "")
        if what != "nothing wrong":
            await client.tokens.create_anonymous()
        life = Life(client, tmp_path, session.session_id, session.task_id or "", net)
        if what == "nothing wrong":
            assert await life.live(what) == 4  # the render that is none
        elif what == "out of time":
            with sandbox.inject(Fault("*", "stall", seconds=1, times=None)):
                await _cancelled(life, net)
        else:
            life.client = client.with_options(timing=HASTY)
            with sandbox.inject(build_faults(token)[what]):
                assert await life.live(what) >= 4
        await client.aclose()
        net.take("requests", sandbox.requests)
        for request in sandbox.requests:
            net.take("address", f"{request.path} {'' if request.host == 'cdn' else request.query}")
        sandbox.assert_clean(allow=["repeated_message", "abandoned_stream"])
        anonymous = [entry["token"] for entry in json.loads(_saved(folder)).values()]
    for file in folder.glob("journal*"):
        net.take(file.name, file.read_bytes().decode("latin-1"))
    assert len(anonymous) == 1
    assert net.search(token, claim.claim_token.get_secret_value(), *anonymous) == []
    # Where a file is, is what was asked for: it stands in results, and nowhere else.
    results = ("result of", "fields of", "str of result", "str of fields", "event", "str of event")
    shown = [(where, text) for where, text in net.caught if not where.startswith(results)]
    signed = [(where, QUERY.search(text)) for where, text in shown]
    assert [(where, _around(found)) for where, found in signed if found] == []


def _around(found: re.Match[str]) -> str:
    return found.string[max(0, found.start() - 300) : found.end()]


async def _cancelled(life: Life, net: Net) -> None:
    """Run out of the user's own time: the library that was interrupted shows nothing either."""
    for name, step in life.steps().items():
        try:
            with anyio.fail_after(0.05):
                await step()
        except Exception as error:  # noqa: BLE001  # whatever it is, it is searched
            net.take_error(f"{name} (out of time)", error)


def _saved(folder: Path) -> str:
    return (folder / "tokens.json").read_text()


@pytest.mark.parametrize("debug", [False, True], ids=["plain", "debug"])
@pytest.mark.parametrize("what", [None, "500", "1001", "agent error"])
@pytest.mark.slow
def test_the_command_line_writes_no_secret(
    what: str | None,
    debug: bool,
    net: Net,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    with Sandbox(stub_renders=True, credits=10**6) as sandbox:
        token = sandbox.issue_token()
        monkeypatch.setenv("NEMO_TOKEN", token)
        monkeypatch.setenv("NEMO_API_URL", sandbox.url)
        options = ["--json", *(["--debug"] if debug else [])]
        command = [*options, "generate", "a 2-second video of a panda", "-o", str(tmp_path / "x")]
        faults = [build_faults(token)[what]] if what else []
        with sandbox.inject(*faults):
            code = main(command)
            main([*options, "credits"])
            main([*options, "renders"])
            main([*options, "doctor"])
    out, err = capfd.readouterr()
    assert (code == 0) == (what is None)
    assert json.loads(out.splitlines()[0])
    net.take("stdout", out)
    net.take("stderr", err)
    assert net.search(token) == []
    assert QUERY.search(err) is None


@pytest.mark.anyio
@pytest.mark.parametrize("endpoint", ["credits.retrieve", "states.retrieve", "renders.download"])
async def test_another_host_is_sent_no_secret(
    endpoint: str, transport: Transport, tmp_path: Path
) -> None:
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with Sandbox(stub_renders=True, behavior=behavior, credits=10**6) as sandbox:
        async with AsyncNemoVideo(
            base_url=sandbox.url, timing=WAITS, transport=transport, max_retries=0
        ) as client:
            video = await client.generate("a 2-second video of a panda")
            broken = Fault("files.download", "status", times=None)
            with sandbox.inject(Fault(endpoint, "redirect", times=None), broken):
                for step in (
                    client.credits.retrieve(),
                    client.states.retrieve(video.session_id),
                    video.save(tmp_path / "x.mp4"),
                ):
                    try:
                        await step
                    except NemoVideoError:
                        continue
        abroad = [request for request in sandbox.requests if request.host != "api"]
        sandbox.assert_clean()
    assert abroad
    sent = {"authorization", "x-client-id", "x-skill-source", "x-skill-version", "x-skill-platform"}
    assert not any(sent & set(request.headers) for request in abroad)
