"""What the package reads into words: the routing of `ask`, and an answer without screen talk."""

from __future__ import annotations

from benchmarks.growth import best
from benchmarks.rows import Row

_SAID = (
    "The title is red now, and the music begins after two seconds. The second clip was cut to four"
    " seconds, its colours are warmer. Click the Export button in the top right corner to download"
    " it, or tell me what else you would like to change. "
) * 4
_ASKED = "please make the title red, add calm music, and export it in 4K when that is done"


def run() -> list[Row]:
    """Measure the CPU time of both."""
    from nemovideo.language.intent import route
    from nemovideo.language.ui_filter import rewrite_ui_talk

    cleaned = best(lambda: rewrite_ui_talk(_SAID)) / len(_SAID) * 1000
    return [
        Row(
            "routing of `ask`, CPU",
            f"a message of {len(_ASKED)} letters, three clauses",
            "none",
            best(lambda: route(_ASKED)),
            goal=0.001,
        ),
        Row(
            "screen talk rewritten, CPU for 1,000 letters",
            f"an answer of {len(_SAID):,} letters, a fourth of them screen talk",
            "none",
            cleaned,
        ),
    ]
