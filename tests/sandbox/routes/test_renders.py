"""Renders over HTTP: the queue, the three shapes, cancelling, and what is refused."""

import io
from typing import Any

import av
import pytest

from nemovideo.sandbox import Fault


@pytest.fixture
def ready(visit: Any) -> Any:
    """A caller, a session and its draft."""

    def make(**options: Any) -> tuple[Any, str, Any]:
        caller = visit(**options)
        session_id = caller.open_session()
        caller.say(session_id, "a 2-second square video of a cat in the snow")
        return caller, session_id, caller.state(session_id)["draft"]

    return make


def test_a_finished_render_is_a_real_video(ready: Any) -> None:
    caller, session_id, draft = ready()
    created = caller.render(session_id, draft).json
    assert (created["id"], created["status"]) == ("render_1", "pending")
    render = caller.rendered()
    assert render["progress"] == 100
    file = caller.get(render["output"]["url"])
    assert len(file.body) == render["output"]["size"]
    with av.open(io.BytesIO(file.body)) as film:
        assert film.streams.video[0].codec_context.name == "h264"
    caller.sandbox.assert_clean()


def test_a_real_render_has_the_length_of_its_draft(ready: Any) -> None:
    caller, session_id, draft = ready(stub_renders=False)
    draft = {**draft, "m": {**draft["m"], "width": 128, "height": 72}}
    caller.render(session_id, draft, quality="low")
    render = caller.rendered()
    assert render["status"] == "completed", render
    assert render["output"]["duration"] == 2.0
    with pytest.raises(AssertionError, match="altered_draft"):
        caller.sandbox.assert_clean()
    caller.sandbox.assert_clean(allow={"altered_draft"})


@pytest.mark.parametrize(("height", "size"), [(72, (128, 72)), (180, (256, 144))])
def test_a_video_is_not_taller_than_render_height(
    ready: Any, height: int, size: tuple[int, int]
) -> None:
    caller, session_id, draft = ready(stub_renders=False, render_height=height)
    draft = {**draft, "d": 100, "m": {**draft["m"], "width": 256, "height": 144}}
    caller.render(session_id, draft, quality="low")
    file = caller.get(caller.rendered()["output"]["url"])
    with av.open(io.BytesIO(file.body)) as film:
        picture = film.streams.video[0]
        assert (picture.width, picture.height) == size


def test_the_vendor_shape_has_its_url_next_to_the_status(ready: Any) -> None:
    caller, session_id, draft = ready(render_shape="vendor")
    assert caller.render(session_id, draft).json["success"] is True
    while (data := caller.get("/api/render/proxy/lambda/render_1").data)["status"] != "completed":
        assert data["outputUrl"] is None
    assert data["outputUrl"].startswith(caller.sandbox.cdn_url)
    assert data["completedAt"] >= data["createdAt"]


def test_the_vendor_shape_has_the_reason_of_a_failure(ready: Any) -> None:
    caller, session_id, draft = ready(render_shape="vendor")
    with caller.sandbox.inject(Fault("renders.create", "failed_render")):
        caller.render(session_id, draft)
    while (data := caller.get("/api/render/proxy/lambda/render_1").data)["status"] != "failed":
        pass
    assert data["error"]


def test_the_envelope_shape_wraps_the_plain_one(ready: Any) -> None:
    caller, session_id, draft = ready(render_shape="envelope")
    reply = caller.render(session_id, draft).json
    assert (reply["code"], reply["data"]["id"]) == (0, "render_1")


def test_the_mixed_shape_alternates(ready: Any) -> None:
    caller, session_id, draft = ready(render_shape="mixed")
    caller.render(session_id, draft)
    renders = [caller.get("/api/render/proxy/lambda/render_1").json for _ in range(3)]
    assert {next(iter(render)) for render in renders} == {"id", "success", "code"}


def test_a_render_without_attribution_gets_402(ready: Any) -> None:
    caller, session_id, draft = ready()
    body = {"id": "render_1", "sessionId": session_id, "draft": draft, "output": {}}
    reply = caller.send("POST", "/api/render/proxy/lambda", body, attributed=False)
    assert (reply.status, reply.json["code"]) == (402, 402)
    with pytest.raises(AssertionError, match="missing_attribution"):
        caller.sandbox.assert_clean()


def test_exports_of_the_free_plan_can_be_blocked(ready: Any) -> None:
    caller, session_id, draft = ready(free_plan_exports=False)
    assert caller.render(session_id, draft).status == 402
    caller.token = caller.sandbox.issue_token(plan="pro", credits=500)
    session_id = caller.open_session()
    caller.say(session_id)
    assert caller.render(session_id, caller.state(session_id)["draft"]).status == 200


