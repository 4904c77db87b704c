"""`results.jsonl`: what came of each job, a line each, whole at any moment.

Lines are appended, those of jobs that end together in one write, so that a killed process leaves
whole ones behind. A job that is tried again gets a line again, and the last one counts; the earlier
ones are removed when the file is opened and when the batch ends. Everything here blocks.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final, cast

from nemovideo.batch.item import to_row
from nemovideo.files.safe_names import temp_name
from nemovideo.files.storage import StoredFile
from nemovideo.security.file_lock import FileLock
from nemovideo.security.printable_text import printable_json

if TYPE_CHECKING:
    from nemovideo.batch.item import BatchItem

NAME: Final = "results.jsonl"
_BEGINNING: Final = b'{"batch": '
_LOCK_TIMEOUT: Final = 10.0
_HEAD: Final = re.compile(
    rb'^\{"batch": ("(?:[^"\\\n]|\\.)*"), "source": (null|"(?:[^"\\\n]|\\.)*"), '
    rb'"key": ("(?:[^"\\\n]|\\.)*")',
    re.MULTILINE,
)
"""How a line begins: the batch, the source and the key."""
_TAIL: Final = 4 * 2**20
"""Of a long file, so much of its end is read for the name of a batch: some ten thousand results."""
_UPLOAD_INTERVAL: Final = 5.0


class ResultsFile:
    """The results of one batch, which several processes may write.

    Args:
        folder: Where it is, beside the videos.
        batch: What the batch is called; results of another in the same file are kept.
        source: The name of the file that its jobs are read from, if it is one.
    """

    def __init__(self, folder: Path, batch: str, source: str | None = None) -> None:
        self.path: Path = folder / NAME
        self._batch = batch
        self._source = source
        self._lock = FileLock(folder / f".{NAME}.lock")
        self._there: dict[str, int] = {}  # Of each job, a hash of its line when this was opened.

    def open(self) -> None:
        """Remove what a killed process or an earlier run left: half a line, outdated ones."""
        with self._locked():
            self._compact()
            for _, line in self._lines():
                if (row := _row(line)) is not None and row[0] == self._batch:
                    self._there[row[1]] = hash(line)

    def append(self, *items: BatchItem) -> None:
        """Add the lines of jobs, unless that is still the line which a job had before."""
        lines = b""
        for item in items:
            line = f"{printable_json(self._values(item))}\n".encode(errors="replace")
            if self._there.pop(item.key, None) != hash(line):
                lines += line
        if not lines:
            return
        with self._locked():
            handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                _write_whole(handle, lines)
            finally:
                os.close(handle)

    def close(self) -> None:
        """Remove outdated lines."""
        with self._locked():
            self._compact()
            self._lock.remove()

    def _values(self, item: BatchItem) -> dict[str, Any]:
        video = item.video
        # The timeline of each would make it large, and a link may be signed.
        short = video and {"render_id": video.render_id, "duration": video.duration}
        return {"batch": self._batch, "source": self._source, **to_row(item, short)}

    @contextmanager
    def _locked(self) -> Generator[None]:
        self._lock.acquire(_LOCK_TIMEOUT)
        try:
            yield
        finally:
            self._lock.release()

    def _compact(self) -> None:
        """Rewrite the file without outdated lines and a cut one, unless it is so already."""
        last: dict[tuple[str, str], int] = {}
        outdated: set[int] = set()
        whole = True
        for start, line in self._lines():
            whole = line.endswith(b"\n")
            if (row := _row(line)) is not None:
                key = row[:2]
                if key in last:
                    outdated.add(last[key])
                last[key] = start
            elif not whole and line.startswith(_BEGINNING):
                outdated.add(start)
        if whole and not outdated:
            return
        part = temp_name(self.path)
        try:
            with part.open("wb") as written:
                written.writelines(
                    line.removesuffix(b"\n") + b"\n"
                    for start, line in self._lines()
                    if start not in outdated
                )
                written.flush()
                os.fsync(written.fileno())
            part.replace(self.path)
        finally:
            part.unlink(missing_ok=True)

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        """Go through the lines with where each begins."""
        try:
            with self.path.open("rb") as opened:
                start = 0
                for line in opened:
                    yield start, line
                    start += len(line)
        except FileNotFoundError:
            return


class RemoteResultsFile:
    """The same at a URL: written there as a whole, every few seconds and at the end.

    Args:
        url: Of the file.
        batch, source: As for `ResultsFile`.
    """

    def __init__(self, url: str, batch: str, source: str | None = None) -> None:
        self._url = url
        self._batch = batch
        self._source = source
        self._written = 0.0

    @property
    def path(self) -> Path:
        """The copy on this machine, once it is open."""
        return self._local.path

    def open(self) -> None:
        """Fetch what earlier runs left there."""
        self._folder = TemporaryDirectory(prefix="nemovideo-")
        self._local = ResultsFile(Path(self._folder.name), self._batch, self._source)
        self._local.path.write_bytes(StoredFile(self._url, NAME).read())
        self._local.open()

    def append(self, *items: BatchItem) -> None:
        """Add the lines of jobs, and write the file if that is due."""
        self._local.append(*items)
        if time.monotonic() >= self._written + _UPLOAD_INTERVAL:
            self._upload()

    def close(self) -> None:
        """Remove outdated lines, and write the file."""
        self._local.close()
        self._upload()
        self._folder.cleanup()

    def _upload(self) -> None:
        StoredFile(self._url, NAME).replace(self._local.path.read_bytes())
        self._written = time.monotonic()


def find_batches(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the batches of which a folder has results.

    Returns:
        What each is called by the name of the file that its jobs came from, and by the key of each
        job.
    """
    by_source: dict[str, str] = {}
    by_key: dict[str, str] = {}
    with suppress(OSError, ValueError), (folder / NAME).open("rb") as opened:
        opened.seek(max(0, opened.seek(0, os.SEEK_END) - _TAIL))
        # Not parsed: a batch is made in the event loop.
        for batch, source, key in _HEAD.findall(opened.read()):
            by_key[_unquoted(key)] = name = _unquoted(batch)
            if source != b"null":
                by_source[_unquoted(source)] = name
    return by_source, by_key


def find_finished(path: Path, batch: str) -> set[str]:
    """Return the keys of the jobs of a batch that are done by a results file, if there is one."""
    finished: set[str] = set()
    with suppress(OSError), path.open("rb") as opened:
        for line in opened:
            if (row := _row(line)) is not None and row[0] == batch:
                (finished.add if row[2] == "done" else finished.discard)(row[1])
    return finished


def _row(line: bytes) -> tuple[str, str, object] | None:
    """Return the batch, the key and the status in a line; None if it is not one of ours."""
    try:
        row: object = json.loads(line)
    except ValueError:
        return None
    if not isinstance(row, dict):
        return None
    values = cast("dict[str, object]", row)
    batch, key = values.get("batch"), values.get("key")
    if isinstance(batch, str) and isinstance(key, str):
        return batch, key, values.get("status")
    return None


def _unquoted(text: bytes) -> str:
    return str(json.loads(text)) if b"\\" in text else text[1:-1].decode()


def _write_whole(handle: int, lines: bytes) -> None:
    """Write lines, or nothing: half of one would spoil the next."""
    before = os.fstat(handle).st_size
    try:
        written = os.write(handle, lines)
        while written < len(lines):  # a disk that is nearly full takes a part
            written += os.write(handle, lines[written:])
    except OSError:
        os.ftruncate(handle, before)
        raise
