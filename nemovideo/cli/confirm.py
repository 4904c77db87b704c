"""Questions on the terminal that are answered by y or n."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from anyio import to_thread

from nemovideo.cli.chinese_texts import in_locale
from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.daemon_thread import run_in_daemon_thread
from nemovideo.cli.display.output import Output
from nemovideo.errors import NemoVideoError


def can_ask(output: Output) -> bool:
    return output.is_live and sys.stdin.isatty()


async def confirm(question: str) -> bool:
    """Ask on the terminal; only y and yes are consent."""
    sys.stderr.write(f"{question} {in_locale('[y/N]')} ")
    sys.stderr.flush()
    answer = await run_in_daemon_thread(sys.stdin.readline, "nemovideo-stdin")
    return answer.strip().lower() in ("y", "yes", "是")


async def may_replace(context: CommandContext, output: Output, path: Path) -> bool:
    """Ask before a file is replaced that no render of ours was saved to.

    Where nobody can answer, it is replaced, as it is by `video.save`.
    """
    if not can_ask(output) or not await to_thread.run_sync(path.is_file):
        return True
    url, target = context.settings.base_url, await to_thread.run_sync(path.resolve)
    with suppress(NemoVideoError):  # a journal that cannot be read knows of no render
        renders = await context.query_journal(lambda journal: journal.recent_renders(url))
        if any(render.target_path == target for render in renders):
            return True
    if await confirm(in_locale(f"{path} exists, and was not made here. Replace it?")):
        return True
    output.note(in_locale("Nothing was sent. Choose another name."))
    return False
