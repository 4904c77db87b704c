"""The journal in PostgreSQL: one for many machines.

Changes take turns, as in SQLite: what the statements rely on is the same in both. The database's
clock decides: times are converted on the way in and out, so that machines whose clocks differ
agree. All is set for each transaction, so that a connection pooler may stand between.
"""

from __future__ import annotations

import contextlib
import re
import secrets
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

import psycopg
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import DictRow, dict_row

from nemovideo.journal import schema
from nemovideo.journal.connection import Connection
from nemovideo.security.private_files import StoreUnavailable
from nemovideo.security.redaction import Secret

T = TypeVar("T")

LEASE_SECONDS = 30
"""For how long an owner that does not renew its lease is taken for alive."""

_CONNECT_TIMEOUT = 10.0
_SHORT_TIMEOUT = 2.0  # the least that libpq takes
_PRUNE_EVERY = 500
_LOCK = 0x6E656D6F
"""The number of this lock among the advisory locks of the database."""

_LIMITS = """
    SET LOCAL search_path TO nemovideo;
    SET LOCAL statement_timeout TO '20s';
    SET LOCAL lock_timeout TO '10s';
    SET LOCAL idle_in_transaction_session_timeout TO '10s';
"""
_READ = f"BEGIN READ ONLY; {_LIMITS}"
_WRITE = f"BEGIN; {_LIMITS} SELECT pg_advisory_xact_lock({_LOCK});"
_CLOCK = "SELECT extract(epoch FROM clock_timestamp())::float8 AS now"
_HOLD_LEASE = """
    INSERT INTO owners (id, until)
    VALUES (:owner, extract(epoch FROM clock_timestamp())::float8 + :seconds)
    ON CONFLICT (id) DO UPDATE SET until = EXCLUDED.until
"""
_END_LEASE = "DELETE FROM owners WHERE id = :owner"
_OWN_TABLES = (
    "CREATE TABLE version (number INTEGER NOT NULL)",
    "INSERT INTO version VALUES (0)",
    "CREATE TABLE owners (id TEXT PRIMARY KEY, until FLOAT8 NOT NULL)",
    "CREATE TABLE settings (name TEXT PRIMARY KEY, value BYTEA NOT NULL)",
    """
    CREATE FUNCTION is_owned(owner TEXT) RETURNS BOOLEAN LANGUAGE sql VOLATILE AS $$
        SELECT EXISTS (SELECT 1 FROM nemovideo.owners
            WHERE id = owner AND until > extract(epoch FROM clock_timestamp()))
    $$
    """,
)
_TYPES = (
    ("INTEGER PRIMARY KEY AUTOINCREMENT", "BIGINT PRIMARY KEY"),
    ("export INTEGER", "export BOOLEAN"),
    ("overlapped INTEGER NOT NULL DEFAULT 0", "overlapped BOOLEAN NOT NULL DEFAULT FALSE"),
    ("INTEGER", "BIGINT"),
    ("REAL", "FLOAT8"),
    ("BLOB", "BYTEA"),
)
"""What the types of the schema are called here."""

_PARAMETER = re.compile(r"(?<![:\w]):([a-z_]+)")
_TIMES_IN = ("now", "since", "youngest", "ended_at", "ended", "open", "expired", "keyed")
_TIMES_OUT = ("created_at", "updated_at")


