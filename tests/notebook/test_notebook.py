"""What notebooks show: HTML that nothing from outside can break out of, and live progress."""

from __future__ import annotations

import asyncio
import sys
import types
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo import (
    AsyncNemoVideo,
    Change,
    Credits,
    Draft,
    InsufficientCreditsError,
    Job,
    NemoVideo,
    NemoVideoError,
    Render,
    Session,
    Timeline,
    Turn,
    events,
    notebook,
)
from nemovideo._display import NotebookRepr
from nemovideo.config.settings import notebook_progress
from nemovideo.notebook import live_display, markup, mimebundle, player
from nemovideo.notebook.live_display import NotebookDisplay
from nemovideo.operations.live_display import live_display as wanted_display
from nemovideo.sandbox import Fault, Sandbox
from nemovideo.security.printable_text import printable
from tests.waiting import until

EVIL = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>"
PANDA: dict[str, object] = {
    "t": [{"tt": 0, "sg": [{"d": 10_000, "m": {"name": EVIL}}]}],
    "d": 10_000,
}


class Tags(HTMLParser):
    """Collects every tag with its attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: dict[str, str] = {}
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes.update({name: value or "" for name, value in attrs})

    def handle_data(self, data: str) -> None:
        self.text += data


ALLOWED = {"style", "div", "span", "p", "ul", "li", "a", "img", "video", "i", "pre"}
ALLOWED |= {"table", "tr", "th", "td"}


def shown(value: NotebookRepr) -> Tags:
    bundle = value._repr_mimebundle_()
    assert bundle["text/plain"] == repr(value)
    assert bundle["text/html"] == value._repr_html_()
    read = Tags(bundle["text/html"])
    assert set(read.tags) <= ALLOWED
    assert not {name for name in read.attributes if name.startswith("on")}
    return read


def turn(text: str = "", source: Any = "stream", draft: Draft | None = None) -> Turn:
    return Turn(text, (), draft or Draft(), source, "session-1", 50)


@pytest.mark.parametrize(
    "value",
    [
        turn(EVIL, draft=Draft(PANDA)),
        Draft(PANDA).timeline,
        Render(id=EVIL, status=EVIL, error=EVIL, url=f"https://x.test/{EVIL}"),
        NemoVideoError(EVIL, hint=EVIL),
        Session(session_id=EVIL, task_id=EVIL),
    ],
    ids=lambda value: type(value).__name__,
)
def test_nothing_from_outside_becomes_html(value: NotebookRepr) -> None:
    html = value._repr_html_()
    assert "<script" not in html
    assert "<img src=x" not in html
    shown(value)


@given(st.text())
def test_any_text_comes_out_as_a_person_reads_it(text: str) -> None:
    read = Tags(markup.paragraph(text))
    words = printable(text)
    assert read.text == (words if words.strip() else "")
    assert set(read.tags) <= {"p"}


def test_a_link_is_followed_to_the_web_only() -> None:
    assert 'href="https://x.test/a?b=1&amp;c=2"' in markup.link("https://x.test/a?b=1&c=2", "x")
    for url in ("javascript:alert(1)", "data:text/html,x", "file:///etc/passwd", "http://[x"):
        assert markup.link(url, "x") == ""


def test_credits_are_shown_with_what_is_reserved() -> None:
    read = shown(Credits(available=50, frozen=10, total=60))
    assert "50 credits available · 10 reserved · 60 in total" in read.text
    assert "reserved" not in shown(Credits()).text


def test_a_render_is_shown_with_its_progress_and_then_its_link() -> None:
    running = shown(Render(id="render_1", status="processing", progress=40))
    assert "Render processing · render_1" in running.text
    assert running.attributes["style"] == "width:40%"
    done = Render(id="r", status="completed", url="https://x.test/v.mp4", duration=9, size=2**20)
    assert shown(done).attributes["href"] == "https://x.test/v.mp4"
    assert "9 s · 1 MB" in shown(done).text
    assert "no disk" in shown(Render(id="r", status="failed", error="no disk")).text


def test_a_turn_is_shown_with_what_it_changed() -> None:
    old, new = Draft(), Draft(PANDA)
    changes: tuple[Change, ...] = tuple(new.timeline.diff(old.timeline))
    read = shown(Turn("Hello", changes, new, "state", "session-1"))
    assert "stream lost, result read from the state" in read.text
    assert "Hello" in read.text
    assert "Video added" in read.text
    assert "img" in read.tags
    assert "Nothing changed." in shown(turn()).text
    assert "50 credits" in shown(turn()).text


def test_a_turn_is_one_line_however_long_its_text_and_changes() -> None:
    changes = 3 * tuple(Draft(PANDA).timeline.diff(Draft().timeline))
    line = repr(Turn("Done.\n" * 100, changes, Draft(PANDA), "stream", "session-1"))
    assert line.startswith("Turn(3 changes, text='Done. Done.")
    assert line.endswith("session_id='session-1')")
    assert len(line) < 140


def test_a_timeline_is_drawn_for_light_and_for_dark() -> None:
    html = Draft(PANDA).timeline._repr_html_()
    assert html.count("data:image/svg+xml;base64,") == 2
    assert "prefers-color-scheme:dark" in html
    assert "data-jp-theme-light=false" in html
    assert "empty" in shown(Timeline()).text


def test_an_error_is_shown_with_its_hint() -> None:
    read = shown(InsufficientCreditsError("No credits.", hint="Top up.", code=2001))
    assert "InsufficientCreditsError" in read.text
    assert "Top up." in read.text


@pytest.mark.anyio
async def test_an_error_that_no_operation_showed_has_its_card_once(
    client: AsyncNemoVideo, cell: tuple[Shell, Page], monkeypatch: pytest.MonkeyPatch
) -> None:
    page = cell[1]
    with pytest.raises(NemoVideoError) as asked:
        await client.generate("")
    assert page.shown == []
    for _ in range(2):
        assert asked.value._render_traceback_() == ["InvalidInputError"]
    assert [Tags(bundle["text/html"]).tags.count("div") for bundle, _, _ in page.shown] == [2]
    with pytest.raises(NemoVideoError) as sent:
        await client.open_project("nosuch").send("hello")
    cards = len(page.shown)
    sent.value._render_traceback_()
    assert len(page.shown) == cards  # the operation showed it
    assert "SessionNotFoundError" in page.shown[-1][0]["text/html"]
    monkeypatch.delattr(Shell, "kernel")
    asked.value._render_traceback_()
    assert len(page.shown) == cards


@pytest.mark.anyio
async def test_the_bar_of_credits_shows_what_was_spent(client: AsyncNemoVideo) -> None:
    assert "less" not in shown(await client.credits.retrieve()).text
    await client.generate("a panda", export=False)
    balance = await client.credits.retrieve()
    assert balance.spent == 100
    said = "900 credits available · 900 in total · 100 less than the most this client has read"
    assert said in shown(balance).text
    assert shown(balance).attributes["style"] == "width:90%"
    assert balance == Credits(available=900, frozen=0, total=900)
    assert "spent" not in balance.to_dict()


@pytest.mark.anyio
async def test_a_client_and_a_project_have_cards_without_a_secret(sandbox: Sandbox) -> None:
    token = sandbox.issue_token(credits=10)
    async with AsyncNemoVideo(base_url=sandbox.url, token=token) as client:
        project = await client.create_project("film")
        assert sandbox.url in shown(client).text
        assert token not in client._repr_html_()
        assert f"Project · {project.session_id}" in shown(project).text
    with NemoVideo(base_url=sandbox.url) as blocking:
        assert "NemoVideo(base_url=" in shown(blocking).text
        assert "client.open_project" in shown(blocking.open_project("session-1")).text


def test_other_things_are_shown_as_they_print() -> None:
    assert "1 &lt; 2" in mimebundle(type("X", (), {"__repr__": lambda _: "1 < 2"})())["text/html"]
    assert "KeyboardInterrupt" in mimebundle(KeyboardInterrupt())["text/html"]


# Videos


@pytest.mark.anyio
async def test_a_saved_video_plays_inside_the_notebook(
    client: AsyncNemoVideo, tmp_path: Path
) -> None:
    video = await client.generate("a panda")
    read = shown(video)
    assert "video" not in read.tags
    assert "href" not in read.attributes
    assert "Save the file" in read.text
    await video.save(tmp_path / "panda.mp4")
    read = shown(video)
    assert read.tags.count("video") == 1
    assert "data:video/mp4;base64," in video._repr_html_()
    assert "10 s · 100 credits" in read.text


def test_a_blocking_video_is_shown_like_an_async_one(sandbox: Sandbox, tmp_path: Path) -> None:
    with NemoVideo(base_url=sandbox.url) as blocking:
        video = blocking.generate("a panda", path=tmp_path / "panda.mp4")
        assert "video" in shown(video).tags
        assert "not rendered yet" in shown(blocking.generate("a cat", export=False)).text


@pytest.fixture
def movie(sandbox: Sandbox, tmp_path: Path) -> Path:
    with NemoVideo(base_url=sandbox.url) as blocking:
        path = blocking.generate("a panda", path=tmp_path / "panda.mp4").path
    assert path is not None
    return path


def test_a_large_file_is_a_still(movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(player, "INLINE_BYTES", 10)
    html = player.video_player(movie)
    assert html.startswith('<img class="still" src="data:image/jpeg;base64,')


def test_without_the_media_extra_a_large_file_is_left_out(
    movie: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "INLINE_BYTES", 10)
    monkeypatch.setitem(sys.modules, "av", None)
    assert player.video_player(movie) == ""


def test_a_large_file_that_is_no_video_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(player, "INLINE_BYTES", 10)
    (tmp_path / "x.mp4").write_bytes(b"not a video at all")
    assert player.video_player(tmp_path / "x.mp4") == ""


def test_a_gif_is_an_image_and_a_missing_file_is_nothing(tmp_path: Path) -> None:
    (tmp_path / "x.gif").write_bytes(b"GIF89a")
    assert player.video_player(tmp_path / "x.gif").startswith(
        '<img class="still" src="data:image/gif'
    )
    assert player.video_preview(tmp_path / "gone.mp4", None) == ""
    assert player.video_preview(None, None) == ""


# Progress


class Page:
    """What a display was given to show."""

    def __init__(self) -> None:
        self.shown: list[tuple[dict[str, str], str, bool]] = []
        self.now = 100.0

    def __call__(self, bundle: dict[str, str], display_id: str, again: bool) -> None:
        self.shown.append((bundle, display_id, again))


@pytest.mark.anyio
async def test_progress_is_drawn_in_one_place_and_ends_as_the_result() -> None:
    drawn = Page()
    display = NotebookDisplay(drawn, lambda: drawn.now)
    display.update(events.Heartbeat())
    drawn.now += 61
    display.update(events.Text(EVIL))
    display.update(events.RenderProgress(Render(id="r", status="processing", progress=40)))
    await display.finish(turn("done"))
    ids = {display_id for _, display_id, _ in drawn.shown}
    assert len(ids) == 1
    assert [again for _, _, again in drawn.shown] == [False] + [True] * (len(drawn.shown) - 1)
    rendering = drawn.shown[-2][0]
    assert rendering["text/plain"] == "Rendering… 40 % 1:01"
    assert "width:40%" in rendering["text/html"]
    assert "<script" not in "".join(bundle["text/html"] for bundle, _, _ in drawn.shown)
    assert "Turn" in drawn.shown[-1][0]["text/html"]


def test_many_events_at_once_are_drawn_once() -> None:
    drawn = Page()
    display = NotebookDisplay(drawn, lambda: drawn.now)
    for _ in range(1000):
        display.update(events.Text("word "))
    assert len(drawn.shown) == 1
    drawn.now += 1
    display.update(events.Text("word "))
    assert len(drawn.shown) == 2


@pytest.mark.anyio
async def test_a_display_error_does_not_stop_the_operation() -> None:
    def broken(bundle: dict[str, str], display_id: str, again: bool) -> None:
        raise ConnectionError

    display = NotebookDisplay(broken)
    display.update(events.Heartbeat())
    await display.finish(turn("done"))


@pytest.mark.anyio
async def test_a_result_with_an_unreadable_file_is_shown_as_text(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unreadable(value: object) -> dict[str, str]:
        raise PermissionError

    monkeypatch.setattr(live_display.cards, "mimebundle", unreadable)
    drawn = Page()
    await NotebookDisplay(drawn).finish(turn("done"))
    assert drawn.shown[0][0]["text/plain"].startswith("Turn(")


class Shell:
    """As much of IPython's shell as is asked."""

    execution_count = 1
    kernel = object()
    InteractiveTB = types.SimpleNamespace(
        structured_traceback=lambda kind, *_, **__: [kind.__name__]
    )


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> tuple[Shell, Page]:
    """Code that runs in a notebook's cell, as far as the client can tell."""
    shell, drawn = Shell(), Page()
    ipython = types.ModuleType("IPython")
    display = types.ModuleType("IPython.display")
    ipython.get_ipython = lambda: shell  # type: ignore[attr-defined]  # a stand-in
    display.display = lambda bundle, raw, display_id: drawn(bundle, display_id, False)  # type: ignore[attr-defined]  # as above
    display.update_display = lambda bundle, raw, display_id: drawn(bundle, display_id, True)  # type: ignore[attr-defined]  # as above
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    monkeypatch.setitem(sys.modules, "IPython.display", display)
    monkeypatch.setattr(live_display, "_wanted", None)
    monkeypatch.setattr(live_display, "_shown_last", None)
    monkeypatch.delenv("NEMOVIDEO_PROGRESS", raising=False)
    return shell, drawn


