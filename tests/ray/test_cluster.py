"""Batches on a cluster of this machine whose workers, driver and database are killed.

The sandbox counts the messages that its agent received: one for each job, whatever died.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from nemovideo.errors import NemoVideoError
from nemovideo.ray import run_batch
from nemovideo.sandbox import Fault, Sandbox
from tests.conftest import TALKATIVE
from tests.postgres import Cluster, expire_leases
from tests.ray.conftest import RayCluster

JOBS = 60
WORKERS = 3
AT_A_TIME = 4 * WORKERS
PATIENCE = 300.0


class Driver(subprocess.Popen[bytes]):
    """A program that ends with the test, also when that fails.

    It writes to files: in a pipe that nobody reads meanwhile, a long batch would stop.
    """

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path) -> None:
        number = len(list(folder.glob("*.out")))
        self._written = [folder / f"{number}.out", folder / f"{number}.err"]
        with self._written[0].open("wb") as out, self._written[1].open("wb") as err:
            super().__init__(command, env=environment, stdout=out, stderr=err)

    def finish(self) -> tuple[str, str]:
        """Wait for its end, and return what it wrote."""
        self.wait(timeout=PATIENCE)
        out, err = (path.read_text() for path in self._written)
        return out, err

    def __exit__(self, *error: Any) -> None:
        self.kill()
        super().__exit__(*error)


@pytest.fixture
def busy() -> Iterator[Sandbox]:
    """A sandbox with credits for all, whose agent takes its time."""
    with Sandbox(stub_renders=True, behavior=TALKATIVE, credits=100 * JOBS) as running:
        slow = Fault("messages.stream", "stall", times=None, events=2, seconds=1.0)
        with running.inject(slow):
            yield running


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    path = tmp_path / "jobs.csv"
    lines = [f'"a 3-second video of a red fox, number {row}",row-{row}' for row in range(JOBS)]
    path.write_text("\n".join(["prompt,key", *lines, ""]))
    return path


class Run:
    """The command with `--ray`, and what it sends."""

    def __init__(self, sandbox: Sandbox, ray: RayCluster, jobs: Path, journal: str) -> None:
        self.sandbox = sandbox
        self.ray = ray
        self.folder = jobs.parent / "films"
        self._outputs = jobs.parent
        self._command = [*(sys.executable, "-m", "nemovideo", "batch", str(jobs), "--json")]
        self._command += ["-o", str(self.folder), "--ray", ray.address, "--workers", str(WORKERS)]
        self.environment = {
            **os.environ,
            "NEMO_API_URL": sandbox.url,
            "NEMO_WEB_URL": sandbox.web_url,
        }
        self.environment["NEMOVIDEO_JOURNAL"] = journal

    def start(self, command: list[str] | None = None) -> Driver:
        """Start the batch, or another program, beside the sandbox."""
        return Driver(command or self._command, self.environment, self._outputs)

    def finish(self, driver: Driver) -> dict[str, Any]:
        out, err = driver.finish()
        objects = [json.loads(line) for line in out.splitlines()]  # and nothing else, say of Ray
        return {"err": err, **objects[-1]}

    def at(self, sent: int, driver: Driver, act: Callable[[], object] = lambda: None) -> None:
        """Do something as soon as so many messages were received."""
        until(lambda: messages(self.sandbox) >= sent or driver.poll() is not None)
        assert driver.poll() is None, driver.finish()
        act()

    @contextmanager
    def paid_calls_at(self, sent: int, driver: Driver) -> Iterator[None]:
        """Hold the driver while each job that it has given to a worker has been sent.

        A worker that dies between the entry of a message and its sending leaves a job in doubt,
        which is not sent again. Here they die in the middle of the paid call.
        """
        self.at(sent, driver)
        while True:
            driver.send_signal(signal.SIGSTOP)
            if comes_about(lambda: messages(self.sandbox) - len(self._done()) == AT_A_TIME, 2):
                break
            driver.send_signal(signal.SIGCONT)  # it was between two jobs
            self.at(sent, driver)
        yield
        driver.send_signal(signal.SIGCONT)

    def _done(self) -> set[str]:
        return {key for key, row in self._results().items() if row["status"] == "done"}

    def _results(self) -> dict[str, dict[str, Any]]:
        written = self.folder / "results.jsonl"
        lines = written.read_text().splitlines() if written.exists() else []
        return {row["key"]: row for row in map(json.loads, lines)}

    def kill_worker(self, title: str = "Worker") -> None:
        """Kill a process of the cluster by its title, which says what it is at work on."""
        os.kill(self.ray.workers(title)[0], signal.SIGKILL)

    def kill(self, driver: Driver) -> None:
        """Kill the driver, whose workers end with it, and let the time of their leases pass."""
        driver.kill()
        driver.wait(timeout=PATIENCE)
        until(lambda: not self.ray.workers("Worker"))
        expire_leases(self.environment["NEMOVIDEO_JOURNAL"])

    def check(self, result: dict[str, Any]) -> None:
        """Check that each job was sent once, and that each video is there."""
        counts = {name: result[name] for name in ("done", "failed", "in_doubt", "skipped")}
        rows = self._results()
        missing = [row for row in rows.values() if row["status"] != "done"]
        assert counts == {"done": JOBS, "failed": 0, "in_doubt": 0, "skipped": 0}, missing
        films = {path.stem for path in self.folder.glob("*.mp4")}
        assert films == set(rows) == {f"row-{row}" for row in range(JOBS)}
        assert messages(self.sandbox) == JOBS


@pytest.fixture
def run(busy: Sandbox, ray_cluster: RayCluster, jobs: Path, postgres_url: str) -> Run:
    return Run(busy, ray_cluster, jobs, postgres_url)


def messages(sandbox: Sandbox) -> int:
    return sum(each.endpoint == "messages.stream" for each in sandbox.requests)


def until(condition: Callable[[], object]) -> None:
    """Wait for something that another process does."""
    assert comes_about(condition, PATIENCE), "it did not come about"


def comes_about(condition: Callable[[], object], seconds: float) -> bool:
    pause = threading.Event()
    return any(condition() or pause.wait(0.05) for _ in range(int(seconds / 0.05)))


@pytest.mark.timeout(600)
def test_workers_drivers_and_the_database_killed(run: Run, cluster: Cluster) -> None:
    with run.start() as driver:
        with run.paid_calls_at(6, driver):
            run.kill_worker()
        run.at(15, driver, cluster.stop)
        cluster.start()
        with run.paid_calls_at(24, driver):
            run.kill(driver)
    with run.start() as driver:
        with run.paid_calls_at(36, driver):
            cluster.stop()
            run.kill_worker()
        cluster.start()
        result = run.finish(driver)
    run.check(result)


def test_an_address_without_a_cluster_is_refused_at_once() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))  # and nobody listens
        address = f"127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(NemoVideoError, match=f"no Ray cluster at {address}"):
            run_batch(["a fox"], out=None, journal="postgresql://not-there/x", address=address)


SCRIPT = """
import os, sys, time, ray
ray.init(address=sys.argv[1], log_to_driver=False, logging_level="error")
{body}
ray.shutdown()
"""
DATASET = """
from nemovideo.config.timing import scale_waits
from nemovideo.ray import GenerateVideos

