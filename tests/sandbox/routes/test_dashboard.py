"""The dashboard, as data and in a real browser."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from nemovideo.sandbox import Fault
from nemovideo.sandbox.routes.dashboard import masked, read_timeline
from tests.sandbox.routes.browser import Tab, open_tab

Watch = Callable[[Callable[[Tab], Awaitable[Any]]], Any]


@pytest.fixture
def busy(caller: Any) -> Any:
    """A sandbox with a session, a finished render and a failed one."""
    session_id = caller.open_session()
    caller.say(session_id, "a 2-second video of a <b>panda</b> in a bamboo forest")
    draft = caller.state(session_id)["draft"]
    caller.render(session_id, draft, "render_good")
    caller.rendered("render_good")
    with caller.sandbox.inject(Fault("renders.create", "failed_render")):
        caller.render(session_id, draft, "render_bad")
    caller.rendered("render_bad")
    return caller


@pytest.fixture
def watch(busy: Any) -> Watch:
    """Run something with the page open in a browser."""

    def run(work: Callable[[Tab], Awaitable[Any]]) -> Any:
        async def main() -> Any:
            async with open_tab(f"{busy.sandbox.web_url}/") as tab:
                await tab.until("document.querySelector('.render video')")
                return await work(tab)

        return asyncio.run(main())

    return run


def dashboard(caller: Any, since: object = 0) -> Any:
    return caller.get(f"{caller.sandbox.web_url}/dashboard/data?since={since}").json


def test_the_dashboard_has_sessions_renders_and_charges(busy: Any) -> None:
    data = dashboard(busy)
    (session,) = data["sessions"]
    assert session["timeline"]["length"] == 2000
    assert [track["type"] for track in session["timeline"]["tracks"]] == [0, 1, 7]
    assert [render["status"] for render in session["renders"]] == ["failed", "completed"]
    assert data["credits"] == 100


def test_the_dashboard_has_the_requests_since_the_last_poll(busy: Any) -> None:
    first = dashboard(busy)
    busy.credits()
    (request,) = dashboard(busy, first["last"])["requests"]
    assert (request["endpoint"], request["status"]) == ("credits.retrieve", 200)


def test_a_running_request_is_sent_again_until_it_has_ended(busy: Any) -> None:
    last = dashboard(busy)["last"]
    log: Any = busy.sandbox._log
    running = log.record(
        at=0, host="api", endpoint="x", method="GET", path="/", query={}, headers={}
    )
    assert dashboard(busy, last)["last"] == last
    running.outcome = "answered"
    assert dashboard(busy, last)["last"] == running.number


def test_the_dashboard_shows_no_credentials(busy: Any) -> None:
    reply = busy.get(f"{busy.sandbox.web_url}/dashboard/data?since=x")
    assert reply.status == 200
    assert b"nmv_usr_" not in reply.body


def test_requests_of_the_dashboard_are_not_logged(busy: Any) -> None:
    before = len(busy.sandbox.requests)
    dashboard(busy)
    assert len(busy.sandbox.requests) == before


def test_a_session_is_named_by_its_film(busy: Any) -> None:
    busy.open_session()
    films = [session["film"] for session in dashboard(busy)["sessions"]]
    assert films[0] == "project"
    assert "panda" in films[1].lower()


def test_a_turn_has_the_steps_of_the_agent(busy: Any) -> None:
    (session,) = dashboard(busy)["sessions"]
    kinds = [step["kind"] for step in session["turns"][0]["steps"]]
    assert {"call tool", "edit draft"} <= set(kinds)
    assert all(len(step["text"]) <= 301 for step in session["turns"][0]["steps"])


def test_a_request_is_opened_to_its_body_without_secrets(busy: Any) -> None:
    opened = [
        busy.get(f"{busy.sandbox.web_url}/dashboard/request/{request['number']}")
        for request in dashboard(busy)["requests"]
    ]
    bodies = b"".join(each.body for each in opened)
    assert {each.status for each in opened} == {200}
    assert b"a 2-second video of a <b>panda</b>" in bodies
    assert b"nmv_usr_" not in bodies
    assert busy.get(f"{busy.sandbox.web_url}/dashboard/request/99999").status == 404


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({"token": "abc", "text": "a token"}, {"token": "…", "text": "a token"}),
        ([{"claim_token": "abc"}], [{"claim_token": "…"}]),
        ({"new_message": {"parts": [{"text": "use nmv_usr_abc"}]}},
         {"new_message": {"parts": [{"text": "use …"}]}}),
        ({"urls": ["https://a.example/f.mp4?X-Amz-Signature=ab&e=1"]},
         {"urls": ["https://a.example/f.mp4?…"]}),
        ({"ct": "abc", "session": "s1"}, {"ct": "…", "session": "s1"}),
    ],
)  # fmt: skip
def test_secrets_are_masked_in_what_was_sent(sent: object, shown: object) -> None:
    assert masked(sent) == shown


def test_a_session_without_a_draft_has_no_timeline() -> None:
    assert read_timeline(None) is None


def test_the_page_loads_nothing_from_other_hosts(busy: Any) -> None:
    web = busy.sandbox.web_url
    for name in ("/", "/dashboard.css", "/dashboard.js"):
        reply = busy.get(web + name)
        assert reply.status == 200
        assert reply.headers["Content-Security-Policy"].startswith("default-src 'self'")
        text = reply.body.decode().replace(busy.sandbox.url, "")
        assert "http://" not in text
        assert "https://" not in text


def test_a_timeline_is_drawn_to_scale(watch: Watch) -> None:
    async def work(tab: Tab) -> Any:
        await tab.until("document.querySelectorAll('.type-0 li, .type-1 li').length === 2")
        return await tab.read(
            "[...document.querySelectorAll('.type-0 li, .type-1 li')].map((segment) =>"
            " segment.offsetWidth / segment.parentElement.offsetWidth)"
        )

    assert watch(work) == pytest.approx([1, 1], abs=0.01)


def test_a_prompt_is_shown_as_it_is_and_never_as_markup(watch: Watch) -> None:
    async def work(tab: Tab) -> Any:
        await tab.until("document.querySelector('.talk strong') !== null")
        return await tab.read(
            "[document.querySelectorAll('.talk b').length,"
            " document.querySelector('.talk strong').textContent]"
        )

    assert watch(work) == [0, "a 2-second video of a <b>panda</b> in a bamboo forest"]


def test_a_finished_video_goes_on_playing_while_the_page_is_updated(
    watch: Watch, busy: Any
) -> None:
    async def work(tab: Tab) -> Any:
        await tab.read("(window.film = document.querySelector('video')).muted = true")
        await tab.read("film.loop = true; film.play()")
        await asyncio.to_thread(busy.open_session)
        await tab.until("document.querySelectorAll('.session').length === 2")
        await tab.until("film.currentTime > 0.1")
        return await tab.read("film.isConnected && !film.paused")

    assert watch(work) is True


def test_the_slider_and_the_video_follow_each_other(watch: Watch) -> None:
    async def work(tab: Tab) -> Any:
        await tab.read("(window.film = document.querySelector('video')).muted = true")
        await tab.read("window.slider = document.querySelector('.playhead input')")
        await tab.until("film.readyState > 0 && !slider.closest('.track').hidden")
        await tab.read("slider.value = 1500; slider.dispatchEvent(new Event('input'))")
        await tab.until("Math.abs(film.currentTime - 1.5) < 0.1 && !film.seeking")
        await tab.read("film.currentTime = 0.5")
        await tab.until("slider.value == 500")
        return await tab.read("document.querySelector('.cursor').style.insetInlineStart")

    assert watch(work) == "25%"


def test_a_request_opens_on_the_page(watch: Watch) -> None:
    async def work(tab: Tab) -> Any:
        row = "[...document.querySelectorAll('#requests details')].find((row) =>"
        await tab.read(f"({row} row.textContent.includes('messages')).open = true)")
        return await tab.until(
            "[...document.querySelectorAll('#requests pre')].map((pre) => pre.textContent)"
            ".find((text) => text.includes('panda'))"
        )

    assert "a 2-second video of a <b>panda</b>" in watch(work)


def test_requests_appear_as_they_arrive(watch: Watch, busy: Any) -> None:
    async def work(tab: Tab) -> Any:
        await asyncio.to_thread(busy.credits)
        return await tab.until(
            "document.querySelector('#requests').textContent.includes('credits.retrieve')"
        )

    assert watch(work) is True


def test_everything_can_be_reached_with_the_keyboard(watch: Watch) -> None:
    async def work(tab: Tab) -> Any:
        reached: list[str] = []
        while len(reached) < 40 and "DIV" not in reached:
            await tab.press("Tab")
            reached.append(await tab.read("document.activeElement.tagName"))
            if reached[-1] == "SUMMARY":
                await tab.press("Enter")
                await tab.until("document.querySelector('details').open")
        return reached

    reached = watch(work)
    assert reached[0] == "A"
    assert {"LI", "VIDEO", "SUMMARY", "DIV"} <= set(reached)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_page_fits_its_window_in_both_colour_schemes(
    watch: Watch, tmp_path: Path, width: int, height: int, scheme: str
) -> None:
    async def work(tab: Tab) -> Any:
        await tab.resize(width, height)
        await tab.colours(scheme)
        await tab.picture(tmp_path / f"dashboard-{width}-{scheme}.png")
        return await tab.read(
            "[document.documentElement.scrollWidth,"
            " getComputedStyle(document.body).backgroundColor]"
        )

    scroll_width, background = watch(work)
    assert scroll_width <= width
    brightness = int(background.partition("(")[2].partition(",")[0])
    assert (brightness > 128) is (scheme == "light")


def test_a_sandbox_that_does_not_respond_is_shown(watch: Watch, busy: Any) -> None:
    async def work(tab: Tab) -> Any:
        await asyncio.to_thread(busy.sandbox.__exit__, None, None, None)
        return await tab.until("document.querySelector('#link.lost')?.textContent")

    assert watch(work) == "the sandbox does not respond"


def test_video_playback_of_the_page_is_not_logged(busy: Any) -> None:
    before = len(busy.sandbox.requests)
    *_, completed = dashboard(busy)["sessions"][0]["renders"]
    with busy.sandbox.inject(Fault("files.download", "status", times=None)) as injected:
        reply = busy.get(f"{busy.sandbox.web_url}{completed['url']}", Range="bytes=4-7")
    assert (reply.status, reply.body, reply.headers["Content-Type"]) == (206, b"ftyp", "video/mp4")
    assert (len(busy.sandbox.requests), injected.hits) == (before, 0)
    assert busy.get(f"{busy.sandbox.web_url}/dashboard/file/none").status == 404
