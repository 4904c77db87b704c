"""The state folder: what survives a restart or a crash."""

import contextlib
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from nemovideo.sandbox import Sandbox


def test_sessions_tokens_files_and_renders_survive_a_restart(
    tmp_path: Path, visit: Any, png: bytes
) -> None:
    caller = visit(state_dir=tmp_path)
    session_id = caller.open_session()
    caller.upload(session_id, ("photo.png", png))
    caller.say(session_id)
    state = caller.state(session_id)
    caller.render(session_id, state["draft"])
    film = caller.get(caller.rendered()["output"]["url"]).body
    caller.sandbox.__exit__(None, None, None)
    with Sandbox(state_dir=tmp_path, stub_renders=True) as again:
        caller.sandbox = again
        after = caller.state(session_id)
        assert after["draft"] == state["draft"]
        assert [info["hash"] for info in after["video_infos"]] == [
            info["hash"] for info in state["video_infos"]
        ]
        render = caller.rendered()
        assert caller.get(render["output"]["url"]).body == film
        assert [charge.amount for charge in again.charges] == [100]
        caller.say(session_id, "undo")
        caller.say(session_id, "remove the music")
        again.assert_clean()


def test_an_unfinished_render_is_resumed(tmp_path: Path, visit: Any) -> None:
    caller = visit(state_dir=tmp_path)
    session_id = caller.open_session()
    caller.say(session_id)
    caller.sandbox.clock.speed = 1000
    caller.render(session_id, caller.state(session_id)["draft"])
    while caller.get("/api/render/proxy/lambda/render_1").json["status"] == "pending":
        pass
    caller.sandbox.__exit__(None, None, None)
    with Sandbox(state_dir=tmp_path, stub_renders=True) as again:
        caller.sandbox = again
        assert caller.rendered()["status"] == "completed"


def test_deleted_sessions_stay_deleted(tmp_path: Path, visit: Any) -> None:
    caller = visit(state_dir=tmp_path)
    session_id = caller.open_session()
    caller.sandbox.forget_sessions()
    caller.sandbox.__exit__(None, None, None)
    with Sandbox(state_dir=tmp_path) as again:
        caller.sandbox = again
        assert caller.say(session_id).json["code"] == 1002


def test_a_folder_of_another_version_is_refused(tmp_path: Path, visit: Any) -> None:
    visit(state_dir=tmp_path).sandbox.__exit__(None, None, None)
    with contextlib.closing(sqlite3.connect(tmp_path / "sandbox.sqlite3")) as database, database:
        database.execute("UPDATE records SET fields = '{\"colour\": 1}' WHERE kind = 'Account'")
    with pytest.raises(OSError, match="written by another version"):
        Sandbox(state_dir=tmp_path).__enter__()


def test_two_sandboxes_do_not_share_a_folder(tmp_path: Path) -> None:
    with (
        Sandbox(state_dir=tmp_path),
        pytest.raises(OSError, match="in use by another sandbox"),
        Sandbox(state_dir=tmp_path),
    ):
        pass


def test_a_killed_process_loses_no_session(tmp_path: Path, visit: Any) -> None:
    code = (
        "import sys, nemovideo.sandbox as s;"
        "sandbox = s.Sandbox(state_dir=sys.argv[1]).__enter__();"
        "print(sandbox.url, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        caller = visit()
        post = f"{url}/api/auth/anonymous-token"
        token = caller.post(post, X_Client_Id=caller.client_id).data["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        session = caller.post(f"{url}/api/tasks/me/with-session/nemo_agent", {}, **bearer).data
        process.send_signal(signal.SIGKILL)
    with Sandbox(state_dir=tmp_path) as again:
        assert [known.session_id for known in again.sessions] == [session["session_id"]]
