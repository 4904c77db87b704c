"""Check that the changelog, the version and a tag agree; print the changelog's newest section.

python .ci/check_release.py            # between releases
python .ci/check_release.py v0.1.0     # the release that this tag makes
"""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path

ROOT = Path(__file__).parents[1]
UNRELEASED = "Unreleased"


def main(arguments: list[str]) -> int:
    """Print the newest section, or what disagrees, and return the exit code."""
    version = re.findall(r'^__version__ = "(.+)"$', _read("nemovideo/_version.py"), re.MULTILINE)[0]
    # The text before the first heading is about the file.
    sections = re.split(r"^## ", _read("CHANGELOG.md"), flags=re.MULTILINE)[1:]
    heading, _, notes = sections[0].partition("\n")
    tag = arguments[0] if arguments else ""
    if reason := disagreement(version, heading.strip(), tag):
        print(reason, file=sys.stderr)
        return 1
    print(notes.strip())
    return 0


def disagreement(version: str, heading: str, tag: str) -> str:
    """Return what does not agree and what to do about it, or nothing."""
    if tag and tag != f"v{version}":
        return (
            f"The tag is {tag} and nemovideo/_version.py says {version}. "
            f"Tag v{version}, or change the version first."
        )
    found = re.fullmatch(r"\[(.+?)\](?: - (\S+))?", heading)
    name, day = found.groups() if found else (heading, None)
    if name == UNRELEASED and day is None and not tag:
        return ""
    if name != version:
        return (
            f"CHANGELOG.md begins with [{name}] and nemovideo/_version.py says {version}. "
            f"Name the newest section [{version}] - YYYY-MM-DD."
        )
    if not _is_day(day):
        return f"CHANGELOG.md gives {version} no day: the heading is ## [{version}] - YYYY-MM-DD."
    return ""


def _is_day(text: str | None) -> bool:
    try:
        return date.fromisoformat(text or "").isoformat() == text
    except ValueError:
        return False


def _read(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
