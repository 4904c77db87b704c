"""The events of a stream as lines of a recording, without what is private."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, TypeAlias, cast

from nemovideo.recording.redactor import Redactor

Line: TypeAlias = dict[str, object]
_TEXT_KEYS: Final = ("content", "text")


class StreamLines:
    """Turns the bytes of an event stream into lines, one for each event or comment.

    A text that arrives in many events is buffered until it has no private part that may go on in
    the next event: an address is split into pieces by a model that writes it.

    Args:
        redactor: What takes out what is private.
    """

    def __init__(self, redactor: Redactor) -> None:
        self._redactor = redactor
        self._pending = b""
        self._data: list[str] = []
        self._buffered: list[Line] = []

    def feed(self, chunk: bytes, seconds: float) -> Iterator[Line]:
        """Yield the lines that are complete with these bytes, which came after `seconds`."""
        *lines, self._pending = (self._pending + chunk).replace(b"\r\n", b"\n").split(b"\n")
        for raw in lines:
            yield from self._line(raw.decode("utf-8", "replace"), seconds)

    def end(self) -> Iterator[Line]:
        buffered, self._buffered = self._buffered, []
        places = [place for line in buffered for place in _texts(line)]
        pieces = self._redactor.pieces([str(owner[key]) for owner, key in places])
        for (owner, key), text in zip(places, pieces, strict=True):
            owner[key] = text
        for line in buffered:
            yield cast("Line", self._redactor.json(line))

    def _line(self, line: str, seconds: float) -> Iterator[Line]:
        if line.startswith(":"):
            yield {"seconds": seconds, "comment": self._redactor.text(line[1:].strip())}
        elif line:
            self._data.append(line)
        elif self._data:
            data, self._data = self._data, []
            yield from self._event(data, seconds)

    def _event(self, fields: list[str], seconds: float) -> Iterator[Line]:
        values = [each[5:].removeprefix(" ") for each in fields if each.startswith("data:")]
        others = [each for each in fields if not each.startswith("data:") and each != "data"]
        line: Line = {"seconds": seconds, "event": _parsed("\n".join(values))}
        if others:
            line["fields"] = others
        texts = [str(owner[key]) for owner, key in _texts(line)]
        if not texts:
            yield from self.end()
        self._buffered.append(line)
        if not texts or texts[-1][-1:].isspace():
            yield from self.end()


def _parsed(data: str) -> object:
    try:
        return json.loads(data) if data else None
    except (ValueError, RecursionError):
        return data


def _texts(value: object) -> Iterator[tuple[dict[str, object], str]]:
    """Yield where the texts of an event are."""
    if isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _texts(each)
    elif isinstance(value, dict):
        owner = cast("dict[str, object]", value)
        for name, each in owner.items():
            if isinstance(each, str) and name in _TEXT_KEYS and each:
                yield owner, name
            elif not isinstance(each, str):
                yield from _texts(each)
