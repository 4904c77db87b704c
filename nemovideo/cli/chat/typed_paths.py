"""The paths that a person types or pastes: with spaces, quotes and full-width letters."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Final

from nemovideo.errors import SUPPORTED_FORMATS

_QUOTES: Final = str.maketrans("“”„‟「」『』‘’", '"' * 8 + "'" * 2)
_WIDE: Final = str.maketrans("／＼．～：\u3000", "/\\.~: ")
_OTHER_FORMATS: Final = ("jpeg", "heic", "tif", "tiff", "bmp", "pdf", "txt", "srt")
"""What people try to upload; the service refuses it by its name."""
_ENDING: Final = re.compile(
    rf"[.](?:{'|'.join((*SUPPORTED_FORMATS, *_OTHER_FORMATS))})$", re.IGNORECASE
)
_MOST_SPACES: Final = 20
LONGEST: Final = 4000
"""A line with more letters names no files."""
_BEGINNING: Final = re.compile(r"(?:/|~[/\\]|\.\.?[/\\]|[a-z]:\\)", re.IGNORECASE)


def find_paths(text: str, *, escapes: bool) -> tuple[Path, ...]:
    """Return the paths in a text, each as it is typed where no file is there.

    Quotes and, with `escapes`, backslashes protect spaces; a stray quote is a letter. Neighbours
    that are one file together are that file.
    """
    words = _split(text, escapes=escapes)
    found: list[Path] = []
    while words:
        for count in range(min(len(words), _MOST_SPACES), 0, -1):
            path = _existing(" ".join(words[:count]))
            if path is not None or count == 1:
                found.append(path or expand(words[0]))
                del words[:count]
                break
    return tuple(found)


def find_pasted(text: str, *, escapes: bool) -> tuple[Path, ...]:
    """Return the paths of a line that is nothing but those, as a terminal pastes them."""
    begins = _BEGINNING.match(text[:9].lstrip("\"'“").translate(_WIDE))
    if begins is None or len(text) > LONGEST:
        return ()
    paths = find_paths(text, escapes=escapes)
    names = [_half_width(path) for path in paths]
    if not names or not all(map(_BEGINNING.match, names)):
        return ()
    named = len(names) == 1 and _ENDING.search(names[0]) is not None
    return paths if named or all(map(is_file, paths)) else ()


def expand(name: str) -> Path:
    """Return a path with the user's folder in place of `~`."""
    try:
        return Path(name).expanduser()
    except RuntimeError:  # there is no such user
        return Path(name)


def is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a message, which no file can be called
        return False


def exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def missing_paths(text: str, paths: tuple[Path, ...]) -> tuple[Path, ...]:
    """Return which of the `paths` of a text are no files and meant for one; none of a message."""
    missing = tuple(path for path in paths if not is_file(path) and is_path(path))
    named = [path for path in paths if _ENDING.search(_half_width(path)) and is_path(path)]
    if named and named == [paths[-1]] and not any(map(is_file, paths)):
        return (Path(text.strip().strip("\"'“”")),)  # one name, perhaps with spaces in it
    return missing


def is_path(path: Path) -> bool:
    """Return True if what stands after "upload" is meant for a path, though there is no file."""
    name = _half_width(path)
    if re.match("https?:/", name):
        return False
    has_folder = len(path.parts) > 1 and path.parent.is_dir()
    return has_folder or bool(_ENDING.search(name) or _BEGINNING.match(name))


def _half_width(path: Path) -> str:
    return str(path).translate(_WIDE)


def _split(text: str, *, escapes: bool) -> list[str]:
    for each in (text.translate(_QUOTES), text):
        words = shlex.shlex(each.replace("\u3000", " "), posix=True)
        words.whitespace_split, words.commenters = True, ""
        words.escape = "\\" if escapes else ""
        try:
            return list(words)
        except ValueError:  # a stray quote
            continue
    return text.split()


def _existing(name: str) -> Path | None:
    """Return the file of that name, or of the same name with half-width letters."""
    for spelt in dict.fromkeys((name, name.translate(_WIDE))):
        path = expand(spelt)
        if is_file(path):
            return path
    return None
