"""External text at its sinks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.report.text import for_figure, for_terminal, plain


@given(st.text())
def test_plain_text_is_one_printable_line(text: str) -> None:
    shown = plain(text)
    assert shown.isprintable()
    assert len(shown) <= 200
    assert plain(shown) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\x1b[31mb", "a[31mb"),
        ("line\nbreak\ttab", "line break tab"),
        ("right\u202eto left", "rightto left"),
        ("zero\u200bwidth", "zerowidth"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_what_no_sink_may_show_is_removed(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text())
def test_terminal_text_keeps_its_lines_and_drops_controls(text: str) -> None:
    lines = for_terminal(text).split("\n")
    assert len(lines) == len(text.split("\n"))
    assert all(line.isprintable() for line in lines)


def test_terminal_text_keeps_spaces_so_that_carets_stay_in_their_place() -> None:
    assert for_terminal("    8 |     swat_km: 30\n      |     ^") == "    8 |     swat_km: 30\n      |     ^"


def test_characters_that_the_font_lacks_become_question_marks() -> None:
    assert for_figure("Itu Aba 太平") == "Itu Aba ??"
    assert for_figure("$x^2$ – Đà Nẵng") == "$x^2$ – Đà Nẵng"
