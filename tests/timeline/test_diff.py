from __future__ import annotations

import copy
import json
import math
import pickle
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given

from nemovideo.timeline.change import Change, describe
from nemovideo.timeline.change_wording import WORDS
from nemovideo.timeline.diff import diff
from nemovideo.timeline.draft import Draft
from nemovideo.timeline.elements import Track
from nemovideo.timeline.matching import match_tracks, out_of_order
from nemovideo.timeline.timeline import Timeline
from tests.timeline.drafts import drafts, edited, one_segment, sample, timeline


def described(changes: list[Change]) -> list[tuple[str, str, str]]:
    return [(change.kind, str(change), change.sentence("zh-CN")) for change in changes]


def rebuild(changes: list[Change], older: Timeline, newer: Timeline) -> Timeline:
    """Return `older` with the changes made; of `newer` nothing is used that no change names."""
    tracks = match_tracks(older.tracks, newer.tracks)
    named = {change.new_track for change in changes if change.scope == "track"}
    swapped = {c.new_track for c in changes if (c.scope, c.kind) == ("track", "reordered")}
    staying = [tracks[new] for new in sorted(tracks) if new not in swapped]
    assert staying == sorted(staying)
    rebuilt = []
    for new, track in enumerate(newer.tracks):
        base = older.tracks[tracks[new]] if new in tracks else Track(track.kind, track.type)
        gone = {
            id(each)
            for c in changes
            if c.before and c.old_track == tracks.get(new)
            for each in (c.before, *(c.parts if c.kind == "merged" else ()))
        }
        segments = [each for each in base.segments if id(each) not in gone]
        come = {
            id(each): each
            for c in changes
            if c.after and c.new_track == new
            for each in (c.after, *(c.parts if c.kind == "split" else ()))
        }
        for at, each in enumerate(track.segments):
            if id(each) in come:
                segments.insert(at, each)
        header = track.header if new in named or new not in tracks else base.header
        rebuilt.append(replace(track, segments=tuple(segments), header=header))
    first = changes and all(change.kind == "added" for change in changes if change.scope != "draft")
    draft_named = first or any(change.scope == "draft" for change in changes)
    return replace(newer if draft_named else older, tracks=tuple(rebuilt))


def segment(raw: dict, track: int, index: int = 0) -> dict:
    return raw["t"][track]["sg"][index]


def put(track: int, **meta: object) -> Callable[[dict], None]:
    return lambda raw: segment(raw, track)["m"].update(meta)


