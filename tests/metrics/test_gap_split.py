from __future__ import annotations

import itertools
import math
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mda_sim.core.errors import ShapeError
from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.metrics.custody import held_time
from mda_sim.metrics.fates import NO_FATE, Fates
from mda_sim.metrics.gap_split import (
    BEFORE_ARRIVAL,
    Answer,
    answer_before_arrival,
    gap_split_figures,
    split_time,
    tracks,
    window_s,
)
from mda_sim.metrics.groups import groups
from mda_sim.picture.awareness import awareness, history
from mda_sim.picture.receipts import RECEIPTS, forgotten_us
from mda_sim.records import CONTACTS, REPORTS, DetectionLog, Gate, Outcome, SensorCard
from mda_sim.world.presence import time_in

S = 1_000_000
TAU_S, ERROR_MAX_M = 10.0, 1000.0
GOOD, COARSE = 0, 1
CARDS = (SensorCard("a_good", "radar", "AAA", 100.0, 1.0), SensorCard("b_coarse", "radar", "BBB", 5e4, 1.0))
SEEN_BY = {
    Answer.LATENCY: (Outcome.IN_FLIGHT, Gate(0)),
    Answer.CAPACITY: (Outcome.EXPIRED, Gate(0)),
    Answer.NO_LINK: (Outcome.NO_ROUTE, Gate(0)),
    Answer.CHOICE: (Outcome.NOT_SENT, Gate(0)),
    Answer.POLICY: (Outcome.WITHHELD, Gate.CEILING),
}
"""An outcome with its gates for each answer that a report can give before it arrives."""
RECEIVED = ("part", "t_received_us", "coarsened_m")


class Report(NamedTuple):
    sensor: int
    t_s: float
    came: tuple[tuple[float, ...], ...]
    """Its receipts: when [s], how coarse [m] and, if it was, when the copy was destroyed [s]."""
    outcome: int
    gates: int
    targets: tuple[int, ...]
    dt_s: float


def report(t_s, *, to=None, came=(), fate=SEEN_BY[Answer.NO_LINK], sensor=GOOD, targets=(0,), dt_s=0.0):
    """A report of ``t_s`` in one part, with contacts ``dt_s`` older.

    It arrives whole at ``to``, or in copies (when [s], how coarse [m], when destroyed [s], if at all), or
    else has the ``fate``.
    """
    came = tuple(came) if to is None else ((to, 0.0),)
    outcome, gates = (Outcome.DELIVERED, Gate(0)) if came else fate
    return Report(sensor, t_s, came, outcome, gates, tuple(targets), dt_s)


class Case(NamedTuple):
    """What a split gives, and the picture that it was made from."""

    answer_us: NDArray[np.int64]
    """Time under each answer [us], (n_targets, 8)."""
    accurate: Table
    """The picture of copies good enough to hold."""


@pytest.fixture(scope="module")
def split(silence_of):
    def made(reports, scored, *, n_vessels=1, n_targets=None, tau_s=TAU_S):
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
            "n_false": [0] * len(count),
        }
        contacts = {
            "target": [k for row in reports for k in row.targets],
            "dt_us": [round(row.dt_s * S) for row in reports for _ in row.targets],
            "merged": [1] * len([round(row.dt_s * S) for row in reports for _ in row.targets]),
        }
        tables = Table.of(REPORTS, columns), Table.of(CONTACTS, contacts)
        log = DetectionLog(*tables, CARDS, n_vessels, n_targets)
        came = [
            (number, round(t_s * S), coarsened_m, *(gone or (None,)))
            for number, row in enumerate(reports)
            for t_s, coarsened_m, *gone in row.came
        ]
        columns = {name: [row[i] for row in came] for i, name in enumerate(RECEIVED)}
        columns["t_purged_us"] = [NEVER_US if gone_s is None else round(gone_s * S) for *_, gone_s in came]
        received = Table.of(RECEIPTS, {**columns, "hop": [-1] * len(came)})
        outcome, gates = ([getattr(row, name) for row in reports] for name in ("outcome", "gates"))
        answer_before = answer_before_arrival(Fates(np.array(outcome, np.uint8), np.array(gates, np.uint16)))
        deliveries = silence_of(log)
        known = history(log).by_part(deliveries)
        aware = awareness(log, deliveries, received, contacts=known)
        accurate = awareness(log, deliveries, received, contacts=known, error_max_m=ERROR_MAX_M)
        sizes = n_vessels, n_targets
        found = tracks(known, answer_before, accurate, aware, forgotten_us(received, len(reports)))
        return Case(split_time(found, scored, tau_s, *sizes), accurate)

    return made


