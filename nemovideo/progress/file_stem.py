"""The name of a file that shows what a prompt says."""

from __future__ import annotations

import re

from nemovideo.files.safe_names import safe_name
from nemovideo.timeline.wording import clip

_WIDEST = 48
_WORD = re.compile(r"[^\W_]+")


def slug(prompt: str) -> str:
    """Return a prompt as a short file name without an extension: `a-panda-in-the-snow`.

    Letters of any script stay. At most 48 columns, cut between words if possible.
    """
    words = _WORD.findall(prompt.lower())
    name = ""
    for word in words:
        longer = f"{name}-{word}" if name else clip(word, _WIDEST, "")
        if clip(longer, _WIDEST, "") != longer:
            break
        name = longer
    return safe_name(name or "video")