EDITS = {
    "title added": (
        lambda raw: raw["t"].append(
            {"tt": 7, "sg": [{"d": 3000, "m": {"text": "Paradise Found"}}]}
        ),
        ("added", 'Title added: "Paradise Found" (0-3s)', "标题已添加：“Paradise Found”（0-3秒）"),
    ),
    "music removed": (
        lambda raw: raw["t"].pop(1),
        ("removed", "Music removed: Lo-fi (0-10s, 35%)", "音乐已删除：Lo-fi（0-10秒，35%）"),
    ),
    "volume": (
        put(1, volume=0.2),
        ("volume", "Music volume 35% → 20%", "音乐音量 35% → 20%"),
    ),
    "mute": (put(1, muted=True), ("volume", "Music volume 35% → 0%", "音乐音量 35% → 0%")),
    "volume given up": (
        lambda raw: segment(raw, 1)["m"].pop("volume"),
        ("volume", "Music volume 35% → default", "音乐音量 35% → 默认"),
    ),
    "text": (
        put(2, text="Paradise Found"),
        (
            "text",
            'Title text changed: "Urban Dreams" → "Paradise Found" (0-3s)',
            "标题文字已修改：“Urban Dreams” → “Paradise Found”（0-3秒）",
        ),
    ),
    "moved": (
        put(2, start=5000),
        (
            "moved",
            'Title moved: "Urban Dreams" (0-3s → 5-8s)',
            "标题已移动：“Urban Dreams”（0-3秒 → 5-8秒）",
        ),
    ),
    "trimmed": (
        lambda raw: segment(raw, 0).update(d=8000),
        (
            "trimmed",
            "Video trimmed at the end: city timelapse (0-10s → 0-8s)",
            "视频结尾已剪短：city timelapse（0-10秒 → 0-8秒）",
        ),
    ),
    "head cut off": (
        lambda raw: segment(raw, 0).update(
            d=8000, m={"name": "city timelapse", "start": 2000, "in": 2000}
        ),
        (
            "trimmed",
            "Video trimmed at the start: city timelapse (0-10s → 2-10s)",
            "视频开头已剪短：city timelapse（0-10秒 → 2-10秒）",
        ),
    ),
    "extended": (
        lambda raw: segment(raw, 2).update(d=4500),
        (
            "trimmed",
            'Title extended: "Urban Dreams" (0-3s → 0-4.5s)',
            "标题已延长：“Urban Dreams”（0-3秒 → 0-4.5秒）",
        ),
    ),
    "another cut of the source": (
        put(0, **{"in": 2500}),
        (
            "trimmed",
            "Video cut differently: city timelapse (0-10s, from 2.5s of its source)",
            "视频截取位置已修改：city timelapse（0-10秒，从素材的 2.5秒处开始）",
        ),
    ),
    "speed": (
        lambda raw: segment(raw, 0).update(
            d=5000, m={"name": "city timelapse", "start": 0, "speed": 2}
        ),
        (
            "retimed",
            "Video speed 1x → 2x: city timelapse (0-10s → 0-5s)",
            "视频速度 1x → 2x：city timelapse（0-10秒 → 0-5秒）",
        ),
    ),
    "renamed": (
        put(0, name="beach"),
        (
            "renamed",
            "Video renamed: city timelapse → beach (0-10s)",
            "视频已改名：city timelapse → beach（0-10秒）",
        ),
    ),
    "replaced": (
        put(1, name="Jazz", asset="jazz.mp3"),
        ("replaced", "Music replaced: Lo-fi → Jazz (0-10s)", "音乐已替换：Lo-fi → Jazz（0-10秒）"),
    ),
    "filter": (
        put(0, filter="vintage"),
        (
            "changed",
            "Video changed: city timelapse (0-10s), filter set to vintage",
            "视频已修改：city timelapse（0-10秒），滤镜设为 vintage",
        ),
    ),
    "length": (
        lambda raw: raw.update(d=8000),
        ("changed", "Length 10s → 8s", "时长 10秒 → 8秒"),
    ),
    "draft named": (
        lambda raw: raw.update(m={"name": "Trip"}),
        ("renamed", "Video named: Trip", "视频已命名：Trip"),
    ),
    "size": (
        lambda raw: raw.update(m={"width": 1080, "height": 1920}),
        ("changed", "Size set to 1080x1920", "画面尺寸设为 1080x1920"),
    ),
    "frame rate": (
        lambda raw: raw.update(m={"fps": 25}),
        ("changed", "Frame rate set to 25", "帧率设为 25"),
    ),
    "unknown of the draft": (
        lambda raw: raw.update(ratio="9:16"),
        (
            "changed",
            "Timeline changed: aspect ratio set to 9:16",
            "时间线已修改：画面比例设为 9:16",
        ),
    ),
    "empty track added": (
        lambda raw: raw["t"].insert(0, {"tt": 5}),
        (
            "added",
            "Track type 5 added: track 1, empty",
            "类型 5 轨道已添加：第 1 条，空",
        ),
    ),
    "track named": (
        lambda raw: raw["t"][1].update(m={"name": "Score"}),
        ("renamed", "Music track named: Score", "音乐轨道已命名：Score"),
    ),
    "track volume": (
        lambda raw: raw["t"][1].update(m={"volume": 0.5}),
        ("volume", "Music volume set to 50%", "音乐音量设为 50%"),
    ),
    "unknown of a track": (
        lambda raw: raw["t"][1].update(locked=True),
        ("changed", "Music track locked", "音乐轨道已锁定"),
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_one_edit_is_one_change_and_one_sentence(name: str) -> None:
    edit, expected = EDITS[name]
    before, after = edited("documented", edit)

    changes = after.diff(before)

    assert described(changes) == [expected]
    assert rebuild(changes, before, after) == after


@pytest.mark.parametrize("raw", [sample("documented"), sample("edited"), {}])
def test_a_draft_has_no_difference_from_itself(raw: dict) -> None:
    assert timeline(raw).diff(timeline(raw)) == []


@pytest.mark.parametrize(
    "edit",
    [
        lambda raw: raw.update(v=8),
        lambda raw: raw.update(updatedAt="later"),
        lambda raw: segment(raw, 0).update(id="new"),
        lambda raw: segment(raw, 0).update(d=8000.0),
        lambda raw: raw["t"][0].update(id="new"),
    ],
)
def test_bookkeeping_alone_is_no_change(edit: Callable[[dict], object]) -> None:
    before, after = edited("edited", edit)

    assert after.diff(before) == []
    assert after == before


def test_nan_is_equal_to_itself() -> None:
    one, two = (timeline(one_segment(d=1, m={"gain": math.nan * sign})) for sign in (1, -1))

    assert one.diff(two) == []


def test_new_ids_for_the_same_content_are_no_change() -> None:
    def renumber(raw: dict) -> None:
        for number, track in enumerate(raw["t"]):
            track["id"] = f"t{number}"
            for at, node in enumerate(track["sg"]):
                node["id"] = f"{number}-{at}"

    before, after = edited("edited", renumber)

    assert after.diff(before) == []


def test_ids_take_precedence_over_content() -> None:
    before = {"t": [{"tt": 0, "sg": [{"id": "a", "d": 1000, "m": {"name": "A"}}]}]}
    after = {
        "t": [
            {
                "tt": 0,
                "sg": [
                    {"id": "b", "d": 1000, "m": {"name": "A"}},
                    {"id": "a", "d": 1000, "m": {"name": "B"}},
                ],
            }
        ]
    }

    kinds = [change.kind for change in timeline(after).diff(timeline(before))]

    assert kinds == ["added", "renamed", "moved"]


def test_repeated_ids_are_not_used_for_matching() -> None:
    row = [{"id": "x", "d": 1000, "m": {"name": name}} for name in "ABC"]

    changes = timeline({"t": [{"tt": 0, "sg": row[:2] + row[2:]}]}).diff(
        timeline({"t": [{"tt": 0, "sg": row[1:]}]})
    )

    assert next(str(change) for change in changes) == "Video added: A (0-1s)"


def test_the_name_is_given_if_there_are_several_segments() -> None:
    before, after = edited("edited", lambda raw: segment(raw, 3, 1)["m"].update(volume=0.5))

    assert described(after.diff(before)) == [
        (
            "volume",
            "Voice-over volume 80% → 50%: voice two (6-11s)",
            "旁白音量 80% → 50%：voice two（6-11秒）",
        )
    ]


def test_swapped_clips_are_reordered() -> None:
    row = [{"d": 1000, "m": {"name": name}} for name in "ABC"]
    before = timeline({"t": [{"tt": 0, "sg": row}]})
    after = timeline({"t": [{"tt": 0, "sg": [row[2], row[0], row[1]]}]})

    changes = after.diff(before)

    assert [str(change) for change in changes] == [
        "Video reordered: C (2-3s → 0-1s)",
        "Video moved: A (0-1s → 1-2s)",
        "Video moved: B (1-2s → 2-3s)",
    ]
    assert describe(changes) == [
        "Video reordered: C (2-3s → 0-1s)",
        "Video: 2 segments moved 1s later (0-2s → 1-3s)",
    ]
    assert describe(before.diff(after), "zh") == [
        "视频：2 个片段前移 1秒（1-3秒 → 0-2秒）",
        "视频顺序已调整：C（0-1秒 → 2-3秒）",
    ]
    assert rebuild(changes, before, after) == after


def test_a_clip_moved_to_another_track() -> None:
    node = {"id": "a", "d": 1000, "m": {"name": "A", "start": 0}}
    other = {"id": "b", "d": 1000, "m": {"name": "B"}}
    before = timeline({"t": [{"tt": 0, "id": 1, "sg": [node]}, {"tt": 0, "id": 2, "sg": [other]}]})
    after = timeline({"t": [{"tt": 0, "id": 1}, {"tt": 0, "id": 2, "sg": [other, node]}]})

    changes = after.diff(before)

    assert [str(change) for change in changes] == ["Video moved: A (0-1s, track 1 → 2)"]
    assert changes[0].changed_track
    assert rebuild(changes, before, after) == after


def test_tracks_are_matched_by_what_is_on_them() -> None:
    text = [{"tt": 7, "sg": [{"d": 1000, "m": {"text": word}}]} for word in ("one", "two", "new")]
    before, after = timeline({"t": text[:2]}), timeline({"t": [text[2], *text[:2]]})

    changes = after.diff(before)

    assert [str(change) for change in changes] == ['Title added: "new" (0-1s)']
    assert rebuild(changes, before, after) == after


def test_tracks_with_similar_content_are_not_mixed_up() -> None:
    node = {"d": 1000, "m": {"name": "A"}}
    fast = {"d": 1000, "m": {"name": "A", "speed": 2}}
    tracks = [{"tt": 0, "sg": [fast]}, {"tt": 0, "sg": [node]}]
    before = timeline({"t": tracks})

    changes = timeline({"t": [*tracks, {"tt": 0, "sg": [node]}]}).diff(before)

    assert [(change.kind, change.new_track) for change in changes] == [("added", 2)]


def test_swapped_tracks() -> None:
    before, after = edited("documented", lambda raw: raw["t"].insert(0, raw["t"].pop()))

    changes = after.diff(before)

    assert described(changes) == [
        ("reordered", "Tracks reordered: Title is track 1 now", "轨道顺序已调整：标题现在是第 1 条")
    ]
    assert rebuild(changes, before, after) == after


def test_a_removed_empty_track() -> None:
    before = timeline({"t": [{"tt": 0}, {"tt": 1, "x": 1}]})
    after = timeline({"t": [{"tt": 0}]})

    changes = after.diff(before)

    assert described(changes) == [
        ("removed", "Music track removed: track 2, empty", "音乐轨道已删除：原第 2 条，空")
    ]
    assert rebuild(changes, before, after) == after


def test_segments_at_the_same_time_with_nothing_in_common_are_a_replacement() -> None:
    before = timeline(one_segment(d=4000, id="a", m={"name": "A", "seed": 1}))
    after = timeline(one_segment(d=3000, id="b", m={"name": "B", "seed": 2}))

    assert [str(change) for change in after.diff(before)] == [
        "Video replaced: A → B (0-4s → 0-3s)",
        "Settings of the video changed: B (0-3s)",
    ]


def test_another_id_and_name_at_the_same_time_are_a_replacement() -> None:
    before = timeline(one_segment(d=4000, id="a", m={"name": "A"}))
    after = timeline(one_segment(d=4000, id="b", m={"name": "B"}))

    assert [str(change) for change in after.diff(before)] == ["Video replaced: A → B (0-4s)"]


def test_a_new_field_with_several_values_is_described_once() -> None:
    before = timeline(one_segment(d=4000, m={"name": "A"}))
    after = timeline(one_segment(d=4000, m={"name": "A", "crop": {"x": 0, "w": 0.5, "h": [1]}}))

    assert [str(change) for change in after.diff(before)] == ["Video changed: A (0-4s), crop added"]


def test_segments_are_paired_by_time() -> None:
    def row(*spans: tuple[str, int]) -> dict:
        nodes = [{"d": 1000, "m": {"name": name, "start": start}} for name, start in spans]
        return {"t": [{"tt": 0, "sg": nodes}]}

    changes = timeline(row(("X", 0), ("Y", 8000))).diff(timeline(row(("A", 4000), ("B", 8000))))

    assert [str(change) for change in changes] == [
        "Video added: X (0-1s)",
        "Video removed: A (4-5s)",
        "Video renamed: B → Y (8-9s)",
    ]


def test_segments_at_different_times_are_not_paired() -> None:
    before = timeline(one_segment(d=1000, m={"name": "A"}))
    after = timeline(one_segment(d=1000, m={"name": "B", "start": 5000}))

    assert [change.kind for change in after.diff(before)] == ["removed", "added"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"type": "blur", "r": 1}, {"type": "blur", "r": 2.5}),
        ([1], [2]),
        ("https://cdn/a?sig=1", "https://cdn/b?sig=2"),
        (1723130000, 1723140000),
        (True, False),
        (1, 10**400),
    ],
)
def test_of_an_unknown_property_only_that_it_changed_is_described(
    before: object, after: object
) -> None:
    old, new = (timeline(one_segment(d=1, m={"name": "A", "fx": fx})) for fx in (before, after))

    (change,) = new.diff(old)

    assert str(change) == "Settings of the video changed: A (0-0s)"
    assert change.sentence("zh") == "视频的设置已修改：A（0-0秒）"
    assert change.fields[0].name.startswith("fx")