class PostgresDatabase:
    """The database that `dsn` names, connected to when it is first needed. Not safe for threads.

    Args:
        clock: this machine's.
        remove_dead: removes what dead owners left on this machine, and returns their names.
    """

    def __init__(
        self, dsn: Secret, clock: Callable[[], float], remove_dead: Callable[[], list[str]]
    ) -> None:
        self._dsn = dsn
        self._clock = clock
        self._remove_dead = remove_dead
        self._connection: _Connection | None = None
        self._owner: str | None = None
        self._digest_key = b""
        self._changes = 0
        self.is_failing = False

    @property
    def timeout(self) -> float:
        """Seconds to wait for the server, from the next connection on."""
        return _SHORT_TIMEOUT if self.is_failing else _CONNECT_TIMEOUT

    @property
    def digest_key(self) -> bytes:
        if not self._digest_key:
            with _mapped_errors():
                self._connect()
        return self._digest_key

    def transaction(self, changes: Sequence[Callable[[Connection], T]]) -> T | None:
        """Make changes as one transaction, all or none, and return the result of the last.

        It renews the lease of this owner.
        """
        result = None
        with _mapped_errors(), self._transaction(_WRITE) as connection:
            self._changes += len(changes)
            if self._owner is not None:
                connection.execute(_HOLD_LEASE, {"owner": self._owner, "seconds": LEASE_SECONDS})
            if self._changes >= _PRUNE_EVERY:
                self._prune(connection)
            for change in changes:
                result = change(connection)
        return result

    def read(self, query: Callable[[Connection], T]) -> T:
        with _mapped_errors(), self._transaction(_READ) as connection:
            return query(connection)

    def read_copy(self, query: Callable[[Connection], T], empty: T) -> T:
        """Return the result of `query`: a server that can be reached can be read."""
        return self.read(query)

    def disconnect(self) -> None:
        """Close the connection; another is opened when it is next needed."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    # Owners, within a transaction

    def hold_lease(self, owner: str) -> None:
        """Hold a lease, and renew it with every transaction from now on."""
        if self._owner != owner:
            values = {"owner": owner, "seconds": LEASE_SECONDS}
            self._current().execute(_HOLD_LEASE, values)
            self._owner = owner

    def has_lease(self, owner: str) -> bool:
        row = self._current().execute("SELECT is_owned(:owner) AS owned", {"owner": owner})
        return bool(row.fetchone()["owned"])

    def forget_lease(self) -> None:
        """Leave the lease to somebody else."""
        self._owner = None

    def end_lease(self) -> None:
        """Give the lease back; where the server cannot be reached, it runs out."""
        owner, self._owner = self._owner, None
        if owner is not None:
            with contextlib.suppress(OSError, ValueError):
                self.transaction([lambda db: db.execute(_END_LEASE, {"owner": owner})])

    # Connecting

    def _current(self) -> _Connection:
        if self._connection is None:
            raise StoreUnavailable("There is no connection to the journal.")
        return self._connection

    @contextlib.contextmanager
    def _transaction(self, begin: str) -> Generator[_Connection]:
        connection = self._begin(begin)
        try:
            yield connection
            connection.end("COMMIT")
        except BaseException:
            connection.end("ROLLBACK", suppressed=True)
            raise

    def _begin(self, begin: str) -> _Connection:
        """Begin a transaction, on a new connection where the one before was lost meanwhile."""
        known = self._connection
        if known is not None:
            try:
                known.begin(begin)
            except psycopg.OperationalError:
                if not known.is_lost:
                    raise
                self.disconnect()
            else:
                return known
        connection = self._connect()
        connection.begin(begin)
        return connection

    def _connect(self) -> _Connection:
        if self._connection is None:
            connection = _Connection(_open(self._dsn, self.timeout), self._clock)
            try:
                connection.begin(_WRITE)
                self._digest_key = _migrate(connection)
                self._prune(connection)
                connection.end("COMMIT")
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _prune(self, connection: _Connection) -> None:
        self._changes = 0
        # Without their files here, their leases would pass for those of another machine.
        for owner in self._remove_dead():
            connection.execute(_END_LEASE, {"owner": owner})
        limits = schema.build_pruning_limits(self._clock())
        for statement in schema.PRUNING:
            connection.execute(statement, limits)
        connection.execute("DELETE FROM owners WHERE NOT is_owned(id)")


class _Connection:
    """A connection on which the journal's statements run."""

    def __init__(self, raw: psycopg.Connection[DictRow], clock: Callable[[], float]) -> None:
        self._raw = raw
        self._clock = clock
        self._ahead = 0.0
        """Seconds that the clock of the database is ahead of this machine's."""

    @property
    def is_lost(self) -> bool:
        """Whether the server is gone, or has closed the connection."""
        return self._raw.broken or self._raw.closed

    def begin(self, statements: str) -> None:
        """Begin a transaction, and read the clock."""
        try:
            cursor = self._run(f"{statements} {_CLOCK}")
            while cursor.nextset():
                pass
            row = cursor.fetchone()
        except BaseException:
            self.end("ROLLBACK", suppressed=True)
            raise
        if row is not None:
            self._ahead = row["now"] - self._clock()

    def execute(self, statement: str, values: Mapping[str, Any] | None = None) -> _Rows:
        """Run a statement of the journal with values by their names."""
        given = {} if values is None else dict(values)
        for name in _TIMES_IN:
            if given.get(name) is not None:
                given[name] += self._ahead
        return _Rows(self._run(_translate(statement), given), self._ahead)

    def end(self, statement: str, *, suppressed: bool = False) -> None:
        errors = (psycopg.Error,) if suppressed else ()
        with contextlib.suppress(*errors):
            self._run(statement)

    def close(self) -> None:
        self._raw.close()

    def _run(
        self, statement: str, values: Mapping[str, Any] | None = None
    ) -> psycopg.Cursor[DictRow]:
        # They are constants of this package.
        return self._raw.execute(statement.encode(), values or None)


