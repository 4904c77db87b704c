"""Quoting what others wrote in an explanation."""

_MOST_CHARS = 60


def shortened(text: str, most: int = _MOST_CHARS) -> str:
    """Return the start of a text in one line, as an explanation may quote it."""
    # A client takes an explanation with such signs for a page of HTML, and does not show it.
    text = " ".join(text.split()).replace("<", "(").replace(">", ")")
    return text if len(text) <= most else f"{text[: most - 1]}…"
