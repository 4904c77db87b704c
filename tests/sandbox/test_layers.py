"""Who may import whom in the sandbox, read from its own source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from nemovideo import sandbox

PACKAGE = "nemovideo.sandbox"
ROOT = Path(sandbox.__file__).parent

LEAVES = {"director", "studio"}
GROUND = {"draft", "records", "clock", "faults", "log", "audit"}
STORE = {"store"}
SERVICE = {"rules", "service", "files", "moments", "agent", "renders", "intake", "wiring"}
ROUTES = {"shapes", "delivery", "inbound", "gate", "sending", "uploading", "rendering"}
ROUTES |= {"app", "cdn", "board", "web"}
OUTSIDE = {"server", "sandbox", "__main__", "__init__"}

MAY_IMPORT = {
    "studio": {"studio"},
    "director": {"director", "draft"},
    **dict.fromkeys(GROUND, GROUND),
    **dict.fromkeys(STORE, GROUND | STORE),
    **dict.fromkeys(SERVICE, GROUND | STORE | SERVICE | LEAVES),
    **dict.fromkeys(ROUTES, GROUND | STORE | SERVICE | ROUTES),
    **dict.fromkeys(OUTSIDE, GROUND | STORE | SERVICE | ROUTES | OUTSIDE | LEAVES),
}
"""Routes ask the service, the service keeps a store; director and studio know neither."""


def modules() -> Iterator[tuple[str, Path]]:
    for path in ROOT.rglob("*.py"):
        yield path.relative_to(ROOT).parts[0].removesuffix(".py"), path


def imports(path: Path) -> Iterator[str]:
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


@pytest.mark.parametrize(("name", "path"), tuple(modules()), ids=lambda value: str(value))
def test_a_module_imports_only_from_its_layer_and_below(name: str, path: Path) -> None:
    own = {found for found in imports(path) if found.startswith("nemovideo")}
    assert {found for found in own if not found.startswith(PACKAGE)} == set()
    rooms = {found.removeprefix(f"{PACKAGE}.").partition(".")[0] for found in own - {PACKAGE}}
    assert rooms <= MAY_IMPORT[name]


@pytest.mark.parametrize(
    ("package", "rooms"),
    [
        ("aiohttp", ROUTES | {"server"}),
        ("av", {"studio"}),
        ("numpy", {"studio"}),
        ("PIL", {"studio"}),
        ("sqlite3", {"store"}),
        ("random", {"faults", "director", "studio"}),
    ],
)
def test_an_outside_package_has_few_addresses(package: str, rooms: set[str]) -> None:
    users = {
        name
        for name, path in modules()
        for found in imports(path)
        if found.partition(".")[0] == package
    }
    assert users <= rooms
