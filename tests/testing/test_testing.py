"""The pytest plugin and the scripted service, as the tests of a user's program see them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import respx

import nemovideo.testing
from nemovideo import (
    APIConnectionError,
    AsyncNemoVideo,
    InvalidInputError,
    NemoVideo,
    Timing,
)
from nemovideo.sandbox import Sandbox
from nemovideo.testing import (
    Answer,
    error,
    message_reply,
    no_waiting,
    respx_routes,
    scripted,
    success,
)
from nemovideo.transports import HttpxTransport, Reply, Transport

pytest_plugins = ["pytester", "nemovideo.testing.fixtures"]

USERS_TESTS = """
import pytest, nemovideo
from nemovideo.sandbox import EditDraft

def make(prompt):
    with nemovideo.NemoVideo(journal=False) as client:
        return client.generate(prompt)

def test_a_client_made_without_arguments_uses_the_sandbox(nemo_sandbox):
    assert make("a panda").duration == 10
    nemo_sandbox.assert_clean()

@pytest.mark.nemo_sandbox(credits=0)
def test_the_marker_sets_the_options_of_the_sandbox(nemo_sandbox):
    with pytest.raises(nemovideo.InsufficientCreditsError):
        make("a panda")

@pytest.mark.nemo_sandbox(credits=0)
class TestMarks:
    @pytest.mark.nemo_sandbox(credits=7)
    def test_the_nearest_marker_wins(self, nemo_blocking_client):
        assert nemo_blocking_client.credits.retrieve().available == 7

@pytest.mark.anyio
async def test_the_async_client(nemo_client, nemo_sandbox):
    assert (await nemo_client.generate("a panda")).url.startswith(nemo_sandbox.cdn_url)

BALL = EditDraft(lambda draft: draft.add_clip("ball", 3))

@pytest.mark.nemo_agent(["Which colour?", [BALL, "Here."]])
def test_the_marker_scripts_the_agent(nemo_blocking_client):
    project = nemo_blocking_client.create_project()
    assert project.send("a ball").text == "Which colour?"
    assert "ball (0-3s)" in str(project.send("red").timeline)

@pytest.mark.nemo_agent(agent=lambda message, session: f"You said {message}.")
@pytest.mark.nemo_sandbox(sse_shape="adk")
def test_the_marker_takes_a_function(nemo_blocking_client):
    assert nemo_blocking_client.create_project().send("red").text == "You said red."

class TestFixture:
    @pytest.fixture
    def nemo_agent(self):
        return ["Hello!"]

    def test_a_fixture_scripts_the_agent_of_a_class(self, nemo_blocking_client):
        assert nemo_blocking_client.create_project().send("hi").text == "Hello!"

@pytest.mark.parametrize("nemo_agent", [["one"], ["two"]])
def test_a_parameter_scripts_the_agent(nemo_agent, nemo_blocking_client):
    assert nemo_blocking_client.create_project().send("hi").text == nemo_agent[0]

def test_the_blocking_client(nemo_blocking_client, tmp_path):
    assert nemo_blocking_client.generate("a panda").save(tmp_path).suffix == ".mp4"
"""


@pytest.mark.slow
def test_the_fixtures_work_in_the_tests_of_a_user(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(USERS_TESTS)
    run = pytester.runpytest_subprocess(
        "-p", "nemovideo.testing", "--strict-markers", "-W", "error", "-q"
    )
    run.assert_outcomes(passed=11)


@pytest.mark.slow
def test_a_marker_that_scripts_no_agent_says_what_it_takes(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("""
        import pytest

        @pytest.mark.nemo_agent("one", "two")
        def test_it(nemo_sandbox): ...
    """)
    run = pytester.runpytest_subprocess("-p", "nemovideo.testing", "-q")
    run.assert_outcomes(errors=1)
    run.stdout.fnmatch_lines(["*nemo_agent takes one argument: a list of replies*"])


PLUGIN = {"nemovideo", "nemovideo.testing", "nemovideo.testing.fixtures"}
COLLECT = """
import json, sys, pytest

