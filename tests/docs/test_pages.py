"""Every snippet and every command of the documentation, played page by page."""

from __future__ import annotations

from pathlib import Path

import pytest

from nemovideo.sandbox import AgentBehavior, Sandbox
from nemovideo.testing import no_waiting
from tests.docs.blocks import Block, PageError, read_blocks
from tests.docs.stage import ROOT, open_stage

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
PLAYED = [page for page in PAGES if any(read_blocks(page.read_text("utf-8")))]

pytestmark = pytest.mark.repository


@pytest.mark.timeout(900)
@pytest.mark.parametrize("page", PLAYED, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_does_what_it_says(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    behavior = AgentBehavior(silent=0, gui=0, trailing_issue=0, thoughts=0)
    with (
        no_waiting(),
        Sandbox(stub_renders=True, credits=5000, behavior=behavior) as sandbox,
        open_stage(sandbox, tmp_path) as stage,
    ):
        if page.name == "fleet.md":
            stage.environment["NEMOVIDEO_JOURNAL"] = request.getfixturevalue("postgres_url")
            stage.environment["NEMO_TOKEN"] = sandbox.issue_token(credits=1000)
            for name in ("NEMOVIDEO_JOURNAL", "NEMO_TOKEN"):
                monkeypatch.setenv(name, stage.environment[name])
        for name in ("HOME", "NEMO_API_URL", "NEMO_WEB_URL"):
            monkeypatch.setenv(name, stage.environment[name])
        monkeypatch.chdir(tmp_path)
        for block in read_blocks(page.read_text("utf-8")):
            try:
                stage.play(block)
            except Exception as error:
                error.add_note(f"in {page.relative_to(ROOT)}, line {block.line}:\n{block.body}")
                raise


def test_a_mark_needs_its_block() -> None:
    with pytest.raises(PageError, match="no block"):
        list(read_blocks("<!-- file: a.py -->\n\nwords\n\n```python\nx = 1\n```\n"))


def test_what_is_not_run_has_a_reason() -> None:
    with pytest.raises(PageError, match="says nothing"):
        list(read_blocks("<!-- not run -->\n```sh\nrm -r /\n```\n"))


def test_only_blocks_of_known_languages_are_read() -> None:
    assert list(read_blocks("```text\nhello\n```\n")) == []
    assert list(read_blocks("```python\nx = 1\n```\n")) == [
        Block("python", "x = 1\n", 1, "", "python")
    ]
