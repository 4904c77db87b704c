from __future__ import annotations

import copy
import pickle
from dataclasses import FrozenInstanceError, dataclass, field, fields, replace

import pytest

from nemovideo.timeline.change import Change
from nemovideo.timeline.elements import Segment
from nemovideo.timeline.fast_dataclass import fast_init


@dataclass(frozen=True, slots=True)
class Point:
    x: int
    y: int = 0
    marks: list[str] = field(default_factory=list)


point = fast_init(Point)


def test_objects_equal_those_of_the_class() -> None:
    made = point(1, y=2)

    assert type(made) is Point
    assert made == Point(1, 2)
    assert hash(fast_init(Segment)("video", 0, 3000)) == hash(Segment("video", 0, 3000))


def test_default_factories_run_for_each_object() -> None:
    first, second = point(1), point(1)

    first.marks.append("seen")

    assert (second.y, second.marks) == (0, [])


def test_objects_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        point(1).x = 2


def test_objects_can_be_copied_and_replaced() -> None:
    made = point(1, 2, ["seen"])

    assert pickle.loads(pickle.dumps(made)) == copy.deepcopy(made) == made
    assert replace(made, x=5) == Point(5, 2, ["seen"])


@pytest.mark.parametrize("frozen", [Segment, Change])
def test_the_classes_that_use_it_have_slots_and_no_post_init(frozen: type) -> None:
    assert not hasattr(frozen, "__post_init__")
    assert set(frozen.__slots__) == {each.name for each in fields(frozen)}
