"""Redacts what an HTTP library logs about our requests: URLs may be signed.

At DEBUG httpcore writes down the headers of every answer, and a redirect's may be a signed URL.
Only records that are written in the middle of a request of ours are cleaned: others that use the
same library in the same program log as they always did.
"""

from __future__ import annotations

import logging
from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

from nemovideo.security.redaction import redact

_ours: ContextVar[bool] = ContextVar("nemovideo_request", default=False)


class _Cleaning(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if _ours.get():
            record.msg, record.args = redact(record.getMessage()), None
        return True


_cleaning = _Cleaning()


def redact_logger(*loggers: str) -> None:
    """Redact what these loggers write during a request of ours."""
    for name in loggers:
        logging.getLogger(name).addFilter(_cleaning)


@contextmanager
def redacting() -> Generator[None, None, None]:
    """Mark what happens within as a request of ours."""
    before = _ours.set(True)
    try:
        yield
    finally:
        _ours.reset(before)
