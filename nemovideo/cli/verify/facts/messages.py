"""Facts about streams, messages, credits and drafts."""

from __future__ import annotations

from typing import Final

from nemovideo.cli.verify.facts.fact import Facts, expect, names_of, refused
from nemovideo.cli.verify.service import (
    CLIP_CREDITS,
    Answer,
    Json,
    NotTried,
    Service,
    as_number,
    as_object,
    as_objects,
    available,
)

FACTS = Facts()
_HEARTBEAT_SECONDS: Final = 20.0

_SHAPES: Final = "Both payload shapes; the stream ends by closing"


@FACTS.fact("Events have one of the two shapes", _SHAPES)
async def _shapes(service: Service) -> str:
    clip = await service.clip()
    kinds: dict[str, int] = {}
    for _, event in clip.stream:
        kinds[_shape(event)] = kinds.get(_shape(event), 0) + 1
    found = ", ".join(f"{count} {kind}" for kind, count in kinds.items())
    return expect(kinds and kinds.keys() <= {"typed", "ADK"}, found or "no events")


def _shape(event: object) -> str:
    fields = as_object(event)
    if fields.get("type") in ("text", "tool_call", "tool_result") or "error" in fields:
        return "typed"
    if fields.keys() & {"content", "author", "invocationId", "actions", "partial"}:
        return "ADK"
    return f"unknown ({', '.join(list(fields)[:4]) or type(event).__name__})"


@FACTS.fact("The stream ends by closing", _SHAPES)
async def _closing(service: Service) -> str:
    clip = await service.clip()
    last = as_object(clip.stream[-1][1] if clip.stream else None)
    marked = str(last.get("type")) in ("done", "end", "complete")
    found = f"a last event {last.get('type')!r}" if marked else "closed"
    return expect(clip.complete and not marked, found if clip.complete else "broken off")


@FACTS.fact(
    "ADK chunks are `partial`, then repeated as a whole",
    "In the ADK shape chunks are `partial` and one event repeats the whole text",
)
async def _partial(service: Service) -> str:
    events = [as_object(event) for _, event in (await service.clip()).stream]
    pieces = "".join(_adk_text(event) for event in events if event.get("partial") is True)
    wholes = "".join(_adk_text(event) for event in events if event.get("partial") is not True)
    if not pieces + wholes:
        raise NotTried("the stream has no text in this shape")
    return expect(pieces == wholes, f"{len(pieces)} characters in chunks, {len(wholes)} as a whole")


def _adk_text(event: Json) -> str:
    parts = as_object(event.get("content")).get("parts")
    found = as_objects(parts)
    return "".join(str(part.get("text") or "") for part in found if part.get("thought") is not True)


@FACTS.fact(
    "The stream has heartbeats", "Heartbeat events, empty data and comment lines as heartbeats"
)
async def _heartbeats(service: Service) -> str:
    clip = await service.clip()
    _ = clip.stream
    return expect(clip.keep_alives, f"{clip.keep_alives}")


@FACTS.fact(
    "No silence of more than 15 seconds",
    "A heartbeat at the start of every wait and every 15 seconds",
)
async def _silence(service: Service) -> str:
    clip = await service.clip()
    _ = clip.stream
    return expect(clip.longest_silence < _HEARTBEAT_SECONDS, f"{clip.longest_silence:.0f} s")


FACTS.untried("About 30 % of edits end without a reply", "it takes many paid edits")


@FACTS.fact(
    "A clip gets music or a title by itself",
    "Two stages of a generation: the clip first, then music and title",
)
async def _stages(service: Service) -> str:
    kinds = {track.get("tt") for track in _tracks((await service.clip()).draft)}
    return expect(0 in kinds and kinds & {1, 7}, f"track types {sorted(map(str, kinds))}")


def _tracks(draft: Json) -> list[Json]:
    return as_objects(draft.get("t"))


@FACTS.fact("Both stages are over before the stream closes")
async def _over(service: Service) -> str:
    clip = await service.clip()
    if "state" not in clip.state_later:
        raise NotTried("the session could not be read again")
    later = as_object(as_object(clip.state_later["state"]).get("draft"))
    return expect(clip.draft == later, "unchanged" if clip.draft == later else "it changed later")


FACTS.untried('A trailing "I encountered a temporary issue" sometimes', "it comes now and then")
FACTS.untried("Replies that mention buttons and clicks", "they come now and then")
FACTS.untried(
    "The agent goes on when the client disconnects", "it could lose the answer that was paid for"
)
FACTS.untried(
    "Messages of one session are processed one after another", "it takes two paid messages"
)

_BODY: Final = "An empty message gets 400, a body without its fields 422"


