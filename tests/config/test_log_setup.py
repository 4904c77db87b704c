"""`NEMOVIDEO_LOG` shows the log messages of the package."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from nemovideo import AsyncNemoVideo, InvalidInputError


@pytest.fixture(autouse=True)
def own_logger() -> Iterator[None]:
    """Whatever a test sets up is gone after it."""
    logger = logging.getLogger("nemovideo")
    before = (logger.level, list(logger.handlers))
    yield
    logger.setLevel(before[0])
    logger.handlers[:] = before[1]


def test_a_level_shows_messages_on_stderr_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NEMOVIDEO_LOG", "info")
    AsyncNemoVideo()
    AsyncNemoVideo()
    logging.getLogger("nemovideo").info("hello")
    logging.getLogger("nemovideo").debug("not this")
    shown = capsys.readouterr().err
    assert shown.count("hello") == 1
    assert "not this" not in shown


def test_without_it_nothing_is_set_up() -> None:
    before = list(logging.getLogger("nemovideo").handlers)
    AsyncNemoVideo()
    assert logging.getLogger("nemovideo").handlers == before


def test_an_unknown_level_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEMOVIDEO_LOG", "loud")
    with pytest.raises(InvalidInputError) as caught:
        AsyncNemoVideo()
    assert "debug" in caught.value.accepted
