from __future__ import annotations

import json
import math

import pytest
from hypothesis import given

from nemovideo.timeline.elements import Gap, Segment, Track
from nemovideo.timeline.timeline import Timeline
from tests.timeline.drafts import drafts, one_segment, sample, timeline


def first(raw: dict) -> Segment:
    return timeline(raw).tracks[0].segments[0]


def test_the_documented_example_letter_for_letter() -> None:
    assert str(timeline(sample("documented"))) == (
        "Timeline (3 tracks): 1. Video: city timelapse (0-10s) 2. BGM: Lo-fi (0-10s, 35%)"
        ' 3. Title: "Urban Dreams" (0-3s)'
    )


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ({}, "Timeline (0 tracks)"),
        ({"t": [{"tt": 1, "sg": []}]}, "Timeline (1 track): 1. BGM: empty"),
        (one_segment(d=1, m={}), "Timeline (1 track): 1. Video: untitled (0-0s)"),
        (
            one_segment(4, d=2500, m={"name": "x"}),
            "Timeline (1 track): 1. Track type 4: x (0-2.5s)",
        ),
        ({"t": [{"sg": [{"d": 1000}]}]}, "Timeline (1 track): 1. Track: untitled (0-1s)"),
        (
            {"t": [{"tt": 0, "sg": [{"d": 1000, "m": {"name": "A"}}, {"d": 2250}, {"d": 50}]}]},
            "Timeline (1 track): 1. Video: A +2 more (0-3.3s)",
        ),
        (
            {"t": [{"tt": 1, "m": {"volume": 0.5}, "sg": [{"d": 1000, "m": {"name": "A"}}]}]},
            "Timeline (1 track): 1. BGM: A (0-1s, 50%)",
        ),
        (
            one_segment(7, d=1000, m={"text": "two\n lines\x07 \u202eof text"}),
            'Timeline (1 track): 1. Title: "two lines of text" (0-1s)',
        ),
    ],
)
def test_summary(raw: dict, line: str) -> None:
    assert str(timeline(raw)) == line
    assert repr(timeline(raw)) == f"<{line}>"


