"""Clips of a video server: a fake one on a real socket, which serves real small MP4 files."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Iterator
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from nemovideo.sandbox import Sandbox, VideoServer
from nemovideo.sandbox.__main__ import main
from nemovideo.sandbox.clips.conform import MadeClip, conform
from nemovideo.sandbox.clips.request import prompt_of, requests_of, size_of
from nemovideo.sandbox.draft import segments

RED = (220, 30, 30)


def clip(width: int, height: int, frames: int = 17, fps: int = 16, **options: str) -> bytes:
    """A red film whose brightness rises."""
    with TemporaryDirectory() as folder:
        path = Path(folder, "clip.mp4")
        with av.open(path, "w", options=options) as container:
            stream = container.add_stream("libx264", rate=fps)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            for number in range(frames):
                picture = np.full((height, width, 3), RED, np.uint8)
                picture[: height // 8] = number * 255 // frames  # something that moves
                for packet in stream.encode(VideoFrame.from_ndarray(picture, format="rgb24")):
                    container.mux(packet)
            for packet in stream.encode():
                container.mux(packet)
        return path.read_bytes()


class Engine:
    """A server with `/v1/videos`; `jobs` says what comes of each new job, in turn."""

    def __init__(self) -> None:
        self.jobs: list[dict[str, Any]] = [{}]
        self.started: list[dict[str, str]] = []
        self.seen: list[tuple[str, str, Any]] = []
        self.running: dict[str, dict[str, Any]] = {}
        self.polled = threading.Event()
        engine = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                engine.seen.append(("POST", self.path, self.headers))
                behavior = engine.jobs.pop(0) if len(engine.jobs) > 1 else engine.jobs[0]
                if "refuses" in behavior:
                    return self.answer(*behavior["refuses"])
                fields = parse(self.headers, body)
                engine.started.append(fields)
                job_id = f"video_{len(engine.started)}/=="
                engine.running[job_id] = {"fields": fields, **behavior}
                self.answer(200, {"id": job_id, "status": "queued", "progress": 0})

            def do_GET(self) -> None:
                engine.seen.append(("GET", self.path, self.headers))
                name = self.path.removeprefix("/v1/videos/").removesuffix("/content")
                job = engine.running.get(name.replace("%2F", "/").replace("%3D", "="))
                if job is None:
                    return self.answer(404, {"detail": "Video not found"})
                if self.path.endswith("/content"):
                    return self.content(job)
                engine.polled.set()
                states = job.get("states", [{"status": "completed", "progress": 100}])
                state = states.pop(0) if len(states) > 1 else states[0]
                if isinstance(state, int):
                    return self.answer(state, {"error": {"message": "busy"}})
                if isinstance(state, bytes):
                    return self.answer(200, state)
                self.answer(200, {"id": name, **state})

            def content(self, job: dict[str, Any]) -> None:
                if "redirect" in job:
                    self.send_response(307)
                    self.send_header("Location", job["redirect"])
                    self.send_header("Content-Length", "0")
                    return self.end_headers()
                raw = job.get("file")
                if raw is None:
                    width, height = map(int, job["fields"]["size"].split("x"))
                    raw = clip(width, height, int(job["fields"].get("num_frames", 17)))
                self.send_response(200)
                self.send_header("Content-Length", str(len(raw) + job.get("missing", 0)))
                self.end_headers()
                self.wfile.write(raw)
                if job.get("missing"):
                    self.close_connection = True

            def answer(self, status: int, body: Any) -> None:
                raw = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, format: str, *args: object) -> None: ...

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    @property
    def posts(self) -> int:
        return sum(method == "POST" for method, _, _ in self.seen)


def parse(headers: Any, body: bytes) -> dict[str, str]:
    kind = headers["Content-Type"]
    if kind == "application/json":
        return {name: str(value) for name, value in json.loads(body).items()}
    assert kind.startswith("multipart/form-data")
    parsed: Message = BytesParser().parsebytes(f"Content-Type: {kind}\r\n\r\n".encode() + body)
    parts: Any = parsed.get_payload()
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        .decode()
        for part in parts
    }  # fmt: skip


@pytest.fixture
def engine() -> Iterator[Engine]:
    made = Engine()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


def server_of(engine: Engine, **options: Any) -> VideoServer:
    quick = {"short_side": 64, "max_seconds": 1, "poll": 0.01, **options}
    return VideoServer(engine.url, "wan", "sk-secret-key", **quick)


@pytest.fixture
def start(visit: Any, engine: Engine) -> Any:
    """Open a session in a sandbox with the fake server."""

    def opened(prompt: str = "a 1-second video of a panda", **options: Any) -> Any:
        server = server_of(engine, **options.pop("server", {}))
        caller = visit(
            **{
                "stub_renders": False,
                "render_height": 72,
                "credits": 1000,
                "video_server": server,
                **options,
            }
        )
        session_id = caller.open_session()
        caller.say(session_id, prompt)
        return caller, session_id

    return opened


def export(caller: Any, session_id: str, number: int = 1) -> Any:
    draft = caller.state(session_id)["draft"]
    caller.render(session_id, draft, f"render_{number}", quality="low")
    return caller.rendered(f"render_{number}")


def redness(caller: Any, render: Any) -> list[bool]:
    """Whether each of a film's frames is the server's picture, looked at where no title is."""
    body = caller.get(render["output"]["url"]).body
    with av.open(io.BytesIO(body)) as film:
        frames = [frame.to_ndarray(format="rgb24") for frame in film.decode(video=0)]
    spots = [frame[len(frame) // 3, frame.shape[1] // 2].astype(int) for frame in frames]
    return [bool(spot[0] > 150 and spot[1] < 90 and spot[2] < 90) for spot in spots]


def clip_errors(caller: Any) -> list[object]:
    (session,) = caller.sandbox.sessions
    return [item.node["m"].get("clip_error") for item in segments(session.draft, 0)]


def test_a_clip_is_the_servers_and_made_once_whatever_is_edited_later(
    start: Any, engine: Engine
) -> None:
    caller, session_id = start("a 2-second video of a panda at night, titled Bao")
    render = export(caller, session_id)
    assert redness(caller, render) == [True] * 60  # a clip of 1.06 s fills the scene
    (asked,) = engine.started
    assert asked["prompt"].startswith("a 2-second video of a panda at night")
    assert {name: asked[name] for name in ("model", "seconds", "size", "fps", "num_frames")} == {
        "model": "wan", "seconds": "1", "size": "96x64", "fps": "16", "num_frames": "17",
    }  # fmt: skip
    assert all(each["Authorization"] == "Bearer sk-secret-key" for _, _, each in engine.seen)
    with av.open(io.BytesIO(caller.get(render["output"]["url"]).body)) as film:
        assert film.streams.audio and film.streams.video[0].height == 72
    for number, edit in enumerate(("change the title to Panda", "trim the last second"), 2):
        caller.say(session_id, edit)
        assert all(redness(caller, export(caller, session_id, number)))
    assert engine.posts == 1 and clip_errors(caller) == [None]
    caller.sandbox.assert_clean()


def test_the_servers_progress_is_in_the_percent_of_the_render(start: Any, engine: Engine) -> None:
    engine.jobs = [{"states": [{"status": "in_progress", "progress": 50}]}]
    caller, session_id = start()
    caller.render(session_id, caller.state(session_id)["draft"])
    url = "/api/render/proxy/lambda/render_1"
    while (shown := caller.get(url).json)["progress"] < 45:
        assert shown["status"] in ("pending", "processing")
    assert shown["progress"] == 45
    engine.running["video_1/=="]["states"].append({"status": "completed"})
    engine.running["video_1/=="]["states"].pop(0)
    assert caller.rendered()["progress"] == 100


WHOLE = clip(96, 64)
FAST_START = clip(96, 64, movflags="faststart")
FAILURES: list[tuple[dict[str, Any], str, int]] = [
    ({"refuses": (500, {"detail": "no sk-secret-key"})}, 'HTTP 500: "no …"', 2),
    ({"refuses": (401, b"<html>")}, "HTTP 401", 2),
    ({"refuses": (200, {"data": []})}, "has no /v1/videos", 2),
    ({"states": [{"status": "failed", "error": {"message": "CUDA out of memory."}}]},
     'failed: "CUDA out of memory."', 2),
    ({"states": [{"status": "failed", "error": None}]}, "has a job that failed", 2),
    ({"states": [500]}, 'HTTP 500: "busy"', 1),
    ({"states": [b"<html>"]}, "without the status of the job", 1),
    ({"file": b""}, "sent an empty file", 2),
    ({"file": b'{"error": "gone"}'}, "no video", 2),
    ({"file": WHOLE[:-400]}, "no video", 2),
    ({"file": FAST_START[:-150]}, "breaks off", 2),
    ({"file": WHOLE[:-9], "missing": 9}, "breaks off", 1),
    ({"file": clip(64, 96)}, "wrong size, 64x96 instead of 96x64", 2),
    ({"file": clip(96, 64, frames=2)}, "0.125 instead of 1 seconds", 2),
    ({"redirect": "http://127.0.0.1:1/film.mp4"}, "redirects to another address", 1),
]  # fmt: skip


@pytest.mark.parametrize(("behavior", "words", "posts"), FAILURES)
def test_a_failure_is_drawn_and_reported_and_the_next_export_tries_again(
    start: Any, engine: Engine, behavior: dict[str, Any], words: str, posts: int
) -> None:
    engine.jobs = [behavior, {}]
    caller, session_id = start()
    render = export(caller, session_id)
    assert render["status"] == "completed" and not any(redness(caller, render))
    (error,) = clip_errors(caller)
    assert words in str(error) and "sk-secret" not in str(error)
    page = caller.get(f"{caller.sandbox.web_url}/dashboard/data?since=0").json["sessions"][0]
    assert page["renders"][0]["notes"] == [f'The clip "panda" is a drawn picture. {error}']
    assert page["timeline"]["tracks"][0]["segments"][0]["error"] == error
    for job in engine.running.values():  # it recovers
        for name in ("states", "file", "missing", "redirect"):
            job.pop(name, None)
    again = export(caller, session_id, 2)
    assert all(redness(caller, again)) and clip_errors(caller) == [None]
    assert engine.posts == posts  # what was started and did not fail for certain is not paid twice
    caller.sandbox.assert_clean()


def test_out_of_memory_on_the_second_clip_leaves_the_first(start: Any, engine: Engine) -> None:
    failed = {"status": "failed", "error": {"code": "OutOfMemoryError", "message": "CUDA"}}
    engine.jobs = [{}, {"states": [failed]}]
    caller, session_id = start("a 2-second video: first a fox, then a panda")
    shown = redness(caller, export(caller, session_id))
    assert all(shown[:30]) and not any(shown[31:])
    first, second = clip_errors(caller)
    assert first is None and "CUDA" in str(second)


def test_a_server_that_is_gone_and_one_that_never_finishes_are_drawn(
    start: Any, engine: Engine
) -> None:
    gone = VideoServer("http://127.0.0.1:1/v1")
    caller, session_id = start(video_server=gone)
    assert export(caller, session_id)["status"] == "completed"
    assert "cannot be reached" in str(clip_errors(caller))
    engine.jobs = [{"states": [{"status": "in_progress"}]}]
    caller, session_id = start(server={"timeout": 0.3})
    assert export(caller, session_id)["status"] == "completed"
    assert "did not finish within 0.3 seconds" in str(clip_errors(caller))
    engine.running["video_1/=="].pop("states")
    assert all(redness(caller, export(caller, session_id, 2)))
    assert engine.posts == 1


def test_a_cancelled_render_and_a_restart_leave_the_job_to_the_next_render(
    start: Any, engine: Engine, tmp_path: Path
) -> None:
    engine.jobs = [{"states": [{"status": "in_progress"}]}]
    caller, session_id = start(state_dir=tmp_path)
    draft = caller.state(session_id)["draft"]
    caller.render(session_id, draft)
    assert engine.polled.wait(30)
    caller.post("/api/render/proxy/lambda/render_1/cancel")
    assert caller.rendered()["status"] == "failed"
    engine.polled.clear()
    caller.render(session_id, draft, "render_2")
    assert engine.polled.wait(30)
    caller.sandbox.__exit__()
    engine.running["video_1/=="].pop("states")
    again = Sandbox(state_dir=tmp_path, render_height=72, video_server=server_of(engine))
    with again:
        caller.sandbox = again
        assert all(redness(caller, caller.rendered("render_2")))
    assert engine.posts == 1
    assert not list(tmp_path.glob("clips/*.part"))


def test_a_job_that_the_server_has_forgotten_is_started_again(start: Any, engine: Engine) -> None:
    engine.jobs = [{"states": [{"status": "in_progress"}]}, {}]
    caller, session_id = start(server={"timeout": 0.3})
    export(caller, session_id)
    engine.running.clear()
    assert all(redness(caller, export(caller, session_id, 2)))
    assert engine.posts == 2


def test_a_server_that_refuses_the_form_is_asked_as_openai_is(start: Any, engine: Engine) -> None:
    engine.jobs = [{"refuses": (400, {"detail": "input_reference file is required"})}, {}]
    caller, session_id = start()
    assert all(redness(caller, export(caller, session_id)))
    (asked,) = engine.started
    assert asked.keys() == {"model", "prompt", "seconds", "size"} and asked["seconds"] == "4"


def fields(**changes: Any) -> Any:
    scene = {"subject": "panda", "time": "day", "weather": "clear", "camera": "drift", "style": []}
    scene |= changes.pop("scene", {})
    return {"name": "panda", "prompt": "a panda", "kind": "generated", **changes, "scene": scene}


@pytest.mark.parametrize(
    ("changes", "prompt"),
    [
        ({}, "a panda"),
        ({"scene": {"weather": "snow"}}, "a panda, in the snow"),
        ({"prompt": "a panda at night", "scene": {"time": "night"}}, "a panda at night"),
        ({"prompt": "a panda at night"}, "a panda at night, in daylight"),
        ({"name": "fox", "scene": {"subject": "fox"}}, "fox"),
        ({"name": "Intro"}, "a panda"),
        ({"prompt": "一只熊猫", "name": "熊猫"}, "一只熊猫"),
        ({"scene": {"camera": "zoom_in", "style": ["watercolor"]}},
         "a panda, the camera slowly zooms in, watercolor"),
        ({"prompt": "a panda \ud83d"}, "a panda ?"),
    ],
)  # fmt: skip
def test_the_prompt_says_what_was_edited_since(changes: Any, prompt: str) -> None:
    assert prompt_of(fields(**changes)) == prompt


@pytest.mark.parametrize(
    ("width", "height", "size"),
    [(1920, 1080, (832, 480)), (1080, 1920, (480, 832)), (1080, 1080, (480, 480)),
     (16, 4096, (480, 1440))],
)  # fmt: skip
def test_the_size_has_the_shape_of_the_film(width: int, height: int, size: Any) -> None:
    assert size_of({"width": width, "height": height}, 480) == size


@pytest.mark.parametrize(
    ("clip_ms", "plays"),
    [
        (20_000, [(0, 12_000, 0.0, 1.0)]),
        (6_000, [(0, 12_000, 0.0, 0.5)]),
        (4_000, [(0, 6_000, 0.0, 2 / 3), (6_000, 6_000, 0.0, 2 / 3)]),
    ],
)
def test_a_short_clip_is_slower_and_then_shown_again(clip_ms: int, plays: Any) -> None:
    server = VideoServer("http://x/v1")
    shown = fields(fade_in=500, fade_out=500)
    draft: Any = {"t": [{"tt": 0, "sg": [{"id": "a", "d": 12_000, "m": shown}]}]}
    (request,) = requests_of(draft, server)
    made = {request.key: MadeClip(12_000, clip_ms)}
    found = conform(draft, server, made)
    parts: list[Any] = [(each.start, each.length, each.node["m"]) for each in segments(found, 0)]
    assert [(at, length, m["in"], pytest.approx(m["speed"])) for at, length, m in parts] == plays
    assert ("fade_in" in parts[0][2], "fade_out" in parts[-1][2]) == (True, True)
    assert all("fade_in" not in m for _, _, m in parts[1:])
    draft["t"][0]["sg"][0] = {"id": "b", "d": 1_000, "m": fields(**{"in": 7_000})}
    (part,) = segments(conform(draft, server, made), 0)  # what is left of a scene that was cut
    rest: Any = part.node["m"]
    assert rest["in"] == pytest.approx(7_000 * made[request.key].speed % clip_ms)


@pytest.mark.parametrize(
    "options",
    [
        {"base_url": "ftp://x/v1"},
        {"base_url": "http://key@x/v1"},
        {"model": " "},
        {"fps": 0},
        {"timeout": float("nan")},
        {"api_key": "a key\n"},
    ],
)
def test_wrong_arguments_are_refused_at_once(options: Any) -> None:
    with pytest.raises(ValueError, match=r"is the|is a"):
        VideoServer(**{"base_url": "http://x/v1", **options})
    with pytest.raises(ValueError, match="goes with"):
        Sandbox(video_model="wan")


def test_the_key_is_not_shown_and_the_command_line_names_what_is_missing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert "sk-1" not in repr(VideoServer("http://x/v1", "m", "sk-1"))
    assert main(["--port=0", "--video-model=wan"]) == 1
    assert "--video-server" in capsys.readouterr().err
