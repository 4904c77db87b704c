"""Whatever is typed, in whatever order: a scene comes back and the draft stays sound."""

from __future__ import annotations

import copy
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from nemovideo.sandbox import draft as timeline
from nemovideo.sandbox.agents.interface import AgentBehavior, ScriptedTurn, TurnKind
from nemovideo.sandbox.agents.rule_agent import respond
from nemovideo.sandbox.agents.rule_agent.context import Context
from nemovideo.sandbox.agents.steps import EditDraft, Say
from nemovideo.sandbox.draft import AUDIO, TEXT, VIDEO, Json, meta
from tests.sandbox.rule_agent.conftest import UPLOADS, Session

SENTENCES = (
    "Generate a 10-second video of a panda walking through a bamboo forest",
    "生成一个15秒的雨夜城市的视频",
    "a video: first a cat, then a dog, finally a whale. 9 seconds",
    "then show a lighthouse for 3 seconds",
    "add a 4-second scene of a rocket at the beginning",
    "cut the first 2 seconds",
    "cut the last 2 seconds of the first clip",
    "remove the part from 1 to 3 seconds",
    "keep only 1 to 4 seconds",
    "shorten it to 3 seconds",
    "延长到20秒",
    "split it at 2 seconds",
    "swap the first two clips",
    "move the last clip to the beginning",
    "reverse the order of the clips",
    "delete the second clip",
    "delete the first clip",
    "2x",
    "slow motion",
    "第一段慢放",
    "crossfade",
    "fade in and out",
    "fade out the music over 5 seconds",
    "lower the music a bit",
    "音乐大声点",
    "remove the music",
    "add upbeat music",
    'add a title "One" in the last 3 seconds',
    'add a subtitle "Two" from 1 to 4 seconds',
    "在开头加标题“三”",
    "move the title to the top",
    "remove all text",
    "append beach.mp4",
    "insert IMG_1.jpg at 2 seconds for 1 second",
    "overlay photo two.png from 1 to 3 seconds",
    "use song.mp3 as background music",
    "add voice.wav at 1 second",
    "make a slideshow of my photos, 2 seconds each",
    "mute it",
    "make it snow",
    "replace the panda with a fox",
    "start over",
    "undo",
    "undo the last 2 changes",
    "tell me a joke",
)


def check(draft: Json) -> None:
    """The draft is as long as its pictures, holds no empty or overlapping clips, no id twice."""
    assert draft["d"] == timeline.video_end(draft)
    ids = [
        str(owner["id"])
        for track in timeline.tracks(draft)
        for owner in (track, *(item.node for item in timeline.placed(track)))
    ]
    assert len(ids) == len(set(ids))
    for item in [i for kind in (VIDEO, AUDIO, TEXT) for i in timeline.segments(draft, kind)]:
        assert item.length > 0
        assert item.end <= timeline.as_ms(draft["d"])
        fades = [timeline.as_ms(meta(item.node).get(name)) for name in ("fade_in", "fade_out")]
        assert all(fade <= item.length for fade in fades)
    main = timeline.main_track(draft)
    clips = timeline.placed(main) if main else []
    assert all(a.end == b.start for a, b in pairwise(clips))
    assert not clips or "transition" not in meta(clips[0].node)


@given(st.text(max_size=200), st.booleans())
def test_any_text_gives_a_turn(message: str, started: bool) -> None:
    session = Session(assets=UPLOADS)
    if started:
        session.send(SENTENCES[0])
    turn = session.send(message)
    assert turn.steps
    assert isinstance(turn.kind, TurnKind)


JUMBLE = """the a title music clip second 2 5 seconds first last cut add remove to from at 10% 字幕
音乐 第 秒 3 把 改成 “好” "x" , and then fade speed 2x make it video panda 到
最后 IMG_1.jpg beach.mp4"""
WORDS = st.sampled_from(JUMBLE.split())


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_any_jumble_of_known_words_leaves_a_sound_draft(message: str) -> None:
    session = Session(assets=UPLOADS)
    session.send(SENTENCES[0])
    session.send(message)
    assert session.draft is not None
    check(session.draft)


@given(st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=14), st.integers(0, 1000))
def test_any_sequence_of_instructions_leaves_a_sound_draft(prompt: list[str], seed: int) -> None:
    session = Session(assets=UPLOADS, seed=seed)
    for message in prompt:
        before = copy.deepcopy(session.draft)
        turn = session.send(message)
        check_turn(turn, before)
        if session.draft is not None:
            check(session.draft)


def check_turn(turn: ScriptedTurn, before: Json | None) -> None:
    """The last draft of the steps is the scene's; nothing is said to change that did not."""
    drafts = [step.draft for step in turn.steps if isinstance(step, EditDraft)]
    assert (drafts[-1] if drafts else None) == turn.draft
    if turn.draft is None:
        assert any(isinstance(step, Say) for step in turn.steps)
    else:
        assert before is None or turn.draft["v"] == timeline.as_ms(before["v"]) + 1
        assert [check(draft) for draft in drafts]


@given(st.sampled_from(SENTENCES), st.integers(0, 99), st.integers(0, 99))
def test_the_same_message_gives_the_same_turn(message: str, seed: int, turn: int) -> None:
    context = Context(uploads=UPLOADS, seed=seed, turn=turn)
    assert respond(message, context, AgentBehavior()) == respond(message, context, AgentBehavior())


@given(st.sampled_from(SENTENCES))
def test_the_draft_handed_in_is_never_written_on(message: str) -> None:
    session = Session(assets=UPLOADS)
    session.send(SENTENCES[0])
    session.send(SENTENCES[3])
    given_draft = session.draft
    remaining = copy.deepcopy(given_draft)
    session.send(message)
    assert given_draft == remaining