@pytest.mark.parametrize(
    ("meta", "outside", "attribute", "value"),
    [
        ({"name": "A", "title": "B"}, {"name": "C"}, "name", "A"),
        ({"title": "B"}, {"name": "C"}, "name", "B"),
        ({"name": 5}, {"name": "C"}, "name", "C"),
        ({"name": "  "}, {}, "name", ""),
        ({"displayName": "D"}, {}, "name", "D"),
        ({"asset": "clips/a.mp4?sig=1"}, {}, "name", "a.mp4"),
        ({"prompt": "a panda"}, {}, "name", "a panda"),
        ({"start": 1500}, {"start": 9}, "start_ms", 1500),
        ({"start": "soon"}, {"startMs": 700.5}, "start_ms", 701),
        ({"start": -5}, {}, "start_ms", 0),
        ({"start": True}, {}, "start_ms", 0),
        ({"start": 10**15}, {}, "start_ms", 0),
        ({"volume": 0.2}, {}, "volume", 0.2),
        ({"volume": "loud"}, {}, "volume", None),
        ({"volume": "0.35"}, {}, "volume", 0.35),
        ({"volume": "35%"}, {}, "volume", 0.35),
        ({"volume": "5 %"}, {}, "volume", 0.05),
        ({"volume": 35}, {}, "volume", 0.35),
        ({"volume": "100"}, {}, "volume", 1),
        ({"volume": 1.5}, {}, "volume", 1.5),
        ({"volume": "35s"}, {}, "volume", None),
        ({"volume": -0.5}, {}, "volume", None),
        ({"volume": math.nan}, {}, "volume", None),
        ({"volume": "nan"}, {}, "volume", None),
        ({"volume": 0.2, "muted": "true"}, {}, "volume", 0.0),
        ({"volume": 0.2, "muted": 1}, {}, "volume", 0.0),
        ({"volume": 0.2, "muted": "0"}, {}, "volume", 0.2),
        ({"start": "1500"}, {}, "start_ms", 1500),
        ({"start": "1.5s"}, {}, "start_ms", 1500),
        ({"start": " 250.5 ms "}, {}, "start_ms", 251),
        ({"start": "-5"}, {}, "start_ms", 0),
        ({"start": "1e400"}, {}, "start_ms", 0),
        ({"start": "1_000"}, {}, "start_ms", 0),
        ({"start": 2.5}, {}, "start_ms", 3),
        ({"speed": "2"}, {}, "speed", 2),
        ({"d": None}, {"d": "2000"}, "duration_ms", 2000),
        ({"name": {"text": "Fox"}}, {}, "name", "Fox"),
        ({"name": '{"text": "Fox"}'}, {}, "name", "Fox"),
        ({"name": "{Fox}"}, {}, "name", "{Fox}"),
        ({"name": {"size": 5}}, {"name": "C"}, "name", "C"),
        ({"name": ["A", "B"]}, {}, "name", ""),
        ({"material": {"name": "Fox"}}, {}, "name", "Fox"),
        ({}, {"asset": {"url": "https://cdn/x.mp4", "title": "Fox"}}, "name", "Fox"),
        ({"font": {"name": "Arial"}}, {}, "name", ""),
        ({"name": "a\ud83e"}, {}, "name", "a\ufffd"),
        ({"volume": 0.2, "muted": True}, {}, "volume", 0.0),
        ({"volume": 0.2, "muted": "no"}, {}, "volume", 0.2),
        ({"source": {"url": "https://cdn/x/b.mp4"}}, {}, "source", "https://cdn/x/b.mp4"),
        ({"source": {"x": 1}}, {}, "source", None),
        ({"id": 7}, {}, "id", "7"),
        ({"id": "in"}, {"id": True}, "id", "in"),
        ({"speed": 0}, {}, "speed", None),
        ({"in": 250.6}, {}, "source_start_ms", 251),
        ({"d": 5}, {"d": 1000}, "duration_ms", 1000),
        ({"duration": 800}, {"d": None}, "duration_ms", 800),
        ({"start": 200, "end": 900}, {"d": "x"}, "duration_ms", 700),
        ({"end": 100, "start": 200}, {"d": "x"}, "duration_ms", 0),
    ],
)
def test_a_field_is_read_under_many_spellings(
    meta: dict, outside: dict, attribute: str, value: object
) -> None:
    segment = first(one_segment(**{"d": 1000, "m": meta, **outside}))

    assert getattr(segment, attribute) == value


@pytest.mark.parametrize(
    ("spelling", "kind", "number"),
    [
        (0, "video", 0),
        (1.0, "audio", 1),
        ("text", "text", 7),
        ("Subtitle", "text", 7),
        ("TRACK_TYPE_AUDIO", "audio", 1),
        ("video-track", "video", 0),
        ("video audio", "unknown", None),
        ("track", "unknown", None),
        ("7", "text", 7),
        (" 1 ", "audio", 1),
        ("0.0", "video", 0),
        (7.5, "unknown", None),
        (-1, "unknown", -1),
        (10**30, "unknown", None),
        (math.inf, "unknown", None),
        (9, "unknown", 9),
        ("?", "unknown", None),
        (True, "unknown", None),
    ],
)
def test_track_types(spelling: object, kind: str, number: int | None) -> None:
    track = timeline(one_segment(spelling)).tracks[0]

    assert (track.kind, track.type) == (kind, number)


@pytest.mark.parametrize("meta", [{"text": "Hi"}, {"name": "Hi"}, {"title": "Hi"}])
def test_name_and_text_of_a_title_default_to_each_other(meta: dict) -> None:
    segment = first(one_segment(7, d=1, m=meta))

    assert (segment.name, segment.text) == ("Hi", "Hi")


