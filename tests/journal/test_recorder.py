"""What the recorder remembers of cancelled renders."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nemovideo.config.settings import load_settings
from nemovideo.journal.entries import NewRender
from nemovideo.journal.recorder import JournalRecorder
from nemovideo.models.renders import Render

pytestmark = pytest.mark.anyio


@pytest.fixture
async def recorder(
    request: pytest.FixtureRequest, tmp_path: Path
) -> AsyncIterator[JournalRecorder]:
    settings = load_settings(config_dir=tmp_path, journal=request.param, environ={})
    recorder = JournalRecorder(settings)
    yield recorder
    await recorder.aclose()


def failed(render_id: str) -> Render:
    return Render.model_validate({"id": render_id, "status": "failed"})


@pytest.mark.parametrize("recorder", [True], indirect=True)
async def test_a_cancelled_render_is_forgotten_once_it_is_in_the_journal(
    recorder: JournalRecorder,
) -> None:
    await recorder.begin_render(NewRender(id="render_1", session_id="s1"))
    recorder.remember_cancelled("render_1")
    await recorder.note_render(failed("render_1"))
    assert not recorder._cancelled
    assert await recorder.was_cancelled(failed("render_1"))


@pytest.mark.parametrize("recorder", [False], indirect=True)
async def test_without_a_journal_the_latest_thousand_cancelled_are_remembered(
    recorder: JournalRecorder,
) -> None:
    for number in range(1001):
        recorder.remember_cancelled(f"render_{number}")
        await recorder.note_render(failed(f"render_{number}"))
    assert not await recorder.was_cancelled(failed("render_0"))
    assert await recorder.was_cancelled(failed("render_1000"))
