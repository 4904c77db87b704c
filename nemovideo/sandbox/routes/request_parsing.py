"""Reads requests: who sends them, for which session, and their bodies."""

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
_MAX_LOGGED_BODY = 2**20


def authenticate(request: web.Request, scope: str) -> Account:
    service = request.app[STATE].service
    return service.authenticate(request.headers.get("Authorization"), scope)


async def read_body(request: web.Request) -> Json:
    """Return the JSON object of a request, {} if there is no body."""
    body = await request.read()
    record_body(request[RESPONSE_WRITER].logged, body)
    try:
        parsed: object = json.loads(body or b"{}")
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        raise bad_request("the body must be a JSON object")
    return cast(Json, parsed)


def find_session(request: web.Request, account: Account, session_id: object) -> Session:
    request[RESPONSE_WRITER].logged.session_id = str(session_id)
    return request.app[STATE].service.session(account, str(session_id))


async def record_small_body(request: web.Request, logged: LoggedRequest) -> None:
    """Log the body of a request that no route reads, if it is small."""
    if 0 < (request.content_length or 0) <= _MAX_LOGGED_BODY:
        record_body(logged, await request.read())


def record_body(logged: LoggedRequest, body: bytes) -> None:
    """Log a body, and the session and text of a message."""
    logged.body_size = len(body)
    if len(body) <= _MAX_LOGGED_BODY:
        logged.body = body
    if logged.endpoint == "messages.stream" and (message := as_object(logged.json)):
        logged.session_id = str(message.get("session_id"))
        logged.text = message_text(message)


def message_text(message: Mapping[str, object]) -> str | None:
    try:
        parts = cast(Mapping[str, list[Mapping[str, str]]], message["new_message"])["parts"]
        # JSON can carry halves of surrogate pairs, UTF-8 cannot.
        return "".join(part["text"] for part in parts).encode("utf-8", "replace").decode()
    except (KeyError, TypeError):
        return None
