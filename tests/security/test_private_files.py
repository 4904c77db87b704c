"""Files that other programs have open: Windows neither moves nor removes them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from nemovideo.security.file_lock import FileLock, is_locked
from nemovideo.security.private_files import replace


class Busy:
    """An operating system that refuses to move a file while others have it open."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self._move = os.replace

    def __call__(self, source: Path, target: Path) -> None:
        if self.refusals:
            self.refusals -= 1
            raise PermissionError(13, "Access is denied")
        self._move(source, target)


def test_an_open_file_is_replaced_when_it_is_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").write_text("panda")
    (tmp_path / "old").write_text("fox")
    monkeypatch.setattr(os, "replace", Busy(2))
    replace(tmp_path / "new", tmp_path / "old", timeout=60)
    assert (tmp_path / "old").read_text() == "panda"


def test_a_file_that_stays_open_is_not_waited_for_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "new").touch()
    monkeypatch.setattr(os, "replace", Busy(1))
    with pytest.raises(PermissionError):
        replace(tmp_path / "new", tmp_path / "old", timeout=0)


def test_a_lock_goes_with_its_file(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "a.lock")
    assert lock.try_acquire()
    assert is_locked(tmp_path / "a.lock")
    lock.remove()
    assert not list(tmp_path.iterdir())
    assert FileLock(tmp_path / "a.lock").try_acquire()
