"""One card for each kind of result."""

from __future__ import annotations

from functools import singledispatch

from nemovideo._blocking.video import Video as BlockingVideo
from nemovideo._secrets import redact
from nemovideo._video import Video
from nemovideo.cli.units import amount, count, size, span
from nemovideo.errors import NemoVideoError
from nemovideo.models.base import Model
from nemovideo.models.credits import Credits
from nemovideo.models.renders import Render
from nemovideo.models.timeline import Timeline
from nemovideo.models.turn import Turn
from nemovideo.notebook import page
from nemovideo.notebook.film import film
from nemovideo.protocol.wording import translate


def mimebundle(value: object) -> dict[str, str]:
    """Return what a notebook shows of a result: HTML, and text where there is no HTML."""
    return {"text/plain": redact(repr(value)), "text/html": page.card(draw(value))}


@singledispatch
def draw(value: object) -> str:
    """Return the inside of the card of `value`."""
    return page.paragraph(repr(value))


@draw.register
def _(value: Model) -> str:
    facts = [f"{name}: {each!r}" for name, each in value.brief().items()]
    return page.head(type(value).__name__) + page.items(facts)


@draw.register
def _(value: Credits) -> str:
    frozen = f"{amount(value.frozen)} reserved" if value.frozen else None
    share = value.available / value.total if value.total else 0
    title = f"{count(value.available, 'credit')} available"
    return page.head(title, frozen, f"{amount(value.total)} in all") + page.bar(share)


@draw.register
def _(value: Render) -> str:
    length = span(value.duration) if value.duration else None
    weight = size(value.size) if value.size else None
    drawn = page.head(f"Render {value.status}", length, weight, value.id)
    if not value.is_finished:
        drawn += page.bar(value.progress / 100)
    return drawn + page.paragraph(value.error or "", "bad") + _download(value.url)


@draw.register
def _(value: Timeline) -> str:
    summary = str(value)
    both = [
        page.image("image/svg+xml", value.to_svg(theme).encode(), f"line {theme}", summary)
        for theme in ("light", "dark")
    ]
    return "".join(both) if value.tracks else page.head("Timeline", "empty")


@draw.register
def _(value: Turn) -> str:
    used = None if value.credits_used is None else count(value.credits_used, "credit")
    looked_up = "answer lost, result looked up" if value.source == "state" else None
    changes = [str(change) for change in value.changes]
    nothing = page.paragraph("Nothing changed.", "soft") if not value.text and not changes else ""
    drawn = page.head("Turn", used, looked_up) + page.paragraph(_said(value.text))
    return drawn + page.items(changes) + nothing + draw(value.timeline)


@draw.register(Video)
@draw.register(BlockingVideo)
def _(value: Video | BlockingVideo) -> str:
    used = None if value.credits_used is None else count(value.credits_used, "credit")
    state = None if value.render_id else "not rendered yet"
    saved = None if value.path is None else str(value.path)
    drawn = page.head("Video", span(value.duration), used, state, saved) + _download(value.url)
    return (
        drawn + film(value.path) + page.paragraph(_said(value.text), "soft") + draw(value.timeline)
    )


@draw.register
def _(value: NemoVideoError) -> str:
    drawn = page.head(type(value).__name__) + page.paragraph(value.message, "bad")
    return drawn + page.paragraph(value.hint or "")


@draw.register
def _(value: BaseException) -> str:
    return page.head("Stopped", type(value).__name__) + page.paragraph(str(value))


def _said(text: str) -> str:
    """Return an answer without its talk of screens, as the progress above has shown it."""
    return redact(translate(text).strip())


def _download(url: str | None) -> str:
    """Return a link; of a signed one, which a saved notebook must not hold, how to do without."""
    if url and redact(url) != url:
        return page.paragraph("Its link is signed, and is not kept here. Save the file.", "soft")
    anchor = page.link(url, "Open the video") if url else ""
    return f'<p>{anchor} <span class="soft">(the link may expire)</span></p>' if anchor else ""
