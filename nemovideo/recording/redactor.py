"""What a recording must not hold: tokens, client ids, signed queries and e-mail addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias, cast

from nemovideo.security.redaction import values_in_use

Span: TypeAlias = tuple[int, int, str]
"""Where something private begins and ends, and what is written in its place."""

_LEARNED: Final = "<secret>"
_SHORTEST: Final = 6
"""Shorter values are not searched for in other texts: they are part of many words."""

_LOCAL: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\-]"
_AT: Final = r"(?:@|%40|＠)"
_PATTERNS: Final = (
    (re.compile(r"(?:nmv|clm)_[A-Za-z0-9_\-.~+/=]+"), "<token>"),
    (re.compile(r"(?i:bearer)\s+[^\s,;\"']+"), "<token>"),
    (re.compile(r"(?<=://)[^\s/?#\"'<>@]*@"), ""),
    # JSON inside a text, its quotes escaped or not.
    (
        re.compile(
            r"(?i:[\"'][\w-]*(?:token|secret|passw(?:or)?d|signature|authorization|cookie|e-?mail"
            r"|api[_-]?key|access[_-]?key|client[_-]?id)\\*[\"']\s*:\s*\\*[\"'])([^\"'\\]+)"
        ),
        _LEARNED,
    ),
    (re.compile(rf"{_LOCAL}+{_AT}(?:[A-Za-z0-9\-]+\.)+[A-Za-z]{{2,}}"), "<e-mail>"),
    (re.compile(rf"[\w.+\-]+{_AT}(?:[\w\-]+\.)+\w{{2,}}"), "<e-mail>"),
    (re.compile(r"(?<=[^\s?])[?#][^\s\"'<>]*=[^\s\"'<>]*"), "?…"),
    (re.compile(r"(?<=://)([^\s\"'<>?#]*)([?#][^\s\"'<>]+)"), "?…"),
)
_PRIVATE_KEY: Final = re.compile(
    r"token|secret|password|passwd|signature|authorization|cookie|mail|apikey|accesskey|privatekey"
    r"|credential|jwt|clientid"
)


class Redactor:
    """Replaces what is private in texts and JSON, and remembers the secrets that it has met."""

    def __init__(self) -> None:
        self._learned: dict[str, str] = {}

    def learn(self, value: str, shown: str = _LEARNED) -> None:
        """Replace `value` from now on, wherever it stands and in whichever case."""
        value = value.strip()
        if len(value) >= _SHORTEST:
            self._learned.setdefault(value.lower(), shown)

    def learn_headers(self, headers: Mapping[str, str]) -> None:
        self.learn(str(headers.get("authorization", "")).partition(" ")[2], "<token>")
        self.learn(str(headers.get("x-client-id", "")), "<client id>")

    def text(self, text: str) -> str:
        return self.pieces([text])[0]

    def pieces(self, pieces: Sequence[str]) -> list[str]:
        """Return the pieces of one text; what is private may begin in one and end in another."""
        whole = "".join(pieces)
        spans = self._spans(whole)
        if not spans:
            return list(pieces)
        found: list[str] = []
        start = 0
        for piece in pieces:
            found.append(_cut(whole, start, start + len(piece), spans))
            start += len(piece)
        return found

    def json(self, value: object) -> object:
        """Return JSON without what is private; names of keys say what is private as well."""
        self._learn_from(value)
        return self._json(value)

    def _learn_from(self, value: object, *, private: bool = False) -> None:
        if isinstance(value, str):
            if private:
                self.learn(value)
        elif isinstance(value, list):
            for each in cast("list[object]", value):
                self._learn_from(each, private=private)
        elif isinstance(value, dict):
            for name, each in cast("dict[str, object]", value).items():
                self._learn_from(each, private=private or _is_private(name, each))

    def _json(self, value: object, *, private: bool = False) -> object:
        if isinstance(value, str):
            return _LEARNED if private and value else self.text(value)
        if isinstance(value, list):
            return [self._json(each, private=private) for each in cast("list[object]", value)]
        if isinstance(value, dict):
            return {
                self.text(name): self._json(each, private=private or _is_private(name, each))
                for name, each in cast("dict[str, object]", value).items()
            }
        return _LEARNED if private and type(value) in (int, float) else value

    def _spans(self, text: str) -> list[Span]:
        spans = sorted(self._each_span(text))
        merged: list[Span] = []
        for start, end, shown in spans:
            if merged and start < merged[-1][1]:
                before = merged[-1]
                merged[-1] = (before[0], max(before[1], end), before[2] or shown)
            else:
                merged.append((start, end, shown))
        return merged

    def _each_span(self, text: str) -> Iterator[Span]:
        for pattern, shown in _PATTERNS:
            for match in pattern.finditer(text):
                group = pattern.groups  # the last group is what is private, else all of it
                yield match.start(group), match.end(group), shown
        secrets = dict.fromkeys(map(str.lower, values_in_use()), _LEARNED) | self._learned
        lowered = text.lower() if secrets else ""
        if len(lowered) != len(text):  # a few capitals have two small letters
            lowered = text
        for value, shown in secrets.items():
            start = lowered.find(value)
            while start >= 0:
                yield start, start + len(value), shown
                start = lowered.find(value, start + 1)


def _cut(whole: str, start: int, end: int, spans: Sequence[Span]) -> str:
    """Return a part of a text; each span is shown where it begins."""
    parts: list[str] = []
    place = start
    for first, last, shown in spans:
        if last <= place or first >= end:
            continue
        parts.append(whole[place : max(first, place)])
        parts.append(shown if first >= start else "")
        place = min(last, end)
    return "".join([*parts, whole[place:end]])


def _is_private(name: str, value: object) -> bool:
    """Whether a key says that its value is private; numbers of tokens and of times are not."""
    if isinstance(value, bool | None):
        return False
    plain = re.sub(r"[^a-z]", "", name.lower())
    found = _PRIVATE_KEY.search(plain)
    counted = isinstance(value, int | float) and not plain.endswith(("token", "password", "secret"))
    return found is not None and not counted