@pytest.mark.parametrize(
    "meta",
    [
        {"text": {"content": "Hello", "color": "#fff"}},
        {"text": {"content": {"text": "Hello"}}},
        {"content": '{"text":"Hello","styles":[{"range":[0,5]}]}'},
        {"content": '{"content": "{\\"text\\": \\"Hello\\"}"}'},
        {"content": [{"text": "Hel"}, {"insert": "lo"}]},
        {"text": '[{"text": "Hel"}, "lo"]'},
        {"text": {"ops": [{"insert": "Hel"}, {"insert": "lo"}]}},
        {"content": {"type": "doc", "content": [{"content": [{"text": "Hello"}]}]}},
        {"content": "<size=15.0><color=(1,1,1,1)>[Hello]</color></size>"},
        {"material": {"content": '{"text": "Hello"}'}},
        {"text": "  ", "caption": "Hello"},
        {"text": '{"text": " "}', "caption": "Hello"},
        {"text": {"styles": []}, "caption": "Hello"},
    ],
)
def test_the_text_of_a_title_is_found_in_objects_and_json(meta: dict) -> None:
    segment = first(one_segment("7", d="2000", m=meta))

    assert (segment.name, segment.text, segment.duration_ms) == ("Hello", "Hello", 2000)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (2024, "2024"),
        (True, None),
        (2.5, None),
        ("{Hello}", "{Hello}"),
        ('{"a": 1}', '{"a": 1}'),
        ("[1, 2]", "[1, 2]"),
        ("<b>[Hello]</b>", "<b>[Hello]</b>"),
        ('{"text":' * 2000, '{"text":' * 2000),
        (json.loads('{"text":' * 9 + '"too deep"' + "}" * 9), None),
        (["  ", None], None),
    ],
)
def test_text_that_only_resembles_json_is_unchanged(text: object, words: str | None) -> None:
    assert first(one_segment(7, d=1, m={"text": text})).text == words


def test_an_absent_start_is_right_after_the_segment_before() -> None:
    track = {"tt": 0, "sg": [{"d": 1000}, {"d": 500, "m": {"start": 4000}}, {"d": 250}]}

    segments = timeline({"t": [track]}).tracks[0].segments

    assert [(s.start_ms, s.end_ms) for s in segments] == [(0, 1000), (4000, 4500), (4500, 4750)]


def test_an_absent_length_reaches_to_the_next_start_and_the_last_one_to_the_end() -> None:
    track = {"tt": 0, "sg": [{}, {"m": {"start": 4000}}]}

    def spans(raw: dict) -> list[tuple[int, int]]:
        return [(s.start_ms, s.end_ms) for s in timeline(raw).tracks[0].segments]

    assert spans({"d": 9000, "t": [track]}) == [(0, 4000), (4000, 9000)]
    assert spans({"d": 9000, "t": [{**track, "d": 6000}]}) == [(0, 4000), (4000, 6000)]
    assert spans({"t": [track]}) == [(0, 4000), (4000, 4000)]


def test_the_length_is_the_drafts_own_else_the_end_of_the_last_segment() -> None:
    assert timeline({"d": 9000, **one_segment(d=4000)}).duration_ms == 9000
    assert timeline(one_segment(d=4000)).duration_ms == 4000
    assert timeline({}).duration_ms == 0


def test_name_and_size_of_the_timeline() -> None:
    view = timeline(sample("edited"))

    assert (view.name, view.size, view.fps) == ("城市之梦 Urban Dreams", "1920x1080", 30)
    assert timeline({"m": {"width": 1920}}).size is None


def test_gaps_are_before_and_between_segments() -> None:
    gaps = timeline(sample("edited")).gaps

    assert gaps[:2] == (Gap(0, 14000, 17000), Gap(1, 0, 13000))
    assert gaps[0].duration_ms == 3000
    assert timeline(sample("documented")).gaps == ()


