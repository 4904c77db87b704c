"""The command `nemovideo verify`."""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from typing import Final, Literal, TypeAlias
from urllib.parse import urlsplit

from nemovideo.cli.client_context import CommandContext
from nemovideo.cli.display.output import Output
from nemovideo.cli.error_output import DONE, FAILED
from nemovideo.cli.verify.facts import FACTS
from nemovideo.cli.verify.facts.fact import Fact
from nemovideo.cli.verify.service import CLIP_CREDITS, KEY, Differs, NotTried, Service
from nemovideo.config.settings import Settings
from nemovideo.errors import NemoVideoError
from nemovideo.security.hosts import is_loopback
from nemovideo.security.redaction import redact
from nemovideo.transports.base import Transport
from nemovideo.transports.default import default_transport

Verdict: TypeAlias = Literal["held", "differs", "not tried"]

_STYLES: Final[dict[Verdict, str]] = {"held": "green", "differs": "bold red", "not tried": "dim"}
_FACT_COLUMNS: Final = 50
_SETTLE_SECONDS: Final = 30.0
"""How long after a stream its session is read again."""


@dataclass(frozen=True)
class Finding:
    """What was found out about one fact.

    Args:
        fact: Its name.
        verdict: Whether it held.
        found: What the service did, or why it was not tried.
        row: The row of the fidelity page.
    """

    fact: str
    verdict: Verdict
    found: str
    row: str


@dataclass(frozen=True)
class VerifyCommand:
    """`nemovideo verify`, with the credits that it may spend."""

    spend: float

    async def run(self, context: CommandContext, output: Output) -> int:
        """Try every fact, write the table, and return 0 if none differs."""
        announcement = _announcement(context.settings, self.spend)
        output.event("announcement", text=announcement, spend=self.spend)
        if self.spend >= CLIP_CREDITS and output.quiet:
            output.print_error(announcement, heading="")
        else:
            output.note(announcement)
        async with AsyncExitStack() as stack:
            carrier = context.recorder
            if carrier is None:
                carrier = default_transport(trust_env=context.settings.trust_env)
                stack.push_async_callback(carrier.aclose)
            findings = await verify(
                context.settings, carrier, self.spend, lambda finding: _show(output, finding)
            )
        numbers = {
            verdict: sum(each.verdict == verdict for each in findings) for verdict in _STYLES
        }
        counts = ", ".join(f"{number} {verdict}" for verdict, number in numbers.items())
        names = [each.fact for each in findings if each.verdict == "differs"]
        output.result(
            f"{counts}." + "".join(f"\nDiffers: {name}" for name in names),
            facts=[asdict(each) for each in findings],
            **{verdict.replace(" ", "_"): number for verdict, number in numbers.items()},
        )
        return FAILED if names else DONE


async def verify(
    settings: Settings,
    carrier: Transport,
    spend: float = 0,
    report: Callable[[Finding], None] = lambda finding: None,
    *,
    only: Collection[str] | None = None,
) -> list[Finding]:
    """Try the facts, each in turn, and return what was found.

    Raises:
        NemoVideoError: The service cannot be reached, or refuses the account.
    """
    local = is_loopback(urlsplit(settings.base_url).hostname)
    service = Service(settings, carrier, spend, 0 if local else _SETTLE_SECONDS)
    findings: list[Finding] = []
    try:
        await service.start()
        for fact in FACTS:
            if only is None or fact.name in only:
                findings.append(await _try(fact, service))
                report(findings[-1])
    finally:
        await service.client.aclose()
    return findings


async def _try(fact: Fact, service: Service) -> Finding:
    verdict: Verdict = "not tried"
    found = fact.reason
    if fact.check is not None:
        try:
            found = await fact.check(service)
            verdict = "held"
        except Differs as difference:
            verdict, found = "differs", str(difference)
        except NotTried as reason:
            found = str(reason)
        except NemoVideoError as error:
            found = error.message
    return Finding(fact.name, verdict, redact(found), fact.row)


def _announcement(settings: Settings, spend: float) -> str:
    small = (
        f"Verifying {settings.base_url}: about 40 small requests and uploads. They cost no credits."
        " Without a token, one is requested: a client gets one in 7 days."
    )
    if spend < CLIP_CREDITS:
        return f"{small} With --spend {CLIP_CREDITS}, one clip is generated as well."
    return (
        f"{small}\nOne clip is generated, for about {CLIP_CREDITS} credits, and rendered; at most"
        f" {spend:g} credits are spent. Another run uses the same clip, as it has the key"
        f' "{KEY}", and spends nothing on it.'
    )


def _show(output: Output, finding: Finding) -> None:
    output.event("fact", **asdict(finding))
    style, fact = _STYLES[finding.verdict], finding.fact
    apart = "\n" + " " * 10 if len(fact) > _FACT_COLUMNS else " " * (_FACT_COLUMNS - len(fact))
    output.styled_result(
        (f"{finding.verdict:<10}", style), (fact, ""), (f"{apart}  {finding.found}", "dim")
    )
