"""Requests to a server of models with an OpenAI-compatible interface, and its errors in words."""

import json

import aiohttp

from nemovideo.sandbox.draft import Json, as_object, as_objects, as_text
from nemovideo.sandbox.quoting import shortened

_MOST_BYTES = 4 * 2**20
_QUOTED_CHARS = 160
_UNLIMITED = aiohttp.ClientTimeout(total=None, sock_connect=30)


class ModelServerError(Exception):
    """The server cannot be reached or refused; the text has the server as its subject."""

    def __init__(self, text: str, status: int | None = None) -> None:
        super().__init__(text)
        self.status = status


async def ask(
    http: aiohttp.ClientSession,
    method: str,
    url: str,
    key: str | None,
    *,
    body: Json | None = None,
    form: aiohttp.MultipartWriter | None = None,
    limits: aiohttp.ClientTimeout = _UNLIMITED,
) -> Json:
    """Send a request with a JSON body, a form or neither, and return the answer's JSON object.

    Raises:
        ModelServerError: The server cannot be reached, or its status is not 2xx.
    """
    try:
        # A redirect could carry the key and the prompt to another server.
        async with http.request(
            method,
            url,
            json=body,
            data=form,
            headers=bearer(key),
            timeout=limits,
            allow_redirects=False,
        ) as response:
            raw = bytearray()
            async for chunk in response.content.iter_any():
                raw += chunk
                if len(raw) > _MOST_BYTES:
                    raise ModelServerError("sent more than 4 MB")
            status = response.status
    except aiohttp.ClientError as error:
        raise unreachable(error) from None
    try:
        found = as_object(json.loads(raw))
    except (ValueError, RecursionError):
        found = {}
    if not 200 <= status < 300:
        raise refused(status, found, key)
    return found


def bearer(key: str | None) -> dict[str, str]:
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def unreachable(error: aiohttp.ClientError) -> ModelServerError:
    return ModelServerError(f"cannot be reached: {shortened(str(error) or type(error).__name__)}")


def refused(status: int, found: Json, key: str | None) -> ModelServerError:
    if 300 <= status < 400:
        words = "which redirects to another address"
        return ModelServerError(f"answered HTTP {status}, {words}; that is not followed", status)
    words = error_words(found, key)
    quoted = f': "{words}"' if words else ""
    return ModelServerError(f"answered HTTP {status}{quoted}", status)


def error_words(found: Json, key: str | None) -> str:
    for name in ("error", "detail", "message"):
        value = found.get(name)
        listed = as_objects(value)
        inner = as_object(value) or (listed[0] if listed else {})
        words = as_text(inner.get("message")) or as_text(inner.get("msg")) or as_text(value)
        if words:
            return shortened(words.replace(key, "…") if key else words, _QUOTED_CHARS)
    return ""
