"""The blocking client: the same members, the same behaviour, from any thread."""

from __future__ import annotations

import asyncio
import inspect
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import cached_property, partial
from pathlib import Path
from types import SimpleNamespace

import anyio
import pytest

import nemovideo
from nemovideo import AsyncNemoVideo, NemoVideo, NemoVideoError, Timing, errors, events
from nemovideo import blocking as _blocking
from nemovideo.blocking import portal as portal_module
from nemovideo.blocking.context_manager import SyncContextManager
from nemovideo.blocking.portal import CallbackRelay, Portal
from nemovideo.sandbox import Fault, Sandbox
from tests.blocking import docstrings
from tests.blocking.pairs import NAMES, PAIRS

PROMPT = "a 10-second video of a panda walking through a bamboo forest"
QUICK = Timing().scaled_waits(0.001)


@pytest.fixture
def blocking(sandbox: Sandbox) -> Iterator[NemoVideo]:
    with NemoVideo(base_url=sandbox.url, web_url=sandbox.web_url, timing=QUICK) as client:
        yield client


# Member by member

INSIDE = {"is_left", "leave", "decide", "was_sent"}
"""Asked in the loop, when the client or the context is closed, or by a batch."""
COROUTINE = {"send", "throw", "close", "aclose"}
"""What an asyncio task calls in the operation that it runs, and what closes it in its loop."""
ONLY = {
    "Messages": {"stream"},
    "Uploads": {"create"},
    "CreditsResource": {"retrieve"},
    "States": {"retrieve"},
    "Renders": {"create", "retrieve", "wait", "watch", "cancel", "download"},
}
"""What else these have works on bytes and forms, for the machinery of turns and exports."""
ADDED = {"batch_stream", "generate_stream", "send_stream", "wait"}
RETURNS = {
    "Batch": "BatchReport",
    "Generation": "Video",
    "PendingTurn": "Turn",
    "AbstractAsyncContextManager[MessageStream]": "AbstractContextManager[MessageStream]",
    "AbstractAsyncContextManager[AsyncIterator[bytes]]": "AbstractContextManager[Iterator[bytes]]",
    "AsyncGenerator[FileResult]": "SyncIterator[FileResult]",
    "AsyncGenerator[Render]": "SyncIterator[Render]",
    "AsyncIterator[str]": "Iterator[str]",
}
UNLIKE = {("UnfinishedRender", "resume"): "Video", ("UnfinishedMessage", "resume"): "Turn"}


def members(cls: type) -> dict[str, object]:
    found = {name for name in dir(cls) if not name.startswith("_")}
    found |= {name for each in cls.__mro__ for name in getattr(each, "__annotations__", {})}
    return {
        name: inspect.getattr_static(cls, name, None)
        for name in sorted(found)
        if not name.startswith("_")
        and name not in INSIDE
        and not (issubclass(cls, Coroutine) and name in COROUTINE)
        and name in ONLY.get(cls.__name__, {name})
    }


SHARED = [
    pytest.param(theirs, ours, name, id=f"{theirs.__name__}.{name}")
    for theirs, ours in PAIRS
    for name in members(theirs)
]


@pytest.mark.parametrize(("theirs", "ours", "name"), SHARED)
def test_every_public_member_has_a_blocking_form(theirs: type, ours: type, name: str) -> None:
    assert NAMES.get(name, name) in {*members(ours), *_instance_names(theirs)}


def _instance_names(cls: type) -> set[str]:
    source = inspect.getsource(cls)
    return set(re.findall(r"^        self\.([a-z]\w*)(?:: .*)? = ", source, re.MULTILINE))


@pytest.mark.parametrize(("theirs", "ours"), PAIRS)
def test_instance_attributes_have_a_blocking_form(theirs: type, ours: type) -> None:
    assert _instance_names(theirs) <= members(ours).keys()


@pytest.mark.parametrize(("theirs", "ours"), PAIRS)
def test_a_blocking_class_adds_only_what_async_code_writes_otherwise(
    theirs: type, ours: type
) -> None:
    counterparts = {NAMES.get(name, name) for name in members(theirs)} | _instance_names(theirs)
    assert members(ours).keys() - counterparts - ADDED == set()


