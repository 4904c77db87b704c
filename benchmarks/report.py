"""From the figures of one run to the page in the docs."""

from __future__ import annotations

import json
import math
import platform
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from itertools import product
from pathlib import Path
from statistics import median

from benchmarks import plots
from benchmarks.case import Case
from benchmarks.cases.decoding import CHUNK_SIZES, EVENT_SIZES, cell
from benchmarks.growth import Growth
from benchmarks.measuring import Result, ratios, spread
from benchmarks.rows import Row
from benchmarks.waiting import Waited

_PEERS = (
    *("nemovideo", "aiohttp", "anyio", "pydantic", "openai", "anthropic", "runwayml", "replicate"),
    *("fal-client", "google-genai", "httpx", "httpx-sse", "aiohttp-sse-client2"),
)
_INTRODUCTION = """# Benchmarks

Every contender runs in a process of its own against one fixture server, in turn with the others,
and is compared round by round with the floor: a bare loop that does the same work. A ratio is the
median over the rounds, with its quartiles behind it; 1.0 is the floor, and less is faster. What
counts is CPU time, or the time on the clock where disk and threads take part. The raw figures are
in [results.json](benchmarks/results.json).

Made by `nox -s benchmarks`. Absolute times depend on the machine; the ratios barely do.
"""


SECTIONS = {
    "words": "Words",
    "journal": "Entries in the journal",
    "mcp": "A video for an assistant",
    "first-test": "A first test with a scripted agent",
    "install": "Install and import",
    "batch": "Jobs of a batch",
}
"""The tables of figures without a floor, by their names for `--only`."""


@dataclass(slots=True)
class Run:
    """All figures of one run."""

    cases: dict[str, list[Result]] = field(default_factory=dict[str, list[Result]])
    rows: dict[str, list[Row]] = field(default_factory=dict[str, list[Row]])
    growth: dict[str, Growth] = field(default_factory=dict[str, Growth])
    waiting: dict[str, dict[str, Waited]] = field(default_factory=dict[str, dict[str, Waited]])
    breakdown: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])


def table(case: Case, results: list[Result]) -> str:
    """Return a case as a Markdown table, without columns that would be empty."""
    floor = next(result for result in results if result.contender == case.floor)
    done = [result for result in results if result.samples]
    has_memory = any(_memory(result) for result in done)
    heads = ["contender", "ratio", f"{_METRICS[case.metric]} for one {case.unit}"]
    heads += ["memory"] * has_memory + ["longest stall"] * case.watch
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for result in done:
        own = ratios(result, floor, case.metric)
        low, high = spread(own)
        name = f"**{result.contender}**" if result.contender == "nemovideo" else result.contender
        row = [name, f"{median(own):.2f} ({low:.2f}–{high:.2f})"]
        row.append(duration(result.median(case.metric) / result.median("units")))
        row += [_memory(result) or "nothing"] * has_memory
        row += [duration(result.median("stall_ms") / 1000)] * case.watch
        lines.append(f"| {' | '.join(row)} |")
    lines += [
        "",
        *(f"Not run: {each.contender}, {each.skipped}." for each in results if each.skipped),
    ]
    return "\n".join(lines).rstrip()


_METRICS = {"cpu": "CPU", "wall": "time"}


def duration(seconds: float) -> str:
    """Return a time in the unit that a person reads."""
    for unit, factor in (("s", 1.0), ("ms", 1e3), ("µs", 1e6)):
        if seconds * factor >= 1 or unit == "µs":
            value = seconds * factor
            return f"{value:.0f} {unit}" if value >= 100 else f"{value:.3g} {unit}"
    raise AssertionError(seconds)


def _memory(result: Result) -> str:
    """Return what was taken beyond what was there before; empty where that is nothing."""
    if result.has("kib_each"):
        return f"{max(each['kib_each'] for each in result.samples):.0f} KiB a stream"
    peak = result.median("peak_mib")
    text = f"{peak:.1f} MiB" if peak >= 0.05 else ""
    return f"{text}, {result.median('modules'):.0f} modules" if result.has("modules") else text