class QuickVideos(GenerateVideos):  # a result that a killed worker left is waited for less
    def __init__(self, **options):
        scale_waits(0.1)
        super().__init__(**options)

options = GenerateVideos.ray_options(workers=2, batch_size=4)
if sys.argv[4] == "repeating":
    options |= {"max_restarts": -1, "max_task_retries": -1}
rows = [{"prompt": f"a 3-second video of a red fox, number {n}", "take": n} for n in range(12)]
rows.append({"prompt": " ", "take": 12})
data = ray.data.from_items(rows, override_num_blocks=4).map_batches(
    QuickVideos, fn_constructor_kwargs={"out": sys.argv[2], "journal": sys.argv[3]}, **options
)
for row in data.take_all():
    print(row["take"], row["status"], row["path"] or row["error"], sep="\t")
"""
TASKS = """
import nemovideo

folder, journal = sys.argv[2:4]
service = {name: os.environ[name] for name in ("NEMO_API_URL", "NEMO_WEB_URL", "HOME")}

@ray.remote(max_retries=3, num_cpus=0, runtime_env={"env_vars": service})
def make_video(number):
    timing = nemovideo.Timing().scaled_waits(0.1)
    with nemovideo.NemoVideo(journal=journal, timing=timing) as client:
        prompt = f"a 3-second video of a red fox, number {number}"
        path = f"{folder}/{number}.mp4"
        while True:
            try:
                return client.generate(prompt, path=path, key=f"row-{number}").session_id
            except nemovideo.InProgressError:
                time.sleep(1)

