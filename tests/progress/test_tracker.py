"""From events to stages and lines."""

from __future__ import annotations

from nemovideo.events import (
    Event,
    Heartbeat,
    JobEvent,
    Reconnecting,
    RenderProgress,
    SessionStarted,
    StateChanged,
    StillWorking,
    Text,
    UploadProgress,
)
from nemovideo.models.renders import Render
from nemovideo.progress.batch_tracker import BatchTracker
from nemovideo.progress.tracker import Line, ProgressOptions, ProgressTracker


class Watch:
    """A clock that stands until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def follow(
    *events: Event | float, options: ProgressOptions | None = None
) -> tuple[ProgressTracker, list[Line]]:
    """Follow events; a number lets as many seconds pass."""
    watch = Watch()
    progress = ProgressTracker(options or ProgressOptions(), watch)
    lines: list[Line] = []
    for each in events:
        if isinstance(each, float):
            watch.now += each
        else:
            lines += progress.update(each)
    return progress, lines


def rendering(percent: float, status: str = "processing") -> RenderProgress:
    return RenderProgress(Render(id="r", status=status, progress=percent, size=2 * 2**20))


def test_the_first_event_ends_the_connecting_stage() -> None:
    progress, lines = follow(2.0, Heartbeat())
    assert lines == [Line("done", "Ready (2 s)")]
    assert progress.stage.phase == "working"


def test_stages_are_in_the_language_of_the_operation() -> None:
    progress, lines = follow(12.0, rendering(10), options=ProgressOptions("zh-CN"))
    assert lines == [Line("done", "已连接 (12 秒)")]
    assert progress.stage.word == "正在渲染"


def test_lines_of_the_agent_are_shown_when_complete() -> None:
    progress, lines = follow(Text("Your video "), Text("is ready.\nIt has a"))
    assert Line("text", "Your video is ready.") in lines
    assert progress.text.tail == "It has a"


def test_the_last_text_comes_before_the_end_of_its_stage() -> None:
    _, lines = follow(Text("Done."), 15.0, rendering(0))
    assert lines[1:] == [Line("text", "Done."), Line("done", "Answered (15 s)")]


def test_only_the_chat_names_its_commands_in_place_of_ui_instructions() -> None:
    said = Text("It is red. It can be exported.", raw="It is red. Click Export.")
    progress, _ = follow(said)
    assert progress.fail() == [Line("text", "It is red. It can be exported.")]
    progress, _ = follow(said, options=ProgressOptions(chat=True))
    assert progress.fail() == [Line("text", "It is red. Type /export to get the file.")]


def test_a_long_silence_is_reported_in_the_language_of_the_prompt() -> None:
    _, lines = follow(StillWorking(120), options=ProgressOptions("zh-CN"))
    assert lines[-1] == Line("notice", "⏳ 仍在处理…（2 分钟）")


def test_what_an_earlier_call_began_is_resumed_and_neither_sent_nor_reconnected() -> None:
    progress, lines = follow(SessionStarted("s-1", resumed=True), StillWorking(120))
    assert progress.stage.word.startswith("Resuming")
    assert [line.kind for line in lines] == ["done", "notice"]
    assert follow(SessionStarted("s-1"))[0].stage.word == "Connecting"


def test_a_lost_stream_is_reported_once() -> None:
    _, lines = follow(Heartbeat(), Reconnecting("cut", 30), Reconnecting("cut", 60))
    assert [line.kind for line in lines].count("notice") == 1


def test_a_render_shows_its_per_cent() -> None:
    progress, _ = follow(Heartbeat(), rendering(43))
    assert progress.stage.detail(0) == "43 %"
    assert progress.stage.fraction == 0.43


def test_a_finished_render_that_is_saved_is_being_downloaded() -> None:
    progress, lines = follow(
        rendering(0), rendering(100, "completed"), options=ProgressOptions(saves=True)
    )
    assert lines[-1] == Line("done", "Rendered")
    assert progress.stage.detail(0) == "2 MB"
    assert progress.finish() == [Line("done", "Saved (2 MB)")]


def test_a_finished_render_that_stays_with_the_service_is_not() -> None:
    progress, _ = follow(rendering(100, "completed"))
    assert progress.stage.phase == "rendering"


def test_an_upload_shows_bytes_and_speed() -> None:
    progress, _ = follow(UploadProgress(0, 4 * 2**20), 2.0, UploadProgress(3 * 2**20, 4 * 2**20))
    assert progress.stage.detail(2.0) == "3 MB of 4 MB, 1.5 MB/s"


def test_an_upload_of_unknown_size_has_neither() -> None:
    progress, _ = follow(options=ProgressOptions(phase="uploading"))
    assert progress.stage.detail(0) == ""
    assert progress.stage.fraction is None


def test_changes_on_the_timeline_are_shown_at_the_end_and_not_before() -> None:
    _, lines = follow(Heartbeat(), StateChanged(()))
    assert [line.text for line in lines] == ["Ready"]


def test_terse_progress_shows_only_stages_with_files() -> None:
    progress, lines = follow(
        Text("Done."), rendering(0), options=ProgressOptions(phase="working", terse=True)
    )
    assert lines == [Line("text", "Done.")]
    assert progress.finish() == [Line("done", "Rendered")]


def test_a_batch_of_which_a_job_only_waits_has_no_estimate() -> None:
    tracker = BatchTracker(3, Watch())
    tracker.update(JobEvent("fox", 0, Text("Hello")))
    tracker.end_job(0)
    assert tracker.seconds_left is not None
    tracker.update(JobEvent("moon", 1, SessionStarted("s-1", resumed=True)))
    assert tracker.seconds_left is None
