"""A question with which the agent may end a turn (wire-contract section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

from nemovideo.timeline.values import as_id, as_object, as_text

Json = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class QuestionOption:
    """One of the answers that the agent suggests."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class QuestionItem:
    """One question of a form."""

    id: str
    prompt: str
    options: tuple[QuestionOption, ...] = ()
    """Suggestions; any other answer is possible as well."""
    allow_multiple: bool = False
    """Whether several options may be chosen."""


@dataclass(frozen=True, slots=True)
class Question:
    """What the agent asks before it continues; answer it with an ordinary message.

    `str()` is what to show to a person. It is empty if the agent's text already asks it.
    """

    title: str = ""
    items: tuple[QuestionItem, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        rows = [self.title] if self.title else []
        for item in self.items:
            options = " / ".join(option.label for option in item.options)
            rows.append(f"{item.prompt} ({options})" if options else item.prompt)
        return "\n".join(rows)


def parse_question(value: Json) -> Question:
    """Return `{title, questions: [{id, prompt, options, allow_multiple}]}` as far as readable."""
    items = _read_list(value.get("questions"), _parse_item)
    single = None if items else _parse_item(value, 0)
    return Question(_first(value, "title") or "", (single,) if single else items)


def _parse_item(value: object, number: int) -> QuestionItem | None:
    if isinstance(value, str):
        return QuestionItem(str(number), value) if value.strip() else None
    fields = as_object(value)
    prompt = _first(fields, "prompt", "question", "text")
    if prompt is None:
        return None
    several = fields.get("allow_multiple", fields.get("allowMultiple"))
    options = _read_list(fields.get("options"), _parse_option)
    return QuestionItem(as_id(fields.get("id")) or str(number), prompt, options, several is True)


def _parse_option(value: object, number: int) -> QuestionOption | None:
    if isinstance(value, str):
        return QuestionOption(value, value) if value.strip() else None
    fields = as_object(value)
    label = _first(fields, "label", "text", "title", "value") or as_id(fields.get("id"))
    return None if label is None else QuestionOption(as_id(fields.get("id")) or label, label)


def _first(fields: Json, *names: str) -> str | None:
    return next((text for name in names if (text := as_text(fields.get(name)))), None)


def _read_list(value: object, read: Any) -> tuple[Any, ...]:
    each = enumerate(cast("list[object]", value) if isinstance(value, list) else [], 1)
    return tuple(item for number, raw in each if (item := read(raw, number)) is not None)
