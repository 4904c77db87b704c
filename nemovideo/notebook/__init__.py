"""How notebooks show videos, timelines, credits and errors, and work while it goes on.

Nothing needs to be called: in Jupyter, VS Code and Colab, `await client.generate(...)` shows its
progress in the cell and ends as a player. Without widgets, scripts or outside files.
"""

from nemovideo.notebook.live_display import mimebundle, new_display, show_progress

__all__ = ["mimebundle", "new_display", "show_progress"]
