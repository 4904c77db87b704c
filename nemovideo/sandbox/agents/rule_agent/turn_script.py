"""The script of a turn: thoughts, tool calls, waits, drafts and words in their order."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent import replies
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import Note
from nemovideo.sandbox.agents.rule_agent.execute import Result
from nemovideo.sandbox.agents.rule_agent.interface import (
    AgentBehavior,
    Draft,
    Kind,
    Say,
    Step,
    Think,
    Tool,
    Wait,
)
from nemovideo.sandbox.agents.rule_agent.seeded_random import Chance
from nemovideo.sandbox.agents.rule_agent.words.phrases import Language, Utterance
from nemovideo.sandbox.draft import Json

# A new film is told as a whole: its music and title stand in the summary.
WHOLE_FILM: Final = frozenset({"generated", "slideshow", "montage"})


def write(
    kind: Kind, result: Result, said: Utterance, chance: Chance, behavior: AgentBehavior
) -> tuple[Step, ...]:
    """Write the steps of a turn.

    Args:
        kind: what the message was.
        result: what became of it.
        said: the message, for thoughts and for the language.
        chance: decides what is decided by chance.
        behavior: how likely each of it is.
    """
    steps: list[Step] = []
    if chance.happens("thoughts", behavior.thoughts):
        steps.append(Think(replies.thought(said.plain(), said.language)))
    if result.draft is None:
        steps.append(Wait(_between(chance, "text", 5, 15)))
    elif kind is Kind.GENERATE:
        steps.extend(_generation(result, result.draft, chance, said.language))
    else:
        steps.extend(_edit(result, result.draft, chance))
    if not _silent(kind, result, chance, behavior):
        steps.append(Say(_answer(kind, result, chance, behavior, said.language)))
    return tuple(steps)


def _between(chance: Chance, name: str, low: float, high: float) -> float:
    return round(low + (high - low) * chance.fraction(name), 1)


def _generation(result: Result, final: Json, chance: Chance, language: Language) -> Iterator[Step]:
    whole = _between(chance, "generation", 100, 300)
    yield Say(replies.STARTED[language])
    if result.raw is not None:
        yield Tool("generate_video", {"duration_ms": result.raw["d"]}, {"status": "started"})
        yield Wait(round(whole * 0.7, 1))
        yield Draft(result.raw)
        yield Say(replies.RAW_READY[language])
        yield Tool("finish_video", {"add": ["music", "title"]}, {"status": "success"})
        yield Wait(round(whole * 0.3, 1))
    else:
        yield from _tools(result.notes)
        yield Wait(whole)
    yield Draft(final)


def _edit(result: Result, final: Json, chance: Chance) -> Iterator[Step]:
    yield from _tools(result.notes)
    yield Wait(_between(chance, "edit", 10, 30))
    yield Draft(final)


def _tools(notes: tuple[Note, ...]) -> Iterator[Tool]:
    for note in notes:
        if note.done:
            yield Tool("edit_timeline", {"action": note.key, **note.values}, {"status": "success"})


def _silent(kind: Kind, result: Result, chance: Chance, behavior: AgentBehavior) -> bool:
    """An edit may pass without a word, but never one that was done only in part."""
    quiet = kind in (Kind.EDIT, Kind.UNDO) and result.draft is not None
    return (
        quiet
        and all(note.done for note in result.notes)
        and chance.happens("silent", behavior.silent)
    )


def _answer(
    kind: Kind, result: Result, chance: Chance, behavior: AgentBehavior, language: Language
) -> str:
    making = any(note.key in WHOLE_FILM and note.done for note in result.notes)
    told = [n for n in result.notes if not making or n.key in WHOLE_FILM or not n.done]
    sentences = [replies.sentence(note, language) for note in told]
    if kind is Kind.GENERATE and result.draft is not None:
        sentences.append(f"{timeline.summarize(result.draft)}\n")
    if result.draft is not None and chance.happens("gui", behavior.gui):
        sentences.append(replies.gui_hint(chance, language))
    if result.draft is not None and chance.happens("trouble", behavior.trailing_issue):
        sentences.append(replies.TROUBLE[language])
    return _joined(sentences)


def _joined(sentences: list[str]) -> str:
    """Join sentences; a Chinese full stop and the end of a line need no space after them."""
    spaced = [one if one.endswith(("。", "\n")) else f"{one} " for one in sentences]
    return "".join(spaced).strip()
