"""What performs the operations, each module loaded on first use.

`import_in_thread` loads it before: on the thread of an event loop that would take too long.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from nemovideo.operations.ask import IntentRouter as IntentRouter
    from nemovideo.operations.each_file import build_message as build_message
    from nemovideo.operations.each_file import check_result as check_result
    from nemovideo.operations.each_file import filename_of as filename_of
    from nemovideo.operations.each_file import pair_up as pair_up
    from nemovideo.operations.export_runner import ExportRun as ExportRun
    from nemovideo.operations.generation_runner import GenerationRun as GenerationRun
    from nemovideo.operations.keyed_export import KeyedExport as KeyedExport
    from nemovideo.operations.keyed_generation import KeyedGeneration as KeyedGeneration
    from nemovideo.operations.keyed_turn import KeyedTurn as KeyedTurn
    from nemovideo.operations.live_display import prepare_card as prepare_card
    from nemovideo.operations.saving import check_path as check_path
    from nemovideo.operations.saving import format_of as format_of
    from nemovideo.operations.saving import save_render as save_render
    from nemovideo.operations.turn_runner import TurnRun as TurnRun
    from nemovideo.operations.video import Video as Video
    from nemovideo.operations.video import make_link as make_link

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.operations.ask": ["IntentRouter"],
        "nemovideo.operations.each_file": [
            "build_message",
            "check_result",
            "filename_of",
            "pair_up",
        ],
        "nemovideo.operations.export_runner": ["ExportRun"],
        "nemovideo.operations.generation_runner": ["GenerationRun"],
        "nemovideo.operations.keyed_export": ["KeyedExport"],
        "nemovideo.operations.keyed_generation": ["KeyedGeneration"],
        "nemovideo.operations.keyed_turn": ["KeyedTurn"],
        "nemovideo.operations.live_display": ["prepare_card"],
        "nemovideo.operations.saving": ["check_path", "format_of", "save_render"],
        "nemovideo.operations.turn_runner": ["TurnRun"],
        "nemovideo.operations.video": ["Video", "make_link"],
    },
)
