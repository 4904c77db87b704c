"""A web page that makes videos: a form, the agent's words and percent, then the film in a <video>.

    uvicorn web_fastapi:app --timeout-graceful-shutdown 5

and open http://127.0.0.1:8000. Its test is `test_web_fastapi.py`. What is asked for is in a folder
before anything is sent, under an id that the page chooses and that is the key: a second click, a
restart and a kill lead to the same film, paid once. The guide "Web back ends" has several workers.
"""

import json
import logging
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import anyio
from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from pydantic import BaseModel, Field

import nemovideo
from nemovideo.events import Event, Reconnecting, RenderProgress, SessionStarted, Text

FILMS = Path("films")
PAUSE = 60.0  # seconds
MOST_TRIES = 24 * 60
# Nothing comes of these, however often they are repeated; all else may only take longer.
# After a SessionNotFoundError the key is free: a repetition would pay for a second video.
FINAL = (
    nemovideo.InvalidInputError,
    nemovideo.InsufficientCreditsError,
    nemovideo.NothingToExportError,
    nemovideo.SessionNotFoundError,
)
logger = logging.getLogger(__name__)
PAGE = """<!doctype html><meta name=viewport content="width=device-width"><title>Films</title>
<form id=form><input name=prompt value="a panda in the snow"><button>Make it</button></form>
<p id=state></p> <progress id=bar max=100 hidden></progress>
<pre id=words style="white-space: pre-wrap"></pre>
<video id=film controls hidden style="max-width: 100%"></video>
<script>
let id, asked;
form.onsubmit = async (submitted) => {
  submitted.preventDefault();
  const prompt = form.prompt.value;
  // A second click is no second film.
  if (prompt !== asked) [id, asked] = [newId(), prompt];
  const body = JSON.stringify({prompt}), headers = {"Content-Type": "application/json"};
  const answer = await fetch(`/videos/${id}`, {method: "PUT", headers, body}).catch(() => null);
  if (!answer?.ok) { state.textContent = "This did not work. Please try again."; return; }
  location.hash = id;  // the page can be loaded again
  watch();
};
if (location.hash) { id = location.hash.slice(1); watch(); }
function newId() {  // crypto.randomUUID() wants https
  const bytes = Array.from(crypto.getRandomValues(new Uint8Array(16)));
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
function watch() {
  words.textContent = ""; state.textContent = "Working…"; film.hidden = true;
  const events = new EventSource(`/videos/${id}/events`);
  events.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.anew) words.textContent = "";
    if (event.text) words.append(event.text);
    if (event.state) state.textContent = event.state;
    bar.hidden = event.percent == null; bar.value = event.percent ?? 0;
    if (event.film) { film.src = event.film; film.hidden = false; }
    if (event.ended) { events.close(); if (!event.film) asked = null; }
  };
}
</script>"""


class Job:
    """What is known of a video, for however many pages that watch it."""

    def __init__(self) -> None:
        self.messages: list[dict[str, object]] = []
        self.news = anyio.Event()

    def publish(self, **message: object) -> None:
        self.messages.append(message)
        self.news.set()
        self.news = anyio.Event()

    async def stream(self, after: int) -> AsyncGenerator[str]:
        while True:
            news = self.news
            while after + 1 < len(self.messages):  # more may come while this one is on its way
                after += 1
                yield f"id: {after}\ndata: {json.dumps(self.messages[after])}\n\n"
                if self.messages[after].get("ended"):
                    return
            await news.wait()


jobs: dict[uuid.UUID, Job] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    # One client for the application: it keeps connections, its token and the journal.
    async with nemovideo.AsyncNemoVideo() as client, anyio.create_task_group() as tasks:
        app.state.client, app.state.tasks = client, tasks
        FILMS.mkdir(exist_ok=True)
        # What an earlier process has begun, and not ended: the same calls again.
        for asked in FILMS.glob("*.json"):
            start(uuid.UUID(asked.stem), json.loads(asked.read_text())["prompt"])
        yield
        tasks.cancel_scope.cancel()  # what is unfinished is in the journal, for the next start


def start(job_id: uuid.UUID, prompt: str) -> None:
    if job_id not in jobs:
        jobs[job_id] = Job()
        if (FILMS / f"{job_id}.mp4").exists():
            finish(job_id)
        else:
            app.state.tasks.start_soon(make, job_id, prompt)


def finish(job_id: uuid.UUID) -> None:
    jobs[job_id].publish(state="Done.", film=f"/videos/{job_id}", ended=True)


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def page() -> HTMLResponse:
    return HTMLResponse(PAGE)


class Wanted(BaseModel, str_strip_whitespace=True):
    prompt: str = Field(min_length=1, max_length=2000)


@app.put("/videos/{job_id}", status_code=202)
async def ask(job_id: uuid.UUID, wanted: Wanted) -> None:
    # Not a GET, as it costs money: browsers repeat a GET as they like. And the work belongs to the
    # application, not to whoever watches: a closed tab stops nothing that is paid for.
    if job_id not in jobs:
        (FILMS / f"{job_id}.json").write_text(wanted.model_dump_json())  # before anything is sent
        start(job_id, wanted.prompt)


async def make(job_id: uuid.UUID, prompt: str) -> None:
    job, path = jobs[job_id], FILMS / f"{job_id}.mp4"

    def publish(event: Event) -> None:
        match event:
            case SessionStarted(resumed=False):
                job.publish(anew=True)  # the agent begins from the start, and so does its answer
            case Reconnecting():
                job.publish(state="Looking for your film…")
            case Text(text):
                job.publish(text=text)
            case RenderProgress(render):
                job.publish(state="Rendering…", percent=render.progress)

    client: nemovideo.AsyncNemoVideo = app.state.client
    for _ in range(MOST_TRIES):
        try:
            await client.generate(prompt, path=path, key=str(job_id), on_event=publish)
        except Exception as error:
            # An error that nobody catches would end the task group, and with it every video in it.
            # Its text is for whoever runs this: it may hold a link to register the account.
            logger.exception("The film %s did not come.", job_id)
            if isinstance(error, nemovideo.NemoVideoError) and not isinstance(error, FINAL):
                # What was sent may still come. The same key: it is never paid for twice.
                job.publish(state="Still waiting for your film…")
                await anyio.sleep(PAUSE)
                continue
            (FILMS / f"{job_id}.json").unlink()  # or the next start would try it again
            job.publish(state=apology(error), ended=True)
        else:
            finish(job_id)
        return
    job.publish(state="This takes too long, and we are looking into it.", ended=True)


def apology(error: Exception) -> str:
    if isinstance(error, nemovideo.NemoVideoError):
        return error.user_message  # `str(error)` is for us: it may hold ids and addresses
    return "Something went wrong, and we are looking into it."


@app.get("/videos/{job_id}/events")
async def watch(
    job_id: uuid.UUID, last_event_id: Annotated[int, Header()] = -1
) -> StreamingResponse:
    # A browser opens a stream that broke again by itself, and says what it has got of it.
    if job_id not in jobs:
        raise HTTPException(404)
    return StreamingResponse(jobs[job_id].stream(last_event_id), media_type="text/event-stream")


@app.get("/videos/{job_id}")
async def film(job_id: uuid.UUID) -> FileResponse:
    path = FILMS / f"{job_id}.mp4"
    if not path.exists():
        raise HTTPException(404)
    return FileResponse(path)
