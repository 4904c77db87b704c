"""A traceback with local variables shows neither a token nor what a person asked for."""

from __future__ import annotations

import json
import traceback
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing
from types import FrameType
from uuid import uuid4

import anyio
import pytest
from rich.pretty import pretty_repr

from nemovideo import AsyncNemoVideo, NemoVideo
from nemovideo.sandbox import AgentBehavior, Fault, Sandbox
from nemovideo.transports import AiohttpTransport, HttpxTransport
from nemovideo.transports.base import Transport
from tests.conftest import QUICK

PROMPT = "a panda in the snow, " + "calm and slow, " * 20 + "made for MISTERSECRET"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
URL = "https://files.example/panda.png?sig=URLSECRET"
WRITTEN = ("MISTERSECRET", "URLSECRET")
FAULTS = {
    "refused": Fault("*", "status", status=400, message="no", times=None),
    "failing": Fault("*", "status", status=500, message="no", times=None),
    "broken": Fault("*", "reset_before", times=None),
    "stalled": Fault("*", "stall", seconds=3, times=None),
    "refused message": Fault("messages.stream", "status", status=400, message="no", times=None),
    "broken message": Fault("messages.stream", "reset_after", times=None),
    "failing agent": Fault("messages.stream", "agent_error", message="no", times=None),
    "refused export": Fault("renders.create", "status", status=402, message="no", times=None),
}


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
def service() -> Iterator[Sandbox]:
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with Sandbox(stub_renders=True, behavior=behavior, credits=10**6) as running:
        yield running


def calls(client: AsyncNemoVideo, session: str) -> dict[str, Callable[[], Awaitable[object]]]:
    """Return what takes a prompt, by its name."""
    project = client.open_project(session)

    async def follow() -> None:
        async with client.messages.stream(session, PROMPT) as events:
            await events.final_turn()

    async def work_through() -> None:
        async with aclosing(project.process_each([("a.png", PNG)], PROMPT)) as outcomes:
            async for outcome in outcomes:
                if outcome.error:
                    raise outcome.error

    async def make_batch() -> None:
        for item in (await client.batch([PROMPT])).items:
            if item.error:
                raise item.error

    return {
        "generate": lambda: client.generate(PROMPT),
        "generate with a key": lambda: client.generate(PROMPT, key=f"{uuid4()}"),
        "send with a key": lambda: project.send(PROMPT, key=f"{uuid4()}"),
        "batch": make_batch,
        "generate with urls": lambda: client.generate(PROMPT, urls=[URL]),
        "quick_edit": lambda: client.quick_edit("none.mp4", PROMPT),
        "send": lambda: project.send(PROMPT),
        "ask": lambda: project.ask(PROMPT + " and export it"),
        "ask with a file": lambda: project.ask(PROMPT, "none.mp4"),
        "each": work_through,
        "stream": follow,
        "upload": lambda: project.upload(urls=[URL]),
        "credits": client.credits.retrieve,
    }


def frames_of(error: BaseException | None, seen: set[int]) -> Iterator[FrameType]:
    """Yield the frames of an error and of what it came from, those of this file apart."""
    if error is None or id(error) in seen:
        return
    seen.add(id(error))
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if frame.f_code.co_filename != __file__:
            yield frame
    yield from frames_of(error.__cause__, seen)
    yield from frames_of(error.__context__, seen)
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from frames_of(each, seen)


def shown_of(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield each local variable as a traceback prints it, whole and cut short as rich does."""
    for where, value in locals_of(error):
        yield where, repr(value)
        yield f"{where}, cut", pretty_repr(value, max_string=80)


def dumped_of(error: BaseException) -> Iterator[tuple[str, str]]:
    """Yield each local variable as a tracker of errors sends it."""
    for where, value in locals_of(error):
        try:
            yield f"{where}, JSON", json.dumps(value, default=repr)
        except (TypeError, ValueError):
            continue


def locals_of(error: BaseException) -> Iterator[tuple[str, object]]:
    """Yield the local variables of all frames, and where they are."""
    for frame in frames_of(error, set()):
        for name, value in frame.f_locals.items():
            yield f"{frame.f_code.co_filename}:{frame.f_lineno} {name}", value


def find(shown: Iterator[tuple[str, str]], *secrets: str) -> list[str]:
    """Return where a secret is shown."""
    return [
        f"{where}: {text[max(0, text.index(secret) - 60) :][:120]!r}"
        for where, text in shown
        for secret in secrets
        if secret in text
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("fault", FAULTS)
async def test_no_local_variable_shows_a_token_or_a_prompt(
    fault: str, pair: tuple[str, Callable[[], Transport]], service: Sandbox
) -> None:
    found: list[str] = []
    failed, token = 0, service.issue_token()
    async with (
        pair[1]() as transport,  # type: ignore[attr-defined]  # both are context managers
        AsyncNemoVideo(
            base_url=service.url, token=token, timing=QUICK, transport=transport, max_retries=0
        ) as client,
    ):
        session = (await client.sessions.create()).session_id
        for name, call in calls(client, session).items():
            with service.inject(FAULTS[fault]):
                try:
                    with anyio.fail_after(1.0):
                        await call()
                except Exception as error:  # noqa: BLE001  # whatever it is, it is searched
                    failed += 1
                    found += [f"{name}: {each}" for each in find(shown_of(error), token, *WRITTEN)]
                    found += [f"{name}: {each}" for each in find(dumped_of(error), token)]
    assert failed
    assert not found, "\n".join(found)


@pytest.mark.parametrize("fault", ["refused", "refused message", "broken"])
def test_no_local_variable_of_the_blocking_client_shows_a_token_or_a_prompt(
    fault: str, service: Sandbox
) -> None:
    found: list[str] = []
    failed, token = 0, service.issue_token()
    with NemoVideo(base_url=service.url, token=token, timing=QUICK, max_retries=0) as client:
        project = client.create_project()

        def follow() -> None:
            with client.messages.stream(project.session_id, PROMPT) as events:
                events.final_turn()

        def work_through() -> None:
            with project.process_each("none.mp4", PROMPT) as outcomes:
                for outcome in outcomes:
                    if outcome.error:
                        raise outcome.error

        for call in (
            lambda: client.generate(PROMPT, urls=[URL]),
            lambda: list(client.generate_stream(PROMPT)),
            lambda: client.generate(" " + PROMPT, path="x.nothing", urls=[URL]),
            lambda: client.quick_edit("none.mp4", PROMPT),
            lambda: project.send(PROMPT),
            lambda: list(project.send_stream(PROMPT)),
            lambda: project.ask(PROMPT),
            lambda: project.upload(urls=[URL]),
            lambda: client.uploads.create(project.session_id, urls=[URL]),
            follow,
            work_through,
        ):
            with service.inject(FAULTS[fault]):
                try:
                    call()
                except Exception as error:  # noqa: BLE001  # whatever it is, it is searched
                    failed += 1
                    found += find(shown_of(error), token, *WRITTEN) + find(dumped_of(error), token)
    assert failed
    assert not found, "\n".join(found)
