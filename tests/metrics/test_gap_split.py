from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.metrics.custody import held_time
from mda_sim.metrics.fates import NO_FATE, Fates
from mda_sim.metrics.gap_split import (
    BEFORE_ARRIVAL,
    Part,
    gap_split_figures,
    part_before_arrival,
    split_time,
    window_s,
)
from mda_sim.metrics.groups import groups, time_in
from mda_sim.picture.awareness import awareness, history
from mda_sim.picture.receipts import RECEIPTS
from mda_sim.records import CONTACTS, REPORTS, DetectionLog, Gate, Outcome, SensorCard

S = 1_000_000
TAU_S, ERROR_MAX_M = 10.0, 1000.0
GOOD, COARSE = 0, 1
CARDS = (SensorCard("a_good", "radar", "AAA", 100.0, 1.0), SensorCard("b_coarse", "radar", "BBB", 5e4, 1.0))
SEEN_BY = {
    Part.LATENCY: (Outcome.IN_FLIGHT, Gate(0)),
    Part.CAPACITY: (Outcome.EXPIRED, Gate(0)),
    Part.NO_LINK: (Outcome.NO_ROUTE, Gate(0)),
    Part.CHOICE: (Outcome.NOT_SENT, Gate(0)),
    Part.POLICY: (Outcome.WITHHELD, Gate.CEILING),
}
"""An outcome with its gates for each part that a report can be in before it arrives."""


class Report(NamedTuple):
    sensor: int
    t_s: float
    to_s: float | None
    outcome: int
    gates: int
    targets: tuple[int, ...]
    dt_s: float


def report(t_s, *, to=None, fate=SEEN_BY[Part.NO_LINK], sensor=GOOD, targets=(0,), dt_s=0.0):
    """A report of ``t_s`` that arrives at ``to``, or else has the ``fate``; contacts are ``dt_s`` older."""
    outcome, gates = (Outcome.DELIVERED, Gate(0)) if to is not None else fate
    return Report(sensor, t_s, to, outcome, gates, tuple(targets), dt_s)


def split(reports, scored, *, n_vessels=1, n_targets=None, tau_s=TAU_S):
    """Time in each part [us], (n_targets, 8), and the picture of observations good enough to hold."""
    n_targets = n_vessels if n_targets is None else n_targets
    reports = sorted(reports, key=lambda row: row[:2])
    count = [len(row.targets) for row in reports]
    t_us = [round(row.t_s * S) for row in reports]
    columns = {
        "report": range(len(reports)),
        "sensor": [row.sensor for row in reports],
        "interval": range(len(reports)),
        "t_observed_us": t_us,
        "t_ready_us": t_us,
        "first": np.cumsum(count) - count,
        "count": count,
        "n_vessels": count,
    }
    contacts = {
        "target": [k for row in reports for k in row.targets],
        "dt_us": [round(row.dt_s * S) for row in reports for _ in row.targets],
    }
    tables = Table.of(REPORTS, columns), Table.of(CONTACTS, contacts)
    log = DetectionLog(*tables, CARDS, n_vessels, n_targets)
    came = [number for number, row in enumerate(reports) if row.to_s is not None]
    times = [round(reports[number].to_s * S) for number in came]
    received = Table.of(RECEIPTS, {"report": came, "t_received_us": times, "hop": [-1] * len(came)})
    outcome, gates = ([getattr(row, name) for row in reports] for name in ("outcome", "gates"))
    fates = Fates(np.array(outcome, np.uint8), np.array(gates, np.uint16))
    aware, accurate = awareness(log, received), awareness(log, received, error_max_m=ERROR_MAX_M)
    part_before = part_before_arrival(fates)
    part_us = split_time(history(log), part_before, accurate, aware, scored, tau_s, n_vessels)
    return part_us, accurate


def seconds(reports, scored, **options):
    """Part -> seconds, of vessel 0, parts without any left out."""
    part_us, _ = split(reports, scored, **options)
    return {part: part_us[0, part] / S for part in Part if part_us[0, part]}


def test_the_window_is_the_largest_custody_age_up_to_a_day():
    assert window_s((3600.0, 21_600.0, 86_400.0, 259_200.0)) == 86_400.0
    assert window_s((3600.0,)) == 3600.0
    assert window_s((90_000.0,)) == 86_400.0


