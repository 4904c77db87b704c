"""What the journal costs as its entries and keys grow: one more, and finding what is there."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.growth import Growth, best

if TYPE_CHECKING:
    from nemovideo.journal.connection import Connection
    from nemovideo.journal.entries import NewWork
    from nemovideo.journal.journal import Journal

_URL = "http://127.0.0.1"
_SIZES = [100, 1000, 10_000, 100_000]
_LISTED = _SIZES[:3]
_FREE = 100
_WRITES = 1000
_KEYS = [1, 100, 10_000, 1_000_000]
_AT_ONCE = 1000


def run(*, quick: bool) -> dict[str, Growth]:
    """Measure at every size, in short form at the two smallest."""
    sizes, listed = (_SIZES[:2], _LISTED[:2]) if quick else (_SIZES, _LISTED)
    writes, finds = _among_others(sizes)
    keys = _KEYS[:2] if quick else _KEYS
    claims, found = _among_keys(keys)
    return {
        "journal-write": Growth("entries in the journal, one more", sizes, writes, goal_ms=1),
        "journal-find": Growth(
            f"entries in the journal, the {_FREE} unfinished ones found", sizes, finds, goal_ms=100
        ),
        "journal-list": Growth(
            "entries in the journal, all of them unfinished", listed, list(map(_all_free, listed))
        ),
        "keys-claim": Growth("keys in the journal, one more", keys, claims, goal_ms=1),
        "keys-find": Growth("keys in the journal, one of them found", keys, found, goal_ms=1),
    }


def _among_others(sizes: list[int]) -> tuple[list[float], list[float]]:
    """Nearly all entries are those of a journal that is at work on them.

    What has ended does not count: of that the journal keeps a thousand.
    """
    from nemovideo.journal.journal import Journal

    writes: list[float] = []
    finds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "journal.sqlite3"
        other, own = Journal(path), Journal(path)
        for _ in range(_FREE):
            own.write(own.update_message(_begin(own), phase="interrupted"))
        there = 0
        for size in sizes:
            for _ in range(size - there):
                _begin(other)
            there = size
            finds.append(best(lambda: own.unfinished(_URL)))
            writes.append(_one_write(own))
        assert len(own.unfinished(_URL)) == _FREE
        own.close()
        other.close()
    return writes, finds


def _one_write(journal: Journal) -> float:
    began = time.process_time()
    for _ in range(_WRITES // 2):
        journal.write(journal.update_message(_begin(journal), phase="finished"))
    return (time.process_time() - began) / _WRITES


def _among_keys(sizes: list[int]) -> tuple[list[float], list[float]]:
    """All of them finished, as those of a batch that is run again."""
    from nemovideo.journal.journal import Journal

    claims: list[float] = []
    finds: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite3")
        keys, there = journal.keys, 0

        def finish(db: Connection, number: int) -> None:
            _, entry = keys.claim(db, _work(number))
            keys.give_up(db, entry, "finished", b"{}")

        def fill(db: Connection, numbers: range) -> None:
            for number in numbers:
                finish(db, number)

        def find(number: int) -> object:
            return journal.transact(lambda db: keys.find(db, _URL, "a", f"film-{number}"))

        for size in sizes:
            for start in range(there, size, _AT_ONCE):
                numbers = range(start, min(size, start + _AT_ONCE))
                journal.transact(lambda db, numbers=numbers: fill(db, numbers))
            assert find(size - 1) is not None
            finds.append(best(lambda size=size: find(size // 2)))
            began = time.process_time()
            for number in range(size, size + _WRITES):
                journal.transact(lambda db, number=number: finish(db, number))
            claims.append((time.process_time() - began) / _WRITES)
            there = size + _WRITES
        journal.close()
    return claims, finds


def _work(number: int) -> NewWork:
    from nemovideo.journal.entries import NewWork, new_message_id

    return NewWork(
        key=f"film-{number}",
        kind="generate",
        request="a panda",
        base_url=_URL,
        account="a",
        attempt=new_message_id(),
    )


def _all_free(size: int) -> float:
    from nemovideo.journal.journal import Journal

    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder) / "journal.sqlite3")
        for _ in range(size):
            _begin(journal)
        journal.close()
        took = best(lambda: journal.unfinished(_URL))
        assert len(journal.unfinished(_URL)) == size
        journal.close()
    return took


def _begin(journal: Journal) -> int:
    from nemovideo.journal.entries import NewMessage

    message = NewMessage(session_id="s", base_url=_URL, prompt="a panda")
    journal.write(journal.begin_message(message))
    return message.id
