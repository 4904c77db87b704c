"""What the README's first command takes, and `import nemovideo` on every Python that is here."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.measuring import ROOT
from benchmarks.rows import Row, wall

_PYTHONS = ("3.11", "3.12", "3.13", "3.14")
_IMPORT = """
import time
began = time.process_time()
import nemovideo
print(time.process_time() - began)
"""
_NETWORK = "the package index"


def run(*, quick: bool) -> list[Row]:
    """Measure in fresh environments; in short form only the import, in this one."""
    if quick:
        return [_import(Path(sys.executable), rounds=1)]
    with tempfile.TemporaryDirectory() as folder:
        return [*_first_command(Path(folder)), *_pythons(Path(folder))]


def _first_command(folder: Path) -> list[Row]:
    """Run the command twice, each time from nothing: what pip has downloaded stays for the second.

    A clone is as good as the sources that are here, without what was built from them.
    """
    readme = (ROOT / "README.md").read_text("utf-8")
    line = next(line for line in readme.splitlines() if "-m venv .venv" in line)
    clone = folder / "clone"
    left_out = shutil.ignore_patterns(".*", "tests", "docs", "__pycache__", "dist", "build")
    shutil.copytree(ROOT, clone, ignore=left_out)
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("NEMO")},
        "PIP_CACHE_DIR": str(folder / "pip"),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    }
    *install, generate = re.sub(r"\bpython3\b", shlex.quote(sys.executable), line).split(" && ")
    rows: list[Row] = []
    for how in ("nothing downloaded before", "downloaded before"):
        shutil.rmtree(clone / ".venv", ignore_errors=True)
        with wall() as took:
            failed = _shell(" && ".join(install), clone, environment)
        payload = 'a new environment with ".[sandbox,cli]"'
        work = f"the README's first command: install, {how}"
        if failed:
            return [*rows, Row(work, payload, _NETWORK, note=f"not run: {failed}")]
        size = f"{_bytes(clone / '.venv') / 1e6:,.0f} MB on the disk, pip included"
        rows.append(Row(work, payload, _NETWORK, took(), note=size))
        with wall() as took:
            failed = _shell(generate, clone, environment)
        assert not failed, failed
        (clone / "panda.mp4").unlink()
    film = "a film of 10 s, 1080p, rendered and on the disk"
    return [*rows, Row("the README's first command: the film", film, "sandbox", took())]


def _pythons(folder: Path) -> list[Row]:
    rows: list[Row] = []
    for each in _PYTHONS:
        found = _find(each)
        if found is None:
            work = f"`import nemovideo` on Python {each}"
            rows.append(Row(work, "a fresh interpreter", "none", note="not installed here"))
            continue
        own = folder / each
        failed = _shell(
            f"{shlex.quote(found)} -m venv {own} && {own}/bin/python -m pip install -q {ROOT}",
            folder,
            {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"},
        )
        rows.append(
            Row(f"`import nemovideo` on Python {each}", "", "none", note=f"not run: {failed}")
            if failed
            else _import(own / "bin" / "python", rounds=9)
        )
    return rows


def _find(version: str) -> str | None:
    """Return a Python of this version, wherever it is usual to have several; None without one."""
    known = shutil.which(f"python{version}")
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    several = sorted(pyenv.glob(f"versions/{version}.*/bin/python"))
    return str(several[-1]) if several else known


def _import(python: Path, *, rounds: int) -> Row:
    def once() -> float:
        command = [str(python), "-c", _IMPORT]
        return float(subprocess.run(command, capture_output=True, check=True, cwd="/").stdout)

    once()  # bytecode
    version = subprocess.run([python, "-V"], capture_output=True, check=True, text=True).stdout
    took = median(once() for _ in range(rounds))
    return Row(f"`import nemovideo` on {version.strip()}", "a fresh interpreter", "none", took)


def _shell(command: str, folder: Path, environment: dict[str, str]) -> str:
    """Return why a command failed; empty where it did not."""
    done = subprocess.run(
        ["sh", "-c", command], cwd=folder, env=environment, capture_output=True, text=True
    )
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no reason"])[-1]


def _bytes(folder: Path) -> int:
    return sum(each.lstat().st_size for each in folder.rglob("*") if not each.is_symlink())
