"""`nemovideo batch`: makes a video of each row of a file."""

from __future__ import annotations

import os
import sys
import threading
from contextlib import redirect_stdout
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TextIO, cast

from nemovideo.batch.jobs import JobFile, read_jobs
from nemovideo.cli.chinese_texts import in_locale
from nemovideo.cli.confirm import can_ask, confirm
from nemovideo.cli.display.batch_view import join_parts, report_text
from nemovideo.cli.display.batch_views import open_batch_view
from nemovideo.cli.error_output import DONE, FAILED
from nemovideo.compat.json_result import to_plain
from nemovideo.concurrency.threads import run_in_thread
from nemovideo.progress.units import count
from nemovideo.ray.cluster import open_cluster
from nemovideo.ray.run_batch import check_shared, make_batch

if TYPE_CHECKING:
    from nemovideo.batch.batch import Batch
    from nemovideo.batch.plan import BatchPlan
    from nemovideo.cli.client_context import CommandContext
    from nemovideo.cli.display.output import Output
    from nemovideo.concurrency.callbacks import Callback
    from nemovideo.events import JobEvent


@dataclass(frozen=True)
class BatchCommand:
    """The arguments of the command."""

    jobs: str
    out: str
    concurrency: int = 4
    max_credits: float | None = None
    retry_failed: bool = False
    dry_run: bool = False
    yes: bool = False
    ray: str | None = None
    """The address of a Ray cluster, or "" for one on this machine; None runs the jobs here."""
    workers: int = 4
    journal: str | None = None

    async def run(self, context: CommandContext, output: Output) -> int:
        """Show what is to be done, ask once, make the videos, and print what came of them."""
        asks = self._can_ask(output)
        jobs = await run_in_thread(partial(read_jobs, self.jobs))
        request = partial(self._batch, context, jobs)
        plan = await request().plan()
        available = await self._show(context, output, plan, len(jobs))
        if self.dry_run:
            output.result(
                "",
                jobs=plan.total,
                to_send=plan.to_send,
                picked_up=plan.picked_up,
                skipped=plan.skipped,
                credits=self._cost(plan),
                available=available,
            )
            return DONE
        if plan.to_send and asks and not await confirm(in_locale("Go on?")):
            output.note(in_locale("Nothing was sent."))
            return FAILED
        if self.ray is None:
            return await self._run_all(context, output, jobs)
        with (
            redirect_stdout(cast("TextIO", _OwnStdout(sys.stdout))),
            open_cluster(self.ray or None),
        ):
            return await self._run_all(context, output, jobs)

    def _can_ask(self, output: Output) -> bool:
        """Whether somebody is there to be asked; the jobs may come through stdin."""
        return not self.yes and self.jobs != "-" and can_ask(output)

    def _batch(
        self,
        context: CommandContext,
        jobs: JobFile,
        on_event: Callback[JobEvent] | None = None,
    ) -> Batch:
        if self.ray is not None:
            check_shared(self.journal or os.environ.get("NEMOVIDEO_JOURNAL"))
            return make_batch(
                context.client,
                jobs,
                self.out,
                self.workers,
                self.concurrency,
                self.max_credits,
                self.retry_failed,
            )
        return context.client.batch(
            jobs,
            out=self.out,
            concurrency=self.concurrency,
            max_credits=self.max_credits,
            retry_failed=self.retry_failed,
            on_event=on_event,
        )

    def _cost(self, plan: BatchPlan) -> float:
        return plan.credits if self.max_credits is None else min(plan.credits, self.max_credits)

    async def _show(
        self, context: CommandContext, output: Output, plan: BatchPlan, total: int
    ) -> float:
        """Show how many jobs there are, what they cost and what there is; return the balance."""
        balance = await context.client.credits.retrieve()
        parts = [
            f"{count(total, 'job')}: {plan.to_send:,} to send",
            f"{plan.picked_up:,} sent before" if plan.picked_up else "",
            f"{plan.skipped:,} failed before" if plan.skipped else "",
        ]
        output.note(join_parts(map(in_locale, filter(None, parts))))
        cost = self._cost(plan)
        text = f"Up to {count(cost, 'credit')}; {count(balance.available, 'credit')} available."
        output.note(in_locale(text))
        if cost > balance.available:
            text = "That is not enough for all; the batch stops where it ends."
            output.note(in_locale(text), "yellow")
        return balance.available

    async def _run_all(self, context: CommandContext, output: Output, jobs: JobFile) -> int:
        view = open_batch_view(output, len(jobs))
        batch = self._batch(context, jobs, on_event=view.event)
        try:
            with view:
                async for item in batch:
                    view.item(item)
        finally:
            # After Ctrl-C as well: what there is so far.
            report = batch.report
            if len(report.items) < len(jobs):
                text = f"{len(jobs) - len(report.items):,} of {len(jobs):,} not started."
                output.note(in_locale(text))
            output.result(
                report_text(report),
                **report.counts(),
                credits_used=report.credits_used,
                stopped_by=to_plain(report.stopped_by),
            )
        return DONE if report.is_complete else FAILED


class _OwnStdout:
    """Standard output for this program; what Ray prints in threads of its own goes to stderr."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> object:
        is_ours = threading.current_thread() is threading.main_thread()
        return getattr(self._stream if is_ours else sys.stderr, name)
