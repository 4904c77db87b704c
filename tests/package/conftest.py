"""These tests look at what was built: the session `package` builds it, and says where it is."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DIST = os.environ.get("NEMOVIDEO_DIST", "")
# Elsewhere they are not collected, as there is nothing to look at.
collect_ignore_glob = [] if DIST else ["test_*.py"]


@pytest.fixture
def sdist() -> Path:
    """The only source distribution that was built."""
    (path,) = Path(DIST).resolve().glob("*.tar.gz")
    return path


@pytest.fixture
def wheel() -> Path:
    """The only wheel that was built."""
    (path,) = Path(DIST).resolve().glob("*.whl")
    return path
