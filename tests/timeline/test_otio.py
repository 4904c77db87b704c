from __future__ import annotations

import sys
from importlib import import_module

import pytest
from hypothesis import given

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


def test_clips_and_gaps_start_on_their_frames() -> None:
    video, broll = list(round_trip(timeline(sample("edited")).to_otio()).tracks)[:2]

    assert frames(video) == [
        ("city timelapse at dusk, slow zoom", 0, 240),
        ('panda <in> "bamboo" & mist', 240, 180),
        ("", 420, 90),
        ("雨夜的霓虹街道", 510, 210),
    ]
    assert frames(broll) == [("", 0, 390), ("drone", 390, 36)]


def test_overlaps_get_their_own_track() -> None:
    tracks = timeline(sample("edited")).to_otio().tracks

    assert [track.name for track in tracks if track.kind == "Audio"] == [
        "Music",
        "Music",
        "Music (2)",
    ]


def test_media_speed_and_offset_are_converted() -> None:
    tracks = timeline(sample("edited")).to_otio().tracks
    generated, clip, _, fast = tracks[0]
    title = tracks[-2][0]

    assert isinstance(generated.media_reference, otio.schema.MissingReference)
    assert clip.media_reference.target_url == "panda.mp4"
    assert clip.source_range.start_time == otio.opentime.RationalTime(60, 30)
    assert fast.effects[0].time_scalar == 2
    assert title.media_reference.parameters["text"] == "Urban Dreams"
    assert generated.metadata["nemovideo"]["draft"]["m"]["scene"]["family"] == "city"


def test_an_unknown_track_is_disabled() -> None:
    track = list(timeline(sample("edited")).to_otio().tracks)[-1]

    assert (track.name, track.enabled) == ("Track type 5", False)
    assert track.metadata["nemovideo"]["track_type"] == 5


def test_numbers_beyond_64_bits_become_text() -> None:
    made = timeline(one_segment(d=1, seeds=[2**63, -(2**63), 5])).to_otio()

    seeds = made.tracks[0][0].metadata["nemovideo"]["draft"]["seeds"]
    assert list(seeds) == [str(2**63), -(2**63), 5]


def test_rounding_errors_do_not_add_up() -> None:
    row = [{"d": 1001, "m": {"name": f"{at}"}} for at in range(100)]

    track = timeline({"t": [{"tt": 0, "sg": row}]}).to_otio(23.976).tracks[0]

    assert track.duration().value == round(100.1 * 23.976)
    assert track.duration().rate == 23.976


def test_the_rate_is_the_drafts_own_else_thirty() -> None:
    assert timeline({"m": {"fps": 25}, **one_segment(d=1000)}).to_otio().duration().rate == 25
    assert timeline(one_segment(d=1000)).to_otio().duration().rate == 30


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_invalid_rates_are_rejected(rate: float) -> None:
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


def test_null_characters_do_not_truncate_text() -> None:
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
def test_the_available_range_of_media_covers_what_plays(tt: int, meta: dict, count: int) -> None:
    (clip,) = round_trip(timeline(one_segment(tt, d=5000, m=meta)).to_otio()).find_clips()

    known = clip.media_reference.available_range
    assert (known.start_time.value, known.duration.value, known.duration.rate) == (0, count, 30)
    assert known.contains(clip.source_range.start_time)
    assert known.end_time_exclusive() >= clip.source_range.end_time_exclusive()


def test_media_of_a_clip_of_no_length_has_a_frame() -> None:
    (clip,) = timeline(one_segment(d=0, m={"source": "a.mp4"})).to_otio().find_clips()

    assert clip.media_reference.available_range.duration.value == 1


def test_a_title_has_the_metadata_of_the_fcp_xml_adapter() -> None:
    (clip,) = timeline(one_segment(7, d=1000, m={"text": "Hello"})).to_otio().find_clips()

    effect = clip.media_reference.metadata["fcp_xml"]
    assert effect["effecttype"] == "generator"
    assert effect["parameter"]["value"] == "Hello"
    assert clip.media_reference.generator_kind == "text"


def test_names_and_texts_contain_no_characters_that_xml_forbids() -> None:
    raw = one_segment(0, d=1, m={"name": "a\x01\0b\nc", "source": "\x02a.mp4"})
    raw["t"][0]["m"] = {"name": "lane\x03"}
    raw["m"] = {"name": "film\uffff"}
    raw["t"].append({"tt": 7, "sg": [{"d": 1, "m": {"text": "one\x04\ntwo"}}]})

    made = timeline(raw).to_otio()

    clip, title = made.find_clips()
    assert (made.name, made.tracks[0].name, clip.name) == ("film", "lane", "ab c")
    assert clip.media_reference.target_url == "a.mp4"
    assert title.media_reference.parameters["text"] == "one\ntwo"


def test_lone_surrogates_are_repaired() -> None:
    raw = one_segment(7, d=1, m={"text": "a\ud83e", "\udd8a": ["\ud83e\udd8a"]})

    (clip,) = round_trip(timeline(raw).to_otio()).find_clips()

    assert clip.name == "a\ufffd"
    assert list(clip.metadata["nemovideo"]["draft"]["m"]["\ufffd"]) == ["\U0001f98a"]


@given(drafts)
def test_any_timeline_survives_otio(raw: dict) -> None:
    made = timeline(raw).to_otio()

    assert round_trip(made).is_equivalent_to(made)
    assert len(made.tracks) >= len(raw["t"])
