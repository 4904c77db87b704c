"""Faults over HTTP, as for a sandbox that runs in another process."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from nemovideo import NemoVideo, ServerError
from nemovideo.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(stub_renders=True) as running:
        yield running


@pytest.fixture
def control(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=sandbox.web_url, trust_env=False) as client:
        yield client


def test_a_fault_is_put_in_force_listed_and_removed(
    sandbox: Sandbox, control: httpx.Client
) -> None:
    wanted = {"endpoint": "credits.*", "kind": "status", "status": 503, "times": None}
    added = control.post("/faults", json=wanted)
    assert (added.status_code, added.json()) == (201, [{**wanted, "hits": 0}])
    with NemoVideo(base_url=sandbox.url, max_retries=0) as client:
        with pytest.raises(ServerError) as caught:
            client.credits.retrieve()
        assert caught.value.status == 503
        assert control.get("/faults").json() == [{**wanted, "hits": 1}]
        assert control.delete("/faults").json() == []
        assert client.credits.retrieve().available == 100
    assert not [each for each in sandbox.requests if each.path == "/faults"]


def test_removing_a_stall_lets_the_response_go_on(sandbox: Sandbox, control: httpx.Client) -> None:
    control.post("/faults", json={"endpoint": "credits.retrieve", "kind": "stall"})
    with NemoVideo(base_url=sandbox.url) as client, ThreadPoolExecutor() as threads:
        balance = threads.submit(client.credits.retrieve)
        while control.get("/faults").json()[0]["hits"] == 0:
            pass
        control.delete("/faults")
        assert balance.result().available == 100


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ([], '"endpoint" and "kind"'),
        ({"endpoint": "credits.retrieve"}, '"endpoint" and "kind"'),
        ({"endpoint": "nowhere", "kind": "html"}, "no endpoint is called 'nowhere'"),
        ({"endpoint": "*", "kind": "boom"}, "kind cannot be 'boom'"),
        ({"endpoint": "*", "kind": "status", "status": "503"}, "status cannot be '503'"),
        ({"endpoint": "*", "kind": "status", "status": True}, "status cannot be True"),
        ({"endpoint": "*", "kind": "status", "state": 503}, "a fault has no 'state'"),
        ({"endpoint": "*", "kind": "stall", "status": 503}, "'stall' takes bytes, events"),
        ({"endpoint": "*", "kind": "stall", "seconds": -1}, "seconds must be at least 0"),
    ],
)
def test_what_is_no_fault_is_refused_with_a_reason(
    control: httpx.Client, fault: object, said: str
) -> None:
    refused = control.post("/faults", json=fault)
    assert refused.status_code == 400
    assert said in refused.text
    assert control.get("/faults").json() == []


@pytest.mark.parametrize("headers", [{}, {"Content-Type": "text/plain"}])
def test_a_page_of_another_website_cannot_put_one_in_force(
    control: httpx.Client, headers: dict[str, str]
) -> None:
    fault = b'{"endpoint": "*", "kind": "html"}'
    assert control.post("/faults", content=fault, headers=headers).status_code == 415
    assert control.get("/faults").json() == []
