from __future__ import annotations

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.timeline.drafts import one_segment, sample, timeline

SRT = """\
1
00:00:00,000 --> 00:00:03,000
Urban Dreams

2
00:00:08,500 --> 00:00:12,500
第一章：黎明

3
00:00:17,000 --> 00:00:21,000
The rain ‹never› stops & nobody minds

"""


def test_srt() -> None:
    assert timeline(sample("edited")).to_srt() == SRT


def test_vtt() -> None:
    lines = timeline(sample("edited")).to_vtt().split("\n")

    assert lines[:5] == ["WEBVTT", "", "00:00:00.000 --> 00:00:03.000", "Urban Dreams", ""]
    assert "The rain &lt;never&gt; stops &amp; nobody minds" in lines


def test_the_text_cannot_break_its_cue() -> None:
    view = timeline(one_segment(7, d=3_723_004, m={"text": "one\n\n\n two --> three \n\n"}))

    assert view.to_srt() == "1\n00:00:00,000 --> 01:02:03,004\none\ntwo → three\n\n"
    assert view.to_vtt().endswith("one\ntwo --&gt; three\n\n")


@pytest.mark.parametrize(
    ("text", "srt"),
    [
        ("if a < b and c > d", "if a ‹ b and c › d"),
        ("<b>bold</b> claim <3", "‹b›bold‹/b› claim ‹3"),
        ("{hi} there", "｛hi｝ there"),
        (r"C:\New\hat\name\x", "C:＼New＼hat＼name\\x"),
        ("fish &amp; chips & peas", "fish ＆amp; chips & peas"),
        ("a --> b", "a → b"),
        ("Chapter\n2024", "Chapter\n2024\u2060"),
        ("00:00:01,000 to 0:02.5", "00:00∶01,000 to 0∶02.5"),
    ],
)
def test_players_read_no_markup_in_a_title(text: str, srt: str) -> None:
    view = timeline(one_segment(7, d=1000, m={"text": text}))

    assert view.to_srt().split("\n", 2)[2] == f"{srt}\n\n"


WORDS = st.lists(
    st.sampled_from(
        [
            *("<", "<b>", ">", "</i>", "{hi}", "{\\an8}", "&", "&amp;", "-->", "<3", "\\N", "\\n"),
            *("C:\\New", "2024", "00:00:01,000", "0:02:03.5", "fox", "<c.red>", "&nbsp;", "\n"),
        ]
    ),
    min_size=1,
).map(" ".join)


def shown(subtitles: str) -> list[str]:
    """Read subtitles as most players do; a copy of the rules of pysubs2."""
    cues: list[list[str]] = []
    for line in subtitles.splitlines():
        if len(re.findall(r"\d{1,2}:\d{1,2}:\d{1,2}[.,]\d{1,3}", line)) == 2:
            cues.append([])
        elif cues:
            cues[-1].append(line)
    texts = (re.sub(r"\n+ *\d+ *$", "", "\n".join(lines).strip()) for lines in cues)
    plain = (re.sub(r"<[^>]*>|\{[^}]*\}", "", text) for text in texts)
    return [re.sub(r"\\[Nnh]", "\n", text) for text in plain]


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_no_text_of_a_title_is_lost(texts: list[str]) -> None:
    def words(text: str) -> list[str]:
        return re.findall(r"[A-Za-z0-9]+", text)

    row = [{"d": 1000, "m": {"text": text}} for text in texts]
    view = timeline({"t": [{"tt": 7, "sg": row}]})

    said = [words(text) for text in texts if text.strip()]
    assert [words(text) for text in shown(view.to_srt())] == said
    assert [words(html.unescape(text)) for text in shown(view.to_vtt())] == said


def test_titles_without_text_or_length_have_no_cue() -> None:
    row = [{"d": 0, "m": {"text": "A"}}, {"d": 10}]

    assert timeline({"t": [{"tt": 7, "sg": row}, {"tt": 0, "sg": row}]}).to_srt() == ""
