"""What a hostile log line may do to the terminal: nothing."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localservices.terminal import MAX_LINE, RED, Terminal, clean


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("plain\r\n", "plain"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("a\x08b\x00c\x9bd", "abcd"),
        ("one\rtwo", "onetwo"),
        ("tab\tstop", "tab stop"),
        ("\u202etxt.exe", "txt.exe"),
        ("\x1b", ""),
    ],
)
def test_terminal_commands_are_dropped(line: str, shown: str) -> None:
    assert clean(line) == shown


def test_long_lines_are_cut_and_say_so() -> None:
    assert clean("x" * 5000) == "x" * MAX_LINE + " ... (5000 characters)"


@given(st.text(max_size=200))
def test_no_control_character_survives(text: str) -> None:
    assert all(character.isprintable() or not character.isascii() for character in clean(text))
    assert "\n" not in clean(text)


def test_lines_stand_behind_their_source() -> None:
    out = io.StringIO()
    terminal = Terminal(out)
    terminal.log("web", "one\n")
    terminal.log("printers/worker", "two\n")
    terminal.log("web", "three\n")
    assert out.getvalue() == "web      | one\nprinters/worker | two\nweb             | three\n"


def test_colours_only_when_wanted() -> None:
    plain, coloured = io.StringIO(), io.StringIO()
    Terminal(plain).say("text", RED)
    Terminal(coloured, colour=True).say("text", RED)
    assert plain.getvalue() == "text\n"
    assert coloured.getvalue() == "\x1b[31mtext\x1b[0m\n"


def test_a_terminal_that_went_away_is_survived() -> None:
    gone = io.StringIO()
    terminal = Terminal(gone)
    gone.close()
    terminal.say("nobody reads this")
