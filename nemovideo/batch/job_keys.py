"""The keys of a batch: what each job is called, and under which name they all stand."""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final, cast

from nemovideo.errors import InvalidInputError
from nemovideo.files.arguments import listed
from nemovideo.security.printable_text import shorten
from nemovideo.validation.arguments import LONGEST_KEY

if TYPE_CHECKING:
    from nemovideo.batch.jobs import Job

_DIGITS: Final = 16
"""Of the hexadecimal digest of a job: two of a million are alike once in ten million batches."""

_LONGEST_LABEL: Final = 40


class JobKeys:
    """Names the jobs of one batch, each in turn, and refuses a name that was given before.

    Of each name only a short digest is held, as there may be very many.

    Args:
        name: What the batch is called.
        folder: Where the jobs' files are; one in it is the same wherever the folder is moved.
    """

    def __init__(self, name: str, folder: str | None = None) -> None:
        self.name = name
        self._folder = folder
        self._indexes: dict[bytes, int] = {}
        self._contents: Counter[bytes] = Counter()

    def name_job(self, job: Job, index: int) -> str:
        """Return what a job is called in its batch: its own key, or one made of its content.

        Raises:
            InvalidInputError: another job has that key.
        """
        if job.key is None:
            return self._of_content(job)
        key = job.key
        short = _short(key)
        if short in self._indexes:
            raise InvalidInputError(
                f"The jobs {self._indexes[short]} and {index} (from 0) have one key: {key!r}.",
                parameter="key",
                accepted=("a key for each job that no other job of the batch has",),
                hint="Nothing is made twice for one key. Give each job its own, or none.",
            )
        self._indexes[short] = index
        return key

    def journal_key(self, key: str) -> str:
        """Return the key under which the journal has a job: with the name of the batch before."""
        whole = f"{self.name}/{key}"
        if len(whole) <= LONGEST_KEY:
            return whole
        return f"{self.name}/{_digest(key)}"

    def _of_content(self, job: Job) -> str:
        content = content_digest(job, self._folder)
        short = bytes.fromhex(content)
        self._contents[short] += 1
        number = self._contents[short]
        return content if number == 1 else f"{content}-{number}"


def job_label(key: str, index: int) -> str:
    """Return what a person knows a job by: its own key, else its number, as its file has it."""
    if re.fullmatch(rf"[0-9a-f]{{{_DIGITS}}}(-\d+)?", key):
        return f"{index:03} (no key)"
    return shorten(key, _LONGEST_LABEL)


def content_digest(job: Job, folder: str | None = None) -> str:
    """Return what tells a job from others by its content alone."""
    files = [_file_identity(file, folder) for file in listed(job.files)]
    urls = [str(url) for url in listed(job.urls, "urls")]
    return _digest(repr((job.prompt, files, urls, job.language)))


def batch_digest(jobs: Iterable[Job]) -> str:
    """Return what tells a batch from others by the keys and contents of its jobs."""
    digest = hashlib.sha256()
    for job in jobs:
        digest.update(repr((job.key, content_digest(job))).encode(errors="replace"))
    return digest.hexdigest()[:_DIGITS]


def _file_identity(file: object, folder: str | None) -> str:
    """Return what identifies a file as it was given; what is in an open one is not read."""
    match file:
        case str():
            if folder is None or not Path(file).is_relative_to(folder):
                return file
            return Path(file).relative_to(folder).as_posix()
        case _ if hasattr(file, "__fspath__"):
            return os.fsdecode(cast("os.PathLike[str]", file))
        case (str() as name, bytes() | bytearray() as content):
            return f"{name}:{hashlib.sha256(content).hexdigest()}"
        case _:
            # An open file, or a pair of a name and one.
            pair = type(file) is tuple
            return str(cast("tuple[object, ...]", file)[0] if pair else getattr(file, "name", ""))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="replace")).hexdigest()[:_DIGITS]


def _short(key: str) -> bytes:
    return hashlib.sha256(key.encode(errors="replace")).digest()[:12]
