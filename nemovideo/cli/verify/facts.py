"""The facts of the fidelity page, and how each is tried.

`tests/cli/verify/` holds that every row of `docs/sandbox-fidelity.md` is here, word for word.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias, cast
from urllib.parse import urlsplit

from nemovideo.cli.verify.samples import png, wav
from nemovideo.cli.verify.service import (
    ATTRIBUTION,
    CLIP_CREDITS,
    Answer,
    Differs,
    Json,
    NotTried,
    Service,
    as_number,
    as_object,
    new_render_id,
    unknown_id,
)
from nemovideo.security.hosts import is_loopback

Check: TypeAlias = Callable[[Service], Awaitable[str]]

_DAY: Final = 86400.0
_HEARTBEAT_SECONDS: Final = 20.0


@dataclass(frozen=True)
class Fact:
    """One fact.

    Args:
        name: What the table calls it.
        row: The row of the fidelity page that it belongs to.
        check: What tries it: returns what was found, or raises `Differs` or `NotTried`. None: it
            cannot be tried.
        reason: Why it cannot be tried.
    """

    name: str
    row: str
    check: Check | None = None
    reason: str = ""


FACTS: list[Fact] = []


def _fact(name: str, row: str) -> Callable[[Check], Check]:
    def register(check: Check) -> Check:
        FACTS.append(Fact(name, row, check))
        return check

    return register


def _untried(row: str, reason: str) -> None:
    FACTS.append(Fact(row, row, None, reason))


def _expect(holds: object, found: str) -> str:
    if not holds:
        raise Differs(found)
    return found


def _refused(answer: Answer, *codes: int) -> str:
    """Expect a refusal with one of these codes."""
    return _expect(answer.code in codes, str(answer))


def _names(found: Mapping[str, object], *names: str) -> str:
    """Expect an object to have these fields."""
    missing = [name for name in names if name not in found]
    return _expect(not missing, f"no {', '.join(missing)}" if missing else ", ".join(names))


_NEW: Final = (
    "`POST /api/auth/anonymous-token` with `X-Client-Id` gives a token with 100 credits,"
    " valid for 7 days"
)


@_fact("A new token has 100 credits", _NEW)
async def _token_credits(service: Service) -> str:
    found = as_number(service.token().data.get("credits", service.balance().get("available")))
    # The balance of a sandbox is an option of it.
    enough = found > CLIP_CREDITS and is_loopback(urlsplit(service.settings.base_url).hostname)
    return _expect(found == CLIP_CREDITS or enough, f"{found:g} credits")


@_fact("A new token is valid for 7 days", _NEW)
async def _token_days(service: Service) -> str:
    expires = as_number(service.token().data.get("expires_at"))
    seconds = expires / 1000 if expires > 1e11 else expires
    days = (seconds - time.time()) / _DAY
    return _expect(6.9 < days < 7.1, f"{days:.1f} days")


@_fact("Scopes `read`, `write`, `upload`", "Scopes `read`, `write`, `upload`")
async def _scopes(service: Service) -> str:
    scopes = service.token().data.get("scopes")
    named = cast("list[object]", scopes) if isinstance(scopes, list) else []
    return _expect({"read", "write", "upload"} <= set(map(str, named)), f"{scopes}")


async def _ask_token(service: Service, **headers: str) -> Answer:
    path = "/api/auth/anonymous-token"
    return await service.ask("POST", path, without=("authorization",), **headers)


_NO_ID: Final = "400 when `X-Client-Id` is missing"


@_fact(_NO_ID, _NO_ID)
async def _no_client_id(service: Service) -> str:
    return _refused(await _ask_token(service), 400)


_BAD_ID: Final = "400 when it is not a UUID"


@_fact("400 when the client id is not a UUID", _BAD_ID)
async def _bad_client_id(service: Service) -> str:
    return _refused(await _ask_token(service, x_client_id="no-uuid"), 400)


async def _second_token(service: Service) -> Answer:
    service.token()

    async def make() -> Answer:
        return await _ask_token(service, x_client_id=service.client_id())

    return await service.once("second token", make)


_TWICE: Final = "429 when a client asks more than once in 7 days"


@_fact(_TWICE, _TWICE)
async def _asked_twice(service: Service) -> str:
    return _refused(await _second_token(service), 429)


_untried(
    "A token that was revoked, has expired, or was lost to or rejected by an injected fault does"
    " not count towards that limit",
    "it takes a token that has expired",
)
_untried("About 10 tokens for one IP address in 7 days", "it would use up the tokens of a week")
_untried("With a new token, the same client id has the same user and credits", "it takes 7 days")


@_fact("429 carries no `Retry-After`", "429 carries no `Retry-After`")
async def _no_retry_after(service: Service) -> str:
    answer = await _second_token(service)
    if answer.code != 429:
        raise NotTried(f"there was no 429: {answer}")
    found = answer.headers.get("retry-after")
    return _expect(found is None, "none" if found is None else f"Retry-After: {found}")


_REFUSED: Final = "1001 comes with HTTP 200 (`error_status` changes that)"


@_fact("A bad token gets 1001, with HTTP 200", _REFUSED)
async def _bad_token(service: Service) -> str:
    path = "/api/credits/balance/simple"
    answer = await service.ask("GET", path, authorization="Bearer nmv_usr_0000000000")
    return _expect((answer.status, answer.code) == (200, 1001), str(answer))


_untried("A token without the scope a request needs gets 403", "every token has all scopes")

_EXPIRES: Final = "`expires_at` is in milliseconds since the epoch"


@_fact(_EXPIRES, _EXPIRES)
async def _milliseconds(service: Service) -> str:
    found = service.token().data.get("expires_at")
    return _expect(as_number(found) > 1e11, f"{found}")


_PATHS: Final = "Paths, bodies and names of the fields"


@_fact("A new session has `session_id`, `task_id`", _PATHS)
async def _session_fields(service: Service) -> str:
    answer = await service.session()
    _expect(answer.code == 0, str(answer))
    return _names(answer.data, "session_id", "task_id")


_UNKNOWN: Final = (
    '1002 for an unknown session; `{"detail":"Session not found"}` with 404 under `sse_shape="adk"`'
)


@_fact("1002, or 404, for an unknown session", _UNKNOWN)
async def _unknown_session(service: Service) -> str:
    path = f"/api/state/nemo_agent/me/{unknown_id()}/latest"
    return _refused(await service.ask("GET", path), 1002, 404)


_untried("The session of another user does not exist (1002)", "it takes another account")

_CLAIM: Final = "Claim tokens are valid for 604800 seconds and lead to `/workspace/claim?ct=`"


async def _claim(service: Service, task_id: object) -> Answer:
    body = {"session_id": await service.session_id(), "task_id": task_id}
    return await service.ask("POST", "/api/auth/claim-token", body)


@_fact("Claim tokens are valid for 604800 seconds", _CLAIM)
async def _claim_seconds(service: Service) -> str:
    answer = await _claim(service, (await service.session()).data.get("task_id"))
    found = answer.data.get("expires_in")
    has_token = isinstance(answer.data.get("claim_token"), str)
    return _expect(has_token and found == 604800, f"{answer}, expires_in {found}")


_BAD_TASK: Final = "A claim with a wrong `task_id` gets 400"


@_fact(_BAD_TASK, _BAD_TASK)
async def _wrong_task(service: Service) -> str:
    return _refused(await _claim(service, "task_0"), 400)


_STATE: Final = "The contents of `video_infos`, `generated_media` and `canvas_config`"


@_fact("The state lists uploads in `video_infos`", _STATE)
async def _state(service: Service) -> str:
    state = as_object((await service.state()).data.get("state"))
    found = _names(state, "draft", "video_infos", "generated_media", "canvas_config")
    infos = state["video_infos"]
    names = [
        as_object(each).get("filename")
        for each in (cast("list[object]", infos) if isinstance(infos, list) else [])
    ]
    sent = [each.get("filename") for each in await service.uploads()]
    return _expect(set(map(str, sent)) <= set(map(str, names)), f"{found}; files {names}")


_SHAPES: Final = "Both payload shapes; the stream ends by closing"


@_fact("Events have one of the two shapes", _SHAPES)
async def _shapes(service: Service) -> str:
    clip = await service.clip()
    kinds: dict[str, int] = {}
    for _, event in clip.stream:
        kinds[_shape(event)] = kinds.get(_shape(event), 0) + 1
    found = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return _expect(kinds and kinds.keys() <= {"typed", "ADK"}, found or "no events")


def _shape(event: object) -> str:
    fields = as_object(event)
    if fields.get("type") in ("text", "tool_call", "tool_result") or "error" in fields:
        return "typed"
    if fields.keys() & {"content", "author", "invocationId", "actions", "partial"}:
        return "ADK"
    return f"unknown ({', '.join(list(fields)[:4]) or type(event).__name__})"


@_fact("The stream ends by closing", _SHAPES)
async def _closing(service: Service) -> str:
    clip = await service.clip()
    last = as_object(clip.stream[-1][1] if clip.stream else None)
    marked = str(last.get("type")) in ("done", "end", "complete")
    found = f"a last event {last.get('type')!r}" if marked else "closed"
    return _expect(clip.complete and not marked, found if clip.complete else "broken off")


_ADK: Final = "In the ADK shape chunks are `partial` and one event repeats the whole text"


@_fact("ADK chunks are `partial`, then repeated as a whole", _ADK)
async def _partial(service: Service) -> str:
    events = [as_object(event) for _, event in (await service.clip()).stream]
    pieces = "".join(_adk_text(event) for event in events if event.get("partial") is True)
    wholes = "".join(_adk_text(event) for event in events if event.get("partial") is not True)
    if not pieces + wholes:
        raise NotTried("the stream has no text in this shape")
    return _expect(
        pieces == wholes, f"{len(pieces)} characters in chunks, {len(wholes)} as a whole"
    )


def _adk_text(event: Json) -> str:
    parts = as_object(event.get("content")).get("parts")
    found = [as_object(each) for each in (cast("list[object]", parts or []))]
    return "".join(str(part.get("text") or "") for part in found if part.get("thought") is not True)


_ALIVE: Final = "Heartbeat events, empty data and comment lines as heartbeats"


@_fact("The stream has heartbeats", _ALIVE)
async def _heartbeats(service: Service) -> str:
    clip = await service.clip()
    _ = clip.stream
    return _expect(clip.keep_alives, f"{clip.keep_alives}")


_EVERY: Final = "A heartbeat at the start of every wait and every 15 seconds"


@_fact("No silence of more than 15 seconds", _EVERY)
async def _silence(service: Service) -> str:
    clip = await service.clip()
    _ = clip.stream
    return _expect(clip.longest_silence < _HEARTBEAT_SECONDS, f"{clip.longest_silence:.0f} s")


_untried("About 30 % of edits end without a reply", "it takes many paid edits")

_STAGES: Final = "Two stages of a generation: the clip first, then music and title"


@_fact("A clip gets music or a title by itself", _STAGES)
async def _stages(service: Service) -> str:
    kinds = {track.get("tt") for track in _tracks((await service.clip()).draft)}
    return _expect(0 in kinds and kinds & {1, 7}, f"track types {sorted(map(str, kinds))}")


def _tracks(draft: Json) -> list[Json]:
    found = draft.get("t")
    return [as_object(each) for each in (cast("list[object]", found or []))]


_OVER: Final = "Both stages are over before the stream closes"


@_fact(_OVER, _OVER)
async def _over(service: Service) -> str:
    clip = await service.clip()
    later = as_object(as_object(clip.state_later.get("state")).get("draft"))
    return _expect(clip.draft == later, "unchanged" if clip.draft == later else "it changed later")


_untried('A trailing "I encountered a temporary issue" sometimes', "it comes now and then")
_untried("Replies that mention buttons and clicks", "they come now and then")
_untried(
    "The agent goes on when the client disconnects", "it could lose the answer that was paid for"
)
_untried("Messages of one session are processed one after another", "it takes two paid messages")

_BODY: Final = "An empty message gets 400, a body without its fields 422"


@_fact("A message without its fields gets 422", _BODY)
async def _no_fields(service: Service) -> str:
    return _refused(await service.ask("POST", "/run_sse", {}), 422)


async def _message(service: Service, text: str, **more: object) -> Answer:
    parts: Json = {"parts": [{"text": text}]} | (
        {"role": "user"} if more.get("streaming") is True else {}
    )
    clip = await service.clip()
    body = {
        "app_name": "nemo_agent",
        "user_id": "me",
        "session_id": clip.video.session_id,
        "new_message": parts,
        **more,
    }
    return await service.paid_message(body)


@_fact("An empty message gets 400", _BODY)
async def _empty(service: Service) -> str:
    return _refused(await _message(service, ""), 400)


_APP: Final = "Another `app_name` or `user_id` than `nemo_agent` and `me` finds no session"


@_fact("Another `app_name` finds no session", _APP)
async def _other_app(service: Service) -> str:
    return _refused(await _message(service, "Hello.", app_name="other_agent"), 1002, 404)


_FIELDS: Final = "Fields that the service does not document (`role`, `streaming`) are accepted"


@_fact("`role` and `streaming` are accepted", _FIELDS)
async def _extra_fields(service: Service) -> str:
    answer = await _message(service, "Thank you.", streaming=True)
    is_stream = "event-stream" in answer.headers.get("content-type", "")
    return _expect(answer.code == 0 and is_stream, str(answer))


_BALANCE: Final = "`available`, `frozen`, `total`; `frozen` while an operation runs"


@_fact("The balance has `available`, `frozen`, `total`", _BALANCE)
async def _balance(service: Service) -> str:
    return _names(service.balance(), "available", "frozen", "total")


@_fact("Credits are reserved while an operation runs", _BALANCE)
async def _frozen(service: Service) -> str:
    clip = await service.clip()
    if clip.during is None:
        raise NotTried("the clip is from an earlier run")
    before, during = as_number(clip.before.get("available")), clip.during
    found = f"{as_number(during.get('available')):g} available, {during.get('frozen')} frozen"
    return _expect(as_number(during.get("available")) < before, found)


_PRICES: Final = "A generated clip 100, an editing session 50, export 0"


@_fact("A generated clip costs 100", _PRICES)
async def _price(service: Service) -> str:
    clip = await service.clip()
    _ = clip.stream
    cost = as_number(clip.before.get("available")) - as_number(clip.after.get("available"))
    return _expect(cost == CLIP_CREDITS, f"{cost:g} credits")


@_fact("An export costs nothing", _PRICES)
async def _export_price(service: Service) -> str:
    clip = await service.clip()
    answer, _, _ = await service.render()
    if answer.code:
        raise NotTried(f"there was no render: {answer}")
    now = (await service.ask("GET", "/api/credits/balance/simple")).data
    cost = as_number(clip.after.get("available")) - as_number(now.get("available"))
    return _expect(cost == 0, f"{cost:g} credits")


_untried(
    '"An editing session" is the first edit in a session without a generated clip',
    "it takes paid edits",
)
_untried("Later edits, undo and what is not understood cost nothing", "it takes paid edits")

_TOTAL: Final = "`total` is `available` plus `frozen`"


@_fact(_TOTAL, _TOTAL)
async def _total(service: Service) -> str:
    balance = service.balance()
    parts = [as_number(balance.get(name)) for name in ("available", "frozen", "total")]
    return _expect(parts[0] + parts[1] == parts[2], " ".join(f"{part:g}" for part in parts))


_untried("A turn whose agent fails is not charged", "the agent fails when it likes")
_untried("2001 comes as JSON before the stream starts", "it takes an account without credits")

_DRAFT: Final = "`t`, `tt`, `sg`, `d`, `m`, and what they mean"


@_fact("A draft has `t`, `tt`, `sg`, `d`, `m`", _DRAFT)
async def _draft(service: Service) -> str:
    draft = (await service.clip()).draft
    _expect("t" in draft and "d" in draft, f"the draft has {', '.join(draft) or 'nothing'}")
    for track in _tracks(draft):
        _expect("tt" in track and "sg" in track, f"a track has {', '.join(track)}")
    video = [_segments(track) for track in _tracks(draft) if track.get("tt") == 0]
    _expect(video and video[0], "no segment on a track of type 0")
    _expect("d" in video[0][0] and "m" in video[0][0], f"a segment has {', '.join(video[0][0])}")
    return f"{len(_tracks(draft))} tracks"


def _segments(track: Json) -> list[Json]:
    found = track.get("sg")
    return [as_object(each) for each in (cast("list[object]", found or []))]


_REST: Final = "Everything else: ids, where a segment starts, its name, volume and text"


@_fact("`m` has `start` and `name`, of a title `text`", _REST)
async def _meaning(service: Service) -> str:
    for track in _tracks((await service.clip()).draft):
        for segment in _segments(track):
            names = ("start", "text") if track.get("tt") == 7 else ("start", "name")
            fields = as_object(segment.get("m"))
            missing = [name for name in names if name not in fields]
            where = f"type {track.get('tt')}: m has {', '.join(fields) or 'nothing'}"
            _expect(not missing, where)
    return "as assumed"


_untried("What a sentence does to the draft", "it takes paid edits")

_UPLOAD: Final = "Multipart field `files`, or JSON `urls`; the fields of the response"


@_fact("Uploads by multipart field `files`", _UPLOAD)
async def _multipart(service: Service) -> str:
    return _names((await service.uploads())[0], "filename", "file_type", "cdn_url")


@_fact("Uploads by JSON `urls`", _UPLOAD)
async def _by_url(service: Service) -> str:
    body = {"urls": [await service.cdn_url()], "source_type": "url"}
    path = f"/api/upload-video/nemo_agent/me/{await service.session_id()}"
    answer = await service.ask("POST", path, body)
    return _expect(answer.code == 0 and answer.data.get("files"), str(answer))


_EXTENSIONS: Final = "The accepted extensions and 500 MB"


@_fact("A .txt gets 4001", _EXTENSIONS)
async def _text(service: Service) -> str:
    return _refused(await service.upload(("verify.txt", b"text")), 4001, 415)


_NEITHER: Final = 'A body that is neither multipart nor `urls` with `source_type` "url" gets 400'


@_fact("An upload that is neither gets 400", _NEITHER)
async def _neither(service: Service) -> str:
    path = f"/api/upload-video/nemo_agent/me/{await service.session_id()}"
    return _refused(await service.ask("POST", path, {"files": "none"}), 400)


_CONTENT: Final = "4001 also when the content does not match the extension"


@_fact("4001 when the content is not what the name says", _CONTENT)
async def _content(service: Service) -> str:
    return _refused(await service.upload(("verify.mp4", b"text, and no film")), 4001, 415)


_SAME: Final = "A second file of the same name gets a number"


@_fact(_SAME, _SAME)
async def _same_name(service: Service) -> str:
    first = (await service.uploads())[0].get("filename")
    answer = await service.upload(("verify.png", png(5, 5)))
    files = [as_object(each) for each in cast("list[object]", answer.data.get("files") or [])]
    names = [each.get("filename") for each in files]
    return _expect(names and names[0] != first, f"{first}, then {', '.join(map(str, names))}")


_SIZES: Final = (
    "`width` and `height` are those of display, `duration` is counted; an image has one only when"
    " it moves"
)


@_fact("Uploads have `width`, `height` and `duration`", _SIZES)
async def _sizes(service: Service) -> str:
    picture, sound = await service.uploads()
    size = f"{picture.get('width')}x{picture.get('height')}"
    found = f"{size}, {picture.get('duration')} s; {sound.get('duration')} s"
    length = as_number(sound.get("duration"))
    still = not picture.get("duration")
    return _expect(size == "4x3" and still and 0.9 < length < 1.1, found)


_CUT: Final = (
    "A truncated picture gets 4001; a truncated film or song is accepted as far as it goes"
)


@_fact("A truncated picture gets 4001", _CUT)
async def _cut_picture(service: Service) -> str:
    return _refused(await service.upload(("cut.png", png(64, 64)[:60])), 4001, 415)


@_fact("A truncated song is accepted", _CUT)
async def _cut_song(service: Service) -> str:
    answer = await service.upload(("cut.wav", wav(2)[:-8000]))
    return _expect(answer.code == 0, str(answer))


_untried(
    "URLs are fetched from this machine only, redirects are not followed",
    "it is a rule of the sandbox",
)


@_fact("`hash` is SHA-256 in hexadecimal", "`hash` is SHA-256 in hexadecimal")
async def _hash(service: Service) -> str:
    found = (await service.uploads())[0].get("hash")
    if found is None:
        raise NotTried("there is no hash")
    return _expect(found == hashlib.sha256(png()).hexdigest(), f"{found}")


_HOST: Final = "Files are served by another host, with signed URLs that expire"


@_fact("Files are served by another host", _HOST)
async def _other_host(service: Service) -> str:
    host = urlsplit(await service.cdn_url()).netloc
    return _expect(host != urlsplit(service.settings.base_url).netloc, host)


@_fact("A file's URL is refused without its signature", _HOST)
async def _signed(service: Service) -> str:
    url = await service.cdn_url()
    if "?" not in url:
        raise Differs("the URL has no query")
    answer = await service.ask("GET", url.partition("?")[0], without=_OURS)
    return _expect(answer.status in (400, 401, 403), f"HTTP {answer.status}")


_OURS: Final = ("authorization", *ATTRIBUTION)
"""No other host gets these headers."""

_RANGES: Final = "`Range`, `If-Range`, `ETag`, `HEAD`"


@_fact("Files have `ETag` and take `Range`", _RANGES)
async def _ranges(service: Service) -> str:
    url = await service.cdn_url()
    answer = await service.ask("GET", url, without=_OURS, range="bytes=1-3")
    tag = "ETag" if "etag" in answer.headers else "no ETag"
    found = f"HTTP {answer.status}, {len(answer.body)} bytes, {tag}"
    return _expect(answer.status == 206 and answer.body == png()[1:4] and tag == "ETag", found)


_RENDER: Final = "Paths, request body, the statuses and the response shapes"


@_fact("A render is completed and has a URL", _RENDER)
async def _render(service: Service) -> str:
    answer, polls, _ = await service.render()
    _expect(answer.code == 0, str(answer))
    seen = list(dict.fromkeys(str(poll.get("status")) for poll in polls))
    known = set(seen) <= {"pending", "processing", "completed"}
    found = " → ".join(seen)
    last = as_object(polls[-1] if polls else None)
    has_url = as_object(last.get("output")).get("url") or last.get("outputUrl")
    return _expect(known and seen[-1:] == ["completed"] and has_url, found)


_ATTRIBUTED: Final = "402 without the attribution headers"


@_fact("A render without attribution gets 402", _ATTRIBUTED)
async def _attribution(service: Service) -> str:
    body = await _empty_render(service, new_render_id())
    path = "/api/render/proxy/lambda"
    return _refused(await service.ask("POST", path, body, without=ATTRIBUTION), 402)


async def _empty_render(service: Service, render_id: str) -> Json:
    output = {"format": "mp4", "quality": "high"}
    return {
        "id": render_id,
        "sessionId": await service.session_id(),
        "draft": {"t": []},
        "output": output,
    }


_untried("402 on the free plan", "a render shows it: see above")

_ONCE: Final = "An id is valid for one render"


@_fact("A render's id is taken once", _ONCE)
async def _second_use(service: Service) -> str:
    clip = await service.clip()
    answer, _, render_id = await service.render()
    if answer.code:
        raise NotTried(f"there was no render: {answer}")
    again = await service.start_render(clip, render_id)
    return _expect(again.status == 409 and again.json.get("success") is False, str(again))


_STARTS: Final = "An id starts with `render_`"


@_fact("Another id than `render_…` is refused", _STARTS)
async def _render_id(service: Service) -> str:
    body = await _empty_render(service, unknown_id())
    answer = await service.ask("POST", "/api/render/proxy/lambda", body)
    return _expect(answer.code, str(answer))


_NO_RENDER: Final = "An unknown render gets 404"


@_fact(_NO_RENDER, _NO_RENDER)
async def _no_render(service: Service) -> str:
    path = f"/api/render/proxy/lambda/{new_render_id()}"
    return _refused(await service.ask("GET", path), 404)


_untried("30 to 90 seconds for a render, with `speed=1`", "the recording has the times")
_untried("One render at a time, the others pending", "others may render at the same time")

_CANCELLED: Final = "A cancelled render has the status `failed`"


@_fact(_CANCELLED, _CANCELLED)
async def _cancelled(service: Service) -> str:
    render_id = await _small_render(service)
    path = f"/api/render/proxy/lambda/{render_id}"
    await service.ask("POST", f"{path}/cancel")
    status = (await service.ask("GET", path)).data.get("status")
    if status == "completed":
        raise NotTried("it was over before it could be cancelled")
    return _expect(status == "failed", f"{status}")


_FORMATS: Final = "`mov`, `webm` and `gif` besides `mp4`; `quality` low, medium, high"


async def _small_render(service: Service) -> str:
    """Start a render as a GIF, once."""
    clip = await service.clip()

    async def make() -> tuple[str, Answer]:
        render_id = new_render_id()
        return render_id, await service.start_render(clip, render_id, "gif")

    render_id, answer = await service.once("gif", make)
    _expect(answer.code == 0, str(answer))
    return render_id


@_fact("A render as `gif`, in low quality, is accepted", _FORMATS)
async def _formats(service: Service) -> str:
    await _small_render(service)
    return "accepted"
