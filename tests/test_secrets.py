"""What may never be shown is not shown."""

from __future__ import annotations

import pickle

import pytest

from nemovideo._secrets import MASK, Secret, SecretHeader, forget_frames, redact


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


def test_a_secret_header_is_a_text_that_no_repr_shows() -> None:
    header = SecretHeader("Bearer nmv_usr_x")
    assert str(header) == "Bearer nmv_usr_x"
    assert "nmv" not in repr({"authorization": header})


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


def test_a_foreign_error_loses_its_frames_and_keeps_its_words() -> None:
    try:
        try:
            raise ValueError("inner")
        except ValueError as inner:
            raise ExceptionGroup("outer", [KeyError("member")]) from inner
    except ExceptionGroup as error:
        found = forget_frames(error)
    assert found.__traceback__ is None
    assert found.__cause__ is not None
    assert found.__cause__.__traceback__ is None
    assert str(found.__cause__) == "inner"
