"""A draft as a timeline: elements, differences, wording, drawings and file formats."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from nemovideo.timeline.draft import Draft as Draft

__getattr__: Callable[[str], object] = lazy_names(__name__, {"nemovideo.timeline.draft": ["Draft"]})
