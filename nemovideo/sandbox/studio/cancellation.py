"""A sign of life during long work: who builds a scene calls ``beat``, who waits for it listens.

Scenes are built by many small painters. That a render can be stopped meanwhile is no concern of
theirs, so the listener is not handed through all of them.
"""

from collections.abc import Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar

_check: ContextVar[Callable[[], None] | None] = ContextVar("listener", default=None)


@contextmanager
def cancelled_by(check: Callable[[], None]) -> Generator[None]:
    """Have a function called at every beat of this thread; what it raises ends the work."""
    token = _check.set(check)
    try:
        yield
    finally:
        _check.reset(token)


def check_cancelled() -> None:
    """Tell the listener, if there is one, that work goes on."""
    if check := _check.get():
        check()