class _Rows:
    """What a statement found or changed."""

    def __init__(self, cursor: psycopg.Cursor[DictRow], ahead: float) -> None:
        self._cursor = cursor
        self._ahead = ahead

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        return self._cursor.rowcount

    def fetchone(self) -> Any:
        """Return the next row, None at the end."""
        row = self._cursor.fetchone()
        return None if row is None else self._converted(row)

    def __iter__(self) -> Iterator[DictRow]:
        return map(self._converted, self._cursor)

    def _converted(self, row: DictRow) -> DictRow:
        for name in _TIMES_OUT:
            if row.get(name) is not None:
                row[name] -= self._ahead
        return row


@lru_cache
def _translate(statement: str) -> str:
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%"))


def _open(dsn: Secret, timeout: float) -> psycopg.Connection[DictRow]:
    try:
        conninfo_to_dict(dsn.reveal())
    except psycopg.ProgrammingError:
        # What is wrong is quoted there, and may be the password.
        raise StoreUnavailable("The URL of the journal cannot be read.") from None
    return psycopg.Connection[DictRow].connect(
        dsn.reveal(),
        autocommit=True,  # a transaction begins with more than BEGIN
        cursor_factory=psycopg.ClientCursor[DictRow],
        row_factory=dict_row,
        connect_timeout=int(timeout),
        keepalives_idle=5,
        keepalives_interval=2,
        keepalives_count=3,
        tcp_user_timeout=10_000,
    )


def _migrate(connection: _Connection) -> bytes:
    found = connection.execute("SELECT to_regclass('nemovideo.version') IS NOT NULL AS there")
    newest, version = len(schema.MIGRATIONS), 0
    if found.fetchone()["there"]:
        version = connection.execute("SELECT number FROM version").fetchone()["number"]
    if version > newest:
        raise StoreUnavailable(
            "The journal was written by a newer version of nemovideo (pip install -U nemovideo)."
        )
    if version == 0:
        if not connection.execute(
            "SELECT 1 AS there FROM pg_namespace WHERE nspname = 'nemovideo'"
        ).fetchone():
            connection.execute("CREATE SCHEMA nemovideo")
        connection.execute(";".join(_OWN_TABLES))
        values = {"value": secrets.token_bytes(32)}
        connection.execute("INSERT INTO settings VALUES ('digest_key', :value)", values)
    if version < newest:
        missing = [each for migration in schema.MIGRATIONS[version:] for each in migration]
        connection.execute(_with_types(";".join(missing)))  # one way to the server and back
        connection.execute("UPDATE version SET number = :newest", {"newest": newest})
    row = connection.execute("SELECT value FROM settings WHERE name = 'digest_key'").fetchone()
    return bytes(row["value"])


def _with_types(statement: str) -> str:
    for theirs, ours in _TYPES:
        statement = statement.replace(theirs, ours)
    return statement


@contextlib.contextmanager
def _mapped_errors() -> Generator[None]:
    try:
        yield
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise ValueError(_first_line(error)) from error
    except psycopg.Error as error:
        raise StoreUnavailable(_first_line(error)) from error


def _first_line(error: psycopg.Error) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
