"""Jobs of a batch, and the files that they are read from: CSV, JSON Lines, text, Parquet."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import json
import math
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import import_module
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO, cast

from nemovideo.errors import InvalidInputError, NemoVideoError
from nemovideo.files.inputs import check_urls
from nemovideo.files.media_types import supported_extension
from nemovideo.files.save_targets import is_url
from nemovideo.validation.arguments import check_key, check_string

if TYPE_CHECKING:
    from nemovideo.files.inputs import FileInput

LONGEST_LINE: Final = 1_000_000
"""In characters. A longer one is a file of another kind, and is not held in memory to find out."""

_SUFFIXES: Final = (".csv", ".tsv", ".jsonl", ".ndjson", ".txt", ".parquet")


@dataclass(frozen=True, slots=True)
class Job:
    """One video of a batch.

    Args:
        prompt: What the video is to show.
        key: The caller's own name for this job, 1 to 200 characters, unique in its batch. Without
            one it is made of the job's content.
        files: Files to upload first, as `generate` takes them.
        urls: URLs of files that the service fetches.
        language: A tag such as `"en"` or `"zh-CN"`; None detects it from the prompt.
        path: Where this job's video is saved; without it, the batch's `out` decides.
        fields: Whatever else came with the job. It is carried into the results.

    Raises:
        InvalidInputError: the prompt is empty or very long, or the key is not valid.

    Example:
        >>> Job("a red fox in the snow", key="row-17").key
        'row-17'
    """

    prompt: str = field(repr=False)
    key: str | None = None
    files: Sequence[FileInput] = field(default=(), repr=False)
    urls: Sequence[str] = field(default=(), repr=False)
    language: str | None = None
    path: str | os.PathLike[str] | None = None
    fields: Mapping[str, object] = field(default_factory=dict[str, object], repr=False)

    def __post_init__(self) -> None:
        if not isinstance(cast("object", self.prompt), str) or not self.prompt.strip():
            raise InvalidInputError(
                "The prompt of a job is empty or no text.",
                parameter="prompt",
                accepted=("any text",),
                hint="Say what the video is to show.",
            )
        if len(self.prompt) > LONGEST_LINE:
            raise InvalidInputError(
                f"The prompt of a job has {len(self.prompt):,} characters.",
                parameter="prompt",
                accepted=(f"a text of 1 to {LONGEST_LINE:,} characters",),
                hint="Say in a few sentences what the video is to show.",
            )
        check_string(self.language, "language")
        if self.key is not None:
            check_key(self.key)


_COLUMNS: Final = tuple(each.name for each in fields(Job) if each.name != "fields")


def as_job(given: object) -> Job:
    """Return what was given for a job: a prompt, a mapping or a `Job`.

    Raises:
        InvalidInputError: it is none of these, or holds something that a job cannot have.
    """
    match given:
        case Job():
            return given
        case str():
            return Job(given)
        case Mapping():
            return _from_mapping(cast("Mapping[Any, object]", given))
        case _:
            raise InvalidInputError(
                f"A job is {type(given).__name__}.",
                parameter="jobs",
                accepted=("a prompt", "a mapping with a prompt", "a Job"),
            )


def _from_mapping(given: Mapping[Any, object], folder: Path | None = None) -> Job:
    known: dict[str, Any] = {}
    others: dict[str, object] = {}
    for name, cell in given.items():
        column = name.strip().lower() if isinstance(name, str) else name
        value = None if _is_missing(cell) else cell
        if column in _COLUMNS:
            known[column] = value
        elif column == "fields" and isinstance(value, Mapping):
            others |= cast("Mapping[str, object]", value)
        else:
            others[str(name)] = value
    if "prompt" not in known:
        raise InvalidInputError(
            f"A job has no prompt; it has {_names(given)}.",
            parameter="prompt",
            accepted=("any text",),
        )
    for name in ("key", "language", "path"):
        known[name] = _word(known.get(name), name)
    for name in ("files", "urls"):
        known[name] = _several(known.get(name), name)
    if folder is not None:
        known["files"] = tuple(_located(file, folder) for file in known["files"])
    return Job(**known, fields=others)


def _names(given: Mapping[Any, object]) -> str:
    shown = ", ".join(repr(str(name)[:40]) for name in list(given)[:8])
    return f"the columns {shown}" if shown else "no columns"


def _is_missing(value: object) -> bool:
    """Return whether a table has nothing in this cell: pandas says so by NaN or by NA."""
    return (isinstance(value, float) and math.isnan(value)) or type(value).__name__ == "NAType"


def _word(value: object, name: str) -> Any:
    """Return a cell as text; an empty one is an absent one, and a number counts as its digits."""
    if value is None or (isinstance(value, str) and not value.strip()):
        return None
    if name == "path" and hasattr(value, "__fspath__"):
        return value
    if isinstance(value, str):
        return value if name == "key" else value.strip()
    if isinstance(value, float) and value.is_integer():
        value = int(value)  # the numbers of a column in which others are missing
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise InvalidInputError(
        f"{name} is {type(value).__name__}.", parameter=name, accepted=("a text",)
    )


def _several(value: object, name: str) -> tuple[object, ...]:
    """Return the files or URLs of a cell: a list, or a text with `;` or line ends between them."""
    kind = type(value).__name__
    if value is None:
        return ()
    if isinstance(value, str):
        text = value.strip()
        if text.startswith("["):
            try:
                return _several(json.loads(text), name)
            except ValueError:
                pass  # a file may be called "[final] beach.mp4"
        return tuple(part.strip() for part in text.replace("\n", ";").split(";") if part.strip())
    if name == "files" and (hasattr(value, "read") or hasattr(value, "__fspath__")):
        return (value,)
    if isinstance(value, Iterable) and not isinstance(value, bytes | bytearray | Mapping):
        several = tuple(cast("Iterable[object]", value))
        if name == "files" and len(several) == 2 and isinstance(several[1], bytes | bytearray):
            return (several,)  # one file: a name and its bytes
        return several
    raise InvalidInputError(
        f"{name} is {kind}.",
        parameter=name,
        accepted=("a list", "a text with ';' between them"),
    )


def _located(file: object, folder: Path) -> object:
    """Return a file of a job file, and see that it is there: relative to that file's folder."""
    if not isinstance(file, str):
        return file
    path = folder / Path(file).expanduser()
    if not path.is_file():
        raise InvalidInputError(
            f"files names {path.name!r}, which is {'a folder' if path.is_dir() else 'not there'}.",
            parameter="files",
            accepted=("files that exist, relative to the file of jobs",),
        )
    return str(path)