@pytest.mark.parametrize("outcome", [*Outcome, NO_FATE])
@pytest.mark.parametrize("gates", [Gate(0), Gate.IN_FORCE, Gate.CEILING | Gate.RELEASE])
def test_every_report_is_in_exactly_one_part_until_it_arrives(outcome, gates):
    fates = Fates(np.array([outcome], np.uint8), np.array([gates], np.uint16))
    true_of = [part for part, holds in BEFORE_ARRIVAL.items() if holds(fates)[0]]
    expected = {
        Outcome.DELIVERED: Part.LATENCY,
        Outcome.IN_FLIGHT: Part.LATENCY,
        Outcome.EXPIRED: Part.CAPACITY,
        Outcome.LOST: Part.CAPACITY,
        Outcome.WITHHELD: Part.POLICY,
        Outcome.NOT_SENT: Part.CHOICE,
        Outcome.NO_ROUTE: Part.POLICY if gates else Part.NO_LINK,
    }.get(outcome)
    assert true_of == ([] if expected is None else [expected])
    assert part_before_arrival(fates).tolist() == [-1 if expected is None else expected]


def test_an_outcome_that_no_part_knows_is_refused():
    with pytest.raises(ShapeError, match="exactly one part"):
        part_before_arrival(Fates(np.array([7], np.uint8), np.zeros(1, np.uint16)))


@pytest.mark.parametrize(
    ("part", "reports"),
    [
        (Part.HELD, [report(0, to=0)]),
        (Part.QUALITY, [report(0, to=0, sensor=COARSE)]),
        (Part.LATENCY, [report(0, to=50)]),
        (Part.SENSING, []),
        *((part, [report(0, fate=fate)]) for part, fate in SEEN_BY.items()),
        (Part.CAPACITY, [report(0, fate=(Outcome.LOST, Gate(0)))]),
        (Part.POLICY, [report(0, fate=(Outcome.NO_ROUTE, Gate.IN_FORCE))]),
        (Part.SENSING, [report(0, fate=(NO_FATE, Gate(0)))]),
        (Part.SENSING, [report(0, to=0, targets=(1,))]),
    ],
)
def test_each_part_can_be_all_there_is(part, reports, scored_of, cells_of):
    scored, parts = scored_of([(0, 1.0, 9.0)]), cells_of(2)
    assert seconds(reports, scored, n_vessels=2) == {part: 8.0}
    part_us, _ = split(reports, scored, n_vessels=2)
    figures = gap_split_figures(part_us, time_in(scored, 2), parts, groups(parts, "AAA"))
    shares = {figure.metric: figure.value for figure in figures if figure.group == "all"}
    assert shares == {f"gap_{other.name.lower()}_fraction": float(other is part) for other in Part}


@pytest.mark.parametrize("pair", list(itertools.combinations(list(Part), 2)), ids=lambda p: f"{p[0].name}")
def test_of_two_that_hold_the_earlier_part_counts(pair, scored_of):
    by_part = {
        Part.HELD: [report(0, to=0)],
        Part.QUALITY: [report(0, to=0, sensor=COARSE)],
        Part.SENSING: [],
        **{part: [report(0, fate=fate)] for part, fate in SEEN_BY.items()},
    }
    reports = by_part[pair[0]] + by_part[pair[1]]
    assert seconds(reports, scored_of([(0, 1.0, 9.0)])) == {pair[0]: 8.0}


def test_a_report_is_latency_from_its_contact_on_then_held_until_it_is_too_old(scored_of):
    scored = scored_of([(0, 0.0, 30.0)])
    assert seconds([report(7, to=9, dt_s=2.0)], scored) == {
        Part.SENSING: 5.0 + 15.0,
        Part.LATENCY: 4.0,
        Part.HELD: 6.0,
    }
    assert seconds([report(5, to=40)], scored) == {Part.SENSING: 20.0, Part.LATENCY: 10.0}


def test_a_coarse_report_that_has_arrived_hides_no_good_one(scored_of):
    reports = [report(0, to=0), report(4, to=4, sensor=COARSE), report(8, to=13)]
    # held by the first until 10, then the coarse one until the third comes, then held until 18
    assert seconds(reports, scored_of([(0, 0.0, 20.0)])) == {
        Part.HELD: 10.0 + 5.0,
        Part.QUALITY: 3.0,
        Part.SENSING: 2.0,
    }


def test_a_late_older_report_changes_nothing_where_a_fresher_one_is_held(scored_of):
    reports = [report(4, to=4), report(2, to=6)]
    assert seconds(reports, scored_of([(0, 4.0, 14.0)])) == {Part.HELD: 10.0}


def test_contacts_of_before_the_interval_count_in_it_while_they_are_young_enough(scored_of):
    reports = [report(0, to=1), report(2, fate=SEEN_BY[Part.POLICY])]
    scored = scored_of([(0, 6.0, 8.0), (0, 9.0, 11.0), (0, 11.5, 15.0)])
    assert seconds(reports, scored) == {Part.HELD: 2.0 + 1.0, Part.POLICY: 1.0 + 0.5, Part.SENSING: 3.0}


