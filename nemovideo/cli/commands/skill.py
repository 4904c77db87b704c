"""`nemovideo skill`: the instructions for AI agents that come with the package."""

from __future__ import annotations

from pathlib import Path

import nemovideo
from nemovideo.cli.display.output import StyledText
from nemovideo.cli.error_output import DONE
from nemovideo.cli.options import Common
from nemovideo.config.skill_file import read_skill_file

FOLDER = Path(nemovideo.__file__).parent / ".agents" / "skills" / "nemovideo"
"""Where tools that collect the skills of installed packages look."""


def show_skill(common: Common, *, only_path: bool) -> int:
    file = read_skill_file(FOLDER / "SKILL.md")
    text = file.path.read_text("utf-8")
    shown = str(FOLDER) if only_path else StyledText(text.rstrip("\n"))
    common.output().result(shown, path=str(FOLDER), name=file.name, version=file.version, text=text)
    return DONE
