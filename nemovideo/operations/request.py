"""What a user asks `generate` for."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from nemovideo.errors import InsufficientCreditsError

if TYPE_CHECKING:
    import anyio

    from nemovideo.files.inputs import FileInput


CLIP_CREDITS = 100
"""What a message may cost: a generated clip, which an agent may make with files at hand, too."""

EDIT_CREDITS = 50
"""What a message may cost where it changes what is there: an editing session, by the vendor."""


def build_refusal(cost: float, reason: str, hint: str) -> InsufficientCreditsError:
    error = InsufficientCreditsError(f"This may cost about {cost:g} credits, {reason}.", hint=hint)
    error.required = cost
    return error


def build_limit_refusal(cost: float) -> InsufficientCreditsError:
    """Return the error for what may cost more than the caller's `max_credits`."""
    hint = "Nothing was sent. Raise max_credits if that is fine."
    return build_refusal(cost, "more than max_credits", hint)


@dataclass(frozen=True)
class GenerationRequest:
    """What a user asks `generate` for."""

    prompt: str = field(repr=False)
    files: Sequence[FileInput] = field(default=(), repr=False)
    urls: Sequence[str] = field(default=(), repr=False)
    language: str | None = None
    export: bool = True
    path: str | os.PathLike[str] | None = None
    max_credits: float | None = None
    key: str | None = None
    is_path_checked: bool = False
    """Whether it was seen this instant that a file can be written there."""
    downloading: anyio.Semaphore | None = None
    """Held while the file is downloaded, where there are many such requests."""
