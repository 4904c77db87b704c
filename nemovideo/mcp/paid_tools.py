"""The tools that may cost credits: they begin work, and `wait_video` waits for it."""

from __future__ import annotations

import re
from typing import Annotated

from mcp.server.mcpserver import Context, Elicit, MCPServer, Resolve
from mcp_types import CallToolResult, ToolAnnotations
from pydantic import Field

from nemovideo.errors import InsufficientCreditsError, InvalidInputError
from nemovideo.mcp.folders import check_input, chosen_stem
from nemovideo.mcp.job_runner import read_balance
from nemovideo.mcp.jobs import Job
from nemovideo.mcp.request_store import StoredRequest
from nemovideo.mcp.results import WorkResult, answer
from nemovideo.mcp.spending import (
    COSTS,
    Answer,
    Consent,
    Verdict,
    ask,
    classify,
    offer_again,
    settle,
)
from nemovideo.mcp.state import ServerState
from nemovideo.mcp.tool_errors import report_errors
from nemovideo.protocol.calls import check_text
from nemovideo.validation.arguments import check_id, check_key, check_number

_LONGEST_TEXT = 20_000
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,3}")
_SESSION_SECONDS = 10.0
"""How long the answer to a start waits for the session: opening one takes a second."""

Prompt = Annotated[str, Field(description="What the video is to show, in any language.")]
Files = Annotated[
    list[str],
    Field(description="Absolute paths of videos, pictures or sounds, in folders that are allowed."),
]
Language = Annotated[str | None, Field(description="en, zh-CN, ja…; else that of the prompt.")]
Key = Annotated[
    str | None,
    Field(
        description="Your own name for this piece of work, 1 to 200 characters. The same key is the"
        " same work, and is paid once. Without one, a key is made of the request and returned."
    ),
]
MaxCredits = Annotated[
    float | None, Field(description="Refuse before anything is sent if it costs more.")
]
Confirm = Annotated[
    bool, Field(description="True only after the person has agreed to the cost in this chat.")
]
SessionId = Annotated[str, Field(description="As an earlier result has it.")]
Message = Annotated[str, Field(description="One instruction, in words of what is seen or heard.")]


def add_paid_tools(server: MCPServer[ServerState]) -> None:
    """Register the tools that may cost credits."""
    pays = ToolAnnotations(
        read_only_hint=False, destructive_hint=False, idempotent_hint=False, open_world_hint=True
    )
    server.add_tool(start_video, title="Make a video (about 100 credits)", annotations=pays)
    server.add_tool(edit_video, title="Edit a video (up to 50 credits)", annotations=pays)


@report_errors
async def ask_for_video(
    ctx: Context[ServerState],
    prompt: str,
    files: list[str],
    language: str | None,
    key: str | None,
    max_credits: float | None,
    confirm: bool,
) -> Elicit[Consent] | Verdict:
    """Decide whether the person is asked; it pays for nothing, and may run twice."""
    state = ctx.request_context.lifespan_context
    request = _video_request(state, prompt, files, language, key, max_credits)
    return await ask(state, ctx, request, key, confirm)


@report_errors
async def ask_for_edit(
    ctx: Context[ServerState], session_id: str, message: str, key: str | None, confirm: bool
) -> Elicit[Consent] | Verdict:
    """Decide whether the person is asked; it pays for nothing, and may run twice."""
    state = ctx.request_context.lifespan_context
    return await ask(state, ctx, _edit_request(session_id, message, key), key, confirm)


@report_errors
async def start_video(
    ctx: Context[ServerState],
    consent: Annotated[Answer, Resolve(ask_for_video)],
    prompt: Prompt,
    files: Files = [],  # noqa: B006  # the protocol's own default, which is never changed
    language: Language = None,
    key: Key = None,
    max_credits: MaxCredits = None,
    confirm: Confirm = False,
) -> Annotated[CallToolResult, WorkResult]:
    """Begin a new video from words, and from files if there are any. Costs about 100 credits.

    Answers at once; the video takes 2 to 5 minutes and goes on whatever becomes of this call. Then
    call wait_video with the key until its status is done or failed. Never call this again because
    a call was cut off or took long: that is a second bill. Ask the person before you spend.
    """
    state = ctx.request_context.lifespan_context
    request = _video_request(state, prompt, files, language, key, max_credits)
    return await _begin(state, request, key, consent)


