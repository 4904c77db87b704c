"""Facts about tokens, sessions, claims and the state."""

from __future__ import annotations

import time
from typing import Final, cast
from urllib.parse import urlsplit

from nemovideo.cli.verify.facts.fact import Facts, expect, names_of, refused
from nemovideo.cli.verify.service import (
    CLIP_CREDITS,
    Answer,
    NotTried,
    Service,
    as_number,
    as_object,
    as_objects,
    unknown_id,
)
from nemovideo.security.hosts import is_loopback

FACTS = Facts()
_DAY: Final = 86400.0

_NEW: Final = (
    "`POST /api/auth/anonymous-token` with `X-Client-Id` gives a token with 100 credits,"
    " valid for 7 days"
)


@FACTS.fact("A new token has 100 credits", _NEW)
async def _token_credits(service: Service) -> str:
    found = as_number(service.token().data.get("credits", service.balance().get("available")))
    # The balance of a sandbox is an option of it.
    enough = found > CLIP_CREDITS and is_loopback(urlsplit(service.settings.base_url).hostname)
    return expect(found == CLIP_CREDITS or enough, f"{found:g} credits")


@FACTS.fact("A new token is valid for 7 days", _NEW)
async def _token_days(service: Service) -> str:
    expires = as_number(service.token().data.get("expires_at"))
    seconds = expires / 1000 if expires > 1e11 else expires
    days = (seconds - time.time()) / _DAY
    return expect(6.9 < days < 7.1, f"{days:.1f} days")


@FACTS.fact("Scopes `read`, `write`, `upload`")
async def _scopes(service: Service) -> str:
    scopes = service.token().data.get("scopes")
    named = cast("list[object]", scopes) if isinstance(scopes, list) else []
    return expect({"read", "write", "upload"} <= set(map(str, named)), f"{scopes}")


async def _ask_token(service: Service, **headers: str) -> Answer:
    path = "/api/auth/anonymous-token"
    return await service.ask("POST", path, without=("authorization",), **headers)


@FACTS.fact("400 when `X-Client-Id` is missing")
async def _no_client_id(service: Service) -> str:
    return refused(await _ask_token(service), 400)


@FACTS.fact("400 when the client id is not a UUID", "400 when it is not a UUID")
async def _bad_client_id(service: Service) -> str:
    return refused(await _ask_token(service, x_client_id="no-uuid"), 400)


async def _second_token(service: Service) -> Answer:
    service.token()

    async def make() -> Answer:
        return await _ask_token(service, x_client_id=service.client_id())

    return await service.once("second token", make)


@FACTS.fact("429 when a client asks more than once in 7 days")
async def _asked_twice(service: Service) -> str:
    return refused(await _second_token(service), 429)


FACTS.untried(
    "A token that was revoked, has expired, or was lost to or rejected by an injected fault does"
    " not count towards that limit",
    "it takes a token that has expired",
)
FACTS.untried(
    "About 10 tokens for one IP address in 7 days", "it would use up the tokens of a week"
)
FACTS.untried(
    "With a new token, the same client id has the same user and credits", "it takes 7 days"
)


@FACTS.fact("429 carries no `Retry-After`")
async def _no_retry_after(service: Service) -> str:
    answer = await _second_token(service)
    if answer.code != 429:
        raise NotTried(f"there was no 429: {answer}")
    found = answer.headers.get("retry-after")
    return expect(found is None, "none" if found is None else f"Retry-After: {found}")


@FACTS.fact(
    "A bad token gets 1001, with HTTP 200", "1001 comes with HTTP 200 (`error_status` changes that)"
)
async def _bad_token(service: Service) -> str:
    path = "/api/credits/balance/simple"
    answer = await service.ask("GET", path, authorization="Bearer nmv_usr_0000000000")
    return expect((answer.status, answer.code) == (200, 1001), str(answer))


FACTS.untried("A token without the scope a request needs gets 403", "every token has all scopes")


@FACTS.fact("`expires_at` is in milliseconds since the epoch")
async def _milliseconds(service: Service) -> str:
    found = service.token().data.get("expires_at")
    return expect(as_number(found) > 1e11, f"{found}")


@FACTS.fact("A new session has `session_id`, `task_id`", "Paths, bodies and names of the fields")
async def _session_fields(service: Service) -> str:
    answer = await service.session()
    expect(answer.code == 0, str(answer))
    return names_of(answer.data, "session_id", "task_id")


@FACTS.fact(
    "1002, or 404, for an unknown session",
    '1002 for an unknown session; `{"detail":"Session not found"}` with 404 under'
    ' `sse_shape="adk"`',
)
async def _unknown_session(service: Service) -> str:
    path = f"/api/state/nemo_agent/me/{unknown_id()}/latest"
    return refused(await service.ask("GET", path), 1002, 404)


FACTS.untried("The session of another user does not exist (1002)", "it takes another account")


async def _claim(service: Service, task_id: object) -> Answer:
    body = {"session_id": await service.session_id(), "task_id": task_id}
    return await service.ask("POST", "/api/auth/claim-token", body)


@FACTS.fact(
    "Claim tokens are valid for 604800 seconds",
    "Claim tokens are valid for 604800 seconds and lead to `/workspace/claim?ct=`",
)
async def _claim_seconds(service: Service) -> str:
    answer = await _claim(service, (await service.session()).data.get("task_id"))
    found = answer.data.get("expires_in")
    has_token = isinstance(answer.data.get("claim_token"), str)
    return expect(has_token and found == 604800, f"{answer}, expires_in {found}")


@FACTS.fact("A claim with a wrong `task_id` gets 400")
async def _wrong_task(service: Service) -> str:
    return refused(await _claim(service, "task_0"), 400)


@FACTS.fact(
    "The state lists uploads in `video_infos`",
    "The contents of `video_infos`, `generated_media` and `canvas_config`",
)
async def _state(service: Service) -> str:
    state = as_object((await service.state()).data.get("state"))
    found = names_of(state, "draft", "video_infos", "generated_media", "canvas_config")
    infos = state["video_infos"]
    names = [each.get("filename") for each in as_objects(infos)]
    sent = [each.get("filename") for each in await service.uploads()]
    return expect(set(map(str, sent)) <= set(map(str, names)), f"{found}; files {names}")