class JobFile:
    """Jobs in a file, checked row by row, and read again each time that they are iterated.

    `len()` is how many there are, `source` the name of the file, `digest` what tells it from
    others: where it is, whatever it holds, so that rows may be added to a batch.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.source: str = os.fspath(path)
        self._path = Path(path)
        self._text: str | None = None
        if self.source == "-":
            # What comes through a pipe comes once.
            origin = sys.stdin.read()
            self._path, self._text = Path(), origin
        elif self._path.suffix.lower() not in _SUFFIXES:
            raise InvalidInputError(
                f"{self._path.name} is no file of jobs.",
                parameter="path",
                accepted=tuple(f"*{suffix}" for suffix in _SUFFIXES),
            )
        else:
            origin = os.path.realpath(self._path)
        self.folder: str = os.path.realpath(self._path.parent)
        """Where the files are that the rows name."""
        self.digest: str = hashlib.sha256(origin.encode(errors="replace")).hexdigest()
        self._count = self._check()

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Job]:
        for _, job in self._rows():
            yield job

    def __repr__(self) -> str:
        return f"<JobFile {self._name}: {self._count} jobs>"

    @property
    def _name(self) -> str:
        return self._path.name or "standard input"

    def _check(self) -> int:
        """Read all rows once, and return how many there are."""
        lines, jobs = dict[bytes, int](), 0
        for line, job in self._rows():
            jobs += 1
            if job.key is None:
                continue
            # Of a key, what tells it apart is enough: there may be a million of them.
            short = hashlib.sha256(job.key.encode(errors="replace")).digest()[:12]
            if short in lines:
                raise self._refused(
                    line, f"its key {job.key!r} stands in line {lines[short]} as well", "key"
                )
            lines[short] = line
        if not jobs:
            raise InvalidInputError(
                f"{self._name} holds no jobs.",
                parameter="path",
                accepted=("a file with at least one prompt",),
            )
        return jobs

    def _rows(self) -> Iterator[tuple[int, Job]]:
        folder = Path(self.folder)
        for line, row in self._mappings():
            try:
                yield line, _checked(_from_mapping(row, folder))
            except NemoVideoError as error:
                parameter = getattr(error, "parameter", "path")
                # That error says nothing more, and a notebook would show its frames as well.
                raise self._refused(line, error.message, parameter) from None

    def _mappings(self) -> Iterator[tuple[int, Mapping[Any, object]]]:
        suffix = self._path.suffix.lower()
        if suffix == ".parquet":
            yield from self._parquet()
            return
        with self._open() as text:
            try:
                yield from self._of_text(text, suffix)
            except UnicodeError as error:
                raise InvalidInputError(
                    f"{self._name} is not in UTF-8.",
                    parameter="path",
                    accepted=("UTF-8",),
                    hint='Save it as "CSV UTF-8".',
                ) from error

    def _of_text(self, text: TextIO, suffix: str) -> Iterator[tuple[int, Mapping[Any, object]]]:
        if suffix in (".jsonl", ".ndjson"):
            yield from self._json_lines(text)
        elif suffix in (".csv", ".tsv"):
            yield from self._csv(text)
        elif suffix == ".txt":
            yield from ((line, {"prompt": prompt}) for line, prompt in self._lines(text))
        else:
            yield from self._standard_input(text)

    def _standard_input(self, text: TextIO) -> Iterator[tuple[int, Mapping[Any, object]]]:
        first = text.readline(LONGEST_LINE).strip()
        text.seek(0)
        if first.startswith("{"):
            yield from self._json_lines(text)
        elif _delimiter(first) is not None:
            yield from self._csv(text)
        else:
            yield from ((line, {"prompt": prompt}) for line, prompt in self._lines(text))

    def _open(self) -> TextIO:
        if self._text is not None:
            return io.StringIO(self._text)
        try:
            with self._path.open("rb") as opened:
                head = opened.read(4)
            wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            return self._path.open(encoding="utf-16" if wide else "utf-8-sig", newline="")
        except OSError as error:
            raise InvalidInputError(
                f"{self._name} cannot be read: {error.strerror or type(error).__name__}.",
                parameter="path",
                accepted=("a file that can be read",),
            ) from error

    def _lines(self, text: TextIO) -> Iterator[tuple[int, str]]:
        """Give each line that is not blank, with its number."""
        for number, line in enumerate(self._short_lines(text), 1):
            if line.strip():
                yield number, line.strip()

    def _short_lines(self, text: TextIO, first: int = 1) -> Iterator[str]:
        for number in count(first):
            line = text.readline(LONGEST_LINE + 1)
            if len(line) > LONGEST_LINE:
                raise self._refused(number, f"it has more than {LONGEST_LINE:,} characters")
            if not line:
                return
            yield line

    def _json_lines(self, text: TextIO) -> Iterator[tuple[int, Mapping[Any, object]]]:
        for number, line in self._lines(text):
            try:
                row: object = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise self._refused(number, "it is not JSON") from error
            if isinstance(row, str):
                row = {"prompt": row}
            if not isinstance(row, dict):
                raise self._refused(number, "it is no JSON object")
            yield number, cast("dict[Any, object]", row)

    def _csv(self, text: TextIO) -> Iterator[tuple[int, Mapping[Any, object]]]:
        head = text.readline(LONGEST_LINE)
        delimiter = _delimiter(head)
        if delimiter is None:
            raise InvalidInputError(
                f"{self._name} has no column called 'prompt' in its first line.",
                parameter="path",
                accepted=_COLUMNS,
                hint="Name the columns in the first line, as in: prompt,key",
            )
        names = next(csv.reader([head], delimiter=delimiter))
        rows = csv.reader(self._short_lines(text, 2), delimiter=delimiter, strict=True)
        while True:
            number = rows.line_num + 2
            try:
                cells = next(rows)
            except StopIteration:
                return
            except csv.Error as error:
                raise self._refused(number, str(error)) from error
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) > len(names):
                reason = f"it has {len(cells)} cells under {len(names)} columns"
                raise self._refused(number, reason, hint="Put texts with commas in quotes.")
            yield number, dict(zip(names, cells, strict=False))

    def _parquet(self) -> Iterator[tuple[int, Mapping[Any, object]]]:
        try:
            # The user's own: no extra of ours brings it.
            parquet: Any = import_module("pyarrow.parquet")
        except ImportError as error:
            raise InvalidInputError(
                "Reading Parquet takes pyarrow, which is not installed.",
                parameter="path",
                accepted=("*.csv", "*.jsonl", "*.txt"),
                hint="pip install pyarrow",
            ) from error
        number = 0
        try:
            with parquet.ParquetFile(self._path) as opened:
                for batch in opened.iter_batches(batch_size=1000):
                    for row in cast("list[dict[str, object]]", batch.to_pylist()):
                        number += 1
                        yield number, row
        except (OSError, ValueError) as error:
            raise InvalidInputError(
                f"{self._name} cannot be read as Parquet.",
                parameter="path",
                accepted=("a Parquet file",),
            ) from error

    def _refused(
        self, line: int, reason: str, parameter: str = "path", hint: str | None = None
    ) -> InvalidInputError:
        return InvalidInputError(
            f"{self._name}, line {line}: {reason.rstrip('.')}.",
            parameter=parameter,
            hint=hint or "Nothing was sent. Mend the line and start again.",
        )


def _checked(job: Job) -> Job:
    """Return a job of a file, whose row is refused by what `generate` would refuse later."""
    check_urls(job.urls)
    if job.path is not None and not is_url(job.path):
        path = Path(job.path)
        if ".." in path.parts and not path.is_absolute():
            raise InvalidInputError(
                f"path, {os.fspath(path)!r}, leaves the folder of the batch.", parameter="path"
            )
        if supported_extension(path.name) not in (None, "mp4"):
            raise InvalidInputError("path does not end in .mp4.", parameter="path")
    return job


def _delimiter(head: str) -> str | None:
    """Return what parts the columns, by a first line that must have one called `prompt`."""
    for delimiter in ",;\t|":
        try:
            names = next(csv.reader([head], delimiter=delimiter), list[str]())
        except csv.Error:
            continue
        if "prompt" in (name.strip().lower() for name in names):
            return delimiter
    return None


def read_jobs(path: str | os.PathLike[str]) -> JobFile:
    """Read the jobs of a batch from a file, and check every row before anything is sent.

    The columns are `prompt` (required), `key`, `files`, `urls`, `language` and `path`; others are
    carried into the results. In a cell of a CSV file several files or URLs have `;` between them.
    Files are relative to the folder of the file that names them.

    Args:
        path: A CSV file (`.csv`, `.tsv`), JSON Lines (`.jsonl`), plain text with a prompt in each
            line (`.txt`), Parquet (`.parquet`, with pyarrow); `"-"` is standard input.

    Returns:
        The jobs: to iterate as often as wanted, without ever holding them all.

    Raises:
        InvalidInputError: the file or a row is invalid; the row is named by its line.

    Example:
        >>> jobs = read_jobs("jobs.csv")  # doctest: +SKIP
        >>> len(jobs)  # doctest: +SKIP
        20
    """
    return JobFile(path)
