"""A PostgreSQL cluster of the tests' own, in a temporary folder, gone when they end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest

from nemovideo.journal.postgres import LEASE_SECONDS

_numbers = count()


class Cluster:
    """A running server with databases that nobody else uses.

    Args:
        durable: whether what is committed survives a power cut; tests have no need of that.
    """

    def __init__(self, binaries: Path, folder: Path, *, durable: bool = False) -> None:
        self._binaries = binaries
        self._data = folder / "data"
        self._user = "postgres" if os.getuid() == 0 else None  # it does not run as root
        if self._user is not None:
            shutil.chown(folder, self._user)
        self._run("initdb", "-A", "trust", "-U", "nemo", "--no-sync", "-E", "UTF8")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        settings = {
            "listen_addresses": "'127.0.0.1'",
            "unix_socket_directories": f"'{folder}'",
            "port": str(self.port),
            "max_connections": "200",
        }
        if not durable:
            settings |= {"fsync": "off", "full_page_writes": "off"}
        with (self._data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def start(self) -> None:
        """Start it, and return when it takes connections."""
        self._run("pg_ctl", "-w", "-l", str(self._data / "log"), "start")

    def stop(self) -> None:
        """Stop it as a power cut would."""
        self._run("pg_ctl", "-w", "-m", "immediate", "stop")

    def make_database(self) -> str:
        """Make an empty database, and return its URL."""
        name = f"test{next(_numbers)}"
        run_sql(self.url("postgres"), f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, name: str) -> str:
        """Return the URL of a database."""
        return f"postgresql://nemo:not-shown@127.0.0.1:{self.port}/{name}"

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self._binaries / program), "-D", str(self._data), *arguments]
        # A server that inherits a pipe keeps it open.
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=self._user, cwd="/")


def run_sql(url: str, statement: str) -> None:
    """Run a statement in the database of a URL."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def expire_leases(url: str) -> None:
    """Let the time pass in which no lease is renewed."""
    run_sql(url, f"UPDATE nemovideo.owners SET until = until - {LEASE_SECONDS}")


def find_binaries() -> Path | None:
    """Return the folder of PostgreSQL's programs; None where it is not installed."""
    found = shutil.which("pg_ctl")
    if found is not None:
        return Path(found).resolve().parent
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_ctl"))
    return versions[-1].parent if versions else None


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A cluster for the tests of this process."""
    binaries = find_binaries()
    if binaries is None:
        pytest.skip("PostgreSQL is not installed here: apt-get install postgresql")
    with tempfile.TemporaryDirectory(prefix="nemovideo-postgres-") as folder:
        made = Cluster(binaries, Path(folder))
        made.start()
        try:
            yield made
        finally:
            made.stop()


@pytest.fixture
def postgres_url(cluster: Cluster) -> str:
    """The URL of an empty database."""
    return cluster.make_database()


@pytest.fixture(params=["sqlite", "postgres"])
def journal_url(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of the journal that clients use by themselves; empty in a file."""
    if request.param == "sqlite":
        return ""
    url = str(request.getfixturevalue("postgres_url"))
    monkeypatch.setenv("NEMOVIDEO_JOURNAL", url)
    return url
