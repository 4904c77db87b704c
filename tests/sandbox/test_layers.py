"""Who may import whom in the sandbox, read from its own source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from nemovideo import sandbox

PACKAGE = "nemovideo.sandbox"
ROOT = Path(sandbox.__file__).parent

LEAVES = {"agents", "studio"}
GROUND = {"draft", "clock", "faults", "request_log", "request_audit"}
OUTSIDE = {"server", "sandbox", "__main__", "__init__"}

MAY_IMPORT = {
    "studio": {"studio"},
    "agents": {"agents", "draft"},
    **dict.fromkeys(GROUND, GROUND | {"storage"}),
    "storage": GROUND | {"storage"},
    "service": GROUND | {"storage", "service"} | LEAVES,
    "routes": GROUND | {"storage", "service", "routes"},
    **dict.fromkeys(OUTSIDE, GROUND | {"storage", "service", "routes"} | OUTSIDE | LEAVES),
}
"""Routes ask the service, the service keeps a store; agents and studio know neither."""


def _imports(path: Path) -> Iterator[str]:
    """The modules a file imports, by their full names."""
    package = [PACKAGE, *path.relative_to(ROOT).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (base, node.module)))
            names = [f"{module}.{alias.name}" for alias in node.names]
            yield from names if module == PACKAGE else [module]


MODULES = [
    (path.relative_to(ROOT).parts[0].removesuffix(".py"), path, set(_imports(path)))
    for path in ROOT.rglob("*.py")
]


def test_a_module_imports_only_from_its_layer_and_below() -> None:
    for name, path, found in MODULES:
        own = {module for module in found if module.startswith("nemovideo")}
        assert {module for module in own if not module.startswith(PACKAGE)} == set(), path
        rooms = {module.removeprefix(f"{PACKAGE}.").partition(".")[0] for module in own - {PACKAGE}}
        assert rooms <= MAY_IMPORT[name], path


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("aiohttp", {"routes", "server"}),
        ("av", {"studio"}),
        ("numpy", {"studio"}),
        ("PIL", {"studio"}),
        ("sqlite3", {"storage"}),
        ("random", {"faults", "agents", "studio"}),
    ],
)
def test_an_outside_package_has_few_addresses(package: str, rooms: set[str]) -> None:
    users = {
        name
        for name, _, found in MODULES
        for module in found
        if module.partition(".")[0] == package
    }
    assert users and users <= rooms
