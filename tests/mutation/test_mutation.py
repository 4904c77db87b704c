"""What a mutation run changes, and when it fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from .operators import find_mutants

HERE = Path(__file__).parent
pytestmark = pytest.mark.repository
needs_monitoring = pytest.mark.skipif(
    sys.version_info < (3, 12) or sys.platform != "linux",
    reason="a mutation run needs sys.monitoring, of Python 3.12, and /proc",
)


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
            {f"try:\n    a\nexcept ({kept},):\n    d" for kept in "BC"},
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


def run(module: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run the command on one module."""
    command = [sys.executable, HERE / "mutate.py", module, *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=100)


@needs_monitoring
@pytest.mark.slow
@pytest.mark.parametrize(
    ("tests", "code"), [("tests/protocol/test_recovery.py", 0), ("tests/test_errors.py", 1)]
)
def test_a_run_fails_where_too_little_is_noticed(tests: str, code: int) -> None:
    size = ("--per-module", "5", "--seed", "1")
    ended = run("nemovideo/protocol/recovery.py", *size, "--tests", tests)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert ("survived: " in ended.stdout) == (code == 1)


@needs_monitoring
def test_a_module_that_does_not_exist_stops_the_run() -> None:
    ended = run("nemovideo/moved.py")
    assert (ended.returncode, ended.stderr) == (2, "nemovideo/moved.py does not exist.\n")