def in_words(run: Run) -> str:
    """Say in a few lines what the figures mean to a user."""
    lines: list[str] = []

    def add(case: str, words: str) -> None:
        found = [each for each in run.cases.get(case, []) if each.contender == "nemovideo"]
        if found and found[0].samples:
            own = found[0]
            each = own.median("cpu") / own.median("units")
            lines.append("- " + words.format(each=duration(each), many=f"{1 / each:,.0f}", own=own))

    add("import", "`import nemovideo` takes {each} of CPU.")
    add("get", "A request costs {each}: one core makes {many} a second.")
    add("events-single", "A part of an answer costs {each}: one core reads {many} a second.")
    add("streams", "With 500 answers at a time a part of one costs {each}.")
    if generates := run.growth.get("crowd-generates"):
        each = generates.seconds[-1] / generates.sizes[-1]
        lines.append(f"- A film costs {duration(each)} of CPU, from its prompt to its address.")
    if streams := run.growth.get("crowd-streams"):
        each = streams.seconds[-1] / streams.sizes[-1]
        follows = f"{2 / each:,.0f}"
        lines.append(f"- One core follows {follows} answers with ten parts a second each.")
    add("upload", "A megabyte sent from a file costs {each} of CPU.")
    add("download", "A megabyte saved costs {each} of CPU.")
    return "\n".join(lines)


_LIMITS = {
    "stall_ms": ("longest stall", "ms"),
    "peak_mib": ("peak memory", "MiB"),
    "kib_each": ("memory for each", "KiB"),
    "modules": ("modules loaded", ""),
}


def goal(case: Case, results: list[Result]) -> str:
    """Say what was aimed at, what was reached and, of what was not, what stands in the way."""
    floor = next(result for result in results if result.contender == case.floor)
    own = next(result for result in results if result.contender == "nemovideo")
    if case.ours is None or not own.samples or not floor.samples:
        return ""
    sentences = [_goal_line("Goal", case.ours, median(ratios(own, floor, case.metric)), ".2f", "")]
    for figure, most in case.limits.items():
        name, unit = _LIMITS[figure]
        reached = max(sample[figure] for sample in own.samples)
        sentences.append(_goal_line(f"Goal for the {name}", most, reached, ".3g", unit))
    if case.obstacle and any(line.endswith("not met.") for line in sentences):
        sentences.append(f"What stands in the way: {case.obstacle}")
    return " ".join(sentences)


def summary(run: Run, cases: dict[str, Case]) -> str:
    """Return a table of what was reached beside the best SDK or decoder of others."""
    lines = [
        "## Summary",
        "",
        "| | nemovideo | goal | best of the others |",
        "| --- | --- | --- | --- |",
    ]
    for name, results in run.cases.items():
        case = cases[name]
        if case.ours is None:
            continue
        floor = next(result for result in results if result.contender == case.floor)
        reached = {
            result.contender: median(ratios(result, floor, case.metric))
            for result in results
            if result.samples
        }
        if "nemovideo" not in reached:
            continue
        own = reached.pop("nemovideo")
        others = {each: ratio for each, ratio in reached.items() if _is_peer(each)}
        best = min(others, key=lambda each: others[each]) if others else None
        best_other = "" if best is None else f"{others[best]:.2f}, {best}"
        aim = f"{case.ours:.2f}, {'met' if own <= case.ours else 'not met'}"
        lines.append(f"| {case.title} | {own:.2f} | {aim} | {best_other} |")
    return "\n".join(lines)


def _is_peer(contender: str) -> bool:
    """Return whether this is a package of others that does the work, and no floor."""
    return contender.split(" ")[0].replace("_", "-") in _PEERS[4:]


