"""`nemovideo verify`: all holds against the sandbox, and whatever differs is named."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from nemovideo.cli.verify.command import verify
from nemovideo.cli.verify.facts import FACTS, messages
from nemovideo.cli.verify.service import PROMPT
from nemovideo.config.settings import load_settings
from nemovideo.sandbox import Sandbox
from nemovideo.transports import Request, Response, StreamedResponse, Transport, default_transport
from tests.cli.conftest import Run
from tests.conftest import QUICK, TALKATIVE
from tests.docs.stage import ROOT

Lie = Callable[[Request, Response], Response]


class Lying:
    """A server that differs: what a sandbox answers on its socket, with one thing changed."""

    def __init__(self, lie: Lie, stream: Callable[[list[bytes]], list[bytes]]) -> None:
        self._carrier: Transport = default_transport()
        self._lie, self._stream_lie = lie, stream

    async def send(self, request: Request) -> Response:
        return self._lie(request, await self._carrier.send(request))

    @asynccontextmanager
    async def stream(self, request: Request) -> AsyncGenerator[StreamedResponse]:
        async with self._carrier.stream(request) as response:
            yield Whole(response, self._stream_lie)

    async def aclose(self) -> None:
        await self._carrier.aclose()


class Whole:
    """A stream that is read as a whole, and handed over event by event."""

    def __init__(self, response: StreamedResponse, lie: Callable[[list[bytes]], list[bytes]]):
        self.status, self.headers, self.cancel_safe = response.status, response.headers, True
        self._response, self._lie = response, lie
        self._events: list[bytes] | None = None

    async def receive(self) -> bytes:
        if self._events is None:
            body = b""
            while chunk := await self._response.receive():
                body += chunk
            self._events = self._lie([each + b"\n\n" for each in body.split(b"\n\n") if each])
        return self._events.pop(0) if self._events else b""

    async def receive_by(self, deadline: float) -> bytes | None:
        del deadline
        return await self.receive()


def replaced(path: str, status: int, body: object, when: Callable[[Request, Response], Any]) -> Lie:
    def lie(request: Request, response: Response) -> Response:
        if path in request.url and when(request, response):
            kind = {"content-type": "application/json"}
            return Response(status, kind, json.dumps(body).encode())
        return response

    return lie


def edited(path: str, edit: Callable[[dict[str, Any], dict[str, Any]], object]) -> Lie:
    """Change the JSON of answers; `edit` gets the data and the whole."""

    def lie(request: Request, response: Response) -> Response:
        if path not in request.url or not response.body.startswith(b"{"):
            return response
        whole = json.loads(response.body)
        edit(whole.get("data") or whole, whole)
        return Response(response.status, response.headers, json.dumps(whole).encode())

    return lie


def balance(number: int, change: Callable[[dict[str, Any]], object]) -> Lie:
    """Change the balance that is read as the `number`th."""
    seen: list[int] = []

    def edit(data: dict[str, Any], whole: object) -> None:
        del whole
        seen.append(1)
        if len(seen) == number:
            change(data)

    return edited("/balance/simple", edit)


def drafts(change: Callable[[dict[str, Any]], object], first: int = 1) -> Lie:
    """Change the draft of the state, from the `first` time on that it is read with a draft."""
    seen: list[int] = []

    def edit(data: dict[str, Any], whole: object) -> None:
        del whole
        if draft := data.get("state", {}).get("draft"):
            seen.append(1)
            if len(seen) >= first:
                change(draft)

    return edited("/api/state/", edit)


def headed(name: str, value: str) -> Lie:
    def lie(request: Request, response: Response) -> Response:
        del request
        return Response(response.status, {**response.headers, name: value}, response.body)

    return lie


def in_body(words: bytes) -> Callable[[Request, Response], bool]:
    return lambda request, response: isinstance(request.body, bytes) and words in request.body


def status(number: int) -> Callable[[Request, Response], bool]:
    return lambda request, response: response.status == number


def segments(draft: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for track in draft["t"]:
        yield from track["sg"]


FINE: dict[str, Any] = {"code": 0, "data": {"token": "nmv_usr_other", "files": []}}
TOKEN, UPLOAD, RENDER = "anonymous-token", "/api/upload-video/", "/api/render/proxy/lambda"
STATE = "/api/state/"


def code(number: int) -> Callable[[Request, Response], bool]:
    return lambda request, response: json.loads(response.body or b"{}").get("code") == number


def same(events: list[bytes]) -> list[bytes]:
    return events


def truth(request: Request, response: Response) -> Response:
    del request
    return response


def added(event: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda events: [*events, event]


def without_heartbeats(events: list[bytes]) -> list[bytes]:
    return [each for each in events if b'"heartbeat"' not in each and each.startswith(b"data: ")]


def other_wholes(events: list[bytes]) -> list[bytes]:
    return [each if b'"partial"' in each else each.replace(b"video", b"film") for each in events]


LIES: dict[str, Callable[[], Lie]] = {
    "A new token has 100 credits": lambda: edited(TOKEN, lambda d, _: d.update(credits=60)),
    "A new token is valid for 7 days": lambda: edited(
        TOKEN, lambda d, _: d.update(expires_at=d["expires_at"] - 3 * 86_400_000)
    ),
    "Scopes `read`, `write`, `upload`": lambda: edited(
        TOKEN, lambda d, _: d.update(scopes=["read"])
    ),
    "400 when `X-Client-Id` is missing": lambda: replaced(
        TOKEN, 200, FINE, lambda request, _: "x-client-id" not in request.headers
    ),
    "400 when the client id is not a UUID": lambda: replaced(
        TOKEN, 200, FINE, lambda request, _: request.headers.get("x-client-id") == "no-uuid"
    ),
    "429 when a client asks more than once in 7 days": lambda: replaced(
        TOKEN, 200, FINE, status(429)
    ),
    "429 carries no `Retry-After`": lambda: headed("retry-after", "30"),
    "A bad token gets 1001, with HTTP 200": lambda: replaced(
        "/balance/", 401, {"code": 1001}, code(1001)
    ),
    "`expires_at` is in milliseconds since the epoch": lambda: edited(
        TOKEN, lambda d, _: d.update(expires_at=d["expires_at"] // 1000)
    ),
    "A new session has `session_id`, `task_id`": lambda: edited(
        "/with-session/", lambda d, _: d.pop("task_id")
    ),
    "1002, or 404, for an unknown session": lambda: replaced("/api/state/", 200, FINE, code(1002)),
    "Claim tokens are valid for 604800 seconds": lambda: edited(
        "/claim-token", lambda d, _: d.update(expires_in=3600)
    ),
    "A claim with a wrong `task_id` gets 400": lambda: replaced(
        "/claim-token", 200, FINE, status(400)
    ),
    "The state lists uploads in `video_infos`": lambda: edited(
        "/api/state/", lambda d, _: d["state"].pop("video_infos")
    ),
    "A clip gets music or a title by itself": lambda: drafts(
        lambda draft: draft.update(t=[each for each in draft["t"] if each["tt"] == 0])
    ),
    "Both stages are over before the stream closes": lambda: drafts(
        lambda draft: draft.update(later=True), first=3
    ),
    "A message without its fields gets 422": lambda: replaced("/run_sse", 200, {}, status(422)),
    "An empty message gets 400": lambda: replaced("/run_sse", 200, {}, status(400)),
    "Another `app_name` finds no session": lambda: replaced("/run_sse", 200, {}, code(1002)),
    "`role` and `streaming` are accepted": lambda: replaced(
        "/run_sse", 422, {"detail": "no"}, in_body(b'"streaming"')
    ),
    "The balance has `available`, `frozen`, `total`": lambda: edited(
        "/balance/", lambda d, _: d.pop("frozen", None)
    ),
    "Credits are reserved while an operation runs": lambda: balance(
        4, lambda data: data.update(available=1000)
    ),
    "A generated clip costs 100": lambda: balance(6, lambda data: data.update(available=950)),
    "An export costs nothing": lambda: balance(7, lambda data: data.update(available=890)),
    "`total` is `available` plus `frozen`": lambda: edited(
        "/balance/", lambda d, _: d.update(total=5)
    ),
    "A draft has `t`, `tt`, `sg`, `d`, `m`": lambda: drafts(
        lambda draft: [track.update(segments=track.pop("sg")) for track in draft["t"]]
    ),
    "`m` has `start` and `name`, of a title `text`": lambda: drafts(
        lambda draft: [each["m"].pop("start") for each in segments(draft)]
    ),
    "Uploads by multipart field `files`": lambda: edited(
        UPLOAD, lambda d, _: d["files"][0].pop("cdn_url")
    ),
    "Uploads by JSON `urls`": lambda: replaced(UPLOAD, 400, {"code": 400}, in_body(b'"urls"')),
    "A .txt gets 4001": lambda: replaced(UPLOAD, 200, FINE, in_body(b"verify.txt")),
    "An upload that is neither gets 400": lambda: replaced(UPLOAD, 200, FINE, status(400)),
    "4001 when the content is not what the name says": lambda: replaced(
        UPLOAD, 200, FINE, in_body(b"verify.mp4")
    ),
    "A second file of the same name gets a number": lambda: edited(
        UPLOAD, lambda d, _: d["files"][0].update(filename="verify.png")
    ),
    "Uploads have `width`, `height` and `duration`": lambda: edited(
        UPLOAD, lambda d, _: d["files"][0].update(width=3, height=4)
    ),
    "A truncated picture gets 4001": lambda: replaced(UPLOAD, 200, FINE, in_body(b"cut.png")),
    "A truncated song is accepted": lambda: replaced(
        UPLOAD, 200, {"code": 4001}, in_body(b"cut.wav")
    ),
    "`hash` is SHA-256 in hexadecimal": lambda: edited(
        UPLOAD, lambda d, _: d["files"][0].update(hash="d41d8cd98f00b204e9800998ecf8427e")
    ),
    "Files are served by another host": lambda: (
        lambda request, response: edited(
            UPLOAD, lambda d, _: d["files"][0].update(cdn_url=f"{request.url}/a.png?s=1")
        )(request, response)
    ),
    "A file's URL is refused without its signature": lambda: replaced(
        "/files/", 200, {}, lambda request, _: "?" not in request.url
    ),
    "Files have `ETag` and take `Range`": lambda: replaced("/files/", 200, {}, status(206)),
    "A render is completed and has a URL": lambda: edited(
        RENDER, lambda d, _: d.update(status="done")
    ),
    "A render without attribution gets 402": lambda: replaced(RENDER, 200, {}, status(402)),
    "A render's id is taken once": lambda: replaced(RENDER, 200, {}, status(409)),
    "Another id than `render_…` is refused": lambda: replaced(RENDER, 200, {}, status(400)),
    "An unknown render gets 404": lambda: replaced(RENDER, 200, {}, status(404)),
    "A cancelled render has the status `failed`": lambda: edited(
        RENDER, lambda d, _: d.update(status="cancelled")
    ),
    "A render as `gif`, in low quality, is accepted": lambda: replaced(
        RENDER, 400, {"success": False}, in_body(b'"gif"')
    ),
}
STREAM_LIES = {
    "Events have one of the two shapes": added(b'data: {"kind": "hologram"}\n\n'),
    "The stream ends by closing": added(b'data: {"type": "done"}\n\n'),
    "The stream has heartbeats": without_heartbeats,
    "ADK chunks are `partial`, then repeated as a whole": other_wholes,
    "No silence of more than 15 seconds": same,  # the limit is lowered instead
}


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[str, Sandbox]]:
    shared: Any = {"stub_renders": True, "behavior": TALKATIVE, "credits": 1000}
    with Sandbox(**shared) as typed, Sandbox(sse_shape="adk", **shared) as adk:
        yield {"typed": typed, "adk": adk}


async def findings_of(sandbox: Sandbox, folder: Path, carrier: Any, **options: Any) -> Any:
    settings = load_settings(
        base_url=sandbox.url, web_url=sandbox.web_url, config_dir=folder, timing=QUICK
    )
    try:
        return await verify(settings, carrier, 150, **options)
    finally:
        await carrier.aclose()


@pytest.mark.anyio
@pytest.mark.parametrize("fact", [fact.name for fact in FACTS if fact.check is not None])
async def test_what_differs_is_named(
    fact: str, servers: dict[str, Sandbox], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if fact.startswith("No silence"):
        monkeypatch.setattr(messages, "_HEARTBEAT_SECONDS", 0)
    lying = Lying(LIES.get(fact, lambda: truth)(), STREAM_LIES.get(fact, same))
    server = servers["adk" if fact.startswith("ADK") else "typed"]
    (finding,) = await findings_of(server, tmp_path, lying, only={fact})
    assert (finding.fact, finding.verdict) == (fact, "differs"), finding.found


def failing(path: str, number: int) -> Lie:
    """Answer 503 to the `number`th GET of a path."""
    seen: list[int] = []

    def lie(request: Request, response: Response) -> Response:
        if request.method == "GET" and path in request.url:
            seen.append(1)
            if len(seen) == number:
                return Response(503, {}, b"busy")
        return response

    return lie


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("fact", "lie", "verdict"),
    [
        ("A generated clip costs 100", lambda: failing("/balance/", 6), "not tried"),
        ("An export costs nothing", lambda: failing("/balance/", 7), "not tried"),
        ("An empty message gets 400", lambda: failing("/balance/", 7), "not tried"),
        ("Both stages are over before the stream closes", lambda: failing(STATE, 3), "not tried"),
        ("A render is completed and has a URL", lambda: failing(RENDER, 1), "held"),
        ("Uploads by multipart field `files`",
         lambda: edited(UPLOAD, lambda d, _: d.update(files=7)), "differs"),
        ("A draft has `t`, `tt`, `sg`, `d`, `m`",
         lambda: drafts(lambda draft: draft.update(t=7)), "differs"),
    ],
)  # fmt: skip
async def test_what_could_not_be_read_is_no_difference_and_another_type_is_one(
    fact: str, lie: Any, verdict: str, servers: dict[str, Sandbox], tmp_path: Path
) -> None:
    found = await findings_of(servers["typed"], tmp_path, Lying(lie(), same), only={fact})
    assert [each.verdict for each in found] == [verdict], found


@pytest.mark.anyio
@pytest.mark.parametrize("shape", ["typed", "adk"])
async def test_all_holds_against_the_sandbox_and_the_clip_is_paid_for_once(
    shape: str, servers: dict[str, Sandbox], tmp_path: Path
) -> None:
    sandbox = servers[shape]
    clips = [charge for charge in sandbox.charges if charge.message == PROMPT]
    found = await findings_of(sandbox, tmp_path, default_transport())
    untried = {each.fact for each in found if each.verdict == "not tried"}
    assert [each for each in found if each.verdict == "differs"] == []
    cannot = {fact.name for fact in FACTS if fact.check is None}
    by_chance = {"A cancelled render has the status `failed`", "The stream has heartbeats"}
    assert untried - by_chance <= cannot | {"ADK chunks are `partial`, then repeated as a whole"}

    messages = sum(each.endpoint == "messages.stream" for each in sandbox.requests)
    again = await findings_of(sandbox, tmp_path, default_transport())
    sent = [each for each in sandbox.requests if each.endpoint == "messages.stream"][messages:]
    assert [each.text for each in sent] == [None]  # the one without its fields
    assert [each for each in again if each.verdict == "differs"] == []
    paid = [charge for charge in sandbox.charges if charge.message == PROMPT]
    assert len(paid) == len(clips) + 1


def test_every_row_of_the_fidelity_page_is_a_fact_and_every_fact_a_row() -> None:
    page = (ROOT / "docs/sandbox-fidelity.md").read_text("utf-8")
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    rows = {line.removeprefix("| ").split(" | ")[0] for line in lines}
    assert {fact.row for fact in FACTS} == rows - {"behaviour", "---"}
    assert len({fact.name for fact in FACTS}) == len(FACTS)
    assert {fact.name for fact in FACTS if fact.check} == LIES.keys() | STREAM_LIES.keys()


def test_without_spending_no_message_is_sent_and_the_table_says_what_it_would_take(
    run_alone: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Sandbox() as sandbox:
        monkeypatch.setenv("NEMO_API_URL", sandbox.url)
        outcome = run_alone("verify")
    assert outcome.code == 0, outcome.out
    assert "They cost no credits" in outcome.err and "--spend 100" in outcome.err
    assert "not tried A generated clip costs 100" in outcome.out
    assert "it takes a clip: --spend 100" in outcome.out
    assert re.search(r"\d+ held, 0 differs, \d+ not tried\.", outcome.out)
    messages = [each for each in sandbox.requests if each.endpoint == "messages.stream"]
    assert [each.text for each in messages] == [None]  # the one without its fields
    assert "nmv_" not in outcome.out + outcome.err


def test_a_server_that_differs_is_named_on_the_command_line(
    run_alone: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with Sandbox(error_status="http", stub_renders=True) as sandbox:
        monkeypatch.setenv("NEMO_API_URL", sandbox.url)
        evidence = tmp_path / "evidence.jsonl"
        outcome = run_alone("verify", "--json", "--record", str(evidence))
    assert outcome.code == 1
    differs = [each for each in outcome.last["facts"] if each["verdict"] == "differs"]
    assert [(each["fact"], each["found"]) for each in differs] == [
        ("A bad token gets 1001, with HTTP 200", "HTTP 401, code 1001")
    ]
    assert outcome.last["differs"] == 1
    written = evidence.read_text("utf-8")
    assert '"code": 1001' in written and "nmv_" not in written


@pytest.mark.parametrize("option", ["--json", "--quiet"])
def test_what_will_be_spent_is_shown_before_it_is(
    run_alone: Run, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    with Sandbox(stub_renders=True, credits=60) as sandbox:
        monkeypatch.setenv("NEMO_API_URL", sandbox.url)
        with sandbox.unreachable():  # nothing is spent yet
            outcome = run_alone("verify", "--spend", "100", option)
    assert (
        "at most 100 credits" in outcome.out.partition("\n")[0] + outcome.err.partition("Error")[0]
    )


@pytest.mark.parametrize("spend", ["nan", "inf", "-1"])
def test_what_is_no_number_of_credits_is_refused(run_alone: Run, spend: str) -> None:
    assert run_alone("verify", "--sandbox", f"--spend={spend}").code == 2


def test_an_unreachable_service_is_an_error_and_no_table(run_alone: Run) -> None:
    outcome = run_alone("verify", "--base-url", "http://127.0.0.1:1")
    assert (outcome.code, outcome.out) == (1, "")
