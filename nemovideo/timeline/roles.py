"""What the draft says of a sound or a text: music, a voice-over, a sound effect, a caption."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

from nemovideo.timeline.elements import Segment, Track
from nemovideo.timeline.values import Json, as_object, as_text

Role: TypeAlias = Literal["voice", "effect", "caption"]
"""What is told apart; any other sound is music, and any other text a title."""

_KEYS: Final = (
    *("role", "type", "kind", "category", "usage", "purpose", "audio_type", "audioType"),
    *("sub_type", "subType", "text_type", "textType", "tt", "track_type", "trackType"),
)
_ROLES: Final[dict[str, dict[Role, re.Pattern[str]]]] = {
    "audio": {
        "voice": re.compile(
            r"voice.?over|\bvo\b|^voice|narrat|speech|\btts\b|dubb|旁白|配音|人声|人聲|解说|解說|口播",
            re.IGNORECASE,
        ),
        "effect": re.compile(r"\bsfx\b|sound.?(?:effect|fx)|foley|音效", re.IGNORECASE),
    },
    "text": {
        "caption": re.compile(r"caption|subtitle|字幕|\bsrt\b|lyric|歌词|歌詞", re.IGNORECASE)
    },
}


def role_of(segment: Segment | None, track: Track) -> Role | None:
    """Return what the draft says of a segment, or of a whole track; None if nothing special."""
    patterns = _ROLES.get(track.kind)
    if patterns:
        for said in _said(segment, track):
            for role, pattern in patterns.items():
                if pattern.search(said.replace("_", " ")):
                    return role
    return None


def _said(segment: Segment | None, track: Track) -> Iterator[str]:
    nodes: list[Json] = [] if segment is None else [segment.raw]
    for node in (*nodes, track.header):
        for place in (as_object(node.get("m")), node):
            yield from filter(None, (as_text(place.get(key)) for key in _KEYS if key in place))
    yield track.name
    if segment is not None and segment.kind == "audio":
        yield segment.name