@pytest.mark.anyio
async def test_a_cell_shows_progress_and_then_the_video_once(
    client: AsyncNemoVideo, cell: tuple[Shell, Page], tmp_path: Path
) -> None:
    shell, drawn = cell
    video = await client.generate("a panda", path=tmp_path / "panda.mp4")
    assert "…" in drawn.shown[0][0]["text/plain"]
    assert "<video" in drawn.shown[-1][0]["text/html"]
    assert 'class="nemo"' not in video._repr_html_()
    shell.execution_count += 1
    assert "<video" in video._repr_html_()


@pytest.mark.anyio
async def test_a_cell_shows_pictures_of_a_video_that_is_not_saved(
    client: AsyncNemoVideo, cell: tuple[Shell, Page]
) -> None:
    video = await client.generate("a panda")
    assert '<img class="still" src="data:image/jpeg' in cell[1].shown[-1][0]["text/html"]
    cell[0].execution_count += 1
    assert shown(video).attributes["alt"]
    assert 'class="still"' in video._repr_html_()
    exported = await client.open_project(video.session_id).export()
    assert 'class="still"' in exported._repr_html_()


@pytest.mark.anyio
async def test_a_video_at_a_url_is_shown_by_its_pictures(
    client: AsyncNemoVideo, cell: tuple[Shell, Page], memory: Any
) -> None:
    await client.generate("a panda", path="memory://panda.mp4")
    html = cell[1].shown[-1][0]["text/html"]
    assert 'class="still"' in html
    assert "memory://panda.mp4" in html