METHODS = [
    pytest.param(theirs, ours, name, id=f"{theirs.__name__}.{name}")
    for theirs, ours in PAIRS
    for name, member in {"__init__": vars(theirs).get("__init__"), **members(theirs)}.items()
    if inspect.isfunction(member) and (name != "__init__" or theirs is AsyncNemoVideo)
]


@pytest.mark.parametrize(("theirs", "ours", "name"), METHODS)
def test_a_method_has_the_same_signature(theirs: type, ours: type, name: str) -> None:
    there = inspect.signature(getattr(theirs, name))
    here = inspect.signature(getattr(ours, NAMES.get(name, name)))
    assert list(here.parameters.values()) == list(there.parameters.values())
    given = str(there.return_annotation)
    expected = UNLIKE.get((theirs.__name__, name), RETURNS.get(given, given))
    assert str(here.return_annotation) == expected


def test_docstrings_are_those_of_the_async_classes() -> None:
    stale = [
        file.name
        for file in docstrings.files()
        if file.read_text("utf-8") != docstrings.source_with_docstrings(file)
    ]
    assert stale == [], "run: python -m tests.blocking.docstrings"


def test_every_public_member_has_a_docstring_without_await() -> None:
    for theirs, ours in PAIRS:
        for name, member in {"": ours, **members(ours)}.items():
            if callable(member) or isinstance(member, property | cached_property):
                text = inspect.getdoc(member) or ""
                assert text, f"{theirs.__name__}.{name}"
                assert not re.search(r"\bawait |\basync (with|for)\b", text), f"{theirs}.{name}"


# Making videos


def test_a_prompt_becomes_a_video(blocking: NemoVideo, tmp_path: Path, sandbox: Sandbox) -> None:
    video = blocking.generate(PROMPT)
    assert isinstance(video, _blocking.Video)
    assert video.duration == 10
    assert video.credits_used == 100
    assert video.text
    seen: list[tuple[int, int]] = []
    path = video.save(
        tmp_path / "panda.mp4", on_progress=lambda done, total: seen.append((done, total))
    )
    assert path.read_bytes()[4:8] == b"ftyp"
    assert seen[-1] == (path.stat().st_size, path.stat().st_size)
    assert video.path == path
    assert video.link().startswith(sandbox.web_url)
    assert video.to_dict()["render_id"] == video.render_id
    assert repr(video).startswith("Video(render_")
    assert video.task_id
    assert video.draft.timeline == video.timeline
    sandbox.assert_clean()


def test_a_video_that_was_not_rendered_can_be_later(blocking: NemoVideo) -> None:
    video = blocking.generate(PROMPT, export=False)
    assert video.url is None
    assert video.render is None
    received: list[events.Event] = []
    assert video.export(on_event=received.append) is video
    assert video.url
    assert received[-1].type == "render_progress"


def test_events_come_to_the_calling_thread_while_it_waits(blocking: NemoVideo) -> None:
    received: list[tuple[str, int]] = []
    blocking.generate(PROMPT, on_event=lambda e: received.append((e.type, threading.get_ident())))
    kinds = [kind for kind, _ in received]
    assert "text" in kinds
    assert kinds[-1] == "render_progress"
    assert {thread for _, thread in received} == {threading.get_ident()}


def test_an_async_callback_is_awaited(blocking: NemoVideo) -> None:
    received: list[str] = []

    async def observer(event: events.Event) -> None:
        await asyncio.sleep(0)
        received.append(event.type)

    blocking.generate(PROMPT, on_event=observer)
    assert received[-1] == "render_progress"


def test_a_callback_may_use_the_client(blocking: NemoVideo) -> None:
    balances: list[float] = []
    blocking.generate(
        PROMPT, on_event=lambda _: balances.append(blocking.credits.retrieve().available)
    )
    assert balances[-1] == 900


def test_an_error_in_a_callback_ends_the_call_and_leaves_it_recoverable(
    blocking: NemoVideo,
) -> None:
    def broken(event: events.Event) -> None:
        if event.type != "session_started":  # the message is sent after it
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        blocking.generate(PROMPT, on_event=broken)
    (item,) = blocking.recover()
    assert isinstance(item, _blocking.UnfinishedMessage)
    assert item.kind == "message"
    assert item.target is None
    assert item.task_id
    assert item.created_at.tzinfo
    assert repr(item).startswith("message in session")
    turn = item.resume()
    assert turn.session_id == item.session_id
    assert blocking.recover() == []


