"""Errors as a tool reports them: the class, what happened, what to do, the session."""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from typing import Final, ParamSpec, TypeVar

import anyio
from mcp.server.mcpserver.exceptions import ToolError

from nemovideo.errors import NemoVideoError
from nemovideo.mcp.results import ErrorInfo
from nemovideo.security.printable_text import printable

ANSWER_SECONDS = 55.0
"""A tool answers within this time: hosts end a call after about 60 seconds, and say nothing."""

_P = ParamSpec("_P")
_T = TypeVar("_T")

_TOOLS: Final = (
    (r'await client\.open_project\("([^"]*)"\)\.export\([^)]*\)', r'export_video("\1")'),
    (r'await client\.open_project\("([^"]*)"\)\.timeline\(\)', r'show_timeline("\1")'),
    (r'await client\.renders\.wait\("[^"]*"\), or nemovideo recover', "recover(key)"),
    (r'await client\.renders\.download\("[^"]*", path\)', "export_video(session_id)"),
    (r"(?:await )?client\.recover\(\)", "unfinished() and recover(key)"),
    (r'await project\.export\(path, format="\w+"\)', "export_video(session_id)"),
    (r"\bproject\.send\b", "edit_video"),
    (r", or free this one: await client\.forget\(.*\)", ""),
    (r"create a new project and upload its files again", "a new video is a new start_video"),
)
"""Python calls in messages, and the tools that take their place."""


class SpendingRefusedError(NemoVideoError):
    """Nobody has agreed to what this would cost; nothing was sent."""


def error_info(error: BaseException, session_id: str | None = None) -> ErrorInfo:
    """Return an error as data, without secrets and in the words of the tools."""
    if not isinstance(error, NemoVideoError):
        return ErrorInfo(
            error="InternalError",
            message="The server met an error of its own.",
            hint="Its log on stderr says more. Look with unfinished() before anything is repeated.",
            session_id=session_id,
        )
    own = getattr(error, "session_id", None)
    registration = getattr(error, "registration_url", None)
    hint = error.hint or ""
    if registration and registration not in hint:
        hint = f"{hint} Register: {registration}".strip()
    return ErrorInfo(
        error=type(error).__name__,
        message=_clean(error.message),
        hint=_clean(hint) or None,
        session_id=own or session_id,
    )


def error_text(info: ErrorInfo) -> str:
    lines = [f"{info.error}: {info.message}"]
    lines += [f"What to do: {info.hint}"] if info.hint else []
    lines += [f"Session: {info.session_id}"] if info.session_id else []
    return "\n".join(lines)


def _clean(text: str) -> str:
    for pattern, tool in _TOOLS:
        text = re.sub(pattern, tool, text)
    return printable(text)


def report_errors(function: Callable[_P, Awaitable[_T]]) -> Callable[_P, Awaitable[_T]]:
    """Make a tool answer in time, with the package's errors as tool errors.

    What is paid for runs in the server, and not in the call: it goes on.
    """

    @functools.wraps(function)
    async def run(*args: _P.args, **kwargs: _P.kwargs) -> _T:
        try:
            with anyio.move_on_after(ANSWER_SECONDS):
                return await function(*args, **kwargs)
        except NemoVideoError as error:
            # From None: the chain may hold addresses and headers, and is nobody's business there.
            raise ToolError(error_text(error_info(error))) from None
        late = NemoVideoError(
            f"The service has not answered for {ANSWER_SECONDS:.0f} seconds.",
            hint="What was started goes on: unfinished() lists it. Free tools may be called again.",
        )
        raise ToolError(error_text(error_info(late)))

    return run
