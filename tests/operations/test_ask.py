"""One box for everything: what a reply says."""

from __future__ import annotations

import json
import wave
from pathlib import Path

import pytest

from nemovideo import AsyncNemoVideo, Draft, PlanRequiredError, RateLimitError
from nemovideo.events import Event, Notice
from nemovideo.language.intent import route
from nemovideo.language.sentences import localize
from nemovideo.operations.ask import list_changes, stage_of
from nemovideo.sandbox import Fault, Sandbox
from nemovideo.sandbox.agents.steps import EditDraft
from nemovideo.sandbox.draft import new_draft
from tests.language.train import read_corpus

pytestmark = pytest.mark.anyio
CLIP = "a 6-second video of the sea at sunset"


def write_sound(path: Path) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(2 * 8000 * 3))
    return path


async def test_ask_says_what_arrived_and_how_long_it_is(
    client: AsyncNemoVideo, tmp_path: Path
) -> None:
    project = await client.create_project()
    sound = write_sound(tmp_path / "steps.wav")
    reply = await project.ask("", files=[sound])
    assert reply.route == "upload"
    assert "steps.wav (3 s)" in reply.text


async def test_ask_lists_the_first_of_many_changes_and_how_many_more() -> None:
    every = [{"id": f"{at}", "d": 1000, "m": {"name": f"Shot {at}"}} for at in range(20)]
    draft = Draft.parse({"t": [{"tt": 0, "sg": every}]})
    changes = tuple(draft.timeline.diff(Draft().timeline))
    lines = list_changes(changes, "en")
    assert len(lines) == 13
    assert lines[-1] == "- " + localize("more_changes", "en", count=8)


async def test_ask_starts_nothing_that_is_to_wait_and_says_so(client: AsyncNemoVideo) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    reply = await project.ask("don't export yet")
    assert reply.route == "state" and reply.video is None
    assert reply.text.startswith(localize("negated", "en"))


async def test_ask_advises_a_clearer_request_where_the_agent_did_not_understand(
    client: AsyncNemoVideo,
) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    unclear = [await project.ask(message) for message in ("flurb the wug", "把它咕噜一下")]
    clear = await project.ask("make the music quieter")
    advice = [localize("be_specific", language) for language in ("en", "zh")]
    assert [text in reply.text for text, reply in zip(advice, unclear, strict=True)] == [True, True]
    assert advice[0] not in clear.text


async def test_ask_draws_the_timeline_in_the_language_of_the_message(
    client: AsyncNemoVideo,
) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    reply = await project.ask("状态")
    assert reply.timeline is not None
    assert reply.timeline.to_text(language="zh") in reply.text
    assert str(reply.timeline) not in reply.text, "a sentence in English"


async def test_ask_reports_that_both_stages_of_a_generation_are_done(
    client: AsyncNemoVideo,
) -> None:
    project = await client.create_project()
    reply = await project.ask(CLIP)
    assert localize("video_ready", "en") in reply.text
    assert localize("changed", "en") not in (await project.ask("status")).text


async def test_ask_ascribes_no_change_to_a_message_that_the_agent_refused(tmp_path: Path) -> None:
    draft = new_draft("draft_1", "", 1920, 1080, 30)
    draft["t"] = [{"tt": 0, "sg": [{"id": "1", "d": 1000, "m": {"name": "fox", "prompt": "fox"}}]}]
    # What an earlier message does while this one waits comes to light only in the state.
    script = [[EditDraft(draft), "That would replace the video, so I changed nothing."]]
    async with Sandbox(agent=script) as sandbox, sandbox.client() as client:
        reply = await (await client.create_project()).ask("a video of a fox")
    assert localize("changed_before", "en") in reply.text
    assert localize("clip_ready", "en") not in reply.text


async def test_ask_announces_no_music_for_a_clip_that_joins_a_video(client: AsyncNemoVideo) -> None:
    project = await client.create_project()
    await project.ask(CLIP)
    reply = await project.ask("add a scene of a fox")
    assert reply.timeline is not None
    assert len(reply.timeline.tracks[0].segments) == 2
    said = [localize(stage, "en") for stage in ("clip_ready", "video_ready")]
    assert not [each for each in said if each in reply.text]


