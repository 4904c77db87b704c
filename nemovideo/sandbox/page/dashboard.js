"use strict";

const MAX_REQUESTS = 200;
const INTERVAL_MS = 1000;
const shown = { sessions: new Map(), requests: new Map(), since: 0, total: 0 };
const $ = (id) => document.getElementById(id);

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

const seconds = (ms) => `${+(ms / 1000).toFixed(1)} s`;

function size(bytes) {
  return bytes >= 1e6 ? `${(bytes / 1e6).toFixed(1)} MB` : `${Math.ceil(bytes / 1e3)} kB`;
}

/* Ticks at round distances: about six of them, whatever the length. */
function step(length) {
  const steps = [100, 200, 500, 1000, 2000, 5000, 10000, 15000, 30000, 60000, 120000, 300000];
  return steps.find((ms) => length / ms <= 6) ?? 600000;
}

function drawRuler(length) {
  const ruler = make("div", { className: "ruler", ariaHidden: "true" });
  for (let at = 0; at <= length; at += step(length)) {
    const tick = make("span", { textContent: seconds(at) });
    tick.style.insetInlineStart = `${(100 * at) / length}%`;
    ruler.append(tick);
  }
  return make("div", { className: "track" }, make("span"), ruler);
}

function drawSegment(segment, length) {
  const end = segment.start + segment.length;
  const volume = segment.volume == null ? "" : `, volume ${Math.round(segment.volume * 100)} %`;
  const error = segment.error ? `, drawn picture: ${segment.error}` : "";
  const words = `${segment.name}, ${seconds(segment.start)} to ${seconds(end)}${volume}${error}`;
  const label = segment.error ? `⚠ ${segment.name}` : segment.name;
  const item = make("li", { textContent: label, title: words, tabIndex: 0, ariaLabel: words });
  item.style.insetInlineStart = `${(100 * segment.start) / length}%`;
  item.style.width = `${(100 * segment.length) / length}%`;
  return item;
}

/* One slider for the newest video: it follows the film, and the film follows it. */
function drawPlayhead(length) {
  const range = make("input", { type: "range", min: 0, max: length, step: 10, value: 0, ariaLabel: "Position in the video" });
  const cursor = make("div", { className: "cursor", ariaHidden: "true" });
  const show = () => {
    cursor.style.insetInlineStart = `${(100 * range.value) / length}%`;
    range.ariaValueText = seconds(range.value);
  };
  show();
  range.addEventListener("moved", show);
  const lanes = make("div", { className: "lanes", ariaHidden: "true" }, cursor);
  return make("div", { className: "track playhead", hidden: true }, make("span"), range, lanes);
}

function bindPlayhead(entry) {
  const row = entry.parts.timeline.querySelector(".playhead");
  const video = entry.parts.renders.querySelector("video");
  if (!row) return;
  row.hidden = !video;
  if (!video) return;
  const range = row.querySelector("input");
  range.oninput = () => {
    video.currentTime = Math.min(range.value / 1000, video.duration || 0);
    range.dispatchEvent(new Event("moved"));
  };
  video.ontimeupdate = () => {
    range.value = video.currentTime * 1000;
    range.dispatchEvent(new Event("moved"));
  };
}

function drawTimeline(timeline) {
  const ends = timeline.tracks.flatMap((t) => t.segments.map((s) => s.start + s.length));
  const length = Math.max(timeline.length, ...ends, 1);
  const words = `${timeline.width}×${timeline.height}, ${timeline.fps} fps, ${seconds(timeline.length)}`;
  const box = make("div", { className: "timeline", role: "group", ariaLabel: `Timeline: ${words}` });
  box.append(make("p", { className: "quiet", textContent: words }));
  for (const track of timeline.tracks) {
    const lane = make("ol", { className: "lane", ariaLabel: track.name });
    lane.append(...track.segments.map((segment) => drawSegment(segment, length)));
    const row = make("div", { className: `track type-${track.type}` });
    row.append(make("span", { textContent: track.name, ariaHidden: "true" }), lane);
    box.append(row);
  }
  box.append(drawRuler(length), drawPlayhead(length));
  return box;
}