@FACTS.fact("A message without its fields gets 422", _BODY)
async def _no_fields(service: Service) -> str:
    return refused(await service.ask("POST", "/run_sse", {}), 422)


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


@FACTS.fact("An empty message gets 400", _BODY)
async def _empty(service: Service) -> str:
    return refused(await _message(service, ""), 400)


@FACTS.fact(
    "Another `app_name` finds no session",
    "Another `app_name` or `user_id` than `nemo_agent` and `me` finds no session",
)
async def _other_app(service: Service) -> str:
    return refused(await _message(service, "Hello.", app_name="other_agent"), 1002, 404)


@FACTS.fact(
    "`role` and `streaming` are accepted",
    "Fields that the service does not document (`role`, `streaming`) are accepted",
)
async def _extra_fields(service: Service) -> str:
    answer = await _message(service, "Thank you.", streaming=True)
    is_stream = "event-stream" in answer.headers.get("content-type", "")
    return expect(answer.code == 0 and is_stream, str(answer))


_BALANCE: Final = "`available`, `frozen`, `total`; `frozen` while an operation runs"


@FACTS.fact("The balance has `available`, `frozen`, `total`", _BALANCE)
async def _balance(service: Service) -> str:
    return names_of(service.balance(), "available", "frozen", "total")


@FACTS.fact("Credits are reserved while an operation runs", _BALANCE)
async def _frozen(service: Service) -> str:
    clip = await service.clip()
    if clip.during is None:
        raise NotTried("the clip is from an earlier run")
    before, during = available(clip.before), available(clip.during)
    return expect(during < before, f"{during:g} available, {clip.during.get('frozen')} frozen")


_PRICES: Final = "A generated clip 100, an editing session 50, export 0"


@FACTS.fact("A generated clip costs 100", _PRICES)
async def _price(service: Service) -> str:
    clip = await service.clip()
    _ = clip.stream
    cost = available(clip.before) - available(clip.after)
    return expect(cost == CLIP_CREDITS, f"{cost:g} credits")


@FACTS.fact("An export costs nothing", _PRICES)
async def _export_price(service: Service) -> str:
    clip = await service.clip()
    answer, _, _ = await service.render()
    if answer.code:
        raise NotTried(f"there was no render: {answer}")
    now = (await service.ask("GET", "/api/credits/balance/simple")).data
    cost = available(clip.after) - available(now)
    return expect(cost == 0, f"{cost:g} credits")


FACTS.untried(
    '"An editing session" is the first edit in a session without a generated clip',
    "it takes paid edits",
)
FACTS.untried("Later edits, undo and what is not understood cost nothing", "it takes paid edits")


@FACTS.fact("`total` is `available` plus `frozen`")
async def _total(service: Service) -> str:
    balance = service.balance()
    parts = [as_number(balance.get(name)) for name in ("available", "frozen", "total")]
    return expect(parts[0] + parts[1] == parts[2], " ".join(f"{part:g}" for part in parts))


FACTS.untried("A turn whose agent fails is not charged", "the agent fails when it likes")
FACTS.untried("2001 comes as JSON before the stream starts", "it takes an account without credits")


@FACTS.fact(
    "A draft has `t`, `tt`, `sg`, `d`, `m`", "`t`, `tt`, `sg`, `d`, `m`, and what they mean"
)
async def _draft(service: Service) -> str:
    draft = (await service.clip()).draft
    expect("t" in draft and "d" in draft, f"the draft has {', '.join(draft) or 'nothing'}")
    for track in _tracks(draft):
        expect("tt" in track and "sg" in track, f"a track has {', '.join(track)}")
    video = [_segments(track) for track in _tracks(draft) if track.get("tt") == 0]
    expect(video and video[0], "no segment on a track of type 0")
    expect("d" in video[0][0] and "m" in video[0][0], f"a segment has {', '.join(video[0][0])}")
    return f"{len(_tracks(draft))} tracks"


def _segments(track: Json) -> list[Json]:
    return as_objects(track.get("sg"))


@FACTS.fact(
    "`m` has `start` and `name`, of a title `text`",
    "Everything else: ids, where a segment starts, its name, volume and text",
)
async def _meaning(service: Service) -> str:
    for track in _tracks((await service.clip()).draft):
        for segment in _segments(track):
            names = ("start", "text") if track.get("tt") == 7 else ("start", "name")
            fields = as_object(segment.get("m"))
            missing = [name for name in names if name not in fields]
            where = f"type {track.get('tt')}: m has {', '.join(fields) or 'nothing'}"
            expect(not missing, where)
    return "as assumed"


FACTS.untried("What a sentence does to the draft", "it takes paid edits")
