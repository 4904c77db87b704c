"""What a user asks `generate` for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nemovideo.files.inputs import FileInput


CLIP_CREDITS = 100
"""What a message may cost: a generated clip, which an agent may make with files at hand, too."""


@dataclass(frozen=True)
class GenerationRequest:
    """What a user asks `generate` for."""

    prompt: str
    files: Sequence[FileInput] = field(default=(), repr=False)
    urls: Sequence[str] = field(default=(), repr=False)
    language: str | None = None
    export: bool = True
    path: str | os.PathLike[str] | None = None
    max_credits: float | None = None
    key: str | None = None
