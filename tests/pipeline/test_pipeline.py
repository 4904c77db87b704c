"""The pipeline: headers, tokens, retries, redirects."""

from __future__ import annotations

import json
import traceback
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

import anyio
import pytest

import nemovideo
from nemovideo import AsyncNemoVideo, Render, Timing, errors
from nemovideo.auth.config_folder import ConfigFolder, SavedToken
from nemovideo.config.settings import API_URL
from nemovideo.pipeline.pipeline import build_redirect
from nemovideo.security.redaction import Secret
from nemovideo.transports import MemoryTransport, Reply, Request, Response
from tests.scripted import Script, fail, ok

pytestmark = pytest.mark.anyio
Build = Callable[..., AsyncNemoVideo]
BALANCE = "/credits/balance/simple"


def save_expired_token(folder: Path) -> None:
    expired = SavedToken(Secret("nmv_usr_old"), datetime(2020, 1, 1, tzinfo=UTC))
    ConfigFolder(folder).write_token(API_URL, expired)


def paths(transport: MemoryTransport) -> list[str]:
    return [request.url.rsplit("/", 1)[1] for request in transport.requests]


async def test_every_request_says_which_integration_it_is(
    build: Build, transport: MemoryTransport
) -> None:
    client = build(source="mine", source_version="2.0", platform="cursor")
    await client.credits.retrieve()
    for request in transport.requests:
        assert request.headers["x-skill-source"] == "mine"
        assert request.headers["x-skill-version"] == "2.0"
        assert request.headers["x-skill-platform"] == "cursor"
    token, balance = transport.requests
    assert "authorization" not in token.headers
    assert token.headers["x-client-id"]
    assert balance.headers["authorization"] == "Bearer nmv_usr_first"
    assert "x-client-id" not in balance.headers


async def test_the_anonymous_token_is_reused_by_the_next_client(
    build: Build, transport: MemoryTransport
) -> None:
    for _ in range(2):
        await build().credits.retrieve()
    assert paths(transport) == ["anonymous-token", "simple", "simple"]


async def test_a_token_of_another_address_is_not_used(
    build: Build, transport: MemoryTransport
) -> None:
    await build().credits.retrieve()
    await build(base_url="https://other.example").credits.retrieve()
    assert paths(transport).count("anonymous-token") == 2


async def test_an_expired_token_is_replaced_before_it_is_used(
    build: Build, transport: MemoryTransport, tmp_path: Path
) -> None:
    save_expired_token(tmp_path / "config")
    await build().credits.retrieve()
    assert paths(transport) == ["anonymous-token", "simple"]
    assert transport.requests[-1].headers["authorization"] == "Bearer nmv_usr_first"


