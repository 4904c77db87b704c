"""Foreign words on their way to a person: they say something, and steer nothing."""

from __future__ import annotations

import io
import itertools
import json

import pytest
from rich.console import Console

from nemovideo.cli.display.live_view import LiveView
from nemovideo.cli.display.output import Output, StyledText
from nemovideo.cli.display.views import PlainView
from nemovideo.events import Notice, Text
from nemovideo.progress.tracker import ProgressOptions
from nemovideo.sandbox import Fault, Sandbox
from tests.cli.conftest import Run, Screen

EVIL = "\x1b]52;c;ZXZpbA==\x07\x1b[2J\x9b1;1H\x1b]0;pwned\x07\u202egnp.exe"
STEERING = ("\x1b]", "\x1b[2J", "\x9b", "\x07", "\u202e", "\x1b[1;1H")


def steers(shown: str) -> list[str]:
    return [each for each in STEERING if each in shown]


def draw_live(*pieces: str) -> str:
    file = io.StringIO()
    console = Console(file=file, width=60, force_terminal=True, color_system=None)
    with LiveView(console, ProgressOptions("en")) as view:
        for piece in pieces:
            view.event(Text(piece))
        view.finish()
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


@pytest.mark.parametrize("cut", range(1, len(EVIL)))
def test_a_sequence_in_two_pieces_of_the_answer_reaches_no_terminal(cut: int) -> None:
    shown = draw_live(f"Hi {EVIL[:cut]}", f"{EVIL[cut:]}\nmore")
    assert not steers(shown)
    assert "Hi gnp.exe" in shown


def test_a_sequence_letter_by_letter_reaches_no_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with PlainView(Output(), ProgressOptions("en")) as view:
        for letter in f"Hi {EVIL}\r\n熊猫\tok":
            view.event(Text(letter))
        view.finish()
    shown = capsys.readouterr().err
    assert not steers(shown)
    assert "  Hi gnp.exe\n  熊猫\tok\n" in shown


def test_a_carriage_return_starts_a_new_line() -> None:
    shown = draw_live("50 %\r100 %\nmore")
    assert "  50 %\n" in shown
    assert "  100 %\n" in shown


def test_a_notice_cannot_control_the_terminal() -> None:
    file = io.StringIO()
    console = Console(file=file, width=60, force_terminal=True, color_system=None)
    with LiveView(console, ProgressOptions("en")) as view:
        view.event(Notice(f"Next: {EVIL}"))
    assert not steers(file.getvalue())
    assert "Next: gnp.exe" in file.getvalue()


@pytest.mark.parametrize("command", [["generate", "a fox"], ["credits"], ["status", "s1"]])
def test_an_error_of_the_service_cannot_control_the_terminal(
    run: Run, screen: Screen, service: Sandbox, command: list[str]
) -> None:
    faults = [
        Fault(name, "code", code=400, message=f"no {EVIL}")
        for name in ("messages.stream", "credits.retrieve", "states.retrieve")
    ]
    with service.inject(*faults):
        outcome = run(*command)
    assert outcome.code == 1
    assert "no gnp.exe" in outcome.err
    assert not steers(outcome.out + outcome.err)
    with service.inject(*faults):
        run(*command, on=screen)
    assert not steers(screen.settle().replace("\x1b[2K", ""))


def test_a_traceback_cannot_control_the_terminal(run: Run, service: Sandbox) -> None:
    with service.inject(Fault("credits.retrieve", "code", code=400, message=EVIL)):
        outcome = run("credits", "--debug")
    assert "Traceback" in outcome.err
    assert not steers(outcome.err)


def test_json_escapes_control_sequences(run: Run, service: Sandbox) -> None:
    with service.inject(Fault("credits.retrieve", "code", code=400, message=EVIL)):
        outcome = run("credits", "--json")
    assert not steers(outcome.out)
    assert json.loads(outcome.out)["message"].count("\u202e") == 1


def test_a_table_keeps_its_rows_and_columns(capsys: pytest.CaptureFixture[str]) -> None:
    from nemovideo.progress.tables import table

    drawn = table(("file", "kind"), [(f"a\r\n{EVIL}", "video"), ("b\u200b.mp4", "\x1b[8mvideo")])
    assert drawn.splitlines() == ["file       kind", "a gnp.exe  video", "b.mp4      video"]


def test_our_own_colours_stay(capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    output.result(StyledText("\x1b[36mours\x1b[0m"))
    output.result("\x1b[36mtheirs\x1b[0m")
    assert capsys.readouterr().out == "\x1b[36mours\x1b[0m\ntheirs\n"


def test_a_session_with_markup_and_controls_in_its_name_is_waited_for_as_text(
    run: Run, screen: Screen
) -> None:
    output = Output()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stderr", screen.stderr)
        with output.spinner("Finishing [red]\x1b]0;pwned\x07s1"):
            pass
    shown = screen.settle()
    assert "Finishing [red]s1" in shown
    assert not steers(shown)


def test_every_piece_of_a_long_answer_arrives() -> None:
    words = [f"word{number}" for number in range(30)]
    shown = draw_live(*itertools.chain.from_iterable((f"{word}\x1b[3", "1m\n") for word in words))
    assert all(f"  {word}\n" in shown for word in words)
