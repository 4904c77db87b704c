"""One of several files in a session: what the agent is told, and whether the result holds it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import TYPE_CHECKING, cast
from urllib.parse import unquote, urlsplit

from nemovideo.errors import InvalidInputError, NemoVideoError
from nemovideo.files.arguments import name_of
from nemovideo.language.detection import detect
from nemovideo.protocol.calls import check_text
from nemovideo.security.printable_text import shorten
from nemovideo.security.redaction import PrivateText
from nemovideo.timeline.values import as_objects

if TYPE_CHECKING:
    from nemovideo.models.turn import Turn
    from nemovideo.models.uploads import UploadedFile
    from nemovideo.timeline.draft import Draft

_MAX_QUOTE = 300
# What is written there is meant for people, and names files that need not be in the picture.
_PROSE_KEYS = frozenset({"text", "prompt", "message"})


def pair_up(
    files: Iterable[object], prompt: str | None
) -> Iterator[tuple[object, PrivateText | InvalidInputError]]:
    """Go through files with the instruction of each: its own, or the common one.

    A file without an instruction comes with the error that says so.
    """
    for given in files:
        file, instruction = given, prompt
        if isinstance(given, tuple):
            parts = cast("tuple[object, ...]", given)
            if len(parts) == 2 and isinstance(parts[1], str):
                file, instruction = parts[0], parts[1]
        try:
            yield file, check_text(instruction, "prompt")
        except InvalidInputError as error:
            yield file, error


def filename_of(file: object) -> str:
    """Return the name that a file goes by before the service has given it one."""
    return PurePath(name_of(file)).name


def build_message(filename: str, prompt: str) -> PrivateText:
    """Return an instruction that says which file it is about, in the language of the prompt."""
    if not filename:
        return PrivateText(prompt)
    if (detect(prompt) or "").startswith("zh"):
        return PrivateText(f"时间线上只用上传的文件“{filename}”。然后：{prompt}")
    only = f'Use only the uploaded file "{filename}" on the timeline, and none of the others.'
    return PrivateText(f"{only} Then: {prompt}")


def check_result(turn: Turn, own: UploadedFile, others: Sequence[UploadedFile]) -> None:
    """Refuse a turn that changed nothing, or whose timeline shows other files than its own.

    Raises:
        NemoVideoError: the film would not be the one asked for.
    """
    name = own.filename or "this file"
    if not turn.changes:
        raise _error(f"The agent changed nothing for {name}.", turn)
    # Words for people left out.
    texts = [text for segment in _segments(turn.draft) for text in _texts(segment)]
    mine = [text for text in texts if _mentions(text, own)]
    foreign = [other for other in others if other.filename != own.filename]
    rest = [text for text in texts if text not in mine]
    found = next((one for one in foreign if any(_mentions(text, one) for text in rest)), None)
    if found is not None:
        also = "as well as" if mine else "instead of"
        raise _error(f"The timeline holds {found.filename} {also} {name}.", turn)
    if not mine and _was_generated(turn.draft):
        raise _error(f"The timeline holds a generated clip instead of {name}.", turn)


def _error(message: str, turn: Turn) -> NemoVideoError:
    reply = " ".join(turn.text.split())
    return NemoVideoError(
        f"{message} Nothing was rendered. (session {turn.session_id})",
        hint=f'The agent said: "{shorten(reply, _MAX_QUOTE)}"' if reply else "Try other words.",
    )


def _mentions(text: str, file: UploadedFile) -> bool:
    if file.filename and re.search(rf"(?<!\w){re.escape(file.filename)}(?!\w)", text):
        return True
    path = unquote(urlsplit(file.cdn_url or "").path).strip("/")
    return bool(path and path in text) or bool(file.hash and file.hash in text)


def _segments(draft: Draft) -> Iterator[Mapping[str, object]]:
    for track in as_objects(draft.raw.get("t")):
        yield from as_objects(track.get("sg"))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield unquote(value)
    elif isinstance(value, dict):
        for key, item in cast("dict[str, object]", value).items():
            if key not in _PROSE_KEYS:
                yield from _texts(item)
    elif isinstance(value, list):
        for item in cast("list[object]", value):
            yield from _texts(item)


def _was_generated(draft: Draft) -> bool:
    """Whether a segment says from which prompt it was made."""
    fields = (segment.get("m") for segment in _segments(draft))
    return any(
        isinstance(field, dict) and bool(cast("dict[str, object]", field).get("prompt"))
        for field in fields
    )
