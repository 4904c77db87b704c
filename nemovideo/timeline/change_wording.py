"""The words for changes, in English and Chinese.

For translators: copy one language of `WORDS`, and translate the right-hand sides.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, cast

from nemovideo.timeline import wording
from nemovideo.timeline.fields import FieldChange
from nemovideo.timeline.values import as_object
from nemovideo.timeline.wording import Language

WORDS: Final[dict[Language, dict[str, str]]] = {
    "en": {
        "added": "{what} added: {after}",
        "removed": "{what} removed: {before}",
        "replaced": "{what} replaced: {old} → {new} ({spans})",
        "text": "{what} text changed: {old} → {new} ({span})",
        "renamed": "{what} renamed: {old} → {new} ({span})",
        "retimed": "{what} speed {rates}: {new} ({spans})",
        "trimmed": "{what} trimmed at the end: {new} ({spans})",
        "trimmed start": "{what} trimmed at the start: {new} ({spans})",
        "trimmed both": "{what} trimmed at both ends: {new} ({spans})",
        "extended": "{what} extended: {new} ({spans})",
        "extended start": "{what} extended at the start: {new} ({spans})",
        "split": "{what} split into {count}: {old} ({pieces})",
        "merged": "{what} merged, {count} into 1: {new} ({pieces})",
        "cut": "{what} cut differently: {new} ({span}, from {offset} of its source)",
        "reordered": "{what} reordered: {new} ({spans})",
        "moved": "{what} moved: {new} ({spans})",
        "crossed": "{what} moved: {new} ({spans}, track {from} → {to})",
        "volume": "{what} volume {volumes}",
        "volume of": "{what} volume {volumes}: {new} ({span})",
        "changed": "{what} changed: {new} ({span}), {fields}",
        "settings": "Settings of the {noun} changed: {new} ({span})",
        "transition added": "Transition added at {new} ({span}): {transition}",
        "transition removed": "Transition removed at {new} ({span}): {transition}",
        "transition changed": "Transition changed at {new} ({span}): {transition}",
        "many added": "{count} {plural} added ({spans})",
        "many removed": "{count} {plural} removed ({spans})",
        "many text": "Text of {count} {plural} changed ({spans})",
        "many changed": "{count} {plural} changed ({spans}), {fields}",
        "many settings": "Settings of {count} {plural} changed ({spans})",
        "later": "{what}: {count} segments moved {by} later ({spans})",
        "earlier": "{what}: {count} segments moved {by} earlier ({spans})",
        "track added": "{track} added: track {to}, empty",
        "track removed": "{track} removed: track {from}, empty",
        "track reordered": "Tracks reordered: {what} is track {to} now",
        "track renamed": "{track} renamed: {fields}",
        "track named": "{track} named: {name}",
        "track volume": "{what} volume {fields}",
        "track changed": "{track} changed: {fields}",
        "track locked": "{track} locked",
        "track unlocked": "{track} unlocked",
        "track hidden": "{track} hidden",
        "track shown": "{track} shown",
        "track settings": "Settings of the {noun} track changed",
        "draft renamed": "Video renamed: {fields}",
        "draft named": "Video named: {name}",
        "draft changed": "Timeline changed: {fields}",
        "draft settings": "Settings of the timeline changed",
        "length": "Length {fields}",
        "size": "Size {fields}",
        "rate": "Frame rate {fields}",
        "track": "{what} track",
        "none": "none",
        "unset": "default",
        "true": "on",
        "false": "off",
        "comma": ", ",
        "set": "{name} set to{value}",
        "set true": "{name} on",
        "set false": "{name} off",
        "property added": "{name} added",
        "property removed": "{name} removed",
        "property adjusted": "{name} adjusted",
        "others": "other settings",
        "unnamed transition": "default",
        "transition length": "another length",
        "and": ", ",
    },
    "zh": {
        "added": "{what}已添加：{after}",
        "removed": "{what}已删除：{before}",
        "replaced": "{what}已替换：{old} → {new}（{spans}）",
        "text": "{what}文字已修改：{old} → {new}（{span}）",
        "renamed": "{what}已改名：{old} → {new}（{span}）",
        "retimed": "{what}速度 {rates}：{new}（{spans}）",
        "trimmed": "{what}结尾已剪短：{new}（{spans}）",
        "trimmed start": "{what}开头已剪短：{new}（{spans}）",
        "trimmed both": "{what}首尾已剪短：{new}（{spans}）",
        "extended": "{what}已延长：{new}（{spans}）",
        "extended start": "{what}开头已延长：{new}（{spans}）",
        "split": "{what}已分割为 {count} 段：{old}（{pieces}）",
        "merged": "{what} {count} 段已合并为一段：{new}（{pieces}）",
        "cut": "{what}截取位置已修改：{new}（{span}，从素材的 {offset}处开始）",
        "reordered": "{what}顺序已调整：{new}（{spans}）",
        "moved": "{what}已移动：{new}（{spans}）",
        "crossed": "{what}已移动：{new}（{spans}，轨道 {from} → {to}）",
        "volume": "{what}音量 {volumes}",
        "volume of": "{what}音量 {volumes}：{new}（{span}）",
        "changed": "{what}已修改：{new}（{span}），{fields}",
        "settings": "{what}的设置已修改：{new}（{span}）",
        "transition added": "转场已添加：{new}（{span}），{transition}",
        "transition removed": "转场已删除：{new}（{span}），{transition}",
        "transition changed": "转场已更换：{new}（{span}），{transition}",
        "many added": "已添加 {count} 条{what}（{spans}）",
        "many removed": "已删除 {count} 条{what}（{spans}）",
        "many text": "已修改 {count} 条{what}的文字（{spans}）",
        "many changed": "已修改 {count} {unit}{what}（{spans}），{fields}",
        "many settings": "已修改 {count} {unit}{what}的设置（{spans}）",
        "later": "{what}：{count} 个片段后移 {by}（{spans}）",
        "earlier": "{what}：{count} 个片段前移 {by}（{spans}）",
        "track added": "{track}已添加：第 {to} 条，空",
        "track removed": "{track}已删除：原第 {from} 条，空",
        "track reordered": "轨道顺序已调整：{what}现在是第 {to} 条",
        "track renamed": "{track}已改名：{fields}",
        "track named": "{track}已命名：{name}",
        "track volume": "{what}音量{fields}",
        "track changed": "{track}已修改：{fields}",
        "track locked": "{track}已锁定",
        "track unlocked": "{track}已解锁",
        "track hidden": "{track}已隐藏",
        "track shown": "{track}已显示",
        "track settings": "{track}的设置已修改",
        "draft renamed": "视频已改名：{fields}",
        "draft named": "视频已命名：{name}",
        "draft changed": "时间线已修改：{fields}",
        "draft settings": "时间线的设置已修改",
        "length": "时长{fields}",
        "size": "画面尺寸{fields}",
        "rate": "帧率{fields}",
        "track": "{what}轨道",
        "none": "无",
        "unset": "默认",
        "true": "开",
        "false": "关",
        "comma": "，",
        "set": "{name}设为{value}",
        "set true": "已开启{name}",
        "set false": "已关闭{name}",
        "property added": "{name}已添加",
        "property removed": "{name}已删除",
        "property adjusted": "{name}已调整",
        "others": "其他设置",
        "unnamed transition": "默认",
        "transition length": "时长",
        "and": "、",
    },
}

_PROPERTIES: Final[dict[str, tuple[str, str]]] = {
    "align": ("alignment", "对齐方式"),
    "alignment": ("alignment", "对齐方式"),
    "angle": ("rotation", "旋转"),
    "animation": ("animation", "动画"),
    "aspectratio": ("aspect ratio", "画面比例"),
    "background": ("background", "背景"),
    "backgroundcolor": ("background colour", "背景颜色"),
    "blur": ("blur", "模糊"),
    "bold": ("bold", "粗体"),
    "brightness": ("brightness", "亮度"),
    "color": ("colour", "颜色"),
    "colour": ("colour", "颜色"),
    "contrast": ("contrast", "对比度"),
    "crop": ("crop", "裁剪"),
    "flip": ("flip", "翻转"),
    "duration": ("length", "时长"),
    "durationms": ("length", "时长"),
    "effect": ("effect", "特效"),
    "effects": ("effects", "特效"),
    "exposure": ("exposure", "曝光"),
    "fadein": ("fade-in", "淡入"),
    "fadeout": ("fade-out", "淡出"),
    "filter": ("filter", "滤镜"),
    "filters": ("filters", "滤镜"),
    "font": ("font", "字体"),
    "fontcolor": ("colour", "颜色"),
    "fontfamily": ("font", "字体"),
    "fontsize": ("font size", "字号"),
    "fps": ("fps", "帧率"),
    "framerate": ("frame rate", "帧率"),
    "hidden": ("hidden", "隐藏"),
    "hue": ("hue", "色相"),
    "italic": ("italic", "斜体"),
    "layout": ("layout", "布局"),
    "locked": ("locked", "锁定"),
    "look": ("look", "风格"),
    "loop": ("loop", "循环"),
    "lut": ("look", "风格"),
    "mask": ("mask", "蒙版"),
    "name": ("name", "名称"),
    "opacity": ("opacity", "不透明度"),
    "outline": ("outline", "描边"),
    "pan": ("pan", "声像"),
    "pitch": ("pitch", "音调"),
    "position": ("position", "位置"),
    "ratio": ("aspect ratio", "画面比例"),
    "resolution": ("resolution", "分辨率"),
    "reverse": ("reversed", "倒放"),
    "reversed": ("reversed", "倒放"),
    "rotate": ("rotation", "旋转"),
    "rotation": ("rotation", "旋转"),
    "saturation": ("saturation", "饱和度"),
    "scale": ("scale", "缩放"),
    "shadow": ("shadow", "阴影"),
    "size": ("size", "大小"),
    "speaker": ("voice", "声音"),
    "speed": ("speed", "速度"),
    "stroke": ("outline", "描边"),
    "style": ("style", "样式"),
    "temperature": ("colour temperature", "色温"),
    "textcolor": ("colour", "颜色"),
    "visible": ("visible", "显示"),
    "voice": ("voice", "声音"),
    "volume": ("volume", "音量"),
    "weight": ("font weight", "字重"),
    "zoom": ("zoom", "缩放"),
}
"""The properties that are named to a person; of others it is only said that there are some."""

_TRANSITIONS: Final = {
    "fade": "淡入淡出",
    "crossfade": "交叉淡化",
    "cross dissolve": "叠化",
    "dissolve": "叠化",
    "wipe": "擦除",
    "slide": "滑动",
    "push": "推移",
    "zoom": "缩放",
    "spin": "旋转",
    "blur": "模糊",
    "flash": "闪白",
    "fade to black": "淡出到黑场",
    "dip to black": "黑场过渡",
    "glitch": "故障",
}
_LONGEST_VALUE: Final = 40
_LARGEST_NUMBER: Final = 1e6
_MOST_FIELDS: Final = 4


def arrow(before: str, after: str) -> str:
    return f"{before} → {after}"


def describe_fields(fields: Sequence[FieldChange], lang: Language) -> str:
    """Return the properties that differ in words; empty if this version knows none of them."""
    fields = [inner for field in fields for inner in _inner_fields(field)]
    named = [text for text in (_describe_field(field, lang) for field in fields) if text]
    distinct = list(dict.fromkeys(named))
    shown = distinct[:_MOST_FIELDS]
    if shown and (len(named) < len(fields) or len(shown) < len(distinct)):
        shown.append(WORDS[lang]["others"])
    return WORDS[lang]["comma"].join(shown)


def _inner_fields(field: FieldChange) -> Iterator[FieldChange]:
    """Yield the properties of an object that appeared or went as a whole."""
    before, after = as_object(field.before), as_object(field.after)
    if (not before and not after) or None not in (field.before, field.after):
        yield field
        return
    for key in {**before, **after}:
        yield FieldChange(f"{field.name}.{key}", before.get(key), after.get(key))


def describe_attribute(field: FieldChange, lang: Language) -> str:
    """Return an attribute of a track or of the draft before and after, without its name."""
    return _before_and_after(field, "", lang, _known)


def _describe_field(field: FieldChange, lang: Language) -> str:
    steps = [re.sub(r"[\W_]", "", step).lower() for step in field.name.split(".")]
    names = next((_PROPERTIES[step] for step in reversed(steps) if step in _PROPERTIES), None)
    if names is None:
        return ""
    name = names[lang == "zh"]
    is_own = steps[-1] in _PROPERTIES or steps[-1] in ("name", "type", "value", "id")
    return _before_and_after(field, name, lang, _plain) if is_own else _unread(field, name, lang)


def _unread(field: FieldChange, name: str, lang: Language) -> str:
    """Say of a property only what happened to it."""
    gone, new = field.after is None, field.before is None
    key = "property added" if new else "property removed" if gone else "property adjusted"
    return WORDS[lang][key].format(name=name)


def _before_and_after(
    field: FieldChange,
    name: str,
    lang: Language,
    write: Callable[[str, object, Language], str | None],
) -> str:
    before, after = (
        WORDS[lang]["none"] if value is None else write(field.name, value, lang)
        for value in (field.before, field.after)
    )
    if before is None or after is None:
        return _unread(field, name, lang)
    if isinstance(field.after, bool) and field.before is None:
        return WORDS[lang]["set true" if field.after else "set false"].format(name=name)
    if field.before is None:
        space = " " if lang == "en" or after[:1].isascii() else ""
        return WORDS[lang]["set"].format(name=name, value=f"{space}{after}")
    return f"{name} {arrow(before, after)}"


def _known(name: str, value: object, lang: Language) -> str | None:
    if isinstance(value, str):
        return wording.clean(value) or WORDS[lang]["none"]
    if not isinstance(value, int | float):
        return None
    if name == "duration_ms":
        return wording.length(round(value), lang)
    return wording.percent(value) if name == "volume" else f"{value:g}"


_SIZES: Final[Mapping[str, str]] = {"small": "小", "medium": "中", "large": "大"}


def _plain(name: str, value: object, lang: Language) -> str | None:
    """Return a value in words; None for one that no person can read."""
    if isinstance(value, bool):
        return WORDS[lang]["true" if value else "false"]
    if isinstance(value, int | float):
        if not 1e-4 <= abs(value) < _LARGEST_NUMBER and value:
            return None
        if value >= 0 and re.search("fade|duration", name, re.IGNORECASE):
            return wording.length(round(value if value >= 50 else value * 1000), lang)
        return f"{round(value, 3):.10g}"
    # A URL may contain a signature, and a paragraph is too long for a sentence.
    if lang == "zh" and name.rpartition(".")[2] == "size" and str(value) in _SIZES:
        return _SIZES[str(value)]
    if isinstance(value, str) and "://" not in value and len(value) <= _LONGEST_VALUE:
        plain = re.fullmatch(r"[\w.:×%#/-]+", value)
        return value.replace("_", " ") if plain else wording.quoted(value, lang)
    return None


def split_transition(
    fields: Sequence[FieldChange],
) -> tuple[list[FieldChange], list[FieldChange]]:
    found = [field for field in fields if _is_transition(field)]
    return found, [field for field in fields if not _is_transition(field)]


def _is_transition(field: FieldChange) -> bool:
    return field.key.lower().startswith("transition")


def describe_transition(fields: Sequence[FieldChange], lang: Language) -> tuple[str, str]:
    """Return what happened to a transition, `added`, `removed` or `changed`, and its name."""
    before = next((name for each in fields if (name := _transition(each, each.before, lang))), "")
    after = next((name for each in fields if (name := _transition(each, each.after, lang))), "")
    unnamed = WORDS[lang]["unnamed transition"]
    if all(field.before is None for field in fields):
        return "added", after or unnamed
    if all(field.after is None for field in fields):
        return "removed", before or unnamed
    if before and after and before != after:
        return "changed", arrow(before, after)
    return "changed", after or before or WORDS[lang]["transition length"]


def _transition(field: FieldChange, value: object, lang: Language) -> str:
    last = field.name.rpartition(".")[2].lower()
    if isinstance(value, list) and value:
        value = cast("list[object]", value)[0]
    if isinstance(value, dict):
        inside = as_object(cast("object", value))
        value = next(filter(None, (inside.get(key) for key in ("type", "name", "effect"))), None)
    elif "." in field.name and last not in ("type", "name", "effect"):
        return ""
    if not isinstance(value, str) or "://" in value or len(value) > _LONGEST_VALUE:
        return ""
    name = wording.clean(re.sub(r"[_-]+", " ", value))
    return _TRANSITIONS.get(name.lower(), name) if lang == "zh" else name