pytest.main(["--collect-only", "-q", "-p", "no:cacheprovider", *sys.argv[1:]])
print(json.dumps(sorted(sys.modules)))
"""


def modules_of_a_run(folder: Path, *arguments: str, **environment: str) -> set[str]:
    """Return what pytest has loaded at the end of a run over a folder without tests."""
    # Measuring the coverage of that run would load things of its own.
    plain = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    run = subprocess.run(
        [sys.executable, "-c", COLLECT, *arguments],
        cwd=folder,
        env=plain | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(run.stdout.splitlines()[-1]))


def test_the_plugin_loads_nothing_until_a_fixture_is_used(tmp_path: Path) -> None:
    asked = ("-p", "nemovideo.testing")
    alone = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    without = modules_of_a_run(tmp_path, **alone)
    assert modules_of_a_run(tmp_path, *asked, **alone) - without == PLUGIN


def test_an_installed_plugin_loads_nothing_until_a_fixture_is_used(tmp_path: Path) -> None:
    without = modules_of_a_run(tmp_path, "-p", "no:nemovideo.testing")
    assert modules_of_a_run(tmp_path) - without == PLUGIN


def test_the_plugin_has_no_hook_that_runs_for_each_test(pytestconfig: pytest.Config) -> None:
    plugin = pytestconfig.pluginmanager.get_plugin("nemovideo.testing.fixtures")
    hooks = pytestconfig.pluginmanager.get_hookcallers(plugin)
    assert hooks is not None
    assert [hook.name for hook in hooks] == ["pytest_configure"]


@pytest.mark.parametrize("name", nemovideo.testing.__all__)
def test_every_name_for_tests_is_there(name: str) -> None:
    assert getattr(nemovideo.testing, name) is not None


def test_an_unknown_name_for_tests_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = nemovideo.testing.nonsense


@pytest.mark.anyio
async def test_the_async_client_leads_to_the_sandbox(
    nemo_client: AsyncNemoVideo, nemo_sandbox: Sandbox
) -> None:
    video = await nemo_client.generate("a panda")
    assert video.url
    assert video.url.startswith(nemo_sandbox.cdn_url)


def test_the_blocking_client_leads_to_the_sandbox(nemo_blocking_client: NemoVideo) -> None:
    assert nemo_blocking_client.credits.retrieve().available == 1000


def test_the_token_of_who_runs_the_tests_is_not_read(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_private")
    sandbox = request.getfixturevalue("nemo_sandbox")
    assert isinstance(sandbox, Sandbox)
    with NemoVideo() as client:
        client.credits.retrieve()
    assert all("private" not in str(each.headers) for each in sandbox.requests)


def test_no_waiting_shortens_waits_and_leaves_limits() -> None:
    with no_waiting():
        hurried = AsyncNemoVideo()._settings.timing
    assert hurried.poll_first == pytest.approx(0.002)
    assert hurried.recovery_waits == pytest.approx((0.03, 0.06, 0.06, 0.06, 0.06))
    assert hurried.render_limit == Timing().render_limit
    assert AsyncNemoVideo()._settings.timing == Timing()


def test_no_waiting_sets_limits_of_clients_that_have_their_own() -> None:
    with no_waiting(stream_limit=0.5):
        assert AsyncNemoVideo(timing=Timing(stream_limit=7))._settings.timing.stream_limit == 0.5
        with no_waiting():
            assert AsyncNemoVideo()._settings.timing.stream_limit == 900
        assert AsyncNemoVideo()._settings.timing.stream_limit == 0.5
    assert AsyncNemoVideo()._settings.timing.stream_limit == 900


@pytest.mark.parametrize("limits", [{"stream_limits": 1}, {"stream_limit": "1"}])
def test_no_waiting_refuses_what_is_no_limit(limits: dict[str, float]) -> None:
    with pytest.raises((TypeError, InvalidInputError)), no_waiting(**limits):
        raise AssertionError


def test_no_waiting_may_be_nested_and_ends_with_an_error() -> None:
    with no_waiting():
        with pytest.raises(ZeroDivisionError), no_waiting():
            _ = 1 / 0
        assert AsyncNemoVideo()._settings.timing != Timing()
    assert AsyncNemoVideo()._settings.timing == Timing()


def build(transport: Transport) -> NemoVideo:
    return NemoVideo(token="nmv_usr_test", transport=transport, journal=False)


def test_unscripted_endpoints_succeed(tmp_path: object) -> None:
    with no_waiting(), NemoVideo(transport=scripted(), journal=False) as client:
        video = client.generate("a panda")
        assert video.text == "Done."
        assert video.duration == 10
        assert video.save(str(tmp_path)).read_bytes()[4:8] == b"ftyp"
        assert client.open_project(video.session_id).upload(("a.mp4", MP4))[0].filename
        assert video.link().endswith("clm_scripted")
        assert client.renders.cancel("render_1").status == "cancelled"


MP4 = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom\x00\x00\x00\x08mdat"


def test_answers_are_used_in_order_and_the_last_one_repeats() -> None:
    transport = scripted(
        {
            "credits.retrieve": [
                {"available": 3},
                lambda _: success({"available": 2}),
                {"available": 1},
            ]
        }
    )
    with build(transport) as client:
        left = [client.credits.retrieve().available for _ in range(4)]
    assert left == [3, 2, 1, 1]
    assert [request.method for request in transport.requests] == ["GET"] * 4


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (error(2001), nemovideo.InsufficientCreditsError),
        (error(429, status=429, retry_after="3000"), nemovideo.RateLimitError),
        (error(status=502), nemovideo.ServerError),
        (APIConnectionError("off", phase="read"), APIConnectionError),
    ],
)
def test_a_refusal_by_code_by_status_and_by_the_network(
    answer: Answer, error: type[Exception]
) -> None:
    transport = scripted({"credits.retrieve": answer})
    with no_waiting(), build(transport) as client, pytest.raises(error):
        client.credits.retrieve()


def test_an_agent_says_what_the_script_says() -> None:
    transport = scripted(
        {"messages.stream": message_reply("Hello ", {"type": "heartbeat"}, "there.")}
    )
    with build(transport) as client, client.messages.stream("session-1", "hi") as events:
        assert [event.type for event in events] == ["text", "heartbeat", "text"]
        assert events.text == "Hello there."


def test_an_endpoint_that_there_is_not_is_refused() -> None:
    with pytest.raises(ValueError, match="no endpoint credit; choose of tokens"):
        scripted({"credit": {}})


def test_a_request_without_a_route_is_named() -> None:
    from nemovideo.testing.service import endpoint

    with pytest.raises(LookupError, match="nothing is scripted for PUT"):
        endpoint("PUT", "https://x.test/api")


@pytest.mark.anyio
async def test_respx_routes_serve_a_whole_generation(respx_mock: respx.MockRouter) -> None:
    respx_mock._assert_all_called = False
    routes = respx_routes(respx_mock, {"messages.stream": message_reply("Made ", "it.")})
    async with httpx.AsyncClient() as own:
        transport = HttpxTransport(own)
        async with AsyncNemoVideo(transport=transport, journal=False) as client:
            video = await client.generate("a panda")
    assert video.text == "Made it."
    assert routes["messages.stream"].call_count == 1
    assert not routes["uploads.create"].called


@pytest.mark.anyio
async def test_respx_routes_refuse_and_break_as_scripted(respx_mock: respx.MockRouter) -> None:
    respx_mock._assert_all_called = False
    respx_routes(
        respx_mock, {"credits.retrieve": [error(2001), APIConnectionError("off", phase="connect")]}
    )
    async with httpx.AsyncClient() as own:
        client = AsyncNemoVideo(token="t", transport=HttpxTransport(own), max_retries=0)
        with pytest.raises(nemovideo.InsufficientCreditsError):
            await client.credits.retrieve()
        with pytest.raises(APIConnectionError):
            await client.credits.retrieve()


@pytest.mark.anyio
async def test_respx_routes_take_no_body_that_is_still_to_come(
    respx_mock: respx.MockRouter,
) -> None:
    respx_mock._assert_all_called = False
    respx_routes(respx_mock, {"credits.retrieve": Reply(body=(each for each in [b"x"]))})
    async with httpx.AsyncClient() as own:
        client = AsyncNemoVideo(token="t", transport=HttpxTransport(own), max_retries=0)
        with pytest.raises(TypeError, match="bytes or a list of bytes"):
            await client.credits.retrieve()
