"""Test your own code without any server: respx answers for the service.

Run it with `pytest test_with_respx.py`. respx sees requests of httpx only, so the client gets a
transport over a client of httpx.
"""

import httpx
import pytest
import respx

import nemovideo
from nemovideo.testing import error, respx_routes
from nemovideo.transports import HttpxTransport


async def say_balance(client: nemovideo.AsyncNemoVideo) -> str:
    """The code under test."""
    try:
        balance = await client.credits.retrieve()
    except nemovideo.AuthenticationError:
        return "Please log in again."
    return f"{balance.available:g} credits left"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.anyio
@respx.mock
async def test_it_says_the_balance() -> None:
    balance = {"available": 40, "frozen": 10, "total": 50}
    routes = respx_routes(respx.mock, {"credits.retrieve": balance})
    assert await say_balance(build_client()) == "40 credits left"
    assert routes["credits.retrieve"].call_count == 1


@pytest.mark.anyio
@respx.mock
async def test_it_asks_for_a_login_when_the_token_has_expired() -> None:
    respx_routes(respx.mock, {"credits.retrieve": error(1001)})
    assert await say_balance(build_client()) == "Please log in again."


def build_client() -> nemovideo.AsyncNemoVideo:
    transport = HttpxTransport(httpx.AsyncClient())
    return nemovideo.AsyncNemoVideo(token="nmv_usr_of_a_test", transport=transport)
