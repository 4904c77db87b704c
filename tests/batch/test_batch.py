"""A batch against the sandbox: what is sent, what comes of it, and what a second run does."""

from __future__ import annotations

import json
import pickle
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import fsspec  # pyright: ignore[reportMissingTypeStubs]
import pytest

import nemovideo
from nemovideo import AsyncNemoVideo, BatchReport, InvalidInputError, Job, errors, events
from nemovideo.batch.jobs import JobFile
from nemovideo.sandbox import Fault, Sandbox
from tests.conftest import QUICK
from tests.waiting import until

pytestmark = pytest.mark.anyio
PROMPTS = [f"a 3-second video of a red fox, number {number}" for number in range(5)]


def messages(sandbox: Sandbox) -> int:
    return sum(each.endpoint == "messages.stream" for each in sandbox.requests)


def rows(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "results.jsonl").read_text().splitlines()]


async def test_each_prompt_becomes_a_file_and_a_line(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    report = await client.batch(PROMPTS, out=tmp_path / "films")
    assert (report.done, report.failed, report.skipped, report.in_doubt) == (5, 0, 0, 0)
    assert report.is_complete
    assert report.credits_used == 500
    assert [item.index for item in report.items] == [0, 1, 2, 3, 4]
    for item in report.items:
        assert item.path is not None
        assert item.path.read_bytes()[4:8] == b"ftyp"
        assert item.video is not None
        assert item.video.session_id == item.session_id
    assert {row["path"] for row in rows(tmp_path / "films")} == {
        str(item.path) for item in report.items
    }
    assert messages(sandbox) == 5
    sandbox.assert_clean()


async def test_items_come_as_they_end(client: AsyncNemoVideo) -> None:
    batch = client.batch(PROMPTS[:3], concurrency=2)
    items = [item async for item in batch]
    assert sorted(item.index for item in items) == [0, 1, 2]
    assert {item.status for item in items} == {"done"}
    assert batch.report.done == 3
    assert (await batch).done == 3


async def test_so_many_files_are_downloaded_at_a_time_however_many_are_made(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nemovideo.batch.job_runner._DOWNLOADS_AT_ONCE", 2)
    rendered, report = set[int](), None

    def note(event: events.JobEvent) -> None:
        if isinstance(event.event, events.RenderProgress) and event.event.render.is_completed:
            rendered.add(event.index)

    async def make() -> None:
        nonlocal report
        report = await client.batch(PROMPTS, out=tmp_path, concurrency=len(PROMPTS), on_event=note)

    async with anyio.create_task_group() as tasks:
        with sandbox.inject(Fault("files.download", "stall", times=None)) as stalled:
            tasks.start_soon(make)
            await until(lambda: len(rendered) == len(PROMPTS) and stalled.hits == 2)
            await client.generate("a 2-second video of a cat")  # the others had as much time
            assert stalled.hits == 2
    assert report is not None
    assert report.done == len(PROMPTS)


async def test_a_second_run_sends_nothing_and_gives_the_same_files(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    first = await client.batch(PROMPTS[:3], out=tmp_path)
    files = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.mp4")}
    second = await client.batch(PROMPTS[:3], out=tmp_path)
    assert messages(sandbox) == 3
    assert [item.path for item in second.items] == [item.path for item in first.items]
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.mp4")} == files
    assert len(rows(tmp_path)) == 3


async def test_what_is_done_and_there_needs_nothing_of_the_service(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    await client.batch(PROMPTS[:2], out=tmp_path / "films")
    # It has lost all that was made: the balance is all that is asked for, and is not needed.
    with sandbox.inject(Fault("*", "status", status=404, times=None)):
        again = await client.batch(PROMPTS[:2], out=tmp_path / "films")
    assert again.done == 2
    assert [row["status"] for row in rows(tmp_path / "films")] == ["done"] * 2


async def test_a_file_that_was_removed_is_fetched_again_to_its_place(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    first = await client.batch(PROMPTS[:1], out=tmp_path)
    (path,) = [item.path for item in first.items if item.path]
    path.unlink()
    await client.batch(PROMPTS[:1], out=tmp_path)
    assert path.read_bytes()[4:8] == b"ftyp"
    assert messages(sandbox) == 1


async def test_a_file_that_the_user_has_edited_stays(
    client: AsyncNemoVideo, tmp_path: Path
) -> None:
    first = await client.batch(PROMPTS[:1], out=tmp_path)
    (path,) = [item.path for item in first.items if item.path]
    path.write_text("mine")
    second = await client.batch(PROMPTS[:1], out=tmp_path)
    assert path.read_text() == "mine"
    assert [item.path for item in second.items] == [path]


async def test_batches_of_other_names_share_no_videos(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    one = await client.batch(PROMPTS[:1], out=tmp_path, name="one")
    two = await client.batch(PROMPTS[:1], out=tmp_path, name="two")
    assert messages(sandbox) == 2
    assert one.items[0].path != two.items[0].path
    assert [row["batch"] for row in rows(tmp_path)] == ["one", "two"]


@pytest.mark.usefixtures("journal_url")
async def test_what_was_made_at_another_base_url_is_made_again_and_that_is_reported_once(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    await client.batch(PROMPTS[:2], out=tmp_path)
    assert caplog.text == ""
    async with AsyncNemoVideo(base_url="http://127.0.0.1:9", timing=QUICK) as moved:
        batch = moved.batch(PROMPTS[:2], out=tmp_path)
        assert (await batch.plan()).to_send == 2
        assert "This folder has 2 videos of the batch made at another address" in caplog.text
        assert (await batch).done == 0
    assert caplog.text.count("at another address") == 1
    caplog.clear()
    assert (await client.batch(PROMPTS[:2], out=tmp_path)).done == 2
    assert caplog.text == ""
    assert messages(sandbox) == 2


def write_jobs(path: Path, *prompts: str) -> JobFile:
    path.parent.mkdir(exist_ok=True)
    path.write_text("\n".join(["prompt", *(f'"{prompt}"' for prompt in prompts)]))
    return nemovideo.read_jobs(path)


@pytest.mark.parametrize("out", ["films", None])
async def test_rows_that_are_added_or_moved_are_paid_for_alone(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path, out: str | None
) -> None:
    path, out = tmp_path / "jobs.csv", out and str(tmp_path / out)
    assert (await client.batch(write_jobs(path, *PROMPTS[:2]), out=out)).done == 2
    batch = client.batch(write_jobs(path, PROMPTS[3], *PROMPTS[1::-1], PROMPTS[4]), out=out)
    assert (await batch.plan()).to_send == 2
    report = await batch
    assert (report.done, report.credits_used) == (4, 200)
    assert messages(sandbox) == 4
    if out is not None:
        assert len(list(Path(out).glob("*.mp4"))) == len(rows(Path(out))) == 4
    other = client.batch(write_jobs(tmp_path / "other.csv", PROMPTS[0]), out=out)
    assert (await other.plan()).to_send == 1


async def test_a_list_is_the_batch_that_the_folder_has_results_of(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    jobs = write_jobs(tmp_path / "jobs.csv", *PROMPTS[:2])
    assert (await client.batch(jobs, out=tmp_path / "films")).done == 2
    report = await client.batch([{"prompt": each} for each in PROMPTS[:3]], out=tmp_path / "films")
    assert (report.done, messages(sandbox)) == (3, 3)
    keyed = [Job(PROMPTS[0], key="a"), Job(PROMPTS[1], key="b")]
    assert (await client.batch(keyed, out=tmp_path / "keyed")).done == 2
    keyed.append(Job(PROMPTS[2], key="c"))
    assert (await client.batch(keyed, out=tmp_path / "keyed")).done == 3
    assert messages(sandbox) == 6


async def test_only_what_has_changed_since_the_run_before_gets_a_line(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    jobs = [Job(PROMPTS[0], key="fox", fields={"née": 1}), PROMPTS[1], "how are you?", PROMPTS[2]]
    with sandbox.inject(Fault("messages.stream", "status", status=400)):
        first = await client.batch(jobs, out=tmp_path, concurrency=1)
    assert [item.status for item in first] == ["failed", "done", "failed", "done"]
    # What was refused is skipped from now on; then both that failed are repeated.
    for changed, retry in ((1, False), (0, False), (2, True), (0, False)):
        most = 0
        async for _ in client.batch(jobs, out=tmp_path, concurrency=1, retry_failed=retry):
            most = max(most, len(rows(tmp_path)))
        assert most == len(jobs) + changed
        assert [row["key"] for row in rows(tmp_path)].count("fox") == 1


async def test_a_file_of_jobs_that_was_moved_with_its_films_is_the_same_batch(
    client: AsyncNemoVideo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    await client.batch(write_jobs(Path("a/jobs.csv"), *PROMPTS[:2]), out="a/films")
    Path("a").rename("b")
    jobs = write_jobs(Path("b/jobs.csv"), *PROMPTS[:3])
    assert (await client.batch(jobs, out="b/films").plan()).to_send == 1
    Path("b/films/results.jsonl").write_text('[]\n5\n{"source": "jobs.csv", "batch": "a\\nb"}\n{')
    assert (await client.batch(jobs, out="b/films").plan()).to_send == 3


async def test_one_bad_job_ends_no_other(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    jobs: list[Any] = [PROMPTS[0], {"prompt": "a fox", "files": [tmp_path / "none.mp4"]}]
    jobs += ["how are you?", Job(PROMPTS[1], key="good", fields={"team": "A"})]
    report = await client.batch(jobs, out=tmp_path / "films")
    assert [item.status for item in report.items] == ["done", "failed", "failed", "done"]
    assert isinstance(report.items[1].error, InvalidInputError)
    assert isinstance(report.items[2].error, errors.NothingToExportError)
    assert report.items[3].key == "good"
    assert report.items[3].fields == {"team": "A"}
    assert messages(sandbox) == 3
    assert not report.is_complete
    assert "none.mp4" in str(report)
    assert [
        row["status"] for row in sorted(rows(tmp_path / "films"), key=lambda r: r["index"])
    ] == [item.status for item in report.items]


async def test_jobs_may_name_their_own_files(client: AsyncNemoVideo, tmp_path: Path) -> None:
    jobs = [Job(PROMPTS[0], path="forest/fox.mp4"), Job(PROMPTS[1], path="../fox.mp4")]
    for _ in range(2):
        report = await client.batch(jobs, out=tmp_path / "films")
        assert report.items[0].path == tmp_path / "films" / "forest" / "fox.mp4"
        assert isinstance(report.items[1].error, InvalidInputError)
    assert not (tmp_path / "fox.mp4").exists()


async def test_without_a_folder_only_jobs_with_a_path_are_saved(
    client: AsyncNemoVideo, tmp_path: Path
) -> None:
    report = await client.batch([PROMPTS[0], Job(PROMPTS[1], path=tmp_path / "fox.mp4")])
    assert [item.path for item in report.items] == [None, tmp_path / "fox.mp4"]
    assert all(item.video and item.video.url for item in report.items)


async def test_a_batch_may_be_saved_at_a_url(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    store = fsspec.filesystem("memory")
    folder = f"memory://{tmp_path.name}"
    store.pipe_file(f"/{tmp_path.name}/fox.mp4", b"mine")
    jobs = [Job(PROMPTS[0], key="fox"), Job(PROMPTS[1], key="cat"), Job(PROMPTS[2], path="a/b.mp4")]
    for _ in range(2):
        report = await client.batch(jobs, out=folder)
        urls = [str(item.path) for item in report.items]
        assert urls == [f"{folder}/{name}.mp4" for name in ("fox-2", "cat", "a/b")]
    assert messages(sandbox) == 3
    assert store.cat_file(f"/{tmp_path.name}/fox.mp4") == b"mine"
    assert store.cat_file(f"/{tmp_path.name}/cat.mp4")[4:8] == b"ftyp"
    lines = store.cat_file(f"/{tmp_path.name}/results.jsonl").splitlines()
    assert sorted(json.loads(line)["path"] for line in lines) == sorted(urls)


async def test_a_url_may_be_a_template(client: AsyncNemoVideo, tmp_path: Path) -> None:
    out = f"memory://{tmp_path.name}/{{name}}/{{index}}-{{key}}.mp4"
    report = await client.batch([Job(PROMPTS[0], key="fox")], out=out, name="autumn")
    assert str(report.items[0].path) == f"memory://{tmp_path.name}/autumn/0-fox.mp4"


@pytest.mark.parametrize("out", ["nothing://films", "https://example.com/films", "s3://{key}/a"])
async def test_a_url_that_cannot_be_written_is_refused(
    client: AsyncNemoVideo, sandbox: Sandbox, out: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        await client.batch(PROMPTS, out=out).plan()
    assert caught.value.parameter == "out"
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("jobs", "said"),
    [
        ("a fox", "jobs is one job"),
        (Job("a fox"), "jobs is one job"),
        ({"prompt": "a fox"}, "jobs is one job"),
        (Path("jobs.csv"), "jobs is a path"),
        (5, "jobs is of type int"),
        (b"a fox", "jobs is of type bytes"),
        (["a" * 1_000_001], "Job 0 (from 0): The prompt of a job has 1,000,001 characters"),
        (["a fox", ""], "Job 1 (from 0): The prompt of a job is empty"),
        (["a fox", {"text": "a fox"}], "Job 1 (from 0): A job has no prompt"),
        ([Job("a fox", key="x"), Job("b", key="x")], "jobs 0 and 1 (from 0) have one key"),
    ],
)
async def test_what_cannot_be_meant_is_refused_before_anything_is_sent(
    client: AsyncNemoVideo, sandbox: Sandbox, jobs: Any, said: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        client.batch(jobs)
    assert said in caught.value.message
    assert sandbox.requests == []


@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("concurrency", 0),
        ("concurrency", 2.5),
        ("max_credits", -1),
        ("max_credits", "100"),
        ("retry_failed", "no"),
        ("name", ""),
        ("name", "n" * 101),
        ("name", "a\nb"),
        ("on_event", 5),
        ("out", "../{key}.mp4"),
    ],
)
async def test_arguments_are_refused_by_their_names(
    client: AsyncNemoVideo, argument: str, value: Any
) -> None:
    options: dict[str, Any] = {argument: value}
    with pytest.raises(InvalidInputError) as caught:
        client.batch(PROMPTS, **options)
    assert caught.value.parameter == argument


async def test_a_folder_that_cannot_be_made_is_refused_before_anything_is_sent(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    for out in (tmp_path / "file" / "films", tmp_path / ("x" * 300), "a\0b"):
        with pytest.raises(InvalidInputError) as caught:
            client.batch(PROMPTS, out=out)
        assert caught.value.parameter == "out"
    assert sandbox.requests == []
    assert caplog.text == ""


async def test_jobs_are_drawn_as_they_are_needed(client: AsyncNemoVideo) -> None:
    drawn: list[str] = []

    def endless() -> Iterator[str]:
        while True:
            drawn.append(f"a 3-second video of a fox, number {len(drawn)}")
            yield drawn[-1]

    batch = client.batch(endless(), concurrency=2)
    async for item in batch:
        assert item.status == "done"
        break
    await batch.aclose()
    assert len(drawn) <= 4
    assert batch.total is None


async def test_jobs_may_come_from_an_async_generator(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    closed = []

    async def ask() -> AsyncIterator[Any]:
        try:
            for prompt in PROMPTS[:2]:
                yield prompt
            yield Job(PROMPTS[2], key="x")
            yield Job(PROMPTS[3], key="x")
            yield 5
        finally:
            closed.append(True)

    report = await client.batch(ask())
    assert [item.status for item in report.items] == ["done"] * 3 + ["failed"] * 2
    assert "have one key: 'x'" in str(report.items[3].error)
    assert "A job is int" in str(report.items[4].error)
    assert messages(sandbox) == 3
    assert closed == [True]
    assert (await client.batch(ask())).done == 3
    assert messages(sandbox) == 3


async def test_what_the_source_of_the_jobs_raises_is_raised_after_what_runs(
    client: AsyncNemoVideo,
) -> None:
    def broken() -> Iterator[str]:
        yield PROMPTS[0]
        raise ZeroDivisionError

    batch = client.batch(broken())
    with pytest.raises(ZeroDivisionError):
        await batch
    assert batch.report.done == 1


async def test_the_limit_is_for_the_whole_batch(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    report = await client.batch(PROMPTS, out=tmp_path, max_credits=250)
    assert (report.done, report.not_started) == (2, 3)
    assert isinstance(report.stopped_by, errors.InsufficientCreditsError)
    again = await client.batch(PROMPTS, out=tmp_path, max_credits=250)
    assert (again.done, again.not_started) == (2, 3)
    assert messages(sandbox) == 2
    more = await client.batch(PROMPTS, out=tmp_path, max_credits=400)
    assert (more.done, more.not_started) == (4, 1)
    assert messages(sandbox) == 4
    assert [row["status"] for row in rows(tmp_path)].count("done") == 4


async def test_the_cost_of_a_neighbour_is_not_that_of_the_batch(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    with sandbox.inject(Fault("messages.stream", "stall", times=1)) as stall:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_await, client.batch(PROMPTS[:1], name="autumn"))
            await until(lambda: messages(sandbox) == 1)
            report = await client.batch(PROMPTS[1:3])
            stall.release()
    assert report.done == 2
    assert report.credits_used is None
    again = await client.batch(PROMPTS[1:3])
    assert again.credits_used == 0


async def test_two_workers_together_stay_within_the_limit(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    jobs = [Job(prompt, key=str(number)) for number, prompt in enumerate(PROMPTS)]
    reports: list[BatchReport] = []

    async def work(name: str, part: list[Job]) -> None:
        reports.append(await client.batch(part, name=name, max_credits=300))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work, "autumn", jobs[:3])
        tasks.start_soon(work, "autumn", jobs[3:])
    assert sum(report.done for report in reports) == 3
    assert messages(sandbox) == 3


async def test_a_balance_that_is_spent_stops_new_jobs_and_the_next_run_goes_on(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    spent = Fault("messages.stream", "code", code=2001, after=2, times=None)
    with sandbox.inject(spent):
        report = await client.batch(PROMPTS, out=tmp_path, concurrency=1)
    assert (report.done, report.not_started) == (2, 3)
    assert isinstance(report.stopped_by, errors.InsufficientCreditsError)
    assert messages(sandbox) == 3
    report = await client.batch(PROMPTS, out=tmp_path, concurrency=1)
    assert report.done == 5
    assert messages(sandbox) == 6


async def test_a_429_slows_the_batch_down_and_loses_nothing(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    busy = Fault("messages.stream", "status", status=429, retry_after=0, times=8)
    with sandbox.inject(busy):
        report = await client.batch(PROMPTS, concurrency=4)
    assert report.done == 5
    assert [charge.amount for charge in sandbox.charges] == [100] * 5


async def test_a_service_that_only_says_429_fails_each_job_in_the_end(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    busy = Fault("sessions.create", "status", status=429, retry_after=0, times=None)
    with sandbox.inject(busy):
        report = await client.batch(PROMPTS[:2])
    assert [type(item.error) for item in report.items] == [errors.RateLimitError] * 2
    assert [item.status for item in report.items] == ["failed"] * 2
    assert (await client.batch(PROMPTS[:2])).done == 2


async def test_a_refused_token_stops_new_jobs(client: AsyncNemoVideo, sandbox: Sandbox) -> None:
    refused = Fault("sessions.create", "status", status=401, times=None)
    with sandbox.inject(refused):
        report = await client.batch(PROMPTS, concurrency=1)
    assert report.not_started == 5
    assert isinstance(report.stopped_by, errors.AuthenticationError)


async def test_what_failed_without_a_charge_is_repeated_only_when_asked(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    with sandbox.inject(Fault("messages.stream", "status", status=400)):
        report = await client.batch(PROMPTS[:1], out=tmp_path)
    assert (report.failed, messages(sandbox)) == (1, 1)
    report = await client.batch(PROMPTS[:1], out=tmp_path)
    assert (report.skipped, messages(sandbox)) == (1, 1)
    assert "retry_failed=True" in str(report.items[0].error)
    report = await client.batch(PROMPTS[:1], out=tmp_path, retry_failed=True)
    assert (report.done, messages(sandbox)) == (1, 2)
    assert [row["status"] for row in rows(tmp_path)] == ["done"]


async def test_what_left_no_trace_is_sent_by_the_run_after_the_one_that_finds_out(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    with sandbox.inject(Fault("messages.stream", "status", status=503)):
        assert (await client.batch(PROMPTS[:1], out=tmp_path)).in_doubt == 1
    late = client.with_options(timing=replace(QUICK, stream_limit=0.001))
    report = await late.batch(PROMPTS[:1], out=tmp_path)
    assert report.failed == 1
    assert "left no trace" in str(report.items[0].error)
    assert messages(sandbox) == 1
    assert (await client.batch(PROMPTS[:1], out=tmp_path)).done == 1
    assert messages(sandbox) == 2


async def test_what_made_nothing_and_took_no_credits_is_repeated_when_asked(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    jobs = ["how are you?", "who are you?"]
    for _ in range(2):
        report = await client.batch(jobs, out=tmp_path, concurrency=1)
        assert report.failed == 2
    assert "To retry it all the same: retry_failed=True" in str(report.items[0].error)
    assert messages(sandbox) == 2
    plans = [
        await client.batch(jobs, out=tmp_path, retry_failed=each).plan() for each in (False, True)
    ]
    assert [(plan.to_send, plan.picked_up) for plan in plans] == [(0, 2), (2, 0)]
    assert (await client.batch(jobs, out=tmp_path, retry_failed=True)).failed == 2
    assert messages(sandbox) == 4


async def test_what_made_nothing_and_may_have_been_paid_for_is_repeated_for_no_option(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    late = client.with_options(timing=replace(QUICK, stream_limit=0.001))
    with sandbox.inject(Fault("messages.stream", "reset_before", times=2)):
        await client.batch(PROMPTS[:2], out=tmp_path, concurrency=2)
    for _ in range(2):
        report = await late.batch(PROMPTS[:2], out=tmp_path, retry_failed=True)
        assert report.failed == 2
    before = messages(sandbox)
    assert before == 2
    for item in report.items:
        freed = re.search(r"client\.forget\('(.+)'\)", str(item.error))
        assert freed is not None
        assert await client.forget(freed[1])
    assert (await client.batch(PROMPTS[:2], out=tmp_path)).done == 2
    assert messages(sandbox) == before + 2


async def test_what_was_sent_without_a_known_end_is_picked_up_by_the_next_run(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    with sandbox.inject(
        Fault("messages.stream", "cut", events=1), Fault("states.retrieve", "status", times=None)
    ):
        report = await client.batch(PROMPTS[:1], out=tmp_path)
    assert report.in_doubt == 1
    report = await client.batch(PROMPTS[:1], out=tmp_path)
    assert report.done == 1
    assert report.items[0].path is not None
    assert messages(sandbox) == 1


async def test_what_waits_for_an_earlier_message_keeps_no_other_job_from_running(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    with sandbox.inject(Fault("messages.stream", "reset_before", times=2)):
        assert (await client.batch(PROMPTS[:2], out=tmp_path, name="autumn")).in_doubt == 2
    patient = client.with_options(timing=replace(QUICK, recovery_waits=(1000,)))
    batch = patient.batch(PROMPTS, out=tmp_path, name="autumn", concurrency=2)
    ended = [(await anext(batch)).index for _ in PROMPTS[2:]]
    await batch.aclose()
    assert sorted(ended) == [2, 3, 4]
    assert [item.status for item in batch.report] == ["in_doubt"] * 2 + ["done"] * 3


async def test_a_cancelled_batch_leaves_what_runs_to_the_next_run(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    batch = client.batch(PROMPTS, out=tmp_path, concurrency=2)
    stalled = Fault("messages.stream", "stall", times=1, after=1)
    with sandbox.inject(stalled):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_await, batch)
            await until(lambda: messages(sandbox) >= 4)
            tasks.cancel_scope.cancel()
    sent = messages(sandbox)
    report = batch.report
    assert report.in_doubt >= 1
    assert report.done + report.in_doubt + report.not_started == len(report.items)
    assert {row["key"]: row["status"] for row in rows(tmp_path)} == {
        item.key: item.status for item in report.items
    }
    again = await client.batch(PROMPTS, out=tmp_path)
    assert again.done == 5
    assert messages(sandbox) == 5
    assert sent <= 5


async def test_a_batch_that_is_stopped_while_it_resumes_says_what_was_sent(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    jobs = [Job(PROMPTS[0], key="fox")]
    for last in ("text", "session_started"):  # the second run resumes
        with anyio.CancelScope() as scope:
            await client.batch(
                jobs,
                out=tmp_path,
                on_event=lambda job, last=last: job.event.type == last and scope.cancel(),
            )
        (row,) = rows(tmp_path)
        assert (row["status"], row["session_id"]) == ("in_doubt", sandbox.sessions[0].session_id)
        assert row["error"]["message"] == "Its message was sent, and its result stays there."
        assert "charged" not in str(row)
    assert messages(sandbox) == 1
    assert (await client.batch(jobs, out=tmp_path)).done == 1


async def _await(batch: nemovideo.Batch) -> None:
    await batch


async def test_a_job_that_another_process_is_at_is_skipped(
    client: AsyncNemoVideo, sandbox: Sandbox
) -> None:
    jobs = [Job(PROMPTS[0], key="fox")]
    with sandbox.inject(Fault("messages.stream", "stall")) as stall:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_await, client.batch(jobs, name="autumn", max_credits=100))
            await until(lambda: messages(sandbox) == 1)
            other = await client.batch(jobs, name="autumn", max_credits=100)
            stall.release()
    assert other.skipped == 1
    error = other.items[0].error
    assert isinstance(error, errors.InProgressError)
    assert str(error) == "Another process is at work on it. Wait for it, and run the batch again."
    assert (await client.batch(jobs, name="autumn", max_credits=100)).done == 1
    assert messages(sandbox) == 1


async def test_a_key_whose_prompt_was_changed_is_named_as_it_was_given_with_its_video(
    client: AsyncNemoVideo, tmp_path: Path
) -> None:
    await client.batch([Job(PROMPTS[0], key="fox")], out=tmp_path, name="autumn")
    (item,) = await client.batch([Job(PROMPTS[1], key="fox")], out=tmp_path, name="autumn")
    assert (item.status, item.path) == ("failed", tmp_path / "fox.mp4")
    assert str(item.error).startswith("The key 'fox' was given to another prompt")
    assert "client.forget('autumn/fox')" in str(item.error)
    assert [row["path"] for row in rows(tmp_path)] == [str(tmp_path / "fox.mp4")]


async def test_on_event_says_which_job_it_is_about(client: AsyncNemoVideo) -> None:
    heard: list[events.JobEvent] = []
    report = await client.batch(PROMPTS[:2], on_event=heard.append)
    assert {event.index for event in heard} == {0, 1}
    assert {event.key for event in heard} == {item.key for item in report.items}
    assert {"text", "render_progress"} <= {event.event.type for event in heard}


async def test_what_on_event_raises_breaks_off_nothing_that_is_paid_for(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    def fail(event: events.JobEvent) -> None:
        raise ZeroDivisionError(event.type)

    batch = client.batch(PROMPTS, out=tmp_path, concurrency=2, on_event=fail)
    with pytest.raises(ZeroDivisionError):
        await batch
    sent = messages(sandbox)
    assert 1 <= sent <= 2
    assert batch.report.done == sent
    assert len(list(tmp_path.glob("*.mp4"))) == sent


async def test_without_a_journal_it_runs_and_keeps_the_limit(sandbox: Sandbox) -> None:
    async with AsyncNemoVideo(base_url=sandbox.url, timing=QUICK, journal=False) as client:
        report = await client.batch(PROMPTS, max_credits=300)
    assert (report.done, report.not_started) == (3, 2)


async def test_closing_the_client_ends_a_batch_that_was_left(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with AsyncNemoVideo(base_url=sandbox.url, timing=QUICK) as client:
        batch = client.batch(PROMPTS, out=tmp_path)
        with sandbox.inject(Fault("messages.stream", "stall", times=None, after=1)):
            async for _ in batch:
                break
            await client.aclose()
    assert batch.report.done >= 1
    assert batch.report.done + batch.report.in_doubt + batch.report.not_started == len(
        batch.report.items
    )


async def test_items_and_reports_are_plain_data(client: AsyncNemoVideo) -> None:
    report = await client.batch([PROMPTS[0], "how are you?"])
    copy = pickle.loads(pickle.dumps(report))
    assert copy.to_dict() == report.to_dict()
    assert json.loads(json.dumps(report.to_dict()))["done"] == 1
    assert report.to_dict()["items"][1]["error"]["error"] == "NothingToExportError"
    assert repr(report) == "BatchReport(1 done, 1 failed, 100 credits in this run)"


async def test_a_film_that_was_moved_to_its_place_is_not_fetched_over_what_is_there(
    client: AsyncNemoVideo, sandbox: Sandbox, tmp_path: Path
) -> None:
    other = await client.batch(PROMPTS[:1], out=tmp_path / "other", name="other")
    (same,) = [item.path for item in other.items if item.path]
    jobs = [Job(PROMPTS[0], key="fox")]
    with sandbox.inject(Fault("files.download", "status", status=404, times=None)):
        await client.batch(jobs, out=tmp_path / "films", name="autumn")
    # As after a kill between the download and its entry: the film is there, and nobody knows it.
    place = tmp_path / "films" / "fox.mp4"
    place.write_bytes(same.read_bytes())
    moved = await client.batch(jobs, out=tmp_path / "films", name="autumn")
    assert [item.path for item in moved.items] == [place]
    place.write_text("mine")
    again = await client.batch(jobs, out=tmp_path / "films", name="autumn")
    assert [item.path for item in again.items] == [place]
    assert place.read_text() == "mine"
