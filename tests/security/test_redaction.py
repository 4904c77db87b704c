"""Secrets are never shown."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import re
from urllib.parse import quote

import pytest
from pydantic import SecretStr

from nemovideo import AnonymousToken, ClaimToken, UploadedFile
from nemovideo.models.base import Model
from nemovideo.security.redaction import (
    MASK,
    Headers,
    PrivateBytes,
    PrivateText,
    Secret,
    SecretHeader,
    drop_tracebacks,
    private,
    redact,
)


def test_a_secret_shows_itself_only_when_asked() -> None:
    secret = Secret("nmv_usr_x")
    assert "nmv" not in f"{secret} {secret!r}"
    assert secret.reveal() == "nmv_usr_x"


def test_secrets_are_equal_by_what_they_hide() -> None:
    assert Secret("a") == Secret("a") != Secret("b")
    assert len({Secret("a"), Secret("a")}) == 1
    assert Secret("a") != "a"


@pytest.mark.parametrize("value", [Secret("nmv_usr_x"), SecretHeader("Bearer nmv_usr_x")])
def test_a_secret_stays_at_home_when_pickled(value: object) -> None:
    data = pickle.dumps(value)
    assert b"nmv" not in data
    assert MASK in str(pickle.loads(data))


@pytest.mark.parametrize(
    "value",
    [
        AnonymousToken(token=SecretStr("nmv_usr_x"), user_id="u-1", credits=100),
        ClaimToken(claim_token=SecretStr("clm_x"), url="https://x.test/?ct=clm_x", expires_in=5),
        UploadedFile(filename="a.mp4", cdn_url="https://x.test/a.mp4?sig=clm_x"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_result_with_a_secret_shows_it_nowhere_by_itself(value: Model) -> None:
    for text in (repr(value), str(value), value._repr_html_()):
        assert not re.search("nmv_|clm_", text)


@pytest.mark.parametrize(
    "value",
    [
        AnonymousToken(token=SecretStr("nmv_usr_x"), user_id="u-1", credits=100),
        ClaimToken(claim_token=SecretStr("clm_x"), url="https://x.test/?ct=clm_x", expires_in=5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_token_stays_at_home_when_its_result_is_pickled(value: Model) -> None:
    data = pickle.dumps(value)
    assert not re.search(b"nmv_|clm_", data)
    again = pickle.loads(data)
    assert again.repr_fields() == value.repr_fields()
    assert copy.deepcopy(value) == value


def test_what_is_written_of_a_token_holds_no_secret() -> None:
    extra = {"refresh_token": "REFRESH", "claim_url": "https://x.test/?ct=clm_x", "plan": "free"}
    results = (
        AnonymousToken(token=SecretStr("nmv_usr_x"), user_id="u-1", **extra),  # type: ignore[arg-type]
        ClaimToken(claim_token=SecretStr("clm_x"), url="https://x.test/?ct=clm_x", **extra),  # type: ignore[arg-type]
    )
    for value in results:
        for text in (str(value.to_dict()), value.to_json(), str(value.model_dump())):
            assert not re.search("nmv_usr_x|clm_x|REFRESH", text)
            assert "free" in text
    assert results[0].to_dict()["user_id"] == "u-1"
    assert results[1].url.endswith("clm_x")


@pytest.mark.parametrize("token", ["sk-live/Ab+c==", "eyJhbGciOi.eyJzdWIi.c2ln", "0f3a55bd2c"])
def test_a_token_of_any_make_is_known_wherever_it_is_quoted(token: str) -> None:
    said = f"no such token: {token}, in /x/{quote(token, safe='')}"
    assert token in redact(said)
    secret = Secret(token)
    clean = redact(said)
    assert token not in clean
    assert quote(token, safe="") not in clean
    assert clean.count(MASK) == 2
    del secret
    assert redact(said) == said


def test_a_very_short_secret_is_not_masked_in_other_words() -> None:
    secret = Secret("a")
    assert redact("a panda") == "a panda"
    assert secret.reveal() == "a"


def test_a_secret_header_is_a_text_that_no_repr_shows() -> None:
    header = SecretHeader("Bearer nmv_usr_x")
    assert str(header) == "Bearer nmv_usr_x"
    assert "nmv" not in repr({"authorization": header})


def test_a_part_of_a_secret_header_is_a_mask() -> None:
    header = SecretHeader("Bearer nmv_usr_" + "x" * 100)
    for shown in (f"{header}", f"{header:>20}", format(header), header[:80], header[3]):
        assert shown.strip() == MASK
    assert header.encode().endswith(b"x")


def test_headers_are_a_mapping_whose_values_nothing_prints() -> None:
    headers = Headers({"accept": "*/*"}, Headers({"x-client-id": "nmv_usr_x"}))
    assert dict(headers) == {"accept": "*/*", "x-client-id": "nmv_usr_x"} == headers
    assert len(headers) == 2
    for shown in (repr(headers), f"{headers}", json.dumps({"headers": headers}, default=repr)):
        assert "nmv" not in shown
        assert "x-client-id" in shown


def test_a_private_text_is_used_like_any_text_and_its_parts_are_private() -> None:
    text = PrivateText("a panda in the snow")
    assert text == "a panda in the snow"
    assert text[2:7] == "panda"
    for shown in (repr(text), repr(text[2:7]), repr([text]), f"{text!r}"):
        assert "panda" not in shown


def test_texts_are_made_private_wherever_they_stand() -> None:
    data = b"film"
    given = private(["a panda", ("panda.png", data), 3])
    assert given == ("a panda", ("panda.png", data), 3)
    assert "panda" not in repr(given)
    assert given[1][1] is data


def test_private_bytes_are_sent_whole_and_shown_as_a_number() -> None:
    body = PrivateBytes(b"a panda in the snow")
    assert bytes(body) == body == b"a panda in the snow"
    assert repr(body) == "<19 bytes>"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("token nmv_usr_ab-c.d refused", f"token {MASK} refused"),
        ("Authorization: Bearer abc.def", f"Authorization: {MASK}"),
        ("see https://cdn/x.mp4?sig=1&e=2.", "see https://cdn/x.mp4?…"),
        ("clm_0123 is a claim", f"{MASK} is a claim"),
        ("is it a question?", "is it a question?"),
        ("what? a=b", "what? a=b"),
    ],
)
def test_foreign_texts_are_cleaned(text: str, clean: str) -> None:
    assert redact(text) == clean


def test_a_foreign_error_has_its_message_and_no_frames() -> None:
    try:
        try:
            raise ValueError("inner")
        except ValueError as inner:
            raise ExceptionGroup("outer", [KeyError("member")]) from inner
    except ExceptionGroup as error:
        found = drop_tracebacks(error)
    assert found.__traceback__ is None
    assert found.__cause__ is not None
    assert found.__cause__.__traceback__ is None
    assert str(found.__cause__) == "inner"


class Cycle:
    def __init__(self, secret: Secret) -> None:
        self.itself, self.secret = self, secret


def test_secrets_may_be_collected_at_any_instant_of_a_redaction() -> None:
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    try:
        for threshold in range(1, 60):
            gc.collect()
            gc.disable()
            for number in range(5):
                Cycle(Secret(f"a-secret-{threshold}-{number}"))
            gc.set_threshold(threshold)
            gc.enable()
            assert redact("a film") == "a film"
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
        gc.enable()
