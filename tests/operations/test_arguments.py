"""Every argument of every public call: what is invalid is refused by name, before sending."""

from __future__ import annotations

import inspect
import math
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import fields
from pathlib import Path
from typing import Any, cast

import pytest

from nemovideo import AsyncNemoVideo, Draft, InvalidInputError, NemoVideo, Timing, Video
from nemovideo.config.settings import Options
from nemovideo.transports import MemoryTransport, Reply, Request

READY = {"t": [{"tt": 0, "sg": [{"d": 1000}]}], "d": 1000}
GOOD: dict[str, Any] = {
    "prompt": "a panda",
    "text": "a panda",
    "message": "a panda",
    "file": ("a.mp4", b"film"),
    "files": (),
    "session_id": "s-1",
    "task_id": "t-1",
    "render_id": "r-1",
    "render": "r-1",
    "draft": READY,
    "path": "film.mp4",
    "key": "row-17",
}
"""What is given for the arguments that are not at fault."""

TEXTS = (5, None, "", "  ", b"a panda")
IDS = (5, None, "", "..", "a\nb", b"s-1")
WRONG: dict[str, tuple[object, ...]] = {
    **dict.fromkeys(("prompt", "text", "message", "name", "task_name"), TEXTS),
    **dict.fromkeys(("session_id", "render_id", "task_id"), IDS),
    "render": (5, None, "", ".."),
    "files": (5, None, [5], [("a.mp4", 5)], {"a": 1}, "none.mp4", b"film"),
    "file": (5, None, b"film", "none.mp4", ("a.mp4",)),
    "urls": (5, None, [5], "no address", ["ftp://a/b.mp4"]),
    "language": (5, b"en", ["en"]),
    **dict.fromkeys(("on_event", "on_progress"), (5, "print", [print])),
    **dict.fromkeys(("export", "known"), ("no", None, 1)),
    "path": (5, b"film.mp4", "", ["film.mp4"], "a\0b"),
    "key": (5, "", "k" * 201, "a\nb"),
    "max_credits": (-1, math.nan, "100", True, [1]),
    "format": (5, None, "avi", ["mp4"]),
    "quality": (5, None, "best", ["high"]),
    "draft": (5, None, "draft", [1]),
}
"""What is invalid, by the argument's name; a new argument has to be added here."""

NONE_IS_MEANT = {
    ("AsyncNemoVideo.open_project", "task_id"),
    ("Renders.create", "render_id"),
    ("Project.process_each", "prompt"),
    *((name, "path") for name in ("AsyncNemoVideo.generate", "AsyncNemoVideo.quick_edit")),
    *((name, "path") for name in ("Project.export", "Project.ask")),
}
NAMES = {"name": "name", "files": "file"}
"""Under which other name an argument is refused: each file by itself."""


def refuse(request: Request) -> Reply:
    raise AssertionError(f"{request.method} {request.url} was sent")


def objects(client: AsyncNemoVideo) -> dict[str, Any]:
    """Return what has public calls, by the name of its class."""
    resources = client._resources
    made = (
        *(client, client.open_project("s-1", "t-1"), client.tokens, client.sessions),
        *(client.messages, client.uploads, client.credits, client.states, client.renders),
        Video(resources, "s-1", "t-1", "", Draft(READY)),
    )
    return {type(each).__name__: each for each in made}


def public_calls() -> list[tuple[str, str, str]]:
    """Return the class, the call and the argument of everything that can be wrong."""
    found = []
    for cls, value in objects(AsyncNemoVideo(token="nmv_usr_x")).items():
        for name in dir(value):
            if name.startswith("_") or not inspect.isroutine(getattr(type(value), name, None)):
                continue
            if f"{cls}.{name}" not in _NOT_CALLS:
                arguments = inspect.signature(getattr(value, name)).parameters
                found += [(cls, name, each) for each in arguments]
    return found


_NOT_CALLS = {
    "AsyncNemoVideo.batch",
    "AsyncNemoVideo.with_options",
    "Uploads.send",
    "Video.contact_sheet",
    "Video.frame",
    "Video.save",
}
"""What has a test of its own, and what the machinery builds on: that is given what was checked."""


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[AsyncNemoVideo]:
    async with AsyncNemoVideo(
        token="nmv_usr_x",
        transport=MemoryTransport(refuse),
        config_dir=tmp_path / "config",
        max_retries=0,
    ) as made:
        yield made


async def carry_out(result: object) -> None:
    """Do whatever a call has to be done with."""
    if isinstance(result, AbstractAsyncContextManager):
        async with result:
            pass
    elif hasattr(result, "__await__"):
        await cast("Any", result)
    elif hasattr(result, "__anext__"):
        try:
            outcome = await anext(cast("Any", result))
            raise outcome.error  # of one file of several
        finally:
            await cast("Any", result).aclose()