def test_probes_are_left_out(scored_of):
    part_us, _ = split(
        [report(0, to=0, targets=(0, 1))], scored_of([(0, 0.0, 5.0), (1, 0.0, 5.0)]), n_targets=2
    )
    assert part_us.sum(axis=1).tolist() == [5 * S, 0]


def test_shares_weigh_vessels_by_time_in_named_groups(scored_of, cells_of):
    scored, parts = scored_of([(0, 0.0, 8.0), (1, 0.0, 2.0)]), cells_of(2, 3)
    part_us, _ = split([report(0, to=0)], scored, n_vessels=2, n_targets=3)
    found = gap_split_figures(part_us, time_in(scored, 3), parts, groups(parts, "AAA"), zone="z")
    named = {(figure.metric, figure.group): figure for figure in found}
    assert named["gap_held_fraction", "all@z"].value == 0.8
    assert named["gap_sensing_fraction", "all@z"].value == 0.2
    assert named["gap_sensing_fraction", "broadcasting@z"] == (
        "gap_sensing_fraction",
        "broadcasting@z",
        1.0,
        "1",
        1,
    )
    assert named["gap_held_fraction", "all@z"].n == 2
    assert math.isnan(named["gap_policy_fraction", "not_broadcasting_foreign@z"].value)


outcomes_of_reports = st.sampled_from(
    [*SEEN_BY.values(), (Outcome.LOST, Gate(0)), (Outcome.NO_ROUTE, Gate.RELEASE), (NO_FATE, Gate(0))]
)
some_reports = st.lists(
    st.builds(
        lambda t, wait, fate, sensor, targets, dt: report(
            t, to=None if wait is None else t + wait, fate=fate, sensor=sensor, targets=targets, dt_s=dt
        ),
        st.integers(0, 30),
        st.none() | st.integers(0, 15),
        outcomes_of_reports,
        st.sampled_from([GOOD, COARSE]),
        st.sampled_from([(0,), (1,), (0, 1)]),
        st.integers(0, 3),
    ),
    max_size=12,
    unique_by=lambda row: row[:2],
)


def part_at(t_s, target, reports):
    """The definition, word by word, at an instant that is no whole second."""
    mine = [
        row
        for row in reports
        if target in row.targets and t_s - TAU_S <= row.t_s - row.dt_s <= t_s and row.outcome != NO_FATE
    ]
    arrived = [row for row in mine if row.to_s is not None and row.to_s <= t_s]
    ends = {(row.outcome, bool(row.gates)) for row in mine if row not in arrived}
    answers = {
        Part.HELD: any(CARDS[row.sensor].error_m <= ERROR_MAX_M for row in arrived),
        Part.QUALITY: bool(arrived),
        Part.LATENCY: bool(ends & {(Outcome.DELIVERED, False), (Outcome.IN_FLIGHT, False)}),
        Part.CAPACITY: bool(ends & {(Outcome.EXPIRED, False), (Outcome.LOST, False)}),
        Part.NO_LINK: (Outcome.NO_ROUTE, False) in ends,
        Part.CHOICE: (Outcome.NOT_SENT, False) in ends,
        Part.POLICY: bool(ends & {(Outcome.WITHHELD, True), (Outcome.NO_ROUTE, True)}),
        Part.SENSING: not mine,
    }
    return next(part for part, holds in answers.items() if holds)


@settings(max_examples=300, deadline=None)
@given(reports=some_reports, cuts=st.lists(st.integers(0, 45), max_size=6, unique=True))
def test_the_split_equals_asking_the_definition_at_every_second(scored_of, reports, cuts):
    """All times are whole seconds, so the middle of each tells what holds throughout it."""
    cuts = sorted(cuts)[: len(cuts) // 2 * 2]
    spans = [(k, f, t) for k in range(2) for f, t in zip(cuts[::2], cuts[1::2], strict=True)]
    count = np.zeros((2, len(Part)), np.int64)
    for k, begin, end in spans:
        for second in range(begin, end):
            count[k, part_at(second + 0.5, k, reports)] += 1
    scored = scored_of(spans)
    part_us, accurate = split(reports, scored, n_vessels=2)
    assert part_us.tolist() == (count * S).tolist()
    assert part_us.sum(axis=1).tolist() == time_in(scored, 2).tolist()
    assert part_us[:, Part.HELD].tolist() == held_time(accurate, scored, [TAU_S], 2)[:, 0].tolist()
