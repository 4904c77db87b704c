"""Which layer of the sandbox may import which, read from its source."""

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from nemovideo import sandbox

PACKAGE = "nemovideo.sandbox"
ROOT = Path(sandbox.__file__).parent

BASE = {"draft", "clock", "faults", "quoting", "request_log", "request_audit", "storage"}
TOP = {"server", "sandbox", "__main__", "__init__"}

MAY_IMPORT = {
    "studio": {"studio"},
    "agents": {"agents", "draft", "model_server", "quoting"},
    "clips": {"clips", "draft", "model_server", "studio"},
    "model_server": {"draft", "quoting"},
    **dict.fromkeys(BASE, BASE),
    "service": BASE | {"agents", "clips", "studio", "service"},
    "routes": BASE | {"service", "routes"},
    **dict.fromkeys(TOP, BASE | TOP | {"service", "routes", "agents", "clips"}),
}
"""Routes call the service, and the service the store, the agents and the studio."""

CLIENT = {
    (f"{PACKAGE}.sandbox", name)
    for name in (
        "nemovideo._client.AsyncNemoVideo",
        "nemovideo.config.timing.Timing",
        "nemovideo.transports.Transport",
    )
}
"""`Sandbox.client` makes a client as its users do; types for its options."""


def _imports(path: Path) -> Iterator[str]:
    """Yield the full names of what a file imports, those for type checkers included."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} has a relative import"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _module(path: Path) -> str:
    parts = path.relative_to(ROOT.parent.parent).with_suffix("").parts
    return ".".join(parts).removesuffix(".__init__")


FILES = {_module(path): path for path in ROOT.rglob("*.py")}


@cache
def imports() -> dict[str, set[str]]:
    """Return what each module imports."""
    return {module: set(_imports(path)) for module, path in FILES.items()}


def _file(name: str) -> str:
    """Return the module that an imported name is, or is part of."""
    return name if name in FILES else name.rpartition(".")[0]


def _layer(module: str) -> str:
    return FILES[module].relative_to(ROOT).parts[0].removesuffix(".py")


def test_a_module_imports_only_from_its_layer_and_below() -> None:
    upward = [
        f"{module} imports {name}"
        for module, names in imports().items()
        for name in names
        if name.startswith("nemovideo") and (module, name) not in CLIENT
        if _file(name) not in FILES or _layer(_file(name)) not in MAY_IMPORT[_layer(module)]
    ]
    assert not upward


def test_no_files_import_each_other_in_a_circle() -> None:
    graph = {
        module: {_file(name) for name in names if name.startswith(PACKAGE)} - {module}
        for module, names in imports().items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


@pytest.mark.parametrize(
    ("package", "layers"),
    [
        ("aiohttp", {"agents", "clips", "model_server", "routes", "server"}),
        ("av", {"studio"}),
        ("numpy", {"studio"}),
        ("PIL", {"studio"}),
        ("sqlite3", {"storage"}),
        ("random", {"faults", "agents", "studio"}),
    ],
)
def test_an_outside_package_is_imported_in_few_layers(package: str, layers: set[str]) -> None:
    users = {
        _layer(module)
        for module, names in imports().items()
        for name in names
        if name.partition(".")[0] == package
    }
    assert users and users <= layers
