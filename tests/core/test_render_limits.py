"""How long a render is waited for, on a virtual clock."""

from __future__ import annotations

from typing import Any

import anyio
import pytest

from nemovideo import AsyncNemoVideo, Timing, errors
from nemovideo.transports import MemoryTransport, Reply
from tests.clocks import virtual

from .conftest import fail, ok

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

    def look(_: object) -> Reply:
        moments.append(anyio.current_time() - began)
        return answer

    client = AsyncNemoVideo(
        transport=MemoryTransport(look),
        token="nmv_usr_x",
        journal=False,
        timing=Timing(render_limit=100),
    )
    began = anyio.current_time()
    with pytest.raises(errors.RenderTimeoutError, match="100 s"):
        await client.renders.wait("r")
    assert moments[-1] == pytest.approx(100)  # a last look at its end
    assert len(moments) <= 15
