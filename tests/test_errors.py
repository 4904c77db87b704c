"""The error tree: every class carries its facts, through pickle and copy."""

from __future__ import annotations

import copy
import inspect
import pickle
import re
from pathlib import Path

import pytest

import nemovideo
from nemovideo import errors
from nemovideo.errors import Attempt, NemoVideoError
from nemovideo.sse import SSEOverflowError

ATTEMPTS = (Attempt(1, 0.5, "wait", 503, "ServerError"),)
FACTS: dict[type[NemoVideoError], dict[str, object]] = {
    errors.InvalidInputError: {"parameter": "prompt", "accepted": ("any text",), "hint": "h"},
    errors.APIConnectionError: {"phase": "connect", "hint": "h", "attempts": ATTEMPTS},
    errors.APITimeoutError: {"phase": "read", "hint": "h", "attempts": ATTEMPTS},
    errors.StreamInterruptedError: {"session_id": "s", "possibly_billed": True, "text": "so far"},
    errors.InProgressError: {"key": "row-17", "session_id": "s", "hint": "h"},
    errors.NothingToExportError: {"hint": "h"},
    errors.NemoVideoError: {"hint": "h", "attempts": ATTEMPTS},
    errors.RenderFailedError: {"render_id": "r", "hint": "h"},
    errors.RenderTimeoutError: {"render_id": "r", "last_status": "processing", "hint": "h"},
    errors.DownloadError: {"path": "/x", "received": 1, "expected": 2, "hint": "h"},
}
API = {"code": 1, "status": 400, "request_id": "r", "endpoint": "GET /x", "hint": "h"}
TREE = [
    each
    for each in vars(errors).values()
    if inspect.isclass(each) and issubclass(each, NemoVideoError)
]


def build(cls: type[NemoVideoError]) -> NemoVideoError:
    return cls("It went wrong.", **FACTS.get(cls, API))


@pytest.mark.parametrize("cls", TREE)
@pytest.mark.parametrize(
    "travel", [copy.copy, copy.deepcopy, lambda e: pickle.loads(pickle.dumps(e))]
)
def test_an_error_survives_copy_and_pickle(cls: type[NemoVideoError], travel: object) -> None:
    error = build(cls)
    error.__dict__["extra"] = 1
    assert callable(travel)
    other = travel(error)
    assert type(other) is cls
    assert other.__dict__ == error.__dict__
    assert str(other) == str(error)
    assert other.args == error.args


@pytest.mark.parametrize("cls", TREE)
def test_str_is_the_message_and_then_the_hint(cls: type[NemoVideoError]) -> None:
    error = build(cls)
    assert error.message == "It went wrong."
    assert str(error) == " ".join(filter(None, ["It went wrong.", error.hint]))


@pytest.mark.parametrize("cls", TREE)
def test_every_class_is_exported_and_in_the_documented_tree(cls: type[NemoVideoError]) -> None:
    assert getattr(nemovideo, cls.__name__) is cls
    assert cls.__name__ in (errors.__doc__ or "")


@pytest.mark.repository
@pytest.mark.parametrize("cls", TREE)
def test_what_a_visitor_may_read_is_documented_and_holds_nothing_of_the_error(
    cls: type[NemoVideoError],
) -> None:
    said = build(cls).user_message
    assert f"| {said} |" in (Path(__file__).parents[1] / "docs/guides/errors.md").read_text()
    assert not re.search(r"_|\(|session|token|credit|https?:", said)


@pytest.mark.repository
def test_a_visitor_reads_of_a_message_without_a_trace_that_nothing_was_made() -> None:
    error = errors.StreamInterruptedError("It is lost.", session_id="s", possibly_billed=False)
    said = pickle.loads(pickle.dumps(error)).user_message
    assert said != errors.StreamInterruptedError.user_message
    assert f"| {said} |" in (Path(__file__).parents[1] / "docs/guides/errors.md").read_text()


def test_the_tree_has_its_documented_branches() -> None:
    for child, parent in {
        "BadRequestError": "APIError",
        "MissingClientIdError": "BadRequestError",
        "SessionNotFoundError": "NotFoundError",
        "AgentError": "APIError",
        "APITimeoutError": "APIConnectionError",
        "StreamInterruptedError": "NemoVideoError",
        "DownloadError": "NemoVideoError",
    }.items():
        assert getattr(errors, child).__base__ is getattr(errors, parent)


def test_an_invalid_input_is_a_value_error_too() -> None:
    assert issubclass(errors.InvalidInputError, ValueError)


def test_an_overflow_error_survives_pickle() -> None:
    error = pickle.loads(pickle.dumps(SSEOverflowError(5)))
    assert error.limit_bytes == 5
