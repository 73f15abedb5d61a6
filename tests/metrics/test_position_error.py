"""Position error at the receiver against places on a line, and its own bound."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.table import Table
from mda_sim.metrics.groups import cells as cells_of_fleet
from mda_sim.metrics.groups import groups
from mda_sim.metrics.position_error import (
    distinct_errors,
    error_times,
    position_figures,
    sampled_off,
    samples,
    summary,
    weighted_summary,
)
from mda_sim.metrics.subjects import subjects
from mda_sim.records import AWARENESS, CONTACTS, NOTHING_US, REPORTS, DetectionLog, SensorCard
from mda_sim.world.broadcasts import AisState, broadcasts_of

S, H = 1_000_000, 3600.0
METRES_PER_DEG = 6371008.8 * math.pi / 180


def picture(rows):
    """AWARENESS from (target, received h, observed h or None, error m, report) rows in order."""
    columns = {
        "target": [row[0] for row in rows],
        "t_received_us": [round(row[1] * H) * S for row in rows],
        "t_observed_us": [NOTHING_US if row[2] is None else round(row[2] * H) * S for row in rows],
        "error_m": [math.nan if row[2] is None else row[3] for row in rows],
        "report": [row[4] for row in rows],
    }
    return Table.of(AWARENESS, columns)


def log_of(n_targets, categories=("radar", "ais")):
    """A log with one report of each sensor."""
    n = len(categories)
    columns = {column.name: [0] * n for column in REPORTS.columns}
    columns |= {"report": range(n), "sensor": range(n)}
    cards = tuple(SensorCard(kind, kind, "AAA", 1.0, 1.0) for kind in categories)
    return DetectionLog(Table.of(REPORTS, columns), Table.empty(CONTACTS), cards, n_targets, n_targets)


@pytest.fixture
def sailing(fleet_of):
    """One sails north at 10 m/s for 20 h from the equator, one lies still."""
    north = 10 * 20 * H / METRES_PER_DEG
    vessels = [
        ("cargo", "AAA", True, [(0.0, 0.0, 110.0), (20 * H, north, 110.0)]),
        ("fishing", "AAA", False, [(0.0, 5.0, 110.0), (20 * H, 5.0, 110.0)]),
    ]
    return fleet_of(vessels, until_s=20 * H)


def measured(fleet, aware, scored, speeds, age_h=24.0):
    known = subjects(fleet)
    cells = cells_of_fleet(fleet, known)
    taken = samples(fleet, scored, cells, 0)
    log = log_of(fleet.n_targets)
    off = sampled_off(aware, taken, log, fleet, np.array(speeds), round(age_h * H) * S)
    return cells, taken, off


def test_a_vessel_is_as_far_off_as_it_has_sailed_since(sailing, scored_of):
    scored = {"": scored_of([(0, 0, 4 * H), (1, 0, 4 * H)])}
    aware = picture([(0, 1.0, 0.0, 300.0, 0)])
    _, taken, off = measured(sailing, aware, scored, [12.0, 0.0])
    assert (taken.t_us / S / H).tolist() == [0.5, 1.5, 2.5, 3.5] * 2
    # 10 m/s: 54 km at 1.5 h, 90 km at 2.5 h, 126 km at 3.5 h; the bound is 300 m + 12 m/s
    assert off.off_m[1:4] == pytest.approx([54_000, 90_000, 126_000], rel=1e-6)
    assert off.bound_m[1:4] == pytest.approx([300 + 64_800, 300 + 108_000, 300 + 151_200])
    assert np.isnan(off.off_m[[0, 4, 5, 6, 7]]).all()


def test_an_observation_over_the_age_and_a_destroyed_one_are_not_held(sailing, scored_of):
    scored = {"": scored_of([(1, 0, 6 * H)])}
    aware = picture([(1, 1.0, 0.0, 5.0, 0), (1, 4.0, None, 0.0, 0)])
    _, _, off = measured(sailing, aware, scored, [12.0, 0.0], age_h=2.5)
    assert np.isfinite(off.off_m).tolist() == [False, True, True, False, False, False]
    _, _, off = measured(sailing, aware, scored, [12.0, 0.0], age_h=24.0)
    assert np.isfinite(off.off_m).tolist() == [False, True, True, True, False, False]
    assert off.off_m[1:4].tolist() == [0.0] * 3


def test_a_false_position_is_off_by_its_offset_where_ais_said_it(fleet_of, scored_of):
    sent = broadcasts_of([0], [0], [AisState.FALSE_POSITION], offset_north_m=40_000.0)
    still = [("cargo", "AAA", True, [(0.0, 5.0, 110.0), (20 * H, 5.0, 110.0)])]
    fleet = fleet_of(still, until_s=20 * H, broadcasts=sent)
    scored = {"": scored_of([(0, 0, 4 * H)])}
    # report 0 is a radar's, report 1 one of AIS that comes at 2 h
    _, _, off = measured(fleet, picture([(0, 0.0, 0.0, 5.0, 0), (0, 2.0, 2.0, 5.0, 1)]), scored, [1.0])
    assert off.off_m.tolist() == pytest.approx([0.0, 0.0, 40_000.0, 40_000.0], rel=1e-5, abs=1e-6)


def test_samples_know_the_zone_that_each_is_in(sailing, scored_of):
    scored = {"": scored_of([(0, 0, 4 * H), (1, 1 * H, 2.5 * H)]), "z": scored_of([(0, 1 * H, 2.5 * H)])}
    cells, taken, _ = measured(sailing, picture([]), scored, [12.0, 0.0])
    assert taken.target.tolist() == [0, 0, 0, 0, 1]
    ship = cells.of_subject[0]
    # half-open: the middle of the third hour, 2.5 h, is where the interval ends
    assert taken.cell["z"].tolist() == [-1, ship, -1, -1, -1]
    assert taken.cell[""].tolist() == [ship] * 4 + [cells.of_subject[1]]


def test_errors_are_weighed_by_the_time_they_are_held(sailing, scored_of):
    scored = {"": scored_of([(0, 0, 10 * H), (1, 0, 10 * H)])}
    # 100 m for 3 h, then 1,000 m for 1 h; nothing for the other
    aware = picture([(0, 2.0, 1.0, 100.0, 0), (0, 5.0, 4.0, 1000.0, 0)])
    cells, taken, off = measured(sailing, aware, scored, [12.0, 0.0], age_h=2.0)
    errors_m = distinct_errors(aware)
    time_us = error_times(aware, errors_m, scored[""], cells, round(2 * H) * S)
    assert errors_m.tolist() == [100.0, 1000.0]
    assert (time_us.sum(axis=0) / S / H).tolist() == [1.0, 1.0]
    members = groups(cells, "AAA")
    found = position_figures(
        errors_m, time_us, off, taken, np.array([10, 10]) * 3600 * S, cells, members, "2h"
    )
    by = {(f.metric, f.group): (f.value, f.n) for f in found}
    assert by["position_error_rms_m_2h", "all"] == (pytest.approx(math.sqrt((1e4 + 1e6) / 2)), 2)
    assert by["position_error_p50_m_2h", "all"] == (100.0, 2)
    assert by["position_error_p90_m_2h", "all"] == (1000.0, 2)
    assert math.isnan(by["position_error_rms_m_2h", "not_broadcasting"][0])
    # samples held: 2.5 h (1.5 h old) and 5.5 h (1.5 h old)
    assert by["position_off_p50_m_2h", "all"] == (pytest.approx(54_000, rel=1e-6), 2)
    assert math.isnan(by["position_off_rms_m_2h", "not_broadcasting"][0])


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=40))
def test_a_summary_is_that_of_equal_weights(values):
    array = np.array(values)
    one, other = summary(array), weighted_summary(array, np.ones(len(values), np.int64))
    assert one["p50_m"] == other["p50_m"]
    assert one["p90_m"] == other["p90_m"]
    assert one["rms_m"] == pytest.approx(other["rms_m"])
    assert one["p50_m"] <= one["p90_m"]
    assert (array <= one["p50_m"]).mean() >= 0.5


def test_uniform_ages_give_the_law_of_distances(sailing, scored_of):
    """Seen at once every 10 h: the age is uniform on [0, 10 h): rms is v T / sqrt(3), median v T / 2."""
    scored = {"": scored_of([(0, 0, 20 * H)])}
    aware = picture([(0, 0.0, 0.0, 5.0, 0), (0, 10.0, 10.0, 5.0, 0)])
    _, _, off = measured(sailing, aware, scored, [10.0, 0.0])
    found = summary(off.off_m)
    # samples at the middle of hours: the exact mean square of 0.5, 1.5 ... 9.5 h is (100 - 1 / 4) / 3 h^2
    assert found["rms_m"] == pytest.approx(10 * H * math.sqrt((100 - 0.25) / 3), rel=1e-6)
    assert found["rms_m"] == pytest.approx(10 * 10 * H / math.sqrt(3), rel=2e-3)
    assert found["p50_m"] == pytest.approx(10 * 4.5 * H, rel=1e-6)