def test_a_lost_render_is_resumed(blocking: NemoVideo, sandbox: Sandbox) -> None:
    project = blocking.create_project()
    project.send(PROMPT)
    broken = [
        Fault("renders.create", "reset_after", times=None),
        Fault("renders.retrieve", "reset_before", times=None),
    ]
    with sandbox.inject(*broken), pytest.raises(NemoVideoError):
        project.export()
    (item,) = blocking.recover()
    assert isinstance(item, _blocking.UnfinishedRender)
    video = item.resume()
    assert isinstance(video, _blocking.Video)
    assert video.render_id == item.render_id
    assert video.url


def test_iterating_streams_events_and_then_has_the_video(blocking: NemoVideo) -> None:
    with blocking.generate_stream(PROMPT) as generation:
        with pytest.raises(NemoVideoError, match="not there yet"):
            _ = generation.video
        kinds = [event.type for event in generation]
    assert "text" in kinds
    assert generation.video is generation.wait()
    assert generation.session_id == generation.video.session_id
    assert repr(generation).startswith("Generation(ended")
    assert list(generation) == []


def test_a_loop_that_is_left_early_can_be_continued(blocking: NemoVideo, sandbox: Sandbox) -> None:
    with blocking.generate_stream(PROMPT) as generation:
        for _ in generation:
            break
    assert generation.wait().url
    assert sum(each.endpoint == "messages.stream" for each in sandbox.requests) == 1


def test_closing_the_client_closes_unfinished_operations(sandbox: Sandbox) -> None:
    with NemoVideo(base_url=sandbox.url, timing=QUICK) as client:
        generation = client.generate_stream(PROMPT)
        next(event for event in generation if event.type != "session_started")
    with client:
        (item,) = client.recover()
        assert item.session_id == generation.session_id
        with pytest.raises(errors.StreamInterruptedError, match="cancelled"):
            next(generation)


def test_editing_in_a_project(blocking: NemoVideo, tmp_path: Path, sandbox: Sandbox) -> None:
    project = blocking.create_project("holiday")
    received: list[str] = []
    turn = project.send(PROMPT, on_event=lambda event: received.append(event.type))
    assert turn.changes
    assert received
    sending = project.send_stream("add a title that says Hello")
    assert [event.type for event in sending][-1] == "state_changed"
    assert "Hello" in str(sending.turn)
    assert sending.wait() is sending.turn
    assert "Hello" in str(project.timeline())
    assert project.export(tmp_path / "x.mp4").path == tmp_path / "x.mp4"
    assert project.link().startswith(sandbox.web_url)
    assert project.task_id
    again = blocking.open_project(project.session_id)
    assert again.session_id in repr(again)
    assert again.task_id is None


def test_asking(blocking: NemoVideo) -> None:
    project = blocking.create_project()
    project.send(PROMPT)
    reply = project.ask("export")
    assert isinstance(reply.video, _blocking.Video)
    assert str(reply) == reply.text
    assert project.ask("how many credits do I have?").credits


def test_each_file_gets_an_edit_and_a_render(
    blocking: NemoVideo, tmp_path: Path, sandbox: Sandbox
) -> None:
    clip = blocking.generate(PROMPT, path=tmp_path / "clip.mp4").path
    assert clip is not None
    received: list[str] = []
    project = blocking.create_project()
    outcomes = project.process_each(
        [clip, tmp_path / "none.mp4"],
        "add calm music",
        on_event=lambda event: received.append(event.type),
    )
    first, second = outcomes
    assert isinstance(first.video, _blocking.Video)
    assert isinstance(second.error, NemoVideoError)
    assert received
    assert list(outcomes) == []


def test_leaving_process_each_early_stops_it(blocking: NemoVideo, tmp_path: Path) -> None:
    with blocking.create_project().process_each(["none.mp4", "none.mp4"], "trim") as outcomes:
        next(outcomes)
    assert list(outcomes) == []


