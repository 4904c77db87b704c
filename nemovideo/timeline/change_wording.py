"""The words for changes, in English and Chinese.

For translators: copy one language of `WORDS`, and translate the right-hand sides.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from nemovideo.timeline import wording
from nemovideo.timeline.fields import FieldChange
from nemovideo.timeline.wording import Language

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

_LONGEST_VALUE: Final = 40
_LARGEST_VALUE: Final = 1e15
_MOST_FIELDS: Final = 6


def arrow(before: str, after: str) -> str:
    """Return a value before and after."""
    return f"{before} → {after}"


def describe_fields(fields: Sequence[FieldChange], lang: Language) -> str:
    """Return the properties that differ in words; a long list is cut."""
    shown = [_describe_field(field, lang) for field in fields[:_MOST_FIELDS]]
    more = len(fields) - _MOST_FIELDS
    return WORDS[lang]["comma"].join([*shown, f"+{more}"] if more > 0 else shown)


def _describe_field(field: FieldChange, lang: Language) -> str:
    """Return a property in words; only its name if its values are not readable."""
    none = WORDS[lang]["none"]
    for write, name in ((_known, ""), (_plain, wording.clean(field.name))):
        before, after = (
            none if value is None else write(field.name, value, lang)
            for value in (field.before, field.after)
        )
        if before is not None and after is not None:
            return f"{name} {arrow(before, after)}".strip()
    return wording.clean(field.name)


def _known(name: str, value: object, lang: Language) -> str | None:
    """Return a value as its property reads, else None; a field not understood may hold anything."""
    if isinstance(value, str):
        names = {"name": wording.clean(value) or WORDS[lang]["none"], "size": value}
        return names.get(name)
    if not isinstance(value, int | float) or not 0 <= value < _LARGEST_VALUE:
        return None
    if name == "duration_ms":
        return wording.length(round(value), lang)
    return {"volume": wording.percent(value), "fps": f"{value:g}"}.get(name)


def _plain(_: str, value: object, lang: Language) -> str | None:
    if isinstance(value, bool):
        return WORDS[lang]["true" if value else "false"]
    if isinstance(value, int | float):
        return f"{value:g}" if abs(value) < _LARGEST_VALUE else None
    # A URL may contain a signature, and a paragraph is too long for a sentence.
    if isinstance(value, str) and "://" not in value and len(value) <= _LONGEST_VALUE:
        return wording.quoted(value, lang)
    return None
