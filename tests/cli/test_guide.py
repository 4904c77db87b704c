"""The terminal guide says what there is, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import pytest

from nemovideo import events
from nemovideo.cli.app import app
from nemovideo.cli.chat.slash_commands import COMMANDS

pytestmark = pytest.mark.repository


@pytest.fixture
def guide() -> str:
    return (Path(__file__).parents[2] / "docs" / "guides" / "terminal.md").read_text("utf-8")


def test_every_command_is_in_the_guide(guide: str) -> None:
    named = set(re.findall(r"nemovideo (?:--\S+ (?:box )?)*([a-z]+)", guide))
    assert {each.name for each in app.registered_commands} <= named


def test_every_chat_command_is_in_the_guide(guide: str) -> None:
    assert all(f"/{name}" in guide for name in COMMANDS)


def test_every_type_of_event_is_in_the_guide(guide: str) -> None:
    assert all(f"`{event.type}`" in guide for event in get_args(events.Event))
