"""`Sandbox` as users use it: starting, stopping and reading, on every event loop."""

import asyncio
import http.client
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import trio

from nemovideo.sandbox import AgentBehavior, Sandbox
from nemovideo.sandbox import sandbox as module


def test_it_runs_under_asyncio_and_several_at_once() -> None:
    async def main() -> set[str]:
        async with Sandbox() as one, Sandbox() as two:
            return {one.url, one.cdn_url, one.web_url, two.url, two.cdn_url, two.web_url}

    assert len(asyncio.run(main())) == 6


def test_it_runs_under_trio() -> None:
    async def main() -> str:
        async with Sandbox() as sandbox:
            return sandbox.url

    assert trio.run(main).startswith("http://127.0.0.1:")


def test_it_stops_where_the_usual_event_loop_has_no_readers(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Proactor(asyncio.SelectorEventLoop):
        """As on Windows."""

        def remove_reader(self, fd: object) -> bool:
            raise NotImplementedError

    monkeypatch.setattr(asyncio.events, "new_event_loop", Proactor)
    with Sandbox():
        pass
    assert "broke down" not in caplog.text


def test_it_closes_when_its_block_is_cancelled() -> None:
    threads = set(threading.enumerate())
    sandboxes: list[Sandbox] = []

    async def main() -> None:
        with trio.move_on_after(0):
            async with Sandbox() as sandbox:
                sandboxes.append(sandbox)
                await trio.sleep_forever()

    trio.run(main)
    assert all(sandbox._server is None for sandbox in sandboxes)
    assert set(threading.enumerate()) <= threads


def test_it_leaves_no_thread_and_no_file_behind(visit: Any) -> None:
    threads = set(threading.enumerate())
    with Sandbox() as sandbox:
        state: Any = sandbox._state
        folder = state.store.folder
        assert folder.exists()
    assert not folder.exists()
    assert set(threading.enumerate()) <= threads


def test_requests_can_be_read_after_it_has_stopped(visit: Any) -> None:
    caller = visit()
    session_id = caller.open_session()
    caller.sandbox.__exit__(None, None, None)
    assert [session.session_id for session in caller.sandbox.sessions] == [session_id]
    assert [request.endpoint for request in caller.sandbox.requests] == [
        "tokens.create_anonymous",
        "sessions.create",
    ]


def test_sessions_and_renders_are_copies(caller: Any) -> None:
    caller.open_session()
    caller.sandbox.sessions[0].name = "changed"
    assert caller.sandbox.sessions[0].name == "project"
    assert caller.sandbox.renders == []


def test_it_cannot_be_started_twice() -> None:
    with Sandbox() as sandbox, pytest.raises(RuntimeError, match="already running"):
        sandbox.__enter__()


def test_it_has_no_url_before_it_is_started() -> None:
    sandbox = Sandbox()
    assert repr(sandbox) == "<Sandbox not started>"
    with pytest.raises(RuntimeError, match="no URL"):
        _ = sandbox.url
    with pytest.raises(RuntimeError, match="not been started"):
        _ = sandbox.sessions
    with pytest.raises(RuntimeError, match="not running"), sandbox.unreachable():
        pass


def test_an_error_in_a_call_is_raised_in_the_callers_thread(caller: Any) -> None:
    with pytest.raises(TypeError):
        caller.sandbox.issue_token(scopes=5)
    assert caller.credits()["available"] == 100


def test_its_repr_has_its_url(caller: Any) -> None:
    assert repr(caller.sandbox) == f"<Sandbox {caller.sandbox.url}>"


def test_a_port_in_use_is_named() -> None:
    with Sandbox() as sandbox:
        port = int(sandbox.url.rpartition(":")[2])
        with (
            pytest.raises(OSError, match=f"port {port} on 127.0.0.1 is in use"),
            Sandbox(port=port),
        ):
            pass


def test_it_can_be_stopped_while_it_is_unreachable() -> None:
    threads = set(threading.enumerate())
    sandbox = Sandbox().__enter__()
    with sandbox.unreachable():
        sandbox.__exit__(None, None, None)
    assert set(threading.enumerate()) <= threads


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_EXTRA", ("json", "no_such_codec"))
    with pytest.raises(ModuleNotFoundError, match=r'pip install "nemovideo\[sandbox\]"'), Sandbox():
        pass


def test_a_negative_speed_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        Sandbox(speed=-1)


def test_a_state_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(OSError, match="file"), Sandbox(state_dir=tmp_path / "file"):
        pass


def test_a_damaged_state_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "sandbox.sqlite3").write_text("this is no database, and long enough to tell" * 99)
    with pytest.raises(OSError, match="in use by another sandbox or damaged"):
        Sandbox(state_dir=tmp_path).__enter__()


