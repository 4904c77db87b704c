"""Nothing is paid for unless a person agreed to it, and nothing twice.

What asks the person runs before the tool does, may run twice, and sends nothing but a question
about the balance. What pays is the tool's body, which runs once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from mcp.server.mcpserver import AcceptedElicitation, Context, Elicit, ElicitationResult
from pydantic import BaseModel, Field

from nemovideo.errors import InvalidInputError
from nemovideo.mcp.folders import file_stem, short_digest
from nemovideo.mcp.job_runner import read_balance
from nemovideo.mcp.jobs import Job
from nemovideo.mcp.request_store import StoredRequest
from nemovideo.mcp.state import ServerState
from nemovideo.mcp.tool_errors import SpendingRefusedError
from nemovideo.operations.request import CLIP_CREDITS, EDIT_CREDITS
from nemovideo.security.printable_text import printable, shorten

COSTS = {"video": CLIP_CREDITS, "edit": EDIT_CREDITS}
"""About what a message costs: a generated clip, and the first edit of uploaded files."""
_SHOWN_WORDS = 160
_MOST_QUESTIONS = 1000

Case: TypeAlias = Literal["known", "again", "new"]
"""known: its key is that of work in progress or done · again: so are its words, a short time ago ·
new: it has to be paid for."""


class Consent(BaseModel):
    """What a person is asked to fill in."""

    proceed: bool = Field(default=True, title="Spend the credits")


class Verdict(Consent):
    """An answer that takes no person."""

    is_owner_limit: bool = False
    """Whether it counts towards what may be spent without asking."""


Answer: TypeAlias = ElicitationResult[Consent]


@dataclass(frozen=True)
class Classified:
    """What a call is about: its case, and the work that there is already."""

    case: Case
    job: Job | None


async def classify(state: ServerState, request: StoredRequest, key: str | None) -> Classified:
    """Return what a call is about; it fills in the key where the caller gave none."""
    await state.jobs.load()  # a host may run several servers
    if key is None:
        recent = state.jobs.recent(request)
        request.key = await _own_key(state, request)
        return Classified("new", None) if recent is None else Classified("again", recent)
    request.key = key
    return classify_now(state, request, given=True)


def classify_now(state: ServerState, request: StoredRequest, *, given: bool) -> Classified:
    """The same with what this server knows, without waiting: of two equal calls one is new."""
    job = state.jobs.known(request.key)
    if job is not None and job.request.words != request.words and given:
        raise InvalidInputError(
            f"The key {request.key!r} is that of other work.",
            parameter="key",
            accepted=("the same request under the same key", "a new key"),
            hint=f'Its state: wait_video(key="{request.key}"). For other work leave the key out.',
        )
    if job is not None and given:
        # What failed is begun again under its key: the journal knows whether it was paid for.
        return Classified("new", None) if job.status == "failed" else Classified("known", job)
    recent = state.jobs.recent(request)
    return Classified("new", None) if recent is None else Classified("again", recent)


async def _own_key(state: ServerState, request: StoredRequest) -> str:
    """Return a key made of the request: the same for the same words, until that is done."""
    base = f"{file_stem(request.text, request.kind)}-{short_digest(request.words)}"
    key, number = base, 1
    while (job := await state.jobs.find(key)) is not None and job.may_be_paid:
        number += 1
        key = f"{base}-{number}"
    return key


async def ask(
    state: ServerState,
    context: Context[ServerState],
    request: StoredRequest,
    key: str | None,
    confirm: bool,
) -> Elicit[Consent] | Verdict:
    """Decide whether a person has to be asked; it pays for nothing, and may run twice."""
    found = await classify(state, request, key)
    if found.case == "known":
        return Verdict(proceed=True)
    question_id = (request.words, key or "")
    if can_ask(context):
        if question_id not in state.questions:
            question = await _question(state, request, found)
            while len(state.questions) >= _MOST_QUESTIONS:
                del state.questions[next(iter(state.questions))]
            state.questions.setdefault(question_id, (question, found.case == "again"))
        return Elicit(state.questions[question_id][0], Consent)
    if found.case == "again" and not (confirm and _is_offered(state, request, key)):
        return Verdict(proceed=False)
    if confirm:
        return Verdict(proceed=True)
    limit, cost = state.settings.max_credits, COSTS[request.kind]
    if limit is not None and found.case == "new" and state.spent_without_asking + cost <= limit:
        return Verdict(proceed=True, is_owner_limit=True)
    raise await _refusal(state, request, limit)


def can_ask(context: Context[ServerState]) -> bool:
    capabilities = context.client_capabilities
    elicitation = None if capabilities is None else capabilities.elicitation
    return elicitation is not None and (elicitation.form is not None or elicitation.url is None)


def settle(
    state: ServerState, request: StoredRequest, key: str | None, answer: Answer
) -> Classified:
    """Return what is to be done, as the last step before it is paid; nothing is awaited here.

    Raises:
        SpendingRefusedError: the person said no.
    """
    question_id = (request.words, key or "")
    _, was_about_again = state.questions.pop(question_id, ("", False))
    found = classify_now(state, request, given=key is not None)
    if found.case == "known":
        return found
    given = answer.data if isinstance(answer, AcceptedElicitation) else None
    agreed_again = was_about_again
    if isinstance(given, Verdict):
        agreed_again = _is_offered(state, request, key)
    if found.case == "again" and not (given is not None and given.proceed and agreed_again):
        return found
    if given is None or not given.proceed:
        raise SpendingRefusedError(
            "The person did not agree to spend credits. Nothing was sent.",
            hint="Ask what should be different; do not call again for the same.",
        )
    if isinstance(given, Verdict) and given.is_owner_limit:
        cost, limit = COSTS[request.kind], state.settings.max_credits
        if limit is None or state.spent_without_asking + cost > limit:
            raise _over_limit(state, request)
        state.spent_without_asking += cost
    state.offered_keys.discard((request.words, request.key))
    return Classified("new", None)


def _is_offered(state: ServerState, request: StoredRequest, key: str | None) -> bool:
    return key is not None and (request.words, key) in state.offered_keys


async def offer_again(state: ServerState, request: StoredRequest, job: Job) -> str:
    """Return what is said of the same words within a short time, with a key for a second time.

    Only that key is one: an assistant that repeats its call, or makes up a key, does not pay.
    """
    key = await _own_key(state, request)
    state.offered_keys.add((request.words, key))
    return (
        f"The same words were sent a short time ago under the key {job.key!r}: this is that work,"
        f" and nothing was paid now. Ask the person: again, for {COSTS[request.kind]} more credits?"
        f' If so, call again with key="{key}" and confirm=true.'
    )


async def _question(state: ServerState, request: StoredRequest, found: Classified) -> str:
    cost = COSTS[request.kind]
    balance = await read_balance(state.client)
    left = "" if balance is None else f" There are {balance:g} credits left."
    words = shorten(" ".join(printable(request.text).split()), _SHOWN_WORDS)
    if found.case == "again":
        return (
            f"The same was asked for a short time ago: “{words}”. Again, for {cost} more credits?"
            f"{left}"
        )
    if request.kind == "video":
        return f"Make this video for about {cost} credits? “{words}”{left}"
    return (
        f"Send this edit? It costs up to about {cost} credits (the first edit of uploaded files;"
        f" later ones usually nothing). “{words}”{left}"
    )


async def _refusal(
    state: ServerState, request: StoredRequest, limit: float | None
) -> SpendingRefusedError:
    if limit is not None:
        return _over_limit(state, request)
    cost, balance = COSTS[request.kind], await read_balance(state.client)
    left = "" if balance is None else f" The balance is {balance:g}."
    return SpendingRefusedError(
        f"This costs about {cost} credits, and nobody has agreed to it. Nothing was sent.{left}",
        hint=(
            "Tell the person what it costs, and after a yes call again with confirm=true. The owner"
            f" of the server can allow it without asking: NEMOVIDEO_MCP_MAX_CREDITS={cost}."
        ),
    )


def _over_limit(state: ServerState, request: StoredRequest) -> SpendingRefusedError:
    limit = state.settings.max_credits or 0
    left = max(0, limit - state.spent_without_asking)
    return SpendingRefusedError(
        f"This costs about {COSTS[request.kind]} credits, more than is left of what the owner of"
        f" the server allows without asking: {left:g} of {limit:g}. Nothing was sent.",
        hint="Tell the person what it costs, and after a yes call again with confirm=true.",
    )
