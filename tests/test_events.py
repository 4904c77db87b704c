"""Events are plain values, however they were made."""

from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError

import pytest

from nemovideo.events import Text, build_texts


def test_built_texts_equal_constructed_ones() -> None:
    built = build_texts(["a", "b"])
    assert built == [Text("a"), Text("b")]
    assert [hash(each) for each in built] == [hash(Text("a")), hash(Text("b"))]
    assert repr(built) == "[Text(text='a'), Text(text='b')]"
    assert pickle.loads(pickle.dumps(built)) == copy.deepcopy(built) == built
    with pytest.raises(FrozenInstanceError):
        built[0].text = "c"  # type: ignore[misc, union-attr]  # what the test is about
