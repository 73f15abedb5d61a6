from __future__ import annotations

from mda_sim.core.errors import Problem, ScenarioError


def test_a_problem_shows_place_key_message_and_caret() -> None:
    problem = Problem("a.yaml", 8, 5, "sensors.s", "unknown key", excerpt="    swat_km: 30")
    assert str(problem).splitlines() == [
        "a.yaml:8:5  sensors.s: unknown key",
        "     8 |     swat_km: 30",
        "       |     ^",
    ]


def test_a_problem_without_a_line_names_only_its_source() -> None:
    assert str(Problem("--set a=b", 0, 0, "a", "no such key")) == "--set a=b  a: no such key"
    assert str(Problem("a.yaml", 0, 0, "", "no such file")) == "a.yaml  no such file"


def test_a_warning_says_that_it_is_one() -> None:
    assert str(Problem("a.yaml", 1, 1, "k", "odd", "warning")).startswith("warning: a.yaml:1:1")


def test_the_caret_stands_under_its_column_in_a_long_line() -> None:
    line = "x" * 300 + "HERE" + "y" * 300
    _, excerpt, caret = str(Problem("a.yaml", 1, 301, "", "m", excerpt=line)).splitlines()
    assert len(excerpt) < 130
    assert excerpt[caret.index("^") :].startswith("HERE")


def test_the_caret_stands_under_its_column_after_tabs() -> None:
    _, excerpt, caret = str(Problem("a.yaml", 1, 3, "", "m", excerpt="\t\tHERE")).splitlines()
    assert excerpt.split("| ")[1] == "\t\tHERE"
    assert caret.split("| ")[1] == "\t\t^"


def test_problems_come_in_file_order() -> None:
    late, early = Problem("a.yaml", 9, 1, "", "late"), Problem("a.yaml", 2, 1, "", "early")
    error = ScenarioError([late, early])
    assert error.problems == (early, late)
    assert error.exit_code == 2


def test_what_a_terminal_may_act_on_is_escaped_and_the_caret_keeps_its_place() -> None:
    line = "name: \x1b[2J\u202eHERE"
    head, excerpt, caret = str(
        Problem("a\x07.yaml", 3, 12, "na\nme", "got \x1b]0;x\x07", excerpt=line)
    ).splitlines()
    assert head == "a\\x07.yaml:3:12  na\\nme: got \\x1b]0;x\\x07"
    assert excerpt == "     3 | name: \ufffd[2J\ufffdHERE"
    assert excerpt[caret.index("^") :] == "HERE"


def test_the_caret_counts_wide_characters_twice_and_combining_ones_not_at_all() -> None:
    _, _, caret = str(Problem("a.yaml", 1, 5, "", "m", excerpt="\u83f2\u5f8be\u0301HERE")).splitlines()
    assert caret.split("| ")[1] == "     ^"