@pytest.mark.parametrize(
    ("name", "before", "after", "words"),
    [
        ("name", 3, 4, "name 3 → 4"),
        ("volume", "loud", "quiet", "volume loud → quiet"),
        ("volume", math.nan, {"left": 1}, "volume adjusted"),
        ("fps", [25], [30], "fps adjusted"),
        ("fps", 25, 30, "fps 25 → 30"),
        ("size", 12, 20, "size 12 → 20"),
        ("size", 3, "1080x1920", "size 3 → 1080x1920"),
        ("font", "Arial Black", "https://cdn/x?sig=1", "font adjusted"),
        ("style.font_color", "red", "blue", "colour red → blue"),
        ("duration_ms", -(10**400), -1, "length adjusted"),
        ("fade_in", 500, 1000, "fade-in 0.5s → 1s"),
        ("opacity", 0.123456, 1e-9, "opacity adjusted"),
    ],
)
def test_a_known_property_is_described_by_its_name(
    name: str, before: object, after: object, words: str
) -> None:
    def meta(value: object) -> dict[str, object]:
        outer, _, inner = name.rpartition(".")
        return {"title": "A", **({outer: {inner: value}} if outer else {inner: value})}

    old, new = (timeline(one_segment(d=1, m=meta(value))) for value in (before, after))

    (change,) = new.diff(old)

    assert str(change) == f"Video changed: A (0-0s), {words}"


