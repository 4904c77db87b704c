"""A release is made only where its tag, the version and the changelog agree."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import nemovideo

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.repository


def check(
    folder: Path, heading: str, tag: str = "", version: str = "0.2.0"
) -> subprocess.CompletedProcess[str]:
    """Run the check in a project of its own, whose changelog begins with this heading."""
    (folder / "nemovideo").mkdir()
    (folder / "nemovideo" / "_version.py").write_text(f'__version__ = "{version}"\n', "utf-8")
    older = "## [0.1.0] - 2026-01-31\n\n- The first."
    changelog = f"# Changelog\n\nWords.\n\n{heading}\n\n### Added\n\n- A thing.\n\n{older}\n"
    (folder / "CHANGELOG.md").write_text(changelog, "utf-8")
    script = folder / ".ci" / "check_release.py"
    script.parent.mkdir()
    shutil.copy(ROOT / ".ci" / "check_release.py", script)
    return subprocess.run(
        [sys.executable, str(script), *([tag] if tag else [])],
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_agrees_gives_the_notes_of_the_release(tmp_path: Path) -> None:
    done = check(tmp_path, "## [0.2.0] - 2026-02-28", "v0.2.0")
    assert (done.returncode, done.stdout) == (0, "### Added\n\n- A thing.\n")


def test_between_releases_the_newest_changes_may_be_unreleased(tmp_path: Path) -> None:
    assert check(tmp_path, "## [Unreleased]").returncode == 0


@pytest.mark.parametrize(
    ("heading", "tag", "reason"),
    [
        ("## [0.2.0] - 2026-02-28", "v0.3.0", "The tag is v0.3.0"),
        ("## [0.2.0] - 2026-02-28", "0.2.0", "Tag v0.2.0"),
        ("## [Unreleased]", "v0.2.0", "begins with [Unreleased]"),
        ("## [0.3.0] - 2026-02-28", "v0.2.0", "begins with [0.3.0]"),
        ("## [0.3.0] - 2026-02-28", "", "begins with [0.3.0]"),
        ("## [0.2.0]", "v0.2.0", "no day"),
        ("## [0.2.0] - unreleased", "v0.2.0", "no day"),
        ("## [0.2.0] - 2026-02-30", "v0.2.0", "no day"),
        ("## 0.2.0", "v0.2.0", "the heading is ## [0.2.0] - YYYY-MM-DD"),
    ],
)
def test_what_disagrees_is_named(tmp_path: Path, heading: str, tag: str, reason: str) -> None:
    done = check(tmp_path, heading, tag)
    assert (done.returncode, done.stdout) == (1, "")
    assert reason in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="the commands are for GNU sed")
def test_the_commands_of_a_release_make_what_the_check_wants(tmp_path: Path) -> None:
    skill = "nemovideo/.agents/skills/nemovideo/SKILL.md"
    versioned = ("nemovideo/_version.py", skill, "server.json")
    for name in ("CHANGELOG.md", ".ci/check_release.py", *versioned):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    guide = (ROOT / "RELEASE.md").read_text("utf-8")
    *versions, dated, opened = re.findall(r"^ +(sed -i .+)$", guide, re.MULTILINE)
    check = f"{sys.executable} .ci/check_release.py"
    script = [*versions, dated, f"{check} v9.9.9", opened, check, f"! {check} v9.9.9 2>error"]
    environment = {**os.environ, "VERSION": "9.9.9"}
    for command in script:
        subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path,
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
    assert "begins with [Unreleased]" in (tmp_path / "error").read_text("utf-8")
    for name in versioned:
        text = (tmp_path / name).read_text("utf-8")
        assert "9.9.9" in text
        assert nemovideo.__version__ not in text


def test_this_project_agrees_with_itself() -> None:
    script = [sys.executable, str(ROOT / ".ci" / "check_release.py")]
    subprocess.run(script, check=True, capture_output=True)
