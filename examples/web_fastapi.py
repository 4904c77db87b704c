"""A web page that makes videos and shows how they come along, over server-sent events.

Run it with `python web_fastapi.py` and open http://127.0.0.1:8000.

A browser opens an event stream again when its connection breaks. So asking for a video (POST, paid
for once) and watching it (GET, as often as you like) are two requests, and the work belongs to the
application, not to whoever is watching.
"""

import json
import sys
import uuid
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import uvicorn
from fastapi import FastAPI, HTTPException
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel

import nemovideo

PAGE = """<!doctype html><title>NemoVideo</title>
<form id=form><input name=prompt value="a panda in the snow"><button>Make it</button></form>
<pre id=log></pre>
<script>
form.onsubmit = async (e) => {
  e.preventDefault();
  const body = JSON.stringify({prompt: form.prompt.value});
  const headers = {"Content-Type": "application/json"};
  const {id} = await (await fetch("/videos", {method: "POST", headers, body})).json();
  const events = new EventSource(`/videos/${id}/events`);
  events.onmessage = (m) => {
    const event = JSON.parse(m.data);
    log.append(event.text ?? JSON.stringify(event) + "\\n");
    if (event.type == "done") events.close();
  };
};
</script>"""


class GenerationRequest(BaseModel):
    prompt: str


@dataclass
class Job:
    events: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    done: bool = False
    news: anyio.Event = field(default_factory=anyio.Event)

    def tell(self, type: str, **what: object) -> None:
        self.events.append({"type": type, **what})
        self.done = type == "done"
        self.news.set()
        self.news = anyio.Event()


jobs: dict[str, Job] = {}


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with nemovideo.AsyncNemoVideo() as client, anyio.create_task_group() as tasks:
        app.state.client, app.state.tasks = client, tasks
        tasks.start_soon(finish_what_was_left, client)
        yield
        tasks.cancel_scope.cancel()  # what is unfinished is in the journal


async def finish_what_was_left(client: nemovideo.AsyncNemoVideo) -> None:
    # An error that nobody catches would end the task group, and with it every video in it.
    try:
        items = await client.recover()
    except nemovideo.NemoVideoError as error:
        print(error, file=sys.stderr)
        return
    for item in items:
        try:
            await item.resume()
        except nemovideo.NemoVideoError as error:
            print(f"{item}: {error}", file=sys.stderr)


app = FastAPI(lifespan=lifespan)


@app.get("/")
async def page() -> HTMLResponse:
    return HTMLResponse(PAGE)


@app.post("/videos", status_code=202)
async def ask(wish: GenerationRequest) -> dict[str, str]:
    job_id = uuid.uuid4().hex
    jobs[job_id] = Job()
    app.state.tasks.start_soon(make, jobs[job_id], wish.prompt)
    return {"id": job_id}


@app.get("/videos/{job_id}/events")
async def watch(job_id: str) -> StreamingResponse:
    if job_id not in jobs:
        raise HTTPException(404)
    return StreamingResponse(stream(jobs[job_id]), media_type="text/event-stream")


async def make(job: Job, prompt: str) -> None:
    def tell(event: nemovideo.events.Event) -> None:
        match event:
            case nemovideo.events.Text(text):
                job.tell("text", text=text)
            case nemovideo.events.RenderProgress(render):
                job.tell("rendering", progress=render.progress)

    try:
        video = await app.state.client.generate(prompt, on_event=tell)
    except nemovideo.NemoVideoError as error:
        job.tell("done", error=error.message, hint=error.hint)
    else:
        job.tell("done", url=video.url)


async def stream(job: Job) -> AsyncIterator[str]:
    told = 0
    while True:
        news = job.news
        for event in job.events[told:]:
            yield f"data: {json.dumps(event)}\n\n"
        told = len(job.events)
        if job.done:
            return
        await news.wait()


if __name__ == "__main__":
    uvicorn.run(app, port=int(sys.argv[1]) if len(sys.argv) > 1 else 8000)
