"""Changes in words, in English and Chinese.

For translators: copy one language of `WORDS`, and translate the right-hand sides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from typing import Any, Final, Protocol, TypeAlias

from nemovideo.timeline import wording
from nemovideo.timeline.fields import FieldChange
from nemovideo.timeline.wording import Language, SegmentLike, TrackKind, language_of


class CutSegment(SegmentLike, Protocol):
    """The attributes of a segment that changes are put into words by."""

    @property
    def duration_ms(self) -> int: ...
    @property
    def source_start_ms(self) -> int | None: ...
    @property
    def speed(self) -> float | None: ...


class ChangeLike(Protocol):
    """The attributes of a change that are put into words."""

    @property
    def kind(self) -> str: ...
    @property
    def scope(self) -> str: ...
    @property
    def track_kind(self) -> TrackKind | None: ...
    @property
    def track_type(self) -> int | None: ...
    @property
    def before(self) -> CutSegment | None: ...
    @property
    def after(self) -> CutSegment | None: ...
    @property
    def fields(self) -> Sequence[FieldChange]: ...
    @property
    def is_only(self) -> bool: ...
    @property
    def changed_track(self) -> bool: ...
    @property
    def old_track(self) -> int | None: ...
    @property
    def new_track(self) -> int | None: ...


WORDS: Final[dict[Language, dict[str, str]]] = {
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
        "track added": "{track} added: track {to}, empty",
        "track removed": "{track} removed: track {from}, empty",
        "track reordered": "Tracks reordered: {what} is track {to} now",
        "track renamed": "{track} renamed: {fields}",
        "track volume": "{what} volume {fields}",
        "track changed": "{track} changed: {fields}",
        "draft renamed": "Video renamed: {fields}",
        "draft changed": "Timeline changed: {fields}",
        "length": "Length {fields}",
        "size": "Size {fields}",
        "rate": "Frame rate {fields}",
        "track": "{what} track",
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
        "track added": "{track}已添加：第 {to} 条，空",
        "track removed": "{track}已删除：原第 {from} 条，空",
        "track reordered": "轨道顺序已调整：{what}现在是第 {to} 条",
        "track renamed": "{track}已改名：{fields}",
        "track volume": "{what}音量 {fields}",
        "track changed": "{track}已修改：{fields}",
        "draft renamed": "视频已改名：{fields}",
        "draft changed": "时间线已修改：{fields}",
        "length": "时长 {fields}",
        "size": "画面尺寸 {fields}",
        "rate": "帧率 {fields}",
        "track": "{what}轨道",
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


def sentence(change: ChangeLike, language: str = "en") -> str:
    """Return one change in words."""
    lang = language_of(language)
    old, new = change.before or change.after, change.after or change.before
    key, words = _segment_words(change, old, new, lang) if old and new else _words(change, lang)
    words |= {
        "what": _what(change, lang),
        "fields": _fields(change, lang),
        "from": "" if change.old_track is None else change.old_track + 1,
        "to": "" if change.new_track is None else change.new_track + 1,
    }
    return WORDS[lang][key].format_map(words)


def describe(changes: Iterable[ChangeLike], language: str = "en") -> list[str]:
    """Return the changes in words, with segments that moved by the same time in one line.

    A clip put in front moves every clip after it; that is one line, not a hundred.
    """
    lines: list[str] = []
    for shift, run in groupby(changes, _shift):
        together = list(run)
        if shift is None or len(together) == 1:
            lines.extend(sentence(change, language) for change in together)
        else:
            lines.append(_shift_sentence(together, shift[1], language_of(language)))
    return lines


def _what(change: ChangeLike, lang: Language) -> str:
    if change.track_kind is None:
        return ""
    return wording.kind_word(change.track_kind, change.track_type, lang)


def _shift(change: ChangeLike) -> tuple[int | None, int] | None:
    """Return track and distance of a segment that only moved in time."""
    old, new = change.before, change.after
    if change.kind != "moved" or not old or not new or change.changed_track:
        return None
    return change.new_track, new.start_ms - old.start_ms


def _shift_sentence(changes: list[ChangeLike], shift_ms: int, lang: Language) -> str:
    olds = [change.before for change in changes if change.before]
    news = [change.after for change in changes if change.after]
    words = {
        "what": _what(changes[0], lang),
        "count": len(changes),
        "by": wording.length(abs(shift_ms), lang),
        "spans": _ARROW.format(_range(olds, lang), _range(news, lang)),
    }
    return WORDS[lang]["later" if shift_ms > 0 else "earlier"].format_map(words)


def _range(segments: list[CutSegment], lang: Language) -> str:
    start = min(segment.start_ms for segment in segments)
    return wording.span(start, max(segment.end_ms for segment in segments), lang)


def _segment_words(
    change: ChangeLike, old: CutSegment, new: CutSegment, lang: Language
) -> tuple[str, dict[str, object]]:
    return _segment_key(change, old, new), {
        "before": wording.describe(old, lang),
        "after": wording.describe(new, lang),
        "old": wording.label(old, lang),
        "new": wording.label(new, lang),
        "span": _range([new], lang),
        "spans": _arrow(_range([old], lang), _range([new], lang)),
        "volumes": _ARROW.format(_volume(old, lang), _volume(new, lang)),
        "rates": _ARROW.format(f"{old.speed or 1:g}x", f"{new.speed or 1:g}x"),
        "offset": wording.length(new.source_start_ms or 0, lang),
    }


def _segment_key(change: ChangeLike, old: CutSegment, new: CutSegment) -> str:
    if change.kind == "trimmed" and new.duration_ms >= old.duration_ms:
        return "extended" if new.duration_ms > old.duration_ms else "cut"
    if change.kind == "volume" and not change.is_only:
        return "volume of"
    return "crossed" if change.changed_track and change.kind == "moved" else change.kind


def _arrow(before: str, after: str) -> str:
    return after if before == after else _ARROW.format(before, after)


def _volume(segment: CutSegment, lang: Language) -> str:
    return WORDS[lang]["unset"] if segment.volume is None else wording.percent(segment.volume)


_DRAFT_KEYS: Final = {"duration_ms": "length", "size": "size", "fps": "rate"}


def _words(change: ChangeLike, lang: Language) -> tuple[str, dict[str, object]]:
    """Return the words for a change of a track or of the draft."""
    name = change.fields[0].name if change.fields else ""
    key = _DRAFT_KEYS.get(name) if change.scope == "draft" else None
    what = _what(change, lang)
    track = what if change.track_kind == "unknown" else WORDS[lang]["track"].format(what=what)
    return key or f"{change.scope} {change.kind}", {"track": track}


def _fields(change: ChangeLike, lang: Language) -> str:
    shown = [_field(field, lang) for field in change.fields[:_MOST_FIELDS]]
    more = len(change.fields) - _MOST_FIELDS
    return WORDS[lang]["comma"].join([*shown, f"+{more}"] if more > 0 else shown)


def _field(field: FieldChange, lang: Language) -> str:
    """Return a property in words; only its name if its values are not readable."""
    write = _FORMATTERS.get(field.name)
    if write and (own := _values(field, write, lang)):
        return own
    return f"{wording.clean(field.name)} {_values(field, _plain, lang) or ''}".strip()


_Formatter: TypeAlias = "Callable[[Any, Language], str | None]"


def _values(field: FieldChange, write: _Formatter, lang: Language) -> str | None:
    none = WORDS[lang]["none"]
    before, after = (
        none if value is None else write(value, lang) for value in (field.before, field.after)
    )
    return None if before is None or after is None else _ARROW.format(before, after)


def _plain(value: object, lang: Language) -> str | None:
    if isinstance(value, bool):
        return WORDS[lang]["true" if value else "false"]
    if isinstance(value, int | float):
        return f"{value:g}" if abs(value) < _LARGEST_VALUE else None
    # A URL may contain a signature, and a paragraph is too long for a sentence.
    if isinstance(value, str) and "://" not in value and len(value) <= _LONGEST_VALUE:
        return wording.quoted(value, lang)
    return None


def _number(write: Callable[[float, Language], str]) -> _Formatter:
    """Return `write` for numbers from zero up; a field not understood may hold anything."""

    def checked(value: object, lang: Language) -> str | None:
        if isinstance(value, int | float) and 0 <= value < _LARGEST_VALUE:
            return write(value, lang)
        return None

    return checked


def _text(write: Callable[[str, Language], str]) -> _Formatter:
    return lambda value, lang: write(value, lang) if isinstance(value, str) else None


_FORMATTERS: Final[dict[str, _Formatter]] = {
    "duration_ms": _number(lambda value, lang: wording.length(round(value), lang)),
    "volume": _number(lambda value, _: wording.percent(value)),
    "name": _text(lambda value, lang: wording.clean(value) or WORDS[lang]["none"]),
    "size": _text(lambda value, _: value),
    "fps": _number(lambda value, _: f"{value:g}"),
}
