"""Keys of jobs: the same for the same job in the same batch, and never two of one name."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo import InvalidInputError
from nemovideo.batch.job_keys import JobKeys, batch_digest, content_digest
from nemovideo.batch.jobs import Job
from nemovideo.validation.arguments import LONGEST_KEY, check_key


def names(*jobs: Job, batch: str = "autumn") -> list[str]:
    keys = JobKeys(batch)
    return [keys.name_job(job, index) for index, job in enumerate(jobs)]


def test_a_job_keeps_its_own_key() -> None:
    assert names(Job("a fox", key="row-17")) == ["row-17"]


def test_equal_jobs_are_distinguished_by_their_number() -> None:
    first, second, other = names(Job("a fox"), Job("a fox"), Job("a panda"))
    assert second == f"{first}-2"
    assert other not in (first, second)


def test_a_job_without_a_key_is_called_the_same_wherever_it_stands() -> None:
    assert names(Job("a fox"), Job("a panda")) == names(Job("a panda"), Job("a fox"))[::-1]


@pytest.mark.parametrize(
    "other",
    [
        Job("a Fox"),
        Job("a fox", files=("a.jpg",)),
        Job("a fox", urls=("https://example.com/a.jpg",)),
        Job("a fox", language="en"),
        Job("a fox", files=(("a.jpg", b"x"),)),
    ],
)
def test_whatever_is_sent_is_part_of_the_content(other: Job) -> None:
    assert content_digest(other) != content_digest(Job("a fox"))


def test_the_content_of_bytes_counts_and_an_open_file_is_not_read() -> None:
    one, two = (Job("a fox", files=(("a.jpg", content),)) for content in (b"x", b"y"))
    assert content_digest(one) != content_digest(two)
    opened = io.BytesIO(b"x")
    assert content_digest(Job("a fox", files=(("a.jpg", opened),))) == content_digest(
        Job("a fox", files=(("a.jpg", io.BytesIO(b"y")),))
    )
    assert opened.tell() == 0
    by_path = content_digest(Job("a fox", files=(Path("a.jpg"),)))
    assert by_path == content_digest(Job("a fox", files="a.jpg"))


def test_a_file_next_to_the_file_of_jobs_is_the_same_where_both_are_moved(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    names = {
        JobKeys("autumn", str(folder)).name_job(Job("a fox", files=(str(folder / "a.jpg"),)), 0)
        for folder in (here, there)
    }
    assert len(names) == 1
    assert JobKeys("autumn", str(here)).name_job(Job("a fox", files=("/a.jpg",)), 0) not in names


def test_a_key_that_another_job_has_is_refused_with_both_places() -> None:
    with pytest.raises(
        InvalidInputError, match=r"jobs 0 and 2 \(from 0\) have one key: 'x'"
    ) as caught:
        names(Job("a fox", key="x"), Job("a panda"), Job("a cat", key="x"))
    assert caught.value.parameter == "key"


def test_a_batch_is_called_by_its_jobs() -> None:
    jobs = [Job("a fox"), Job("a panda", key="2")]
    assert batch_digest(jobs) == batch_digest(list(jobs))
    assert batch_digest(jobs) != batch_digest(jobs[:1])
    assert batch_digest(jobs) != batch_digest([Job("a fox"), Job("a panda", key="3")])


@given(st.text(min_size=1, max_size=LONGEST_KEY, alphabet=st.characters(codec="utf-8")))
def test_what_the_journal_calls_a_job_is_a_key(key: str) -> None:
    if any(character < " " or "\x7f" <= character < "\xa0" for character in key):
        return
    named = JobKeys("a" * 64).journal_key(key)
    assert check_key(named).startswith("a" * 64 + "/")
    assert named != JobKeys("a" * 64).journal_key(key + "x")