@report_errors
async def edit_video(
    ctx: Context[ServerState],
    consent: Annotated[Answer, Resolve(ask_for_edit)],
    session_id: SessionId,
    message: Message,
    key: Key = None,
    confirm: Confirm = False,
) -> Annotated[CallToolResult, WorkResult]:
    """Change the video of a session: cut, music, titles, order. Costs up to about 50 credits.

    Answers at once; call wait_video with the key for what changed, then export_video for the file.
    An edit that is answered without words is no failure: never send it again unchanged.
    """
    state = ctx.request_context.lifespan_context
    return await _begin(state, _edit_request(session_id, message, key), key, consent)


async def _begin(
    state: ServerState, request: StoredRequest, key: str | None, consent: Answer
) -> CallToolResult:
    await classify(state, request, key)
    request.credits_before = await read_balance(state.client)
    # From here to `add` nothing is awaited: of equal calls at the same time one pays.
    found = settle(state, request, key, consent)
    if found.job is None:
        job = state.jobs.add(request)
        request.stem = chosen_stem(request.key)
        await state.jobs.begin(job)
        note = None if key else f"The key {job.key!r} was made of the request."
    else:
        job = state.jobs.go_on(found.job)
        note = "It is known under this key: nothing was paid now."
        if found.case == "again":
            note = await offer_again(state, request, job)
    await state.jobs.wait_for_session(job, _SESSION_SECONDS)
    if found.job is None and job.error is not None:
        raise job.error
    return answer(_started(job, note))


def _started(job: Job, note: str | None) -> WorkResult:
    result = job.report().model_copy(deep=True)
    result.note = " ".join(filter(None, (note, result.note))) or None
    return result


def _video_request(
    state: ServerState,
    prompt: str,
    files: list[str],
    language: str | None,
    key: str | None,
    max_credits: float | None,
) -> StoredRequest:
    folders = state.settings.readable
    paths = tuple(
        str(check_input(file, folders, f"files[{index}]")) for index, file in enumerate(files)
    )
    if max_credits is not None:
        check_number(max_credits, "max_credits")
        if max_credits < COSTS["video"]:
            raise InsufficientCreditsError(
                f"This may cost about {COSTS['video']} credits, more than max_credits.",
                hint="Nothing was sent. Ask the person, and raise max_credits if that is fine.",
            )
    return StoredRequest(
        _checked_key(key),
        "video",
        _checked_words(prompt, "prompt"),
        paths,
        _checked_language(language),
        max_credits=max_credits,
    )


def _edit_request(session_id: str, message: str, key: str | None) -> StoredRequest:
    return StoredRequest(
        _checked_key(key),
        "edit",
        _checked_words(message, "message"),
        session_id=check_id(session_id, "session_id"),
    )


def _checked_key(key: str | None) -> str:
    return "" if key is None else check_key(key)


def _checked_language(language: str | None) -> str | None:
    if language is None or _LANGUAGE.fullmatch(language):
        return language
    raise InvalidInputError(
        "language is no language tag.",
        parameter="language",
        accepted=("en", "zh-CN", "ja", "another tag of that form"),
        hint="Leave it out to take the prompt's own.",
    )


def _checked_words(text: str, parameter: str) -> str:
    check_text(text, parameter)
    accepted = f"a text of 1 to {_LONGEST_TEXT} characters without control characters"
    problem = None
    if len(text) > _LONGEST_TEXT:
        problem = f"has {len(text)} characters"
    elif any((each < " " and each not in "\n\t\r") or "\x7f" <= each <= "\x9f" for each in text):
        problem = "has control characters"
    if problem is None:
        return text
    raise InvalidInputError(
        f"{parameter} {problem}.",
        parameter=parameter,
        accepted=(accepted,),
        hint=f"Nothing was sent. Give {accepted}.",
    )