def pieces(*spans: tuple[int, int], **meta: object) -> dict:
    nodes = [
        {
            "d": end - start,
            "m": {"name": "A", "asset": "a.mp4", "start": start, "in": start, **meta},
        }
        for start, end in spans
    ]
    return {"t": [{"tt": 0, "sg": nodes}]}


def sound(track: dict | None = None, **meta: object) -> dict:
    return {"t": [{"tt": 1, **(track or {}), "sg": [{"d": 4000, "m": {"name": "take 1", **meta}}]}]}


def texts(*words: str, kind: str = "subtitle") -> dict:
    nodes = [{"d": 1000, "m": {"text": each, "type": kind}} for each in words]
    return {"t": [{"tt": 7, "sg": nodes}]}


SENTENCES = {
    "split": (
        pieces((0, 10000)),
        pieces((0, 4000), (4000, 10000)),
        "Video split into 2: A (0-10s → 0-4s, 4-10s)",
        "视频已分割为 2 段：A（0-10秒 → 0-4秒、4-10秒）",
    ),
    "merged": (
        pieces((0, 4000), (4000, 7000), (7000, 10000)),
        pieces((0, 10000)),
        "Video merged, 3 into 1: A (0-4s, 4-7s, 7-10s → 0-10s)",
        "视频 3 段已合并为一段：A（0-4秒、4-7秒、7-10秒 → 0-10秒）",
    ),
    "trimmed at both ends": (
        pieces((0, 10000)),
        {
            "t": [
                {
                    "tt": 0,
                    "sg": [
                        {"d": 6000, "m": {"name": "A", "asset": "a.mp4", "start": 0, "in": 2000}}
                    ],
                }
            ]
        },
        "Video trimmed at both ends: A (0-10s → 0-6s)",
        "视频首尾已剪短：A（0-10秒 → 0-6秒）",
    ),
    "transition added": (
        pieces((0, 4000)),
        pieces((0, 4000), transition={"type": "cross_dissolve", "duration": 500}),
        "Transition added at A (0-4s): cross dissolve",
        "转场已添加：A（0-4秒），叠化",
    ),
    "transition replaced": (
        pieces((0, 4000), transition="fade"),
        pieces((0, 4000), transition="wipe"),
        "Transition changed at A (0-4s): fade → wipe",
        "转场已更换：A（0-4秒），淡入淡出 → 擦除",
    ),
    "voice-over": (
        {"t": [{"tt": 1}]},
        sound(role="voiceover"),
        "Voice-over added: take 1 (0-4s)",
        "旁白已添加：take 1（0-4秒）",
    ),
    "voice-over by its track": (
        sound({"m": {"name": "旁白"}}, volume=0.8),
        sound({"m": {"name": "旁白"}}, volume=0.5),
        "Voice-over volume 80% → 50%",
        "旁白音量 80% → 50%",
    ),
    "sound effect": (
        {"t": [{"tt": 1}]},
        sound(type="sfx"),
        "Sound effect added: take 1 (0-4s)",
        "音效已添加：take 1（0-4秒）",
    ),
    "five captions": (
        texts(),
        texts("a", "b", "c", "d", "e"),
        "5 captions added (0-5s)",
        "已添加 5 条字幕（0-5秒）",
    ),
    "clips filtered": (
        pieces((0, 1000), (1000, 2000), (2000, 3000)),
        pieces((0, 1000), (1000, 2000), (2000, 3000), filter="old_film", flip=True),
        "3 videos changed (0-3s), filter set to old film, flip on",
        "已修改 3 段视频（0-3秒），滤镜设为 old film，已开启翻转",
    ),
    "captions recoloured": (
        texts("a", "b", "c"),
        {
            "t": [
                {
                    "tt": 7,
                    "sg": [
                        {**each, "m": {**each["m"], "color": "red"}}
                        for each in texts("a", "b", "c")["t"][0]["sg"]
                    ],
                }
            ]
        },
        "3 captions changed (0-3s), colour set to red",
        "已修改 3 条字幕（0-3秒），颜色设为 red",
    ),
    "a name that is the text": (
        {"t": [{"tt": 7, "sg": [{"d": 1000, "m": {"text": "Hi", "name": "Title 1"}}]}]},
        {"t": [{"tt": 7, "sg": [{"d": 1000, "m": {"text": "Hi", "name": "Hi", "seed": 1}}]}]},
        'Settings of the title changed: "Hi" (0-1s)',
        "标题的设置已修改：“Hi”（0-1秒）",
    ),
}


