"""`server.json`, which a public registry of servers takes."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import nemovideo

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.repository


def test_it_names_this_version_and_variables_that_exist() -> None:
    server = json.loads((ROOT / "server.json").read_text("utf-8"))
    (package,) = server["packages"]
    assert {server["version"], package["version"]} == {nemovideo.__version__}
    assert package["runtimeArguments"][0]["value"] == f"nemovideo[mcp]=={nemovideo.__version__}"
    assert len(server["description"]) <= 100
    guide = (ROOT / "docs" / "guides" / "assistants.md").read_text("utf-8")
    listed = set(re.findall(r"^\| `(NEMO\w+)`", guide, re.MULTILINE))
    assert {each["name"] for each in package["environmentVariables"]} <= listed