def test_quick_edit_and_uploads(blocking: NemoVideo, tmp_path: Path) -> None:
    path = blocking.generate(PROMPT, path=tmp_path / "clip.mp4").path
    assert path is not None
    assert blocking.quick_edit(path, "trim to 5 seconds").url
    session = blocking.sessions.create("x")
    sent: list[int] = []
    (file,) = blocking.uploads.create(
        session.session_id, path, on_progress=lambda done, total: sent.append(done)
    )
    assert file.filename == "clip.mp4"
    assert sent[-1] == path.stat().st_size
    assert blocking.open_project(session.session_id).upload(("b.mp4", path.read_bytes()))


def test_the_resources(blocking: NemoVideo, tmp_path: Path, sandbox: Sandbox) -> None:
    assert blocking.tokens.create_anonymous().user_id
    session = blocking.sessions.create("x", "en")
    assert blocking.tokens.create_claim(session.session_id, session.task_id).url
    blocking.open_project(session.session_id).send(PROMPT)
    state = blocking.states.retrieve(session.session_id)
    render = blocking.renders.create(session.session_id, state.draft)
    seen: list[float] = []
    done = blocking.renders.wait(render.id, on_progress=lambda each: seen.append(each.progress))
    assert done.is_completed
    assert seen[-1] == 100
    assert [each.id for each in blocking.renders.watch(render.id)][-1] == render.id
    assert blocking.renders.retrieve(render.id).is_completed
    assert blocking.renders.download(done, tmp_path, on_progress=lambda *_: None).exists()
    assert blocking.renders.cancel(render.id).id == render.id


def test_a_message_is_followed(blocking: NemoVideo) -> None:
    session = blocking.sessions.create()
    with blocking.messages.stream(session.session_id, PROMPT) as stream:
        first = next(stream)
        assert first.type == "text"
        assert "".join(stream.text_stream) in stream.text
        assert stream.final_turn().text == stream.text
    with blocking.messages.stream(session.session_id, "add a title that says Hi") as stream:
        assert [event.type for event in stream]


def test_a_refused_message_is_raised_when_the_block_is_entered(
    blocking: NemoVideo, sandbox: Sandbox
) -> None:
    with (
        pytest.raises(errors.SessionNotFoundError),
        blocking.messages.stream("nobody", PROMPT) as stream,
    ):
        list(stream)
    with pytest.raises(errors.InvalidInputError):
        blocking.messages.stream("nobody", " ")


# One thread behind it


def loops() -> list[threading.Thread]:
    """Return the threads that blocking clients run their event loops in."""
    return [thread for thread in threading.enumerate() if thread.name == "nemovideo"]


def test_constructing_starts_no_thread_and_closing_ends_it(sandbox: Sandbox) -> None:
    client = NemoVideo(base_url=sandbox.url)
    client.close()
    assert not loops()
    client.credits.retrieve()
    assert loops()
    client.close()
    assert not loops()
    client.credits.retrieve()  # used again
    client.close()


def test_the_thread_ends_with_the_last_that_could_use_it() -> None:
    portal = Portal()

    async def nothing() -> None: ...

    portal.run(nothing)
    del portal
    assert "nemovideo" not in {thread.name for thread in threading.enumerate()}


def test_it_works_inside_a_running_loop(blocking: NemoVideo) -> None:
    async def cell() -> float:
        return blocking.credits.retrieve().available

    assert asyncio.run(cell()) == 1000


def test_many_threads_share_one_client(blocking: NemoVideo) -> None:
    with ThreadPoolExecutor(8) as pool:
        balances = list(pool.map(lambda _: blocking.credits.retrieve().available, range(32)))
    assert balances == [1000] * 32


def test_options_are_changed_on_the_same_thread_and_connections(blocking: NemoVideo) -> None:
    blocking.credits.retrieve()
    before = threading.active_count()
    other = blocking.with_options(max_retries=0)
    assert isinstance(other, NemoVideo)
    assert other.credits.retrieve().available == 1000
    assert threading.active_count() == before


