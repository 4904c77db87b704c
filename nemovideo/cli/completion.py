"""What a shell completes: the sessions that were worked with, as the journal knows them."""

from __future__ import annotations

from typing import Any

import typer

from nemovideo.cli.client_context import LAST, PERSISTENT_PORT


def known_sessions(context: typer.Context) -> list[str]:
    """Return `last` and the latest sessions; where nothing can be read, nothing is completed."""
    from nemovideo.config.settings import load_settings
    from nemovideo.errors import NemoVideoError
    from nemovideo.journal.journal import Journal

    try:
        settings = load_settings(base_url=_base_url(context))
        path = settings.config_dir / "journal.sqlite3"
        if not path.exists():  # nor does a Tab make one
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
    """Return the address that the options so far lead to; None is that of the environment."""
    both = [each.params for each in (context, context.parent) if each is not None]
    if _option(both, "state_dir"):
        return f"http://127.0.0.1:{PERSISTENT_PORT}"
    address = _option(both, "base_url")
    return None if address is None else str(address)


def _option(both: list[dict[str, Any]], name: str) -> object:
    return next((params[name] for params in both if params.get(name)), None)