@pytest.mark.anyio
async def test_pictures_that_cannot_be_fetched_are_left_out(
    client: AsyncNemoVideo, cell: tuple[Shell, Page], sandbox: Sandbox
) -> None:
    gone = [Fault(name, "status", status=404, times=99) for name in ("files.*", "renders.download")]
    with sandbox.inject(*gone):
        video = await client.generate("a panda")
    assert "Video" in cell[1].shown[-1][0]["text/html"]
    assert 'class="still"' not in video._repr_html_()


@pytest.mark.anyio
async def test_nothing_is_fetched_where_no_progress_is_wanted(
    client: AsyncNemoVideo, cell: tuple[Shell, Page], sandbox: Sandbox
) -> None:
    notebook.show_progress(False)
    video = await client.generate("a panda")
    await client.open_project(video.session_id).export()
    assert not [each for each in sandbox.requests if each.host == "files"]


@pytest.mark.anyio
async def test_a_cell_that_fails_shows_the_hint(
    cell: tuple[Shell, Page],
) -> None:
    with Sandbox(credits=0) as poor:
        async with AsyncNemoVideo(base_url=poor.url) as client:
            with pytest.raises(InsufficientCreditsError) as caught:
                await client.generate("a panda")
    assert caught.value.hint
    assert "InsufficientCreditsError" in cell[1].shown[-1][0]["text/html"]


