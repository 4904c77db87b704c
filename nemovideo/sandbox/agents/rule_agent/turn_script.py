"""The script of a turn: thoughts, tool calls, waits, drafts and words in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.interface import AgentBehavior, TurnKind
from nemovideo.sandbox.agents.rule_agent import replies
from nemovideo.sandbox.agents.rule_agent.editing.working_draft import EditResult
from nemovideo.sandbox.agents.rule_agent.execute import ExecutionResult
from nemovideo.sandbox.agents.rule_agent.seeded_random import SeededRandom
from nemovideo.sandbox.agents.rule_agent.words.phrases import Language, Message
from nemovideo.sandbox.agents.steps import CallTool, EditDraft, Say, Step, Think, Wait
from nemovideo.sandbox.draft import Json

# A new video is reported as a whole: its music and title are in the summary.
WHOLE_VIDEO: Final = frozenset(
    {"generated", "slideshow", "montage", "slideshow_of_one", "montage_of_one"}
)
# A song of the user's own is not in what is said of the pictures.
_REPORTED: Final = {*WHOLE_VIDEO, "sound_placed"}


def write(
    kind: TurnKind,
    result: ExecutionResult,
    message: Message,
    random: SeededRandom,
    behavior: AgentBehavior,
) -> tuple[Step, ...]:
    """Write the steps of a turn.

    Args:
        kind: what the message was.
        result: the executed instructions.
        message: the message, for thoughts and for the language.
        random: decides what is random.
        behavior: how likely each of it is.
    """
    steps: list[Step] = []
    if random.happens("thoughts", behavior.thoughts):
        steps.append(Think(replies.thought(message.plain(), message.language)))
    if result.draft is None:
        steps.append(Wait(_between(random, "text", 5, 15)))
    elif kind is TurnKind.GENERATE:
        steps.extend(_generation(result, result.draft, random, message.language))
    else:
        steps.extend(_edit(result, result.draft, random))
    if not _silent(kind, result, random, behavior):
        steps.append(Say(_answer(kind, result, random, behavior, message.language)))
    return tuple(steps)


def _between(random: SeededRandom, name: str, low: float, high: float) -> float:
    return round(low + (high - low) * random.fraction(name), 1)


def _generation(
    result: ExecutionResult, final: Json, random: SeededRandom, language: Language
) -> Iterator[Step]:
    whole = _between(random, "generation", 100, 300)
    yield Say(replies.STARTED[language])
    if result.raw is not None:
        yield CallTool("generate_video", {"duration_ms": result.raw["d"]}, {"status": "started"})
        yield Wait(round(whole * 0.7, 1))
        yield EditDraft(result.raw)
        yield Say(replies.RAW_READY[language])
        yield CallTool("finish_video", {"add": ["music", "title"]}, {"status": "success"})
        yield Wait(round(whole * 0.3, 1))
    else:
        yield from _tools(result.edits)
        yield Wait(whole)
    yield EditDraft(final)


def _edit(result: ExecutionResult, final: Json, random: SeededRandom) -> Iterator[Step]:
    yield from _tools(result.edits)
    yield Wait(_between(random, "edit", 10, 30))
    yield EditDraft(final)


def _tools(edits: tuple[EditResult, ...]) -> Iterator[CallTool]:
    for edit in edits:
        if edit.done:
            yield CallTool(
                "edit_timeline", {"action": edit.key, **edit.values}, {"status": "success"}
            )


def _silent(
    kind: TurnKind, result: ExecutionResult, random: SeededRandom, behavior: AgentBehavior
) -> bool:
    """An edit may pass without a word, but never one that was done only in part."""
    quiet = kind in (TurnKind.EDIT, TurnKind.UNDO) and result.draft is not None
    return (
        quiet
        and all(edit.done for edit in result.edits)
        and random.happens("silent", behavior.silent)
    )


def _answer(
    kind: TurnKind,
    result: ExecutionResult,
    random: SeededRandom,
    behavior: AgentBehavior,
    language: Language,
) -> str:
    making = any(edit.key in WHOLE_VIDEO and edit.done for edit in result.edits)
    reported = [n for n in result.edits if not making or n.key in _REPORTED or not n.done]
    sentences = replies.without_repetition(
        [replies.sentence(_as_it_is(edit, result), language) for edit in reported]
    )
    # The form of the summary is English.
    if kind is TurnKind.GENERATE and result.draft is not None and language == "en":
        sentences.append(f"{timeline.summarize(result.draft)}\n")
    if result.draft is not None and random.happens("gui", behavior.gui):
        sentences.append(replies.gui_hint(random, language))
    if result.draft is not None and random.happens("trouble", behavior.trailing_issue):
        sentences.append(replies.TRAILING_ISSUE[language])
    return _joined(sentences)


def _as_it_is(edit: EditResult, result: ExecutionResult) -> EditResult:
    """Give a new video the length that it has after all that was done to it."""
    if edit.key not in WHOLE_VIDEO or result.draft is None:
        return edit
    length = f"{timeline.as_ms(result.draft.get('d')) / 1000:g}"
    name = "seconds" if "seconds" in edit.values else "total"
    return replace(edit, values={**edit.values, name: length})


def _joined(sentences: list[str]) -> str:
    """Join sentences; a Chinese full stop and the end of a line need no space after them."""
    spaced = [one if one.endswith(("。", "\n")) else f"{one} " for one in sentences]
    return "".join(spaced).strip()
