"""Load one module of the package from changed source."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType


def load_mutated(mutated: str) -> None:
    """Let `import` take a module from elsewhere.

    Args:
        mutated: the module's name and the file with its source, joined by `=`.
    """
    name, _, path = mutated.partition("=")
    if name in sys.modules:
        raise RuntimeError(f"{name} was imported before it could be changed.")
    sys.meta_path.insert(0, _Finder(name, Path(path).read_bytes()))


def check_mutated() -> None:
    """Fail where something else loaded the module that was to be changed."""
    for finder in sys.meta_path:
        if isinstance(finder, _Finder):
            module = sys.modules.get(finder.name)
            if module is not None and not isinstance(module.__loader__, _Loader):
                raise RuntimeError(f"{finder.name} was loaded as it stands.")


class _Finder(MetaPathFinder):
    def __init__(self, name: str, source: bytes) -> None:
        self.name = name
        self._source = source

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if name != self.name:
            return None
        spec = PathFinder.find_spec(name, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _Loader(name, spec.origin, self._source)
        return spec


class _Loader(SourceFileLoader):
    """Compiles what it was given, and leaves the caches of compiled files alone."""

    def __init__(self, name: str, path: str, source: bytes) -> None:
        super().__init__(name, path)
        self._changed = source

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._changed, self.get_filename(fullname), "exec", dont_inherit=True)
