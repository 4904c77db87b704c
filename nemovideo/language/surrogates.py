"""Halves of characters: what JSON can escape and no encoding can write.

A character beyond the first 65,536 is escaped as two halves. What is cut between them leaves one
half in a text, which then can be neither printed nor saved nor sent on.
"""

from __future__ import annotations

import re

LONE = "\ufffd"
"""What stands for a half whose other half never came."""

_ESCAPE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F]..)|.)",
    re.DOTALL,
)


def may_hold_halves(json_text: str) -> bool:
    """Say whether JSON may hold an escaped half, at the cost of a search."""
    return "\\u" in json_text and ("\\ud" in json_text or "\\uD" in json_text)


def repair_escapes(json_text: str) -> str:
    """Return JSON in which no half is escaped without its other half."""
    return _ESCAPE.sub(lambda found: r"\ufffd" if found[1] else found[0], json_text)


def is_whole(text: str) -> bool:
    """Say whether there are no halves in a text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def repair(text: str) -> str:
    """Return a text that can be written in UTF-8: halves joined, lone ones replaced."""
    if is_whole(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def ends_in_half(text: str) -> bool:
    """Say whether a text ends with the first half of a character."""
    return "\ud800" <= text[-1:] <= "\udbff"