@pytest.mark.anyio
async def test_a_batch_on_which_nothing_happens_shows_that_time_passes(
    client: AsyncNemoVideo, cell: tuple[Shell, Page], sandbox: Sandbox
) -> None:
    async def run() -> None:
        await client.batch(["a panda"])

    with sandbox.inject(Fault("messages.stream", "stall")) as stall:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(run)
            await until(
                lambda: any("0:02" in bundle["text/plain"] for bundle, _, _ in cell[1].shown)
            )
            stall.release()


@pytest.mark.anyio
async def test_a_cell_shows_a_batch_in_one_place_and_then_its_table_once(
    client: AsyncNemoVideo, cell: tuple[Shell, Page], tmp_path: Path
) -> None:
    jobs = [Job("a 3-second video of a fox", key=EVIL), Job("how are you?", key="hello")]
    report = await client.batch(jobs, out=tmp_path, concurrency=1)
    bundles = [bundle for bundle, _, _ in cell[1].shown]
    assert len({display_id for _, display_id, _ in cell[1].shown}) == 1
    assert bundles[0]["text/plain"].startswith("0 of 2 jobs")
    assert 'class="bar"' in bundles[0]["text/html"]
    assert "1 done, 1 failed" in Tags(bundles[-1]["text/html"]).text
    assert "<script" not in "".join(bundle["text/html"] for bundle in bundles)
    assert "<table" not in report._repr_html_()
    cell[0].execution_count += 1
    assert "<table" in report._repr_html_()
    assert "made nothing to export" in shown(report.items[1]).text
    assert "Run the cell again" not in report._repr_html_()
    report.items[1].status = "in_doubt"
    assert "Run the cell again" in report._repr_html_()