@pytest.fixture(scope="module")
def seconds(split):
    """Answer -> seconds, of vessel 0, answers without any left out."""

    def made(reports, scored, **options):
        answer_us = split(reports, scored, **options).answer_us
        return {answer: answer_us[0, answer] / S for answer in Answer if answer_us[0, answer]}

    return made


def test_the_window_is_the_largest_custody_age_up_to_a_day():
    assert window_s((3600.0, 21_600.0, 86_400.0, 259_200.0)) == 86_400.0
    assert window_s((3600.0,)) == 3600.0
    assert window_s((90_000.0,)) == 86_400.0


@pytest.mark.parametrize("outcome", [*Outcome, NO_FATE])
@pytest.mark.parametrize("gates", [Gate(0), Gate.IN_FORCE, Gate.CEILING | Gate.RELEASE])
def test_every_part_gives_exactly_one_answer_until_it_arrives(outcome, gates):
    fates = Fates(np.array([outcome], np.uint8), np.array([gates], np.uint16))
    true_of = [answer for answer, holds in BEFORE_ARRIVAL.items() if holds(fates)[0]]
    expected = {
        Outcome.DELIVERED: Answer.LATENCY,
        Outcome.IN_FLIGHT: Answer.LATENCY,
        Outcome.EXPIRED: Answer.CAPACITY,
        Outcome.LOST: Answer.CAPACITY,
        Outcome.WITHHELD: Answer.POLICY,
        Outcome.NOT_SENT: Answer.CHOICE,
        Outcome.NO_ROUTE: Answer.POLICY if gates else Answer.NO_LINK,
    }.get(outcome)
    assert true_of == ([] if expected is None else [expected])
    assert answer_before_arrival(fates).tolist() == [-1 if expected is None else expected]


def test_an_outcome_that_no_answer_knows_is_refused():
    with pytest.raises(ShapeError, match="exactly one answer"):
        answer_before_arrival(Fates(np.array([7], np.uint8), np.zeros(1, np.uint16)))


@pytest.mark.parametrize(
    ("answer", "reports"),
    [
        (Answer.HELD, [report(0, to=0)]),
        (Answer.QUALITY, [report(0, to=0, sensor=COARSE)]),
        (Answer.LATENCY, [report(0, to=50)]),
        (Answer.SENSING, []),
        *((answer, [report(0, fate=fate)]) for answer, fate in SEEN_BY.items()),
        (Answer.CAPACITY, [report(0, fate=(Outcome.LOST, Gate(0)))]),
        (Answer.POLICY, [report(0, fate=(Outcome.NO_ROUTE, Gate.IN_FORCE))]),
        (Answer.SENSING, [report(0, fate=(NO_FATE, Gate(0)))]),
        (Answer.SENSING, [report(0, to=0, targets=(1,))]),
    ],
)
def test_each_answer_can_be_all_there_is(split, seconds, answer, reports, scored_of, cells_of):
    scored, cells = scored_of([(0, 1.0, 9.0)]), cells_of(2)
    assert seconds(reports, scored, n_vessels=2) == {answer: 8.0}
    answer_us, _ = split(reports, scored, n_vessels=2)
    figures = gap_split_figures(answer_us, time_in(scored, 2), cells, groups(cells, "AAA"))
    shares = {figure.metric: figure.value for figure in figures if figure.group == "all"}
    assert shares == {f"gap_{other.name.lower()}_fraction": float(other is answer) for other in Answer}


@pytest.mark.parametrize("pair", list(itertools.combinations(list(Answer), 2)), ids=lambda p: f"{p[0].name}")
def test_of_two_that_are_true_the_earlier_answer_counts(seconds, pair, scored_of):
    by_answer = {
        Answer.HELD: [report(0, to=0)],
        Answer.QUALITY: [report(0, to=0, sensor=COARSE)],
        Answer.SENSING: [],
        **{answer: [report(0, fate=fate)] for answer, fate in SEEN_BY.items()},
    }
    reports = by_answer[pair[0]] + by_answer[pair[1]]
    assert seconds(reports, scored_of([(0, 1.0, 9.0)])) == {pair[0]: 8.0}


