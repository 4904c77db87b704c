"""`NEMOVIDEO_LOG`: log messages on stderr without any set-up."""

from __future__ import annotations

import logging

from nemovideo.errors import InvalidInputError
from nemovideo.security.printable_text import printable

LEVELS = ("debug", "info", "warning", "error")

_FORMAT = "%(asctime)s %(name)s %(levelname)s %(message)s"


class _OwnHandler(logging.StreamHandler):  # type: ignore[type-arg]  # generic for type checkers only
    """The handler that this file adds, distinct from the program's own."""

    def format(self, record: logging.LogRecord) -> str:
        """Return a message without control characters for the terminal."""
        return printable(super().format(record))


def log_to_stderr(level: str) -> None:
    """Write messages of the logger "nemovideo" from `level` on; the last call wins."""
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
