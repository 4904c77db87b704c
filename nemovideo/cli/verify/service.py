"""What is asked of the service, and its answers: each request is sent once and kept."""

from __future__ import annotations

import json
import math
import secrets
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final, TypeVar, cast
from urllib.parse import urlsplit

import anyio

from nemovideo._client import AsyncNemoVideo
from nemovideo.cli.verify.samples import BOUNDARY, multipart, png, wav
from nemovideo.concurrency.async_generators import unhooked
from nemovideo.config.settings import Settings
from nemovideo.errors import NemoVideoError
from nemovideo.operations.video import Video
from nemovideo.recording.observed_stream import ObservedStream
from nemovideo.security.redaction import Secret
from nemovideo.sse import SSEDecoder
from nemovideo.transports.base import Request, Response, StreamedResponse, Transport

_T = TypeVar("_T")
Json = Mapping[str, object]

CLIP_CREDITS: Final = 100
MESSAGE_CREDITS: Final = 50
"""What a message is taken to cost at most whose price is not known."""

KEY: Final = "nemovideo verify"
"""The key of the paid clip: another run on the same service uses the same clip."""

PROMPT: Final = "a 5-second video of a panda in a bamboo forest, with music and a title"

ATTRIBUTION: Final = ("x-skill-source", "x-skill-version", "x-skill-platform")
_TIMEOUT: Final = 60.0
_POLL_SECONDS: Final = (0.2, 1, 3)
_RENDER_SECONDS: Final = 600.0
_MOST_MISSES: Final = 10


class Differs(Exception):  # noqa: N818  # a finding, not an error
    """The service does something else; the text says what."""


class NotTried(Exception):  # noqa: N818  # a finding, not an error
    """It could not be found out; the text says why."""


