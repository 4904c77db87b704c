"""These tests need what the site and its examples need: the session `docs` installs it."""

import importlib.util

# Elsewhere they are not collected, as a page about FastAPI cannot be played without it.
collect_ignore_glob = [] if importlib.util.find_spec("mkdocs") else ["test_*.py"]
