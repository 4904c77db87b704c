"""Files of jobs: what they may look like, and what is refused by its line."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo import InvalidInputError, NemoVideoError
from nemovideo.batch.jobs import LONGEST_LINE, Job, as_job, read_jobs


def write(folder: Path, name: str, text: str, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_text(text, encoding)
    return path


def test_a_csv_file_gives_jobs_and_carries_unknown_columns(tmp_path: Path) -> None:
    write(tmp_path, "beach.mp4", "")
    text = 'prompt,key,files,urls,language,path,team\n"a fox, red",row-1,beach.mp4,,en,fox.mp4,A\n'
    jobs = read_jobs(write(tmp_path, "jobs.csv", text))
    assert len(jobs) == 1
    assert list(jobs) == [
        Job(
            "a fox, red",
            "row-1",
            (str(tmp_path / "beach.mp4"),),
            (),
            "en",
            "fox.mp4",
            {"team": "A"},
        )
    ]
    assert list(jobs) == list(jobs)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_columns_are_found_whatever_parts_them(tmp_path: Path, delimiter: str) -> None:
    text = f"id{delimiter} Prompt \n7{delimiter}a fox\n\n"
    (job,) = read_jobs(write(tmp_path, "jobs.csv", text))
    assert job == Job("a fox", fields={"id": "7"})


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_the_encodings_of_spreadsheets_are_read(tmp_path: Path, encoding: str) -> None:
    (job,) = read_jobs(write(tmp_path, "jobs.csv", "prompt\n一只熊猫\n", encoding))
    assert job.prompt == "一只熊猫"


def test_json_lines_give_jobs_from_objects_and_texts(tmp_path: Path) -> None:
    rows = [{"prompt": "a fox", "key": 7, "urls": ["https://example.com/a.mp4"]}, "a panda"]
    text = "\n\n".join(map(json.dumps, rows))
    first, second = read_jobs(write(tmp_path, "jobs.jsonl", text))
    assert (first.key, first.urls) == ("7", ("https://example.com/a.mp4",))
    assert second == Job("a panda")


def test_each_line_of_a_text_is_a_prompt(tmp_path: Path) -> None:
    jobs = read_jobs(write(tmp_path, "jobs.txt", "a fox\n\n a panda \n"))
    assert [job.prompt for job in jobs] == ["a fox", "a panda"]


@pytest.mark.parametrize(
    "text", ["prompt,key\na fox,1\n", '{"prompt": "a fox", "key": "1"}\n', "a fox\n"]
)
def test_standard_input_may_have_any_form(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))
    (job,) = read_jobs("-")
    assert job.prompt == "a fox"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("jobs.csv", "", "no column called 'prompt'"),
        ("jobs.csv", "text,key\na,b\n", "no column called 'prompt'"),
        ("jobs.csv", "prompt\n", "holds no jobs"),
        ("jobs.csv", "prompt\na fox\n,x\n", "line 3: it has 2 cells under 1 columns"),
        ("jobs.csv", "prompt,key\na fox,1\n ,2\n", "line 3: The prompt of a job is empty"),
        ("jobs.csv", 'prompt,key\n"a\nfox",1\na panda,1\n', "line 4: its key '1' stands in line 2"),
        ("jobs.csv", f"prompt,key\na fox,{'k' * 10_000}\n", "line 2: key has 10000 characters"),
        ("jobs.csv", "prompt,files\na fox,none.mp4\n", "line 2: files names 'none.mp4', which is"),
        ("jobs.csv", "prompt,urls\na fox,beach.mp4\n", "line 2: URL number 1 cannot be fetched"),
        ("jobs.csv", "prompt,path\na fox,../x.mp4\n", "line 2: path, '../x.mp4', leaves the"),
        ("jobs.csv", "prompt,path\na fox,x.mov\n", "line 2: path does not end in .mp4"),
        ("jobs.csv", f"prompt\n{'x' * 200_000}\n", "line 2: field larger than field limit"),
        ("jobs.csv", 'prompt\n"a fox\n', "line 2: unexpected end of data"),
        ("jobs.jsonl", '{"prompt": "a"}\n{"prompt"\n', "line 2: it is not JSON"),
        ("jobs.jsonl", "[1]\n", "line 1: it is no JSON object"),
        ("jobs.jsonl", '{"prompt": 5}\n', "line 1: The prompt of a job is empty or no text"),
        ("jobs.jsonl", '{"prompt": "a", "files": 5}\n', "line 1: files is int"),
        ("jobs.jsonl", '{"prompt": "a", "key": true}\n', "line 1: key is bool"),
        ("jobs.jsonl", '{"prompt": "a", "key": "b\\u0000"}\n', "line 1: key has control"),
        ("jobs.jsonl", '{"text": "a"}\n', "line 1: A job has no prompt; it has the columns 'text'"),
        ("jobs.txt", "x" * (LONGEST_LINE + 1), "line 1: it has more than 1,000,000 characters"),
        ("jobs.doc", "a fox", "jobs.doc is no file of jobs"),
        ("jobs.parquet", "a fox", "Parquet"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_its_line(
    tmp_path: Path, name: str, text: str, said: str
) -> None:
    path = write(tmp_path, name, text)
    with pytest.raises(InvalidInputError) as caught:
        read_jobs(path)
    assert said in caught.value.message
    assert not isinstance(caught.value.__cause__, NemoVideoError)  # whose frames say nothing more


def test_a_file_that_is_not_there_or_not_in_utf_8_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="cannot be read: No such file"):
        read_jobs(tmp_path / "jobs.csv")
    path = tmp_path / "latin.csv"
    path.write_bytes("prompt\ncafé\n".encode("latin-1"))
    with pytest.raises(InvalidInputError, match="not in UTF-8") as caught:
        read_jobs(path)
    assert "CSV UTF-8" in caught.value.hint


def test_several_files_stand_in_one_cell(tmp_path: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        write(tmp_path, name, "")
    (job,) = read_jobs(write(tmp_path, "jobs.csv", "prompt,files\na fox,a.mp4; b.mp4\n"))
    assert job.files == (str(tmp_path / "a.mp4"), str(tmp_path / "b.mp4"))


@pytest.mark.parametrize("name", ["jobs.csv", "jobs.txt", "jobs.jsonl"])
def test_a_gigabyte_in_one_line_is_refused_by_that_line(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, name, '"prompt"\n"')
    os.truncate(path, 10**9)
    with pytest.raises(InvalidInputError, match="line 2: it has more than 1,000,000 characters"):
        read_jobs(path)


def test_a_file_of_jobs_is_the_same_batch_whatever_it_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "prompt,key\na fox,1\n"
    first = read_jobs(write(tmp_path, "a.csv", text)).digest
    assert read_jobs(write(tmp_path, "a.csv", f"{text}a panda,2\n")).digest == first
    assert read_jobs(write(tmp_path, "b.csv", text)).digest != first
    monkeypatch.chdir(tmp_path)
    assert read_jobs("a.csv").digest == first


@pytest.mark.parametrize("given_job", [5, None, b"a fox", ["a fox"]])
def test_what_is_no_job_is_refused_by_its_kind(given_job: object) -> None:
    with pytest.raises(InvalidInputError, match=type(given_job).__name__):
        as_job(given_job)


def test_a_job_may_hold_a_file_as_a_name_and_bytes() -> None:
    assert as_job({"prompt": "a fox", "files": ("a.jpg", b"x")}).files == (("a.jpg", b"x"),)
    assert as_job({"prompt": "a fox", "files": Path("a.jpg")}).files == (Path("a.jpg"),)
    opened = io.BytesIO(b"x\ny\n")
    assert as_job({"prompt": "a fox", "files": opened}).files == (opened,)
    assert as_job("a fox") == as_job({"prompt": "a fox"}) == as_job(Job("a fox"))


@given(st.text(alphabet=st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=200))
def test_any_printable_text_of_200_characters_is_a_key(key: str) -> None:
    assert Job("a fox", key=key).key == key


@pytest.mark.parametrize("key", ["", "k" * 201, "a\nb", "\x00", "\ud800"])
def test_a_key_that_nobody_can_read_is_refused(key: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        Job("a fox", key=key)
    assert caught.value.parameter == "key"


@pytest.mark.parametrize("missing", [float("nan"), type("NAType", (), {})()], ids=["NaN", "NA"])
def test_what_is_missing_in_a_row_of_pandas_is_missing_in_the_job(missing: object) -> None:
    row = {"prompt": "a fox", "key": 17.0, "language": missing, "files": missing, "note": missing}
    job = as_job(row)
    assert (job.key, job.language, job.files, job.fields) == ("17", None, (), {"note": None})
    with pytest.raises(InvalidInputError, match="empty or no text"):
        as_job({"prompt": missing})
