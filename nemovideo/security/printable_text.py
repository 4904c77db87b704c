"""Foreign text for a terminal, without control sequences.

A terminal obeys what is written to it, and text of a language model (and of a web page that it
read) may set its title, fill its clipboard, clear it, or reverse the writing direction. Control
characters are removed; words, line breaks, tabs and emoji stay.
"""

from __future__ import annotations

import json
import re
from typing import Final

_BODY: Final = r"[^\x00-\x1f\x7f-\x9f]*"
_SEQUENCES: Final = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor, erasing
    # OSC, DCS, SOS, PM, APC and the title of `screen`, where they end; else their start goes.
    rf"|(?:\x1b[]PX^_k]|[\x9d\x90\x98\x9e\x9f]){_BODY}(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]+[0-~]"  # the choice of a character set
)
# Writing directions, and characters without width that join nothing.
_INVISIBLE: Final = (
    r"\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    r"\U0001d173-\U0001d17a\U000e0000-\U000e007f"
)
_CONTROL: Final = re.compile(
    # A flag of a region is spelt in tags, which stay with it.
    r"(\U0001f3f4[\U000e0020-\U000e007e]{1,6}\U000e007f)"
    rf"|{_SEQUENCES}|[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff{_INVISIBLE}]"
    # A joiner belongs between signs of emoji, or letters of scripts that have joined ones.
    r"|(?<![^\x00-\x7f\u200c\u200d])[\u200c\u200d]"
)
_LINE_ENDS: Final = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_RAW_IN_JSON: Final = re.compile(rf"[\x7f-\x9f\ud800-\udfff{_INVISIBLE}]")


def printable(text: str) -> str:
    r"""Return `text` without control characters and invisible ones; every line end is `\n`."""
    if text.isprintable():
        return text
    return _CONTROL.sub(lambda found: found[1] or "", _LINE_ENDS.sub("\n", text))


def shorten(text: str, limit: int) -> str:
    """Return a text of at most `limit` characters, with an ellipsis where it was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def printable_json(value: object) -> str:
    """Return a value as one line of JSON that a terminal shows unchanged.

    Letters of every script stay; control characters are escaped.
    """
    written = json.dumps(value, ensure_ascii=False, default=str)
    return _RAW_IN_JSON.sub(lambda found: json.dumps(found[0])[1:-1], written)