def _goal_line(name: str, most: float, reached: float, form: str, unit: str) -> str:
    verdict = "met" if reached <= most else "not met"
    unit = f" {unit}" if unit else ""
    return f"{name}: at most {most:{form}}{unit}; reached: {reached:{form}}{unit}, {verdict}."


def matrix(results: list[Result]) -> str:
    """Return one table of all event and chunk sizes, and whether anybody is ahead at one."""
    shown = [result for result in results if result.samples]
    names = [result.contender for result in shown]
    lines = [
        f"| event, bytes | chunk, bytes | {' | '.join(names)} | best peer / nemovideo |",
        "| --- " * (len(names) + 3) + "|",
    ]
    leads: list[float] = []
    for event, chunk in product(EVENT_SIZES, CHUNK_SIZES):
        took = {result.contender: result.median(cell(event, chunk)) for result in shown}
        peers = [took[name] for name in names if name not in ("nemovideo", "splitlines")]
        leads.append(min(peers, default=math.inf) / took["nemovideo"])
        each = " | ".join(f"{took[name]:.2f}" for name in names)
        lines.append(f"| {event:,} | {chunk:,} | {each} | {leads[-1]:.2f} |")
    verdict = "met" if min(leads) >= 1 else "not met"
    words = (
        "Microseconds of CPU time for an event. Goal: never behind any peer at any size, so never"
        f" below 1.00 in the last column; reached: {min(leads):.2f}, {verdict}."
    )
    return "\n".join((words, "", *lines))


def write(run: Run, cases: dict[str, Case], page: Path) -> None:
    """Write the page, its plots and the raw figures beside it."""
    folder = page.with_suffix("")
    folder.mkdir(parents=True, exist_ok=True)
    parts = [_INTRODUCTION, in_words(run), summary(run, cases), _versions()]
    for name, results in run.cases.items():
        case = cases[name]
        floor = next(result for result in results if result.contender == case.floor)
        rows = [
            (result.contender, median(ratios(result, floor, case.metric)))
            for result in results
            if result.samples
        ]
        plots.write_bars(folder, name, case.title, rows)
        served = f"Payload: {case.payload}; server: {case.server}." if case.payload else ""
        parts += [f"## {case.title}", served, goal(case, results), _plot(name, case.title)]
        parts.append(matrix(results) if name == "sse-matrix" else table(case, results))
    parts += [_rows(run.rows), _waiting(run.waiting, folder), _growth(run.growth, folder)]
    parts.append(f"## Where the time goes\n\n{steps_table(run.breakdown)}" * bool(run.breakdown))
    page.write_text("\n\n".join(part for part in parts if part) + "\n", "utf-8")
    (folder / "results.json").write_text(json.dumps(asdict(run), indent=1) + "\n", "utf-8")


def _versions() -> str:
    found: list[str] = []
    for name in _PEERS:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return f"Python {platform.python_version()}, {platform.system()}: {', '.join(found)}."


def _plot(name: str, title: str) -> str:
    return (
        f"![{title}](benchmarks/{name}-light.svg#only-light)\n"
        f"![{title}](benchmarks/{name}-dark.svg#only-dark)"
    )