os.makedirs(folder)
print(len(set(ray.get([make_video.remote(number) for number in range(4)]))))
"""


def kill_in_paid_call(run: Run, title: str, journal: str) -> None:
    """Kill a worker none of whose messages is entered and not yet sent."""
    (pid, *_) = run.ray.workers(title)
    with psycopg.connect(journal, autocommit=True) as database:
        sending = "SELECT 1 FROM nemovideo.messages WHERE phase = 'sending'"
        os.kill(pid, signal.SIGSTOP)
        while not comes_about(lambda: database.execute(sending).fetchone() is None, 1):
            os.kill(pid, signal.SIGCONT)
            threading.Event().wait(0.1)
            os.kill(pid, signal.SIGSTOP)
    os.kill(pid, signal.SIGKILL)


def run_script(run: Run, body: str, journal: str, *arguments: str) -> Driver:
    script = SCRIPT.replace("{body}", body)
    command = [*(sys.executable, "-c", script), run.ray.address, str(run.folder), journal]
    return run.start([*command, *arguments])


@pytest.mark.timeout(600)
@pytest.mark.parametrize("engine", ["repeating", "as advised"])
def test_a_dataset_whose_worker_is_killed(run: Run, postgres_url: str, engine: str) -> None:
    with run_script(run, DATASET, postgres_url, engine) as driver:
        run.at(4, driver)
        kill_in_paid_call(run, "QuickVideos)).submit", postgres_url)
        out, err = driver.finish()
    if engine == "as advised":
        assert driver.returncode != 0, "a killed worker is to be seen"
        expire_leases(postgres_url)
        with run_script(run, DATASET, postgres_url, engine) as driver:
            out, err = driver.finish()
    assert driver.returncode == 0, err
    rows = dict(line.split("\t", 1) for line in out.splitlines() if line.count("\t") == 2)
    failed = rows.pop("12")
    assert failed.startswith("failed") and "prompt" in failed
    assert len(rows) == 12 and all(row.startswith("done\t") for row in rows.values()), out
    assert len(set(rows.values())) == len(list(run.folder.glob("*.mp4"))) == 12
    assert messages(run.sandbox) == 12


@pytest.mark.timeout(600)
def test_tasks_of_ones_own_that_ray_repeats_with_a_journal_in_sqlite(
    run: Run, tmp_path: Path
) -> None:
    with run_script(run, TASKS, str(tmp_path / "journal.sqlite3")) as driver:
        run.at(4, driver, lambda: run.kill_worker("make_video"))
        out, err = driver.finish()
    assert driver.returncode == 0, err
    assert out.splitlines()[-1] == "4"  # Ray tells of the killed task before
    assert len(list(run.folder.glob("*.mp4"))) == messages(run.sandbox) == 4