def test_closing_a_client_of_other_options_ends_only_what_it_began(blocking: NemoVideo) -> None:
    own = blocking.generate_stream(PROMPT)
    next(own)
    with blocking.with_options(max_retries=0) as other:
        left = other.generate_stream(PROMPT)
        next(left)
    with pytest.raises(errors.StreamInterruptedError):
        left.wait()
    assert own.wait().url


def test_the_only_client_that_uses_a_thread_ends_it(sandbox: Sandbox) -> None:
    with NemoVideo(base_url=sandbox.url).with_options(max_retries=0) as client:
        assert client.credits.retrieve().available == 1000
        assert loops()
    assert not loops()


def test_repr_shows_where_and_no_token(sandbox: Sandbox) -> None:
    client = NemoVideo(base_url=sandbox.url, token="nmv_usr_secret")
    assert repr(client) == f"NemoVideo(base_url={sandbox.url!r}, token=set)"


def test_closing_during_a_call_ends_the_call() -> None:
    portal, started = Portal(), threading.Event()

    async def wait() -> None:
        started.set()
        await asyncio.sleep(1000)

    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(portal.run, wait)
        started.wait()
        portal.close()
        with pytest.raises(NemoVideoError, match="closed during this call"):
            call.result()


def test_a_blocking_call_in_the_clients_own_thread_is_refused() -> None:
    portal = Portal()

    async def nothing() -> None: ...

    async def inner() -> None:
        portal.run(nothing)

    with pytest.raises(RuntimeError, match="use AsyncNemoVideo"):
        portal.run(inner)
    portal.close()


def test_no_call_starts_a_thread() -> None:
    portal = Portal()

    async def here() -> int:
        return threading.get_ident()

    first = portal.run(here)
    before = set(threading.enumerate())
    assert {portal.run(here) for _ in range(20)} == {first}
    assert set(threading.enumerate()) == before
    portal.close()


def test_an_interrupted_call_is_cancelled_and_has_cleaned_up() -> None:
    portal, cleaned = Portal(), threading.Event()
    relay = CallbackRelay(portal)

    def press(key: str) -> None:
        raise KeyboardInterrupt(key)

    callback = relay.wrap(press)

    async def work() -> None:
        assert callback is not None
        try:
            await callback("Ctrl-C")
        finally:
            cleaned.set()

    with pytest.raises(KeyboardInterrupt):
        portal.run(work, relay)
    assert cleaned.is_set()
    portal.close()


def test_notifying_a_closed_portal_does_nothing() -> None:
    portal = Portal()
    portal.notify(threading.Event().set)
    portal.close()
    portal.close()


def test_an_exit_in_the_async_work_is_raised_in_the_caller() -> None:
    portal = Portal()

    async def work() -> None:
        raise SystemExit(3)

    with pytest.raises(SystemExit):
        portal.run(work)
    portal.close()


def test_after_a_fork_the_parents_thread_is_not_touched() -> None:
    portal = Portal()

    async def here() -> int:
        return threading.get_ident()

    first = portal.run(here)
    inherited = dict(vars(portal))
    portal_module._reset_after_fork()  # as in the child
    assert portal.run(here) != first
    portal.close()
    inherited["_running"].stop()


# Contexts


@asynccontextmanager
async def context(log: list[str], *, fails: str = "") -> AsyncGenerator[str]:
    if fails == "entering":
        raise LookupError
    async with anyio.create_task_group():  # which only the task that entered it may leave
        log.append("entered")
        yield "value"
        log.append("left")
    if fails == "leaving":
        raise LookupError


def test_a_context_is_entered_and_exited_in_one_task() -> None:
    portal, log = Portal(), list[str]()
    with SyncContextManager(portal, context(log), str.upper) as value:
        assert value == "VALUE"
        assert log == ["entered"]
    assert log == ["entered", "left"]
    portal.close()


@pytest.mark.parametrize("fails", ["entering", "leaving"])
def test_a_context_that_fails_raises_where_it_is_used(fails: str) -> None:
    portal = Portal()
    with pytest.raises(LookupError), SyncContextManager(portal, context([], fails=fails), str):
        pass
    portal.close()


def test_a_context_that_is_never_exited_ends_with_the_client() -> None:
    portal, log = Portal(), list[str]()
    SyncContextManager(portal, context(log), str).__enter__()
    portal.close()
    assert log == ["entered"]


