"""How long a render is waited for, on a virtual clock."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Timing, errors
from nemovideo.transports import MemoryTransport, Reply
from tests.clocks import virtual
from tests.scripted import fail, ok

pytestmark = pytest.mark.anyio


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> tuple[str, dict[str, Any]]:
    return virtual(request.param)


@pytest.mark.parametrize(
    "answer",
    [
        ok({"status": "processing", "progress": 50}),
        ok({"status": "processing"}),
        fail(500),
        fail(429),
        fail(503, retry_after="3600"),
    ],
)
async def test_a_render_is_waited_for_exactly_as_long_as_its_limit(answer: Reply) -> None:
    moments: list[float] = []

    def respond(_: object) -> Reply:
        moments.append(anyio.current_time() - began)
        assert len(moments) <= 15
        return answer

    client = AsyncNemoVideo(
        transport=MemoryTransport(respond),
        token="nmv_usr_x",
        journal=False,
        timing=Timing(render_limit=100),
    )
    began = anyio.current_time()
    with pytest.raises(errors.RenderTimeoutError, match="100 s"):
        await client.renders.wait("r")
    assert moments[-1] == pytest.approx(100)  # a last look at its end


async def polls_until_done(seconds: float, *, has_progress: bool) -> int:
    """Return how often a render is looked at that is done after so many seconds."""

    def respond(_: object) -> Reply:
        passed = anyio.current_time() - began
        if passed >= seconds:
            return ok({"status": "completed", "url": "https://files.test/a.mp4"})
        progress = {"progress": 100 * passed / seconds} if has_progress else {}
        return ok({"status": "processing", **progress})

    transport = MemoryTransport(respond)
    client = AsyncNemoVideo(transport=transport, token="nmv_usr_x", journal=False)
    began = anyio.current_time()
    await client.renders.wait("r")
    assert anyio.current_time() - began <= 1.1 * seconds
    return len(transport.requests)


async def test_a_render_that_reports_progress_is_polled_less_often() -> None:
    with_progress = await polls_until_done(70, has_progress=True)
    assert with_progress < await polls_until_done(70, has_progress=False) <= 12
