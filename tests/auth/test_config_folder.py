"""The config folder on a real disk: modes, refusals, locks, and many processes at once."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Generator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nemovideo.auth.config_folder import ConfigFolder, SavedToken, StoreUnavailable, _parse_entry
from nemovideo.security import file_lock
from nemovideo.security.redaction import Secret

posix = pytest.mark.skipif(sys.platform == "win32", reason="file modes and owners are POSIX")

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://mega-api-prod.nemovideo.ai"
SANDBOX = "http://127.0.0.1:8400"
CLIENT_ID = "123e4567-e89b-42d3-a456-426614174000"
SAVED = SavedToken(Secret("nmv_usr_one"), NOW + timedelta(days=7), "u1", CLIENT_ID)


@pytest.fixture
def folder(tmp_path: Path) -> ConfigFolder:
    return ConfigFolder(tmp_path / "config" / "nemovideo")


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def names(folder: ConfigFolder) -> set[str]:
    return {entry.name for entry in folder.path.iterdir()}


def write_both(folder: ConfigFolder) -> None:
    folder.write_token(URL, SAVED, NOW)
    folder.write_client_id(CLIENT_ID)


def put(folder: ConfigFolder, name: str, data: bytes, mode: int = 0o600) -> Path:
    folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder.path / name
    path.write_bytes(data)
    path.chmod(mode)
    return path


def test_reading_makes_nothing(folder: ConfigFolder) -> None:
    assert folder.read_client_id() is None
    assert folder.read_token(URL, NOW) is None
    assert not folder.path.parent.exists()


def test_a_token_comes_back_whole(folder: ConfigFolder) -> None:
    folder.write_token(URL, SAVED, NOW)
    assert folder.read_token(URL, NOW) == SAVED


def test_a_token_without_expiry_and_owner_comes_back(folder: ConfigFolder) -> None:
    plain = SavedToken(Secret("nmv_usr_plain"))
    folder.write_token(URL, plain)
    assert folder.read_token(URL, NOW) == plain


def test_a_saved_token_does_not_show_itself() -> None:
    assert "nmv_usr_one" not in repr(SAVED)


def test_an_expired_token_is_given_only_to_those_who_do_not_name_a_time(
    folder: ConfigFolder,
) -> None:
    folder.write_token(URL, SAVED, NOW)
    assert folder.read_token(URL, NOW + timedelta(days=7)) is None
    assert folder.read_token(URL) == SAVED


def test_a_sandbox_token_leaves_the_real_one_alone(folder: ConfigFolder) -> None:
    folder.write_token(URL, SAVED, NOW)
    folder.write_token(SANDBOX, SavedToken(Secret("nmv_usr_two")), NOW)
    assert folder.read_token(URL, NOW) == SAVED
    assert folder.read_token("https://elsewhere.example", NOW) is None


def test_writing_drops_what_has_expired(folder: ConfigFolder) -> None:
    folder.write_token(URL, SAVED, NOW)
    folder.write_token(SANDBOX, SavedToken(Secret("nmv_usr_two")), NOW + timedelta(days=8))
    assert set(json.loads((folder.path / "tokens.json").read_text())) == {SANDBOX}


@posix
@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_modes_are_tight_whatever_the_umask(folder: ConfigFolder, umask: int) -> None:
    os.umask(umask)
    folder.write_token(URL, SAVED, NOW)
    folder.write_client_id(CLIENT_ID)
    assert mode(folder.path) == 0o700
    assert {mode(entry) for entry in folder.path.iterdir()} == {0o600}


@pytest.mark.process
@posix
def test_no_file_is_ever_open_to_others(folder: ConfigFolder) -> None:
    # Seen at the calls themselves: a file that is tightened later was open for a moment.
    script = (
        "import os, sys\n"
        "os.umask(0)\n"
        "from pathlib import Path\n"
        "from nemovideo.security.redaction import Secret\n"
        "from nemovideo.auth.config_folder import ConfigFolder, SavedToken\n"
        "real = os.open\n"
        "def watched(path, flags, mode=0o777, **rest):\n"
        "    if flags & os.O_CREAT: print(oct(mode), Path(path).name)\n"
        "    return real(path, flags, mode, **rest)\n"
        "os.open = watched\n"
        "folder = ConfigFolder(Path(sys.argv[1]))\n"
        "folder.write_token('https://x.example', SavedToken(Secret('nmv_usr_one')))\n"
        "folder.write_client_id('123e4567-e89b-42d3-a456-426614174000')\n"
    )
    ran = run(script, str(folder.path))
    created = [line.split() for line in ran.splitlines()]
    assert {name for _, name in created} == {
        ".store.lock",
        ".tokens.json.tmp",
        ".client_id.tmp",
    }
    assert {mode for mode, _ in created} == {"0o600"}


def run(script: str, *args: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", script, *args], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@posix
def test_a_readable_token_file_is_closed_with_a_warning(
    folder: ConfigFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.write_token(URL, SAVED, NOW)
    (folder.path / "tokens.json").chmod(0o644)
    with caplog.at_level(logging.WARNING):
        assert folder.read_token(URL, NOW) == SAVED
    assert mode(folder.path / "tokens.json") == 0o600
    assert "could be read by others" in caplog.text
    assert "nmv_usr" not in caplog.text


@posix
def test_a_readable_client_id_of_the_vendor_stays_as_it_is(
    folder: ConfigFolder, caplog: pytest.LogCaptureFixture
) -> None:
    path = put(folder, "client_id", CLIENT_ID.encode(), 0o644)
    assert folder.read_client_id() == CLIENT_ID
    assert mode(path) == 0o644
    assert not caplog.records


@posix
def test_an_open_folder_of_ours_is_closed(
    folder: ConfigFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.path.mkdir(parents=True, mode=0o755)
    with caplog.at_level(logging.WARNING):
        folder.write_token(URL, SAVED, NOW)
    assert mode(folder.path) == 0o700
    assert "could be opened by others" in caplog.text


@posix
def test_an_open_folder_with_only_our_files_is_closed(tmp_path: Path) -> None:
    mine = tmp_path / "chosen"
    mine.mkdir(mode=0o755)
    ConfigFolder(mine).write_client_id(CLIENT_ID)
    assert mode(mine) == 0o700


@posix
def test_the_mode_of_a_folder_with_other_files_is_unchanged(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o755)
    (home / "letter.txt").touch()
    ConfigFolder(home).write_token(URL, SAVED, NOW)
    assert mode(home) == 0o755
    assert mode(home / "tokens.json") == 0o600


@posix
def test_the_mode_of_a_sticky_folder_is_unchanged(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    ConfigFolder(shared).write_token(URL, SAVED, NOW)
    assert mode(shared) == 0o1777


@posix
def test_a_folder_of_many_uses_that_others_write_is_refused(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "letter.txt").touch()
    with pytest.raises(StoreUnavailable, match="written by others"):
        ConfigFolder(shared).write_token(URL, SAVED, NOW)


@pytest.mark.parametrize(
    "written",
    [CLIENT_ID, f"{CLIENT_ID}\n", f"  {CLIENT_ID}\r\n", f"\ufeff{CLIENT_ID}"],
    ids=["bare", "newline", "spaces", "bom"],
)
def test_a_client_id_is_read_with_what_editors_add(folder: ConfigFolder, written: str) -> None:
    put(folder, "client_id", written.encode())
    assert folder.read_client_id() == CLIENT_ID


def test_a_client_id_keeps_its_letters(folder: ConfigFolder) -> None:
    put(folder, "client_id", CLIENT_ID.upper().encode())
    assert folder.read_client_id() == CLIENT_ID.upper()


@pytest.mark.parametrize("written", [b"", b"panda", b"\xff\xfe\x00", CLIENT_ID.encode() * 2])
def test_what_is_no_uuid_is_no_client_id(folder: ConfigFolder, written: bytes) -> None:
    put(folder, "client_id", written)
    assert folder.read_client_id() is None


def test_a_written_client_id_is_read_back(folder: ConfigFolder) -> None:
    folder.write_client_id(CLIENT_ID)
    assert folder.read_client_id() == CLIENT_ID
    assert (folder.path / "client_id").read_text() == f"{CLIENT_ID}\n"


def test_what_is_no_uuid_is_not_written(folder: ConfigFolder) -> None:
    with pytest.raises(ValueError, match="UUID"):
        folder.write_client_id("panda\nnmv_usr_x")
    assert not folder.path.exists()


@pytest.mark.parametrize("junk", [b"{", b"[]", b"\xff", b"[" * 100_000, b"", b"3"])
def test_a_corrupt_token_file_is_set_aside_with_a_warning(
    folder: ConfigFolder, caplog: pytest.LogCaptureFixture, junk: bytes
) -> None:
    put(folder, "tokens.json", junk)
    with caplog.at_level(logging.WARNING):
        assert folder.read_token(URL, NOW) is None
    assert (folder.path / "tokens.json.corrupt").read_bytes() == junk
    assert len(caplog.records) == 1
    folder.write_token(URL, SAVED, NOW)
    assert folder.read_token(URL, NOW) == SAVED


def test_an_enormous_token_file_is_set_aside(folder: ConfigFolder) -> None:
    put(folder, "tokens.json", b'{"a": "' + b"x" * 5 * 2**20 + b'"}')
    assert folder.read_token(URL, NOW) is None
    assert "tokens.json.corrupt" in names(folder)


@pytest.mark.parametrize(
    "entry",
    [
        None,
        "nmv_usr_one",
        {},
        {"token": 3},
        {"token": ""},
        {"token": "a\nX-Evil: 1"},
        {"token": "a", "expires_at": "someday"},
    ],
)
def test_an_entry_that_is_no_token_is_passed_over(folder: ConfigFolder, entry: object) -> None:
    put(folder, "tokens.json", json.dumps({URL: entry}).encode())
    assert folder.read_token(URL, NOW) is None


def test_an_expiry_without_a_zone_is_utc(folder: ConfigFolder) -> None:
    entry = {"token": "nmv_usr_one", "expires_at": "2026-03-01T12:00:00"}
    put(folder, "tokens.json", json.dumps({URL: entry}).encode())
    assert folder.read_token(URL, NOW) is None
    assert folder.read_token(URL, NOW - timedelta(seconds=1)) is not None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.sampled_from(["token", "expires_at", "user_id", "client_id"]), JSON))
def test_any_entry_reads_as_a_token_or_as_nothing(entry: dict[str, object]) -> None:
    found = _parse_entry(entry)
    assert found is None or found.token.reveal() == entry["token"]


@posix
@pytest.mark.parametrize("name", ["tokens.json", "client_id", ".store.lock"])
@pytest.mark.parametrize("exists", [True, False], ids=["live", "dangling"])
def test_a_link_in_a_files_place_is_refused(
    folder: ConfigFolder, tmp_path: Path, name: str, exists: bool
) -> None:
    folder.path.mkdir(parents=True, mode=0o700)
    target = tmp_path / "target"
    if exists:
        target.write_text("precious")
    (folder.path / name).symlink_to(target)
    with pytest.raises(StoreUnavailable):
        write_both(folder)
    assert target.exists() == exists
    assert not exists or target.read_text() == "precious"


@posix
def test_a_link_in_the_folders_place_is_refused(folder: ConfigFolder, tmp_path: Path) -> None:
    folder.path.parent.mkdir()
    (tmp_path / "elsewhere").mkdir()
    folder.path.symlink_to(tmp_path / "elsewhere")
    for work in (folder.read_client_id, lambda: folder.write_client_id(CLIENT_ID)):
        with pytest.raises(StoreUnavailable, match="not a folder"):
            work()


@posix
def test_a_pipe_in_a_files_place_is_refused_without_waiting(folder: ConfigFolder) -> None:
    folder.path.mkdir(parents=True, mode=0o700)
    for name in ("client_id", "tokens.json"):
        os.mkfifo(folder.path / name, 0o600)
    with pytest.raises(StoreUnavailable, match="regular file"):
        folder.read_client_id()
    with pytest.raises(StoreUnavailable, match="regular file"):
        folder.read_token(URL, NOW)


@posix
def test_a_pipe_in_a_locks_place_is_refused(folder: ConfigFolder) -> None:
    folder.path.mkdir(parents=True, mode=0o700)
    os.mkfifo(folder.path / "tokens.lock", 0o600)
    with pytest.raises(StoreUnavailable, match="regular file"):
        folder.lock().try_acquire()


def test_a_folder_in_a_files_place_is_refused(folder: ConfigFolder) -> None:
    (folder.path / "tokens.json").mkdir(parents=True)
    with pytest.raises(StoreUnavailable):
        folder.write_token(URL, SAVED, NOW)


@posix
@pytest.mark.parametrize("name", ["tokens.json", "client_id"])
def test_a_file_of_another_user_is_refused(
    folder: ConfigFolder, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What the process is: the files stay as they are, and belong to somebody else from here on.
    folder.write_token(URL, SAVED, NOW)
    folder.write_client_id(CLIENT_ID)
    if os.geteuid() == 0:
        os.chown(folder.path / name, 65534, -1)
    else:
        monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    read = folder.read_client_id if name == "client_id" else lambda: folder.read_token(URL, NOW)
    with pytest.raises(StoreUnavailable, match="another user"):
        read()


@posix
def test_a_path_with_a_nul_is_unavailable(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable):
        ConfigFolder(tmp_path / "a\0b").write_client_id(CLIENT_ID)


def test_a_file_where_a_parent_folder_should_be_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "config").touch()
    folder = ConfigFolder(tmp_path / "config" / "nemovideo")
    for work in (folder.read_client_id, folder.lock().try_acquire):
        with pytest.raises(StoreUnavailable) as caught:
            work()
        assert isinstance(caught.value.__cause__, OSError)


@contextlib.contextmanager
def as_nobody(*owned: Path) -> Generator[None, None, None]:
    """Be a user whom modes bind and who owns these: root reads and writes whatever it likes."""
    if os.geteuid() != 0:
        yield
        return
    for path in owned:
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@posix
def test_a_read_only_folder_reads_and_refuses_to_write(
    folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_token(URL, SAVED, NOW)
    folder.path.chmod(0o500)
    monkeypatch.chdir(folder.path)  # nobody may not walk down to the folder, only be in it
    here = ConfigFolder(Path())
    with as_nobody(folder.path, *folder.path.iterdir()):
        assert here.read_token(URL, NOW) == SAVED
        for work in (lambda: here.write_token(URL, SAVED, NOW), here.lock().try_acquire):
            with pytest.raises(StoreUnavailable) as caught:
                work()
            assert isinstance(caught.value.__cause__, PermissionError)


def test_a_failed_write_leaves_the_old_file_and_no_temporary_file(
    folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.write_token(URL, SAVED, NOW)

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StoreUnavailable, match="No space left"):
            folder.write_token(URL, SavedToken(Secret("nmv_usr_two")), NOW)
    assert folder.read_token(URL, NOW) == SAVED
    assert names(folder) == {"tokens.json", ".store.lock"}


def test_what_a_killed_writer_left_is_cleared_by_the_next(folder: ConfigFolder) -> None:
    put(folder, ".tokens.json.tmp", b"nmv_usr_half")
    folder.write_token(URL, SAVED, NOW)
    assert names(folder) == {"tokens.json", ".store.lock"}


def test_a_lock_is_acquired_by_one_at_a_time(folder: ConfigFolder) -> None:
    first, second = folder.lock(), folder.lock()
    assert first.try_acquire()
    assert not second.try_acquire()
    assert not first.try_acquire()
    first.release()
    assert second.try_acquire()
    second.release()


def test_releasing_a_lock_that_is_not_acquired_does_nothing(folder: ConfigFolder) -> None:
    lock = folder.lock()
    lock.release()
    assert lock.try_acquire()
    lock.release()
    lock.release()


def test_a_lock_excludes_other_threads(folder: ConfigFolder) -> None:
    lock = folder.lock()
    assert lock.try_acquire()
    found: list[bool] = []
    thread = threading.Thread(target=lambda: found.append(folder.lock().try_acquire()))
    thread.start()
    thread.join()
    lock.release()
    assert found == [False]


TRY = (
    "import sys\n"
    "from pathlib import Path\n"
    "from nemovideo.auth.config_folder import ConfigFolder\n"
    "print(ConfigFolder(Path(sys.argv[1])).lock().try_acquire())\n"
)


@pytest.mark.process
def test_a_lock_excludes_other_processes_until_released(folder: ConfigFolder) -> None:
    lock = folder.lock()
    assert lock.try_acquire()
    assert run(TRY, str(folder.path)).strip() == "False"
    lock.release()
    assert run(TRY, str(folder.path)).strip() == "True"


@pytest.mark.process
def test_the_lock_of_a_killed_process_is_open_again(folder: ConfigFolder) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", f"{TRY}sys.stdout.flush(); sys.stdin.read()", str(folder.path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline().strip() == "True"
        assert not folder.lock().try_acquire()
        holder.kill()
    lock = folder.lock()
    assert lock.try_acquire()
    lock.release()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_cannot_open_its_parents_lock(folder: ConfigFolder) -> None:
    lock = folder.lock()
    assert lock.try_acquire()
    pid = os.fork()
    if pid == 0:
        lock.release()
        os._exit(lock.try_acquire())
    assert os.waitpid(pid, 0)[1] == 0
    assert not folder.lock().try_acquire()
    lock.release()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_does_not_hold_the_lock_that_its_parent_opens(folder: ConfigFolder) -> None:
    lock = folder.lock()
    assert lock.try_acquire()
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(write)
        os.read(read, 1)
        os._exit(0)
    lock.release()
    other = folder.lock()
    assert other.try_acquire()
    other.release()
    os.close(write)
    os.close(read)
    os.waitpid(pid, 0)


def test_a_lock_on_a_file_removed_meanwhile_is_no_lock(
    folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock, path = folder.lock(), folder.path / "tokens.lock"
    real = file_lock.try_lock

    def remove_then_lock(handle: int) -> bool:
        path.unlink()
        return real(handle)

    with monkeypatch.context() as patch:
        patch.setattr(file_lock, "try_lock", remove_then_lock)
        assert not lock.try_acquire()
    assert lock.try_acquire()
    lock.release()


@posix
def test_a_file_system_without_locks_is_unavailable(
    folder: ConfigFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handle: int, operation: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("nemovideo.security.file_lock.fcntl.flock", refuse)
    with pytest.raises(StoreUnavailable, match="No locks"):
        folder.lock().try_acquire()


def test_writing_waits_only_so_long_for_another_writer(folder: ConfigFolder) -> None:
    folder.write_token(URL, SAVED, NOW)
    other = file_lock.FileLock(folder.path / ".store.lock")
    assert other.try_acquire()
    with pytest.raises(StoreUnavailable, match="locked by another process"):
        folder.write_token(URL, SAVED, NOW, timeout=0.02)
    other.release()


def test_a_client_id_that_is_there_stays_unless_it_is_the_refused_one(folder: ConfigFolder) -> None:
    other = "00000000-0000-4000-8000-000000000000"
    assert folder.write_client_id(CLIENT_ID) == CLIENT_ID
    assert folder.write_client_id(other) == CLIENT_ID
    assert folder.write_client_id(other, refused=other) == CLIENT_ID
    assert folder.write_client_id(other, refused=CLIENT_ID) == other
    assert folder.read_client_id() == other


def test_making_a_token_holds_no_reader_or_writer_up(folder: ConfigFolder) -> None:
    lock = folder.lock()
    assert lock.try_acquire()
    folder.write_token(URL, SAVED, NOW)
    assert folder.read_token(URL, NOW) == SAVED
    lock.release()


@pytest.mark.process
def test_eight_processes_that_write_at_once_lose_nothing(folder: ConfigFolder) -> None:
    script = (
        "import sys\n"
        "from pathlib import Path\n"
        "from nemovideo.security.redaction import Secret\n"
        "from nemovideo.auth.config_folder import ConfigFolder, SavedToken\n"
        "folder = ConfigFolder(Path(sys.argv[1]))\n"
        "for turn in range(5):\n"
        "    url = f'https://{sys.argv[2]}-{turn}.example'\n"
        "    folder.write_token(url, SavedToken(Secret('nmv_usr_' + sys.argv[2])))\n"
        "    folder.write_client_id(f'123e4567-e89b-42d3-a456-42661417400{sys.argv[2]}')\n"
    )
    writers = [
        subprocess.Popen([sys.executable, "-c", script, str(folder.path), str(number)])
        for number in range(8)
    ]
    assert [writer.wait(60) for writer in writers] == [0] * 8
    for number in range(8):
        for turn in range(5):
            saved = folder.read_token(f"https://{number}-{turn}.example", NOW)
            assert saved is not None
            assert saved.token.reveal() == f"nmv_usr_{number}"
    assert folder.read_client_id() is not None
