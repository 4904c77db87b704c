"""What a mutation run changes."""

from __future__ import annotations

from textwrap import dedent

import pytest

from .operators import find_mutants

pytestmark = pytest.mark.repository


def changed(source: str) -> set[str]:
    """Return the sources that one change leads to."""
    text = dedent(source).encode()
    return {mutant.apply(text).decode() for mutant in find_mutants("m.py", text)}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = a < b", {"x = (a <= b)", "x = (a >= b)"}),
        ("x = a is not b", {"x = (a is b)"}),
        ("x = a and b", {"x = (a or b)", "x = (a)", "x = (b)"}),
        ("x = not a", {"x = (a)"}),
        ("x = 3", {"x = 4", "x = 2"}),
        ("x = True", {"x = False"}),
        ("x = a + b", {"x = (a - b)"}),
        ("x = f(a, key=b)", {"x = (f(a))"}),
        ("if a:\n    import b", {"if True:\n    import b", "if False:\n    import b"}),
        ("def f():\n    g()", {"def f():\n    pass"}),
        ("async def f():\n    await g()", {"async def f():\n    pass"}),
        ("def f():\n    self.x = g", {"def f():\n    pass"}),
        ("def f():\n    raise g", {"def f():\n    pass"}),
        ("def f():\n    return g", {"def f():\n    return None"}),
        ("for a in b:\n    break", {"for a in b:\n    pass"}),
        ("with a:\n    import b", {"if True:\n    import b"}),
        (
            "try:\n    a\nexcept (B, C):\n    d",
            {f"try:\n    a\nexcept ({retained},):\n    d" for retained in "BC"},
        ),
        (
            "try:\n    import a\nexcept B:\n    import d",
            {"try:\n    import a\nexcept ():\n    import d"},
        ),
    ],
)
def test_each_kind_of_change(source: str, expected: set[str]) -> None:
    assert changed(source) == expected


@pytest.mark.parametrize(
    "source",
    [
        '"""A docstring."""',
        "def __repr__(self):\n    return 1",
        "def f():\n    _logger.info(1 + 2, exc_info=True)",
        "if TYPE_CHECKING:\n    x = 1",
        "x: Literal[1]",
        "x = f'{1 + 2}'",
        "import a",
    ],
)
def test_what_is_for_people_and_type_checkers_stays(source: str) -> None:
    assert changed(source) == set()
