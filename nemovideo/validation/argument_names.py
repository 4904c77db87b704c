"""Arguments that other SDKs have and this one has not: a refusal says what to write instead."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from inspect import signature
from typing import Final, ParamSpec, TypeVar

from nemovideo.errors import InvalidInputError

_P = ParamSpec("_P")
_T = TypeVar("_T")

_LENGTH: Final = 'Say it in the prompt: "a 10-second video of a panda".'
_SHAPE: Final = (
    'Say it in the prompt: "a panda in the snow, vertical". Files are rendered in 1080p.'
)
_WORDS: Final = "Say it in the prompt, in plain words."
_UNKNOWN: Final = "The service has no such setting."
_FILES: Final = 'Give it as files=["beach.mp4"], or its URL as urls=["https://…"].'
_PATH: Final = 'Write path="panda.mp4".'
_CALLBACK: Final = "Write on_event=…; nemovideo.show_progress() is one for the terminal."

GENERATE: Final[Mapping[str, str]] = {
    **dict.fromkeys(("duration", "duration_seconds", "seconds", "length"), _LENGTH),
    **dict.fromkeys(
        ("aspect_ratio", "ratio", "size", "resolution", "orientation", "width", "height"), _SHAPE
    ),
    **dict.fromkeys(("style", "negative_prompt", "music", "title"), _WORDS),
    **dict.fromkeys(("model", "seed", "fps", "n"), _UNKNOWN),
    **dict.fromkeys(("file", "image", "images", "video", "input", "input_reference"), _FILES),
    **dict.fromkeys(("output", "output_path", "out", "filename", "save_to"), _PATH),
    **dict.fromkeys(("callback", "on_progress", "progress"), _CALLBACK),
    **dict.fromkeys(("lang", "locale"), 'Write language="en".'),
    **dict.fromkeys(("budget", "max_cost"), "Write max_credits=100."),
    "idempotency_key": 'Write key="row-17".',
    "text": "It is called prompt.",
    "timeout": (
        "Write client.with_options(timeout=30).generate(…) for single requests. The video itself"
        " may take minutes: anyio.fail_after(600) around the call limits that."
    ),
}
"""Arguments that `generate` has not, and what to write."""

CLIENT: Final[Mapping[str, str]] = {
    **dict.fromkeys(("api_key", "key", "access_token", "auth_token"), "It is called token."),
    **dict.fromkeys(("api_base", "api_url", "url", "host", "endpoint"), "It is called base_url."),
    **dict.fromkeys(("retries", "retry"), "It is called max_retries."),
    **dict.fromkeys(
        ("proxy", "proxies"), "Set HTTPS_PROXY in the environment, or pass a transport."
    ),
    **dict.fromkeys(
        ("http_client", "session", "verify"),
        "Write transport=nemovideo.transports.HttpxTransport(…) or AiohttpTransport(…).",
    ),
    **dict.fromkeys(
        ("headers", "default_headers"), "Write client.with_options(extra_headers={…})."
    ),
    "timeout": "Write timing=nemovideo.Timing(request=30), or client.with_options(timeout=30).",
}
"""Arguments that the clients have not, and what to write."""


def refuses(names: Mapping[str, str]) -> Callable[[Callable[_P, _T]], Callable[_P, _T]]:
    """Return a decorator that refuses arguments by name, and says what to write instead.

    Args:
        names: Arguments that the function has not, each with what to write.
    """

    def decorate(function: Callable[_P, _T]) -> Callable[_P, _T]:
        @wraps(function)
        def checked(*args: _P.args, **kwargs: _P.kwargs) -> _T:
            try:
                for name in kwargs:
                    if name in names:
                        raise _refusal(name, names[name], function)
                return function(*args, **kwargs)
            finally:
                # A traceback may show local variables, and a token or a prompt is among these.
                del args, kwargs

        return checked

    return decorate


def _refusal(name: str, hint: str, function: Callable[..., object]) -> InvalidInputError:
    accepted = tuple(each for each in signature(function).parameters if each != "self")
    return InvalidInputError(
        f"There is no argument {name}.", parameter=name, accepted=accepted, hint=hint
    )
