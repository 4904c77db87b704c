"""Where a page is played: a sandbox, a folder with files to upload, one namespace."""

from __future__ import annotations

import ast
import asyncio
import contextlib
import io
import os
import re
import subprocess
import sys
import tomllib
import wave
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.metadata import metadata
from inspect import iscoroutine
from pathlib import Path
from types import CodeType

import pytest
from PIL import Image

import nemovideo
from nemovideo.sandbox import Sandbox
from nemovideo.sandbox.studio.stub import stub
from tests.docs.blocks import Block

ROOT = Path(__file__).parents[2]
PATIENCE = 600
_INSTALL = re.compile(r"^(?:\S*/)?(?:python3? -m )?(?:pip install|venv) .*$|^python3? -m venv .*$")
_OURS = re.compile(r"(?:nemovideo|\.)\[([a-z,]+)\]")
_GROUP = re.compile(r"--group (\S+)")


@dataclass
class Stage:
    """Plays the blocks of one page in order.

    Args:
        sandbox: what the page talks to; its snippets know it as `_sandbox`.
        folder: the folder that they run in.
        environment: of its commands.
    """

    sandbox: Sandbox
    folder: Path
    environment: dict[str, str]
    runner: asyncio.Runner
    names: dict[str, object] = field(default_factory=dict[str, object])
    printed: str = ""
    servers: list[subprocess.Popen[str]] = field(default_factory=list[subprocess.Popen[str]])

    def play(self, block: Block) -> None:
        """Do what one block says, and check what it promises."""
        match block.kind:
            case "python":
                self.printed = self._python(block)
            case "raises":
                self._raises(block)
            case "commands":
                self.printed = self._commands(block)
            case "background":
                self._start(block)
            case "file" | "script":
                (self.folder / block.argument).write_text(block.body, "utf-8")
                if block.kind == "script":
                    self.printed = self._run(f"{sys.executable} {block.argument}")
            case "add":
                with (self.folder / block.argument).open("a", encoding="utf-8") as file:
                    file.write(block.body)
            case "elsewhere":
                compile_snippet(block)
            case "output":
                check_output(block.body, self.printed)
            case _:
                assert block.kind == "not run"

    def _python(self, block: Block) -> str:
        code = compile_snippet(block)
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            awaitable = eval(code, self.names)  # it is the page that says what to do
            if iscoroutine(awaitable):
                self.runner.run(awaitable)
        return printed.getvalue()

    def _raises(self, block: Block) -> None:
        with pytest.raises(nemovideo.NemoVideoError) as caught:
            self._python(block)
        assert type(caught.value).__name__ == block.argument
        self.printed = f"{block.argument}: {caught.value}\n"

    def _commands(self, block: Block) -> str:
        if block.language != "console":
            return self._run(without_installs(block.body))
        printed = ""
        for command, promised in read_console(block.body):
            printed = self._run(without_installs(command))
            if promised:
                check_output(promised, printed)
        return printed

    def _run(self, script: str) -> str:
        # stderr is shown when it fails, and is no part of what a page promises. The colon keeps
        # bash, which would turn into the last command: that may look for the shell it is typed in.
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", f"{script}\n:"],
            cwd=self.folder,
            env=self.environment,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, f"{script}\nexit code {done.returncode}\n{done.stderr}"
        return done.stdout

    def _start(self, block: Block) -> None:
        """Start a command that stays, and wait for the word that says that it is up."""
        ((command, _),) = read_console(block.body)
        server = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
        )
        self.servers.append(server)
        assert server.stdout is not None
        lines: list[str] = []
        for line in server.stdout:
            lines.append(line)
            if block.argument in line:
                return
        raise AssertionError("".join(lines))

    async def _close_clients(self) -> None:
        for value in self.names.values():
            if isinstance(value, nemovideo.AsyncNemoVideo):
                await value.aclose()
            elif isinstance(value, nemovideo.NemoVideo):
                value.close()

    def close(self) -> None:
        """Close what the page left open, as the end of a program would."""
        for server in self.servers:
            server.terminate()
            server.communicate(timeout=PATIENCE)
        self.runner.run(self._close_clients())


@contextlib.contextmanager
def open_stage(sandbox: Sandbox, folder: Path) -> Iterator[Stage]:
    """Set a stage up: files to upload, a checkout to look at, an environment of its own."""
    for name in ("nemovideo", "tests", "docs", "examples", "mkdocs.yml", "pyproject.toml"):
        (folder / name).symlink_to(ROOT / name)
    (folder / ".venv").symlink_to(sys.prefix)
    make_media(folder)
    names: dict[str, object] = {"__name__": "__page__", "_sandbox": sandbox}
    with asyncio.Runner() as runner:
        stage = Stage(sandbox, folder, build_environment(sandbox, folder), runner, names)
        try:
            yield stage
        finally:
            stage.close()


def make_media(folder: Path) -> None:
    """Write what pages upload: two clips, a picture and a song."""
    for clip in ("beach.mp4", "dunes.mp4"):
        stub(folder / clip, duration=4)
    Image.new("RGB", (640, 360), "teal").save(folder / "photo.jpg")
    with wave.open(str(folder / "song.wav"), "wb") as song:
        song.setnchannels(1)
        song.setsampwidth(2)
        song.setframerate(8000)
        song.writeframes(bytes(16000))


def build_environment(sandbox: Sandbox, folder: Path) -> dict[str, str]:
    """Return an environment that leads to the sandbox and holds nothing of who runs the checks."""
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(folder),
        "NEMO_API_URL": sandbox.url,
        "NEMO_WEB_URL": sandbox.web_url,
        "PYTHONUTF8": "1",
        "PYTHONWARNINGS": "error",
        "COLUMNS": "80",
        "UVICORN_PORT": "0",
    }


def compile_snippet(block: Block) -> CodeType:
    """Compile a snippet, `await` at top level allowed; errors point into the page."""
    flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    padded = "\n" * block.line + block.body
    return compile(padded, "<page>", "exec", flags=flags, dont_inherit=True)


def read_console(body: str) -> list[tuple[str, str]]:
    """Return each command of a terminal session with what it is promised to print."""
    parts = re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]
    found: list[tuple[str, str]] = []
    for part in parts:
        match = re.match(r"((?:[^\n]*\\\n)*[^\n]*)\n?(.*)", part, re.DOTALL)
        assert match is not None
        found.append((match[1].replace("\\\n", " "), match[2].strip("\n")))
    return found


def without_installs(script: str) -> str:
    """Return a script without its installations, of which only the names are checked.

    The checks run with everything installed; to install it again would test the registry.
    """
    usual: list[str] = []
    for line in script.splitlines():
        steps = line.split(" && ")
        for step in steps:
            if _INSTALL.match(step.strip()):
                check_install(step)
        usual.append(" && ".join(s for s in steps if not _INSTALL.match(s.strip())))
    return "\n".join(usual)


def check_install(command: str) -> None:
    """Check that the extras and groups that a command installs are there."""
    extras = set(metadata("nemovideo").get_all("Provides-Extra") or ())
    for names in _OURS.findall(command):
        assert set(names.split(",")) <= extras, command
    groups = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
    assert set(_GROUP.findall(command)) <= groups.keys(), command


def check_output(promised: str, printed: str) -> None:
    """Compare what is printed with what a page says; `...` stands for anything."""
    pattern = re.escape(promised.strip()).replace(re.escape("..."), ".*?")
    actual = "\n".join(line.rstrip() for line in printed.strip().splitlines())
    if not re.fullmatch(pattern, actual, re.DOTALL):
        assert actual == promised.strip()
