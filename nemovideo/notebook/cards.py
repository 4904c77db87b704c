"""The HTML of each kind of result."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, Final

from nemovideo.batch.item import JobResult, Report
from nemovideo.batch.job_keys import job_label
from nemovideo.blocking.project import Project as BlockingProject
from nemovideo.blocking.video import Video as BlockingVideo
from nemovideo.errors import NemoVideoError
from nemovideo.models.base import Model
from nemovideo.models.credits import Credits
from nemovideo.models.renders import Render
from nemovideo.models.turn import Turn
from nemovideo.notebook import markup
from nemovideo.notebook.player import video_preview
from nemovideo.operations.project import Project
from nemovideo.operations.video import Video
from nemovideo.progress.units import amount, count, size, span
from nemovideo.security.redaction import redact
from nemovideo.timeline.timeline import Timeline

_GO_ON: Final = "un the cell again: it goes on where it was, and pays for nothing twice."


def mimebundle(value: object) -> dict[str, str]:
    return _bundle(value, draw(value))


def report_bundle(value: Report[Any], not_started: int) -> dict[str, str]:
    """Return a report as a card that counts the jobs that the batch did not come to as well."""
    return _bundle(value, _draw_report(value, not_started))


def _bundle(value: object, html: str) -> dict[str, str]:
    return {"text/plain": redact(repr(value)), "text/html": markup.card(html)}


@singledispatch
def draw(value: object) -> str:
    return markup.paragraph(repr(value))


@draw.register(Project)
@draw.register(BlockingProject)
def _(value: Project | BlockingProject) -> str:
    elsewhere = f"At any time, anywhere: client.open_project({value.session_id!r})"
    return markup.head("Project", value.session_id) + markup.paragraph(elsewhere, "soft")


@draw.register
def _(value: Model) -> str:
    facts = [f"{name}: {each!r}" for name, each in value.repr_fields().items()]
    return markup.head(type(value).__name__) + markup.items(facts)


@draw.register
def _(value: Credits) -> str:
    frozen = f"{amount(value.frozen)} reserved" if value.frozen else None
    # The account's, in which others may spend: not what this notebook has cost.
    used = f"{amount(value.spent)} less than the most this client has read" if value.spent else None
    most = value.total + value.spent
    share = value.available / most if most else 0
    title = f"{count(value.available, 'credit')} available"
    return markup.head(title, frozen, f"{amount(value.total)} in total", used) + markup.bar(share)


@draw.register
def _(value: Render) -> str:
    length = span(value.duration) if value.duration else None
    file_size = size(value.size) if value.size else None
    drawn = markup.head(f"Render {value.status}", length, file_size, value.id)
    if not value.is_finished:
        drawn += markup.bar(value.progress / 100)
    return drawn + markup.paragraph(value.error or "", "bad") + _video_link(value.url)


@draw.register
def _(value: Timeline) -> str:
    summary = str(value)
    both = [
        markup.image("image/svg+xml", value.to_svg(theme).encode(), f"line {theme}", summary)
        for theme in ("light", "dark")
    ]
    return "".join(both) if value.tracks else markup.head("Timeline", "empty")


@draw.register
def _(value: Turn) -> str:
    used = None if value.credits_used is None else count(value.credits_used, "credit")
    source = "stream lost, result read from the state" if value.source == "state" else None
    changes = [str(change) for change in value.changes]
    nothing = markup.paragraph("Nothing changed.", "soft") if not value.text and not changes else ""
    drawn = markup.head("Turn", used, source) + markup.paragraph(_visible_text(value.text))
    return drawn + markup.items(changes) + nothing + draw(value.timeline)


@draw.register(Video)
@draw.register(BlockingVideo)
def _(value: Video | BlockingVideo) -> str:
    used = None if value.credits_used is None else count(value.credits_used, "credit")
    state = None if value.render_id else "not rendered yet"
    saved = None if value.path is None else str(value.path)
    drawn = markup.head("Video", span(value.duration), used, state, saved)
    return (
        drawn
        + ("" if saved else _video_link(value.url))
        + video_preview(value.path, value.render_id)
        + markup.paragraph(_visible_text(value.text), "soft")
        + draw(value.timeline)
    )


@draw.register(Report)
def _(value: Report[Any]) -> str:
    return _draw_report(value, 0)


def _draw_report(value: Report[Any], not_started: int) -> str:
    stopped, go_on = "", f"R{_GO_ON}"
    if value.stopped_by is not None:
        stopped = f"No more were started: {value.stopped_by}"
        go_on = f"Once that is changed, r{_GO_ON}"
    left = f"{not_started:,} more not started" if not_started else None
    return (
        markup.head("Batch", value.summary(), left)
        + markup.paragraph(redact(stopped), "bad")
        + markup.paragraph(go_on if value.in_doubt or value.not_started or not_started else "")
        + markup.table(("key", "status", "result"), [_row(each) for each in value.shown_items()])
        + markup.paragraph(value.hidden_rows(), "soft")
    )


@draw.register
def _(value: JobResult) -> str:
    drawn = markup.head(value.key, value.status.replace("_", " "))
    return drawn + markup.paragraph(redact(value.result()), "bad" if value.error else "soft")


@draw.register
def _(value: NemoVideoError) -> str:
    drawn = markup.head(type(value).__name__) + markup.paragraph(value.message, "bad")
    return drawn + markup.paragraph(value.hint or "")


@draw.register
def _(value: BaseException) -> str:
    return markup.head("Stopped", type(value).__name__) + markup.paragraph(str(value))


def _row(item: JobResult) -> tuple[str, ...]:
    result = item.result()
    # What is in doubt has one next step for all, which the card says once.
    if item.error is not None and item.error.hint and item.status != "in_doubt":
        result = f"{result} {item.error.hint}"
    cells = (job_label(item.key, item.index), item.status.replace("_", " "), result)
    return tuple(map(redact, cells))


def _visible_text(text: str) -> str:
    """Return the agent's text as the progress has shown it."""
    return redact(text.strip())


def _video_link(url: str | None) -> str:
    """Return a link, but not a signed one, which a saved notebook must not contain."""
    if url and redact(url) != url:
        return markup.paragraph("Its URL is signed and not stored here. Save the file.", "soft")
    anchor = markup.link(url, "Open the video") if url else ""
    return f'<p>{anchor} <span class="soft">(the link may expire)</span></p>' if anchor else ""
