"""The texts of agents that answer side by side: each whole, each once, one after the other.

An agent says its text in chunks and then repeats the whole of it (wire-contract section 5). Agents
are told apart by author and branch; while one is in the middle of a text, the others wait.
"""

from __future__ import annotations

from nemovideo.language.surrogates import LONE, ends_in_half, is_whole, repair

Key = tuple[str, str]
"""Author and branch."""

_UNNAMED: Key = ("", "")


class _Speaker:
    """One agent, and what of its text has not been repeated yet."""

    def __init__(self) -> None:
        self.shown: list[str] = []
        """What has been shown since its last whole text: its chunks, and text without an author."""
        self.chunks: list[str] = []
        """The chunks among these."""
        self.pending: list[str] = []
        """Later chunks, which wait."""
        self.finished: list[str] = []
        """Whole texts, which wait."""
        self.half = ""
        """Half a character, whose other half should come with the next chunk."""
        self.is_open = False
        """Whether something came in part and has not been repeated as a whole."""
        self.last_whole: tuple[object, str] | None = None

    def join_halves(self, pieces: list[str]) -> list[str]:
        """Return the pieces without halves of characters; one at the very end is kept."""
        if not self.half and is_whole("".join(pieces)):
            return pieces
        joined: list[str] = []
        for piece in pieces:
            text = self.half + piece
            self.half = text[-1:] if ends_in_half(text) else ""
            joined.append(repair(text[:-1] if self.half else text))
        return joined

    def take_unsaid(self, number: object, text: str) -> str:
        """Return what of a whole text has not been shown yet, and begin anew."""
        shown, chunks = "".join(self.shown), "".join(self.chunks)
        repeated = (number, text) == self.last_whole and not shown
        self.last_whole = (number, text)
        self.shown, self.chunks, self.pending, self.half = [], [], [], ""
        return "" if repeated else _without(text, shown, chunks)

    def take_waiting(self) -> list[str]:
        """Return what waited, as it is shown now."""
        waited = self.finished + self.pending
        self.shown += self.pending
        self.chunks += self.pending
        self.finished, self.pending = [], []
        return waited


def _without(whole: str, shown: str, chunks: str) -> str:
    for told in (shown, chunks):
        if told and whole.startswith(told):
            return whole[len(told) :]
        if told and told.strip() == whole.strip():
            return ""
    if chunks and (shown.endswith(whole) or chunks.startswith(whole)):
        return ""
    return whole


class Speakers:
    """Puts the texts of one turn in order; what a method returns can be shown."""

    def __init__(self) -> None:
        self._speakers: dict[Key, _Speaker] = {}
        self._anyone = _Speaker()  # text of no named agent, which the next one may repeat
        self._floor: _Speaker | None = None
        self._waiting: dict[_Speaker, None] = {}

    @property
    def is_any_open(self) -> bool:
        """Whether something that came in part has not been repeated as a whole."""
        return any(speaker.is_open for speaker in self._speakers.values())

    def close_all(self) -> None:
        """Take it that nothing is to be repeated any more: the turn is complete."""
        for speaker in self._speakers.values():
            speaker.is_open = False

    def hear_anyone(self, pieces: list[str]) -> list[str]:
        """Take text of the shape that names nobody and says everything once."""
        speaker = self._floor or self._anyone
        pieces = speaker.join_halves(pieces)
        speaker.shown += pieces
        return pieces

    def hear_chunk(self, key: Key, text: str) -> list[str]:
        """Take what is to be repeated: a part of a text, or something without a text."""
        speaker = self._find(key)
        speaker.is_open = True
        if not text:
            return []
        pieces = speaker.join_halves([text])
        if self._floor is None:
            self._floor = speaker
        speaker.pending += pieces
        if speaker is self._floor:
            return speaker.take_waiting()
        self._waiting[speaker] = None
        return []

    def hear_whole(self, key: Key, number: object, text: str) -> list[str]:
        """Take something complete; it ends what came in part.

        Args:
            key: who says it.
            number: the id of its event.
            text: what it says; empty where it says nothing.
        """
        speaker = self._find(key)
        speaker.is_open = False
        if text:
            speaker.finished.append(speaker.take_unsaid(number, repair(text)))
        else:
            speaker.finished += _end_half(speaker)
            speaker.last_whole = None
        if self._floor not in (None, speaker):
            self._waiting[speaker] = None
            return []
        self._floor = None
        return speaker.take_waiting() + self._release()

    def rest(self) -> list[str]:
        """Return all that waits, the stream being over."""
        pieces: list[str] = []
        while self._floor is not None or self._waiting:
            if self._floor is not None:
                pieces += _end_half(self._floor)
            self._floor = None
            pieces += self._release()
        return pieces + _end_half(self._anyone)

    def _release(self) -> list[str]:
        """Let those speak that have waited, until one is in the middle of a text again."""
        pieces: list[str] = []
        while self._waiting and self._floor is None:
            speaker = next(iter(self._waiting))
            del self._waiting[speaker]
            if speaker.pending:
                self._floor = speaker
            pieces += speaker.take_waiting()
        return pieces

    def _find(self, key: Key) -> _Speaker:
        """Return who speaks; an event that names nobody goes on with what was begun."""
        if self._floor is not None and self._speakers.get(_UNNAMED) is self._floor:
            return self._floor
        if self._floor is not None and key == _UNNAMED:
            return self._floor
        speaker = self._speakers.setdefault(key, _Speaker())
        if self._anyone.shown or self._anyone.half:
            speaker.shown += self._anyone.shown
            speaker.half = speaker.half or self._anyone.half
            self._anyone = _Speaker()
        return speaker


def _end_half(speaker: _Speaker) -> list[str]:
    ended, speaker.half = [LONE] if speaker.half else [], ""
    return ended


def as_key(author: object, branch: object) -> Key:
    """Return who speaks in an event."""
    return (author if isinstance(author, str) else "", branch if isinstance(branch, str) else "")
