from __future__ import annotations

import html
import re
import sys
from importlib import import_module

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.errors import InvalidInputError, NemoVideoError
from tests.timeline.drafts import drafts, one_segment, sample, timeline

# It has no wheel for Python 3.14, and the extra `all` leaves it out there.
_load = import_module if sys.version_info < (3, 14) else pytest.importorskip
otio = _load("opentimelineio")


def round_trip(made: otio.schema.Timeline) -> otio.schema.Timeline:
    text = otio.adapters.write_to_string(made, "otio_json")
    return otio.adapters.read_from_string(text, "otio_json")


def frames(track: otio.schema.Track) -> list[tuple[str, float, float]]:
    return [
        (item.name, track.range_of_child(item).start_time.value, item.duration().value)
        for item in track
    ]


def test_otio_reads_back_what_it_was_given() -> None:
    made = timeline(sample("edited")).to_otio()

    again = round_trip(made)

    assert again.is_equivalent_to(made)
    assert again.duration() == otio.opentime.RationalTime(720, 30)
    assert again.name == "城市之梦 Urban Dreams"


def test_clips_and_gaps_stand_on_their_frames() -> None:
    video, broll = list(round_trip(timeline(sample("edited")).to_otio()).tracks)[:2]

    assert frames(video) == [
        ("city timelapse at dusk, slow zoom", 0, 240),
        ('panda <in> "bamboo" & mist', 240, 180),
        ("", 420, 90),
        ("雨夜的霓虹街道", 510, 210),
    ]
    assert frames(broll) == [("", 0, 390), ("drone", 390, 36)]


def test_overlaps_go_to_a_track_of_their_own() -> None:
    tracks = timeline(sample("edited")).to_otio().tracks

    assert [track.name for track in tracks if track.kind == "Audio"] == [
        "Music",
        "Music",
        "Music (2)",
    ]


def test_media_speed_and_offset_go_along() -> None:
    tracks = timeline(sample("edited")).to_otio().tracks
    generated, clip, _, fast = tracks[0]
    title = tracks[-2][0]

    assert isinstance(generated.media_reference, otio.schema.MissingReference)
    assert clip.media_reference.target_url == "panda.mp4"
    assert clip.source_range.start_time == otio.opentime.RationalTime(60, 30)
    assert fast.effects[0].time_scalar == 2
    assert title.media_reference.parameters["text"] == "Urban Dreams"
    assert generated.metadata["nemovideo"]["draft"]["m"]["scene"]["family"] == "city"


def test_an_unknown_track_is_kept_but_not_shown() -> None:
    track = list(timeline(sample("edited")).to_otio().tracks)[-1]

    assert (track.name, track.enabled) == ("Track type 5", False)
    assert track.metadata["nemovideo"]["track_type"] == 5


def test_numbers_beyond_64_bits_are_kept_as_text() -> None:
    made = timeline(one_segment(d=1, seeds=[2**63, -(2**63), 5])).to_otio()

    seeds = made.tracks[0][0].metadata["nemovideo"]["draft"]["seeds"]
    assert list(seeds) == [str(2**63), -(2**63), 5]


def test_rounding_at_the_edges_does_not_add_up() -> None:
    row = [{"d": 1001, "m": {"name": f"{at}"}} for at in range(100)]

    track = timeline({"t": [{"tt": 0, "sg": row}]}).to_otio(23.976).tracks[0]

    assert track.duration().value == round(100.1 * 23.976)
    assert track.duration().rate == 23.976


def test_the_rate_is_the_drafts_own_else_thirty() -> None:
    assert timeline({"m": {"fps": 25}, **one_segment(d=1000)}).to_otio().duration().rate == 25
    assert timeline(one_segment(d=1000)).to_otio().duration().rate == 30


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_other_rates_are_refused(rate: float) -> None:
    with pytest.raises(InvalidInputError):
        timeline({}).to_otio(rate)


