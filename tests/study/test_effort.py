"""What the exchange took, summed and printed."""

from __future__ import annotations

from typing import Any

import pytest

from mda_sim.study.effort import effort_lines, efforts_of


def unit(**stats: Any) -> dict[str, Any]:
    return {"sharing": {"today": {"stats": stats}, "older": {"n_hops": 3}}}


def test_units_are_summed_over_seeds_and_those_that_do_not_tell_are_left_out() -> None:
    units = {
        "1": unit(simpy_events=100, cases=4, hops=1000, seconds=0.001),
        "2": unit(simpy_events=50, cases=6, hops=3000, seconds=0.003),
        "3": {"sharing": {"today": {"n_hops": 2}}},
        "4": {},
    }
    (effort,) = efforts_of(units).values()
    assert (effort.n_units, effort.simpy_events, effort.cases, effort.hops) == (2, 150, 10, 4000)
    assert effort.us_per_case == pytest.approx(400.0)
    assert effort.us_per_hop == pytest.approx(1.0)


def test_a_configuration_without_cases_has_no_time_per_case() -> None:
    efforts = efforts_of({"1": unit(simpy_events=0, cases=0, hops=0, seconds=0.2)})
    assert efforts["today"].record()["us_per_case"] is None
    heading, line = effort_lines(efforts)
    assert heading.split() == [
        "Exchange",
        "live",
        "choices",
        "cases",
        "hops",
        "µs",
        "per",
        "case",
        "µs",
        "per",
        "hop",
    ]
    assert line.split() == ["today", "0", "0", "0", "–", "–"]


def test_nothing_is_printed_where_no_unit_tells() -> None:
    assert list(effort_lines(efforts_of({"1": {"sharing": {"today": {}}}}))) == []


def test_every_configuration_has_its_line() -> None:
    efforts = efforts_of({"1": unit(simpy_events=1_234_567, cases=10, hops=100, seconds=0.005)})
    _, line = effort_lines(efforts)
    assert line.split() == ["today", "1,234,567", "10", "100", "500.00", "50.00"]
    assert len(line) <= 100