@dataclass(frozen=True)
class Answer:
    """A response, read."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    @property
    def json(self) -> Json:
        """The JSON object, an empty one for anything else."""
        try:
            return as_object(json.loads(self.body))
        except (ValueError, RecursionError):
            return {}

    @property
    def data(self) -> Json:
        """What is in the envelope, or all where there is none."""
        found = self.json
        return as_object(found["data"]) if "data" in found else found

    @property
    def code(self) -> int:
        """The code of the envelope, or else the HTTP status; 0 is a success."""
        code = self.json.get("code")
        if isinstance(code, int) and code:
            return code
        failed = self.status >= 400 or self.json.get("success") is False
        return (self.status if self.status >= 400 else 500) if failed else 0

    def __str__(self) -> str:
        code = self.json.get("code")
        return f"HTTP {self.status}" + (f", code {code}" if code is not None else "")


@dataclass
class Clip:
    """The paid clip, and what was seen while it was made."""

    video: Video
    before: Json
    during: Json | None
    after: Json
    state: Json
    state_later: Json
    events: list[tuple[float, object]] | None
    """Seconds and payload of each event, None where the clip is from an earlier run."""
    keep_alives: int = 0
    longest_silence: float = 0.0
    complete: bool = False

    @property
    def draft(self) -> Json:
        return as_object(as_object(self.state.get("state")).get("draft"))

    @property
    def stream(self) -> list[tuple[float, object]]:
        """The events."""
        if self.events is None:
            raise NotTried("the clip is from an earlier run, which saw its stream")
        return self.events


class Service:
    """The service under test.

    Args:
        settings: Where it is, and with which account.
        carrier: What carries the requests.
        spend: How many credits may be spent.
        settle: Seconds after which a finished session is read again.
    """

    def __init__(self, settings: Settings, carrier: Transport, spend: float, settle: float) -> None:
        self.settings = settings
        self.spend = spend
        self._carrier = carrier
        self._settle = settle
        self._tap = _Tap(carrier)
        token, journal = settings.token, settings.journal
        self.client: AsyncNemoVideo = AsyncNemoVideo(
            token=None if token is None else token.reveal(),
            client_id=settings.client_id,
            base_url=settings.base_url,
            web_url=settings.web_url,
            timing=settings.timing,
            config_dir=settings.config_dir,
            journal=journal.reveal() if isinstance(journal, Secret) else journal or False,
            transport=self._tap,
        )
        self._headers: dict[str, str] = {}
        self._answers: dict[str, object] = {}
        self._locks: dict[str, anyio.Lock] = {}

    async def start(self) -> None:
        """Get a token if there is none, and read the balance.

        Raises:
            NemoVideoError: The service is not there, or refuses the token.
        """
        await self.client.credits.retrieve()
        request, _ = self._tap.find("/api/credits/balance/simple")
        shown = {"authorization", "user-agent", *ATTRIBUTION}
        self._headers = {name: request.headers[name] for name in shown if name in request.headers}

    @property
    def is_new(self) -> bool:
        """Whether the account's token was made in this run."""
        return self._tap.has("/api/auth/anonymous-token")

    def token(self) -> Answer:
        """Return the answer to the request for a token."""
        if not self.is_new:
            raise NotTried("there was a token already: run it with another client id")
        return self._tap.find("/api/auth/anonymous-token")[1]

    def client_id(self) -> str:
        request, _ = self._tap.find("/api/auth/anonymous-token")
        return str(request.headers.get("x-client-id"))

    def balance(self) -> Json:
        return self._tap.find("/api/credits/balance/simple")[1].data

    async def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        without: tuple[str, ...] = (),
        **headers: str,
    ) -> Answer:
        """Send a request once. `body` is JSON, or the bytes of a form."""
        sent = {name: value for name, value in self._headers.items() if name not in without}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        if data is not None:
            form = f"multipart/form-data; boundary={BOUNDARY}"
            sent["content-type"] = form if isinstance(body, bytes) else "application/json"
        url = path if "://" in path else f"{self.settings.base_url}{path}"
        request = Request(method, url, sent, data, total_timeout=_TIMEOUT, connect_timeout=_TIMEOUT)
        try:
            response = await self._carrier.send(request)
        except NemoVideoError as error:
            raise NotTried(f"no answer: {error.message}") from error
        return Answer(response.status, response.headers, response.body)

    async def once(self, name: str, make: Callable[[], Awaitable[_T]]) -> _T:
        """Return what `make` returned when it was first called under this name, or its error."""
        async with self._locks.setdefault(name, anyio.Lock()):
            if name not in self._answers:
                try:
                    self._answers[name] = await make()
                except (Differs, NotTried) as error:
                    self._answers[name] = error
        found = self._answers[name]
        if isinstance(found, Exception):
            raise found
        return cast("_T", found)

    async def session(self) -> Answer:
        body = {"task_name": "verify", "language": "en"}
        path = "/api/tasks/me/with-session/nemo_agent"
        return await self.once("session", partial(self.ask, "POST", path, body))

    async def session_id(self) -> str:
        """Return the id of the session."""
        found = (await self.session()).data.get("session_id")
        if not isinstance(found, str | int) or not found:
            raise NotTried("no session could be made")
        return str(found)

    async def state(self) -> Answer:
        session_id = await self.session_id()
        await self.uploads()
        path = f"/api/state/nemo_agent/me/{session_id}/latest"
        return await self.once("state", partial(self.ask, "GET", path))

    async def upload(self, *files: tuple[str, bytes]) -> Answer:
        path = f"/api/upload-video/nemo_agent/me/{await self.session_id()}"
        return await self.ask("POST", path, multipart(*files))

    async def uploads(self) -> list[Json]:
        async def make() -> list[Json]:
            answer = await self.upload(("verify.png", png()), ("verify.wav", wav()))
            files = as_objects(answer.data.get("files"))
            if answer.code or len(files) != 2:
                raise Differs(f"a PNG and a WAV in one form: {answer}, {len(files)} files")
            return files

        return await self.once("uploads", make)

    async def cdn_url(self) -> str:
        """Return the URL of the uploaded picture."""
        url = (await self.uploads())[0].get("cdn_url")
        if not isinstance(url, str) or "://" not in url:
            raise Differs(f"cdn_url is {url!r}")
        return url

    async def clip(self) -> Clip:
        """Return the paid clip, which is made once."""
        if self.spend < CLIP_CREDITS:
            raise NotTried(f"it takes a clip: --spend {CLIP_CREDITS}")
        return await self.once("clip", self._make_clip)

    async def spent(self) -> float:
        """Return how many credits this run has spent so far."""
        now = (await self.ask("GET", "/api/credits/balance/simple")).data
        return available(self.balance()) - available(now)

    async def paid_message(self, body: Json) -> Answer:
        """Send a message that should cost nothing, if it may cost something, and only once."""
        if (await self.clip()).events is None:
            raise NotTried("an earlier run has tried it: it is not sent twice")
        needed = CLIP_CREDITS + MESSAGE_CREDITS
        if self.spend < needed or await self.spent() + MESSAGE_CREDITS > self.spend:
            raise NotTried(f"it costs credits if the assumption is wrong: --spend {needed}")
        return await self.ask("POST", "/run_sse", body, accept="text/event-stream")

    async def render(self) -> tuple[Answer, list[Json], str]:
        """Return the answer to a render of the clip, what polls of it said, and its id."""
        clip = await self.clip()

        async def make() -> tuple[Answer, list[Json], str]:
            render_id = new_render_id()
            answer = await self.start_render(clip, render_id)
            if answer.code:
                return answer, [], render_id
            return answer, await self.poll(render_id), render_id

        return await self.once("render", make)

    async def start_render(self, clip: Clip, render_id: str, format: str = "mp4") -> Answer:
        body = {
            "id": render_id,
            "sessionId": clip.video.session_id,
            "draft": clip.draft,
            "output": {"format": format, "quality": "high" if format == "mp4" else "low"},
        }
        return await self.ask("POST", "/api/render/proxy/lambda", body)

    async def poll(self, render_id: str) -> list[Json]:
        """Return what polls of a render said until it was over; one that fails is missed."""
        polls: list[Json] = []
        misses = 0
        with anyio.move_on_after(_RENDER_SECONDS):
            while not polls or polls[-1].get("status") in ("pending", "processing"):
                tries = len(polls) + misses
                await anyio.sleep(_POLL_SECONDS[min(tries, len(_POLL_SECONDS) - 1)])
                answer = await self.ask("GET", f"/api/render/proxy/lambda/{render_id}")
                if "status" in answer.data:
                    polls.append(answer.data)
                elif (misses := misses + 1) == _MOST_MISSES:
                    break
        if not polls:
            raise NotTried("the render could not be read")
        return polls

    async def _make_clip(self) -> Clip:
        before = (await self.ask("GET", "/api/credits/balance/simple")).data
        during: list[Json] = []

        async def read_balance() -> None:
            during.append((await self.ask("GET", "/api/credits/balance/simple")).data)

        self._tap.on_stream = read_balance
        try:
            video = await self.client.generate(PROMPT, key=KEY, export=False)
        except NemoVideoError as error:
            raise NotTried(f"there is no clip: {error.message}") from error
        path = f"/api/state/nemo_agent/me/{video.session_id}/latest"
        answer = await self.ask("GET", path)
        if answer.code:
            raise NotTried(f"the session of the clip cannot be read any more: {answer}")
        after = (await self.ask("GET", "/api/credits/balance/simple")).data
        await anyio.sleep(self._settle)
        later = (await self.ask("GET", path)).data
        seen = during[0] if during else None
        clip = Clip(video, before, seen, after, answer.data, later, None)
        self._tap.read_stream(clip)
        return clip


