"""`Recorder`: what it writes, what it never writes, and what it does not disturb."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import stat
import string
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import nemovideo
from nemovideo.sandbox import AgentBehavior, CallTool, Fault, ReplayAgent, Sandbox, Say
from nemovideo.testing import Recorder, message_reply, scripted
from nemovideo.transports import MemoryTransport, Reply, Request
from tests.conftest import QUICK, token_of

TALKATIVE = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
PANDA = "a 3-second video of a panda"


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@pytest.mark.anyio
@pytest.mark.parametrize("shape", ["typed", "mixed"])
async def test_a_session_is_recorded_and_replayed(tmp_path: Path, shape: Any) -> None:
    path, title = tmp_path / "session.jsonl", 'add a title that says "Ahoi"'
    said: list[Any] = []
    for agent in (None, "replay"):
        chosen: Any = (
            {"agent": ReplayAgent(path)} if agent else {"behavior": TALKATIVE, "sse_shape": shape}
        )
        async with Sandbox(stub_renders=True, credits=1000, **chosen) as sandbox:
            recorder = Recorder(tmp_path / "again.jsonl" if agent else path)
            async with recorder, sandbox.client(transport=recorder, timing=QUICK) as client:
                video = await client.generate(PANDA, path=tmp_path / "panda.mp4")
                turn = await client.open_project(video.session_id).send(title)
                timeline = await client.open_project(video.session_id).timeline()
            said.append((video.text, turn.text, str(timeline), [c.amount for c in sandbox.charges]))
            sandbox.assert_clean()
    assert said[0] == said[1]
    assert "Ahoi" in said[0][2] and said[0][3] == [100, 0]


@pytest.mark.anyio
async def test_a_recording_has_no_token_client_id_query_or_address(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"

    def reply(message: object, session: object) -> list[Any]:
        del session
        secrets = f"{message} {token_of(sandbox)} {client_id} {sandbox.cdn_url}/f/a?signature=s3"
        return [CallTool("tool", {"token": "abcdefgh"}, {"text": secrets}), Say(secrets)]

    client_id = "0b8ae5b8-90f2-4b05-8ba6-6a37a1f1e4ac"
    async with Sandbox(agent=reply, stub_renders=True) as sandbox:
        recorder = Recorder(path)
        async with recorder, sandbox.client(transport=recorder, client_id=client_id) as client:
            project = await client.create_project()
            turn = await project.send("send it to Ada.Byron+film@example.co.uk")
            assert "Ada.Byron+film@example.co.uk" in turn.text and client_id in turn.text
        written = path.read_text("utf-8")
        assert token_of(sandbox) not in written
    for private in (client_id, "Byron", "example.co", "signature", "s3", "nmv_usr", "abcdefgh"):
        assert private not in written
    assert "send it to <e-mail>" in written and "?…" in written
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.anyio
async def test_what_is_private_by_its_name_is_found_at_any_depth_and_in_json_in_a_text(
    tmp_path: Path,
) -> None:
    body = {
        "token": {"access": "aaaaaaaa", "list": ["bbbbbbbb"]},
        "refresh_tokens": ["cccccccc"],
        "password": 12345678,
        "args": '{"api_key": "dddddddd", \\"clientId\\": \\"eeeeeeee\\"}',
        "mailto": "ada＠example.com",
        "usage": {"total_tokens": 42, "token_expires": 7},
        "has_token": True,
    }
    kind = {"content-type": "application/json"}
    answers: list[Any] = [
        message_reply({"type": "tool_call", "args": body}),
        Reply(200, kind, json.dumps(body).encode()),
    ]
    recorder = Recorder(tmp_path / "r.jsonl", MemoryTransport(lambda request: answers.pop(0)))
    async with recorder.stream(Request("POST", "http://x/")) as response:
        while await response.receive():
            pass
    await recorder.send(Request("GET", "http://x/"))
    written = (tmp_path / "r.jsonl").read_text("utf-8")
    for private in [*(each * 8 for each in "abcde"), "12345678", "ada"]:
        assert private not in written
    assert lines_of(tmp_path / "r.jsonl")[-1]["response"]["usage"] == body["usage"]


NAMES = st.text(string.ascii_letters + string.digits + "._+-", min_size=1, max_size=12)
ADDRESSES = st.builds(
    "{}@{}.{}".format,
    NAMES,
    st.text(string.ascii_lowercase, min_size=1, max_size=9),
    st.sampled_from(["com", "org", "co.uk", "技术.cn", "museum"]),
)
# The beginning is one that no other text has by chance.
TOKENS = st.text(string.ascii_letters + string.digits + "._-", max_size=30).map("tQ9-x8z{}".format)
SIGNATURES = st.text(string.ascii_letters + string.digits + "%+=", max_size=30).map("sQ9{}".format)
AROUND = st.text(max_size=12) | st.just("\u2028 \x85")


@settings(max_examples=60)
@given(
    address=ADDRESSES,
    token=TOKENS,
    client_id=st.uuids().map(str),
    signature=SIGNATURES,
    before=AROUND,
    after=AROUND,
    cuts=st.lists(st.integers(0, 200), max_size=6),
    shape=st.sampled_from(["typed", "adk"]),
)
def test_whatever_is_private_is_found_in_any_place(
    tmp_path_factory: pytest.TempPathFactory,
    address: str,
    token: str,
    client_id: str,
    signature: str,
    before: str,
    after: str,
    cuts: list[int],
    shape: str,
) -> None:
    path = tmp_path_factory.mktemp("property") / "r.jsonl"
    url = f"https://cdn.example.com/a.mp4?expires=1&signature={signature}"
    spoken = f"{before} {address} {token} {client_id.upper()} {url} {after}"
    places = sorted({0, len(spoken), *(cut % len(spoken) for cut in cuts)})
    pieces = [spoken[a:b] for a, b in itertools.pairwise(places)]
    events = [
        {"type": "text", "content": each}
        if shape == "typed"
        else {"content": {"parts": [{"text": each}]}, "partial": True}
        for each in pieces
    ]
    data = {address: spoken, "token": token, "list": [spoken, {"url": url}], "n": 1}
    answers = [
        message_reply(*events),
        Reply(
            200, {"content-type": "application/json", "location": url}, json.dumps(data).encode()
        ),
        Reply(502, {"content-type": "text/html"}, f"<p>{spoken}</p>".encode("utf-8", "replace")),
        OSError(spoken),
    ]

    async def main() -> None:
        recorder = Recorder(path, MemoryTransport(lambda request: answers.pop(0)))
        headers = {"authorization": f"Bearer {token}", "x-client-id": client_id}
        body = json.dumps({"text": spoken}).encode()
        async with recorder.stream(Request("POST", url, headers, body)) as response:
            while await response.receive():
                pass
        for _ in range(3):
            with contextlib.suppress(OSError):
                await recorder.send(Request("GET", url, headers))

    anyio.run(main)
    written = path.read_text("utf-8")
    texts = [str(line) for line in lines_of(path)]
    joined = "".join(
        str(line["event"].get("content", ""))
        if shape == "typed"
        else line["event"]["content"]["parts"][0]["text"]
        for line in lines_of(path)
        if line.get("event")
    )
    for found in (written, joined, *texts):
        assert address not in found
        assert token not in found
        assert client_id not in found.lower()
        assert signature not in found
    assert len([line for line in lines_of(path) if "request" in line]) == 4


@pytest.mark.anyio
async def test_what_ends_early_is_written_down_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "session.jsonl"
    faults = [Fault("messages.stream", "cut", events=2)]
    async with Sandbox(agent=[["one two three " * 9]], faults=faults) as sandbox:
        recorder = Recorder(path)
        async with recorder, sandbox.client(transport=recorder, timing=QUICK) as client:
            with pytest.raises(nemovideo.StreamInterruptedError):
                await (await client.create_project()).send("hello")
    ends = [line for line in lines_of(path) if "bytes" in line and "request" not in line]
    assert "APIConnectionError" in ends[0]["error"]
    assert sum("run_sse" in str(line.get("request")) for line in lines_of(path)) == 1


@pytest.mark.anyio
async def test_a_cancelled_request_is_in_the_recording(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    started = anyio.Event()

    async def wait(request: Request) -> Reply:
        del request
        started.set()
        await anyio.sleep_forever()
        return Reply()

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(Recorder(path, MemoryTransport(wait)).send, Request("GET", "http://x/"))
        await started.wait()
        tasks.cancel_scope.cancel()
    assert lines_of(path)[-1]["error"] == "cancelled"


@pytest.mark.anyio
async def test_a_full_disk_warns_once_and_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "folder" / "r.jsonl"
    path.parent.mkdir()
    recorder = Recorder(path, scripted())
    path.unlink()
    path.parent.rmdir()
    async with nemovideo.AsyncNemoVideo(token="nmv_usr_x", transport=recorder) as client:
        assert (await client.credits.retrieve()).available == 100
        assert (await client.credits.retrieve()).available == 100
    assert [each.message.partition(":")[0] for each in caplog.records] == [
        "The recording is not complete"
    ]


@pytest.mark.anyio
async def test_bodies_are_readable_or_counted(tmp_path: Path) -> None:
    path = tmp_path / "r.jsonl"
    packed = {"content-encoding": "gzip", "content-type": "application/json"}
    deep = b"[" * 5000 + b"]" * 5000
    half = b'{"text": "\\ud83d"}'
    replies = [
        Reply(200, packed, gzip.compress(b'{"a": 10.0}')),
        Reply(200, {"content-type": "video/mp4"}, b"\0\1\2"),
        Reply(200, {"content-type": "application/json"}, deep),
        Reply(200, {"content-type": "application/json"}, half),
        Reply(204),
    ]
    recorder = Recorder(path, MemoryTransport(lambda request: replies.pop(0)))
    while replies:
        await recorder.send(Request("GET", "http://127.0.0.1/x"))
    found = [line["response"] for line in lines_of(path)[1:]]
    assert found[:2] == [{"a": 10.0}, {"content_type": "video/mp4", "bytes": 3}]
    assert found[3:] == [{"text": "\ud83d"}, None]


def test_a_path_that_cannot_be_written_is_refused_at_once(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none" / "r.jsonl"):
        with pytest.raises(nemovideo.InvalidInputError) as caught:
            Recorder(path)
        assert caught.value.parameter == "path"
