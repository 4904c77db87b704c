"""What the sdist and the wheel hold, and what a package index shows of them."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from email.parser import Parser
from html.parser import HTMLParser
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from readme_renderer import markdown

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.repository


class References(HTMLParser):
    """Everything that a page leads to or shows, but its own headings."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del tag
        values = {value or "" for name, value in attrs if name in {"href", "src"}}
        self.found |= {value for value in values if not value.startswith("#")}


def read_metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


def description(wheel: Path) -> str:
    return str(read_metadata(wheel).get_payload())


def requirements(wheel: Path, extra: str, python: str) -> set[str]:
    """Return what an extra asks for on a version of Python."""
    environment = {"extra": extra, "python_version": python}
    found = [Requirement(each) for each in read_metadata(wheel).get_all("Requires-Dist", [])]
    return {
        f"{each.name}{each.specifier}"
        for each in found
        if each.marker is not None and each.marker.evaluate(environment)
    }


def list_sessions(folder: Path) -> str:
    command = [sys.executable, "-m", "nox", "--list"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.replace(str(folder), "")


def test_the_page_on_the_index_leads_only_to_addresses_that_exist(wheel: Path) -> None:
    page = markdown.render(description(wheel))
    assert page is not None
    urls = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["urls"]
    assert References(page).found == set(urls.values())


def test_the_page_on_the_index_names_the_files_that_the_readme_links_to(wheel: Path) -> None:
    assert "Generate (`docs/guides/generate.md`)" in description(wheel)


def test_the_page_on_the_index_says_how_to_install_it(wheel: Path) -> None:
    assert 'pip install "nemovideo[sandbox,cli]"' in description(wheel)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_all_is_every_extra_that_installs_without_a_compiler(wheel: Path, python: str) -> None:
    # Ray takes 200 MB, and only whoever has a cluster needs it.
    extras = {*read_metadata(wheel).get_all("Provides-Extra", [])} - {"all", "ray"}
    if python == "3.14":
        extras -= {"otio"}
    every = set().union(*(requirements(wheel, each, python) for each in extras))
    assert requirements(wheel, "all", python) == every


def test_sdist_and_wheel_show_the_same_page(sdist: Path, wheel: Path) -> None:
    with tarfile.open(sdist) as archive:
        (name,) = (each for each in archive.getnames() if each.endswith("/PKG-INFO"))
        member = archive.extractfile(name)
        assert member is not None
        shown = Parser().parsestr(member.read().decode()).get_payload()
    assert shown == description(wheel)


def test_every_session_is_there_in_what_the_sdist_unpacks_to(sdist: Path, tmp_path: Path) -> None:
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    (unpacked,) = tmp_path.iterdir()
    assert list_sessions(unpacked) == list_sessions(ROOT)


def test_the_sdist_holds_every_file_under_version_control(sdist: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("this tree is no clone: it came out of an sdist")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    with tarfile.open(sdist) as archive:
        packed = {name.partition("/")[2] for name in archive.getnames()}
    assert set(listed.stdout.splitlines()) - packed == set()
