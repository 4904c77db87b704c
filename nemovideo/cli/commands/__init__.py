"""What the commands do. Each is imported when it runs, so that `--help` loads none of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from nemovideo.concurrency.lazy_names import lazy_names

if TYPE_CHECKING:
    from nemovideo.cli.chat.repl import chat as chat
    from nemovideo.cli.commands.account import show_credits as show_credits
    from nemovideo.cli.commands.account import show_renders as show_renders
    from nemovideo.cli.commands.batch import BatchCommand as BatchCommand
    from nemovideo.cli.commands.doctor import run_doctor as run_doctor
    from nemovideo.cli.commands.generate import GenerateCommand as GenerateCommand
    from nemovideo.cli.commands.mcp import McpCommand as McpCommand
    from nemovideo.cli.commands.mcp import with_mcp_environment as with_mcp_environment
    from nemovideo.cli.commands.recover import recover as recover
    from nemovideo.cli.commands.sessions import export as export
    from nemovideo.cli.commands.sessions import make_link as make_link
    from nemovideo.cli.commands.sessions import show_status as show_status
    from nemovideo.cli.commands.sessions import upload as upload
    from nemovideo.cli.commands.skill import show_skill as show_skill
    from nemovideo.cli.completion import known_sessions as known_sessions
    from nemovideo.cli.output_paths import format_named as format_named
    from nemovideo.cli.output_paths import parse_output as parse_output
    from nemovideo.cli.piped import check_pipe as check_pipe
    from nemovideo.cli.runner import run as run
    from nemovideo.cli.verify.command import VerifyCommand as VerifyCommand

__getattr__: Callable[[str], object] = lazy_names(
    __name__,
    {
        "nemovideo.cli.chat.repl": ["chat"],
        "nemovideo.cli.commands.account": ["show_credits", "show_renders"],
        "nemovideo.cli.commands.batch": ["BatchCommand"],
        "nemovideo.cli.commands.doctor": ["run_doctor"],
        "nemovideo.cli.commands.generate": ["GenerateCommand"],
        "nemovideo.cli.commands.mcp": ["McpCommand", "with_mcp_environment"],
        "nemovideo.cli.commands.recover": ["recover"],
        "nemovideo.cli.commands.sessions": ["export", "make_link", "show_status", "upload"],
        "nemovideo.cli.commands.skill": ["show_skill"],
        "nemovideo.cli.completion": ["known_sessions"],
        "nemovideo.cli.output_paths": ["format_named", "parse_output"],
        "nemovideo.cli.piped": ["check_pipe"],
        "nemovideo.cli.runner": ["run"],
        "nemovideo.cli.verify.command": ["VerifyCommand"],
    },
)
