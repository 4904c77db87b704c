"""Answers: the data in them, or the right error; never anything else."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo import errors
from nemovideo.protocol.envelope import parse_response, parse_retry_after


def answer(body: object, status: int = 200, **headers: str) -> dict[str, object]:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return parse_response("GET /x", status, headers, data)


@pytest.mark.parametrize(("endpoint", "asks"), [("POST /x", True), ("GET /x/<id>", False)])
@pytest.mark.parametrize("status", [404, 405, 501])
def test_an_endpoint_that_is_not_there_asks_for_the_base_url(
    endpoint: str, asks: bool, status: int
) -> None:
    with pytest.raises(errors.APIError) as caught:
        parse_response(endpoint, status, {}, b'{"detail": "Not Found"}')
    assert ("NEMO_API_URL" in str(caught.value)) is asks
    assert (caught.value.user_message == errors.ServerError.user_message) is (
        asks or isinstance(caught.value, errors.ServerError)
    )


@pytest.mark.parametrize(
    ("body", "data"),
    [
        ({"code": 0, "data": {"a": 1}}, {"a": 1}),
        ({"success": True, "data": {"a": 1}}, {"a": 1}),
        ({"success": None, "data": {"a": 1}}, {"a": 1}),
        ({"code": None, "success": True, "data": {"a": 1}}, {"a": 1}),
        ({"code": True, "data": {"a": 1}}, {"a": 1}),
        ({"code": "OK", "data": {"a": 1}}, {"a": 1}),
        ({"code": "1000000000", "data": {"a": 1}}, {"a": 1}),
        ({"code": 0, "message": "ok", "data": None}, {}),
        ({"code": "0", "data": {"a": 1}}, {"a": 1}),
        ({"id": "r", "status": "pending"}, {"id": "r", "status": "pending"}),
        ({"data": {"a": 1}}, {"data": {"a": 1}}),
        ({}, {}),
        ({"code": 0}, {"code": 0}),
        ({"code": 0.0, "data": {"a": 1}}, {"a": 1}),
        ({"success": True, "session_id": "s"}, {"success": True, "session_id": "s"}),
        ({"code": 0, "error": None, "data": {"a": 1}}, {"a": 1}),
    ],
)
def test_reads_every_documented_envelope(body: object, data: object) -> None:
    assert answer(body) == data


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(_JSON)
def test_reads_numbers_and_texts_as_the_standard_library_does(value: object) -> None:
    text = json.dumps({"code": 0, "data": {"draft": value}})
    assert repr(answer(text.encode())["draft"]) == repr(json.loads(text)["data"]["draft"])


@pytest.mark.parametrize(
    "body",
    [
        b'{"code": 0, "data": {"text": "\\ud83d"}}',
        b'\xef\xbb\xbf{"code": 0, "data": {"text": "x"}}',
        b'{"code": 0, "data": {"text": %s}}' % (b"[" * 400 + b"]" * 400),
        '{"code": 0, "data": {"text": "x"}}'.encode("utf-16"),
    ],
    ids=["half-an-emoji", "byte-order-mark", "deep", "utf-16"],
)
def test_reads_whatever_the_standard_library_reads(body: bytes) -> None:
    assert answer(body) == json.loads(body)["data"]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (200, {"code": 1001}, errors.AuthenticationError),
        (200, {"code": 1010}, errors.AuthenticationError),
        (200, {"code": "1011", "message": "expired"}, errors.AuthenticationError),
        (200, {"code": 2001.0}, errors.InsufficientCreditsError),
        (200, {"success": False, "error": {"code": 2001}}, errors.InsufficientCreditsError),
        (200, {"error": {"code": "1001", "message": "expired"}}, errors.AuthenticationError),
        (500, {"error": {"code": 429, "message": "quota of a model"}}, errors.ServerError),
        (401, {"detail": "no"}, errors.AuthenticationError),
        (200, {"code": 1002, "message": "gone"}, errors.SessionNotFoundError),
        (404, {"detail": "Session not found"}, errors.SessionNotFoundError),
        (404, {"detail": "Nothing here"}, errors.NotFoundError),
        (404, b"<html>", errors.NotFoundError),
        (200, {"code": 2001}, errors.InsufficientCreditsError),
        (200, {"code": 4001}, errors.UnsupportedFileError),
        (415, b"", errors.UnsupportedFileError),
        (200, {"code": 4002}, errors.FileTooLargeError),
        (413, b"<html>", errors.FileTooLargeError),
        (402, b"", errors.PlanRequiredError),
        (200, {"code": 402}, errors.PlanRequiredError),
        (429, b"", errors.RateLimitError),
        (200, {"code": 429}, errors.RateLimitError),
        (400, {"message": "Missing X-Client-Id header"}, errors.MissingClientIdError),
        (200, {"code": 400, "message": "X-Client-Id is required"}, errors.MissingClientIdError),
        (400, {"message": "缺少客户端ID"}, errors.MissingClientIdError),
        (400, {"message": "draft is broken"}, errors.BadRequestError),
        (400, {"message": "the client sent an invalid draft"}, errors.BadRequestError),
        (400, {"message": "no client provided"}, errors.BadRequestError),
        (500, {"error": "music tool: upstream session not found"}, errors.ServerError),
        (200, {"code": 404, "message": "Session not found"}, errors.SessionNotFoundError),
        (422, {"detail": [{"msg": "field required"}]}, errors.BadRequestError),
        (500, b"", errors.ServerError),
        (502, b"<html>Bad gateway</html>", errors.ServerError),
        (200, {"code": 500}, errors.ServerError),
        (200, b"<html>hello</html>", errors.ServerError),
        (200, b"[1]", errors.ServerError),
        (200, b"", errors.ServerError),
        (302, b"", errors.ServerError),
        (200, {"success": False, "error": "it broke"}, errors.APIError),
        (200, {"success": False, "error": "Render not found"}, errors.NotFoundError),
        (200, {"success": False, "code": 0}, errors.ServerError),
        (500, {"code": 0, "data": {"a": 1}}, errors.ServerError),
        (404, {"code": 0, "message": "no"}, errors.NotFoundError),
        (429, {"success": None}, errors.RateLimitError),
        (200, {"code": "999999999", "message": "new"}, errors.APIError),
        (499, {"message": "left"}, errors.BadRequestError),
        (599, {"message": "no"}, errors.ServerError),
        (200, {"code": 599, "message": "no"}, errors.ServerError),
        (200, {"code": 600, "message": "no"}, errors.APIError),
        (200, {"code": 399, "message": "no"}, errors.APIError),
        (200, {"error": {"code": 1000, "message": "no"}}, errors.APIError),
        (200, {"code": 3007, "message": "new"}, errors.APIError),
        (200, {"code": 3007}, errors.APIError),
    ],
)
def test_raises_the_class_that_the_answer_means(
    status: int, body: object, kind: type[errors.APIError]
) -> None:
    with pytest.raises(errors.APIError) as caught:
        answer(body, status, **{"x-request-id": "r-1"})
    assert type(caught.value) is kind
    assert caught.value.request_id == "r-1"
    assert caught.value.status == status
    assert caught.value.endpoint == "GET /x"
    assert caught.value.hint


def test_an_answer_without_words_is_not_quoted() -> None:
    with pytest.raises(errors.ServerError) as caught:
        answer(b"", 500)
    assert "said" not in caught.value.message
    with pytest.raises(errors.ServerError, match='The service said: "boom"'):
        answer({"message": "boom"}, 500)


def test_a_402_is_a_matter_of_plan_and_never_of_credits() -> None:
    with pytest.raises(errors.PlanRequiredError) as caught:
        answer({"code": 402, "message": "export blocked"})
    assert caught.value.hint == "Register or upgrade your plan to unlock export."
    assert "credit" not in str(caught.value).lower()


def test_the_services_words_are_shown_without_tokens_and_queries() -> None:
    words = "bad nmv_usr_abc123 at https://cdn/x.mp4?sig=s3cret and Bearer zzz"
    with pytest.raises(errors.APIError) as caught:
        answer({"code": 9, "message": words})
    said = str(caught.value)
    assert "bad" in said
    for secret in ("nmv_usr", "abc123", "s3cret", "zzz"):
        assert secret not in said


@pytest.mark.parametrize(
    "body",
    [
        {"message": "no such track"},
        {"error": {"message": "no such track"}},
        {"detail": [{"loc": ["body"], "msg": "no such track"}]},
        {"error": ["no such track"]},
        {"message": "", "msg": "no such track"},
    ],
)
def test_the_services_words_are_found_wherever_it_puts_them(body: object) -> None:
    with pytest.raises(errors.BadRequestError, match="no such track"):
        answer(body, 422)


def test_an_answer_without_content_has_no_data() -> None:
    assert answer(b"", 204) == {}


def test_html_and_endless_words_are_not_shown() -> None:
    with pytest.raises(errors.APIError) as caught:
        answer({"code": 9, "message": "<script>x</script>"})
    assert "script" not in str(caught.value)
    with pytest.raises(errors.APIError) as caught:
        answer({"code": 9, "message": "long " * 500})
    assert len(str(caught.value)) < 600


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": "-3"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({}, None),
        (
            {
                "date": "Mon, 02 Nov 2026 10:00:00 GMT",
                "retry-after": "Mon, 02 Nov 2026 10:01:30 GMT",
            },
            90.0,
        ),
        ({"retry-after": "Mon, 02 Nov 2026 10:01:30 GMT"}, None),
    ],
)
def test_reads_retry_after(headers: dict[str, str], seconds: float | None) -> None:
    assert parse_retry_after(headers) == seconds


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
KEYED = st.dictionaries(
    st.sampled_from(["code", "success", "data", "message", "error", "detail", "content"]), JSON
)


@given(
    st.one_of(st.binary(max_size=80), KEYED.map(lambda v: json.dumps(v).encode())),
    st.integers(100, 599),
    st.dictionaries(st.sampled_from(["retry-after", "date", "x-request-id"]), st.text(max_size=30)),
)
def test_any_answer_is_a_value_or_one_of_our_errors(
    body: bytes, status: int, headers: dict[str, str]
) -> None:
    with contextlib.suppress(errors.APIError):
        assert isinstance(parse_response("GET /x", status, headers, body), dict)


@pytest.mark.parametrize(
    ("status", "headers", "body", "paid"),
    [
        (500, {}, b"", True),
        (503, {}, b"", True),
        (408, {}, b"", True),
        (200, {}, b'{"code": 408}', True),
        (200, {}, b'{"code": 3007}', True),
        (503, {"retry-after": "1"}, b"", False),
        (429, {}, b"", False),
        (402, {}, b"", False),
    ],
)
def test_no_hint_advises_to_send_a_message_again_that_may_have_been_paid_for(
    status: int, headers: dict[str, str], body: bytes, paid: bool
) -> None:
    with pytest.raises(errors.APIError) as caught:
        parse_response("POST /run_sse", status, headers, body)
    assert ("look at the timeline before you send it again" in str(caught.value)) is paid
    with pytest.raises(errors.APIError) as caught:
        parse_response("POST /api/render/proxy/lambda", status, headers, body)
    assert "paid" not in str(caught.value)


def test_a_second_free_token_is_refused_by_what_it_is() -> None:
    with pytest.raises(errors.RateLimitError) as caught:
        parse_response("POST /api/auth/anonymous-token", 429, {}, b"")
    assert "one free token per client in 7 days" in str(caught.value)
    assert "NEMO_TOKEN" not in f"{caught.value} {caught.value.hint}"
