"""The deadlines of one stream, with a clock that the test moves."""

from __future__ import annotations

from nemovideo import Timing
from nemovideo.events import StillWorking
from nemovideo.protocol.stream_deadlines import StreamWatchdog

TIMING = Timing(still_working=120, heartbeat_limit=600, stream_limit=900)
START = 5000.0


def test_a_notice_is_due_every_two_minutes_of_silence() -> None:
    watchdog = StreamWatchdog(TIMING, START)
    assert watchdog.due_notice(START + 119) is None
    assert watchdog.due_notice(START + 120) == StillWorking(120)
    assert watchdog.due_notice(START + 121) is None
    assert watchdog.due_notice(START + 240) == StillWorking(240)


def test_a_word_starts_the_silence_anew() -> None:
    watchdog = StreamWatchdog(TIMING, START)
    watchdog.last_activity = START + 100
    assert watchdog.due_notice(START + 200) is None
    assert watchdog.due_notice(START + 220) == StillWorking(220)


def test_missed_notices_are_reported_once() -> None:
    watchdog = StreamWatchdog(TIMING, START)
    assert watchdog.due_notice(START + 500) == StillWorking(500)
    assert watchdog.due_notice(START + 599) is None


def test_a_late_notice_does_not_delay_the_next_one() -> None:
    watchdog = StreamWatchdog(TIMING, 0)
    assert watchdog.due_notice(150) == StillWorking(150)
    assert watchdog.due == 240
    assert watchdog.due_notice(500) == StillWorking(500)
    assert watchdog.due == 600


def test_heartbeats_alone_end_it_after_their_limit() -> None:
    watchdog = StreamWatchdog(TIMING, START)
    assert watchdog.stop_reason(START + 599) is None
    assert "600 s" in (watchdog.stop_reason(START + 600) or "")
    watchdog.last_activity = START + 599
    assert watchdog.stop_reason(START + 600) is None


def test_a_stream_ends_after_its_limit_however_much_it_says() -> None:
    watchdog = StreamWatchdog(TIMING, START)
    watchdog.last_activity = START + 899
    assert watchdog.stop_reason(START + 899) is None
    assert "900 s" in (watchdog.stop_reason(START + 900) or "")


def test_patience_reaches_to_the_next_thing_to_do() -> None:
    watchdog = StreamWatchdog(TIMING, START)
    assert watchdog.due == START + 120
    assert watchdog.deadline == START + 600


def test_after_a_notice_the_next_one_is_due() -> None:
    watchdog = StreamWatchdog(TIMING, START)
    watchdog.due_notice(START + 120)
    assert watchdog.due == START + 240
    watchdog.last_activity = START + 850
    assert watchdog.due_notice(START + 850) is None
    assert watchdog.due == START + 900


def test_notices_may_be_due_more_often_than_every_second() -> None:
    watchdog = StreamWatchdog(Timing(still_working=0.25), START)
    assert watchdog.due_notice(START + 0.5) == StillWorking(0.5)
    assert watchdog.due == START + 0.75
