"""What is refused before there is a cluster."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from nemovideo import InvalidInputError, NemoVideoError
from nemovideo.cli.options import with_ray_address
from nemovideo.ray import GenerateVideos, run_batch

POSTGRES = "postgresql://nemo@127.0.0.1:1/nemo"


@pytest.mark.parametrize(
    "journal", [True, False, None, "journal.sqlite3", Path("j"), "mysql://h/d"]
)
def test_a_journal_that_machines_do_not_share_is_refused(journal: Any, tmp_path: Path) -> None:
    for refused in (lambda: run_batch(["a"], out=tmp_path, journal=journal),):
        with pytest.raises(InvalidInputError) as caught:
            refused()
        assert caught.value.parameter == "journal"
    with pytest.raises(InvalidInputError) as caught:
        GenerateVideos(out=tmp_path, journal=journal)
    assert caught.value.parameter == "journal"


@pytest.mark.parametrize(
    ("parameter", "options"),
    [
        ("workers", {"workers": 0}),
        ("workers", {"workers": 1.5}),
        ("concurrency", {"concurrency": 0}),
        ("max_credits", {"max_credits": 10}),
        ("address", {"address": 7}),
        ("jobs", {"jobs": "one prompt"}),
        ("files", {"jobs": [{"prompt": "a", "files": [sys.__stdout__]}]}),
    ],
)
def test_arguments_are_refused_before_ray_is_started(
    parameter: str, options: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # an import fails
    values: dict[str, Any] = {"jobs": ["a"], "out": tmp_path, "journal": POSTGRES, **options}
    with pytest.raises(InvalidInputError) as caught:
        run_batch(values.pop("jobs"), **values)
    assert caught.value.parameter == parameter


def test_without_ray_the_error_names_it_and_the_python(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(NemoVideoError, match=rf"Ray.*Python 3\.{sys.version_info.minor}") as caught:
        run_batch(["a"], out=tmp_path, journal=POSTGRES)
    assert "nemovideo[ray]" in (caught.value.hint or "")


def test_ray_retries_nothing() -> None:
    options = GenerateVideos.ray_options(workers=3)
    assert (options["max_restarts"], options["max_task_retries"]) == (0, 0)
    assert options["concurrency"] == 3


@pytest.mark.parametrize(
    ("given", "parsed"),
    [
        (["--ray"], ["--ray="]),
        (["--ray", "--workers", "2"], ["--ray=", "--workers", "2"]),
        (["--ray", "10.0.0.1:6379"], ["--ray", "10.0.0.1:6379"]),
        (["--ray", "[::1]:6379"], ["--ray", "[::1]:6379"]),
        (["--ray", "auto"], ["--ray", "auto"]),
        (["--ray", "jobs.csv"], ["--ray=", "jobs.csv"]),
        (["--ray=head:1", "jobs.csv"], ["--ray=head:1", "jobs.csv"]),
        (["-o", "films", "--", "--ray"], ["-o", "films", "--", "--ray"]),
    ],
)
def test_the_address_after_ray_may_be_left_out(given: list[str], parsed: list[str]) -> None:
    assert with_ray_address(given) == parsed