def test_closing_while_a_context_is_being_entered_ends_it() -> None:
    portal, started, ended = Portal(), threading.Event(), threading.Event()

    @asynccontextmanager
    async def slow() -> AsyncGenerator[str]:
        started.set()
        try:
            await anyio.sleep_forever()
            yield "never"
        finally:
            ended.set()

    with ThreadPoolExecutor(1) as pool:
        call = pool.submit(SyncContextManager(portal, slow(), str).__enter__)
        started.wait()
        portal.close()
        with pytest.raises(NemoVideoError, match="closed during this call"):
            call.result()
    assert ended.is_set()


SCRIPT = """
import sys, nemovideo
client = nemovideo.NemoVideo(base_url=sys.argv[1])
print(client.credits.retrieve().available)
{rest}
"""


def run_script(sandbox: Sandbox, rest: str) -> subprocess.CompletedProcess[str]:
    code = [sys.executable, "-W", "error", "-c", SCRIPT.format(rest=rest), sandbox.url]
    return subprocess.run(code, capture_output=True, text=True, timeout=60, check=False)


def test_a_script_that_closes_nothing_ends_without_output(sandbox: Sandbox) -> None:
    done = run_script(sandbox, "generation = client.generate_stream('a panda'); next(generation)")
    assert (done.returncode, done.stdout, done.stderr) == (0, "1000\n", "")


FORK = """
import os, threading
pid = os.fork()
if pid == 0:
    try:
        client.credits.retrieve()
        client.create_project().send("a panda")
        client.close()
    except BaseException as error:
        print(repr(error), flush=True)
        os._exit(1)
    os._exit(0)
assert os.waitpid(pid, 0)[1] == 0
print(client.credits.retrieve().available)
client.close()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_child_has_a_thread_of_its_own(sandbox: Sandbox) -> None:
    done = run_script(sandbox, FORK)
    assert (done.returncode, done.stdout, done.stderr) == (0, "1000\n900\n", "")


INTERRUPTED = """
def show(event):
    print(event.type, flush=True)
try:
    client.generate("a panda", on_event=show, path=sys.argv[1].rsplit(":")[-1] + ".mp4")
except KeyboardInterrupt:
    print("interrupted", [item.kind for item in client.recover()], flush=True)
client.close()
"""


@pytest.mark.skipif(os.name == "nt", reason="signals are sent differently there")
def test_ctrl_c_cancels_and_leaves_the_journal_right(sandbox: Sandbox, tmp_path: Path) -> None:
    code = [sys.executable, "-c", SCRIPT.format(rest=INTERRUPTED), sandbox.url]
    with (
        sandbox.inject(Fault("messages.stream", "stall", events=3)),
        subprocess.Popen(code, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process,
    ):
        assert process.stdout is not None
        for _ in range(3):
            process.stdout.readline()
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
    assert rest.splitlines()[-1] == "interrupted ['message']"
    assert process.returncode == 0
    assert list(tmp_path.glob("*.mp4*")) == []


def test_importing_the_blocking_client_is_light() -> None:
    code = "import sys, nemovideo; nemovideo.NemoVideo(); print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"anyio", "asyncio", "pydantic", "aiohttp"} & set(done.stdout.split())


def test_the_names_of_the_blocking_module() -> None:
    assert dir(_blocking) == _blocking.__all__
    for name in _blocking.__all__:
        assert getattr(_blocking, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = _blocking.nonsense
    assert nemovideo.NemoVideo is _blocking.NemoVideo


class GreenThread:
    """What gevent and eventlet put in a thread's place: it runs in the real thread of its maker."""

    def __init__(self, target: Callable[..., None], args: tuple[object, ...], **_: object) -> None:
        self._run = partial(target, *args)

    def start(self) -> None:
        self._run()


def test_a_green_thread_in_a_running_loop_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    patched = SimpleNamespace(**{**vars(threading), "Thread": GreenThread})
    monkeypatch.setattr(portal_module, "threading", patched)

    async def main() -> None:
        client = NemoVideo()
        with pytest.raises(NemoVideoError, match=r"Green threads .* are not supported"):
            client.credits.retrieve()
        client.close()

    asyncio.run(main())