class _Tap:
    """A transport that keeps what it carried for the client."""

    def __init__(self, carrier: Transport) -> None:
        self._carrier = carrier
        self._seen: list[tuple[Request, Answer]] = []
        self._chunks: list[tuple[float, bytes]] = []
        self.on_stream: Callable[[], Awaitable[None]] | None = None

    async def send(self, request: Request) -> Response:
        response = await self._carrier.send(request)
        self._seen.append((request, Answer(response.status, response.headers, response.body)))
        return response

    def stream(self, request: Request) -> AbstractAsyncContextManager[StreamedResponse]:
        return self._stream(request)

    @asynccontextmanager
    @unhooked
    async def _stream(self, request: Request) -> AsyncGenerator[StreamedResponse, None]:
        async with self._carrier.stream(request) as response:
            is_message = urlsplit(request.url).path == "/run_sse"
            yield _Tapped(response, self) if is_message else response

    async def note(self, chunk: bytes) -> None:
        self._chunks.append((anyio.current_time(), chunk))
        if len(self._chunks) == 1 and self.on_stream is not None:
            with anyio.CancelScope(shield=True):
                await self.on_stream()

    async def aclose(self) -> None:
        """Close nothing: the carrier belongs to the caller."""

    def has(self, path: str) -> bool:
        return any(urlsplit(request.url).path == path for request, _ in self._seen)

    def find(self, path: str) -> tuple[Request, Answer]:
        return next(each for each in self._seen if urlsplit(each[0].url).path == path)

    def read_stream(self, clip: Clip) -> None:
        if not self._chunks:
            return
        decoder, started = SSEDecoder(), self._chunks[0][0]
        clip.events = []
        before = started
        for at, chunk in self._chunks:
            clip.longest_silence = max(clip.longest_silence, at - before)
            before = at
            clip.complete = not chunk
            clip.keep_alives += sum(line.startswith(b":") for line in chunk.splitlines())
            for event in decoder.feed(chunk):
                payload = _parsed(event.data)
                is_alive = not event.data or as_object(payload).get("type") == "heartbeat"
                clip.keep_alives += is_alive
                if not is_alive:
                    clip.events.append((at - started, payload))


class _Tapped(ObservedStream):
    """The stream of a message, kept."""

    def __init__(self, response: StreamedResponse, tap: _Tap) -> None:
        super().__init__(response)
        self._tap = tap

    async def observe(self, chunk: bytes) -> None:
        await self._tap.note(chunk)


def new_render_id() -> str:
    return f"render_{secrets.token_hex(16)}"


def unknown_id() -> str:
    return str(uuid.uuid4())


def as_object(value: object) -> Json:
    """Return a JSON object, an empty one for anything else."""
    return cast("Json", value) if isinstance(value, dict) else {}


def as_objects(value: object) -> list[Json]:
    """Return the JSON objects of an array, none for anything else."""
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [as_object(each) for each in items]


def available(balance: Json) -> float:
    """Return the available credits of a balance."""
    found = as_number(balance.get("available"))
    if math.isnan(found):
        raise NotTried("the balance could not be read")
    return found


def as_number(value: object) -> float:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if number and isinstance(value, int | float) else float("nan")


def _parsed(data: str) -> object:
    try:
        return json.loads(data) if data else None
    except (ValueError, RecursionError):
        return data
