"""Write the Python of the documentation and of the notebooks as modules, for type checkers.

`python -m tests.docs.snippets FOLDER`; a line of a page is the same line of its module.
"""

from __future__ import annotations

import json
import sys
import textwrap
from pathlib import Path

from tests.docs.blocks import read_blocks

ROOT = Path(__file__).parents[2]
# `await` stands at top level, which only a function may have; pages know the sandbox they run in.
# Snippets have no annotations where their readers would write none, and each may have a `main`.
MODE = "# pyright: standard, reportRedeclaration=false\n"
HEAD = "from nemovideo.sandbox import Sandbox\nasync def page(_sandbox: Sandbox) -> None:"


def write_page(page: Path, folder: Path) -> None:
    """Write the snippets of a page as one function, and each of its files as a module."""
    shown = HEAD.splitlines()
    files: dict[str, str] = {}
    for block in read_blocks(page.read_text("utf-8")):
        if block.kind in ("file", "script", "add"):
            files[block.argument] = files.get(block.argument, "") + block.body
        elif block.language == "python" and block.kind in ("python", "raises"):
            # The line of a block is that of its fence.
            shown += [""] * (block.line - len(shown))
            shown += textwrap.indent(block.body, "    ").splitlines()
    name = page.relative_to(ROOT).with_suffix("").as_posix().replace("/", "_").replace("-", "_")
    if len(shown) > 2:
        (folder / f"{name}.py").write_text("\n".join([*shown, MODE]), "utf-8")
    for file, text in files.items():
        if file.endswith(".py"):
            (folder / f"{name}_{file}").write_text(text + MODE, "utf-8")


def write_notebook(notebook: Path, folder: Path) -> None:
    """Write the cells of a notebook as one function."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    body = textwrap.indent("\n\n".join(code), "    ")
    (folder / f"notebook_{notebook.stem}.py").write_text(f"{HEAD}\n{body}\n{MODE}", "utf-8")


def main(folder: Path) -> None:
    """Write all pages and notebooks into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))):
        write_page(page, folder)
    for notebook in sorted((ROOT / "examples").rglob("*.ipynb")):
        write_notebook(notebook, folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
