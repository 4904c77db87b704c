"""HTML fragments, in which foreign text is escaped."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from nemovideo.security.printable_text import printable

# JupyterLab has its colours in variables. Elsewhere the system's theme counts, unless the page has
# one of its own: VS Code as a class, Colab as an attribute.
_LIGHT: Final = "--ink:#1c2430;--soft:#5a6472;--line:#dfe2e7;--hue:#2f63c9;--bad:#b3261e"
_DARK: Final = "--ink:#e9ecf2;--soft:#a3abb8;--line:#343a45;--hue:#78a4ff;--bad:#ff8a80"
_IS_LIGHT: Final = (
    "body[data-jp-theme-light=true] .nemo",
    "body.vscode-light .nemo",
    "html[theme=light] .nemo",
)
_IS_DARK: Final = (
    "body[data-jp-theme-light=false] .nemo",
    "body.vscode-dark .nemo",
    "html[theme=dark] .nemo",
)


def _each(selectors: tuple[str, ...], end: str, rule: str) -> str:
    return ",".join(selector + end for selector in selectors) + "{" + rule + "}"


_STYLE: Final = (
    ".nemo{" + _LIGHT + ";color:var(--jp-ui-font-color1,var(--ink));max-width:680px;"
    "font:14px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans CJK SC',sans-serif;"
    "border:1px solid var(--jp-border-color2,var(--line));border-radius:8px;padding:12px 16px;"
    "margin:4px 0;overflow-wrap:anywhere}"
    ".nemo *{box-sizing:border-box}"
    ".nemo p{margin:6px 0 0;white-space:pre-wrap}"
    ".nemo .head{font-weight:600}"
    ".nemo .soft{color:var(--jp-ui-font-color2,var(--soft));font-weight:400}"
    ".nemo .bad{color:var(--bad)}"
    ".nemo a{color:var(--jp-content-link-color,var(--hue))}"
    ".nemo ul{margin:6px 0 0;padding-left:20px}"
    ".nemo video,.nemo img.still{display:block;max-width:100%;max-height:420px;margin-top:8px;"
    "border-radius:6px;background:#000}"
    ".nemo img.line{display:block;width:100%;margin-top:8px;border-radius:6px}"
    ".nemo img.dark{display:none}"
    # Notebooks align tables to the right, and squeeze the columns of short words.
    ".nemo table.rows{width:100%;margin:8px 0 0;table-layout:auto;border-collapse:collapse}"
    ".nemo table.rows th,.nemo table.rows td{text-align:left;vertical-align:top;"
    "padding:2px 16px 2px 0;max-width:none;white-space:nowrap}"
    ".nemo table.rows th:last-child,.nemo table.rows td:last-child{width:100%;padding-right:0;"
    "white-space:normal}"
    ".nemo .bar{height:8px;margin-top:8px;border-radius:4px;overflow:hidden;"
    "background:var(--jp-layout-color3,var(--line))}"
    ".nemo .bar i{display:block;height:100%;background:var(--jp-brand-color1,var(--hue))}"
    "@media (prefers-color-scheme:dark){.nemo{" + _DARK + "}"
    ".nemo img.dark{display:block}.nemo img.light{display:none}}"
    + _each(_IS_LIGHT, "", _LIGHT)
    + _each(_IS_LIGHT, " img.light", "display:block")
    + _each(_IS_LIGHT, " img.dark", "display:none")
    + _each(_IS_DARK, "", _DARK)
    + _each(_IS_DARK, " img.dark", "display:block")
    + _each(_IS_DARK, " img.light", "display:none")
)


def escape(text: str) -> str:
    """Escape foreign text, including marks of direction, which browsers obey."""
    return html.escape(printable(text))


def card(*parts: str) -> str:
    """Return an output: fragments in a frame, with its style sheet."""
    return f'<style>{_STYLE}</style><div class="nemo">{"".join(parts)}</div>'


def head(title: str, *details: str | None) -> str:
    spans = "".join(f' <span class="soft">· {escape(each)}</span>' for each in details if each)
    return f'<div class="head">{escape(title)}{spans}</div>'


def paragraph(text: str, kind: str = "") -> str:
    shown = escape(text)
    return f'<p class="{kind}">{shown}</p>' if shown.strip() else ""


def plain(text: str) -> str:
    """Return text as the page shows what prints, without a frame."""
    return f'<pre style="margin:0;white-space:pre-wrap">{escape(text)}</pre>'


def items(lines: list[str]) -> str:
    """Return a list; nothing if it is empty."""
    return f"<ul>{''.join(f'<li>{escape(line)}</li>' for line in lines)}</ul>" if lines else ""


def table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; nothing if it has no rows."""
    if not rows:
        return ""
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows
    )
    return f'<table class="rows"><tr>{head}</tr>{body}</table>'


def link(url: str, text: str) -> str:
    try:
        is_web = urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        is_web = False
    if not is_web:
        return ""
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


def bar(fraction: float) -> str:
    percent = min(1.0, max(0.0, fraction)) * 100
    return f'<div class="bar"><i style="width:{percent:.0f}%"></i></div>'


def data_url(mime: str, content: bytes) -> str:
    """Return a data URL, so that the page needs no other file."""
    return f"data:{mime};base64,{base64.b64encode(content).decode()}"


def image(mime: str, content: bytes, kind: str, alt: str) -> str:
    """Return an image. An SVG in it runs no script, and does not affect the page's style."""
    return f'<img class="{kind}" src="{data_url(mime, content)}" alt="{escape(alt)}">'