function drawSteps(steps) {
  const list = make("ol", { className: "steps", ariaLabel: "Steps of the agent" });
  // What it says is the answer, which is shown whole.
  const shownSteps = steps.filter((step) => step.kind !== "say");
  list.hidden = shownSteps.length === 0;
  list.append(...shownSteps.map((step) => make("li", {}, make("strong", { textContent: step.kind }), ` ${step.text}`)));
  return list;
}

function drawTurn(turn) {
  const answer = turn.answer || (turn.finished ? "(changed the draft silently)" : "working …");
  const cost = turn.charged ? `, ${turn.charged} credits` : "";
  return make(
    "li",
    {},
    make("p", {}, make("strong", { textContent: turn.text })),
    drawSteps(turn.steps),
    make("p", { textContent: answer }),
    make("p", { className: "quiet", textContent: turn.kind.replaceAll("_", " ") + cost }),
  );
}

function describeRender(render) {
  if (render.status !== "completed") return `${render.id}: ${render.error ?? render.status}`;
  const facts = [render.format, `${render.width}×${render.height}`, `${render.duration} s`];
  return `${render.id}: ${facts.join(", ")}, ${size(render.size)}`;
}

function drawRender(render) {
  const figure = make("figure", { className: "render" });
  if (render.url && render.format === "gif") {
    figure.append(make("a", { href: render.url, textContent: "Open the picture" }));
  } else if (render.url) {
    const label = `Render ${render.id}`;
    figure.append(make("video", { src: render.url, controls: true, preload: "metadata", ariaLabel: label }));
  } else if (!render.error) {
    figure.append(make("progress", { max: 100, value: render.progress, ariaLabel: `Render ${render.id}` }));
  }
  const caption = make("figcaption", { textContent: describeRender(render) });
  if (render.error) caption.className = "bad";
  figure.append(caption, ...render.notes.map((note) => make("p", { className: "bad", textContent: note })));
  return figure;
}

function replacePart(entry, name, value, draw) {
  const print = JSON.stringify(value);
  if (entry.prints[name] === print) return;
  entry.prints[name] = print;
  entry.parts[name].replaceChildren(...draw());
}

function drawRenders(entry, renders) {
  const box = entry.parts.renders;
  const nodes = renders.map((render) => {
    const print = JSON.stringify(render);
    const known = entry.renders.get(render.id);
    if (known?.print === print) return known.node;
    const node = drawRender(render);
    entry.renders.set(render.id, { print, node });
    return node;
  });
  // A video that is moved in the document stops playing, so only what is new or changed is put in.
  nodes.forEach((node, index) => {
    if (box.children[index] !== node) box.insertBefore(node, box.children[index] ?? null);
  });
  while (box.children.length > nodes.length) box.lastChild.remove();
}

function newSession(session) {
  const parts = {
    heading: make("div", { className: "heading" }),
    timeline: make("div"),
    renders: make("div", { className: "renders" }),
    talk: make("details"),
  };
  const node = make("article", { className: "session" });
  node.append(parts.heading, parts.timeline, parts.renders, parts.talk);
  return { node, parts, prints: {}, renders: new Map() };
}

function drawSession(entry, session) {
  entry.node.ariaLabel = `Session ${session.film}`;
  replacePart(entry, "heading", [session.film, session.name, session.files], () => [
    make("h3", { textContent: session.film }),
    make("code", { className: "quiet", textContent: `${session.name} ${session.id}` }),
    ...(session.files.length ? [make("span", { textContent: `Files: ${session.files.join(", ")}` })] : []),
  ]);
  replacePart(entry, "timeline", session.timeline, () => [
    session.timeline
      ? drawTimeline(session.timeline)
      : make("p", { className: "quiet", textContent: "No draft yet." }),
  ]);
  replacePart(entry, "talk", session.turns, () => {
    entry.parts.talk.hidden = session.turns.length === 0;
    const words = session.turns.length === 1 ? "1 message" : `${session.turns.length} messages`;
    const talk = make("ol", { className: "talk" });
    talk.append(...session.turns.map(drawTurn));
    return [make("summary", { textContent: words }), talk];
  });
  drawRenders(entry, session.renders);
  bindPlayhead(entry);
}

