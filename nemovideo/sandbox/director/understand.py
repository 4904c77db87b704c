"""A message becomes instructions: clause after clause, each asked of every reader in turn."""

from __future__ import annotations

from nemovideo.sandbox.director.instructions import (
    AddText,
    ChangeText,
    Generate,
    Instruction,
    Understanding,
)
from nemovideo.sandbox.director.reading import sound, text
from nemovideo.sandbox.director.reading.generate import read_generate, read_scene, wishes
from nemovideo.sandbox.director.words.phrases import Utterance, split, trimmed


def understand(utterance: Utterance, *, empty: bool) -> Understanding:
    """Read what a message asks for.

    Args:
        utterance: the message.
        empty: True while the timeline holds no picture.
    """
    return _Reader(utterance, empty).read()


class _Reader:
    """Goes through the clauses of one message, remembering what the last one spoke of."""

    def __init__(self, utterance: Utterance, empty: bool) -> None:
        self.utterance = utterance
        self.empty = empty
        self.instructions: list[Instruction] = []
        self.unread: list[str] = []

    def read(self) -> Understanding:
        whole = trimmed(self.utterance)
        spans = split(self.utterance)
        while spans:
            used = self._longest(spans)
            spans = spans[used:]
        del whole
        return Understanding(tuple(self.instructions), tuple(self.unread))

    def _longest(self, spans: list[tuple[int, int]]) -> int:
        """Read the first clause, with those after it that only continue it; return how many."""
        size = 1
        while size < len(spans) and not self._clause(self._joined(spans[size : size + 1])):
            size += 1
        found = self._clause(self._joined(spans[:size]), first=True)
        if not found:
            self.unread.append(self._joined(spans[:size]).plain())
        self.instructions.extend(found)
        return size

    def _joined(self, spans: list[tuple[int, int]]) -> Utterance:
        return trimmed(self.utterance.part(self.utterance.text[spans[0][0] : spans[-1][1]]))

    def _clause(self, clause: Utterance, *, first: bool = False) -> tuple[Instruction, ...]:
        empty = self.empty and not self.instructions
        focus = bool(self.instructions) and isinstance(self.instructions[-1], AddText | ChangeText)
        if first and (made := read_generate(clause, empty=empty)):
            return self._generated(made, clause)
        texts = text.read_text(clause, focus=focus or not first)
        if texts:
            return texts
        heard = sound.read_sound(clause)
        if heard is not None:
            return (heard,)
        scene = read_scene(clause, then=not empty)
        return () if scene is None else (scene,)

    def _generated(self, made: Generate, clause: Utterance) -> tuple[Instruction, ...]:
        extra = [one for wish in wishes(clause) for one in self._clause(wish)]
        return (made, *extra)
