"""`Sandbox.client`: an account of its own, which ends with the sandbox."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from nemovideo import AsyncNemoVideo, Timing
from nemovideo.sandbox import Sandbox

SECRET = "nmv_usr_the_real_one"


@pytest.fixture(autouse=True)
def real_account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of someone who uses the service."""
    monkeypatch.setenv("NEMO_TOKEN", SECRET)
    monkeypatch.setenv("NEMO_CLIENT_ID", "6f1f3c52-3a51-4b0e-9f8e-111111111111")
    monkeypatch.setenv("NEMO_API_URL", "https://service.example")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return tmp_path


@pytest.mark.anyio
async def test_each_client_has_an_account_of_its_own(real_account: Path) -> None:
    async with Sandbox(agent=["Hello!", "Hello again!"], credits=7) as sandbox:
        first, second = sandbox.client(), sandbox.client(max_retries=0)
        for client in (first, second):
            project = await client.create_project()
            assert (await project.send("hi")).text.startswith("Hello")
            assert (await client.credits.retrieve()).available == 7
        assert len({session.user_id for session in sandbox.sessions}) == 2
        assert not any(SECRET in str(request.headers) for request in sandbox.requests)
        sandbox.assert_clean()
    assert not any(real_account.iterdir())
    assert os.environ["NEMO_TOKEN"] == SECRET


@pytest.mark.anyio
async def test_options_take_precedence(tmp_path: Path) -> None:
    async with Sandbox(credits=7) as sandbox:
        token = sandbox.issue_token(credits=9)
        client = sandbox.client(token=token, config_dir=tmp_path / "mine", timing=Timing(request=5))
        async with client:
            assert (await client.credits.retrieve()).available == 9


def test_it_is_closed_with_the_sandbox(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[AsyncNemoVideo] = []
    close = AsyncNemoVideo.aclose

    async def noted(self: AsyncNemoVideo) -> None:
        closed.append(self)
        await close(self)

    monkeypatch.setattr(AsyncNemoVideo, "aclose", noted)

    async def main() -> AsyncNemoVideo:
        async with Sandbox() as sandbox:
            client = sandbox.client()
            await client.credits.retrieve()
        return client

    assert closed == [asyncio.run(main())]


def test_it_serves_several_loops_of_a_blocking_sandbox() -> None:
    async def balance(client: AsyncNemoVideo) -> float:
        return (await client.credits.retrieve()).available

    with Sandbox(credits=7) as sandbox:
        client = sandbox.client()
        assert [asyncio.run(balance(client)) for _ in range(2)] == [7, 7]


def test_there_is_none_of_a_sandbox_that_does_not_run() -> None:
    with pytest.raises(RuntimeError, match="use it in a 'with' block"):
        Sandbox().client()


def test_without_a_block_it_runs_from_start_to_stop() -> None:
    sandbox = Sandbox(stub_renders=True).start()
    try:
        project = asyncio.run(sandbox.client().create_project())
        assert project.session_id in {session.session_id for session in sandbox.sessions}
    finally:
        sandbox.stop()
    sandbox.stop()  # again: nothing
    with pytest.raises(RuntimeError, match=r"start\(\)"):
        sandbox.client()
