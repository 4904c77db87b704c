"""Renders: jobs that turn a draft into a file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import ClassVar, Literal, TypeAlias, cast

from pydantic import field_validator

from nemovideo.models.base import Model, read_time
from nemovideo.security.printable_text import shorten
from nemovideo.security.redaction import redact

Format: TypeAlias = Literal["mp4", "mov", "webm", "gif"]
Quality: TypeAlias = Literal["low", "medium", "high"]

_MEANINGS = {
    "completed": "completed complete succeeded success successful done finished rendered exported",
    "failed": "failed failure fail error errored timeout timed_out expired rejected crashed dead",
    "cancelled": "cancelled canceled aborted stopped terminated",
    "under way": "pending queued waiting created submitted accepted scheduled preparing starting"
    " started initializing processing in_progress inprogress running working active rendering"
    " encoding transcoding merging finalizing uploading downloading retrying cancelling canceling",
}
"""The words of many services for the status of a render."""
_MEANING_OF = {word: meaning for meaning, words in _MEANINGS.items() for word in words.split()}
_STATUSES = ("status", "state", "renderStatus", "render_status")
_URLS = ("url", "outputUrl", "output_url", "videoUrl", "video_url", "downloadUrl", "download_url")
_REASONS = ("error", "errors", "errorMessage", "error_message", "failureReason", "failure_reason")
_EXPLANATIONS = ("reason", "message", "detail", "msg")
"""Keys of the reason in a failed render, and of other texts in any other."""
_IN_REASON = (
    *("message", "msg", "detail", "description", "reason"),
    *("text", "error", "errors", "code"),
)
_MOST_REASONS = 3
_MOST_NESTED = 4
_LONGEST_REASON = 200


class Render(Model):
    """One render job (wire-contract section 4)."""

    _repr_fields: ClassVar[tuple[str, ...]] = ("id", "status", "progress", "error")

    id: str
    """Chosen by the client; never used twice."""
    status: str = "pending"
    """"pending", "processing", "completed", "failed", "cancelled", or a word that is new."""
    progress: int | float = 0
    """0 to 100."""
    url: str | None = None
    """URL of the file of a completed render."""
    error: str | None = None
    """Why it failed, according to the service."""
    duration: float | None = None
    """Seconds, if the service says."""
    size: int | None = None
    """Bytes, if the service says."""
    format: str = "mp4"
    """The requested container."""
    created_at: datetime | None = None
    """When it was submitted, if the service says."""
    completed_at: datetime | None = None
    """When it was completed, if the service says."""

    _lenient_times = field_validator("created_at", "completed_at", mode="before")(read_time)

    @property
    def is_completed(self) -> bool:
        """Whether the file is ready."""
        return self.status == "completed"

    @property
    def is_failed(self) -> bool:
        """Whether it failed or was cancelled."""
        return self.is_cancelled or self.status == "failed"

    @property
    def is_cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self.status == "cancelled"

    @property
    def is_finished(self) -> bool:
        """Whether its status is final."""
        return self.is_completed or self.is_failed


def read_render(reply: Mapping[str, object]) -> dict[str, object]:
    """Return the fields of a `Render` from any of the known shapes of a reply.

    Synonyms of a final status are translated. An unknown status, or none, next to a URL counts as
    completed.
    """
    found = dict(reply)
    inner = found.get("data")
    if isinstance(inner, dict):
        found.update(cast("dict[str, object]", inner))
    _add_missing(found, _read_output(found.get("output")))
    url = _first_text(found, _URLS)
    status = _first_text(found, _STATUSES)
    error = _read_reason([found.get(name) for name in _REASONS])
    found["status"] = end = _read_status(
        status, has_url=url is not None, has_error=error is not None
    )
    if error is None and end in ("failed", "cancelled"):
        error = _read_reason([found.get(name) for name in _EXPLANATIONS])
    found["url"], found["error"] = url, error
    found["progress"] = 100 if end == "completed" else _read_progress(found.get("progress"))
    _add_missing(
        found, {"created_at": found.get("createdAt"), "completed_at": found.get("completedAt")}
    )
    return found


def _add_missing(found: dict[str, object], more: Mapping[str, object]) -> None:
    found.update({name: value for name, value in more.items() if found.get(name) in (None, "")})


def _read_output(output: object) -> Mapping[str, object]:
    if isinstance(output, list):
        output = next(iter(cast("list[object]", output)), None)
    if isinstance(output, dict):
        return cast("dict[str, object]", output)
    return {"url": output} if isinstance(output, str) else {}


def _first_text(found: Mapping[str, object], names: tuple[str, ...]) -> str | None:
    values = (found.get(name) for name in names)
    return next((each.strip() for each in values if isinstance(each, str) and each.strip()), None)


def _read_status(status: str | None, *, has_url: bool, has_error: bool) -> str:
    if status is None:
        return "completed" if has_url else "failed" if has_error else "pending"
    word = "_".join(status.lower().replace("-", " ").split())
    for prefix in ("render_", "job_", "task_", "status_"):
        word = word.removeprefix(prefix)
    meaning = _MEANING_OF.get(word)
    if meaning is None and has_url:
        return "completed"
    return status.lower() if meaning in (None, "under way") else meaning


def _read_reason(value: object, depth: int = 0) -> str | None:
    """Return a reason, given as a text or inside an object or a list, else None."""
    if depth > _MOST_NESTED:
        return None
    if isinstance(value, dict):
        fields = cast("dict[str, object]", value)
        value = next(
            filter(None, (_read_reason(fields.get(name), depth + 1) for name in _IN_REASON)), None
        )
    elif isinstance(value, list):
        each = (_read_reason(one, depth + 1) for one in cast("list[object]", value))
        value = "; ".join(list(dict.fromkeys(filter(None, each)))[:_MOST_REASONS])
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    words = " ".join(redact(str(value)).split())
    return shorten(words, _LONGEST_REASON) or None


def _read_progress(value: object) -> int | float:
    if isinstance(value, str):
        try:
            value = float(value.strip().removesuffix("%"))
        except ValueError:
            return 0
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return min(100, max(0, value))  # of which NaN is 0
