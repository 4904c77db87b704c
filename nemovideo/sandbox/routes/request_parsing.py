"""What a request brings: its body, and who sends it on which session."""

import json
from collections.abc import Mapping
from typing import cast

from aiohttp import web

from nemovideo.sandbox.draft import as_object
from nemovideo.sandbox.request_log import LoggedRequest
from nemovideo.sandbox.routes.response_writer import RESPONSE_WRITER
from nemovideo.sandbox.service.app_state import AppState
from nemovideo.sandbox.service.errors import bad_request
from nemovideo.sandbox.storage.records import Account, Json, Session

STATE = web.AppKey("state", AppState)
_BODY_WORTH_KEEPING = 2**20


def authenticate(request: web.Request, scope: str) -> Account:
    """The account behind the request's bearer."""
    return request.app[STATE].service.authenticate(request.headers.get("Authorization"), scope)


async def read_body(request: web.Request) -> Json:
    """The JSON object of a request, {} where there is no body."""
    body = await request.read()
    record_body(request[RESPONSE_WRITER].received, body)
    try:
        parsed: object = json.loads(body or b"{}")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise bad_request("the body must be a JSON object")
    return cast(Json, parsed)


def find_session(request: web.Request, account: Account, session_id: object) -> Session:
    """The account's session, noted down as the one that the request is about."""
    request[RESPONSE_WRITER].received.session_id = str(session_id)
    return request.app[STATE].service.session(account, str(session_id))


async def record_small_body(request: web.Request, received: LoggedRequest) -> None:
    """Write down the body of a request that nobody acts on, when it is small."""
    length = request.content_length or 0
    if 0 < length <= _BODY_WORTH_KEEPING:
        record_body(received, await request.read())


def record_body(received: LoggedRequest, body: bytes) -> None:
    """Write down a body, and the session and the words of a message in it."""
    received.body_size = len(body)
    if len(body) <= _BODY_WORTH_KEEPING:
        received.body = body
    if received.endpoint == "messages.stream" and (message := as_object(received.json)):
        received.session_id = str(message.get("session_id"))
        received.text = message_text(message)


def _encodable(text: str) -> str:
    """The text without halves of characters, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode()


def message_text(message: Mapping[str, object]) -> str | None:
    """The words of a `/run_sse` body; None when it is not one."""
    try:
        parts = cast(Mapping[str, list[Mapping[str, str]]], message["new_message"])["parts"]
        return _encodable("".join(part["text"] for part in parts))
    except (KeyError, TypeError):
        return None