def test_a_report_is_latency_from_its_contact_on_then_held_until_it_is_too_old(seconds, scored_of):
    scored = scored_of([(0, 0.0, 30.0)])
    assert seconds([report(7, to=9, dt_s=2.0)], scored) == {
        Answer.SENSING: 5.0 + 15.0,
        Answer.LATENCY: 4.0,
        Answer.HELD: 6.0,
    }
    assert seconds([report(5, to=40)], scored) == {Answer.SENSING: 20.0, Answer.LATENCY: 10.0}


def test_a_coarse_report_that_has_arrived_hides_no_good_one(seconds, scored_of):
    reports = [report(0, to=0), report(4, to=4, sensor=COARSE), report(8, to=13)]
    # held by the first until 10, then the coarse one until the third comes, then held until 18
    assert seconds(reports, scored_of([(0, 0.0, 20.0)])) == {
        Answer.HELD: 10.0 + 5.0,
        Answer.QUALITY: 3.0,
        Answer.SENSING: 2.0,
    }


def test_a_late_older_report_changes_nothing_where_a_fresher_one_is_held(seconds, scored_of):
    reports = [report(4, to=4), report(2, to=6)]
    assert seconds(reports, scored_of([(0, 4.0, 14.0)])) == {Answer.HELD: 10.0}


def test_contacts_of_before_the_interval_count_in_it_while_they_are_young_enough(seconds, scored_of):
    reports = [report(0, to=1), report(2, fate=SEEN_BY[Answer.POLICY])]
    scored = scored_of([(0, 6.0, 8.0), (0, 9.0, 11.0), (0, 11.5, 15.0)])
    assert seconds(reports, scored) == {Answer.HELD: 2.0 + 1.0, Answer.POLICY: 1.0 + 0.5, Answer.SENSING: 3.0}


def test_probes_are_left_out(split, scored_of):
    answer_us, _ = split(
        [report(0, to=0, targets=(0, 1))], scored_of([(0, 0.0, 5.0), (1, 0.0, 5.0)]), n_targets=2
    )
    assert answer_us.sum(axis=1).tolist() == [5 * S, 0]


def test_shares_weigh_vessels_by_time_in_named_groups(split, scored_of, cells_of):
    scored, cells = scored_of([(0, 0.0, 8.0), (1, 0.0, 2.0)]), cells_of(2, 3)
    answer_us, _ = split([report(0, to=0)], scored, n_vessels=2, n_targets=3)
    found = gap_split_figures(answer_us, time_in(scored, 3), cells, groups(cells, "AAA"), zone="z")
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


def test_a_copy_made_coarse_is_quality_until_a_precise_one_comes(seconds, scored_of):
    scored = scored_of([(0, 0.0, 12.0)])
    assert seconds([report(0, came=[(2, 20_000.0)])], scored) == {
        Answer.LATENCY: 2.0,
        Answer.QUALITY: 8.0,
        Answer.SENSING: 2.0,
    }
    assert seconds([report(0, came=[(2, 20_000.0), (5, 0.0)])], scored) == {
        Answer.LATENCY: 2.0,
        Answer.QUALITY: 3.0,
        Answer.HELD: 5.0,
        Answer.SENSING: 2.0,
    }


def test_what_had_to_be_destroyed_is_policy_until_it_would_have_been_too_old(seconds, scored_of):
    scored = scored_of([(0, 0.0, 12.0)])
    assert seconds([report(0, came=[(2, 0.0, 6.0)])], scored) == {
        Answer.LATENCY: 2.0,
        Answer.HELD: 4.0,
        Answer.POLICY: 4.0,
        Answer.SENSING: 2.0,
    }
    # a coarse copy that outlives it is quality; between two copies it is on its way
    assert seconds([report(0, came=[(2, 0.0, 5.0), (3, 20_000.0, 8.0)])], scored) == {
        Answer.LATENCY: 2.0,
        Answer.HELD: 3.0,
        Answer.QUALITY: 3.0,
        Answer.POLICY: 2.0,
        Answer.SENSING: 2.0,
    }
    assert seconds([report(0, came=[(2, 0.0, 4.0), (7, 0.0)])], scored) == {
        Answer.LATENCY: 2.0 + 3.0,
        Answer.HELD: 2.0 + 3.0,
        Answer.SENSING: 2.0,
    }