def test_at_excludes_the_end_of_a_segment() -> None:
    view = timeline(sample("documented"))

    assert [s.name for s in view.at(2999.9)] == ["city timelapse", "Lo-fi", "Urban Dreams"]
    assert [s.name for s in view.at(3000)] == ["city timelapse", "Lo-fi"]
    assert view.at(10000) == ()


def test_layers_have_no_overlaps() -> None:
    voices = timeline(sample("edited")).tracks[3]

    assert [[s.name for s in row] for row in voices.layers()] == [["voice one"], ["voice two"]]
    assert Track("audio", 1).layers() == []


def test_details_have_a_line_for_each_segment() -> None:
    assert timeline(sample("edited")).details().splitlines()[:6] == [
        "Timeline (24s, 6 tracks)",
        "1. Video: Main",
        "   city timelapse at dusk, slow zoom (0-8s)",
        '   panda <in> "bamboo" & mist (8-14s)',
        "   雨夜的霓虹街道 (17-24s)",
        "2. Video: B-roll",
    ]


def test_details_in_chinese() -> None:
    raw = {**sample("documented"), "t": [*sample("documented")["t"], {"tt": 5}]}

    assert timeline(raw).details("zh-CN").splitlines() == [
        "时间线（10秒，4 条轨道）",
        "1. 视频",
        "   city timelapse（0-10秒）",
        "2. 音乐",
        "   Lo-fi（0-10秒，35%）",
        "3. 标题",
        "   “Urban Dreams”（0-3秒）",
        "4. 类型 5 轨道（空）",
    ]


def test_to_dict_has_the_readable_fields() -> None:
    data = json.loads(json.dumps(timeline(sample("documented")).to_dict()))

    assert data["duration_ms"] == 10000
    assert [track["kind"] for track in data["tracks"]] == ["video", "audio", "text"]
    assert data["tracks"][1]["segments"][0]["volume"] == 0.35


def test_invisible_changes_leave_timelines_equal() -> None:
    raw = one_segment(d=1000, id="a", m={"name": "A"}) | {"v": 1, "updatedAt": "noon"}
    again = one_segment(d=1000.0, id="b", m={"name": "A"}) | {"v": 2}

    assert timeline(raw) == timeline(again)
    assert hash(timeline(raw)) == hash(timeline(again))


@pytest.mark.parametrize(
    "other",
    [
        one_segment(d=1000, m={"name": "A", "filter": "warm"}),
        one_segment(d=1001, m={"name": "A"}),
        one_segment(1, d=1000, m={"name": "A"}),
        one_segment(d=1000, m={"name": "A"}) | {"ratio": "9:16"},
        {},
    ],
)
def test_any_other_change_makes_timelines_unequal(other: dict) -> None:
    assert timeline(one_segment(d=1000, m={"name": "A"})) != timeline(other)


def test_elements_are_not_equal_to_other_types() -> None:
    assert Timeline() != "Timeline (0 tracks)"
    assert Track("video", 0) != 0
    assert Segment("video", 0, 1) != 0


def test_reprs_are_short_and_contain_no_source() -> None:
    track = timeline(one_segment(d=1000, m={"url": "https://cdn/a.mp4?sig=secret"})).tracks[0]

    assert repr(track) == "<Track video: 1 segments>"
    assert repr(track.segments[0]) == "<Segment video: a.mp4 (0-1s)>"
    assert str(track.segments[0]) == "a.mp4 (0-1s)"


@given(drafts)
def test_parsing_is_deterministic(raw: dict) -> None:
    assert timeline(raw) == timeline(raw)
    assert hash(timeline(raw)) == hash(timeline(raw))


def test_an_object_without_text_is_searched_once() -> None:
    read_keys: list[str] = []

    class Noted(dict):
        def __getitem__(self, key: str) -> object:
            read_keys.append(key)
            return super().__getitem__(key)

    words = Noted(text=Noted(content=Noted(value=None, styles=[])), name=None)
    assert first(one_segment(7, d=1, m={"text": words})).text is None
    assert read_keys == ["text", "content", "value", "name"]
