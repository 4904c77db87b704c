"""Nothing is paid without a yes, and nothing twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import anyio
import pytest
from mcp.server.mcpserver import MCPServer

from nemovideo.mcp.request_store import RequestStore, StoredRequest
from nemovideo.mcp.state import ServerState
from nemovideo.sandbox import Fault, Sandbox
from tests.mcp.conftest import FOX, Assistant, Person, Setting, connect, messages

pytestmark = pytest.mark.anyio
asked_either_way = pytest.mark.parametrize("mode", ["legacy", "auto"])
"""Where it is asked whether to pay: there the two protocols differ, and nowhere else in here."""


@pytest.fixture
def mode() -> str:
    """The protocol of 2026; that each tool works over both is shown in `test_tools`."""
    return "auto"


@asked_either_way
async def test_without_a_yes_nothing_is_sent(assistant: Assistant, service: Sandbox) -> None:
    refused = await assistant.refused("start_video", prompt=FOX)
    assert "confirm=true" in refused
    assert "100 credits" in refused
    assert "10000" in refused
    assert messages(service) == 0
    assert service.sessions == []


@asked_either_way
async def test_a_person_who_can_be_asked_is_asked(
    server: MCPServer[ServerState], mode: str, service: Sandbox
) -> None:
    person = Person()
    async with connect(server, mode, person) as assistant:
        started = await assistant.get("start_video", prompt=FOX)
        assert (await assistant.finish(started["key"]))["status"] == "done"
    (question,) = person.questions
    assert "100 credits" in question
    assert FOX in question
    assert messages(service) == 1


@asked_either_way
@pytest.mark.parametrize("confirm", [False, True])
async def test_a_person_who_says_no_pays_nothing_whatever_the_assistant_claims(
    server: MCPServer[ServerState], mode: str, service: Sandbox, confirm: bool
) -> None:
    person = Person(agrees=False)
    async with connect(server, mode, person) as assistant:
        refused = await assistant.refused("start_video", prompt=FOX, confirm=confirm)
    assert "did not agree" in refused
    assert len(person.questions) == 1
    assert messages(service) == 0


async def test_the_owner_may_allow_an_amount_in_all(
    setting: Setting, mode: str, service: Sandbox
) -> None:
    setting.max_credits = 150
    async with setting.open() as server, connect(server, mode) as assistant:
        started = await assistant.get("start_video", prompt=FOX)
        await assistant.finish(started["key"])
        refused = await assistant.refused("start_video", prompt="a 2-second video of a cat")
        assert "50 of 150" in refused
    assert messages(service) == 1


async def test_an_owner_who_allows_less_than_a_film_costs_allows_none(
    setting: Setting, mode: str, service: Sandbox
) -> None:
    setting.max_credits = 99
    async with setting.open() as server, connect(server, mode) as assistant:
        await assistant.refused("start_video", prompt=FOX)
    assert messages(service) == 0


async def test_a_limit_of_the_call_is_obeyed(assistant: Assistant, service: Sandbox) -> None:
    refused = await assistant.refused("start_video", prompt=FOX, max_credits=99, confirm=True)
    assert "InsufficientCreditsError" in refused
    assert messages(service) == 0


async def test_the_same_words_again_are_asked_about_and_not_paid(
    assistant: Assistant, service: Sandbox
) -> None:
    first = await assistant.get("start_video", prompt=FOX, confirm=True)
    await assistant.finish(first["key"])
    for _ in range(3):
        again = await assistant.get("start_video", prompt=FOX, confirm=True)
        assert again["key"] == first["key"]
        assert "again, for 100 more credits?" in again["note"]
    for words in (FOX, FOX, f"  {FOX.upper()}\n"):
        await assistant.get("start_video", prompt=words, key="a-key-made-up", confirm=True)
    assert messages(service) == 1


async def test_a_second_film_of_the_same_words_takes_the_key_that_was_offered(
    assistant: Assistant, service: Sandbox
) -> None:
    first = await assistant.get("start_video", prompt=FOX, confirm=True)
    await assistant.finish(first["key"])
    again = await assistant.get("start_video", prompt=FOX, confirm=True)
    offered = f"{first['key']}-2"
    assert f'key="{offered}"' in again["note"]
    await assistant.get("start_video", prompt=FOX, key=offered)
    assert messages(service) == 1
    await assistant.get("start_video", prompt=FOX, key=offered, confirm=True)
    done = await assistant.finish(offered)
    assert messages(service) == 2
    assert Path(done["path"]).name == f"{offered}.mp4"


@asked_either_way
async def test_a_person_is_asked_whether_the_same_is_to_be_made_again(
    server: MCPServer[ServerState], mode: str, service: Sandbox
) -> None:
    person = Person()
    async with connect(server, mode, person) as assistant:
        first = await assistant.get("start_video", prompt=FOX)
        await assistant.finish(first["key"])
        person.agrees = False
        declined = await assistant.get("start_video", prompt=FOX)
        assert declined["key"] == first["key"]
        assert messages(service) == 1
        person.agrees = True
        second = await assistant.get("start_video", prompt=FOX)
        assert second["key"] != first["key"]
        await assistant.finish(second["key"])
    assert "Again, for 100 more credits?" in person.questions[1]
    assert messages(service) == 2


async def test_after_ten_minutes_the_same_words_are_a_new_film(
    assistant: Assistant, setting: Setting, service: Sandbox
) -> None:
    first = await assistant.get("start_video", prompt=FOX, confirm=True)
    await assistant.finish(first["key"])
    setting.clock.now += 601
    assert "confirm=true" in await assistant.refused("start_video", prompt=FOX)
    second = await assistant.get("start_video", prompt=FOX, confirm=True)
    await assistant.finish(second["key"])
    assert second["key"] != first["key"]
    assert messages(service) == 2


async def test_the_same_key_is_the_same_film(assistant: Assistant, service: Sandbox) -> None:
    await assistant.get("start_video", prompt=FOX, key="fox", confirm=True)
    done = await assistant.finish("fox")
    again = await assistant.get("start_video", prompt=FOX, key="fox")
    assert again["path"] == done["path"]
    assert messages(service) == 1


async def test_a_key_with_other_words_is_refused(assistant: Assistant, service: Sandbox) -> None:
    await assistant.get("start_video", prompt=FOX, key="fox", confirm=True)
    refused = await assistant.refused("start_video", prompt="a cat", key="fox", confirm=True)
    assert "InvalidInputError" in refused
    assert "key" in refused
    await assistant.finish("fox")
    assert messages(service) == 1


async def test_twenty_equal_calls_at_once_pay_once(
    server: MCPServer[ServerState], mode: str, service: Sandbox
) -> None:
    keys: list[str] = []

    async def start(assistant: Assistant) -> None:
        started = await assistant.get("start_video", prompt=FOX, confirm=True)
        keys.append(started["key"])

    async with connect(server, mode) as assistant:
        async with anyio.create_task_group() as calls:
            for _ in range(20):
                calls.start_soon(start, assistant)
        await assistant.finish(keys[0])
    assert len(keys) == 20
    assert set(keys) == {keys[0]}
    assert messages(service) == 1


@asked_either_way
async def test_twenty_equal_calls_at_once_that_a_person_allows_pay_once(
    server: MCPServer[ServerState], mode: str, service: Sandbox
) -> None:
    async with connect(server, mode, Person()) as assistant:
        async with anyio.create_task_group() as calls:
            for _ in range(20):
                calls.start_soon(partial(assistant.get, "start_video", prompt=FOX, key="fox"))
        await assistant.finish("fox")
    assert messages(service) == 1


async def test_two_servers_of_one_person_pay_once_for_the_same_words(
    setting: Setting, service: Sandbox
) -> None:
    async with (
        setting.open() as first,
        setting.open() as second,
        connect(first, "auto") as assistant,
        connect(second, "legacy") as other,
    ):
        await assistant.get("start_video", prompt=FOX, key="fox", confirm=True)
        again = await other.get("start_video", prompt=FOX, key="fox-2", confirm=True)
        assert again["key"] == "fox"
        paths = {(await each.finish("fox"))["path"] for each in (assistant, other)}
    assert len(paths) == 1
    assert messages(service) == 1


def test_two_servers_write_the_same_request_at_once(tmp_path: Path) -> None:
    stores = [RequestStore(tmp_path, "http://127.0.0.1") for _ in range(4)]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda store: store.save(StoredRequest("fox", "video")), stores * 20))
    assert [each.key for each in stores[0].all()] == ["fox"]


@pytest.mark.slow
async def test_twenty_films_at_once_are_twenty_files(
    server: MCPServer[ServerState], service: Sandbox
) -> None:
    async def make(assistant: Assistant, number: int) -> None:
        prompt = f"a 1-second video of {number} foxes"
        started = await assistant.get("start_video", prompt=prompt, confirm=True)
        paths.append((await assistant.finish(started["key"]))["path"])

    paths: list[str] = []
    async with connect(server, "auto") as assistant, anyio.create_task_group() as calls:
        for number in range(20):
            calls.start_soon(make, assistant, number)
    assert len(set(paths)) == 20
    assert all(Path(each).is_file() for each in paths)
    assert messages(service) == 20


async def test_what_failed_without_a_charge_needs_another_yes(
    assistant: Assistant, service: Sandbox
) -> None:
    with service.inject(Fault("messages.stream", "code", code=2001)):
        await assistant.refused("start_video", prompt=FOX, key="fox", confirm=True)
    assert (await assistant.get("wait_video", key="fox"))["status"] == "failed"
    assert "confirm=true" in await assistant.refused("start_video", prompt=FOX, key="fox")
    await assistant.get("start_video", prompt=FOX, key="fox", confirm=True)
    assert (await assistant.finish("fox"))["status"] == "done"


async def test_what_failed_after_its_start_is_not_paid_for_under_another_key(
    setting: Setting, mode: str, service: Sandbox
) -> None:
    with service.inject(Fault("messages.stream", "agent_error", events=2)):
        async with setting.open() as server, connect(server, mode) as assistant:
            await assistant.call("start_video", prompt=FOX, key="fox", confirm=True)
            assert (await assistant.finish("fox"))["status"] == "failed"
    async with setting.open() as server, connect(server, mode) as assistant:
        for key in ({"key": "fox-2"}, {}):
            again = await assistant.get("start_video", prompt=FOX, confirm=True, **key)
            assert (again["key"], again["status"]) == ("fox", "failed")
            assert "again, for 100 more credits?" in again["note"]
            assert 'recover(key="fox")' in again["next"]
    assert messages(service) == 1


async def test_a_server_that_was_started_anew_begins_nothing_that_failed(
    setting: Setting, mode: str, service: Sandbox
) -> None:
    with service.inject(Fault("messages.stream", "code", code=2001)):
        async with setting.open() as server, connect(server, mode) as assistant:
            await assistant.refused("start_video", prompt=FOX, key="fox", confirm=True)
    before = messages(service)
    async with setting.open() as server, connect(server, mode) as assistant:
        assert (await assistant.get("wait_video", key="fox"))["status"] == "failed"
        assert (await assistant.get("recover", key="fox"))["status"] == "failed"
    assert messages(service) == before


@pytest.mark.parametrize(
    ("arguments", "parameter"),
    [
        ({"prompt": ""}, "prompt"),
        ({"prompt": "a fox" * 200_000}, "prompt"),
        ({"prompt": "a fox\x1b]0;owned\x07"}, "prompt"),
        ({"prompt": "a fox\x00"}, "prompt"),
        ({"prompt": FOX, "key": ""}, "key"),
        ({"prompt": FOX, "key": "k" * 201}, "key"),
        ({"prompt": FOX, "key": "a\nb"}, "key"),
        ({"prompt": FOX, "language": "en; rm -rf /"}, "language"),
        ({"prompt": FOX, "max_credits": -1}, "max_credits"),
        ({"prompt": FOX, "files": ["/etc/passwd"]}, "files[0]"),
    ],
)
async def test_bad_input_is_refused_by_name_before_anything_is_sent(
    assistant: Assistant, service: Sandbox, arguments: dict[str, object], parameter: str
) -> None:
    refused = await assistant.refused("start_video", confirm=True, **arguments)
    assert parameter in refused
    assert len(refused) < 2000
    assert messages(service) == 0