@pytest.mark.anyio
@pytest.mark.parametrize(("cls", "name", "argument"), public_calls())
async def test_a_wrong_argument_is_refused_by_its_name(
    client: AsyncNemoVideo, cls: str, name: str, argument: str
) -> None:
    for value in WRONG[argument]:
        if value is None and (f"{cls}.{name}", argument) in NONE_IS_MEANT:
            continue
        call = getattr(objects(client)[cls], name)
        given = {
            each.name: GOOD[each.name]
            for each in inspect.signature(call).parameters.values()
            if (each.default is each.empty or each.name == "prompt")
            and each.kind is not each.VAR_POSITIONAL
        }
        with pytest.raises(InvalidInputError) as caught:
            await carry_out(call_with(call, {**given, argument: value}))
        assert caught.value.parameter in (argument, NAMES.get(argument), "urls"), value
        assert caught.value.accepted
        assert caught.value.hint
    assert not await client.recover()


def call_with(call: Callable[..., object], given: dict[str, Any]) -> object:
    """Call with all by name, several files of one argument apart."""
    several = [
        each.name
        for each in inspect.signature(call).parameters.values()
        if each.kind is each.VAR_POSITIONAL
    ]
    if not several or several[0] not in given:
        return call(**given)
    files = given.pop(several[0])
    before = [given.pop("session_id")] if "session_id" in given else []
    return call(*before, *(files if isinstance(files, list) else [files]), **given)


CLIENT_WRONG: dict[str, tuple[object, ...]] = {
    **dict.fromkeys(("token", "source", "source_version", "platform"), (5, "a\nb", b"x")),
    "client_id": (5, "no uuid"),
    **dict.fromkeys(
        ("base_url", "web_url"),
        (5, "http://api.example", "http://127.999.1.1", "http://x.localhost", "https://a?b=c"),
    ),
    "timing": (5, "quick", {"request": 5}),
    "timeout": (-1, math.nan, math.inf, "5", True),
    "max_retries": (-1, 1.5, "2", None, True),
    "transport": (5, "httpx", object()),
    "config_dir": (5, b"folder"),
    **dict.fromkeys(("journal", "trust_env"), ("no", None, 0)),
    "extra_headers": (5, "a: b", {"a": 5}, {5: "a"}, {"a": "b\nc"}, [("a", "b")]),
    "on_response": (5, "print"),
}


@pytest.mark.parametrize("kind", [AsyncNemoVideo, NemoVideo])
@pytest.mark.parametrize("argument", list(inspect.signature(AsyncNemoVideo).parameters))
def test_a_wrong_argument_of_a_client_is_refused_by_its_name(kind: Any, argument: str) -> None:
    for value in CLIENT_WRONG[argument]:
        with pytest.raises(InvalidInputError) as caught:
            kind(**{argument: value})
        assert caught.value.parameter == argument
        assert caught.value.accepted


@pytest.mark.parametrize("argument", list(Options.__annotations__))
def test_a_wrong_option_is_refused_by_its_name(argument: str) -> None:
    client = AsyncNemoVideo(token="nmv_usr_x")
    for value in CLIENT_WRONG[argument]:
        with pytest.raises(InvalidInputError) as caught:
            client.with_options(**{argument: value})  # type: ignore[misc]
        assert caught.value.parameter == argument


@pytest.mark.parametrize("field", [each.name for each in fields(Timing)])
def test_a_wrong_time_is_refused_by_its_name(field: str) -> None:
    wrong: tuple[object, ...] = (-1, -0.1, math.nan, -math.inf, "5", None, True)
    values = [(each,) for each in wrong] if field == "recovery_waits" else wrong
    more = (5, "30", None) if field == "recovery_waits" else ([5],)
    for value in (*values, *more):
        with pytest.raises(InvalidInputError) as caught:
            Timing(**{field: value})  # type: ignore[arg-type]
        assert caught.value.parameter == field
        assert caught.value.accepted


def test_waits_may_be_a_list_and_some_limits_endless() -> None:
    timing = Timing(recovery_waits=[1, 2.5])  # type: ignore[arg-type]
    assert timing.recovery_waits == (1, 2.5)
    assert hash(timing) == hash(Timing(recovery_waits=(1, 2.5)))
    assert Timing(render_limit=math.inf, still_working=math.inf).render_limit == math.inf
    for field in ("poll_first", "retry_max", "request", "connect"):
        with pytest.raises(InvalidInputError):
            Timing(**{field: math.inf})  # type: ignore[arg-type]


@pytest.mark.parametrize("factor", [-1, math.nan, math.inf, "2", None])
def test_times_are_scaled_by_a_number(factor: Any) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Timing().scaled(factor)
    assert caught.value.parameter == "factor"


@pytest.mark.parametrize("wrong", [5, "print"])
def test_a_callback_of_a_blocking_call_is_checked_before_anything_is_sent(
    wrong: Any, tmp_path: Path
) -> None:
    transport = MemoryTransport(refuse)
    with NemoVideo(token="nmv_usr_x", transport=transport, config_dir=tmp_path) as client:
        project = client.open_project("s-1")
        for call, parameter in (
            (lambda: client.generate("a panda", on_event=wrong), "on_event"),
            (lambda: project.send("a panda", on_event=wrong), "on_event"),
            (lambda: project.export(on_event=wrong), "on_event"),
            (lambda: project.upload("a.mp4", on_progress=wrong), "on_progress"),
            (lambda: client.renders.wait("r-1", on_progress=wrong), "on_progress"),
            (lambda: client.renders.download("r-1", "x.mp4", on_progress=wrong), "on_progress"),
        ):
            with pytest.raises(InvalidInputError) as caught:
                call()
            assert caught.value.parameter == parameter
