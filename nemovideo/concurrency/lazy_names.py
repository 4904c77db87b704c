"""Names of a module that are imported from others when they are first used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def lazy_names(module: str, sources: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """Return the `__getattr__` of `module`, which imports each name from its source.

    Args:
        module: The `__name__` of the module.
        sources: For each module to import from, its names.
    """
    homes = {name: source for source, names in sources.items() for name in names}

    def load(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        value: object = getattr(import_module(homes[name]), name)
        setattr(sys.modules[module], name, value)  # the next use does not come here
        return value

    return load
