"""The front matter of an agent skill, which says on whose behalf requests are sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from nemovideo.errors import InvalidInputError

VARIABLE = "NEMOVIDEO_SKILL"


@dataclass(frozen=True, slots=True)
class SkillFile:
    """A `SKILL.md` and what its front matter says."""

    path: Path
    name: str
    version: str | None
    source: str | None


def read_skill_file(path: Path) -> SkillFile:
    """Read the front matter of a skill, named by its `SKILL.md` or by the folder that has it.

    Raises:
        InvalidInputError: the file cannot be read, or has no front matter with a name.
    """
    path = path / "SKILL.md" if path.is_dir() else path
    try:
        fields = parse_front_matter(path.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise _invalid(f"{path} cannot be read as a skill") from error
    if not fields.get("name"):
        raise _invalid(f"{path} has no front matter with a name")
    return SkillFile(
        path,
        fields["name"],
        fields.get("metadata.version") or fields.get("version"),
        fields.get("metadata.source"),
    )


def parse_front_matter(text: str) -> Mapping[str, str]:
    """Return the one-line fields between the first two lines of `---`, nested ones as `a.b`."""
    first, *lines = text.splitlines() or [""]
    if first.strip() != "---" or "---" not in (line.strip() for line in lines):
        return {}
    fields: dict[str, str] = {}
    parent = ""
    for line in lines:
        if line.strip() == "---":
            break
        name, colon, value = line.strip().partition(":")
        if not colon or name.startswith("#"):
            continue
        if not line[0].isspace():
            parent = name
        key = name if parent == name else f"{parent}.{name}"
        fields.setdefault(key, value.strip().strip("\"'"))
    return fields


def _invalid(message: str) -> InvalidInputError:
    return InvalidInputError(
        f"{message}.",
        parameter=VARIABLE,
        accepted=("the path of a SKILL.md, or of its folder",),
        hint=f"Set {VARIABLE} to the path of a SKILL.md, or leave it unset.",
    )
