"""Instructions are carried out, one after the other, on a copy of the draft."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.director.chance import Chance
from nemovideo.sandbox.director.editing import create, sound, text
from nemovideo.sandbox.director.editing.desk import Desk, Note, refusal, settle
from nemovideo.sandbox.director.instructions import (
    AddScene,
    AddText,
    ChangeText,
    Generate,
    Instruction,
    Mute,
    RemoveMusic,
    RemoveText,
    Reshoot,
    Restyle,
    SetMusic,
    SetVolume,
    Talk,
)
from nemovideo.sandbox.director.interface import Context
from nemovideo.sandbox.director.words.phrases import Language
from nemovideo.sandbox.draft import Json


@dataclass(frozen=True)
class Result:
    """What became of a message's instructions.

    Args:
        draft: the draft at the end, None when nothing changed.
        raw: the draft of a generation's first stage: the clip alone.
        notes: one for each instruction.
    """

    draft: Json | None
    raw: Json | None
    notes: tuple[Note, ...]


# The table maps each class to the one function that takes it; the pairing is checked by a test,
# which a single Callable type cannot express.
_EDITS: Final[dict[type, Callable[[Desk, Any], Note]]] = {
    AddScene: create.add_scene,
    Reshoot: create.reshoot,
    Restyle: create.restyle,
    SetMusic: sound.set_music,
    RemoveMusic: lambda desk, _: sound.remove_music(desk),
    SetVolume: sound.set_volume,
    Mute: sound.mute,
    AddText: text.add_text,
    ChangeText: text.change_text,
    RemoveText: text.remove_text,
}


def carry_out(
    instructions: tuple[Instruction, ...], context: Context, chance: Chance, language: Language
) -> Result:
    """Apply instructions in order; each that cannot be done leaves the draft as it was."""
    desk = _desk(context, chance, language)
    raw: Json | None = None
    notes: list[Note] = []
    for instruction in instructions:
        if isinstance(instruction, Generate):
            notes.append(create.generate(desk, instruction))
            settle(desk, desk.total)
            raw = _numbered(timeline.clone(desk.draft), context)
            create.finish(desk, instruction)
        else:
            notes.append(_edit(desk, instruction))
    changed = any(note.done for note in notes) and desk.draft != (context.draft or {})
    return Result(_numbered(desk.draft, context) if changed else None, raw, tuple(notes))


def _desk(context: Context, chance: Chance, language: Language) -> Desk:
    start = context.draft or timeline.new_draft(chance.label("draft", "draft"), "", 1920, 1080, 30)
    before = context.history[-1] if context.history else None
    return Desk(timeline.clone(start), chance, language, context.assets, before)


def _edit(desk: Desk, instruction: Instruction) -> Note:
    if isinstance(instruction, Talk):
        return refusal(instruction.about, detail=instruction.detail)
    if not timeline.has_picture(desk.draft) and not isinstance(instruction, AddScene):
        return refusal("nothing_yet")
    kept, total = timeline.clone(desk.draft), desk.total
    done = _EDITS[type(instruction)](desk, instruction)
    if done.done:
        settle(desk, total)
    else:
        desk.draft = kept
    return done


def _numbered(draft: Json, context: Context) -> Json:
    draft["v"] = timeline.as_ms((context.draft or {}).get("v")) + 1
    return draft
