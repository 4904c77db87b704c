"""What the command line shows: views, tables, summaries.

What needs rich is imported when it is first used: pipes and `--json` do without.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from rich.console import Console as Console
    from rich.text import Text as Text

    from nemovideo.cli.display.batch_live_view import LiveBatchView as LiveBatchView
    from nemovideo.cli.display.live_view import LiveView as LiveView

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.cli.display.batch_live_view": ["LiveBatchView"],
        "nemovideo.cli.display.live_view": ["LiveView"],
        "rich.console": ["Console"],
        "rich.text": ["Text"],
    },
)
