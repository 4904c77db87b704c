"""The results of finished work with a key, as the journal stores them.

Without signed queries: a link to the file is asked for again when the file is needed.
"""

from __future__ import annotations

import json
import zlib
from pathlib import Path
from typing import Any, cast

from nemovideo.files.save_targets import RemotePath, path_of
from nemovideo.journal.entries import without_query
from nemovideo.models.question import parse_question
from nemovideo.models.renders import Render
from nemovideo.models.turn import Turn
from nemovideo.operations.video import Video
from nemovideo.resources.resource_set import Resources
from nemovideo.timeline.draft import Draft
from nemovideo.timeline.draft_comparison import diff_drafts

_RENDER_FIELDS = {"id", "status", "progress", "duration", "size", "format"}


def dump_video(video: Video) -> bytes:
    render = video.render
    values = {} if render is None else render.model_dump(mode="json", include=_RENDER_FIELDS)
    return _dump(
        {
            "session_id": video.session_id,
            "task_id": video.task_id,
            "text": video.text,
            "draft": video.draft.raw,
            "credits_used": video.credits_used,
            "render": None if render is None else {**values, "url": render.url},
            "path": None if video.path is None else _absolute(video.path),
        }
    )


def load_video(resources: Resources, stored: bytes) -> Video:
    values = _load(stored)
    render, path = values["render"], values["path"]
    return Video(
        resources,
        values["session_id"],
        values["task_id"],
        values["text"],
        Draft.parse(values["draft"]),
        None if render is None else Render.model_validate(render),
        values["credits_used"],
        None if path is None else path_of(path),
    )


def made_nothing(stored: bytes) -> bool:
    """Whether a stored video is none, and for certain no credits were spent on it."""
    values = _load(stored)
    has_video = values["render"] is not None or Draft.parse(values["draft"]).is_ready
    return not has_video and values["credits_used"] == 0


def dump_turn(turn: Turn, before: Draft | None) -> bytes:
    return _dump(
        {
            "session_id": turn.session_id,
            "text": turn.text,
            "raw_text": turn.raw_text,
            "draft": turn.draft.raw,
            "before": None if before is None else before.raw,
            "source": turn.source,
            "credits_used": turn.credits_used,
            "question": None if turn.question is None else turn.question.to_dict(),
        }
    )


async def load_turn(stored: bytes) -> Turn:
    values = _load(stored)
    draft, before = Draft.parse(values["draft"]), values["before"]
    question = values["question"]
    return Turn(
        values["text"],
        () if before is None else await diff_drafts(draft, Draft.parse(before)),
        draft,
        values["source"],
        values["session_id"],
        values["credits_used"],
        None
        if question is None
        else parse_question({"title": question["title"], "questions": question["items"]}),
        values["raw_text"],
    )


def _absolute(path: Path) -> str:
    # Whoever asks again may be in another folder.
    return str(path if isinstance(path, RemotePath) else path.absolute())


def _dump(values: dict[str, object]) -> bytes:
    return zlib.compress(json.dumps(_unsigned(values)).encode())


def _load(stored: bytes) -> dict[str, Any]:
    return cast("dict[str, Any]", json.loads(zlib.decompress(stored)))


def _unsigned(value: object) -> object:
    """Return a JSON value without the queries of the URLs in it."""
    match value:
        case str():
            return without_query(value) if value.startswith(("http://", "https://")) else value
        case dict():
            return {
                name: _unsigned(each) for name, each in cast("dict[str, object]", value).items()
            }
        case list():
            return [_unsigned(each) for each in cast("list[object]", value)]
        case _:
            return value
