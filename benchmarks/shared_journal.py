"""What films cost the database that a fleet shares: commits for each, and how many it takes.

`python -m benchmarks.shared_journal postgresql://…` uses an empty database, for half a minute. With
the path of a new file instead it is the journal of one machine, in SQLite.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.queues import Queue
from pathlib import Path

import psycopg

from nemovideo import NemoVideo
from nemovideo.journal.entries import NewMessage, NewRender, NewWork, new_message_id
from nemovideo.journal.journal import Journal
from nemovideo.journal.postgres_storage import PostgresStorage
from nemovideo.sandbox import Sandbox
from nemovideo.security.redaction import Secret

_URL = "https://service.example"
_FILMS = 40
_SECONDS = 10.0
_CALLS = 5
"""Transactions of one round below; a whole film has more, as the first table says."""


def commits_of_films(dsn: str) -> float:
    """Return how many transactions a film takes, from its claim to its file."""
    with (
        Sandbox(stub_renders=True, credits=100 * (_FILMS + 1)) as sandbox,
        tempfile.TemporaryDirectory() as folder,
        NemoVideo(
            base_url=sandbox.url, web_url=sandbox.web_url, config_dir=folder, journal=dsn
        ) as client,
    ):
        client.batch(["a 3-second video of a hare"], out=Path(folder) / "one")
        before = _commits(dsn)
        prompts = [f"a 3-second video of a fox, number {each}" for each in range(_FILMS)]
        report = client.batch(prompts, out=Path(folder) / "films")
        assert report.done == _FILMS, report
        return (_commits(dsn) - before) / _FILMS


def _commits(dsn: str) -> int:
    time.sleep(2)  # the statistics of the database are a second old
    with psycopg.connect(dsn) as connection:
        query = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        row = connection.execute(query).fetchone()
    assert row is not None
    return int(row[0])


def _write(dsn: str, worker: int, counted: Queue[int]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        storage = PostgresStorage(Secret(dsn), Path(folder)) if _is_url(dsn) else Path(dsn)
        journal = Journal(storage)
        ends, number = time.monotonic() + _SECONDS, 0
        while time.monotonic() < ends:
            key, number = f"{os.getpid()}-{worker}-{number}", number + 1
            work = NewWork(
                key=key,
                kind="generate",
                request=key,
                base_url=_URL,
                account="a",
                attempt=new_message_id(),
            )
            _, entry = journal.transact(lambda db, work=work: journal.keys.claim(db, work))
            message = NewMessage(session_id=key, base_url=_URL, prompt=key, account="a")
            journal.transact(journal.begin_message(message, entry))
            render = NewRender(id=f"r-{key}", session_id=key, base_url=_URL, message_id=message.id)
            journal.transact(journal.begin_render(render, entry))
            journal.write(journal.update_render(render.id, phase="downloaded"))
            journal.transact(
                lambda db, entry=entry: journal.keys.give_up(db, entry, "finished", b"{}")
            )
        journal.close()
        counted.put(number * _CALLS)


def _is_url(journal: str) -> bool:
    return "://" in journal


def writes_a_second(dsn: str, workers: int) -> float:
    """Return how many transactions so many processes bring through in a second."""
    counted: Queue[int] = multiprocessing.Queue()
    processes = [
        multiprocessing.Process(target=_write, args=(dsn, number, counted))
        for number in range(workers)
    ]
    for process in processes:
        process.start()
    total = sum(counted.get(timeout=120) for _ in processes)
    for process in processes:
        process.join()
    return total / _SECONDS


def main() -> None:
    """Measure, and print what the page has."""
    (dsn,) = sys.argv[1:]
    if _is_url(dsn):
        print(f"transactions for a film: {commits_of_films(dsn):.1f}")
    for workers in (1, 4, 16):
        print(f"{workers} processes: {writes_a_second(dsn, workers):,.0f} transactions a second")


if __name__ == "__main__":
    main()
