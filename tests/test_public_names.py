"""What an editor shows of the package: its names, and what hovering over them says."""

from __future__ import annotations

import functools
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from types import FunctionType, ModuleType

import pytest

import nemovideo

MODULES = [
    *("nemovideo", "nemovideo.blocking", "nemovideo.errors", "nemovideo.events"),
    *("nemovideo.notebook", "nemovideo.sandbox", "nemovideo.sse", "nemovideo.transports"),
]
RESOURCES = ("tokens", "sessions", "messages", "uploads", "credits", "states", "renders")
NO_ARGUMENTS = {"self", "cls", "options", "value", "kind", "traceback"}
"""What is told by its own names, or is only handed on."""


@pytest.mark.parametrize("name", MODULES)
def test_a_module_shows_only_what_is_public(name: str) -> None:
    module = import_module(name)
    assert dir(module) == sorted(module.__all__)
    assert all(hasattr(module, each) for each in module.__all__)


def test_the_module_for_tests_shows_its_names_outside_of_pytest() -> None:
    code = "import nemovideo.testing as t; print(dir(t) == sorted(t.__all__))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "True\n"


def public_things() -> Iterator[tuple[str, type | FunctionType]]:
    for name in (*MODULES, "nemovideo.testing"):
        module = import_module(name)
        for each in module.__all__:
            yield f"{name}.{each}", getattr(module, each)
    for client in (nemovideo.AsyncNemoVideo(), nemovideo.NemoVideo()):
        for each in RESOURCES:
            yield f"{type(client).__name__}.{each}", type(getattr(client, each))


def described(where: str, function: FunctionType) -> Iterator[str]:
    """Yield what is missing in the docstring of a function."""
    doc = function.__doc__
    if not doc:
        yield f"{where} has no docstring"
        return
    for name in inspect.signature(function).parameters:
        if name not in NO_ARGUMENTS and not re.search(rf"\b{name}\b", doc):
            yield f"{where} does not tell of {name}"


def missing(where: str, kind: type) -> Iterator[str]:
    if not kind.__doc__:
        yield f"{where} has no docstring"
    for name in dir(kind):
        member = inspect.getattr_static(kind, name)
        home = next((each for each in kind.__mro__ if name in vars(each)), kind)
        if name.startswith("_") or not home.__module__.startswith("nemovideo"):
            continue
        if isinstance(member, classmethod | staticmethod):
            member = member.__func__
        if isinstance(member, property | functools.cached_property):
            member = member.fget if isinstance(member, property) else member.func
        if isinstance(member, FunctionType):
            yield from described(f"{where}.{name}", member)


def test_hovering_over_a_name_says_what_it_is_and_what_it_takes() -> None:
    found: list[str] = []
    for where, thing in public_things():
        if isinstance(thing, ModuleType) or not getattr(thing, "__module__", "").startswith("nemo"):
            continue
        if isinstance(thing, type):
            found += missing(where, thing)
        elif isinstance(thing, FunctionType):
            found += described(where, thing)
    assert found == []