@pytest.mark.parametrize(
    ("tracks", "stage"),
    [
        ([{"tt": 0, "sg": [{"d": 1, "m": {"prompt": "a panda"}}]}], "clip_ready"),
        ([{"tt": 0, "sg": [{"d": 1, "m": {"name": "upload.mp4"}}]}], None),
        (
            [{"tt": 0, "sg": [{"d": 1, "m": {"prompt": "a"}}]}, {"tt": 1, "sg": [{"d": 1}]}],
            "video_ready",
        ),
        ([{"tt": 1, "sg": [{"d": 1}]}], None),
    ],
)
def test_a_generation_has_reached_one_of_two_stages(
    tracks: list[object], stage: str | None
) -> None:
    timeline = Draft.parse({"t": tracks}).timeline
    assert stage_of(timeline.diff(Draft().timeline), timeline) == stage


async def test_ask_says_first_what_begins_and_what_follows_it(client: AsyncNemoVideo) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    reported: list[Event] = []
    reply = await project.ask("add a title that says Hello, then export", on_event=reported.append)
    assert [part.route for part in reply.parts] == ["message", "export"]
    first, second = [event.text for event in reported if isinstance(event, Notice)]
    assert reported[0] == Notice(first)
    assert first.splitlines() == [
        localize("working", "en"),
        localize("queued_after", "en", text="export"),
    ]
    assert second == localize("exporting", "en")


@pytest.mark.parametrize(
    ("message", "language"),
    [("add calm music, then export, then show my credits", "en"), ("加上音乐，然后导出", "zh")],
)
async def test_what_was_paid_for_is_reported_when_the_next_part_fails(
    client: AsyncNemoVideo, sandbox: Sandbox, message: str, language: str
) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    with sandbox.inject(Fault("renders.create", "code", code=402)):
        reply = await project.ask(message)
    assert isinstance(reply.error, PlanRequiredError)
    assert [part.route for part in reply.parts] == ["message", "export"]
    assert reply.turn is not None and reply.turn.changes
    assert reply.parts[0].text in reply.text
    reported = json.loads(json.dumps(reply.to_dict()))["error"]
    assert (reported["error"], reported["message"]) == ("PlanRequiredError", reply.error.message)
    assert localize("step_failed", language, reason=str(reply.error)) in reply.text
    if language == "en":
        assert reply.text.endswith(localize("not_started", "en", text="show my credits"))


async def test_a_part_that_fails_first_is_raised(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    project = await client.create_project()
    refusal = Fault("messages.stream", "status", status=429, times=None)
    with sandbox.inject(refusal), pytest.raises(RateLimitError):
        await project.ask("add calm music, then export")


async def test_ask_has_nothing_to_announce_where_the_answer_is_quick(
    client: AsyncNemoVideo,
) -> None:
    reported: list[Event] = []
    await (await client.create_project()).ask("credits", on_event=reported.append)
    assert reported == []


async def test_a_reply_is_plain_json_with_all_its_parts(client: AsyncNemoVideo) -> None:
    project = await client.create_project()
    reply = await project.ask("make a 2-second video of a panda, then show my credits")
    reported = json.loads(json.dumps(reply.to_dict()))
    assert reported["text"] == reply.text
    assert [part["route"] for part in reported["parts"]] == ["message", "credits"]
    assert reported["turn"]["session_id"] == project.session_id
    assert reported["credits"]["available"] == reply.credits.available if reply.credits else False
    assert reported["video"] is None


@pytest.mark.parametrize(
    ("message", "expected"),
    [("here's my footage from Bali", "upload"), ("trim it to 2 seconds", "message")],
)
async def test_a_reply_names_the_files_that_came(
    client: AsyncNemoVideo, tmp_path: Path, message: str, expected: str
) -> None:
    clip = write_sound(tmp_path / "bali.wav")
    project = await client.create_project()
    reply = await project.ask(message, files=[clip])
    assert reply.route == expected
    assert clip.name in reply.text
    assert (reply.turn is None) == (expected == "upload")


def is_unsure(text: str) -> bool:
    intents = route(text)
    return [(each.route, each.certain) for each in intents] == [("export", False)]


async def test_ask_starts_nothing_for_what_only_sounds_like_an_export(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    project = await client.create_project()
    await project.send(CLIP)
    sent = len(sandbox.requests)
    english = (row.text for row in read_corpus() if row.language == "en")
    unsure = next(text for text in english if is_unsure(text))
    reported: list[Event] = []
    reply = await project.ask(unsure, on_event=reported.append)
    assert (reply.route, reply.video, reported) == ("export", None, [])
    assert reply.text == localize("unsure_export", "en")
    assert len(sandbox.requests) == sent


async def test_ask_reports_a_negated_command_with_the_credits_it_shows(
    client: AsyncNemoVideo,
) -> None:
    reply = await (await client.create_project()).ask("don't export, just show my credits")
    assert reply.credits is not None and reply.video is None
    assert reply.text.startswith(localize("negated", "en"))
