"""`nemovideo doctor`: runs the checks and shows what they found."""

from __future__ import annotations

import os
import sysconfig
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from textwrap import wrap
from typing import Final

from anyio import to_thread

from nemovideo.cli.chinese_texts import in_locale
from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.commands import doctor_checks
from nemovideo.cli.commands.doctor_checks import Check, Verdict
from nemovideo.cli.display.output import Output
from nemovideo.cli.error_output import DONE, FAILED
from nemovideo.errors import NemoVideoError
from nemovideo.journal.recorder import JournalRecorder
from nemovideo.progress.units import count
from nemovideo.timeline.wording import display_width, pad
from nemovideo.transports._proxies import Proxies
from nemovideo.transports.base import Request, Response
from nemovideo.transports.default import default_transport

_MARKS: Final[dict[Verdict, tuple[str, str, str]]] = {
    # Mark, mark in ASCII, style.
    "ok": ("✓", "ok  ", "green"),
    "warning": ("!", "warn", "yellow"),
    "failed": ("✗", "FAIL", "bold red"),
}
_NAME_COLUMNS = 15
_LEAST_COLUMNS = 20
_TIMEOUT = 10


async def run_doctor(context: CommandContext, output: Output) -> int:
    """Run every check, write its result, and return 0 if none failed."""
    found: list[Check] = []
    async with aclosing(_checks(context)) as run:
        async for check in run:
            found.append(check)
            _show(output, check)
    healthy = all(check.verdict != "failed" for check in found)
    if output.json:
        output.result("", healthy=healthy, checks=[asdict(check) for check in found])
    else:
        output.result(in_locale(_conclusion(found)))
    return DONE if healthy else FAILED


async def _checks(context: CommandContext) -> AsyncGenerator[Check]:
    settings, now = context.settings, datetime.now(UTC)
    yield doctor_checks.check_version()
    yield doctor_checks.check_extras()
    command = await to_thread.run_sync(_check_command)
    if command is not None:
        yield command
    yield await to_thread.run_sync(doctor_checks.check_config_folder, settings.config_dir)
    token, has_token = await to_thread.run_sync(doctor_checks.check_token, settings, now)
    yield token
    if settings.trust_env:
        yield doctor_checks.check_proxies(Proxies(None, trust_env=True), settings.base_url)
    answered = True
    async with aclosing(_check_service(context)) as service:
        async for check in service:
            answered = answered and check.verdict != "failed"
            yield check
    # Without a token, this would use one of the few that an IP address gets in a week.
    if answered and has_token:
        yield await _check_credits(context)
    yield await _check_journal(context)


def _check_command() -> Check | None:
    search_path = [Path(each) for each in os.get_exec_path() if each]
    return doctor_checks.check_command(search_path, Path(sysconfig.get_path("scripts")))


async def _check_service(context: CommandContext) -> AsyncGenerator[Check]:
    settings = context.settings
    try:
        response = await _probe(settings.base_url, trust_env=settings.trust_env)
    except NemoVideoError as error:
        yield doctor_checks.unreachable(error.message, error.hint)
        return
    found = doctor_checks.check_service(settings.base_url, response)
    yield found
    if found.verdict == "failed":
        return
    yield doctor_checks.check_tls(settings.base_url)
    yield doctor_checks.check_clock(response.headers.get("date"), datetime.now(UTC))


async def _probe(url: str, *, trust_env: bool) -> Response:
    """Ask for the balance without a token: the service says that one is needed."""
    transport = default_transport(trust_env=trust_env)
    try:
        return await transport.send(
            Request(
                "GET",
                f"{url}{doctor_checks.PROBED}",
                connect_timeout=_TIMEOUT,
                total_timeout=_TIMEOUT,
            )
        )
    finally:
        await transport.aclose()


async def _check_credits(context: CommandContext) -> Check:
    try:
        balance = await context.client.credits.retrieve()
    except NemoVideoError as error:
        return Check("credits", "failed", error.message, error.hint)
    return doctor_checks.check_balance(balance.available, balance.frozen)


async def _check_journal(context: CommandContext) -> Check:
    recorder = JournalRecorder(context.settings)
    try:
        unfinished = await recorder.unfinished()
        return doctor_checks.check_journal(recorder.available, len(unfinished))
    except NemoVideoError as error:
        return Check("journal", "failed", error.message, error.hint)
    finally:
        await recorder.aclose()


def _show(output: Output, check: Check) -> None:
    output.event("check", **asdict(check))
    symbol, ascii_mark, style = _MARKS[check.verdict]
    mark = ascii_mark if output.is_ascii(error=False) else symbol
    indent = len(mark) + 1 + _NAME_COLUMNS
    name = pad(in_locale(check.name), _NAME_COLUMNS)
    width = output.stdout_width
    output.styled_result(
        (f"{mark} ", style), (name, "bold"), (_hang(in_locale(check.found), indent, width), "")
    )
    if check.advice:
        output.styled_result((" " * indent + _hang(in_locale(check.advice), indent, width), "cyan"))


def _hang(text: str, indent: int, width: int | None) -> str:
    """Wrap a text with a hanging indent; not at all without a width."""
    if width is None:
        return text
    columns = max(width - indent, _LEAST_COLUMNS)
    characters = columns * len(text) // max(display_width(text), 1)
    lines = wrap(text, max(characters, 1), break_on_hyphens=False)
    return f"\n{' ' * indent}".join(lines)


def _conclusion(found: list[Check]) -> str:
    failed = sum(check.verdict == "failed" for check in found)
    warned = sum(check.verdict == "warning" for check in found)
    if failed:
        return f"Not healthy: {failed} of {len(found)} checks failed."
    return "Healthy." if not warned else f"Healthy, with {count(warned, 'warning')}."
