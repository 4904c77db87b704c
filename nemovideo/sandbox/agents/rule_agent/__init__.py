"""The director of the sandbox: words in, a draft and the script of a turn out.

`direct` is pure: no clock, no file, no network, and the same seed, turn, draft and message always
give the same scene. The dialect of its drafts is described in `nemovideo.sandbox.draft`.
"""

from __future__ import annotations

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent import turn_script
from nemovideo.sandbox.agents.rule_agent.execute import Result, carry_out
from nemovideo.sandbox.agents.rule_agent.instructions import Instruction, Talk, Understanding
from nemovideo.sandbox.agents.rule_agent.interface import (
    AgentBehavior,
    Asset,
    Context,
    Draft,
    Kind,
    Say,
    Scene,
    Step,
    Think,
    Tool,
    Wait,
)
from nemovideo.sandbox.agents.rule_agent.parse_message import Situation, understand
from nemovideo.sandbox.agents.rule_agent.seeded_random import Chance
from nemovideo.sandbox.agents.rule_agent.words.phrases import hear
from nemovideo.sandbox.draft import AUDIO, TEXT, VIDEO, Json

__all__ = [
    "AgentBehavior",
    "Asset",
    "Context",
    "Draft",
    "Kind",
    "Say",
    "Scene",
    "Step",
    "Think",
    "Tool",
    "Wait",
    "direct",
]

# The service's own ways, as far as they are documented.
SERVICE_BEHAVIOR = AgentBehavior()
_GENERATING = frozenset({"generated", "scene_added", "reshot"})
_ANSWERS = frozenset({"greeting", "thanks", "help", "status", "export"})


def direct(message: str, context: Context, behavior: AgentBehavior = SERVICE_BEHAVIOR) -> Scene:
    """Understand a message and act on it.

    Args:
        message: what the user typed, in English or Chinese.
        context: the session as it stands.
        behavior: how often the agent is silent, talks of a screen, thinks aloud.

    Returns:
        The scene of the turn; its `draft` is None when the message changed nothing.

    Example:
        >>> scene = direct("a 10-second video of a panda", Context())
        >>> scene.kind, scene.draft["d"]
        (<Kind.GENERATE: 'generate'>, 10000)
    """
    said = hear(message, [asset.name for asset in context.assets], context.language)
    chance = Chance(context.seed, context.turn, message)
    heard = understand(said, _situation(context))
    result = carry_out(_all(heard), context, chance, said)
    kind = _kind(result)
    steps = turn_script.write(kind, result, said, chance, behavior)
    report = tuple(note.key for note in result.notes)
    return Scene(kind, steps, result.draft, result.undone, report)


def _situation(context: Context) -> Situation:
    before = context.history[-1] if context.history else {}
    touched = {
        kind for kind in (VIDEO, TEXT) if _nodes(context.draft or {}, kind) != _nodes(before, kind)
    }
    used = {
        timeline.meta(node).get("asset")
        for kind in (VIDEO, AUDIO)
        for node in _nodes(context.draft or {}, kind)
    }
    return Situation(
        empty=not timeline.has_picture(context.draft),
        text_last=touched == {TEXT},
        assets=context.assets,
        fresh=tuple(asset for asset in context.assets if asset.name not in used),
    )


def _nodes(draft: Json, kind: int) -> list[Json]:
    return [item.node for item in timeline.segments(draft, kind)]


def _all(heard: Understanding) -> tuple[Instruction, ...]:
    """Return the instructions, followed by what has to be said of clauses nobody could read."""
    if not heard.instructions:
        return (Talk("unclear"),)
    return (*heard.instructions, *(Talk("unclear_part", part[:80]) for part in heard.unread))


def _kind(result: Result) -> Kind:
    done = {note.key for note in result.notes if note.done}
    if result.draft is not None:
        return Kind.GENERATE if done & _GENERATING else Kind.UNDO if result.undone else Kind.EDIT
    spoken = {note.key for note in result.notes}
    return Kind.ANSWER if spoken and spoken <= _ANSWERS else Kind.NOT_UNDERSTOOD