async def test_a_new_token_that_has_expired_by_this_clock_is_sent_and_saved(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    ahead = {"token": "nmv_usr_first", "expires_at": "2020-01-01T00:00:00Z"}
    script.on("/anonymous-token", ok(ahead))
    for client in (build(), build()):
        await client.credits.retrieve()
        await client.credits.retrieve()
    assert paths(transport) == ["anonymous-token", *["simple"] * 4]
    assert {request.headers.get("authorization") for request in transport.requests[1:]} == {
        "Bearer nmv_usr_first"
    }


async def test_a_token_that_has_expired_by_this_clock_is_sent_where_no_other_is_to_be_had(
    build: Build, script: Script, transport: MemoryTransport, tmp_path: Path
) -> None:
    save_expired_token(tmp_path / "config")
    script.on("/anonymous-token", fail(429))
    client = build()
    await client.credits.retrieve()
    await client.credits.retrieve()
    assert paths(transport) == [*["anonymous-token"] * 2, "simple", "simple"]
    assert transport.requests[-1].headers["authorization"] == "Bearer nmv_usr_old"


async def test_many_tasks_ask_for_one_token(build: Build, transport: MemoryTransport) -> None:
    client = build()
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(client.credits.retrieve)
    assert paths(transport).count("anonymous-token") == 1


async def test_tasks_that_wait_for_a_token_share_its_failure(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on("/anonymous-token", fail(402))
    client = build()
    caught: list[Exception] = []

    async def try_it() -> None:
        try:
            await client.credits.retrieve()
        except errors.PlanRequiredError as error:
            caught.append(error)

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(try_it)
    assert len({id(error) for error in caught}) == 5  # each has a traceback of its own
    assert len(transport.requests) < 5


async def test_a_refused_anonymous_token_is_renewed_once_with_the_same_client_id(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on("/anonymous-token", ok({"token": "nmv_usr_first"}), ok({"token": "nmv_usr_second"}))
    script.on(BALANCE, fail(200, 1001), ok({"available": 3}))
    assert (await build().credits.retrieve()).available == 3
    assert paths(transport) == ["anonymous-token", "simple", "anonymous-token", "simple"]
    first, second = (r for r in transport.requests if r.url.endswith("token"))
    assert first.headers["x-client-id"] == second.headers["x-client-id"]
    assert transport.requests[-1].headers["authorization"] == "Bearer nmv_usr_second"


async def test_a_token_refused_twice_is_an_error(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on(BALANCE, fail(401))
    with pytest.raises(errors.AuthenticationError):
        await build().credits.retrieve()
    assert paths(transport).count("simple") == 2


async def test_a_token_of_the_user_is_never_replaced(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on(BALANCE, fail(200, 1001))
    with pytest.raises(errors.AuthenticationError):
        await build(token="nmv_usr_mine").credits.retrieve()
    assert paths(transport) == ["simple"]


async def test_the_environment_gives_the_token(
    build: Build, transport: MemoryTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEMO_TOKEN", "nmv_usr_env")
    await build().credits.retrieve()
    assert transport.requests[0].headers["authorization"] == "Bearer nmv_usr_env"


async def test_a_refused_client_id_is_replaced_once(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on("/anonymous-token", fail(400), ok({"token": "nmv_usr_x"}))
    await build().credits.retrieve()
    first, second = (r.headers["x-client-id"] for r in transport.requests[:2])
    assert first != second


async def test_a_client_id_that_is_wanted_elsewhere_goes_along_from_then_on(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    missing = json.dumps({"code": 400, "message": "Missing X-Client-Id"}).encode()
    script.on(BALANCE, Reply(400, {}, missing), ok({}))
    client = build()
    await client.credits.retrieve()
    await client.credits.retrieve()
    assert ["x-client-id" in request.headers for request in transport.requests] == [
        *(True, False, True, True)
    ]


async def test_the_client_id_is_the_vendors(
    build: Build, transport: MemoryTransport, tmp_path: Path
) -> None:
    folder = tmp_path / "config"
    folder.mkdir(mode=0o700)
    (folder / "client_id").write_text("123E4567-e89b-42d3-a456-426614174000\n")
    await build().credits.retrieve()
    assert transport.requests[0].headers["x-client-id"] == "123E4567-e89b-42d3-a456-426614174000"


async def test_a_home_that_cannot_be_written_is_one_warning(
    build: Build, transport: MemoryTransport, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("in the way")
    client = build(config_dir=tmp_path / "file" / "config")
    await client.credits.retrieve()
    await client.credits.retrieve()
    assert paths(transport) == ["anonymous-token", "simple", "simple"]
    assert len([r for r in caplog.records if r.name == "nemovideo.auth"]) == 1


@pytest.mark.parametrize(
    "failure",
    [
        errors.APIConnectionError("x", phase="connect"),
        errors.APIConnectionError("x", phase="read"),
        errors.APITimeoutError("x", phase="wait"),
        fail(500),
        fail(502),
        fail(408),
        fail(429),
        fail(200, 429),
    ],
)
async def test_a_read_is_sent_again(
    build: Build, script: Script, failure: Reply | Exception
) -> None:
    script.on(BALANCE, failure, failure, ok({"available": 3}))
    assert (await build().credits.retrieve()).available == 3


async def test_a_read_is_given_up_after_max_retries_and_lists_the_attempts(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on(BALANCE, errors.APIConnectionError("x", phase="connect"), fail(503))
    with pytest.raises(errors.ServerError) as caught:
        await build(max_retries=3).credits.retrieve()
    assert paths(transport).count("simple") == 4
    assert [(each.number, each.phase, each.status) for each in caught.value.attempts] == [
        (1, "connect", None),
        (2, "read", 503),
        (3, "read", 503),
        (4, "read", 503),
    ]


async def test_nothing_is_repeated_without_retries(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on(BALANCE, fail(503))
    with pytest.raises(errors.ServerError) as caught:
        await build(max_retries=0).credits.retrieve()
    assert paths(transport).count("simple") == 1
    assert len(caught.value.attempts) == 1


async def test_a_long_retry_after_is_raised_at_once(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on(BALANCE, fail(429, retry_after="121"))
    with pytest.raises(errors.RateLimitError) as caught:
        await build().credits.retrieve()
    assert caught.value.retry_after == 121
    assert paths(transport).count("simple") == 1


async def test_an_outage_of_the_token_endpoint_is_not_multiplied(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on("/anonymous-token", fail(503))
    with pytest.raises(errors.ServerError):
        await build(max_retries=2).credits.retrieve()
    assert len(transport.requests) == 3


async def test_the_registration_link_names_the_user(build: Build, script: Script) -> None:
    script.on("/run_sse", fail(200, 2001))
    client = build(web_url="https://web.example")
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        async with client.messages.stream("s", "hello"):
            pass
    assert caught.value.registration_url == "https://web.example/register?bind=u-1"
    assert caught.value.registration_url in (caught.value.hint or "")


async def test_the_registration_link_names_the_user_of_a_saved_token(
    build: Build, script: Script
) -> None:
    await build().credits.retrieve()
    script.on(BALANCE, fail(200, 2001))
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        await build().credits.retrieve()
    assert (caught.value.registration_url or "").endswith("/register?bind=u-1")


async def test_the_registration_link_names_the_task_where_no_user_is_known(
    build: Build, script: Script
) -> None:
    script.on("/anonymous-token", ok({"token": "nmv_usr_first"}))
    script.on("/with-session/nemo_agent", ok({"session_id": "s", "task_id": "t-9"}))
    script.on("/run_sse", fail(200, 2001))
    client = build()
    session = await client.sessions.create()
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        async with client.messages.stream(session.session_id, "hello"):
            pass
    assert (caught.value.registration_url or "").endswith("/register?bind=t-9")


async def test_a_state_that_names_no_task_leaves_the_newest_one_known(
    build: Build, script: Script
) -> None:
    script.on("/anonymous-token", ok({"token": "nmv_usr_first"}))
    script.on("/with-session/nemo_agent", ok({"session_id": "s", "task_id": "t-9"}))
    script.on("/latest", ok({"state": {"draft": {}}}))
    script.on("/run_sse", fail(200, 2001))
    client = build()
    await client.sessions.create()
    await client.states.retrieve("s")
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        async with client.messages.stream("s", "hello"):
            pass
    assert (caught.value.registration_url or "").endswith("/register?bind=t-9")


@pytest.mark.parametrize(
    ("token", "advice"), [(None, "/register?bind="), ("nmv_usr_mine", "Top up credits")]
)
async def test_at_a_sandbox_the_hint_says_also_how_to_start_it_with_more_credits(
    build: Build, script: Script, token: str | None, advice: str
) -> None:
    script.on("/anonymous-token", ok({"token": "nmv_usr_free", "user_id": "u-1"}))
    script.on(BALANCE, fail(200, 2001))
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        await build(token=token, base_url="http://127.0.0.1:8400").credits.retrieve()
    hint = caught.value.hint or ""
    assert advice in hint and hint.count("Sandbox(credits=N), or --credits N") == 1


async def test_a_registered_user_is_advised_to_top_up(build: Build, script: Script) -> None:
    script.on(BALANCE, fail(200, 2001))
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        await build(token="nmv_usr_mine").credits.retrieve()
    assert caught.value.registration_url is None
    assert caught.value.hint == "Top up credits in your account."


async def test_a_read_follows_a_redirect_without_credentials_to_another_host(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on(BALANCE, Reply(307, {"location": "https://elsewhere.example/moved"}))
    script.on("/moved", ok({"available": 5}))
    assert (await build().credits.retrieve()).available == 5
    moved = transport.requests[-1]
    assert not {"authorization", "x-client-id", "x-skill-source"} & set(moved.headers)


async def test_one_refusal_of_a_message_is_repeated_whatever_came_before_it(
    build: Build, script: Script, transport: MemoryTransport, slept: list[float]
) -> None:
    unreached = errors.APIConnectionError("x", phase="connect")
    stream = Reply(200, {"content-type": "text/event-stream"}, b"data: {}\n\n")
    script.on("/run_sse", unreached, fail(429), stream)
    async with build(token="nmv_usr_x").messages.stream("s", "hello"):
        pass
    assert paths(transport) == ["run_sse"] * 3


async def ask(client: AsyncNemoVideo, _: Path) -> object:
    return await client.credits.retrieve()


async def fetch(client: AsyncNemoVideo, folder: Path) -> object:
    film = Render(id="r", status="completed", size=3)
    return await client.renders.download(film, folder / "film.mp4")


@pytest.mark.parametrize(("use", "body"), [(ask, b"{}"), (fetch, b"mp4")], ids=["call", "file"])
@pytest.mark.parametrize(("hops", "arrives"), [(5, True), (6, False)])
async def test_five_redirects_are_followed_and_no_more(
    use: Callable[[AsyncNemoVideo, Path], Awaitable[object]],
    body: bytes,
    hops: int,
    arrives: bool,
    tmp_path: Path,
) -> None:
    def answer(request: Request) -> Reply:
        if len(transport.requests) <= hops:
            return Reply(302, {"location": f"/hop/{len(transport.requests)}"})
        return Reply(200, {}, body)

    transport = MemoryTransport(answer)
    client = AsyncNemoVideo(
        transport=transport, token="nmv_usr_x", max_retries=0, config_dir=tmp_path
    )
    with nullcontext() if arrives else pytest.raises(errors.NemoVideoError):
        await use(client, tmp_path)
    assert len(transport.requests) == 6


@pytest.mark.parametrize(
    ("failure", "waits"),
    [
        (fail(429, retry_after="7"), [7, 7]),
        (fail(503, retry_after="7"), [7, 7]),
        (fail(503, retry_after="0"), [0, 0]),
        (fail(429), [30, 30]),
    ],
)
async def test_a_repeat_comes_when_the_service_says(
    build: Build, script: Script, slept: list[float], failure: Reply, waits: list[float]
) -> None:
    script.on(BALANCE, failure)
    with pytest.raises(errors.APIError):
        await build(timing=Timing(), token="nmv_usr_x").credits.retrieve()
    assert slept == waits


async def test_a_repeat_comes_later_each_time_and_not_for_all_at_once(
    build: Build, script: Script, slept: list[float]
) -> None:
    script.on(BALANCE, fail(500))
    with pytest.raises(errors.ServerError):
        await build(timing=Timing(), token="nmv_usr_x", max_retries=6).credits.retrieve()
    least = [0.5, 1, 2, 4, 8, 8]
    beyond = [wait - at_least for wait, at_least in zip(slept, least, strict=True)]
    assert all(0 <= each <= 0.5 for each in beyond)
    assert len(set(beyond)) > 1


@pytest.mark.parametrize(
    ("method", "url", "location", "followed"),
    [
        ("GET", "https://a/x", "/y", "https://a/y"),
        ("GET", "https://a/x", "https://b/y", "https://b/y"),
        ("GET", "https://a/x", "http://b/y", None),
        ("GET", "https://a/x", "http://127.0.0.1:1/y", None),
        ("GET", "https://a/x", "https://localhost/y", None),
        ("GET", "https://a/x", "//2130706433/y", None),
        ("GET", "https://a/x", "https://me@a/y", None),
        ("GET", "http://127.0.0.1:1/x", "http://localhost:2/y", "http://localhost:2/y"),
        ("GET", "http://127.0.0.1:1/x", "http://a/y", None),
        ("GET", "https://a/x", "ftp://b/y", None),
        ("GET", "https://a/x", "https://[b/y", None),
        ("POST", "https://a/x", "https://a/y", None),
    ],
)
def test_where_a_redirect_may_lead(
    method: str, url: str, location: str, followed: str | None
) -> None:
    request = Request(method, url, {"authorization": "x", "range": "bytes=1-"})
    next_request = build_redirect(request, 307, {"location": location})
    assert (next_request.url if next_request else None) == followed


def test_on_the_same_host_the_credentials_stay() -> None:
    request = Request("GET", "https://a/x", {"authorization": "x"})
    followed = build_redirect(request, 302, {"location": "/y"})
    assert followed is not None
    assert followed.headers["authorization"] == "x"


async def test_with_options_shares_the_token_and_changes_the_rest(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    client = build()
    await client.credits.retrieve()
    eager = client.with_options(max_retries=0, timing=Timing(request=1))
    script.on(BALANCE, fail(500))
    with pytest.raises(errors.ServerError):
        await eager.credits.retrieve()
    assert paths(transport) == ["anonymous-token", "simple", "simple"]
    assert transport.requests[-1].total_timeout == 1


async def test_a_client_made_with_options_is_the_same_client_to_the_service(
    build: Build, script: Script, transport: MemoryTransport, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("no folder can be made here, so no client id is saved")
    missing = json.dumps({"code": 400, "message": "Missing X-Client-Id"}).encode()
    script.on(BALANCE, Reply(400, {}, missing), ok({}))
    client = build(config_dir=tmp_path / "file" / "config")
    await client.credits.retrieve()
    await client.with_options(timeout=5).credits.retrieve()
    ids = [request.headers.get("x-client-id") for request in transport.requests]
    assert ids == [ids[0], None, ids[0], ids[0]]


async def test_deadlines_reach_the_transport(build: Build, transport: MemoryTransport) -> None:
    client = build(timing=Timing(connect=3, request=7))
    await client.credits.retrieve()
    assert transport.requests[-1].connect_timeout == 3
    assert transport.requests[-1].total_timeout == 7


async def test_the_repr_never_shows_the_token(build: Build) -> None:
    assert "nmv" not in repr(build(token="nmv_usr_mine"))
    assert "token=set" in repr(build(token="nmv_usr_mine"))
    assert "token=not set" in repr(build())


def test_bad_settings_are_refused_by_name() -> None:
    for name, value in {
        "base_url": "http://example.com",
        "web_url": "nonsense",
        "client_id": "not-a-uuid",
        "token": "two\nlines",
        "source": "\u00e9",
        "max_retries": -1,
    }.items():
        with pytest.raises(nemovideo.InvalidInputError) as caught:
            AsyncNemoVideo(**{name: value})  # type: ignore[arg-type]  # that is the point
        assert caught.value.parameter == name
        assert caught.value.accepted


async def test_one_call_may_have_its_own_timeout_and_headers(
    build: Build, transport: MemoryTransport
) -> None:
    client = build()
    once = client.with_options(timeout=3, extra_headers={"X-Trace": "t-1"})
    await once.credits.retrieve()
    assert transport.requests[-1].total_timeout == 3
    assert transport.requests[-1].headers["x-trace"] == "t-1"
    await client.credits.retrieve()
    assert "x-trace" not in transport.requests[-1].headers


async def test_extra_headers_stay_with_the_service(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    script.on(BALANCE, Reply(307, {"location": "https://elsewhere.example/moved"}))
    script.on("/moved", ok({}))
    await build().with_options(extra_headers={"X-Trace": "t-1"}).credits.retrieve()
    assert "x-trace" not in transport.requests[-1].headers


@pytest.mark.parametrize("name", ["Authorization", "X-Client-Id", "X-Skill-Source", "a b", "Host"])
async def test_a_header_of_the_client_is_not_overruled(build: Build, name: str) -> None:
    with pytest.raises(errors.InvalidInputError):
        build().with_options(extra_headers={name: "x"})


async def test_the_answer_as_it_came_is_behind_one_door(build: Build, script: Script) -> None:
    seen: list[Response] = []
    script.on("/run_sse", Reply(200, {"content-type": "text/event-stream"}, b"data: {}\n\n"))
    client = build().with_options(on_response=seen.append)
    await client.credits.retrieve()
    async with client.messages.stream("s", "hello"):
        pass
    assert seen[-2].headers["x-request-id"] == "r-1"
    assert json.loads(seen[-2].body)["code"] == 0
    assert (seen[-1].status, seen[-1].body) == (200, b"")


async def test_a_claim_that_cannot_be_read_is_in_no_traceback(build: Build, script: Script) -> None:
    script.on("/claim-token", ok({"claimToken": "clm_secret"}))
    with pytest.raises(errors.ServerError, match="lacks claim_token") as caught:
        await build().tokens.create_claim("s-1", "t-1")
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    package = [frame for frame in shown.stack if "nemovideo/resources" in frame.filename]
    assert package
    assert "clm_secret" not in str([frame.locals for frame in package])


async def test_a_client_made_with_options_shares_what_was_learned_from_answers(
    build: Build, script: Script, transport: MemoryTransport
) -> None:
    missing = json.dumps({"code": 400, "message": "Missing X-Client-Id"}).encode()
    script.on(
        BALANCE,
        lambda request: ok({}) if "x-client-id" in request.headers else Reply(400, {}, missing),
    )
    client = build(token="nmv_usr_x")
    for each in [client, *(client.with_options(timeout=5) for _ in range(4))]:
        await each.credits.retrieve()
    assert len(transport.requests) == 6


async def test_a_registration_link_names_the_newest_task_whichever_client_opened_it(
    build: Build, script: Script
) -> None:
    script.on("/anonymous-token", ok({"token": "nmv_usr_first"}))
    script.on("/nemo_agent", ok({"session_id": "s-1", "task_id": "t-1"}))
    script.on(BALANCE, fail(200, 2001))
    client = build()
    await client.with_options(timeout=5).sessions.create()
    with pytest.raises(errors.InsufficientCreditsError) as caught:
        await client.credits.retrieve()
    assert caught.value.registration_url == "https://nemovideo.com/register?bind=t-1"
