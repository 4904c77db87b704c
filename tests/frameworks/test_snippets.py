"""Each snippet of the page about frameworks makes a film, with a model that follows a script."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nemovideo.sandbox import Sandbox
from tests.docs.blocks import Block, read_blocks
from tests.frameworks.conftest import PYTHON
from tests.frameworks.scripted_model import run_model

PAGE = Path(__file__).parents[2] / "docs" / "guides" / "frameworks.md"
SNIPPETS = [each for each in read_blocks(PAGE.read_text("utf-8")) if each.kind == "elsewhere"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("snippet", SNIPPETS, ids=lambda snippet: snippet.argument)
def test_the_snippet_makes_a_film(snippet: Block, tmp_path: Path) -> None:
    script = tmp_path / snippet.argument
    script.write_text(snippet.body, "utf-8")
    with Sandbox(stub_renders=True, credits=500) as service, run_model() as model:
        environment = {
            # The command `nemovideo` is that of this environment; the frameworks have another.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "HOME": str(tmp_path),
            "NEMO_API_URL": service.url,
            "NEMO_WEB_URL": service.web_url,
            "OPENAI_API_KEY": "sk-of-nobody",
            "OPENAI_BASE_URL": model.url,
            "OPENAI_AGENTS_DISABLE_TRACING": "1",
        }
        done = subprocess.run(
            [os.environ[PYTHON], str(script)],
            env=environment,
            cwd=tmp_path,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert {"start_video", "wait_video", "export_video"} <= model.tools
        path = model.answers[-1]["path"]
        assert done.stdout == f"It is at {path}.\n"
        assert Path(path).is_file()
        assert sum(each.endpoint == "messages.stream" for each in service.requests) == 1
        service.assert_clean()


def test_there_is_a_snippet_for_each_framework() -> None:
    assert len(SNIPPETS) == 3
