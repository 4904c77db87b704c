"""What an entry in the journal costs, from 1 to 64 tasks at a time, in SQLite and PostgreSQL."""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.rows import Row

_WIDTHS = (1, 4, 16, 64)
_PAYLOAD = "a message: entered before it is sent, and as finished"


def run(*, quick: bool) -> list[Row]:
    """Measure both kinds of journal."""
    from tests.postgres import find_binaries

    writes = 64 if quick else 2048
    with tempfile.TemporaryDirectory() as folder:
        rows = _rows("SQLite, one file", str(Path(folder) / "journal.sqlite3"), folder, writes)
        if (binaries := find_binaries()) is None:
            return [*rows, Row("one entry", _PAYLOAD, "PostgreSQL", note="not installed here")]
        with _database(binaries) as url:
            return [*rows, *_rows("PostgreSQL on this machine, fsync on", url, folder, writes)]


@contextmanager
def _database(binaries: Path) -> Generator[str]:
    from tests.postgres import Cluster

    with tempfile.TemporaryDirectory(prefix="nemovideo-postgres-") as folder:
        cluster = Cluster(binaries, Path(folder), durable=True)
        cluster.start()
        try:
            yield cluster.make_database()
        finally:
            cluster.stop()


def _rows(server: str, url: str, folder: str, writes: int) -> list[Row]:
    found = [_measure(url, folder, width, writes) for width in _WIDTHS]
    return [
        Row(
            f"one entry in the journal, {width} at a time",
            _PAYLOAD,
            server,
            wall,
            note=f"{1 / wall:,.0f} a second, {cpu * 1e6:.0f} µs of CPU",
        )
        for width, (wall, cpu) in zip(_WIDTHS, found, strict=True)
    ]


def _measure(url: str, folder: str, width: int, writes: int) -> tuple[float, float]:
    """Return the seconds on the clock and of CPU for each entry."""
    from nemovideo.config.settings import load_settings
    from nemovideo.journal.entries import NewMessage
    from nemovideo.journal.recorder import JournalRecorder

    recorder = JournalRecorder(load_settings(config_dir=folder, token="k", journal=url))
    rounds = max(1, writes // (2 * width))

    async def enter() -> None:
        for _ in range(rounds):
            record = await recorder.begin_message(NewMessage(session_id="s", prompt="a panda"))
            await recorder.update_message(record.id, phase="finished")

    async def main() -> tuple[float, float]:
        await enter()  # what is opened once
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(enter() for _ in range(width)))
        took = time.perf_counter() - began, time.process_time() - cpu
        await recorder.aclose()
        return took

    wall, cpu = asyncio.run(main())
    return wall / (2 * rounds * width), cpu / (2 * rounds * width)
