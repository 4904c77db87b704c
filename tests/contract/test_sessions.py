"""Sessions, messages and uploads, on the wire (wire-contract sections 4 to 6)."""

from __future__ import annotations

import struct
import zlib

import pytest

from tests.contract.wire import Film, Wire, read_payloads

TYPED = {"text", "tool_call", "tool_result", "heartbeat"}


def draw_png() -> bytes:
    """Return a picture of 64 by 64 red points."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    rows = b"".join(b"\0" + b"\xff\0\0" * 64 for _ in range(64))
    header = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(rows)), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize("language", [None, "en", "zh-CN", "ja"])
def test_a_session_has_an_id_and_a_task(wire: Wire, language: str | None) -> None:
    session = wire.open_session(language)
    assert session["session_id"]
    assert session["task_id"]


def test_a_new_session_is_empty(wire: Wire) -> None:
    state = wire.read_state(wire.open_session()["session_id"]).data["state"]
    assert not any(track.get("sg") for track in (state["draft"] or {}).get("t", []))


def test_an_unknown_session_is_not_found(wire: Wire) -> None:
    assert wire.read_state("no-such-session").is_error(1002, 404)


def test_a_message_to_an_unknown_session_is_refused_before_any_event(wire: Wire) -> None:
    response = wire.send("no-such-session", "a panda")
    assert "text/event-stream" not in response.headers["content-type"]
    assert response.status_code == 404 or response.json()["code"] == 1002


def test_a_reply_is_an_event_stream(film: Film) -> None:
    assert film.content_type.startswith("text/event-stream")
    assert film.payloads


def test_every_payload_is_of_one_of_the_two_shapes(film: Film) -> None:
    for payload in film.payloads:
        typed = payload.get("type") in TYPED
        adk = "content" in payload or "actions" in payload
        assert typed or adk, payload


def test_a_film_is_a_draft_with_short_keys(film: Film) -> None:
    assert film.draft["t"]
    assert {track["tt"] for track in film.draft["t"]} <= {0, 1, 7}
    assert any(track["tt"] == 0 and track["sg"] for track in film.draft["t"])
    assert all(segment["d"] > 0 for track in film.draft["t"] for segment in track["sg"])


def test_a_file_is_uploaded_as_a_form(wire: Wire) -> None:
    session_id = wire.open_session()["session_id"]
    files = [("files", ("a.png", draw_png(), "image/png")), ("files", ("b.png", draw_png()))]
    response = wire.http.post(
        f"/api/upload-video/nemo_agent/me/{session_id}", files=files, headers=wire.headers()
    )
    data = response.json()["data"]
    assert [file["filename"] for file in data["files"]] == ["a.png", "b.png"]
    assert {file["file_type"] for file in data["files"]} == {"image"}
    assert all(file["cdn_url"] for file in data["files"])
    assert data["session_state_applied"] is True


def test_an_unsupported_file_is_refused(wire: Wire) -> None:
    session_id = wire.open_session()["session_id"]
    response = wire.http.post(
        f"/api/upload-video/nemo_agent/me/{session_id}",
        files=[("files", ("notes.txt", b"hello", "text/plain"))],
        headers=wire.headers(),
    )
    assert response.json()["code"] == 4001


def test_keep_alives_are_not_payloads() -> None:
    assert read_payloads('data:\n\n: ping\n\ndata: {"type": "text"}\n\n') == [{"type": "text"}]
