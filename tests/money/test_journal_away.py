"""The journal's server goes away and comes back: what is paid for goes on, nothing new is sent."""

from __future__ import annotations

from pathlib import Path

import pytest

from nemovideo import AsyncNemoVideo, NemoVideoError
from nemovideo.events import Event
from nemovideo.sandbox import Sandbox
from tests.conftest import QUICK
from tests.postgres import Cluster

pytestmark = [pytest.mark.anyio, pytest.mark.parametrize("anyio_backend", ["asyncio"])]
PROMPT = "a 2-second video of a panda"


@pytest.mark.parametrize("key", [None, "row-1"])
async def test_what_is_paid_for_goes_on_and_is_written_down_later(
    sandbox: Sandbox, tmp_path: Path, cluster: Cluster, postgres_url: str, key: str | None
) -> None:
    target = tmp_path / "panda.mp4"
    away: list[str] = []

    def go_away(event: Event) -> None:
        if event.type == "text" and not away:
            away.append(event.type)
            cluster.stop()

    def build() -> AsyncNemoVideo:
        return AsyncNemoVideo(
            base_url=sandbox.url, timing=QUICK, config_dir=tmp_path / "config", journal=postgres_url
        )

    async with build() as client:
        try:
            video = await client.generate(PROMPT, key=key, path=target, on_event=go_away)
            assert away
            assert video.path == target
            assert video.credits_used is None  # who else spent meanwhile is not known
            with pytest.raises(NemoVideoError, match="cannot be written"):
                await client.generate(PROMPT, key=None if key is None else "row-2")
        finally:
            cluster.start()
    assert sum(len(session.turns) for session in sandbox.sessions) == 1
    async with build() as client:
        assert await client.recover() == []
        if key is not None:
            before = len(sandbox.requests)
            again = await client.generate(PROMPT, key=key, path=target)
            assert again.render_id == video.render_id
            assert len(sandbox.requests) == before
    assert len(sandbox.renders) == 1
