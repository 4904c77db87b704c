"""Targets on a real disk: whole files only, the old one kept, nothing left beside."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import stat
import subprocess
import sys
from collections import namedtuple
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nemovideo.errors import DownloadError, InvalidInputError
from nemovideo.files import download_target
from nemovideo.files.download_target import AtomicFileWriter, check_target
from nemovideo.security import file_lock

linux = pytest.mark.skipif(sys.platform != "linux", reason="posix_fadvise is not everywhere")
posix = pytest.mark.skipif(sys.platform == "win32", reason="file modes and links are POSIX")
full_device = pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.fixture
def target(tmp_path: Path) -> Iterator[AtomicFileWriter]:
    target = AtomicFileWriter(tmp_path / "panda.mp4")
    target.open()
    yield target
    target.abort()


def names(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@contextlib.contextmanager
def as_nobody(folder: Path) -> Generator[None, None, None]:
    """Be a user whom modes bind: root writes wherever it likes."""
    if os.geteuid() != 0:
        yield
        return
    os.chown(folder, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


# Checked up front


def test_a_new_file_in_an_existing_folder_is_accepted(tmp_path: Path) -> None:
    assert check_target(tmp_path / "panda.mp4", "render_1.mp4") == tmp_path / "panda.mp4"
    assert names(tmp_path) == set()


def test_a_text_is_a_path_too(tmp_path: Path) -> None:
    assert check_target(str(tmp_path / "a.mp4"), "render_1.mp4") == tmp_path / "a.mp4"


def test_an_existing_file_is_accepted_and_untouched(tmp_path: Path) -> None:
    (tmp_path / "panda.mp4").write_bytes(b"old")
    assert check_target(tmp_path / "panda.mp4", "x.mp4") == tmp_path / "panda.mp4"
    assert (tmp_path / "panda.mp4").read_bytes() == b"old"


def test_a_bare_name_is_in_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check_target("panda.mp4", "x.mp4") == Path("panda.mp4")


@pytest.mark.parametrize("ending", ["", "/"])
def test_a_folder_gets_the_default_name(tmp_path: Path, ending: str) -> None:
    assert check_target(f"{tmp_path}{ending}", "render_1.mp4") == tmp_path / "render_1.mp4"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(st.text() | st.lists(st.sampled_from(["..", "/", "\\", "a", "\0", ".mp4"])).map("".join))
def test_a_default_name_never_leaves_the_folder(tmp_path: Path, name: str) -> None:
    found = check_target(tmp_path, name)
    assert found.parent == tmp_path
    assert found.resolve().parent == tmp_path.resolve()


@posix
def test_a_link_under_the_default_name_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "render_1.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    with pytest.raises(InvalidInputError, match="is a link"):
        check_target(tmp_path / "out", "render_1.mp4")


@pytest.mark.parametrize("path", ["", b"panda.mp4"])
def test_what_is_no_text_is_refused(path: str) -> None:
    with pytest.raises(InvalidInputError, match="empty or no text"):
        check_target(path, "x.mp4")


@pytest.mark.parametrize("name", ["a\0b.mp4", "\ud800.mp4", "a" * 300])
def test_what_no_file_can_be_called_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidInputError, match="cannot be written"):
        check_target(tmp_path / name, "x.mp4")


@pytest.mark.parametrize("path", ["missing/panda.mp4", "missing/", "a/b/c/panda.mp4"])
def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path, path: str) -> None:
    with pytest.raises(InvalidInputError, match="does not exist") as caught:
        check_target(f"{tmp_path}/{path}", "x.mp4")
    assert caught.value.parameter == "path"
    assert caught.value.accepted == ("a file in an existing folder", "an existing folder")
    assert names(tmp_path) == set()


def test_a_file_as_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "panda.mp4").touch()
    with pytest.raises(InvalidInputError):
        check_target(tmp_path / "panda.mp4" / "x.mp4", "x.mp4")
    with pytest.raises(InvalidInputError):
        check_target(f"{tmp_path}/panda.mp4/", "x.mp4")


@posix
def test_a_pipe_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InvalidInputError, match="not a regular file"):
        check_target(tmp_path / "pipe", "x.mp4")


@posix
def test_a_device_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="not a regular file"):
        check_target("/dev/null", "x.mp4")


@posix
def test_a_write_protected_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "panda.mp4").touch(mode=0o444)
    with pytest.raises(InvalidInputError, match="write-protected"):
        check_target(tmp_path / "panda.mp4", "x.mp4")


@posix
def test_a_folder_that_cannot_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o500)
    with as_nobody(tmp_path), pytest.raises(InvalidInputError, match="Permission denied") as caught:
        check_target("panda.mp4", "x.mp4")
    tmp_path.chmod(0o700)
    assert isinstance(caught.value.__cause__, PermissionError)


# Written


def test_the_target_appears_whole(target: AtomicFileWriter, tmp_path: Path) -> None:
    target.write(b"pan")
    target.write(b"da")
    assert not (tmp_path / "panda.mp4").exists()
    assert target.commit(5) == tmp_path / "panda.mp4"
    assert (tmp_path / "panda.mp4").read_bytes() == b"panda"
    assert names(tmp_path) == {"panda.mp4"}


def test_an_unknown_length_is_not_checked(target: AtomicFileWriter) -> None:
    target.write(b"panda")
    assert target.commit(None).read_bytes() == b"panda"


def test_a_flush_is_due_at_every_mebibyte(target: AtomicFileWriter) -> None:
    half = bytes(2**19)
    assert [target.write(half), target.write(half)] == [False, True]
    target.flush()
    assert [target.write(half), target.write(half)] == [False, True]
    assert target.commit(2**21).stat().st_size == 2**21


@pytest.mark.parametrize("most", [0, 1, 3, 1024])
def test_pieces_of_every_size_arrive_in_their_order(
    target: AtomicFileWriter, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(download_target, "_MAX_GATHERED", most)
    for piece in (b"p", b"", b"and"):
        target.write(piece)
    target.flush()
    target.write(b"a")
    assert target.commit(5).read_bytes() == b"panda"


@posix
def test_what_the_disk_takes_only_in_part_is_written_to_the_end(
    target: AtomicFileWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def in_part(handle: int, pieces: list[bytes]) -> int:
        return os.write(handle, pieces[0][:2])

    monkeypatch.setattr(os, "writev", in_part)
    target.write(b"pan")
    target.write(b"da")
    assert target.commit(5).read_bytes() == b"panda"


def test_more_may_come_while_what_was_taken_is_written(target: AtomicFileWriter) -> None:
    target.write(b"pan")
    flush = target.drain()
    target.write(b"da")
    flush()
    assert target.commit(5).read_bytes() == b"panda"


@linux
def test_a_long_file_is_on_its_way_to_the_disk_before_it_is_whole(
    target: AtomicFileWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    urged: list[tuple[int, int]] = []
    monkeypatch.setattr(download_target, "_STRIDE_BYTES", 4)
    monkeypatch.setattr(
        os, "posix_fadvise", lambda _, start, length, advice: urged.append((start, length))
    )
    for piece in (b"pan", b"da", b"bear", b"s"):
        target.write(piece)
        target.flush()
    assert urged == [(0, 5), (5, 4)]
    target.restart()
    for piece in (b"panda", b"bears"):
        target.write(piece)
        target.flush()
    assert urged[2:] == [(0, 5), (5, 5)]
    assert target.commit(10).read_bytes() == b"pandabears"


@linux
def test_a_file_system_that_takes_no_advice_is_written_all_the_same(
    target: AtomicFileWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: int) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(download_target, "_STRIDE_BYTES", 1)
    monkeypatch.setattr(os, "posix_fadvise", refuse)
    target.write(b"panda")
    assert target.commit(5).read_bytes() == b"panda"


def test_flushing_nothing_is_fine(target: AtomicFileWriter) -> None:
    target.flush()
    target.write(b"x")
    target.flush()
    target.flush()
    assert target.commit(1).read_bytes() == b"x"


def test_received_says_where_to_go_on(target: AtomicFileWriter) -> None:
    assert target.received == 0
    target.write(b"pan")
    target.flush()
    target.write(b"da")
    assert target.received == 5


def test_a_restart_forgets_what_has_come(target: AtomicFileWriter) -> None:
    target.write(b"the first try")
    target.flush()
    target.write(b" and more")
    target.restart()
    assert target.received == 0
    target.write(b"panda")
    assert target.commit(5).read_bytes() == b"panda"


@pytest.mark.parametrize(("sent", "expected"), [(b"pan", 5), (b"pandas", 5), (b"", None), (b"", 0)])
def test_a_wrong_length_keeps_the_old_file(
    tmp_path: Path, sent: bytes, expected: int | None
) -> None:
    (tmp_path / "panda.mp4").write_bytes(b"old")
    target = AtomicFileWriter(tmp_path / "panda.mp4")
    target.open()
    target.write(sent)
    with pytest.raises(DownloadError, match="did not arrive whole") as caught:
        target.commit(expected)
    assert (caught.value.received, caught.value.expected) == (len(sent), expected)
    assert caught.value.path == str(tmp_path / "panda.mp4")
    assert (tmp_path / "panda.mp4").read_bytes() == b"old"
    assert names(tmp_path) == {"panda.mp4"}


def test_abort_keeps_the_old_file_and_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "panda.mp4").write_bytes(b"old")
    target = AtomicFileWriter(tmp_path / "panda.mp4")
    target.abort()
    target.open()
    target.write(b"new")
    target.flush()
    target.abort()
    target.abort()
    assert names(tmp_path) == {"panda.mp4"}
    assert (tmp_path / "panda.mp4").read_bytes() == b"old"


def test_abort_after_commit_does_nothing(target: AtomicFileWriter, tmp_path: Path) -> None:
    target.write(b"panda")
    target.commit(5)
    target.abort()
    assert (tmp_path / "panda.mp4").read_bytes() == b"panda"


def test_writing_to_what_has_ended_is_an_error_of_the_caller(target: AtomicFileWriter) -> None:
    target.abort()
    target.write(b"x")
    with pytest.raises(RuntimeError, match="`open`"):
        target.flush()


@posix
def test_the_part_is_private_and_the_file_is_usual(
    target: AtomicFileWriter, tmp_path: Path
) -> None:
    (part,) = tmp_path.iterdir()
    assert part.name.startswith(".panda.mp4.")
    assert part.suffix == ".part"
    assert mode(part) == 0o600
    target.write(b"panda")
    assert mode(target.commit(5)) == 0o644


@posix
def test_a_replaced_file_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "panda.mp4").touch(mode=0o600)
    target = AtomicFileWriter(tmp_path / "panda.mp4")
    target.open()
    target.write(b"panda")
    assert mode(target.commit(5)) == 0o600


@posix
@pytest.mark.parametrize("exists", [True, False], ids=["live", "dangling"])
def test_a_named_link_is_followed_and_retained(tmp_path: Path, exists: bool) -> None:
    real, link = tmp_path / "real" / "panda.mp4", tmp_path / "link.mp4"
    real.parent.mkdir()
    if exists:
        real.write_bytes(b"old")
    link.symlink_to(real)
    target = AtomicFileWriter(check_target(link, "x.mp4"))
    target.open()
    target.write(b"panda")
    assert target.commit(5) == link
    assert link.is_symlink()
    assert real.read_bytes() == b"panda"


@posix
def test_a_name_as_long_as_may_be_is_written(tmp_path: Path) -> None:
    name = "熊" * 83 + ".mp4"
    target = AtomicFileWriter(check_target(tmp_path / name, "x.mp4"))
    target.open()
    target.write(b"panda")
    target.commit(5)
    assert names(tmp_path) == {name}


# What the disk refuses


def test_a_folder_that_went_away_is_a_download_error(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    target = AtomicFileWriter(check_target(folder / "panda.mp4", "x.mp4"))
    folder.rmdir()
    with pytest.raises(DownloadError, match="could not be written") as caught:
        target.open()
    assert isinstance(caught.value.__cause__, FileNotFoundError)


@posix
def test_a_folder_that_was_closed_is_a_download_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    tmp_path.chmod(0o500)
    with as_nobody(tmp_path), pytest.raises(DownloadError, match="may not be written") as caught:
        AtomicFileWriter(Path("panda.mp4")).open()
    tmp_path.chmod(0o700)
    assert caught.value.hint is not None
    assert "permissions" in caught.value.hint


@full_device
def test_a_full_disk_is_reported_and_the_old_file_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "panda.mp4").write_bytes(b"old")
    target = AtomicFileWriter(tmp_path / "panda.mp4")
    target.open()
    part = target._opened()
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, part.file.fileno())
    os.close(full)
    target.write(b"panda")
    with pytest.raises(DownloadError, match="no space left") as caught:
        target.flush()
    assert isinstance(caught.value.__cause__, OSError)
    assert caught.value.received == 5
    with pytest.raises(DownloadError, match="no space left"):
        target.commit(5)
    assert names(tmp_path) == {"panda.mp4"}
    assert (tmp_path / "panda.mp4").read_bytes() == b"old"


@pytest.mark.process
@posix
def test_a_file_over_the_size_limit_of_the_process_is_reported(tmp_path: Path) -> None:
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from nemovideo.files.download_target import AtomicFileWriter\n"
        "from nemovideo.errors import DownloadError\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
        "target = AtomicFileWriter(Path(sys.argv[1]) / 'panda.mp4')\n"
        "target.open()\n"
        "target.write(bytes(10_000))\n"
        "try: target.commit(10_000)\n"
        "except DownloadError as error: print(error.message)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)], capture_output=True, text=True, timeout=60
    )
    assert "no space left" in ran.stdout, ran.stderr
    assert names(tmp_path) == set()


def test_a_disk_that_fails_while_syncing_keeps_the_old_file(
    target: AtomicFileWriter, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(handle: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    (tmp_path / "panda.mp4").write_bytes(b"old")
    target.write(b"panda")
    monkeypatch.setattr(os, "fsync", broken)
    with pytest.raises(DownloadError, match="Input/output error"):
        target.commit(5)
    assert names(tmp_path) == {"panda.mp4"}
    assert (tmp_path / "panda.mp4").read_bytes() == b"old"


def test_a_folder_put_in_the_targets_place_meanwhile_is_reported(
    target: AtomicFileWriter, tmp_path: Path
) -> None:
    target.write(b"panda")
    (tmp_path / "panda.mp4").mkdir()
    with pytest.raises(DownloadError, match="could not be written"):
        target.commit(5)
    assert names(tmp_path) == {"panda.mp4"}


@posix
def test_a_restart_on_a_failed_disk_is_a_download_error(target: AtomicFileWriter) -> None:
    read, write = os.pipe()
    os.dup2(write, target._opened().file.fileno())
    os.close(read)
    os.close(write)
    with pytest.raises(DownloadError):
        target.restart()


def test_more_than_is_free_is_refused_before_it_is_fetched(target: AtomicFileWriter) -> None:
    with pytest.raises(DownloadError, match=r"needs .* MB, and .* MB are free") as caught:
        target.check_free_space(2**62)
    assert caught.value.expected == 2**62


def test_what_was_received_already_needs_no_free_space(
    target: AtomicFileWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(100, 90, 10))
    target.write(bytes(10))
    target.check_free_space(20)
    with pytest.raises(DownloadError):
        target.check_free_space(21)


def test_a_disk_of_unknown_free_space_is_tried(
    target: AtomicFileWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent(path: Path) -> None:
        raise OSError(errno.ENOSYS, "Function not implemented")

    monkeypatch.setattr(shutil, "disk_usage", silent)
    target.check_free_space(2**62)


# Left by others


@pytest.mark.process
def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    script = (
        "import sys, os\n"
        "from pathlib import Path\n"
        "from nemovideo.files.download_target import AtomicFileWriter\n"
        "target = AtomicFileWriter(Path(sys.argv[1]) / 'panda.mp4')\n"
        "target.open()\n"
        "target.write(b'half'); target.flush()\n"
        "print('open', flush=True); sys.stdin.read()\n"
    )
    killed = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with killed:
        assert killed.stdout is not None
        assert killed.stdout.readline() == b"open\n"
        running = AtomicFileWriter(tmp_path / "panda.mp4")
        running.open()
        assert len(names(tmp_path)) == 2  # the other still writes: its part is not ours to remove
        running.abort()
        killed.kill()
    assert len(names(tmp_path)) == 1
    target = AtomicFileWriter(tmp_path / "panda.mp4")
    target.open()
    target.write(b"panda")
    target.commit(5)
    assert names(tmp_path) == {"panda.mp4"}


def test_two_downloads_to_one_target_do_not_disturb_each_other(tmp_path: Path) -> None:
    first, second = (
        AtomicFileWriter(tmp_path / "panda.mp4"),
        AtomicFileWriter(tmp_path / "panda.mp4"),
    )
    first.open()
    second.open()
    first.write(b"first")
    second.write(b"second")
    second.commit(6)
    first.commit(5)
    assert (tmp_path / "panda.mp4").read_bytes() == b"first"
    assert names(tmp_path) == {"panda.mp4"}


@posix
def test_a_file_that_only_resembles_a_leftover_stays(tmp_path: Path) -> None:
    (tmp_path / ".panda.mp4.0123abcd.part").symlink_to(tmp_path / "elsewhere")
    (tmp_path / ".other.mp4.0123abcd.part").touch()
    (tmp_path / ".panda.mp4.part").touch()
    before = names(tmp_path)
    target = AtomicFileWriter(tmp_path / "panda.mp4")
    target.open()
    target.abort()
    assert names(tmp_path) == before


def test_a_part_taken_for_a_leftover_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = file_lock.try_lock, 0

    def robbed(handle: int) -> bool:
        nonlocal calls
        calls += 1
        if calls == 1:
            next(tmp_path.iterdir()).unlink()
        return real(handle)

    monkeypatch.setattr(download_target, "try_lock", robbed)
    target = AtomicFileWriter(tmp_path / "panda.mp4")
    target.open()
    target.write(b"panda")
    assert target.commit(5).read_bytes() == b"panda"
    assert calls == 2


def test_a_disk_without_locks_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handle: int) -> bool:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(download_target, "try_lock", refuse)
    target = AtomicFileWriter(tmp_path / "panda.mp4")
    target.open()
    target.write(b"panda")
    assert target.commit(5).read_bytes() == b"panda"


def test_a_disk_without_modes_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path, mode: int) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "chmod", refuse)
    target = AtomicFileWriter(tmp_path / "panda.mp4")
    target.open()
    target.write(b"panda")
    assert target.commit(5).read_bytes() == b"panda"


def test_a_part_that_cannot_be_read_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(handle: int, path: Path) -> bool:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(download_target, "is_named", refuse)
    with pytest.raises(DownloadError, match="Input/output error"):
        AtomicFileWriter(tmp_path / "panda.mp4").open()
    assert names(tmp_path) == set()
