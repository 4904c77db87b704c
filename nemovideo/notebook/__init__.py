"""Shows videos, timelines, credits, errors and progress in notebooks.

Nothing needs to be called: in Jupyter, VS Code and Colab, `await client.generate(...)` shows its
progress in the cell, and then a player; a batch shows a bar for all, and then a table. No widgets,
scripts or external files are used.
"""

from nemovideo.notebook.batch_display import new_batch_display as new_batch_display
from nemovideo.notebook.live_display import mimebundle as mimebundle
from nemovideo.notebook.live_display import new_display as new_display
from nemovideo.notebook.live_display import render_traceback as render_traceback
from nemovideo.notebook.live_display import show_progress
from nemovideo.notebook.player import fetch_contact_sheet as fetch_contact_sheet

__all__ = ["show_progress"]


def __dir__() -> list[str]:
    return __all__
