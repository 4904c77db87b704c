"""Instructions are carried out, one after the other, on a copy of the draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.editing import (
    create,
    cut,
    effects,
    framing,
    order,
    repeat,
    sound,
    text,
    uploads,
)
from nemovideo.sandbox.agents.rule_agent.editing.draft_editor import (
    Desk,
    Note,
    anchors,
    note,
    refusal,
    settle,
)
from nemovideo.sandbox.agents.rule_agent.instructions import (
    AddScene,
    AddText,
    ChangeText,
    Clear,
    Cut,
    Delete,
    Fade,
    Fit,
    Generate,
    Instruction,
    Montage,
    Move,
    Mute,
    Place,
    RemoveMusic,
    RemoveText,
    Repeat,
    Reshoot,
    Restyle,
    RetimeMusic,
    Reverse,
    SetLength,
    SetMusic,
    SetVolume,
    Speed,
    Split,
    Swap,
    Talk,
    Transition,
    Undo,
)
from nemovideo.sandbox.agents.rule_agent.interface import Context
from nemovideo.sandbox.agents.rule_agent.seeded_random import Chance
from nemovideo.sandbox.agents.rule_agent.words.phrases import Language, Utterance
from nemovideo.sandbox.draft import Json


@dataclass(frozen=True)
class Result:
    """What became of a message's instructions.

    Args:
        draft: the draft at the end, None when nothing changed.
        raw: the draft of a generation's first stage: the clip alone.
        notes: one for each instruction.
        undone: how many drafts of the history an undo took back.
    """

    draft: Json | None
    raw: Json | None
    notes: tuple[Note, ...]
    undone: int = 0


# The table maps each class to the one function that takes it; the pairing is checked by a test,
# which a single Callable type cannot express.
_EDITS: Final[dict[type, Callable[[Desk, Any], Note]]] = {
    AddScene: create.add_scene,
    Reshoot: create.reshoot,
    Restyle: create.restyle,
    SetMusic: sound.set_music,
    RetimeMusic: sound.retime_music,
    RemoveMusic: lambda desk, _: sound.remove_music(desk),
    SetVolume: sound.set_volume,
    Mute: sound.mute,
    AddText: text.add_text,
    ChangeText: text.change_text,
    RemoveText: text.remove_text,
    Cut: cut.cut,
    SetLength: cut.set_length,
    Split: cut.split,
    Speed: cut.set_speed,
    Move: order.move,
    Swap: order.swap,
    Reverse: lambda desk, _: order.reverse(desk),
    Repeat: repeat.repeat,
    Delete: order.delete,
    Clear: lambda desk, _: order.clear(desk),
    Fit: framing.fit,
    Fade: effects.fade,
    Transition: effects.transition,
    Place: uploads.place,
    Montage: uploads.montage,
}


def carry_out(
    instructions: tuple[Instruction, ...], context: Context, chance: Chance, said: Utterance
) -> Result:
    """Apply instructions in order; each that cannot be done leaves the draft as it was.

    Args:
        instructions: what the message asks for.
        context: the session as it stands.
        chance: where ids and seeds come from.
        said: the message, for its language and the files it names.
    """
    work = _Work(context, _desk(context, chance, said.language), tuple(said.named()))
    notes = tuple(work.do(_made_fit(one, work.desk)) for one in instructions)
    if _in_vain(instructions, notes):
        return Result(None, None, notes[1:])
    changed = any(one.done for one in notes) and work.desk.draft != (context.draft or {})
    final = _numbered(work.desk.draft, context) if changed else None
    alone = all(isinstance(one, Undo) for one in instructions)
    return Result(final, work.raw, notes, work.undone if changed and alone else 0)


# Notes of what needed no doing.
_ALREADY_SO: Final = frozenset(
    {"as_before", "as_long_already", "same_speed", "same_order", "same_fade", "same_transition"}
)


def _in_vain(instructions: tuple[Instruction, ...], notes: tuple[Note, ...]) -> bool:
    """Tell whether a file was laid out for an instruction that could then not be followed."""
    first, rest = instructions[0], notes[1:]
    if not (isinstance(first, Place) and first.where == "only" and first.files and rest):
        return False
    return not any(one.done or one.key in _ALREADY_SO for one in rest)


def _made_fit(instruction: Instruction, desk: Desk) -> Instruction:
    """One more scene for an empty timeline is a new film."""
    if isinstance(instruction, AddScene) and not timeline.has_picture(desk.draft):
        return Generate((instruction.shot,), instruction.shot.length)
    return instruction


class _Work:
    """The instructions of one message, done one after the other."""

    def __init__(self, context: Context, desk: Desk, named: tuple[str, ...]) -> None:
        self.context = context
        self.named = named
        self.desk = desk
        self.raw: Json | None = None
        self.undone = 0

    def do(self, instruction: Instruction) -> Note:
        if isinstance(instruction, Talk):
            return refusal(instruction.about, detail=instruction.detail or self._state())
        if isinstance(instruction, Undo):
            return self._undo(instruction)
        if isinstance(instruction, Generate):
            return self._generate(instruction)
        return self._edit(instruction)

    def _state(self) -> str:
        return timeline.summarize(self.desk.draft)

    def _generate(self, wish: Generate) -> Note:
        done = create.generate(self.desk, wish)
        settle(self.desk, anchors(self.desk))
        self.raw = _numbered(timeline.clone(self.desk.draft), self.context)
        create.finish(self.desk, wish)
        return done

    def _undo(self, wish: Undo) -> Note:
        history = self.context.history[: len(self.context.history) - self.undone]
        if not history:
            return self._undo_the_first()
        back = len(history) if wish.every else min(wish.count, len(history))
        self.desk.draft = timeline.clone(history[-back])
        self.undone += back
        return note("undone" if back == 1 else "undone_several", count=back)

    def _undo_the_first(self) -> Note:
        """Before the first change of a session there was nothing on the timeline."""
        if not timeline.tracks(self.desk.draft):
            return refusal("nothing_to_undo")
        order.clear(self.desk)
        settle(self.desk, anchors(self.desk))
        self.undone += 1
        return note("undone_to_nothing")

    def _edit(self, instruction: Instruction) -> Note:
        desk = self.desk
        kept = timeline.clone(desk.draft)
        before = anchors(desk, appending=isinstance(instruction, AddScene | Place | Repeat))
        if not self._ready(instruction):
            return refusal("nothing_yet")
        done = _EDITS[type(instruction)](desk, instruction)
        if not done.done:
            desk.draft = kept
            return done
        settle(desk, before)
        desk.before = kept
        return done if desk.draft != kept else refusal("as_before")

    def _ready(self, instruction: Instruction) -> bool:
        """Make sure that there is a picture to edit; uploads lie ready for a first instruction."""
        if timeline.has_picture(self.desk.draft) or isinstance(instruction, Montage):
            return True
        if isinstance(instruction, Place) and instruction.kind != "audio":
            return True
        return uploads.import_all(self.desk, self.named)


def _desk(context: Context, chance: Chance, language: Language) -> Desk:
    start = context.draft or timeline.new_draft(chance.label("draft", "draft"), "", 1920, 1080, 30)
    before = context.history[-1] if context.history else None
    return Desk(timeline.clone(start), chance, language, context.assets, before)


def _numbered(draft: Json, context: Context) -> Json:
    draft["v"] = timeline.as_ms((context.draft or {}).get("v")) + 1
    return draft