function drawSessions(sessions) {
  const ids = new Set(sessions.map((session) => session.id));
  for (const [id, entry] of shown.sessions) {
    if (!ids.has(id)) {
      entry.node.remove();
      shown.sessions.delete(id);
    }
  }
  // Newest first; existing elements are reused, so that a playing video continues.
  for (const session of [...sessions].reverse()) {
    if (!shown.sessions.has(session.id)) {
      shown.sessions.set(session.id, newSession(session));
      $("sessions").prepend(shown.sessions.get(session.id).node);
    }
    drawSession(shown.sessions.get(session.id), session);
  }
  $("no-sessions").hidden = sessions.length > 0;
  $("count-sessions").textContent = sessions.length;
}

function describeResponse(request) {
  const code = request.code && request.code !== request.status ? ` (code ${request.code})` : "";
  const status = request.status ?? (request.outcome === "open" ? "running" : "none");
  return `${status}${code}`;
}

/* What was sent is fetched when it is opened. */
function drawBody(place, number) {
  const content = make("pre", { textContent: "…" });
  const details = make("details", {}, make("summary", { textContent: place }), content);
  details.addEventListener("toggle", async () => {
    if (!details.open) return;
    try {
      const { query, body } = await (await fetch(`/dashboard/request/${number}`)).json();
      const asked = Object.entries(query).map(([name, value]) => `${name}=${value}`);
      content.textContent = [...asked, body].filter(Boolean).join("\n") || "(empty)";
    } catch {
      content.textContent = "(no longer there)";
    }
  });
  return details;
}

function drawRequest(request) {
  const place = request.endpoint || `${request.method} ${request.path}`;
  const where = make("td", {}, drawBody(place, request.number));
  if (request.endpoint) where.append(make("small", { textContent: `${request.method} ${request.path}` }));
  const response = make("td", { textContent: describeResponse(request) });
  if (request.fault) response.append(make("small", { className: "bad", textContent: `fault: ${request.fault}` }));
  if (request.outcome === "abandoned") response.append(make("small", { textContent: "client disconnected" }));
  if (request.status >= 400 || request.code) response.classList.add("bad");
  const time = request.elapsed == null ? "…" : `${(request.elapsed * 1000).toFixed(0)} ms`;
  return make("tr", {}, make("td", { textContent: request.number }), where, response, make("td", { textContent: time }));
}

function drawRequests(requests) {
  for (const request of requests) {
    const row = drawRequest(request);
    const before = shown.requests.get(request.number);
    if (before) before.replaceWith(row);
    else $("requests").prepend(row);
    shown.requests.set(request.number, row);
    shown.total = Math.max(shown.total, request.number);
  }
  for (const [number, row] of shown.requests) {
    if (shown.requests.size <= MAX_REQUESTS) break;
    row.remove();
    shown.requests.delete(number);
  }
  $("no-requests").hidden = shown.requests.size > 0;
  $("count-requests").textContent = shown.total;
}

async function refresh() {
  try {
    const response = await fetch(`/dashboard/data?since=${shown.since}`);
    const dashboard = await response.json();
    drawSessions(dashboard.sessions);
    drawRequests(dashboard.requests);
    shown.since = dashboard.last;
    $("count-credits").textContent = dashboard.credits;
    $("link").textContent = "live";
    $("link").className = "";
  } catch {
    $("link").textContent = "the sandbox does not respond";
    $("link").className = "lost";
  }
}

async function run() {
  for (;;) {
    if (!document.hidden) await refresh();
    await new Promise((resume) => setTimeout(resume, INTERVAL_MS));
  }
}

run();