@pytest.mark.parametrize("version", [(3, 13, 0), (3, 14, 0)])
def test_without_opentimelineio_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, version: tuple[int, int, int]
) -> None:
    monkeypatch.setitem(sys.modules, "opentimelineio", None)
    monkeypatch.setattr(sys, "version_info", version)

    with pytest.raises(NemoVideoError, match=r'pip install "nemovideo\[otio\]"') as caught:
        timeline({}).to_otio()

    assert ("compiler" in str(caught.value)) == (version >= (3, 14))
    assert isinstance(caught.value.__cause__, ImportError)


def test_null_characters_do_not_cut_off_what_follows_them() -> None:
    made = timeline(one_segment(7, d=1000, m={"text": "Urban\0 Dreams", "n\0te": "a\0b"})).to_otio()

    (clip,) = round_trip(made).tracks[0]
    assert clip.media_reference.parameters["text"] == "Urban Dreams"
    assert clip.metadata["nemovideo"]["draft"]["m"]["nte"] == "ab"


@pytest.mark.parametrize(
    ("meta", "count"),
    [
        ({"source": "fox.mp4"}, 150),
        ({"source": "fox.mp4", "in": 2000}, 210),
        ({"source": "fox.mp4", "in": 1000, "speed": 2}, 330),
        ({"source": "fox.mp4", "speed": 0.5}, 150),
        ({}, 150),
    ],
)
@pytest.mark.parametrize("tt", [0, 1, 7, 4])
def test_media_is_known_to_reach_as_far_as_it_plays(tt: int, meta: dict, count: int) -> None:
    (clip,) = round_trip(timeline(one_segment(tt, d=5000, m=meta)).to_otio()).find_clips()

    known = clip.media_reference.available_range
    assert (known.start_time.value, known.duration.value, known.duration.rate) == (0, count, 30)
    assert known.contains(clip.source_range.start_time)
    assert known.end_time_exclusive() >= clip.source_range.end_time_exclusive()


def test_media_of_a_clip_of_no_length_has_one() -> None:
    (clip,) = timeline(one_segment(d=0, m={"source": "a.mp4"})).to_otio().find_clips()

    assert clip.media_reference.available_range.duration.value == 1


def test_a_title_carries_what_the_fcp_xml_adapter_writes_it_with() -> None:
    (clip,) = timeline(one_segment(7, d=1000, m={"text": "Hello"})).to_otio().find_clips()

    effect = clip.media_reference.metadata["fcp_xml"]
    assert effect["effecttype"] == "generator"
    assert effect["parameter"]["value"] == "Hello"
    assert clip.media_reference.generator_kind == "text"


def test_names_and_texts_hold_nothing_that_xml_forbids() -> None:
    raw = one_segment(0, d=1, m={"name": "a\x01\0b\nc", "source": "\x02a.mp4"})
    raw["t"][0]["m"] = {"name": "lane\x03"}
    raw["m"] = {"name": "film\uffff"}
    raw["t"].append({"tt": 7, "sg": [{"d": 1, "m": {"text": "one\x04\ntwo"}}]})

    made = timeline(raw).to_otio()

    clip, title = made.find_clips()
    assert (made.name, made.tracks[0].name, clip.name) == ("film", "lane", "ab c")
    assert clip.media_reference.target_url == "a.mp4"
    assert title.media_reference.parameters["text"] == "one\ntwo"


def test_halves_of_characters_do_not_stop_it() -> None:
    raw = one_segment(7, d=1, m={"text": "a\ud83e", "\udd8a": ["\ud83e\udd8a"]})

    (clip,) = round_trip(timeline(raw).to_otio()).find_clips()

    assert clip.name == "a\ufffd"
    assert list(clip.metadata["nemovideo"]["draft"]["m"]["\ufffd"]) == ["\U0001f98a"]


@given(drafts)
def test_any_timeline_survives_otio(raw: dict) -> None:
    made = timeline(raw).to_otio()

    assert round_trip(made).is_equivalent_to(made)
    assert len(made.tracks) >= len(raw["t"])


