"""The agent of the sandbox: words in, a draft and the script of a turn out.

`respond` is pure: no clock, no file, no network, and the same seed, turn, draft and message always
give the same turn. The dialect of its drafts is described in `nemovideo.sandbox.draft`.
"""

from __future__ import annotations

from dataclasses import dataclass

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.interface import (
    AgentBehavior,
    AgentSession,
    Message,
    ScriptedTurn,
    TurnKind,
)
from nemovideo.sandbox.agents.rule_agent import turn_script
from nemovideo.sandbox.agents.rule_agent.context import Context
from nemovideo.sandbox.agents.rule_agent.execute import ExecutionResult, execute
from nemovideo.sandbox.agents.rule_agent.instructions import Answer, Instruction, ParseResult
from nemovideo.sandbox.agents.rule_agent.parse_message import ParseContext, parse_message
from nemovideo.sandbox.agents.rule_agent.seeded_random import SeededRandom
from nemovideo.sandbox.agents.rule_agent.words.phrases import Language, tokenize
from nemovideo.sandbox.draft import AUDIO, TEXT, VIDEO, Json

__all__ = ["RuleAgent", "respond"]

# The service's own ways, as far as they are documented.
SERVICE_BEHAVIOR = AgentBehavior()
_GENERATING = frozenset({"generated", "scene_added", "reshot"})
_ANSWERS = frozenset({"greeting", "thanks", "help", "status", "export", "uploads_noted", "price"})


def respond(
    text: str, context: Context, behavior: AgentBehavior = SERVICE_BEHAVIOR
) -> ScriptedTurn:
    """Understand a message and act on it.

    Args:
        text: what the user typed, in English or Chinese.
        context: the session as it stands.
        behavior: how often the agent is silent, talks of a screen, thinks aloud.

    Returns:
        The turn; its `draft` is None when the message changed nothing.

    Example:
        >>> turn = respond("a 10-second video of a panda", Context())
        >>> turn.kind, turn.draft["d"]
        (<TurnKind.GENERATE: 'generate'>, 10000)
    """
    files = [asset.filename for asset in context.uploads]
    message = tokenize(text, files, context.language, _clip_names(context), _songs(context))
    random = SeededRandom(context.seed, context.turn, text)
    parsed = parse_message(message, _parse_context(context))
    result = execute(_all(parsed, message.language), context, random, message.language)
    kind = kind_of_result(result)
    steps = turn_script.write(kind, result, message, random, behavior)
    report = tuple(edit.key for edit in result.edits)
    return ScriptedTurn(kind, steps, result.draft, result.undone, report)


@dataclass(frozen=True)
class RuleAgent:
    """The default agent, which understands messages by rules and uses no model.

    Args:
        behavior: how often it is silent, talks of a screen, thinks aloud.
    """

    behavior: AgentBehavior = SERVICE_BEHAVIOR

    def respond(self, message: Message, session: AgentSession) -> ScriptedTurn:
        """Understand a message of a session and act on it."""
        return respond(message.text, Context.of(session), self.behavior)


def _parse_context(context: Context) -> ParseContext:
    before = context.history[-1] if context.history else {}
    touched = {
        kind for kind in (VIDEO, TEXT) if _nodes(context.draft or {}, kind) != _nodes(before, kind)
    }
    used = {
        timeline.meta(node).get("asset")
        for kind in (VIDEO, AUDIO)
        for node in _nodes(context.draft or {}, kind)
    }
    clips = _nodes(context.draft or {}, VIDEO)
    return ParseContext(
        empty=not timeline.has_picture(context.draft),
        text_last=touched == {TEXT},
        assets=context.uploads,
        fresh=tuple(asset for asset in context.uploads if asset.filename not in used),
        clips=len(clips),
        photos=all(timeline.meta(node).get("kind") == "image" for node in clips),
        changed=context.changed,
    )


def _clip_names(context: Context) -> list[str]:
    """List the names of the uploads to see and of the clips that were generated."""
    shown = [each.filename for each in context.uploads if each.file_type != "audio"]
    made = [
        timeline.as_text(timeline.meta(node).get("name"))
        for node in _nodes(context.draft or {}, VIDEO)
        if "asset" not in timeline.meta(node)
    ]
    return [*shown, *made]


def _songs(context: Context) -> dict[str, bool]:
    """Return the uploaded songs, each with whether "the song" can be no other."""
    songs = [each.filename for each in context.uploads if each.file_type == "audio"]
    playing = {timeline.meta(node).get("asset") for node in _nodes(context.draft or {}, AUDIO)}
    return {name: len(songs) == 1 and playing <= {name} for name in songs}


def _nodes(draft: Json, kind: int) -> list[Json]:
    return [item.node for item in timeline.segments(draft, kind)]


def _all(parsed: ParseResult, language: Language) -> tuple[Instruction, ...]:
    """Return the instructions, or a reply for each clause that could not be parsed."""
    if not parsed.instructions:
        return (Answer("unclear"),)
    if not parsed.unparsed:
        return parsed.instructions
    joint = "”和“" if language == "zh" else '" and "'
    parts = dict.fromkeys(part[:80] for part in parsed.unparsed)
    return (Answer("unclear_part", joint.join(parts)),)


def kind_of_result(result: ExecutionResult) -> TurnKind:
    """Return what a turn is whose instructions came to this."""
    done = {edit.key for edit in result.edits if edit.done}
    if result.draft is not None:
        return (
            TurnKind.GENERATE
            if done & _GENERATING
            else TurnKind.UNDO
            if result.undone
            else TurnKind.EDIT
        )
    keys = {edit.key for edit in result.edits}
    return TurnKind.ANSWER if keys and keys <= _ANSWERS else TurnKind.NOT_UNDERSTOOD
