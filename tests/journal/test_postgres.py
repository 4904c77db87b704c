"""The journal in PostgreSQL: leases, clocks, a server that goes away, and what is not shown."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from nemovideo import InvalidInputError, NemoVideoError
from nemovideo.config.settings import load_settings
from nemovideo.journal.entries import NewMessage, NewWork
from nemovideo.journal.journal import Journal
from nemovideo.journal.postgres_storage import PostgresStorage
from nemovideo.journal.recorder import JournalRecorder
from nemovideo.security.redaction import Secret
from tests.postgres import Cluster, expire_leases, run_sql

URL = "https://mega-api-prod.nemovideo.ai"
WORK = NewWork(key="row-1", kind="generate", request="a panda", base_url=URL, account="t")
Machine = Callable[..., Journal]


@pytest.fixture
def machine(postgres_url: str, tmp_path: Path) -> Iterator[Machine]:
    """Make journals of machines that have nothing in common but the database."""
    made: list[Journal] = []

    def build(name: str, clock: Callable[[], float] = time.time) -> Journal:
        storage = PostgresStorage(Secret(postgres_url), tmp_path / name, clock)
        made.append(Journal(storage, clock))
        return made[-1]

    yield build
    for journal in made:
        journal.close()


def begin(journal: Journal, session_id: str = "s1") -> NewMessage:
    message = NewMessage(session_id=session_id, base_url=URL, prompt="a panda", account="t")
    journal.write(journal.begin_message(message))
    return message


# Leases


def test_the_entries_of_another_machine_are_not_listed_while_its_lease_runs(
    machine: Machine, postgres_url: str
) -> None:
    one, two = machine("one"), machine("two")
    begin(one)
    assert two.unfinished(URL) == []
    expire_leases(postgres_url)
    (entry,) = two.unfinished(URL)
    assert two.claim(entry) == "ours"
    expire_leases(postgres_url)
    assert machine("three").claim(entry) == "ours"


def test_a_lease_is_renewed_by_each_transaction_and_without_any(
    machine: Machine, postgres_url: str
) -> None:
    one, two = machine("one"), machine("two")
    begin(one)
    for renew in (one.renew, lambda: begin(one)):
        expire_leases(postgres_url)
        renew()
        assert two.unfinished(URL) == []


def test_a_closed_journal_gives_its_lease_back(machine: Machine) -> None:
    one, two = machine("one"), machine("two")
    begin(one)
    one.close()
    assert len(two.unfinished(URL)) == 1


def test_on_one_machine_a_lock_says_more_than_a_lease(machine: Machine, postgres_url: str) -> None:
    one, same = machine("one"), machine("one")
    begin(one)
    expire_leases(postgres_url)
    assert same.unfinished(URL) == []


def test_who_has_lost_a_key_with_its_lease_sends_nothing_under_it(
    machine: Machine, postgres_url: str
) -> None:
    one, two = machine("one"), machine("two")
    _, entry = one.transact(lambda db: one.keys.claim(db, WORK))
    expire_leases(postgres_url)
    claim, _ = two.transact(lambda db: two.keys.claim(db, WORK))
    assert claim == "ours"
    message = NewMessage(session_id="s1", base_url=URL, prompt="a panda", account="t")
    with pytest.raises(NemoVideoError, match="taken over elsewhere"):
        one.transact(one.begin_message(message, entry))
    assert two.unfinished(URL) == []


# Clocks


@pytest.mark.parametrize("ahead", [-60.0, 60.0])
def test_clocks_that_differ_by_a_minute_do_no_harm(machine: Machine, ahead: float) -> None:
    one = machine("one")
    two = machine("two", lambda: time.time() + ahead)
    first = begin(one)
    second = begin(two, "s2")
    assert one.had_overlap(first.id)
    assert two.had_overlap(second.id)
    for journal, message in ((one, first), (two, second)):
        journal.write(journal.update_message(message.id, phase="interrupted"))
    for journal, now in ((one, time.time()), (two, time.time() + ahead)):
        found = journal.unfinished(URL)
        assert [entry.session_id for entry in found] == ["s1", "s2"]
        assert all(abs(entry.created_at.timestamp() - now) < 30 for entry in found)
    third = begin(one)
    assert not one.had_overlap(third.id)


# A server that goes away


def test_what_is_under_way_is_written_down_when_the_server_is_back(
    machine: Machine, cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    journal = machine("one")
    message = begin(journal)
    cluster.stop()
    try:
        caplog.set_level(logging.WARNING, "nemovideo")
        journal.write(journal.update_message(message.id, phase="interrupted"))
        assert not journal.available
        refused = NewMessage(session_id="s2", base_url=URL, prompt="a cat", account="t")
        with pytest.raises(NemoVideoError, match="cannot be written"):
            journal.transact(journal.begin_message(refused))
        (warning,) = caplog.messages
        assert "no message is sent" in warning
    finally:
        cluster.start()
    journal.renew()
    assert journal.available
    (entry,) = machine("two").unfinished(URL)
    assert (entry.id, entry.phase) == (message.id, "interrupted")


def test_a_connection_that_the_server_closed_is_opened_again(
    machine: Machine, postgres_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    journal = machine("one")
    begin(journal)
    run_sql(
        postgres_url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    begin(journal, "s2")
    assert journal.available
    assert caplog.messages == []
    journal.close()
    assert len(machine("two").unfinished(URL)) == 2


def test_a_server_that_was_never_there_is_named_without_the_password(
    machine: Machine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = Secret("postgresql://nemo:s3cret-word@127.0.0.1:1/films?application_name=s3cret-name")
    journal = Journal(PostgresStorage(url, tmp_path))
    with pytest.raises(NemoVideoError) as caught:
        journal.unfinished(URL)
    begin(journal)
    journal.close()
    shown = f"{caught.value} {caplog.text} {caught.value.__cause__}"
    assert "postgresql://127.0.0.1:1/films" in shown
    assert "s3cret" not in shown


def test_a_url_that_cannot_be_read_is_not_quoted(tmp_path: Path) -> None:
    url = Secret("postgresql://nemo:s3cret-word@127.0.0.1/films?s3cret%zz")
    journal = Journal(PostgresStorage(url, tmp_path))
    with pytest.raises(NemoVideoError, match="cannot be read") as caught:
        journal.unfinished(URL)
    assert "s3cret" not in f"{caught.value} {caught.value.__cause__}"


# What is in the database


def test_a_newer_journal_is_left_alone_and_named(machine: Machine, postgres_url: str) -> None:
    begin(machine("one"))
    run_sql(postgres_url, "UPDATE nemovideo.version SET number = 99")
    newer = machine("two")
    with pytest.raises(NemoVideoError, match="newer version"):
        newer.unfinished(URL)
    with pytest.raises(NemoVideoError, match="newer version"):
        newer.transact(lambda db: newer.keys.claim(db, WORK))


def test_tables_of_others_are_left_alone(machine: Machine, postgres_url: str) -> None:
    run_sql(postgres_url, "CREATE TABLE messages (mine TEXT)")
    begin(machine("one"))
    with psycopg.connect(postgres_url) as connection:
        assert connection.execute("SELECT * FROM messages").fetchall() == []


def test_a_user_who_may_only_use_the_schema_needs_no_more(
    machine: Machine, postgres_url: str, tmp_path: Path
) -> None:
    begin(machine("one"))
    for statement in (
        "DROP ROLE IF EXISTS worker",
        "CREATE ROLE worker LOGIN",
        "GRANT USAGE ON SCHEMA nemovideo TO worker",
        "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA nemovideo TO worker",
    ):
        run_sql(postgres_url, statement)
    worker = Journal(
        PostgresStorage(Secret(postgres_url.replace("nemo:", "worker:")), tmp_path / "worker")
    )
    begin(worker, "s2")
    assert worker.available
    worker.close()
    run_sql(postgres_url, "DROP OWNED BY worker")
    run_sql(postgres_url, "DROP ROLE worker")


def test_no_prompt_and_no_token_is_in_the_database(machine: Machine, postgres_url: str) -> None:
    journal = machine("one")
    journal.transact(lambda db: journal.keys.claim(db, WORK))
    message = NewMessage(session_id="s1", prompt="a panda", account="nmv_usr_token", base_url=URL)
    journal.write(journal.begin_message(message))
    with psycopg.connect(postgres_url) as connection:
        for table in ("messages", "keys"):
            rows = connection.execute(f"SELECT * FROM nemovideo.{table}".encode()).fetchall()
            assert rows
            assert "panda" not in str(rows)
            assert "nmv_usr" not in str(rows)


def test_machines_make_the_same_digests(machine: Machine, postgres_url: str) -> None:
    one, two = machine("one"), machine("two")
    assert one.digest("a panda") == two.digest("a panda")
    assert len(one.digest("a panda")) == 64


def test_an_account_without_a_name_is_that_of_its_config_folder(machine: Machine) -> None:
    nameless = replace(WORK, account="")
    one, two = machine("one"), machine("two")
    for journal in (one, two):
        claim, _ = journal.transact(lambda db, keys=journal.keys: keys.claim(db, nameless))
        assert claim == "ours"
    assert machine("one").transact(lambda db: one.keys.claim(db, nameless))[0] == "taken"


# Settings


def test_the_environment_names_the_journal(tmp_path: Path, postgres_url: str) -> None:
    for value, expected in (
        ("", tmp_path / "journal.sqlite3"),
        ("1", tmp_path / "journal.sqlite3"),
        ("off", None),
        (str(tmp_path / "mine.db"), tmp_path / "mine.db"),
        (postgres_url, Secret(postgres_url)),
    ):
        environ = {"NEMOVIDEO_JOURNAL": value}
        assert load_settings(config_dir=tmp_path, environ=environ).journal == expected
        assert load_settings(config_dir=tmp_path, environ=environ, journal=False).journal is None
    assert postgres_url not in repr(load_settings(journal=postgres_url, environ={}))


@pytest.mark.parametrize("value", ["", " ", 7, None, "mysql://host/db", "a\0b", b"path"])
def test_what_names_no_journal_is_refused(value: object) -> None:
    with pytest.raises(InvalidInputError) as caught:
        load_settings(journal=value)  # type: ignore[arg-type]  # that is the point
    assert caught.value.parameter == "journal"


@pytest.mark.anyio
async def test_a_named_file_is_used_and_its_folder_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir(mode=0o755)
    (folder / "notes.txt").write_text("mine")
    settings = load_settings(config_dir=tmp_path / "config", journal=folder / "films.db")
    recorder = JournalRecorder(settings)
    assert (await recorder.claim_key(WORK))[0] == "ours"
    await recorder.aclose()
    assert folder.stat().st_mode & 0o777 == 0o755
    assert (folder / "films.db").stat().st_mode & 0o777 == 0o600


@pytest.mark.anyio
@pytest.mark.parametrize("content", ["notes", "database"])
async def test_another_file_is_refused_and_not_set_aside(tmp_path: Path, content: str) -> None:
    path = tmp_path / "mine.db"
    if content == "notes":
        path.write_text("my notes, which are no database\n" * 99)
    else:
        with closing(sqlite3.connect(path)) as db:
            db.execute("CREATE TABLE mine (name TEXT)")
    before = path.read_bytes()
    recorder = JournalRecorder(load_settings(config_dir=tmp_path / "config", journal=path))
    with pytest.raises(NemoVideoError, match="no journal"):
        await recorder.claim_key(WORK)
    await recorder.aclose()
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.glob("*corrupt*")] == []
