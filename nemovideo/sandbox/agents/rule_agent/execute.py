"""Execute the instructions of a message, one after the other, on a copy of the draft."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.rule_agent.context import Context
from nemovideo.sandbox.agents.rule_agent.editing import (
    create,
    cut,
    effects,
    order,
    repeat,
    sound,
    text,
    uploads,
)
from nemovideo.sandbox.agents.rule_agent.editing.working_draft import (
    EditResult,
    Edits,
    WorkingDraft,
    applied,
    end_anchors,
    realign,
    refused,
)
from nemovideo.sandbox.agents.rule_agent.instructions import (
    AddScene,
    Answer,
    Clear,
    Delete,
    Generate,
    Instruction,
    Montage,
    Place,
    Repeat,
    Undo,
    fits,
)
from nemovideo.sandbox.agents.rule_agent.seeded_random import SeededRandom
from nemovideo.sandbox.agents.rule_agent.words.phrases import Language
from nemovideo.sandbox.draft import Json, seconds


@dataclass(frozen=True)
class ExecutionResult:
    """The result of a message's instructions.

    Args:
        draft: the draft at the end, None when nothing changed.
        raw: the draft of a generation's first stage: the clip alone.
        edits: one for each instruction.
        undone: how many drafts of the history an undo took back.
    """

    draft: Json | None
    raw: Json | None
    edits: tuple[EditResult, ...]
    undone: int = 0


_EDITS: Final[Edits] = {
    kind: edit
    for module in (create, cut, effects, order, repeat, sound, text, uploads)
    for kind, edit in module.EDITS.items()
}


def execute(
    instructions: tuple[Instruction, ...],
    context: Context,
    random: SeededRandom,
    language: Language,
) -> ExecutionResult:
    """Apply instructions in order; where one cannot be done, none is.

    Args:
        instructions: what the message asks for.
        context: the session as it stands.
        random: the source of ids and seeds.
        language: the language of names that are made up.
    """
    work = _Executor(context, _editor(context, random, language))
    edits = tuple(work.do(_adapted(one, work.editor)) for one in instructions)
    failed = tuple(one for one in edits if not (one.done or one.key in _HARMLESS))
    if failed:
        return ExecutionResult(None, None, failed)
    edits += work.shortfalls()
    changed = any(one.done for one in edits) and work.editor.draft != (context.draft or {})
    final = _numbered(work.editor.draft, context) if changed else None
    alone = all(isinstance(one, Undo) for one in instructions)
    return ExecutionResult(final, work.raw, edits, work.undone if changed and alone else 0)


# Results that stand beside those of edits: nothing was needed, or nothing was asked for.
_HARMLESS: Final = frozenset(
    {"as_before", "as_long_already", "same_speed", "same_order", "same_fade", "same_transition"}
    | {"greeting", "thanks", "help", "status", "export", "uploads_noted"}
)


def _adapted(instruction: Instruction, editor: WorkingDraft) -> Instruction:
    """One more scene for an empty timeline is a new video."""
    if isinstance(instruction, AddScene) and not timeline.has_picture(editor.draft):
        return Generate((instruction.shot,), instruction.shot.length)
    return instruction


class _Executor:
    """The instructions of one message, done one after the other."""

    def __init__(self, context: Context, editor: WorkingDraft) -> None:
        self.context = context
        self.editor = editor
        self.raw: Json | None = None
        self.undone = 0
        self.followed: set[str] = set()

    def shortfalls(self) -> tuple[EditResult, ...]:
        """Say where uploaded music ends that was to go on to the new end of the video."""
        return tuple(
            applied("music_ends", seconds=seconds(item.end))
            for item in self.editor.music()
            if item.node.get("id") in self.followed and item.end < self.editor.total
        )

    def do(self, instruction: Instruction) -> EditResult:
        if isinstance(instruction, Answer):
            return refused(instruction.about, detail=instruction.detail or self._state())
        if isinstance(instruction, Undo):
            return self._undo(instruction)
        if isinstance(instruction, Generate):
            return self._generate(instruction)
        return self._edit(instruction)

    def _state(self) -> str:
        return timeline.summarize(self.editor.draft, chinese=self.editor.language == "zh")

    def _generate(self, edit: Generate) -> EditResult:
        done = create.generate(self.editor, edit)
        realign(self.editor, end_anchors(self.editor))
        self.raw = _numbered(timeline.clone(self.editor.draft), self.context)
        create.finish(self.editor, edit)
        return done

    def _undo(self, edit: Undo) -> EditResult:
        history = self.context.history[: len(self.context.history) - self.undone]
        if not history:
            return self._undo_the_first()
        back = len(history) if edit.every else min(edit.count, len(history))
        self.editor.draft = timeline.clone(history[-back])
        self.undone += back
        return applied("undone" if back == 1 else "undone_several", count=back)

    def _undo_the_first(self) -> EditResult:
        """Before the first change of a session there was nothing on the timeline."""
        if not timeline.tracks(self.editor.draft):
            return refused("nothing_to_undo")
        order.clear(self.editor)
        realign(self.editor, end_anchors(self.editor))
        self.undone += 1
        return applied("undone_to_nothing")

    def _edit(self, instruction: Instruction) -> EditResult:
        editor = self.editor
        original = timeline.clone(editor.draft)
        before = end_anchors(editor, appending=isinstance(instruction, AddScene | Place | Repeat))
        if not self._ready(instruction):
            shown = any(fits(asset, "visual") for asset in editor.assets)
            return refused("no_film" if shown else "nothing_yet")
        done = _EDITS[type(instruction)](editor, instruction)
        if not done.done:
            editor.draft = original
            return done
        realign(editor, before)
        if editor.total > before.total:
            found = (item.node for item in editor.music() if id(item.node) in before.filling)
            self.followed.update(timeline.as_text(node.get("id")) for node in found)
        editor.before = original
        same = _without_ids(editor.draft) == _without_ids(original)
        return refused("as_before") if same else done

    def _ready(self, instruction: Instruction) -> bool:
        """Make sure that there is a picture to edit: an edit makes no film of several uploads."""
        if timeline.has_picture(self.editor.draft) or isinstance(instruction, Montage):
            return True
        if isinstance(instruction, Place) and instruction.kind != "audio":
            return True
        if isinstance(instruction, Clear | Delete):
            return False
        return uploads.import_only_one(self.editor)


def _without_ids(value: object) -> object:
    """A draft without the ids, which are new for what is laid out anew."""
    if isinstance(value, dict):
        items = cast("Json", value).items()
        return {key: _without_ids(each) for key, each in items if key != "id"}
    if isinstance(value, list):
        return [_without_ids(each) for each in cast("list[object]", value)]
    return value


def _editor(context: Context, random: SeededRandom, language: Language) -> WorkingDraft:
    start = context.draft or timeline.new_draft(random.label("draft", "draft"), "", 1920, 1080, 30)
    before = context.history[-1] if context.history else None
    return WorkingDraft(timeline.clone(start), random, language, context.uploads, before)


def _numbered(draft: Json, context: Context) -> Json:
    draft["v"] = timeline.as_ms((context.draft or {}).get("v")) + 1
    return draft
