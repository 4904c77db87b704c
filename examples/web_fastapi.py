"""A web page that makes videos: a form, the agent's words and percent, then the film in a <video>.

    uvicorn web_fastapi:app

and open http://127.0.0.1:8000. Its test is `test_web_fastapi.py`. The jobs are in memory, so this
is for one worker; the guide "Web back ends" has it with several.
"""

import json
import uuid
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import anyio
from fastapi import FastAPI, Header, HTTPException
from fastapi.responses import FileResponse, HTMLResponse, StreamingResponse
from pydantic import BaseModel

import nemovideo
from nemovideo.events import Event, RenderProgress, Text

FILMS = Path("films")
PAGE = """<!doctype html><meta name=viewport content="width=device-width"><title>Films</title>
<form id=form><input name=prompt value="a panda in the snow"><button>Make it</button></form>
<p id=state></p> <progress id=bar max=100 hidden></progress>
<pre id=words style="white-space: pre-wrap"></pre>
<video id=film controls hidden style="max-width: 100%"></video>
<script>
form.onsubmit = async (submitted) => {
  submitted.preventDefault();
  const body = JSON.stringify({prompt: form.prompt.value});
  const headers = {"Content-Type": "application/json"};
  const {id} = await (await fetch("/videos", {method: "POST", headers, body})).json();
  words.textContent = ""; state.textContent = "Working…"; film.hidden = true;
  const events = new EventSource(`/videos/${id}/events`);
  events.onmessage = (message) => {
    const event = JSON.parse(message.data);
    if (event.text) words.append(event.text);
    if (event.state) state.textContent = event.state;
    bar.hidden = event.percent == null; bar.value = event.percent ?? 0;
    if (event.film) { film.src = event.film; film.hidden = false; }
    if (event.ended) events.close();
  };
};
</script>"""


class Job:
    """What is known of a video, for however many pages that watch it."""

    def __init__(self) -> None:
        self.told: list[dict[str, object]] = []
        self.news = anyio.Event()

    def tell(self, **what: object) -> None:
        self.told.append(what)
        self.news.set()
        self.news = anyio.Event()

    async def stream(self, after: int) -> AsyncGenerator[str]:
        while True:
            news = self.news
            while after + 1 < len(self.told):  # more may come while this one is on its way
                after += 1
                yield f"id: {after}\ndata: {json.dumps(self.told[after])}\n\n"
                if self.told[after].get("ended"):
                    return
            await news.wait()


jobs: dict[uuid.UUID, Job] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    # One client for the application: it keeps connections, its token and the journal.
    async with nemovideo.AsyncNemoVideo() as client, anyio.create_task_group() as tasks:
        app.state.client, app.state.tasks = client, tasks
        tasks.start_soon(finish_what_was_left, client)
        yield
        tasks.cancel_scope.cancel()  # what is unfinished is in the journal, for the next start


async def finish_what_was_left(client: nemovideo.AsyncNemoVideo) -> None:
    # An error that nobody catches would end the task group, and with it every video in it.
    try:
        for item in await client.recover():
            await item.resume()
    except nemovideo.NemoVideoError as error:
        print(error)


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def page() -> HTMLResponse:
    return HTMLResponse(PAGE)


class Wish(BaseModel):
    prompt: str


@app.post("/videos", status_code=202)
async def ask(wish: Wish) -> dict[str, str]:
    # A POST, as it costs money: browsers repeat a GET as they like. And the work belongs to the
    # application, not to whoever watches: a closed tab stops nothing that is paid for.
    job_id = uuid.uuid4()
    jobs[job_id] = Job()
    app.state.tasks.start_soon(make, job_id, wish.prompt)
    return {"id": str(job_id)}


async def make(job_id: uuid.UUID, prompt: str) -> None:
    job = jobs[job_id]

    def tell(event: Event) -> None:
        match event:
            case Text(text):
                job.tell(text=text)
            case RenderProgress(render):
                job.tell(state="Rendering…", percent=render.progress)

    try:
        path = FILMS / f"{job_id}.mp4"
        await app.state.client.generate(prompt, path=path, key=str(job_id), on_event=tell)
    except nemovideo.NemoVideoError as error:
        job.tell(state=str(error), ended=True)  # what happened and what to do; never a secret
    else:
        job.tell(state="Done.", film=f"/videos/{job_id}", ended=True)


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