@pytest.mark.anyio
async def test_a_batch_that_stopped_says_what_to_change_before_it_is_run_again(
    client: AsyncNemoVideo, cell: tuple[Shell, Page]
) -> None:
    await client.batch(["a 3-second video of a fox", "a moon"], max_credits=100)
    text = Tags(cell[1].shown[-1][0]["text/html"]).text
    assert "with a higher max_credits" in text
    assert "Once that is changed, run the cell again" in text
    assert "Run the cell again" not in text


@pytest.mark.anyio
async def test_a_batch_that_was_cancelled_counts_what_was_not_started(
    client: AsyncNemoVideo, cell: tuple[Shell, Page]
) -> None:
    with anyio.CancelScope() as scope:
        await client.batch(["a fox", "a moon"], concurrency=1, on_event=lambda _: scope.cancel())
    html = cell[1].shown[-1][0]["text/html"]
    assert "Batch · 1 not started · 1 more not started" in Tags(html).text


@pytest.mark.anyio
async def test_the_rows_of_a_batch_have_what_a_person_calls_them_and_the_next_step(
    client: AsyncNemoVideo, cell: tuple[Shell, Page]
) -> None:
    report = await client.batch(["how are you?", Job("a fox", key="k" * 99)], concurrency=1)
    cell[0].execution_count += 1
    text = shown(report).text
    assert "000 (no key)failedThe agent made nothing" in text
    assert "all the same: retry_failed=True" in text
    assert report.items[0].key not in text
    assert "k" * 41 not in text
    assert 'class="rows"' in report._repr_html_()


@pytest.mark.anyio
async def test_iteration_shows_no_progress(
    client: AsyncNemoVideo, cell: tuple[Shell, Page]
) -> None:
    async for _ in client.generate("a panda"):
        pass
    assert cell[1].shown == []


def test_the_blocking_client_shows_progress_too(sandbox: Sandbox, cell: tuple[Shell, Page]) -> None:
    with NemoVideo(base_url=sandbox.url) as blocking:
        blocking.create_project().send("a panda")
    assert "Turn" in cell[1].shown[-1][0]["text/html"]


def test_a_blocking_call_that_is_interrupted_says_how_to_go_on_in_one_line(
    sandbox: Sandbox, cell: tuple[Shell, Page]
) -> None:
    def interrupt(event: events.Event) -> None:
        if event.type == "text":
            raise KeyboardInterrupt

    with NemoVideo(base_url=sandbox.url) as blocking:
        with pytest.raises(KeyboardInterrupt) as caught:
            blocking.generate("a panda", on_event=interrupt)
        (line,) = vars(caught.value)["_render_traceback_"]()
        assert "run a batch or a call with a key again" in line
        assert "Do not send it again" in cell[1].shown[-1][0]["text/html"]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # a notebook's
