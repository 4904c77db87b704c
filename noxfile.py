"""Everything that checks this project. `nox` runs the sessions of a change; `nox -l` lists all."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

import nox

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]

nox.needs_version = ">=2026.10"
nox.options.default_venv_backend = "uv|virtualenv"
# A session without its Python is skipped and named in the summary; with CI set it fails.
nox.options.download_python = "never"
# uv then trusts the certificates that pip trusts: behind a proxy they are the system's.
os.environ.setdefault("UV_SYSTEM_CERTS", "true")
# Each of the programs that tests start would compile all that it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


def _find_pythons() -> list[str]:
    """Return the folders of interpreters that pyenv holds and no shell has activated.

    Its shims are programs of that name which fail, so what they stand for comes before them.
    """
    on_path = [Path(each) for each in os.environ["PATH"].split(os.pathsep)]
    roots = [each.parent for each in on_path if each.name == "shims"]
    # Where this Python is pyenv's own, the others lie beside it.
    roots += [Path(sys.base_prefix).parent.parent, Path("~/.pyenv").expanduser()]
    roots += [Path(root) for root in [os.environ.get("PYENV_ROOT")] if root]
    return [str(path) for root in roots for path in sorted(root.glob("versions/3.*/bin"))]


os.environ["PATH"] = os.pathsep.join([*_find_pythons(), os.environ["PATH"]])

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
FULL = HERE if HERE in PYTHONS else PYTHONS[0]
FOUND = [each for each in PYTHONS if shutil.which(f"python{each}")]
nox.options.sessions = [
    *("lint", "types", "package", "docs", "examples", "quick", f"tests-{FULL}", "wheel")
]
# Those that keep one core busy run two at a time; the suite has both to itself.
nox.options.parallel = 2
# Most tests wait for sockets, terminals and renders more than they compute.
SIDE_BY_SIDE = ("-n", "3", "--dist", "worksteal")
# After what differs between versions: few examples of each property will do, and what takes long
# for its waits or its renders is left to the oldest.
BRIEF = {"NEMOVIDEO_EXAMPLES": "brief"}
SHORT = ("-m", "not repository and not slow")
# A test of the sandbox, of a socket or of another process is no unit test; what is left takes
# seconds.
UNIT = (
    *("tests/auth/test_config_folder.py", "tests/concurrency", "tests/files", "tests/journal"),
    *("tests/language", "tests/models", "tests/protocol", "tests/security", "tests/timeline"),
    *("tests/test_errors.py", "tests/test_sse.py"),
    *("--ignore=tests/files/test_storage.py", "--ignore=tests/files/test_large.py"),
    *("-m", "not process and not server and not slow and not trio"),
)
# What differs between operating systems, as far as it takes no terminal: files, locks, processes,
# sockets, names, the pytest plugin. Each file of it runs on macOS and Windows, too.
SMOKE = (
    *("tests/auth", "tests/concurrency/test_threads.py", "tests/files/test_download_target.py"),
    *("tests/files/test_inputs.py", "tests/files/test_safe_names.py"),
    *("tests/journal/test_journal.py", "tests/security/test_private_files.py"),
    *("tests/test_errors.py", "tests/testing", "tests/transports/test_memory.py"),
    *("tests/cli/chat/test_commands.py", "tests/sandbox/test_sandbox.py"),
)
# What a wheel can get wrong that a source tree has right: modules and data that are missing, and
# what the newest Python does otherwise. So all that is public once, the sandbox's fonts and pages
# included.
PUBLIC = (
    *SMOKE,
    *("tests/test_imports.py", "tests/test_licenses.py", "tests/contract", "tests/notebook"),
    *("tests/money/test_once.py", "tests/cli/test_main.py", "tests/cli/test_generate.py"),
    *("tests/sandbox/test_main.py", "tests/sandbox/routes/test_dashboard.py"),
    *("tests/sandbox/routes/test_renders.py", "tests/sandbox/studio/test_render.py"),
)
# To find names of the standard library that another system lacks, our own code is enough: without
# that of others it takes 3 s, not 11. The studio is all numbers, and makes no sense without NumPy.
ELSEWHERE = (
    *("--config-file=", "--python-version=3.11", "--follow-imports=skip"),
    "--exclude=sandbox/studio/",
)
# What sees the package as its users' code does.
WRITTEN_BY_USERS = ("examples", "tests/typing_user.py", "tests/typing_blocking.py")
# Each library from outside, and its private parts that are used.
CANARY = ("tests/transports", "tests/pipeline", "tests/auth", "tests/cli", "tests/notebook")
# In bytes, of which six million are fonts.
LARGEST_WHEEL = 9_000_000
# What a file of `.github/` must look like, by the names of check-jsonschema's own schemas.
FORMS = {
    "github-workflows": "workflows/*.yml",
    "github-issue-forms": "ISSUE_TEMPLATE/*_*.yml",
    "github-issue-config": "ISSUE_TEMPLATE/config.yml",
    "dependabot": "dependabot.yml",
}
PROJECT = nox.project.load_toml("pyproject.toml")


def group(name: str) -> list[str]:
    """Return a dependency group of pyproject.toml."""
    return list(nox.project.dependency_groups(PROJECT, name))


@nox.session(allow_parallel=True)
def lint(session: nox.Session) -> None:
    """Style, the habits that a linter can see, and what `.github/` holds."""
    session.install(*group("lint"), *group("workflows"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    for schema, files in FORMS.items():
        names = [str(path) for path in sorted(Path(".github").glob(files))]
        session.run("check-jsonschema", "--builtin-schema", f"vendor.{schema}", *names)
    session.run("zizmor", "--offline", "--quiet", ".github")


@nox.session(allow_parallel=True)
def types(session: nox.Session) -> None:
    """mypy, strict, on the package; pyright, strict, on what a user writes, examples and pages."""
    session.install("-e", ".[all]", *group("types"), *group("examples"), *group("test"))
    session.run("mypy")
    for system in ("win32", "darwin"):
        cache = f"--cache-dir=.mypy_cache/{system}"
        session.run("mypy", *ELSEWHERE, f"--platform={system}", cache, "nemovideo")
    shutil.rmtree("build/snippets", ignore_errors=True)
    session.run("python", "-m", "tests.docs.snippets", "build/snippets")
    session.run("pyright", *WRITTEN_BY_USERS, "build/snippets")


@nox.session(allow_parallel=True)
def pyright(session: nox.Session) -> None:
    """pyright, strict, on the package: a second opinion that takes as long as all other types."""
    session.install("-e", ".[all]", *group("types"))
    session.run("pyright", "nemovideo")


@nox.session(python=PYTHONS)
def tests(session: nox.Session) -> None:
    """The suite: in full, with branch coverage, on the Python that runs nox; in brief on others."""
    session.install("-e", ".[all]", *group("test"))
    if session.python != FULL:
        session.run("pytest", "-q", *SIDE_BY_SIDE, *SHORT, *session.posargs, env=BRIEF)
        return
    # The documentation has a session of its own.
    everything = ("--ignore=tests/docs", *session.posargs)
    session.run("coverage", "erase")
    # Measuring doubles the time, and the rest is enough to see where no test goes: a property goes
    # the same way a hundred times.
    unmeasured = "trio or slow or hypothesis"
    chosen = ("-m", f"not ({unmeasured})", *everything)
    session.run("coverage", "run", "-m", "pytest", "-q", *SIDE_BY_SIDE, *chosen)
    session.run("pytest", "-q", *SIDE_BY_SIDE, "-m", unmeasured, *everything)
    session.run("coverage", "combine", "-q")
    session.run("coverage", "report", "--fail-under=95")


@nox.session
def unit(session: nox.Session) -> None:
    """What needs no server and no other process, in seconds: for the time in which you write."""
    session.install("-e", ".[all]", *group("test"))
    session.run("pytest", "-q", *SIDE_BY_SIDE, *UNIT, *session.posargs, env=BRIEF)


@nox.session
def smoke(session: nox.Session) -> None:
    """What differs between operating systems, in half a minute: for macOS and Windows."""
    session.install("-e", ".[all]", *group("test"))
    session.run("pytest", "-q", *SIDE_BY_SIDE, *SHORT, *SMOKE, *session.posargs, env=BRIEF)


@nox.session(python=FOUND[-1] if FOUND else None)
def wheel(session: nox.Session) -> None:
    """The built wheel on the newest Python there is, with the source tree out of the way."""
    session.install("build", *group("types"), *group("test"))
    away = Path(tempfile.mkdtemp())
    try:
        session.run("python", "-m", "build", "-o", str(away), silent=True)
        (built,) = away.glob("*.whl")
        if built.stat().st_size > LARGEST_WHEEL:
            session.error(f"the wheel has {built.stat().st_size} bytes: what is in it?")
        session.install(f"nemovideo[all] @ {built.as_uri()}")
        shutil.copytree("tests", away / "tests", ignore=_no_caches)
        shutil.copy("pyproject.toml", away)
        session.chdir(away)
        # An editable install would be no proof: nobody else has one.
        session.run("pyright", "--verifytypes", "nemovideo", "--ignoreexternal")
        chosen = (*SHORT, *PUBLIC, *session.posargs)
        session.run("pytest", "-q", *SIDE_BY_SIDE, *chosen, env=BRIEF)
    finally:
        session.chdir(Path(__file__).parent)
        shutil.rmtree(away)


@nox.session(allow_parallel=True)
def package(session: nox.Session) -> None:
    """Build the sdist and the wheel into `dist/`, and look at them as a package index does.

    With a tag, `nox -s package -- v0.1.0`, tag, version and changelog must agree.
    """
    session.install(*group("package"))
    session.run("python", ".ci/check_release.py", *session.posargs, silent=True)
    shutil.rmtree("dist", ignore_errors=True)
    session.run("python", "-m", "build", silent=True)
    session.run("twine", "check", "--strict", *map(str, Path("dist").iterdir()))
    session.run("check-wheel-contents", "dist")
    # Of the suite's conftest it needs nothing, and has none of what that imports.
    alone = ("--confcutdir=tests/package", "tests/package")
    session.run("pytest", "-q", *alone, env={"NEMOVIDEO_DIST": "dist"})


@nox.session
def sbom(session: nox.Session) -> None:
    """Install the wheel of `dist/` on its own, and list what that brings: an SBOM in `build/`."""
    session.install(*group("sbom"))
    (built,) = Path("dist").glob("*.whl")
    installed = Path(session.create_tmp()) / "installed"
    session.run("python", "-m", "venv", "--clear", str(installed), silent=True)
    python = str(installed / "bin" / "python")
    wanted = f"nemovideo[all] @ {built.resolve().as_uri()}"
    session.run(python, "-m", "pip", "install", "-q", wanted, external=True)
    # What installed it is no part of it.
    session.run(python, "-m", "pip", "uninstall", "-q", "-y", "pip", "setuptools", external=True)
    session.run(python, "-m", "nemovideo", "--version", external=True)
    Path("build").mkdir(exist_ok=True)
    listed = ("--output-reproducible", "-o", "build/sbom.cdx.json", python)
    session.run("cyclonedx-py", "environment", *listed)


@nox.session(python=PYTHONS[0], venv_backend="uv")
def lowest(session: nox.Session) -> None:
    """The suite on the lowest versions that pyproject.toml admits."""
    session.install("--resolution", "lowest-direct", "-e", ".[all]", *group("test"))
    session.run("pytest", "-q", *SIDE_BY_SIDE, *SHORT, *session.posargs, env=BRIEF)


@nox.session(venv_backend="uv")
def canary(session: nox.Session) -> None:
    """What leans on other libraries, on their newest versions, pre-releases included."""
    # Not silent: what it says is which versions these were.
    session.install("--prerelease", "allow", "-e", ".[all]", *group("test"), silent=False)
    session.run("pytest", "-q", *SIDE_BY_SIDE, *SHORT, *CANARY, *session.posargs, env=BRIEF)


@nox.session(allow_parallel=True)
def docs(session: nox.Session) -> None:
    """Build the site strictly, and run every snippet and command in it."""
    session.install("-e", ".[all]", *group("docs"), *group("test"))
    session.run("pytest", "-q", *SIDE_BY_SIDE, "tests/docs", *session.posargs)
    quiet = {"NO_MKDOCS_2_WARNING": "1"}
    site = str(Path(session.create_tmp()) / "site")
    session.run("mkdocs", "build", "--strict", "-d", site, env=quiet)


@nox.session(allow_parallel=True)
def examples(session: nox.Session) -> None:
    """Run every example against the sandbox."""
    session.install("-e", ".[all]", *group("examples"), *group("test"))
    # They have settings of their own, without plugins.
    session.run("pytest", "-q", "--timeout=300", *SIDE_BY_SIDE, "examples", *session.posargs)


@nox.session
def frameworks(session: nox.Session) -> None:
    """The snippets for frameworks of agents, in an environment apart: they need another `mcp`."""
    session.install("-e", ".[all]", *group("test"))
    # Absolute: its tests run elsewhere.
    folder = Path(session.create_tmp()).resolve() / "frameworks"
    session.run("python", "-m", "venv", "--clear", str(folder))
    (python,) = [*folder.glob("bin/python"), *folder.glob("Scripts/python.exe")]
    install = ("-m", "pip", "install", "-q", *group("frameworks"))
    session.run(str(python), *install, external=True)
    environment = {"NEMOVIDEO_FRAMEWORKS_PYTHON": str(python)}
    session.run("pytest", "-q", "tests/frameworks", *session.posargs, env=environment)


@nox.session(allow_parallel=True)
def quick(session: nox.Session) -> None:
    """The benchmarks in their short form: that they run, never how fast."""
    session.install("-e", ".[all]", *group("benchmarks"))
    session.run("python", "-m", "benchmarks", "--quick", *session.posargs)


@nox.session
def benchmarks(session: nox.Session) -> None:
    """The benchmarks in full, beside the peers; tables and plots go into the docs."""
    session.install("-e", ".[all]", *group("benchmarks"))
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def fuzz(session: nox.Session) -> None:
    """A coverage-guided fuzzer over the stream parser and the envelope, 60 s each."""
    session.install("-e", ".[all]", *group("fuzz"))
    for target in ("sse", "envelope", "agent"):
        session.run("python", f"tests/fuzz/fuzz_{target}.py", "-max_total_time=60")


@nox.session(python="3.12")
def mutants(session: nox.Session) -> None:
    """Small changes of meaning on the money paths, and how many of them the tests notice."""
    session.install("-e", ".[all]", *group("test"))
    session.run("pytest", "-q", "tests/mutation/check_runs.py")
    session.run("python", "tests/mutation/mutate.py", *session.posargs)


@nox.session
def train(session: nox.Session) -> None:
    """Make the models of `language/` again; with `-- --check`, only compare."""
    session.install("-e", ".", *group("train"))
    for script in ("tests/language/train.py", "tests/language/train_ui.py"):
        session.run("python", script, *session.posargs, env={"PYTHONPATH": "."})


@nox.session
def ray(session: nox.Session) -> None:
    """Batches on a Ray cluster of this machine, whose workers, driver and database are killed."""
    session.install("-e", ".[all,ray]", *group("test"), *group("ray"))
    session.run("pytest", "-q", "tests/ray", *session.posargs)


@nox.session
def load(session: nox.Session) -> None:
    """Two hundred generates at a time with faults at every endpoint, for three minutes."""
    session.install("-e", ".[all]")
    session.run("python", "tests/load/load.py", *session.posargs)
    session.run("python", "tests/load/files.py")


def _no_caches(folder: str, names: list[str]) -> set[str]:
    del folder
    return {name for name in names if name == "__pycache__"}
