"""The steps of an agent's turn: what a test scripts, and what every agent returns."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias, cast

from nemovideo.sandbox.agents.draft_editor import DraftEditor
from nemovideo.sandbox.draft import Json, clone


@dataclass(frozen=True)
class Say:
    """Say `text` to the user. It is streamed in chunks.

    Example:
        ```python
        Sandbox(agent=[[Say("Working on it."), Wait(30), Say("Done.")]])
        ```
    """

    text: str

    def __post_init__(self) -> None:
        _check_text("Say", "text", self.text)


@dataclass(frozen=True)
class Think:
    """Reason in `text`, which is not meant for the user."""

    text: str

    def __post_init__(self) -> None:
        _check_text("Think", "text", self.text)


@dataclass(frozen=True)
class CallTool:
    """Call the tool `name` with `args`, and get `result`: both are JSON objects."""

    name: str
    args: Mapping[str, object] = field(default_factory=dict[str, object])
    result: Mapping[str, object] = field(default_factory=dict[str, object])

    def __post_init__(self) -> None:
        _check_text("CallTool", "name", self.name)
        _check_json("CallTool", "args", self.args)
        _check_json("CallTool", "result", self.result)


@dataclass(frozen=True)
class EditDraft:
    """Change the draft of the session, from this moment on.

    Args:
        edit: A function that changes the `DraftEditor` it gets, or the whole new draft as JSON.

    Example:
        ```python
        EditDraft(lambda draft: draft.add_clip("panda", 5).add_title("Hello"))
        ```
    """

    edit: Callable[[DraftEditor], object] | Mapping[str, object] | DraftEditor

    def __post_init__(self) -> None:
        if isinstance(self.edit, DraftEditor):
            object.__setattr__(self, "edit", clone(self.edit.raw))
        elif not callable(self.edit):
            _check_json("EditDraft", "edit", self.edit)

    @property
    def draft(self) -> Json:
        """The new draft; only where `edit` is a draft."""
        return cast("Json", self.edit)


@dataclass(frozen=True)
class Wait:
    """Work for `seconds` at the service's own pace: see `speed` and `clock` of `Sandbox`."""

    seconds: float

    def __post_init__(self) -> None:
        seconds = cast("object", self.seconds)
        number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        if not (number and math.isfinite(self.seconds) and self.seconds >= 0):
            raise ValueError(f"Wait: seconds is a number, 0 or more, not {seconds!r}")


@dataclass(frozen=True)
class Fail:
    """End the turn with an error inside the stream; nothing is charged."""

    message: str

    def __post_init__(self) -> None:
        _check_text("Fail", "message", self.message)


Step: TypeAlias = Say | Think | CallTool | EditDraft | Wait | Fail


def _check_text(step: str, name: str, value: object) -> None:
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{step}: {name} is a text that is not empty, not {value!r}")


def _check_json(step: str, name: str, value: object) -> None:
    also = ", or a function that gets the DraftEditor" if step == "EditDraft" else ""
    if not isinstance(value, dict):
        raise ValueError(f"{step}: {name} is a JSON object (a dict){also}, not {value!r}")
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise ValueError(f"{step}: {name} is a JSON object{also}; {error}") from error
