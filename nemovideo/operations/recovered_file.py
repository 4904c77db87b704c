"""Where a recovered file goes: to its target, unless another file has come there meanwhile."""

from __future__ import annotations

import filecmp
import os
from itertools import chain, count
from pathlib import Path

from nemovideo.journal.entries import file_identity
from nemovideo.security.private_files import replace

# Room for what is added, where file systems stop at 255 bytes.
_STEM_LIMIT_BYTES = 180


def download_name(target: Path, render_id: str) -> Path:
    """Return a path beside `target` for the file until it is placed."""
    return _named(target, render_id[-12:])


def place(saved: Path, target: Path, replaceable: str | None) -> Path:
    """Move the file `saved` to `target` or to a free name beside it, and return where it is.

    What stood at the target when it was asked for is replaced; nothing else is. The same content,
    which an interrupted run brought there, is the file itself.

    Args:
        replaceable: the `file_identity` of what may be replaced.

    Raises:
        OSError: the folder cannot be written.
    """
    real = Path(os.path.realpath(target))  # a link that the user named is followed
    if replaceable and file_identity(real) == replaceable:
        replace(saved, real)
        return target
    if real.is_file() and filecmp.cmp(saved, real, shallow=False):
        saved.unlink()
        return target
    others = (_named(real, str(number)) for number in count(2))
    path = next(path for path in chain([real], others) if _move(saved, path))
    return target if path == real else path


def _named(target: Path, addition: str) -> Path:
    stem = os.fsdecode(os.fsencode(target.stem)[:_STEM_LIMIT_BYTES])
    return target.with_name(f"{stem}-{addition}{target.suffix}")


def _move(saved: Path, path: Path) -> bool:
    """Move a file to `path` unless something is there, and say whether it was moved."""
    try:
        os.link(saved, path)
    except FileExistsError:
        return False
    except OSError:  # a file system without hard links
        if os.path.lexists(path):
            return False
        replace(saved, path)
    else:
        saved.unlink()
    return True