def test_an_id_is_valid_for_one_render(ready: Any) -> None:
    caller, session_id, draft = ready()
    caller.render(session_id, draft)
    reply = caller.render(session_id, draft)
    assert reply.status == 409
    assert reply.json["success"] is False
    assert "already exists" in reply.json["error"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"id": "film_1"}, "render_"),
        ({"draft": {"t": [{"tt": 0, "sg": []}]}}, "no segments"),
        ({"draft": "film"}, "no segments"),
        ({"output": {"format": "avi"}}, "format"),
        ({"output": {"quality": "best"}}, "quality"),
    ],
)
def test_an_invalid_render_is_refused(ready: Any, change: Any, message: str) -> None:
    caller, session_id, draft = ready()
    body = {"id": "render_1", "sessionId": session_id, "draft": draft, "output": {}, **change}
    reply = caller.post("/api/render/proxy/lambda", body)
    assert reply.status == 400
    assert message in reply.json["error"]


def test_a_render_of_an_unknown_session_gets_1002(ready: Any) -> None:
    caller, _, draft = ready()
    assert caller.render("nowhere", draft).json["code"] == 1002


@pytest.mark.parametrize("path", ["lambda/render_9", "render_9/download"])
def test_an_unknown_render_gets_404(caller: Any, path: str) -> None:
    assert caller.get(f"/api/render/proxy/{path}").status == 404


def test_a_cancelled_render_stays_failed(ready: Any) -> None:
    caller, session_id, draft = ready()
    caller.sandbox.clock.speed = 1000
    caller.render(session_id, draft)
    reply = caller.post("/api/render/proxy/lambda/render_1/cancel").json
    assert (reply["status"], reply["error"]) == ("failed", "Cancelled by the user")
    caller.sandbox.clock.advance(100_000)
    assert caller.post("/api/render/proxy/lambda/render_1/cancel").json["status"] == "failed"
    assert caller.get("/api/render/proxy/render_1/download").status == 404


def test_a_render_takes_the_services_time_until_the_clock_moves(ready: Any) -> None:
    caller, session_id, draft = ready()
    caller.sandbox.clock.speed = 1000
    caller.render(session_id, draft)
    while (render := caller.get("/api/render/proxy/lambda/render_1").json)["status"] == "pending":
        pass
    assert (render["status"], render["progress"]) == ("processing", 0)
    assert caller.sandbox.renders[0].status == "processing"
    caller.sandbox.clock.advance(16_000)
    while caller.get("/api/render/proxy/lambda/render_1").json["progress"] < 45:
        pass
    caller.sandbox.clock.advance(100_000)
    assert caller.rendered()["status"] == "completed"


def test_the_fallback_download_returns_the_same_file(ready: Any) -> None:
    caller, session_id, draft = ready()
    caller.render(session_id, draft)
    url = caller.rendered()["output"]["url"]
    assert caller.get("/api/render/proxy/render_1/download").body == caller.get(url).body


def test_renders_wait_in_a_queue_and_all_finish(ready: Any) -> None:
    caller, session_id, draft = ready()
    names = [f"render_{number}" for number in range(5)]
    for name in names:
        caller.render(session_id, draft, name)
    assert {caller.rendered(name)["status"] for name in names} == {"completed"}


def test_uploaded_media_are_rendered(visit: Any, png: bytes) -> None:
    caller = visit(stub_renders=False)
    session_id = caller.open_session()
    caller.upload(session_id, ("photo.png", png))
    caller.say(session_id, "make a slideshow of my photos")
    draft = caller.state(session_id)["draft"]
    draft["m"].update(width=128, height=72)
    caller.render(session_id, draft, quality="low")
    assert caller.rendered()["status"] == "completed"


def test_a_draft_that_cannot_be_rendered_fails_with_a_reason(visit: Any) -> None:
    caller = visit(stub_renders=False)
    session_id = caller.open_session()
    segment = {"id": "sg_1", "d": 1000, "m": {"kind": "clip", "asset": "missing.mp4", "start": 0}}
    draft = {"d": 1000, "m": {"width": 64, "height": 64}, "t": [{"tt": 0, "sg": [segment]}]}
    caller.render(session_id, draft)
    render = caller.rendered()
    assert render["status"] == "failed"
    assert "missing.mp4" in render["error"]
