"""Facts about renders."""

from __future__ import annotations

from nemovideo.cli.verify.facts.fact import Facts, expect, refused
from nemovideo.cli.verify.service import (
    ATTRIBUTION,
    Answer,
    Json,
    NotTried,
    Service,
    as_object,
    new_render_id,
    unknown_id,
)

FACTS = Facts()


@FACTS.fact(
    "A render is completed and has a URL",
    "Paths, request body, the statuses and the response shapes",
)
async def _render(service: Service) -> str:
    answer, polls, _ = await service.render()
    expect(answer.code == 0, str(answer))
    seen = list(dict.fromkeys(str(poll.get("status")) for poll in polls))
    known = set(seen) <= {"pending", "processing", "completed"}
    found = " → ".join(seen)
    last = as_object(polls[-1] if polls else None)
    has_url = as_object(last.get("output")).get("url") or last.get("outputUrl")
    return expect(known and seen[-1:] == ["completed"] and has_url, found)


@FACTS.fact("A render without attribution gets 402", "402 without the attribution headers")
async def _attribution(service: Service) -> str:
    body = await _empty_render(service, new_render_id())
    path = "/api/render/proxy/lambda"
    return refused(await service.ask("POST", path, body, without=ATTRIBUTION), 402)


async def _empty_render(service: Service, render_id: str) -> Json:
    output = {"format": "mp4", "quality": "high"}
    return {
        "id": render_id,
        "sessionId": await service.session_id(),
        "draft": {"t": []},
        "output": output,
    }


FACTS.untried("402 on the free plan", "a render shows it: see above")


@FACTS.fact("A render's id is taken once", "An id is valid for one render")
async def _second_use(service: Service) -> str:
    clip = await service.clip()
    answer, _, render_id = await service.render()
    if answer.code:
        raise NotTried(f"there was no render: {answer}")
    again = await service.start_render(clip, render_id)
    return expect(again.status == 409 and again.json.get("success") is False, str(again))


@FACTS.fact("Another id than `render_…` is refused", "An id starts with `render_`")
async def _render_id(service: Service) -> str:
    body = await _empty_render(service, unknown_id())
    answer = await service.ask("POST", "/api/render/proxy/lambda", body)
    return expect(answer.code, str(answer))


@FACTS.fact("An unknown render gets 404")
async def _no_render(service: Service) -> str:
    path = f"/api/render/proxy/lambda/{new_render_id()}"
    return refused(await service.ask("GET", path), 404)


FACTS.untried("30 to 90 seconds for a render, with `speed=1`", "the recording has the times")
FACTS.untried("One render at a time, the others pending", "others may render at the same time")


@FACTS.fact("A cancelled render has the status `failed`")
async def _cancelled(service: Service) -> str:
    render_id = await _small_render(service)
    answer = await service.ask("POST", f"/api/render/proxy/lambda/{render_id}/cancel")
    if answer.code:
        raise NotTried(f"it could not be cancelled: {answer}")
    status = (await service.poll(render_id))[-1].get("status")
    if status == "completed":
        raise NotTried("it was over before it could be cancelled")
    return expect(status == "failed", f"{status}")


async def _small_render(service: Service) -> str:
    """Start a render as a GIF, once."""
    clip = await service.clip()

    async def make() -> tuple[str, Answer]:
        render_id = new_render_id()
        return render_id, await service.start_render(clip, render_id, "gif")

    render_id, answer = await service.once("gif", make)
    expect(answer.code == 0, str(answer))
    return render_id


@FACTS.fact(
    "A render as `gif`, in low quality, is accepted",
    "`mov`, `webm` and `gif` besides `mp4`; `quality` low, medium, high",
)
async def _formats(service: Service) -> str:
    await _small_render(service)
    return "accepted"