def test_a_purge_hides_no_other_report_on_its_way(seconds, scored_of):
    reports = [report(0, came=[(1, 0.0, 4.0)]), report(2, to=8)]
    assert seconds(reports, scored_of([(0, 1.0, 12.0)])) == {Answer.HELD: 3.0 + 4.0, Answer.LATENCY: 4.0}


outcomes_of_reports = st.sampled_from(
    [*SEEN_BY.values(), (Outcome.LOST, Gate(0)), (Outcome.NO_ROUTE, Gate.RELEASE), (NO_FATE, Gate(0))]
)
some_reports = st.lists(
    st.builds(
        lambda t, waits, coarse, lasts, fate, sensor, targets, dt: report(
            t,
            came=[
                (t + wait, c) if last is None else (t + wait, c, t + wait + last)
                for wait, c, last in zip(sorted(waits), sorted(coarse, reverse=True), lasts, strict=False)
            ],
            fate=fate,
            sensor=sensor,
            targets=targets,
            dt_s=dt,
        ),
        st.integers(0, 30),
        st.sets(st.integers(0, 15), max_size=2),
        st.sets(st.sampled_from([0.0, 500.0, 20_000.0]), min_size=2),
        st.tuples(*[st.one_of(st.none(), st.integers(0, 8))] * 2),
        outcomes_of_reports,
        st.sampled_from([GOOD, COARSE]),
        st.sampled_from([(0,), (1,), (0, 1)]),
        st.integers(0, 3),
    ),
    max_size=12,
    unique_by=lambda row: row[:2],
)


def answer_at(t_s, target, reports):
    """The definition, word by word, at an instant that is no whole second."""
    mine = [
        row
        for row in reports
        if target in row.targets and t_s - TAU_S <= row.t_s - row.dt_s <= t_s and row.outcome != NO_FATE
    ]
    copies = [(row, *(*copy, math.inf)[:3]) for row in mine for copy in row.came]
    held = [(row, coarse_m) for row, came_s, coarse_m, gone_s in copies if came_s <= t_s < gone_s]
    errors_m = [math.hypot(CARDS[row.sensor].error_m, coarse_m) for row, coarse_m in held]
    last_s = {
        id(row): max((gone_s for other, *_, gone_s in copies if other is row), default=math.inf)
        for row in mine
    }
    forgotten = [row for row in mine if last_s[id(row)] <= t_s]
    ends = {(row.outcome, bool(row.gates)) for row in mine if last_s[id(row)] > t_s}
    answers = {
        Answer.HELD: any(error_m <= ERROR_MAX_M for error_m in errors_m),
        Answer.QUALITY: bool(held),
        Answer.LATENCY: bool(ends & {(Outcome.DELIVERED, False), (Outcome.IN_FLIGHT, False)}),
        Answer.CAPACITY: bool(ends & {(Outcome.EXPIRED, False), (Outcome.LOST, False)}),
        Answer.NO_LINK: (Outcome.NO_ROUTE, False) in ends,
        Answer.CHOICE: (Outcome.NOT_SENT, False) in ends,
        Answer.POLICY: bool(forgotten or ends & {(Outcome.WITHHELD, True), (Outcome.NO_ROUTE, True)}),
        Answer.SENSING: not mine,
    }
    return next(answer for answer, is_true in answers.items() if is_true)


@settings(max_examples=300)
@given(reports=some_reports, cuts=st.lists(st.integers(0, 45), max_size=6, unique=True))
def test_the_split_equals_asking_the_definition_at_every_second(split, scored_of, reports, cuts):
    """All times are whole seconds, so the middle of each tells what holds throughout it."""
    cuts = sorted(cuts)[: len(cuts) // 2 * 2]
    spans = [(k, f, t) for k in range(2) for f, t in zip(cuts[::2], cuts[1::2], strict=True)]
    count = np.zeros((2, len(Answer)), np.int64)
    for k, begin, end in spans:
        for second in range(begin, end):
            count[k, answer_at(second + 0.5, k, reports)] += 1
    scored = scored_of(spans)
    answer_us, accurate = split(reports, scored, n_vessels=2)
    assert answer_us.tolist() == (count * S).tolist()
    assert answer_us.sum(axis=1).tolist() == time_in(scored, 2).tolist()
    assert answer_us[:, Answer.HELD].tolist() == held_time(accurate, scored, [TAU_S], 2)[:, 0].tolist()