def test_importing_it_loads_no_server_and_no_codec() -> None:
    code = (
        "import sys, nemovideo.sandbox;"
        "print([m for m in ('aiohttp', 'av', 'numpy', 'PIL') if m in sys.modules])"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_a_blocked_callers_loop_does_not_stop_it() -> None:
    async def main() -> int:
        async with Sandbox() as sandbox:
            from tests.sandbox.conftest import Caller

            # Blocking calls on the caller's loop: the sandbox has a loop of its own.
            return Caller(sandbox).sign_in().credits()["available"]

    assert asyncio.run(main()) == 100


def test_a_turn_takes_the_services_time_until_the_clock_moves(visit: Any) -> None:
    caller = visit(speed=1000)
    session_id = caller.open_session()
    replies: list[Any] = []
    thread = threading.Thread(target=lambda: replies.append(caller.say(session_id)))
    thread.start()
    while caller.credits()["frozen"] != 100:
        pass
    assert caller.credits() == {"available": 0, "frozen": 100, "total": 100}
    while thread.is_alive():
        caller.sandbox.clock.advance(5_000)
        thread.join(0.005)
    (reply,) = replies
    assert {"type": "heartbeat"} in reply.events
    assert caller.state(session_id)["draft"]["d"] == 10000


def test_both_stages_of_a_generation_show_in_the_state(visit: Any) -> None:
    caller = visit(speed=1000)
    session_id = caller.open_session()
    thread = threading.Thread(target=lambda: caller.say(session_id))
    thread.start()
    seen: list[int] = []
    while thread.is_alive():
        draft = caller.sandbox.sessions[0].draft
        if draft is not None and (not seen or seen[-1] != len(draft["t"])):
            seen.append(len(draft["t"]))
        caller.sandbox.clock.advance(5_000)
        thread.join(0.002)
    assert seen[0] == 1
    assert len(caller.state(session_id)["draft"]["t"]) == 3


def test_messages_of_one_session_run_one_after_another(visit: Any) -> None:
    caller = visit(credits=1000)
    session_id = caller.open_session()
    threads = [threading.Thread(target=caller.say, args=(session_id, f"{n}s cat")) for n in (2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (session,) = caller.sandbox.sessions
    assert [turn.finished for turn in session.turns] == [True, True]


def test_closing_in_the_middle_of_a_turn_returns_the_credits(tmp_path: Path, visit: Any) -> None:
    caller = visit(speed=1000, state_dir=tmp_path)
    session_id = caller.open_session()

    def say() -> None:
        with pytest.raises((http.client.HTTPException, OSError)):
            caller.say(session_id)

    thread = threading.Thread(target=say)
    thread.start()
    while caller.credits()["frozen"] != 100:
        pass
    caller.sandbox.__exit__(None, None, None)
    thread.join()
    with Sandbox(state_dir=tmp_path) as sandbox:
        caller.sandbox = sandbox
        assert caller.credits() == {"available": 100, "frozen": 0, "total": 100}


def test_a_start_after_the_first_takes_little_time() -> None:
    with Sandbox():
        pass
    spent = []
    for _ in range(5):
        started = time.thread_time()
        with Sandbox():
            spent.append(time.thread_time() - started)
    assert min(spent) < 0.05


@pytest.mark.parametrize(
    "option",
    [
        {"sse_shape": "sse"},
        {"render_shape": "url"},
        {"error_status": "both"},
        {"credits": -1},
        {"port": 65534},
        {"speed": -1},
        {"speed": float("nan")},
        {"token_limit": 0},
        {"upload_limit": 0},
        {"link_seconds": -1},
    ],
    ids=str,
)
def test_an_invalid_option_is_refused(option: Any) -> None:
    with pytest.raises(ValueError, match=next(iter(option))):
        Sandbox(**option)


def test_behavior_takes_probabilities() -> None:
    with pytest.raises(ValueError, match="gui is a chance between 0 and 1"):
        AgentBehavior(gui=1.5)
