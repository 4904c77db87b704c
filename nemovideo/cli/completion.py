"""Shell completion of session ids, from the journal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import typer

from nemovideo.cli.client_context import LAST, stored_ports
from nemovideo.config.settings import load_settings
from nemovideo.errors import NemoVideoError
from nemovideo.journal.journal import Journal


def known_sessions(context: typer.Context) -> list[str]:
    """Return `last` and the latest sessions; nothing if the journal cannot be read."""
    try:
        settings = load_settings(base_url=_base_url(context))
        path = settings.config_dir / "journal.sqlite3"
        if not path.exists():  # completion must not create one
            return []
        journal = Journal(path)
        try:
            found = journal.recent_sessions(settings.base_url)
        finally:
            journal.close()
    except NemoVideoError:
        return []
    return [LAST, *found] if found else []


def _base_url(context: typer.Context) -> str | None:
    """Return the URL that the options so far set; None is that of the environment."""
    both = [each.params for each in (context, context.parent) if each is not None]
    state_dir = _option(both, "state_dir")
    if state_dir:
        return f"http://127.0.0.1:{stored_ports(Path(str(state_dir)))[0]}"
    url = _option(both, "base_url")
    return None if url is None else str(url)


def _option(both: list[dict[str, Any]], name: str) -> object:
    return next((params[name] for params in both if params.get(name)), None)