def rows_table(rows: list[Row]) -> str:
    """Return rows as a Markdown table, without columns that would be empty."""
    several = len({row.who for row in rows}) > 1
    noted, aimed = any(row.note for row in rows), any(row.goal for row in rows)
    heads = ["what is waited for", *["who"] * several, "payload", "server", "time"]
    heads += ["besides"] * noted + ["goal"] * aimed
    lines = [f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|"]
    for row in rows:
        who = f"**{row.who}**" if row.who == "nemovideo" else row.who
        cells = [row.work, *[who] * several, row.payload, row.server]
        cells.append("" if row.seconds is None else duration(row.seconds))
        cells += [row.note] * noted + [_row_goal(row)] * aimed
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def _row_goal(row: Row) -> str:
    if row.goal is None or row.seconds is None:
        return ""
    return f"{duration(row.goal)}, {'met' if row.seconds <= row.goal else 'not met'}"


def _rows(rows: dict[str, list[Row]]) -> str:
    parts = [f"### {SECTIONS[name]}\n\n{rows_table(found)}" for name, found in rows.items()]
    return "\n\n".join(["## What users wait for", *parts]) if parts else ""


def _waiting(waiting: dict[str, dict[str, Waited]], folder: Path) -> str:
    if not waiting:
        return ""
    lines = [
        "| progress reports | schedule | late, of its length | late | looks | most looks |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for kind, schedules in waiting.items():
        for name, waited in schedules.items():
            lines.append(
                f"| {kind} | {name} | {waited.late_share:.1%} | {waited.late:.1f} s |"
                f" {waited.polls:.1f} | {waited.most_polls} |"
            )
    rows = [
        (name, max(schedules[name].late_share * 100 for schedules in waiting.values()))
        for name in next(iter(waiting.values()))
    ]
    title = "Percent of its length that a finished render goes unnoticed, worst kind of reports"
    plots.write_bars(folder, "waiting", title, rows)
    words = "10,000 renders of 30 to 90 s, a virtual clock. Goal: at most 10 % late in 12 looks."
    plot = _plot("waiting", title)
    return "\n\n".join(("## Waiting for a render", words, plot, "\n".join(lines)))


def _growth(growth: dict[str, Growth], folder: Path) -> str:
    if not growth:
        return ""
    for name, grown in growth.items():
        title = f"{grown.title}: exponent {grown.exponent:.2f}"
        costs = {"nemovideo": grown.seconds, **grown.peers}
        plots.write_lines(folder, f"growth-{name}", title, grown.sizes, costs)
    words = "CPU time as the work grows; an exponent of 1.0 is linear."
    shown = [_plot(f"growth-{name}", grown.title) for name, grown in growth.items()]
    return "\n\n".join(("## Growth", words, growth_table(growth), *shown))


def growth_table(growth: dict[str, Growth]) -> str:
    """Return what work costs at each size, and tables of the cost of each of many at a time."""
    lines = ["| work | sizes | CPU | exponent | goal |", "| --- | --- | --- | --- | --- |"]
    for grown in growth.values():
        sizes = ", ".join(f"{size:,}" for size in grown.sizes)
        took = ", ".join(map(duration, grown.seconds))
        aim = _growth_goal(grown)
        lines.append(f"| {grown.title} | {sizes} | {took} | {grown.exponent:.2f} | {aim} |")
    crowds = [_crowd(grown) for grown in growth.values() if grown.kib_each]
    return "\n\n".join(("\n".join(lines), *crowds))


def _growth_goal(grown: Growth) -> str:
    if grown.goal_ms is None:
        return ""
    verdict = "met" if grown.seconds[-1] * 1000 <= grown.goal_ms else "not met"
    return f"{grown.goal_ms:g} ms at the most: {verdict}"


def _crowd(grown: Growth) -> str:
    """Return the CPU time and the memory for one of so many at a time."""
    costs = {"nemovideo": grown.seconds, **grown.peers}
    heads = [f"{name}, {of}" for name in costs for of in ("CPU for each", "memory for each")]
    lines = [f"| {grown.title} | {' | '.join(heads)} |", "| --- " * (len(heads) + 1) + "|"]
    for at, size in enumerate(grown.sizes):
        row = [f"{size:,}"]
        for name, seconds in costs.items():
            row.append(duration(seconds[at] / size))
            row.append(f"{kib:.0f} KiB" if (kib := grown.kib_each[name][at]) else "")
        lines.append(f"| {' | '.join(row)} |")
    return "\n".join(lines)


def steps_table(breakdown: dict[str, dict[str, float]]) -> str:
    """Return the steps of each work with their CPU time."""
    lines = ["| work | step | CPU |", "| --- | --- | --- |"]
    for work, steps in breakdown.items():
        lines += [f"| {work} | {step} | {duration(took / 1e6)} |" for step, took in steps.items()]
    return "\n".join(lines)
