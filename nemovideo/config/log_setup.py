"""`NEMOVIDEO_LOG`: what the package has to say, on stderr, without a line of set-up."""

from __future__ import annotations

import logging

from nemovideo.errors import InvalidInputError
from nemovideo.security.printable_text import printable

LEVELS = ("debug", "info", "warning", "error")

_FORMAT = "%(asctime)s %(name)s %(levelname)s %(message)s"


class _OwnHandler(logging.StreamHandler):  # type: ignore[type-arg]  # generic for type checkers only
    """The handler that this file adds, told apart from the program's own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a message in which nothing steers the terminal."""
        return printable(super().format(record))


def log_to_stderr(level: str) -> None:
    """Show the messages of the logger "nemovideo" from `level` on; set twice, the last one counts.

    Raises:
        InvalidInputError: a level that is not one of `LEVELS`.
    """
    if level.lower() not in LEVELS:
        raise InvalidInputError(
            f"NEMOVIDEO_LOG is {level!r}.",
            parameter="NEMOVIDEO_LOG",
            accepted=LEVELS,
            hint=f"Set it to one of {', '.join(LEVELS)}, or unset it.",
        )
    logger = logging.getLogger("nemovideo")
    logger.setLevel(level.upper())
    if not any(isinstance(handler, _OwnHandler) for handler in logger.handlers):
        handler = _OwnHandler()
        handler.setFormatter(logging.Formatter(_FORMAT))
        logger.addHandler(handler)