@pytest.mark.parametrize("name", SENTENCES)
def test_an_edit_is_described_by_its_kind(name: str) -> None:
    before, after, english, chinese = SENTENCES[name]
    older, newer = timeline(before), timeline(after)
    changes = [change for change in newer.diff(older) if change.scope == "segment"]

    assert describe(changes) == [english]
    assert describe(changes, "zh") == [chinese]
    assert rebuild(newer.diff(older), older, newer) == newer


def test_identical_segments_are_paired_in_order() -> None:
    def row(*starts: int) -> dict:
        rain = [{"d": 1000, "m": {"name": "rain", "start": start}} for start in starts]
        return {"t": [{"tt": 0, "sg": rain}]}

    before, after = timeline(row(0, 2000, 4000)), timeline(row(500, 2500))

    assert [(change.kind, str(change)) for change in after.diff(before)] == [
        ("moved", "Video moved: rain (0-1s → 0.5-1.5s)"),
        ("moved", "Video moved: rain (2-3s → 2.5-3.5s)"),
        ("removed", "Video removed: rain (4-5s)"),
    ]


def test_of_many_properties_the_first_are_described() -> None:
    names = ("font", "color", "opacity", "scale", "rotation", "seed")
    old, new = (
        timeline(one_segment(d=1, m={"name": "A"} | dict.fromkeys(names, value)))
        for value in (1, 2)
    )

    assert str(new.diff(old)[0]).endswith("scale 1 → 2, other settings")


