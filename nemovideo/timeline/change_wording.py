"""How a change reads aloud, in English and Chinese.

For translators: copy one language of `WORDS`, and translate the right-hand sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from nemovideo.timeline import wording
from nemovideo.timeline.fields import FieldChange
from nemovideo.timeline.wording import Tongue, tongue

if TYPE_CHECKING:
    from nemovideo.timeline.diff import Change
    from nemovideo.timeline.timeline import Segment

WORDS: Final[dict[Tongue, dict[str, str]]] = {
    "en": {
        "added": "{what} added: {after}",
        "removed": "{what} removed: {before}",
        "replaced": "{what} replaced: {old} → {new} ({spans})",
        "text": "{what} text changed: {old} → {new} ({span})",
        "renamed": "{what} renamed: {old} → {new} ({span})",
        "retimed": "{what} speed {rates}: {new} ({spans})",
        "trimmed": "{what} trimmed: {new} ({spans})",
        "extended": "{what} extended: {new} ({spans})",
        "cut": "{what} cut differently: {new} ({span}, from {offset} of its source)",
        "reordered": "{what} reordered: {new} ({spans})",
        "moved": "{what} moved: {new} ({spans})",
        "crossed": "{what} moved: {new} ({spans}, track {from} → {to})",
        "volume": "{what} volume {volumes}",
        "volume of": "{what} volume {volumes}: {new} ({span})",
        "changed": "{what} changed: {new} ({span}), {fields}",
        "later": "{what}: {count} segments moved {by} later ({spans})",
        "earlier": "{what}: {count} segments moved {by} earlier ({spans})",
        "track added": "{lane} added: track {to}, empty",
        "track removed": "{lane} removed: track {from}, empty",
        "track reordered": "Tracks reordered: {what} is track {to} now",
        "track renamed": "{lane} renamed: {fields}",
        "track volume": "{what} volume {fields}",
        "track changed": "{lane} changed: {fields}",
        "draft renamed": "Video renamed: {fields}",
        "draft changed": "Timeline changed: {fields}",
        "length": "Length {fields}",
        "size": "Size {fields}",
        "rate": "Frame rate {fields}",
        "lane": "{what} track",
        "none": "none",
        "unset": "default",
        "true": "on",
        "false": "off",
        "comma": ", ",
    },
    "zh": {
        "added": "{what}已添加：{after}",
        "removed": "{what}已删除：{before}",
        "replaced": "{what}已替换：{old} → {new}（{spans}）",
        "text": "{what}文字已修改：{old} → {new}（{span}）",
        "renamed": "{what}已改名：{old} → {new}（{span}）",
        "retimed": "{what}速度 {rates}：{new}（{spans}）",
        "trimmed": "{what}已剪短：{new}（{spans}）",
        "extended": "{what}已延长：{new}（{spans}）",
        "cut": "{what}截取位置已修改：{new}（{span}，从素材的 {offset}处开始）",
        "reordered": "{what}顺序已调整：{new}（{spans}）",
        "moved": "{what}已移动：{new}（{spans}）",
        "crossed": "{what}已移动：{new}（{spans}，轨道 {from} → {to}）",
        "volume": "{what}音量 {volumes}",
        "volume of": "{what}音量 {volumes}：{new}（{span}）",
        "changed": "{what}已修改：{new}（{span}），{fields}",
        "later": "{what}：{count} 个片段后移 {by}（{spans}）",
        "earlier": "{what}：{count} 个片段前移 {by}（{spans}）",
        "track added": "{lane}已添加：第 {to} 条，空",
        "track removed": "{lane}已删除：原第 {from} 条，空",
        "track reordered": "轨道顺序已调整：{what}现在是第 {to} 条",
        "track renamed": "{lane}已改名：{fields}",
        "track volume": "{what}音量 {fields}",
        "track changed": "{lane}已修改：{fields}",
        "draft renamed": "视频已改名：{fields}",
        "draft changed": "时间线已修改：{fields}",
        "length": "时长 {fields}",
        "size": "画面尺寸 {fields}",
        "rate": "帧率 {fields}",
        "lane": "{what}轨道",
        "none": "无",
        "unset": "默认",
        "true": "开",
        "false": "关",
        "comma": "，",
    },
}

_ARROW: Final = "{} → {}"
_LONGEST_VALUE: Final = 40
_LARGEST_VALUE: Final = 1e15
_MOST_FIELDS: Final = 6


def sentence(change: Change, language: str = "en") -> str:
    """Return one change in words.

    Args:
        change: an entry of what `Timeline.diff` returned.
        language: `en`, or any `zh`; others read English.
    """
    told = tongue(language)
    old, new = change.before or change.after, change.after or change.before
    key, words = _segment(change, old, new, told) if old and new else _whole(change, told)
    return WORDS[told][key].format_map({"what": _what(change, told), **words})


def describe(changes: Iterable[Change], language: str = "en") -> list[str]:
    """Return the changes in words, with those that only followed another told together.

    A clip put in front moves every clip after it; that is one line here, not a hundred.

    Args:
        changes: what `Timeline.diff` returned.
        language: `en`, or any `zh`; others read English.
    """
    lines: list[str] = []
    for shift, run in groupby(changes, _shift):
        together = list(run)
        if shift is None or len(together) == 1:
            lines.extend(sentence(change, language) for change in together)
        else:
            lines.append(_ripple(together, shift[1], tongue(language)))
    return lines


def _what(change: Change, told: Tongue) -> str:
    if change.track_kind is None:
        return ""
    return wording.kind_word(change.track_kind, change.track_type, told)


def _shift(change: Change) -> tuple[int, int] | None:
    """Return track and distance of a mere move along one track."""
    old, new = change.before, change.after
    if change.kind != "moved" or not old or not new or change.crossed:
        return None
    return (change.new_place.track if change.new_place else 0, new.start_ms - old.start_ms)


def _ripple(changes: list[Change], shift_ms: int, told: Tongue) -> str:
    olds = [change.before for change in changes if change.before]
    news = [change.after for change in changes if change.after]
    words = {
        "what": _what(changes[0], told),
        "count": len(changes),
        "by": wording.length(abs(shift_ms), told),
        "spans": _ARROW.format(_range(olds, told), _range(news, told)),
    }
    return WORDS[told]["later" if shift_ms > 0 else "earlier"].format_map(words)


def _range(segments: list[Segment], told: Tongue) -> str:
    start = min(segment.start_ms for segment in segments)
    return wording.span(start, max(segment.end_ms for segment in segments), told)


def _tracks(change: Change) -> dict[str, object]:
    old, new = change.old_place, change.new_place
    return {"from": old.track + 1 if old else "", "to": new.track + 1 if new else ""}


def _segment(
    change: Change, old: Segment, new: Segment, told: Tongue
) -> tuple[str, dict[str, object]]:
    words: dict[str, object] = {
        "before": wording.describe(old, told),
        "after": wording.describe(new, told),
        "old": wording.label(old, told),
        "new": wording.label(new, told),
        "span": wording.span(new.start_ms, new.end_ms, told),
        "spans": _spans(old, new, told),
        "volumes": _ARROW.format(_volume(old, told), _volume(new, told)),
        "rates": _ARROW.format(f"{old.speed or 1:g}x", f"{new.speed or 1:g}x"),
        "offset": wording.length(new.source_start_ms or 0, told),
        "fields": _fields(change, told),
        **_tracks(change),
    }
    return _segment_key(change, old, new), words


def _segment_key(change: Change, old: Segment, new: Segment) -> str:
    if change.kind == "trimmed" and new.duration_ms >= old.duration_ms:
        return "extended" if new.duration_ms > old.duration_ms else "cut"
    if change.kind == "volume" and not change.alone:
        return "volume of"
    return "crossed" if change.crossed and change.kind == "moved" else change.kind


def _spans(old: Segment, new: Segment, told: Tongue) -> str:
    before = wording.span(old.start_ms, old.end_ms, told)
    after = wording.span(new.start_ms, new.end_ms, told)
    return after if before == after else _ARROW.format(before, after)


def _volume(segment: Segment, told: Tongue) -> str:
    return WORDS[told]["unset"] if segment.volume is None else wording.percent(segment.volume)


_OWN_WORDS: Final = {"duration_ms": "length", "size": "size", "fps": "rate"}


def _whole(change: Change, told: Tongue) -> tuple[str, dict[str, object]]:
    """Return the words for a change of a track or of the draft."""
    name = change.fields[0].name if change.fields else ""
    own = _OWN_WORDS.get(name) if change.scope == "draft" else None
    return own or f"{change.scope} {change.kind}", {
        "fields": _fields(change, told),
        "lane": _lane(change, told),
        **_tracks(change),
    }


def _lane(change: Change, told: Tongue) -> str:
    what = _what(change, told)
    return what if change.track_kind == "unknown" else WORDS[told]["lane"].format(what=what)


def _fields(change: Change, told: Tongue) -> str:
    shown = [_field(field, told) for field in change.fields[:_MOST_FIELDS]]
    more = len(change.fields) - _MOST_FIELDS
    return WORDS[told]["comma"].join([*shown, f"+{more}"] if more > 0 else shown)


def _field(field: FieldChange, told: Tongue) -> str:
    """Return a property in words; only its name where its values are not for reading."""
    if own := _own_words(field, told):
        return own
    values = _values(field, _plain, told)
    return f"{wording.clean(field.name)} {values or ''}".strip()


def _own_words(field: FieldChange, told: Tongue) -> str | None:
    write = _READABLE.get(field.name)
    return write and _values(field, write, told)


_Writer: TypeAlias = "Callable[[Any, Tongue], str | None]"


def _values(field: FieldChange, write: _Writer, told: Tongue) -> str | None:
    none = WORDS[told]["none"]
    before, after = (
        none if value is None else write(value, told) for value in (field.before, field.after)
    )
    return None if before is None or after is None else _ARROW.format(before, after)


def _plain(value: object, told: Tongue) -> str | None:
    if isinstance(value, bool):
        return WORDS[told]["true" if value else "false"]
    if isinstance(value, int | float):
        return f"{value:g}" if abs(value) < _LARGEST_VALUE else None
    # An address may carry a signature, and nobody reads a paragraph inside a sentence.
    if isinstance(value, str) and "://" not in value and len(value) <= _LONGEST_VALUE:
        return wording.quoted(value, told)
    return None


def _number(write: Callable[[float, Tongue], str]) -> _Writer:
    """Return `write` for numbers from zero up; what was not understood may hold anything."""

    def guarded(value: object, told: Tongue) -> str | None:
        if isinstance(value, int | float) and 0 <= value < _LARGEST_VALUE:
            return write(value, told)
        return None

    return guarded


def _text(write: Callable[[str, Tongue], str]) -> _Writer:
    return lambda value, told: write(value, told) if isinstance(value, str) else None


_READABLE: Final[dict[str, _Writer]] = {
    "duration_ms": _number(lambda value, told: wording.length(round(value), told)),
    "volume": _number(lambda value, _: wording.percent(value)),
    "name": _text(lambda value, told: wording.clean(value) or WORDS[told]["none"]),
    "size": _text(lambda value, _: value),
    "fps": _number(lambda value, _: f"{value:g}"),
}
