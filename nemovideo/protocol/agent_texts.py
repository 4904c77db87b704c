"""The texts of agents that answer side by side: each whole, each once, one after the other.

An agent says its text in chunks and then repeats the whole of it (wire-contract section 5). Agents
are told apart by author and branch; while one is in the middle of a text, the others wait.
"""

from __future__ import annotations

from nemovideo.language.surrogates import LONE, ends_in_half, is_whole, repair
from nemovideo.language.text_buffer import TextBuffer

Key = tuple[str, str]
"""Author and branch."""

_UNNAMED: Key = ("", "")


class _AgentText:
    """One agent, and what of its text has not been repeated yet."""

    __slots__ = ("chunks", "finished", "half", "is_open", "last_whole", "pending", "shown")

    def __init__(self) -> None:
        self.shown = TextBuffer()
        """What has been shown since its last whole text: its chunks, and text without an author."""
        self.chunks = self.shown
        """The chunks among these; the same buffer while that is all of it."""
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
        return list(filter(None, joined))

    def take_unsaid(self, number: object, text: str) -> str:
        """Return what of a whole text has not been shown yet, and begin anew."""
        shown, chunks = str(self.shown), str(self.chunks)
        repeated = (number, text) == self.last_whole and not shown
        self.last_whole = (number, text)
        self.shown = self.chunks = TextBuffer()
        self.pending, self.half = [], ""
        return "" if repeated else _without(text, shown, chunks)

    def take_waiting(self) -> list[str]:
        """Return what waited, as it is shown now."""
        waited = self.finished + self.pending
        self.add_chunks(self.pending)
        self.finished, self.pending = [], []
        return waited

    def add_chunks(self, pieces: list[str]) -> None:
        """Note chunks that are shown."""
        self.shown.add(pieces)
        if self.chunks is not self.shown:
            self.chunks.add(pieces)

    def add_unattributed(self, pieces: list[str]) -> None:
        """Note text that is shown and names nobody."""
        if self.chunks is self.shown:
            self.chunks = TextBuffer()
            self.chunks.add([str(self.shown)])
        self.shown.add(pieces)


def _without(whole: str, shown: str, chunks: str) -> str:
    for known in (shown, chunks):
        if known and whole.startswith(known):
            return whole[len(known) :]
        if known and known.strip() == whole.strip():
            return ""
    if chunks and (shown.endswith(whole) or chunks.startswith(whole)):
        return ""
    return whole


class AgentTexts:
    """Puts the texts of one turn in order; what a method returns can be shown."""

    def __init__(self) -> None:
        self._agents: dict[Key, _AgentText] = {}
        self._unattributed: _AgentText | None = None
        """Text of no named agent, which the next one may repeat."""
        self._current: _AgentText | None = None
        self._waiting: dict[_AgentText, None] = {}

    @property
    def is_any_open(self) -> bool:
        """Whether something that came in part has not been repeated as a whole."""
        return any(agent.is_open for agent in self._agents.values())

    def close_all(self) -> None:
        """Take it that nothing is to be repeated any more: the turn is complete."""
        for agent in self._agents.values():
            agent.is_open = False

    def add_unattributed(self, pieces: list[str]) -> list[str]:
        """Take text of the shape that names nobody and says everything once."""
        agent = self._current or self._unattributed
        if agent is None:
            agent = self._unattributed = _AgentText()
        pieces = agent.join_halves(pieces)
        agent.add_unattributed(pieces)
        return pieces

    def add_chunks(self, key: Key, pieces: list[str]) -> list[str]:
        """Take what is to be repeated: parts of a text; none of them for what is no text."""
        agent = self._find(key)
        agent.is_open = True
        if not pieces:
            return []
        pieces = agent.join_halves(pieces)
        if self._current is None:
            self._current = agent
        if agent is self._current and not (agent.finished or agent.pending):
            agent.add_chunks(pieces)
            return pieces
        agent.pending += pieces
        if agent is self._current:
            return agent.take_waiting()
        self._waiting[agent] = None
        return []

    def add_whole(self, key: Key, number: object, text: str) -> list[str]:
        """Take something complete; it ends what came in part.

        Args:
            key: who says it.
            number: the id of its event.
            text: what it says; empty where it says nothing.
        """
        agent = self._find(key)
        agent.is_open = False
        if text:
            agent.finished.append(agent.take_unsaid(number, repair(text)))
        else:
            agent.finished += _end_half(agent)
            agent.last_whole = None
        if self._current not in (None, agent):
            self._waiting[agent] = None
            return []
        self._current = None
        return agent.take_waiting() + self._release()

    def rest(self) -> list[str]:
        """Return all that waits, the stream being over."""
        pieces: list[str] = []
        while self._current is not None or self._waiting:
            if self._current is not None:
                pieces += _end_half(self._current)
            self._current = None
            pieces += self._release()
        return pieces if self._unattributed is None else pieces + _end_half(self._unattributed)

    def _release(self) -> list[str]:
        """Let those speak that have waited, until one is in the middle of a text again."""
        pieces: list[str] = []
        while self._waiting and self._current is None:
            agent = next(iter(self._waiting))
            del self._waiting[agent]
            if agent.pending:
                self._current = agent
            pieces += agent.take_waiting()
        return pieces

    def _find(self, key: Key) -> _AgentText:
        """Return who speaks; an event that names nobody goes on with what was begun."""
        current, agents = self._current, self._agents
        if current is not None and (key == _UNNAMED or agents.get(_UNNAMED) is current):
            return current
        agent = agents.get(key)
        if agent is None:
            agent = agents[key] = _AgentText()
        unattributed, self._unattributed = self._unattributed, None
        if unattributed is not None and (unattributed.shown or unattributed.half):
            agent.add_unattributed([str(unattributed.shown)])
            agent.half = agent.half or unattributed.half
        return agent


def _end_half(agent: _AgentText) -> list[str]:
    ended, agent.half = [LONE] if agent.half else [], ""
    return ended


def as_key(author: object, branch: object) -> Key:
    """Return who speaks in an event."""
    return (author if isinstance(author, str) else "", branch if isinstance(branch, str) else "")