def test_a_change_as_data() -> None:
    before, after = edited("documented", put(1, volume=0.2))

    (change,) = after.diff(before)

    data = json.loads(json.dumps(change.to_dict()))
    assert (data["kind"], data["scope"], data["track"]) == ("volume", "segment", "audio")
    assert (data["before"]["volume"], data["after"]["volume"]) == (0.35, 0.2)
    assert data["sentence"] == "Music volume 35% → 20%"
    assert pickle.loads(pickle.dumps(change)) == change
    assert hash(change) == hash(copy.copy(change))


@pytest.mark.parametrize("language", ["fr", "", "ja"])
def test_other_languages_read_english(language: str) -> None:
    before, after = edited("documented", put(1, volume=0.2))

    assert after.diff(before)[0].sentence(language) == "Music volume 35% → 20%"


def test_both_languages_have_the_same_words() -> None:
    assert WORDS["en"].keys() == WORDS["zh"].keys()


def test_out_of_order_is_the_fewest() -> None:
    assert out_of_order([]) == set()
    assert out_of_order([1, 2, 3]) == set()
    assert out_of_order([5, 1, 2, 3]) == {0}
    assert out_of_order([2, 3, 0, 4]) == {2}


@given(drafts, drafts)
def test_the_changes_account_for_every_difference(old: dict, new: dict) -> None:
    before, after = timeline(old), timeline(new)

    changes = diff(after, before)

    assert rebuild(changes, before, after) == after
    assert (changes == []) == (before == after)
    for change in changes:
        assert change.sentence("en")
        assert change.sentence("zh")
        json.dumps(change.to_dict())
    assert len(describe(changes)) <= len(changes)


