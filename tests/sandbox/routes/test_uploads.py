"""Uploads: both forms, which files are accepted, and that no file remains."""

import hashlib
import http.server
import io
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from nemovideo.sandbox import Sandbox
from nemovideo.sandbox.studio import stub


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    """A small real video."""
    target = tmp_path / "clip.mp4"
    stub(target, width=64, height=48, duration=1.0)
    return target.read_bytes()


@pytest.fixture
def site(tmp_path: Path, png: bytes) -> Iterator[str]:
    """A web server on this machine with a picture and a redirect."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/photo.png"
            self.send_response(200 if found else 302)
            self.send_header("Location", "http://192.0.2.1/photo.png")
            self.end_headers()
            self.wfile.write(png if found else b"")

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def stored_files(sandbox: Sandbox) -> int:
    state: Any = sandbox._state
    return len(list((state.store.folder / "files").glob("*")))


def test_several_files_of_one_body_are_described(caller: Any, clip: bytes, png: bytes) -> None:
    session_id = caller.open_session()
    data = caller.upload(session_id, ("clip.mp4", clip), ("照片.png", png)).data
    assert data["session_state_applied"] is True
    video, image = data["files"]
    assert (video["filename"], video["file_type"]) == ("clip.mp4", "video")
    assert (video["width"], video["height"]) == (64, 48)
    assert video["duration"] == pytest.approx(1.0, abs=0.1)
    assert (image["filename"], image["file_type"], image["width"]) == ("照片.png", "image", 64)
    assert image["hash"] == hashlib.sha256(png).hexdigest()
    infos = caller.state(session_id)["video_infos"]
    assert [info["filename"] for info in infos] == ["clip.mp4", "照片.png"]


def test_a_name_in_use_gets_a_number(caller: Any, png: bytes) -> None:
    session_id = caller.open_session()
    for _ in range(2):
        caller.upload(session_id, ("a.png", png))
    names = [caller.upload(session_id, ("a.png", png)).data["files"][0]["filename"]]
    assert names == ["a (3).png"]


def test_a_name_that_is_not_text_is_replaced(caller: Any, png: bytes) -> None:
    url = f"/api/upload-video/nemo_agent/me/{caller.open_session()}"
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="\xff.png"\r\n\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    reply = caller.send("POST", url, head + png + b"\r\n--b--\r\n", headers)
    (file,) = reply.data["files"]
    assert file["filename"] == "?.png"
    assert caller.get(file["cdn_url"]).body == png


def test_a_path_in_a_name_is_dropped(caller: Any, png: bytes) -> None:
    reply = caller.upload(caller.open_session(), ("../../etc/a.png", png))
    assert reply.data["files"][0]["filename"] == "a.png"


@pytest.mark.parametrize("name", ["notes.txt", "film", ""])
def test_an_unsupported_file_type_gets_4001(caller: Any, png: bytes, name: str) -> None:
    reply = caller.upload(caller.open_session(), ("a.png", png), (name, b"words"))
    assert (reply.status, reply.json["code"]) == (200, 4001)
    assert stored_files(caller.sandbox) == 0


@pytest.mark.parametrize("name", ["film.mp4", "photo.jpg", "song.mp3"])
def test_a_file_that_does_not_match_its_extension_gets_4001(caller: Any, name: str) -> None:
    session_id = caller.open_session()
    reply = caller.upload(session_id, (name, b"this is no media at all"))
    assert reply.json["code"] == 4001
    assert caller.state(session_id)["video_infos"] == []
    assert stored_files(caller.sandbox) == 0


def test_a_picture_with_the_extension_of_a_video_gets_4001(caller: Any, png: bytes) -> None:
    assert caller.upload(caller.open_session(), ("a.mp4", png)).json["code"] == 4001


@pytest.mark.parametrize("name", ["photo.jpg", "photo.png", "photo.gif", "photo.webp"])
def test_a_truncated_picture_gets_4001(caller: Any, name: str) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (90, 160, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, Image.registered_extensions()[name[5:]])
    content = buffer.getvalue()[: buffer.tell() // 2]
    assert caller.upload(caller.open_session(), (name, content)).json["code"] == 4001
    assert stored_files(caller.sandbox) == 0


@pytest.mark.parametrize("name", ["sticker.gif", "sticker.webp"])
def test_an_animation_is_an_image_with_a_duration(caller: Any, name: str) -> None:
    pictures = [Image.new("RGB", (32, 18), (i * 60, 0, 0)) for i in range(4)]
    buffer = io.BytesIO()
    form = Image.registered_extensions()[name[7:]]
    pictures[0].save(buffer, form, save_all=True, append_images=pictures[1:], duration=100)
    (file,) = caller.upload(caller.open_session(), (name, buffer.getvalue())).data["files"]
    assert (file["file_type"], file["duration"], file["width"]) == ("image", 0.4, 32)


def test_a_file_over_the_limit_gets_4002(visit: Any, png: bytes) -> None:
    caller = visit(upload_limit=len(png) - 1)
    reply = caller.upload(caller.open_session(), ("a.png", png))
    assert (reply.status, reply.json["code"]) == (200, 4002)
    assert stored_files(caller.sandbox) == 0


def test_an_upload_without_files_is_refused(caller: Any) -> None:
    assert caller.upload(caller.open_session()).status == 400


def test_parts_with_other_names_are_ignored(caller: Any, png: bytes) -> None:
    session_id = caller.open_session()
    body = b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\nhi\r\n--b--\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    url = f"/api/upload-video/nemo_agent/me/{session_id}"
    assert caller.send("POST", url, body, headers).status == 400


def test_a_large_upload_does_not_use_more_memory(caller: Any) -> None:
    session_id = caller.open_session()
    content = b"\0" * (70 * 2**20)
    url = f"/api/upload-video/nemo_agent/me/{session_id}"
    head = b'--b\r\nContent-Disposition: form-data; name="files"; filename="a.mp4"\r\n\r\n'
    body = head + content + b"\r\n--b--\r\n"
    tracemalloc.start()
    try:
        reply = caller.send("POST", url, body, {"Content-Type": "multipart/form-data; boundary=b"})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert reply.json["code"] == 4001  # zeros are not a film, but all of them were received
    assert peak < 16 * 2**20


def by_address(caller: Any, session_id: str, url: str) -> Any:
    body = {"urls": [url], "source_type": "url"}
    return caller.post(f"/api/upload-video/nemo_agent/me/{session_id}", body)


def test_a_url_of_this_machine_is_fetched(caller: Any, site: str) -> None:
    reply = by_address(caller, caller.open_session(), f"{site}/photo.png")
    assert reply.data["files"][0]["file_type"] == "image"


@pytest.mark.parametrize("url", ["http://192.0.2.1/a.png", "file:///etc/a.png", "nonsense"])
def test_a_url_of_another_machine_is_refused(caller: Any, url: str) -> None:
    reply = by_address(caller, caller.open_session(), url)
    assert reply.status == 400
    assert "this machine only" in reply.json["message"]


def test_a_url_that_redirects_is_refused(caller: Any, site: str) -> None:
    reply = by_address(caller, caller.open_session(), f"{site}/elsewhere.png")
    assert "HTTP 302" in reply.json["message"]


def test_a_url_that_refuses_connections_is_refused(caller: Any) -> None:
    reply = by_address(caller, caller.open_session(), "http://127.0.0.1:1/a.png")
    assert "could not be fetched" in reply.json["message"]


def test_a_body_without_urls_is_refused(caller: Any) -> None:
    url = f"/api/upload-video/nemo_agent/me/{caller.open_session()}"
    assert caller.post(url, {}).status == 400


@pytest.mark.parametrize("kind", ["multipart/form-data", "multipart/form-data; boundary=x"])
def test_a_broken_multipart_body_is_refused(caller: Any, kind: str) -> None:
    url = f"/api/upload-video/nemo_agent/me/{caller.open_session()}"
    reply = caller.send("POST", url, b"abc", {"Content-Type": kind})
    assert (reply.status, reply.json["code"]) == (400, 400)
    caller.sandbox.assert_clean()


@pytest.mark.parametrize(
    "body",
    [
        {"urls": ["http://127.0.0.1/a.png"]},
        {"urls": "http://127.0.0.1/a.png", "source_type": "url"},
    ],
)
def test_urls_need_a_list_and_their_source_type(caller: Any, body: Any) -> None:
    reply = caller.post(f"/api/upload-video/nemo_agent/me/{caller.open_session()}", body)
    assert (reply.status, "source_type" in reply.json["message"]) == (400, True)
