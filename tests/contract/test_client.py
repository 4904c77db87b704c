"""The client against the same server, over each transport."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from nemovideo import AsyncNemoVideo, SessionNotFoundError
from nemovideo.transports import HttpxTransport
from tests.contract.test_sessions import draw_png
from tests.contract.wire import Film, Service, Wire

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["default", "httpx"])
async def client(
    request: pytest.FixtureRequest, service: Service, wire: Wire
) -> AsyncIterator[AsyncNemoVideo]:
    """A client of the account that owns the film; by default over aiohttp, under trio httpx."""
    async with (
        HttpxTransport() as httpx,
        AsyncNemoVideo(
            token=wire.token,
            base_url=service.url,
            timing=service.timing,
            config_dir=service.folder,
            transport=httpx if request.param == "httpx" else None,
        ) as opened,
    ):
        yield opened


async def test_the_draft_is_read_unchanged(client: AsyncNemoVideo, film: Film) -> None:
    state = await client.states.retrieve(film.session_id)
    assert state.draft.raw == film.draft
    assert state.draft.is_ready


async def test_the_timeline_is_printed_on_one_line(client: AsyncNemoVideo, film: Film) -> None:
    timeline = await client.open_project(film.session_id).timeline()
    assert str(timeline).startswith(f"Timeline ({len(film.draft['t'])} track")
    assert timeline.duration_ms > 0


async def test_the_balance_is_that_of_the_service(client: AsyncNemoVideo, wire: Wire) -> None:
    balance = await client.credits.retrieve()
    assert balance.available == wire.get("/api/credits/balance/simple").data["available"]


async def test_a_picture_is_uploaded_with_progress(client: AsyncNemoVideo) -> None:
    session = await client.sessions.create()
    progress: list[tuple[int, int]] = []
    (file,) = await client.uploads.create(
        session.session_id,
        ("red.png", draw_png()),
        on_progress=lambda done, total: progress.append((done, total)),
    )
    assert (file.filename, file.file_type) == ("red.png", "image")
    assert progress[-1] == (len(draw_png()),) * 2


async def test_a_film_is_exported_and_saved(
    client: AsyncNemoVideo, film: Film, tmp_path: Path
) -> None:
    project = client.open_project(film.session_id, film.task_id)
    percents: list[float] = []
    video = await project.export(
        tmp_path,
        on_event=lambda event: (
            percents.append(event.render.progress) if event.type == "render_progress" else None
        ),
    )
    assert video.path == tmp_path / f"{video.render_id}.mp4"
    assert video.path.read_bytes()[4:8] == b"ftyp"
    assert percents[-1] == 100


async def test_an_unknown_session_raises(client: AsyncNemoVideo) -> None:
    with pytest.raises(SessionNotFoundError):
        await client.open_project("no-such-session").send("a panda")


async def test_a_browser_link_is_created(client: AsyncNemoVideo, film: Film) -> None:
    link = await client.open_project(film.session_id, film.task_id).link()
    assert "/workspace/claim?ct=clm_" in link
