"""Foreign text on its way to a screen."""

from __future__ import annotations

import io
import json
import logging
import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nemovideo import NemoVideoError
from nemovideo.config.log_setup import log_to_stderr
from nemovideo.security.printable_text import printable, printable_json, shorten

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
PERSIAN = "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645"


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("\x1b]52;c;ZXZpbA==\x07fox", "fox"),  # the clipboard
        ("\x1b]0;title\x1b\\fox", "fox"),
        ("\x9d0;title\x9cfox", "fox"),
        ("\x1b[2J\x1b[1;1Hfox", "fox"),
        ("\x9b2Jfox", "fox"),
        ("\x1b[8mhidden\x1b[0m", "hidden"),
        ("\x1bP1$r0m\x1b\\fox", "fox"),  # a terminal would answer on stdin
        ("\x1b_Gi=1;AAAA\x1b\\fox", "fox"),
        ("\x1b(0fox\x1b)B", "fox"),
        ("\x1bcfox", "cfox"),
        ("\x1b\x1b[0m[2Jfox", "[2Jfox"),  # nothing new comes of what is left
        ("fox\x07\x08\x7f\x00", "fox"),
        ("\u202egnp.exe", "gnp.exe"),
        ("\u2066a\u2069\u200eb\u061cc", "abc"),
        ("ses\u200bsion\ufeff\u2060", "session"),
        ("pay\u200dpal\u200c", "paypal"),
        ("x\U000e0041\U000e0042", "x"),
        ("50 %\r100 %", "50 %\n100 %"),
        ("one\r\ntwo\u2028three\x85four", "one\ntwo\nthree\nfour"),
        ("half \ud83d of it", "half  of it"),
    ],
)
def test_what_steers_a_terminal_is_taken_out(foreign: str, shown: str) -> None:
    assert printable(foreign) == shown


@pytest.mark.parametrize(
    "text", ["a\tb\nc", FAMILY, ENGLAND, PERSIAN, "❤️ 1️⃣ 🇩🇪", "熊猫　、", "\xa0é\u0301"]
)
def test_words_lines_and_emoji_stay(text: str) -> None:
    assert printable(text) == text


def test_an_unterminated_sequence_removes_no_words() -> None:
    assert printable("\x1b]0;The fox\nis red.") == "]0;The fox\nis red."


@given(st.text(st.one_of(st.characters(), st.sampled_from("\x1b\x9b\x9d[]0;2J\x07\\\r\u200d"))))
@example("\x1b]\x1b[")
def test_nothing_that_steers_is_left_whatever_comes(text: str) -> None:
    shown = printable(text)
    assert not {"\x1b", "\r", "\x7f"} & set(shown)
    assert all(char in "\n\t" or unicodedata.category(char) != "Cc" for char in shown)
    assert printable(shown) == shown or "\u200d" in text or "\u200c" in text


@given(st.dictionaries(st.text(), st.text()))
def test_json_reads_the_same_and_is_plain_in_a_terminal(value: dict[str, str]) -> None:
    written = printable_json(value)
    assert json.loads(written) == value
    assert "\n" not in written
    assert written.encode()


def test_json_keeps_the_letters_of_every_script() -> None:
    assert printable_json({"text": f"熊猫 {FAMILY}"}) == f'{{"text": "熊猫 {FAMILY}"}}'
    assert printable_json({"\u202ek": "\x1b[2J\x9b"}) == '{"\\u202ek": "\\u001b[2J\\u009b"}'


def test_a_printed_error_has_its_message_and_no_control_characters() -> None:
    error = NemoVideoError("no \x1b[2Jfox", hint="\u202ewait")
    assert str(error) == "no fox wait"
    assert (error.message, error.hint) == ("no \x1b[2Jfox", "\u202ewait")


def test_a_logged_message_steers_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    logger, shown = logging.getLogger("nemovideo"), io.StringIO()
    monkeypatch.setattr("sys.stderr", shown)
    monkeypatch.setattr(logger, "handlers", [])
    monkeypatch.setattr(logger, "level", logging.NOTSET)
    log_to_stderr("warning")
    logger.warning("the service says %s", "\x1b]0;pwned\x07no")
    assert shown.getvalue().endswith("the service says no\n")


def test_a_shortened_text_has_at_most_so_many_characters() -> None:
    assert [shorten("panda", limit) for limit in (6, 5, 4)] == ["panda", "panda", "pan…"]
