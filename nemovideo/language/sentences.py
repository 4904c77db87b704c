"""The SDK's own sentences, in the language of the person who reads them."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from string import Formatter
from typing import Any, Final, Literal, cast

from nemovideo.language.catalogue import CATALOGUES, ENGLISH, Key, StepKey


def localize(key: Key, language: str | None, /, **values: object) -> str:
    """Write one of the SDK's own sentences in a language.

    Args:
        key: Which sentence (see `catalogue`).
        language: A tag such as `en` or `zh-CN`; None, and a language without this sentence, mean
            English.
        values: What the braces of the sentence stand for: `elapsed` and `duration` in seconds,
            `size` in bytes, `files` an iterable of texts.

    Raises:
        KeyError: A value that the sentence needs is missing.

    Example:
        >>> localize("still_working", "en", elapsed=120)
        '⏳ Still working… (2 min)'
    """
    tag = language or "en"
    base = tag.replace("_", "-").partition("-")[0].lower()
    sentences = CATALOGUES.get(tag) or CATALOGUES.get(base) or ENGLISH
    return _Writer(chinese=base == "zh").vformat(sentences.get(key) or ENGLISH[key], (), values)


def next_steps(
    after: Literal["generation", "edit", "upload"],
    language: str | None,
    *,
    seconds: float = 0,
    kinds: Collection[str] = (),
) -> tuple[str, ...]:
    """Propose two or three things that a person could do next with a film; none with an empty one.

    Args:
        after: What has just been done.
        language: As for `localize`.
        seconds: The length of the film, or of what was uploaded.
        kinds: What is on the timeline, `audio` and `text`, or what was uploaded.

    Example:
        >>> next_steps("upload", "en", seconds=40, kinds={"video"})[-1]
        'See the tracks: “status”'
    """
    music: StepKey = "step_music" if "audio" in kinds else "step_add_music"
    keys: list[StepKey]
    if after == "upload":
        keys = [_step_of_material(seconds, kinds), "step_look"]
    elif not seconds:
        keys = []
    elif after == "generation":
        keys = [music, "step_again" if "text" in kinds else "step_title", "step_export"]
    else:
        keys = ["step_look", "step_trim" if seconds >= _SHORT else music, "step_export"]
    return tuple(localize(key, language, seconds=round(seconds * 0.75)) for key in keys)


_SHORT: Final = 6
"""Nobody shortens a film of fewer seconds."""
_LONG: Final = 20
"""A trailer of 15 seconds is made of more."""


def _step_of_material(seconds: float, kinds: Collection[str]) -> StepKey:
    if "video" in kinds:
        return "step_edit" if seconds > _LONG else "step_captions"
    return "step_soundtrack" if "audio" in kinds else "step_slideshow"


class _Writer(Formatter):
    """`str.format` with the catalogue's own ways to write a value."""

    def __init__(self, *, chinese: bool) -> None:
        self._chinese = chinese

    # The base class is typed with Any.
    def format_field(self, value: Any, format_spec: str) -> str:
        if format_spec == "span":
            return _span(float(value), chinese=self._chinese)
        if format_spec == "size":
            return _size(int(value))
        if format_spec == "amount":
            return f"{float(value):,.2f}".rstrip("0").rstrip(".")
        if format_spec == "names":
            return ("、" if self._chinese else ", ").join(map(str, cast("Iterable[object]", value)))
        return format(value, format_spec)


def _span(seconds: float, *, chinese: bool) -> str:
    hour, minute, second = (" 小时", " 分钟", " 秒") if chinese else (" h", " min", " s")
    if 0 < seconds < 9.95 and round(seconds, 1) != round(seconds):
        return f"{seconds:.1f}{second}"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, hour), (minutes, minute), (rest, second))
    return " ".join(f"{number}{unit}" for number, unit in parts if number) or f"0{second}"


def _size(count: int) -> str:
    if count < 1024:
        return f"{count} B"
    amount, unit = count / 1024, "KB"
    for larger in ("MB", "GB"):
        # 1023.5 would be written as 1024 of the smaller unit.
        if amount < 1023.5:
            break
        amount, unit = amount / 1024, larger
    return f"{amount:.0f} {unit}" if amount >= 100 else f"{amount:.1f} {unit}".replace(".0 ", " ")
