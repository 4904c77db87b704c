"""Makes the pictures of the README from a real run: `python docs/make_pictures.py` (needs tmux).

A film is made in a terminal against a sandbox. What the terminal showed becomes an animated SVG,
frame by frame; frames of the film become `panda.jpg`.
"""

from __future__ import annotations

import html
import re
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import anyio

from nemovideo.sandbox import Sandbox

ASSETS: Final = Path(__file__).parent / "assets"
COMMAND: Final = 'nemovideo generate "a 10-second video of a panda walking in bamboo" -o panda.mp4'
WIDTH, HEIGHT = 92, 24
SECONDS_A_FRAME: Final = 0.5
LAST_FRAME: Final = 6
COLORS: Final = {
    "1": "font-weight:bold",
    "2": "fill:#8b949e",
    "31": "fill:#ff7b72",
    "32": "fill:#7ee787",
    "33": "fill:#e3b341",
    "34": "fill:#79c0ff",
    "35": "fill:#d2a8ff",
    "36": "fill:#56d4dd",
    "90": "fill:#8b949e",
}


def record(folder: Path, url: str) -> list[str]:
    """Return the distinct screens of a terminal in which the command runs."""

    def tmux(*arguments: str) -> str:
        command = ["tmux", "-L", "nemovideo-pictures", "-f", "/dev/null", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    environment = f"NEMO_API_URL={url} HOME={shlex.quote(str(folder))} PS1='$ '"
    python = Path(sys.executable).parent
    shell = f"env {environment} PATH={python}:$PATH LANG=C.UTF-8 bash --norc -i"
    size = ["-x", str(WIDTH), "-y", str(HEIGHT)]
    tmux("new-session", "-d", *size, "-c", str(folder), shell)
    screens: list[str] = []
    try:
        time.sleep(1)
        tmux("send-keys", "-l", COMMAND)
        tmux("send-keys", "Enter")
        while not (screens and screens[-1].endswith("$")):
            time.sleep(0.2)
            screen = tmux("capture-pane", "-p", "-e").rstrip()
            if screen and (not screens or screen != screens[-1]):
                screens.append(screen)
    finally:
        tmux("kill-server")
    return thinned(screens)


def thinned(screens: list[str], most: int = 24) -> list[str]:
    """Return at most so many screens, the first and the last among them."""
    step = max(1, len(screens) // most)
    return [*screens[:-1:step], screens[-1]]


def line_svg(line: str, row: int) -> str:
    """Return a line of the terminal, with its colours."""
    spans, style = [], ""
    for codes, text in re.findall(r"(?:\x1b\[([\d;]*)m)?([^\x1b]*)", line):
        if codes:
            styles = [COLORS[code] for code in codes.split(";") if code in COLORS]
            style = ";".join(styles)
        if text:
            attribute = f' style="{style}"' if style else ""
            spans.append(f"<tspan{attribute}>{html.escape(text)}</tspan>")
    return f'<text x="16" y="{40 + row * 18}" xml:space="preserve">{"".join(spans)}</text>'


def animation(screens: list[str]) -> str:
    """Return the screens as an SVG that shows one after the other, again and again."""
    width, height = 32 + WIDTH * 8, 56 + HEIGHT * 18
    total = SECONDS_A_FRAME * (len(screens) - 1) + LAST_FRAME
    groups, rules = [], []
    for number, screen in enumerate(screens):
        begin = 100 * SECONDS_A_FRAME * number / total
        is_last = number == len(screens) - 1
        end = 100.0 if is_last else 100 * SECONDS_A_FRAME * (number + 1) / total
        rules.append(
            f"@keyframes f{number}{{0%{{opacity:0}}{begin:.2f}%{{opacity:1}}"
            f"{end:.2f}%{{opacity:{int(is_last)}}}}}"
            f"#f{number}{{opacity:{int(is_last)};animation:f{number} {total:g}s step-end infinite}}"
        )
        lines = [line_svg(line, row) for row, line in enumerate(screen.split("\n")) if line]
        groups.append(f'<g id="f{number}">{"".join(lines)}</g>')
    still = "@media (prefers-reduced-motion:reduce){g{animation:none!important}}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">'
        "<title>A film is made in the terminal</title>"
        f"<style>text{{font:13px ui-monospace,Menlo,Consolas,monospace;fill:#e6edf3}}"
        f"{''.join(rules)}{still}</style>"
        f'<rect width="{width}" height="{height}" rx="8" fill="#0d1117"/>'
        f"{''.join(groups)}</svg>\n"
    )


async def main() -> None:
    """Make both pictures."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with Sandbox(credits=1000, speed=0.02) as sandbox, sandbox.client() as client:
            screens = await anyio.to_thread.run_sync(record, folder, sandbox.url)
            (ASSETS / "terminal.svg").write_text(animation(screens), "utf-8")
            video = await client.generate("a 10-second video of a panda walking in bamboo")
            sheet = await video.contact_sheet(columns=4, rows=1)
            sheet.save(ASSETS / "panda.jpg", quality=82, optimize=True)


if __name__ == "__main__":
    anyio.run(main)
