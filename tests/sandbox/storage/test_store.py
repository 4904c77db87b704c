"""Records are stored and restored, whatever they contain."""

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.sandbox.storage.records import (
    Asset,
    Charge,
    Render,
    Session,
    StoredFile,
    Token,
    TurnRecord,
)
from nemovideo.sandbox.storage.store import Store

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)
drafts = st.dictionaries(st.text(), json_values, max_size=4)


@given(drafts, st.lists(drafts, max_size=2), st.text())
def test_every_record_is_restored_as_it_was(
    draft: dict[str, object], history: list[dict[str, object]], text: str
) -> None:
    session = Session("s", "t", "u", text, None, 1.5, draft=draft, history=history)
    session.assets.append(Asset(text, "image", "f", 3, "00", width=2))
    session.turns.append(TurnRecord(text, 2.0, "edit", text, 50, True))
    records = (
        session,
        Token("nmv_usr_1", "u", None, 0.0, 9.5, ("read",)),
        Render("render_1", "s", "u", draft, "mp4", "high", 1.0),
        StoredFile("f", "files/f.png", text, "image/png"),
        Charge(1, "u", "s", 50, "edit", text, 2.0),
    )
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        for record in records:
            store.save(record)
        store.close()
        again = Store(Path(folder))
        again.close()
    assert again.sessions == {"s": session}
    assert list(again.tokens.values()) == [records[1]]
    assert list(again.renders.values()) == [records[2]]
    assert list(again.files.values()) == [records[3]]
    assert list(again.charges.values()) == [records[4]]


def test_a_saved_record_replaces_the_earlier_one_in_its_position(tmp_path: Path) -> None:
    store = Store(tmp_path)
    first, second = (Session(name, "t", "u", "n", None, 0.0) for name in ("a", "b"))
    for record in (first, second, first):
        store.save(record)
    store.close()
    again = Store(tmp_path)
    again.close()
    assert list(again.sessions) == ["a", "b"]


def test_a_damaged_file_is_closed_and_named(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for number in range(200):
        store.save(Session(str(number), "t", "u", "n" * 500, None, 0.0))
    store.close()
    file = tmp_path / "sandbox.sqlite3"
    content = file.read_bytes()
    file.write_bytes(content[:8192] + bytes(len(content) - 8192))
    with pytest.raises(OSError, match="damaged"):
        Store(tmp_path)
    with closing(sqlite3.connect(file, timeout=0)) as other:  # nobody has it open
        other.execute("PRAGMA locking_mode=EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")


def test_without_a_folder_nothing_is_stored(tmp_path: Path) -> None:
    store = Store(None)
    store.new_path("a.png").write_bytes(b"x")
    folder = store.folder
    store.close()
    store.close()
    assert not folder.exists()