async def test_what_is_awaited_and_interrupted_says_how_to_go_on_in_one_line(
    client: AsyncNemoVideo, cell: tuple[Shell, Page]
) -> None:
    reached = asyncio.Event()

    async def run() -> None:
        await client.generate(
            "a panda", key="row-1", on_event=lambda event: event.type == "text" and reached.set()
        )

    task = asyncio.ensure_future(run())
    await reached.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await task
    assert len(vars(caught.value)["_render_traceback_"]()) == 1
    assert "The same call with the same key" in cell[1].shown[-1][0]["text/html"]


@pytest.mark.anyio
@pytest.mark.parametrize("anyio_backend", ["asyncio"])  # a notebook's
async def test_a_call_with_a_key_that_is_stopped_at_once_says_nothing_of_charges(
    client: AsyncNemoVideo, cell: tuple[Shell, Page]
) -> None:
    with anyio.CancelScope() as scope:
        scope.cancel()
        await client.generate("a panda", key="row-1")
    html = cell[1].shown[-1][0]["text/html"]
    assert "before its key was looked up" in html
    assert "charged" not in html


@pytest.mark.usefixtures("cell")
def test_progress_can_be_turned_off(monkeypatch: pytest.MonkeyPatch) -> None:
    assert wanted_display() is not None
    monkeypatch.setenv("NEMOVIDEO_PROGRESS", "0")
    assert not notebook_progress()
    assert wanted_display() is None
    notebook.show_progress()
    assert wanted_display() is not None
    notebook.show_progress(False)
    assert wanted_display() is None


def test_a_plain_program_and_a_terminal_show_nothing(
    monkeypatch: pytest.MonkeyPatch, cell: tuple[Shell, Page]
) -> None:
    monkeypatch.delattr(Shell, "kernel")
    assert wanted_display() is None
    monkeypatch.setattr(sys.modules["IPython"], "get_ipython", lambda: None)
    assert wanted_display() is None
    assert "<div" in Credits()._repr_html_()
    monkeypatch.delitem(sys.modules, "IPython")
    assert wanted_display() is None


# The example notebooks

EXAMPLES = Path(__file__).parents[2] / "examples" / "notebooks"


def executed(name: str, folder: Path) -> Any:
    """Run an example notebook with a real kernel, and return it with its outputs."""
    import nbclient
    import nbformat

    book = nbformat.read(EXAMPLES / f"{name}.ipynb", as_version=4)
    resources = {"metadata": {"path": str(folder)}}
    nbclient.NotebookClient(book, timeout=120, resources=resources).execute()
    return book


def outputs(book: Any) -> list[str]:
    return [
        output["data"]["text/html"]
        for each in book.cells
        for output in each.get("outputs", [])
        if "text/html" in output.get("data", {})
    ]


@pytest.mark.repository
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_the_quick_start_runs(tmp_path: Path) -> None:
    book = executed("quick_start", tmp_path)
    drawn = outputs(book)
    assert sum("<video" in html for html in drawn) == 1
    assert "InsufficientCreditsError" in drawn[-1]
    assert "credits available" in "".join(drawn)


@pytest.mark.repository
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_iterative_editing_runs(tmp_path: Path) -> None:
    book = executed("iterative_editing", tmp_path)
    assert "<video" in outputs(book)[-1]
    printed = [
        out["text"] for each in book.cells for out in each.get("outputs", []) if "text" in out
    ]
    assert "Urban Dreams" in "".join(printed)


def test_a_saved_notebook_contains_no_signed_url() -> None:
    signed = "https://cdn.test/player.mp4?Expires=1&Signature=SIGNED"
    turn = Turn(f"Here it is: {signed}", (), Draft(), "stream", "s-1")
    for value in (Render(id="r", status="completed", url=signed), turn):
        bundle = mimebundle(value)
        assert "SIGNED" not in bundle["text/html"] + bundle["text/plain"]


def test_progress_in_a_notebook_contains_no_signed_url() -> None:
    drawn: list[dict[str, str]] = []
    display = NotebookDisplay(lambda bundle, *_: drawn.append(bundle))
    display.update(events.Text("See https://cdn.test/player.mp4?Signature=SIGNED for it.\n"))
    assert drawn
    assert "SIGNED" not in str(drawn)
