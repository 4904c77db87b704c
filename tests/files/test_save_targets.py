"""Targets of a save: which are URLs, and how one is kept."""

from __future__ import annotations

import copy
import os
import pickle
from pathlib import Path

import pytest

from nemovideo.files.save_targets import RemotePath, is_url, path_of, without_credentials

URL = "s3://films/a b/panda [1].mp4"


@pytest.mark.parametrize(
    "url", [URL, "memory://a.mp4", "S3://a/b", "abfs://c@a.net/b", "sftp://host/a", "a+b.c-d://x"]
)
def test_what_has_a_scheme_is_a_url(url: str) -> None:
    assert is_url(url)
    assert is_url(RemotePath(url))
    assert str(path_of(url)) == url


@pytest.mark.parametrize(
    "path", ["a.mp4", "C://a.mp4", "a/b://c", "://a", "s3:/a/b", "file:///tmp/a", "local:///a", ""]
)
def test_a_path_is_none_whatever_its_name(path: str) -> None:
    assert not is_url(path)
    assert not is_url(Path(path))


def test_a_url_of_this_machine_is_stored_as_a_path() -> None:
    assert path_of("file:///tmp/a.mp4") == Path("/tmp/a.mp4")


def test_a_remote_path_is_its_url() -> None:
    path = RemotePath(URL)
    assert str(path) == os.fspath(path) == f"{path}" == URL
    assert (path.name, path.suffix, path.stem) == ("panda [1].mp4", ".mp4", "panda [1]")
    assert repr(path) == f"RemotePath({URL!r})"
    assert path == RemotePath(URL)
    assert path != Path(URL)
    assert len({path, RemotePath(URL)}) == 1
    assert not path.exists()
    assert not path.is_file()


def test_a_remote_path_survives_a_pickle_and_a_copy() -> None:
    path = RemotePath(URL)
    for same in (pickle.loads(pickle.dumps(path)), copy.copy(path), copy.deepcopy(path)):
        assert str(same) == URL
        assert isinstance(same, RemotePath)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("sftp://me:secret@host/a.mp4", "sftp://me@host/a.mp4"),
        ("sftp://me:sec@ret@host/a.mp4", "sftp://me@host/a.mp4"),
        ("abfs://films@account.net/a.mp4", "abfs://films@account.net/a.mp4"),
        ("s3://films/me:secret@a.mp4", "s3://films/me:secret@a.mp4"),
    ],
)
def test_a_password_is_left_out(url: str, shown: str) -> None:
    assert without_credentials(url) == shown
    assert str(RemotePath(url)) == shown
