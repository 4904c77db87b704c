"""Slips of the keyboard in the words of editing: "titel", "remvoe", "musik"."""

from __future__ import annotations

import re
from typing import Final

_EDITING: Final = (
    "title", "titles", "subtitle", "subtitles", "caption", "captions", "music", "video", "videos",
    "photo", "photos", "picture", "pictures", "image", "images", "second", "seconds", "minute",
    "minutes", "remove", "delete", "replace", "shorten", "duplicate", "repeat", "reverse",
    "transition", "volume", "louder", "beginning", "background", "between", "crossfade",
)  # fmt: skip
# Words in their own right, one slip away from one of those.
_RIGHT: Final = {
    "tile", "tiles", "titled", "tiled", "tithe", "tithes", "tittle", "subtitled", "caution",
    "cautions", "cation", "cations", "vide", "photon", "photons", "pictured", "imaged", "imago",
    "minuet", "minuets", "minuter", "removed", "removes", "remover", "remote", "deleted", "deletes",
    "deplete", "replaced", "replaces", "shorter", "shorted", "shortens", "duplicated", "duplicates",
    "repeats", "repeal", "repent", "reheat", "reseat", "reversed", "reverses", "revere", "reveres",
    "reverie", "transitions", "volumes", "volute", "loader", "louden", "louver", "beginnings",
    "backgrounds",
}  # fmt: skip
# Names and titles are written with a capital; only the word that opens a message is both.
_WORD: Final = re.compile(r"(?<![\w.@/'-])(?:[a-z]{4,}|^[A-Z][a-z]{3,})(?!\w|[.@/'-]\w)", re.ASCII)
# What follows is to be shown as it is written.
_VERBATIM: Final = re.compile("(?<![a-z])(?:saying|says?|reads?|reading|called|titled)(?![a-z])|:")


def respell(text: str) -> str:
    """Put the words of editing right, where a message slips in one letter of them.

    Example:
        >>> respell("remvoe the titel that says Musik")
        'remove the title that says Musik'
    """
    verbatim = _VERBATIM.search(text)
    end = verbatim.start() if verbatim else len(text)
    return _WORD.sub(lambda match: _meant(match[0]), text[:end]) + text[end:]


def _meant(written: str) -> str:
    low = written.lower()
    if low in _EDITING or low in _RIGHT:
        return written
    return next((word for word in _EDITING if _slips(low, word)), written)


def _slips(written: str, word: str) -> bool:
    """Return True if one letter is wrong, missing, too many, or two are changed about."""
    if written[0] != word[0] or abs(len(written) - len(word)) > 1:
        return False
    same = next((i for i, (a, b) in enumerate(zip(written, word, strict=False)) if a != b), None)
    if same is None:
        return True
    rest, wanted = written[same:], word[same:]
    swapped = rest[1::-1] + rest[2:] == wanted
    return swapped or rest[1:] == wanted[1:] or rest[1:] == wanted or rest == wanted[1:]
