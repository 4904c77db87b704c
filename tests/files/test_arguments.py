"""One file or several, as users give them."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from nemovideo import InvalidInputError
from nemovideo.files.arguments import listed


def test_one_file_or_several_are_given_alike() -> None:
    given = ("clip.mp4", ("clip.mp4", b"bytes"), Path("clip.mp4"), io.BytesIO())
    assert [listed(each) for each in given] == [(each,) for each in given]
    assert listed(iter(["a.mp4", "b.mp4"])) == ("a.mp4", "b.mp4")
    with pytest.raises(InvalidInputError, match="files"):
        listed(5)
