"""What the workflows run is there to be run."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.repository


def run_nox(*arguments: str) -> str:
    command = [sys.executable, "-m", "nox", "--list", "--no-color", *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.fixture(scope="module")
def sessions() -> set[str]:
    return set(re.findall(r"^[*-] (\S+)", run_nox(), re.MULTILINE))


def read_workflow(name: str) -> str:
    return (ROOT / ".github" / "workflows" / name).read_text("utf-8")


@pytest.mark.parametrize("name", ["ci.yml", "release.yml"])
def test_every_session_that_a_workflow_runs_is_there(name: str, sessions: set[str]) -> None:
    runs = re.findall(r" -s ([a-z ]+?)(?: --.*)?$", read_workflow(name), re.MULTILINE)
    named = {session for run in runs for session in run.split()}
    assert named
    assert named <= sessions


def test_the_night_has_each_session_with_the_python_that_it_wants() -> None:
    night = dict(re.findall(r'session: (\w+), python: "(.+)"', read_workflow("nightly.yml")))
    assert {"lowest", "canary", "frameworks", "fuzz", "load", "ray", "mutants"} == night.keys()
    for listed in json.loads(run_nox("--json", "-s", *night)):
        assert listed["python"] in {None, night[listed["session"]]}


def test_the_suite_runs_on_every_python_that_it_has_a_session_for(sessions: set[str]) -> None:
    (matrix,) = re.findall(r"^ +python: \[(.+)\]$", read_workflow("ci.yml"), re.MULTILINE)
    run = {f"tests-{each}" for each in re.findall(r'"(.+?)"', matrix)}
    assert run == {session for session in sessions if session.startswith("tests-")}
