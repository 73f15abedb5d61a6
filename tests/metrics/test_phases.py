"""Custody over time and in the phases of an event, against closed forms and against the whole."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mda_sim.core.time import NEVER_US, US_PER_H, Timeline
from mda_sim.metrics.custody import held_time
from mda_sim.metrics.over_time import held_over_time, hours, hours_held, over_time_table
from mda_sim.metrics.phases import ScoredEvent, event_figures, scored_events
from mda_sim.metrics.spec import Endpoint, MetricsSpec
from mda_sim.metrics.suspension_rate import YEAR_S, long_run_custody
from mda_sim.sharing.happenings import DrawnEvent
from mda_sim.sharing.network import SharingSpec

H = 3600.0
TIMELINE = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 0, 100 * US_PER_H, 10 * US_PER_H)
SPEC = MetricsSpec(custody_age_s=(2 * H,))


def frame_of(cells, scored, spec=SPEC):
    """What the figures over time read of a frame: one zone that is the whole area."""
    return SimpleNamespace(scored={"": scored, "z": scored}, cells=cells, spec=spec, timeline=TIMELINE)


def event_of(begin_h, end_h, id_="e"):
    end_us = NEVER_US if end_h is None else round(end_h * US_PER_H)
    return ScoredEvent(DrawnEvent(id_, "suspension", id_, round(begin_h * US_PER_H), end_us, ()), True)


def values(frame, picture, *events):
    return {(f.metric, f.group): f.value for f in event_figures(frame, picture, events, "AAA")}


@pytest.fixture
def seen(aware_of):
    """A vessel seen every hour up to 39 h and again from 65 h on, received at once."""
    return aware_of([(0, t * H, t * H) for t in (*range(40), *range(65, 100))])


@pytest.fixture
def frame(cells_of, scored_of):
    return frame_of(cells_of(1), scored_of([(0, 0, 100 * H)]))


def test_phases_recovery_and_loss_of_a_picture_that_goes_dark(frame, seen):
    """Within 2 h it is held until 41 h: 1 of the 20 hours of the event, and 35 of the 40 after it.

    A day has 0.95 of its hours from 64 h on: one of them, 64 to 65 h, is still dark.
    """
    found = values(frame, seen, event_of(40, 60))
    assert found["event_scored_s.e", "all"] == 20 * H
    assert found["custody_before_2h.e", "all"] == 1.0
    assert found["custody_during_2h.e", "all"] == pytest.approx(1 / 20)
    assert found["custody_after_2h.e", "all@z"] == pytest.approx(35 / 40)
    assert found["custody_since_2h_s.e", "all"] == pytest.approx(36 * H)
    assert found["recovery_2h_s.e", "all"] == 4 * H
    assert found["custody_lost_2h_s.e", "all"] == pytest.approx((19 + 5) * H)


def test_an_event_need_not_keep_to_whole_hours(frame, seen):
    """It ends at 60.25 h; of the day from 64.25 h on 0.75 h are dark, of that before 1.75 h."""
    found = values(frame, seen, event_of(40.5, 60.25))
    assert found["custody_during_2h.e", "all"] == pytest.approx(0.5 / 19.75)
    assert found["recovery_2h_s.e", "all"] == 4 * H
    assert found["custody_lost_2h_s.e", "all"] == pytest.approx((19.25 + 4.75) * H)


def test_a_picture_that_needs_nobody_loses_nothing_and_is_back_at_once(cells_of, scored_of, aware_of):
    steady = aware_of([(0, t * H, t * H) for t in range(100)])
    found = values(frame_of(cells_of(1), scored_of([(0, 0, 100 * H)])), steady, event_of(40, 60))
    assert found["recovery_2h_s.e", "all"] == 0.0
    assert found["custody_lost_2h_s.e", "all"] == 0.0


def test_a_picture_that_comes_and_goes_every_day_is_back_at_once_too(cells_of, scored_of, aware_of):
    """Held for 8 h of each 24 h throughout: the hour after the event is dark, the day is as before."""
    office = aware_of([(0, t * H, t * H) for t in range(100) if 8 <= t % 24 < 15])
    found = values(frame_of(cells_of(1), scored_of([(0, 0, 100 * H)])), office, event_of(48, 72))
    assert found["custody_before_2h.e", "all"] == pytest.approx(8 / 24)
    assert found["recovery_2h_s.e", "all"] == 0.0
    assert found["custody_lost_2h_s.e", "all"] == pytest.approx(0.0, abs=1e-6)


def test_the_paired_difference_since_the_beginning_is_what_the_event_cost(cells_of, scored_of, aware_of):
    """Against a picture held for half of the time, which the event darkens for 20 h and 5 h after it."""
    times = list(range(0, 100, 4))
    steady, dimmed = (
        aware_of([(0, t * H, t * H) for t in shown])
        for shown in (times, [t for t in times if not 40 <= t < 65])
    )
    frame = frame_of(cells_of(1), scored_of([(0, 0, 100 * H)]))
    with_it, without = (values(frame, picture, event_of(40, 60)) for picture in (dimmed, steady))
    key = ("custody_since_2h_s.e", "all")
    assert without[key] == pytest.approx(30 * H)
    assert without[key] - with_it[key] == pytest.approx(7 * 2 * H)


@pytest.mark.parametrize(
    ("begin_h", "end_h", "undefined"),
    [
        (
            40,
            99,
            {"recovery_2h_s", "custody_lost_2h_s"},
        ),  # one scored hour after it, in which nothing is seen
        (40, None, {"custody_after_2h", "recovery_2h_s", "custody_lost_2h_s"}),
        (20, 40, {"recovery_2h_s", "custody_lost_2h_s"}),  # nothing is seen after it
        (-5, 20, {"custody_before_2h", "recovery_2h_s", "custody_lost_2h_s"}),
        (
            105,
            108,
            {
                "custody_during_2h",
                "custody_after_2h",
                "custody_since_2h_s",
                "recovery_2h_s",
                "custody_lost_2h_s",
            },
        ),
    ],
)
def test_what_lies_outside_the_scored_time_is_undefined(
    cells_of, scored_of, aware_of, begin_h, end_h, undefined
):
    early = aware_of([(0, t * H, t * H) for t in range(40)])
    frame = frame_of(cells_of(1), scored_of([(0, 0, 100 * H)]))
    found = values(frame, early, event_of(begin_h, end_h))
    names = {
        metric.partition(".")[0]
        for (metric, group), value in found.items()
        if math.isnan(value) and group == "all"
    }
    assert names == undefined


def test_without_custody_before_there_is_nothing_to_recover(cells_of, scored_of, aware_of):
    late = aware_of([(0, t * H, t * H) for t in range(70, 100)])
    found = values(frame_of(cells_of(1), scored_of([(0, 0, 100 * H)])), late, event_of(40, 60))
    assert found["custody_before_2h.e", "all"] == 0.0
    assert math.isnan(found["recovery_2h_s.e", "all"])


def test_a_configuration_without_the_event_has_its_phases_but_no_recovery(frame, seen):
    other = event_of(40, 60)._replace(is_own=False)
    metrics = {metric for metric, _ in values(frame, seen, other)}
    phases = {f"custody_{phase}_2h.e" for phase in ("before", "during", "after")}
    assert metrics == {"event_scored_s.e", "custody_since_2h_s.e", *phases}


def test_figures_tell_how_many_vessels_they_stand_on(cells_of, scored_of, aware_of):
    """Vessel 1, which broadcasts, is there before and during the event only."""
    frame = frame_of(cells_of(2), scored_of([(0, 0, 100 * H), (1, 0, 50 * H)]))
    n = {(f.metric, f.group): f.n for f in event_figures(frame, aware_of([]), [event_of(40, 60)], "AAA")}
    counts = [n[f"custody_{phase}_2h.e", "all"] for phase in ("before", "during", "after")]
    assert counts == [2, 2, 1]
    assert n["custody_after_2h.e", "broadcasting"] == 0


STEPS = st.lists(st.tuples(st.integers(0, 1), st.integers(0, 99), st.integers(0, 5)), max_size=20)
STAYS = st.lists(st.tuples(st.integers(0, 49), st.integers(1, 50)), min_size=1, max_size=2)
EDGES = st.lists(st.integers(1, 99), max_size=6)


@settings(max_examples=60)
@given(STEPS, STAYS, EDGES)
def test_stretches_add_up_to_the_whole_and_agree_with_counting_hours(
    aware_of, scored_of, cells_of, steps, stays, inner
):
    """All times are whole hours, so that an hour is held wholly or not at all."""
    steps = sorted({(k, r): (k, r * H, (r - lag) * H) for k, r, lag in steps}.values())
    intervals = [(k, begin * H, (begin + lasting) * H) for k, (begin, lasting) in enumerate(stays)]
    aware, scored, cells = aware_of(steps), scored_of(intervals), cells_of(2)
    edges_us = np.array(sorted([0, *inner, 100]), np.int64) * US_PER_H
    held = held_over_time(frame_of(cells, scored), aware, "AAA", "", edges_us)
    whole_us = held_time(aware, scored, SPEC.custody_age_s, 2)
    assert held.held_us["all"].sum() == whole_us.sum()
    expected = np.zeros(len(edges_us) - 1, np.int64)
    for k, begin_s, end_s in intervals:
        for hour in range(round(begin_s / H), round(end_s / H)):
            newest = [
                observed for target, received, observed in steps if target == k and received <= hour * H
            ]
            if newest and newest[-1] + 2 * H > hour * H:
                expected[np.searchsorted(edges_us, hour * US_PER_H, side="right") - 1] += US_PER_H
    assert held.held_us["all"][0].tolist() == expected.tolist()
    assert held.scored_us["all"].sum() == sum(lasting for _, lasting in stays) * US_PER_H


def test_the_table_has_every_hour_of_all_vessels_and_of_the_groups_of_endpoints(cells_of, scored_of, seen):
    endpoints = [Endpoint(metric="custody_fraction_2h", group="not_broadcasting", zone="z")]
    spec = MetricsSpec(custody_age_s=(1 * H, 2 * H), primary=endpoints)
    frame = frame_of(cells_of(1), scored_of([(0, 0, 100 * H)]), spec)
    table = over_time_table(frame, {nation: hours_held(frame, seen, nation) for nation in ("AAA", "BBB")})
    assert table.is_sorted()
    assert table.meta["groups"] == ["all", "not_broadcasting@z"]
    assert table.meta["ages_s"] == [H, 2 * H]
    assert len(table) == 2 * 2 * 2 * 100
    one = table.take((table["nation"] == 1) & (table["group"] == 1) & (table["age"] == 1))
    dark = (one["t_from_us"] >= 41 * US_PER_H) & (one["t_from_us"] < 65 * US_PER_H)
    assert (one["held_us"] == np.where(dark, 0, US_PER_H)).all()
    assert (one["scored_us"] == US_PER_H).all()


def test_the_last_hour_may_be_shorter():
    assert hours(0, US_PER_H + 5).tolist() == [0, US_PER_H, US_PER_H + 5]
    assert hours(7, 7).tolist() == [7]


def test_a_configuration_without_an_event_is_measured_in_the_times_of_those_that_have_it():
    """The same id has the same draw in all; an event that does not come in the run is left out."""
    begins = {"kind": "random", "from_s": 0.0, "to_s": 50 * H}
    base = {
        "nodes": {"a": {"nation": "AAA"}, "b": {"nation": "BBB"}},
        "links": {"x": {"sender": "a", "recipient": "b"}, "y": {"sender": "b", "recipient": "a"}},
    }
    late = {"kind": "link_cut", "links": ["x"], "begins": {"kind": "after", "time_s": 200 * H}}
    cut = {"kind": "link_cut", "links": ["x"], "begins": begins}
    arrangements = {
        "quiet": SharingSpec.model_validate(base),
        "one": SharingSpec.model_validate({**base, "events": {"cut": cut, "late": late}}),
        "two": SharingSpec.model_validate({**base, "events": {"cut": {**cut, "links": ["y"]}}}),
    }
    quiet, one, two = (
        scored_events(arrangements, "quiet", name, TIMELINE, 3) for name in ("quiet", "one", "two")
    )
    assert [scored.event.id for scored in quiet] == ["cut"]
    assert (quiet[0].is_own, one[0].is_own, two[0].is_own) == (False, True, True)
    assert quiet[0].event.begin_us == one[0].event.begin_us == two[0].event.begin_us
    assert (one[0].event.affects, two[0].event.affects) == ((("links", "x"),), (("links", "y"),))


def test_two_states_in_turn_spend_the_long_run_as_renewal_theory_says():
    """Up at 0.6 for 1 / r, down at 0.1 for D, in the mean: the share of time up is 1 / (1 + r D)."""
    for rate in (0.1, 1.0, 12.0):
        up_s, down_s = YEAR_S / rate, 20 * 86_400.0
        share_up = up_s / (up_s + down_s)
        expected = 0.6 * share_up + 0.1 * (1 - share_up)
        assert long_run_custody(0.6, 0.5 * down_s, down_s, rate) == pytest.approx(expected)
    assert long_run_custody(0.6, 1e6, 1e6, 0.0) == 0.6
    assert math.isnan(long_run_custody(0.6, math.nan, 1e6, 1.0))


def test_a_simulated_course_of_events_agrees_with_the_long_run():
    """Onsets without memory, lognormal lengths at 0.3 instead of 0.7; seed 20260302, 4 standard errors."""
    rng = np.random.default_rng(20260302)
    n, rate, median_s = 100_000, 4.0, 10 * 86_400.0
    up_s = rng.exponential(YEAR_S / rate, n)
    down_s = rng.lognormal(math.log(median_s), 0.5, n)
    loss = (0.4 * down_s).sum() / (up_s + down_s).sum()
    residual = 0.4 * down_s - loss * (up_s + down_s)
    error = residual.std(ddof=1) / math.sqrt(n) / (up_s + down_s).mean()
    mean_s = median_s * math.exp(0.125)
    assert error < 0.01 * loss
    assert abs(0.7 - long_run_custody(0.7, 0.4 * mean_s, mean_s, rate) - loss) < 4 * error
    assert abs(0.7 - long_run_custody(0.7, 1.05 * 0.4 * mean_s, mean_s, rate) - loss) > 4 * error