@given(drafts)
def test_the_diff_of_equal_timelines_is_empty(raw: dict) -> None:
    assert diff(timeline(raw), timeline(json.loads(json.dumps(raw)))) == []


def test_a_first_draft_is_described_by_its_segments() -> None:
    first = Draft(
        {
            "d": 6000,
            "m": {"name": "Sea", "width": 1920, "height": 1080, "fps": 30},
            "t": [{"tt": 0, "sg": [{"d": 6000, "m": {"name": "sea"}}]}],
        }
    )
    assert describe(first.timeline.diff(Draft().timeline)) == ["Video added: sea (0-6s)"]


def test_properties_of_a_new_draft_are_not_reported_with_its_first_segments() -> None:
    first = {"d": 5000, "m": {"name": "Sea", "width": 1920, "height": 1080}}
    whole = {**first, "t": [{"tt": 0, "sg": [{"d": 5000, "m": {"name": "sea"}}]}]}
    older, newer = Draft().timeline, Draft.parse(whole).timeline
    changes = newer.diff(older)
    assert [str(change) for change in changes] == ["Video added: sea (0-5s)"]
    assert rebuild(changes, older, newer) == newer
    alone = Draft.parse(first).timeline.diff(older)
    assert [change.scope for change in alone] == ["draft"] * len(alone) and alone