SRT = """\
1
00:00:00,000 --> 00:00:03,000
Urban Dreams

2
00:00:08,500 --> 00:00:12,500
第一章：黎明

3
00:00:17,000 --> 00:00:21,000
The rain ‹never› stops & nobody minds

"""


def test_srt() -> None:
    assert timeline(sample("edited")).to_srt() == SRT


def test_vtt() -> None:
    lines = timeline(sample("edited")).to_vtt().split("\n")

    assert lines[:5] == ["WEBVTT", "", "00:00:00.000 --> 00:00:03.000", "Urban Dreams", ""]
    assert "The rain &lt;never&gt; stops &amp; nobody minds" in lines


def test_a_cue_cannot_be_broken_by_its_text() -> None:
    view = timeline(one_segment(7, d=3_723_004, m={"text": "one\n\n\n two --> three \n\n"}))

    assert view.to_srt() == "1\n00:00:00,000 --> 01:02:03,004\none\ntwo → three\n\n"
    assert view.to_vtt().endswith("one\ntwo --&gt; three\n\n")


@pytest.mark.parametrize(
    ("text", "srt"),
    [
        ("if a < b and c > d", "if a ‹ b and c › d"),
        ("<b>bold</b> claim <3", "‹b›bold‹/b› claim ‹3"),
        ("{hi} there", "｛hi｝ there"),
        (r"C:\New\hat\name\x", "C:＼New＼hat＼name\\x"),
        ("fish &amp; chips & peas", "fish ＆amp; chips & peas"),
        ("a --> b", "a → b"),
        ("Chapter\n2024", "Chapter\n2024\u2060"),
        ("00:00:01,000 to 0:02.5", "00:00∶01,000 to 0∶02.5"),
    ],
)
def test_players_take_nothing_of_a_title_for_markup(text: str, srt: str) -> None:
    view = timeline(one_segment(7, d=1000, m={"text": text}))

    assert view.to_srt().split("\n", 2)[2] == f"{srt}\n\n"


WORDS = st.lists(
    st.sampled_from(
        [
            *("<", "<b>", ">", "</i>", "{hi}", "{\\an8}", "&", "&amp;", "-->", "<3", "\\N", "\\n"),
            *("C:\\New", "2024", "00:00:01,000", "0:02:03.5", "fox", "<c.red>", "&nbsp;", "\n"),
        ]
    ),
    min_size=1,
).map(" ".join)


def shown(subtitles: str) -> list[str]:
    """Read subtitles as most players do; a copy of the rules of pysubs2."""
    cues: list[list[str]] = []
    for line in subtitles.splitlines():
        if len(re.findall(r"\d{1,2}:\d{1,2}:\d{1,2}[.,]\d{1,3}", line)) == 2:
            cues.append([])
        elif cues:
            cues[-1].append(line)
    texts = (re.sub(r"\n+ *\d+ *$", "", "\n".join(lines).strip()) for lines in cues)
    plain = (re.sub(r"<[^>]*>|\{[^}]*\}", "", text) for text in texts)
    return [re.sub(r"\\[Nnh]", "\n", text) for text in plain]


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_no_word_of_a_title_is_lost(texts: list[str]) -> None:
    def words(text: str) -> list[str]:
        return re.findall(r"[A-Za-z0-9]+", text)

    row = [{"d": 1000, "m": {"text": text}} for text in texts]
    view = timeline({"t": [{"tt": 7, "sg": row}]})

    said = [words(text) for text in texts if text.strip()]
    assert [words(text) for text in shown(view.to_srt())] == said
    assert [words(html.unescape(text)) for text in shown(view.to_vtt())] == said


def test_titles_without_text_or_length_are_no_cues() -> None:
    row = [{"d": 0, "m": {"text": "A"}}, {"d": 10}]

    assert timeline({"t": [{"tt": 7, "sg": row}, {"tt": 0, "sg": row}]}).to_srt() == ""
