"""What takes minutes, each loaded on first use: generating, sending, exporting, recovering."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from nemovideo.operations.generation import Generation as Generation
    from nemovideo.operations.project import Project as Project
    from nemovideo.operations.recovery import list_unfinished as list_unfinished
    from nemovideo.operations.request import GenerationRequest as GenerationRequest

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.operations.generation": ["Generation"],
        "nemovideo.operations.project": ["Project"],
        "nemovideo.operations.recovery": ["list_unfinished"],
        "nemovideo.operations.request": ["GenerationRequest"],
    },
)
