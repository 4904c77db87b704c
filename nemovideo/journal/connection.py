"""What the journal's statements run on: a connection to one of its two databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Row(Protocol):
    """A row, read by the names of its columns."""

    def __getitem__(self, name: str, /) -> Any: ...


class Cursor(Protocol):
    """What a statement found or changed."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Any:
        """Return the next row, None at the end."""
        ...

    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """A connection within a transaction."""

    def execute(self, statement: str, values: Mapping[str, Any] = ..., /) -> Cursor:
        """Run a statement with values by their names."""
        ...


class Database(Protocol):
    """A database with the tables of a journal. Not safe for threads.

    Errors of the database or on the way to it are raised as `OSError`, and those of one statement
    or value as `ValueError`.
    """

    is_failing: bool
    """Whether it could not be used lately; it is opened with less timeout then."""

    @property
    def timeout(self) -> float:
        """Seconds to wait for others, from the next opening on."""
        ...

    def transaction(self, changes: Sequence[Callable[[Connection], T]]) -> T | None:
        """Make changes as one transaction, all or none, and return the result of the last."""
        ...

    def read(self, query: Callable[[Connection], T]) -> T:
        """Return the result of `query`, which changes nothing."""
        ...

    def read_copy(self, query: Callable[[Connection], T], empty: T) -> T:
        """Return the result of `query` where the database can be read and not written."""
        ...

    def disconnect(self) -> None:
        """Close the connection; it is opened again when it is next needed."""
        ...


class Owner(Protocol):
    """Who one journal is to the others."""

    def owner_id(self) -> str:
        """Return the name of this owner, who is alive from then on."""
        ...

    def is_alive(self, owner: str | None) -> bool:
        """Return True if a journal with this name is open, here or in another process."""
        ...

    def release(self) -> None: ...

    def after_fork_in_child(self) -> None:
        """Leave the name to the parent."""
        ...


class Storage(Protocol):
    """Where a journal is, and who its owner is there."""

    @property
    def name(self) -> str:
        """For messages to the user: no password is in it."""
        ...

    @property
    def requires_entries(self) -> bool:
        """Whether nothing is sent that could not be entered: other machines rely on it."""
        ...

    @property
    def owner(self) -> Owner:
        """The owner of what this journal is at work on."""
        ...

    def open(self) -> Database:
        """Return the database, which is opened when it is first needed."""
        ...

    def digest(self, text: str, timeout: float) -> str: ...

    def account(self, account: str) -> str:
        """Return what tells an account from all others that use this journal."""
        ...

    def exists(self) -> bool:
        """Return True if anything may have been entered."""
        ...

    def take_set_aside(self) -> list[Path]:
        """Return the damaged files that were not reported yet, and mark them as reported."""
        ...
