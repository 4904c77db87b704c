"""Cancelling long work: who builds a scene calls ``check_cancelled``, the caller sets the check.

Scenes are built by many small painters, so the check is a context variable and no parameter of
each of them.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

_check: ContextVar[Callable[[], None] | None] = ContextVar("check", default=None)


@contextmanager
def cancelled_by(check: Callable[[], None]) -> Generator[None]:
    """Have a function called now and then in this thread; what it raises ends the work."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def check_cancelled() -> None:
    if check := _check.get():
        check()
