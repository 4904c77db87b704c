"""What the documentation lists is what there is: errors, settings, examples, dependencies."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from importlib import import_module
from pathlib import Path

import pytest

import nemovideo
from nemovideo import Timing, errors, events
from nemovideo.config.settings import DEFAULT_MAX_RETRIES
from tests.docs.stage import ROOT

pytestmark = pytest.mark.repository

CLASSES = {
    name
    for name, value in vars(errors).items()
    if isinstance(value, type) and issubclass(value, errors.NemoVideoError)
}


def read(page: str) -> str:
    return (ROOT / page).read_text("utf-8")


def first_column(page: str) -> set[str]:
    """Return every name in code that a table of a page has in its first column."""
    rows = re.findall(r"^\| ([^|]+) \|", read(page), re.MULTILINE)
    return {name for row in rows for name in re.findall(r"`([^`]+)`", row)}


def test_every_error_has_its_place() -> None:
    text = read("docs/guides/errors.md")
    assert {name for name in CLASSES if not re.search(rf"`(nemovideo\.)?{name}`", text)} == set()


def test_the_guide_shows_the_tree_of_errors_as_it_is() -> None:
    assert errors.__doc__ is not None
    tree = errors.__doc__.split("```")[1].strip("\n")
    assert tree in read("docs/guides/errors.md")


def test_every_wait_is_listed_with_its_default() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", read("docs/settings.md"), re.MULTILINE))
    assert {each.name: str(getattr(Timing(), each.name)) for each in fields(Timing)}.items() <= (
        rows.items()
    )


@pytest.mark.parametrize(
    ("page", "text"),
    [
        (
            "docs/settings.md",
            "| `max_retries` | how often a repeatable request is sent again | {} |",
        ),
        ("docs/how-it-works.md", "up to `max_retries` times, {} by default"),
    ],
)
def test_the_default_of_max_retries_is_documented(page: str, text: str) -> None:
    assert text.format(DEFAULT_MAX_RETRIES) in read(page)


def test_every_variable_is_listed() -> None:
    package = Path(nemovideo.__file__).parent
    sources = "".join(path.read_text("utf-8") for path in package.rglob("*.py"))
    named = set(re.findall(r"\"((?:NEMO|NEMOVIDEO)_[A-Z_]+|SKILL_\w+|XDG_\w+)\"", sources))
    assert named <= first_column("docs/settings.md")


def documented_arguments(docstring: str) -> set[str]:
    section = re.search(r"^Args:\n((?: {4}.*\n?|\n)+)", docstring, re.MULTILINE)
    lines = section[1] if section is not None else ""
    return set(re.findall(r"^ {4}\**(\w+):", lines, re.MULTILINE))


def accepted_arguments(node: ast.AST) -> set[str] | None:
    """Return the names that a function or a class takes; None where its bases take more."""
    if isinstance(node, ast.ClassDef):
        made = [each for each in node.body if getattr(each, "name", "") == "__init__"]
        if made:
            return accepted_arguments(made[0])
        own = [each.target for each in node.body if isinstance(each, ast.AnnAssign)]
        return None if node.bases else {each.id for each in own if isinstance(each, ast.Name)}
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    if node.args.kwarg is not None:  # their names are those of a TypedDict
        return None
    return {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}


def test_every_documented_argument_is_one() -> None:
    found: list[str] = []
    for path in Path(nemovideo.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            accepted = accepted_arguments(node)
            documented = documented_arguments(ast.get_docstring(node) or "")
            if accepted is not None and not documented <= accepted:
                found.append(f"{path.name}: {node.name} has no {documented - accepted}")
    assert found == []


def test_every_example_is_on_its_page() -> None:
    there = {path.name for path in (ROOT / "examples").glob("*.py")} - {"test_examples.py"}
    assert set(re.findall(r'^--8<-- "examples/(.+)"$', read("docs/examples.md"), re.MULTILINE)) == (
        there
    )


def test_every_event_is_in_the_table() -> None:
    assert set(events.__all__) - {"Event"} <= first_column("docs/guides/generate.md")


def test_every_guide_begins_with_something_to_run() -> None:
    late = {
        page.name: line
        for page in (ROOT / "docs" / "guides").glob("*.md")
        for line in [page.read_text("utf-8").split("```")[0].count("\n")]
        if line > 16
    }
    assert late == {}


def test_the_reference_names_only_public_addresses() -> None:
    hidden: list[str] = []
    for page in (ROOT / "docs" / "reference").glob("*.md"):
        for address, options in re.findall(
            r"^::: (\S+)$((?:\n {4}.*)*)", page.read_text("utf-8"), re.MULTILINE
        ):
            module, _, name = address.rpartition(".")
            shown = "show_root_heading: false" not in options
            if shown and name not in getattr(import_module(module), "__all__", ()):
                hidden.append(address)
    assert hidden == []


@pytest.mark.slow
def test_the_search_of_the_site_finds_what_people_ask_for(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "-q", "-d", str(tmp_path)]
    quiet = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    subprocess.run(command, cwd=ROOT, env=quiet, check=True, capture_output=True)
    index = json.loads((tmp_path / "search" / "search_index.json").read_text("utf-8"))["docs"]
    for word, page in {
        "concurrency": "how-do-i/",
        "parallel": "how-do-i/",
        "pandas": "examples/",
        "webhook": "how-do-i/",
        "S3": "examples/",
        "cost": "costs/",
    }.items():
        # A word in a heading comes before all others in the results.
        found = [each["location"] for each in index if word.lower() in each["title"].lower()]
        assert any(place.startswith(page) for place in found), word


def test_every_dependency_is_justified() -> None:
    project = tomllib.loads(read("pyproject.toml"))
    declared = [*project["project"]["dependencies"], *project["build-system"]["requires"]]
    for names in project["project"]["optional-dependencies"].values():
        declared += names
    for names in project["dependency-groups"].values():
        declared += [name for name in names if isinstance(name, str)]
    names = {re.split(r"[\[<>=]", each)[0] for each in declared} - {"nemovideo"}
    rows = "\n".join(re.findall(r"^\|.*\|$", read("CONTRIBUTING.md"), re.MULTILINE))
    assert {name for name in names if not re.search(rf"\b{name}\b", rows)} == set()


def test_pictures_have_a_title_and_need_nothing_from_elsewhere() -> None:
    for picture in (ROOT / "docs" / "assets").glob("*.svg"):
        text = picture.read_text("utf-8")
        assert "<title" in text or picture.name == "favicon.svg"
        assert set(re.findall(r"https?://[^\"' )]+", text)) <= {"http://www.w3.org/2000/svg"}
