"""Any answer of any server becomes data or one of our errors, fit to be shown and pickled.

Run with libFuzzer's arguments: `python tests/fuzz/fuzz_envelope.py -max_total_time=60`.
"""

from __future__ import annotations

import json
import pickle

import atheris
from harness import fuzz

with atheris.instrument_imports(include=["nemovideo"]):
    from nemovideo.errors import APIError
    from nemovideo.models.credits import Credits
    from nemovideo.models.sessions import Session
    from nemovideo.models.state import SessionState
    from nemovideo.models.tokens import AnonymousToken
    from nemovideo.models.uploads import UploadedFile
    from nemovideo.models.validate import read_model
    from nemovideo.protocol.envelope import parse_response

TOKEN = "nmv_usr_0123456789abcdef"
STATUSES = (200, 201, 204, 302, 400, 401, 402, 404, 408, 409, 413, 415, 422, 429, 500, 502, 503)
MODELS = (Credits, Session, SessionState, AnonymousToken, UploadedFile)
RETRY_AFTER = ("", "30", "1e999", "nan", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "soon")
BODIES = (
    {"code": 0, "data": {"available": 1, "frozen": 0, "total": 1}},
    {"code": 1002, "message": "session not found"},
    {"code": "2001", "message": f"no credits for {TOKEN} at https://x/y?sig=1"},
    {"success": False, "error": {"message": "duplicate id"}},
    {"success": True, "data": {"id": "r", "status": "completed", "output": {"url": "u"}}},
    {"detail": [{"loc": ["body"], "msg": "field required"}]},
    {"code": 0, "data": {"state": {"draft": {"t": [{"tt": 0, "sg": [{"d": 5}]}]}}}},
)
SEEDS = tuple(bytes([n, n]) + json.dumps(body).encode() for n, body in enumerate(BODIES))


def check(data: bytes) -> None:
    """Two bytes choose the status and `Retry-After`, the rest is the body."""
    first, second, body = data[:1] or b"\0", data[1:2] or b"\0", data[2:]
    status = STATUSES[first[0] % len(STATUSES)]
    headers = {"retry-after": RETRY_AFTER[second[0] % len(RETRY_AFTER)]}
    if second[0] & 64:
        headers = {
            "retry-after": body[:40].decode("latin-1"),
            "date": body[40:80].decode("latin-1"),
        }
    try:
        answer = parse_response("GET /x", status, headers, body)
        assert isinstance(answer, dict)
        assert status < 400
        for model in MODELS:
            _read(model, answer)
    except APIError as error:
        _check_error(error)


def _read(model: type, answer: dict[str, object]) -> None:
    try:
        found = read_model(model, answer, "GET /x")
    except APIError as error:
        _check_error(error)
    else:
        assert TOKEN not in repr(found) or model is not AnonymousToken
        found.to_json()


def _check_error(error: APIError) -> None:
    assert TOKEN not in f"{error}{error.hint}{error!r}"
    assert error.retry_after is None or 0 <= error.retry_after < float("inf")
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert str(again) == str(error)


if __name__ == "__main__":
    fuzz(check, SEEDS)
