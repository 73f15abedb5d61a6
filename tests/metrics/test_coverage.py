from __future__ import annotations

import math

import numpy as np
import pytest

from mda_sim.core.table import Table
from mda_sim.metrics.coverage import (
    Probes,
    area_figures,
    coverage_table,
    gap_figures,
    probe_gaps,
    report_length_us,
    weighted_mean,
)
from mda_sim.picture.awareness import history
from mda_sim.picture.receipts import RECEIPTS
from mda_sim.records import CONTACTS, REPORTS, DetectionLog, SensorCard

S = 1_000_000


def log_of_reports(rows, n_targets=2, interval_s=(10.0, 10.0, 10.0)):
    """Reports from (sensor, interval, t_observed_s, targets) rows in order; all targets are probes."""
    count = np.array([len(targets) for *_, targets in rows], np.int64)
    t_us = [round(t * S) for _, _, t, _ in rows]
    columns = {
        "report": range(len(rows)),
        "sensor": [row[0] for row in rows],
        "interval": [row[1] for row in rows],
        "t_observed_us": t_us,
        "t_ready_us": t_us,
        "first": np.cumsum(count) - count,
        "count": count,
        "n_vessels": [0] * len(rows),
        "n_false": [0] * len([0] * len(rows)),
    }
    held = [k for *_, targets in rows for k in targets]
    contacts = Table.of(
        CONTACTS, {"target": held, "dt_us": [0] * len(held), "merged": [1] * len([0] * len(held))}
    )
    cards = tuple(SensorCard(f"s{i}", "radar", "AAA", 1.0, 1.0, interval_s[i]) for i in range(3))
    return DetectionLog(Table.of(REPORTS, columns), contacts, cards, 0, n_targets)


@pytest.fixture
def gaps_of(silence_of):
    """Gaps of the probes where the node has received all parts of some reports, or parts named one by one."""

    def made(log, reports, from_s, to_s, *, share_class=None, parts=None):
        deliveries = silence_of(log, share_class)
        came = np.flatnonzero(np.isin(deliveries.parts["report"], reports)) if parts is None else parts
        columns = {"part": came, "hop": [-1] * len(came)}
        columns |= {name: [0] * len(came) for name in ("t_received_us", "t_purged_us", "coarsened_m")}
        contacts = history(log).by_part(deliveries)
        window = round(from_s * S), round(to_s * S)
        return probe_gaps(log, deliveries, contacts, Table.of(RECEIPTS, columns), 0, *window)

    return made


def test_area_weights_probes_by_the_cosine_of_latitude_and_their_time():
    probes = Probes(1, np.array([0.0, 60.0]), np.array([110.0, 110.0]))
    held_us = np.array([[99], [100], [0]]) * S
    scored_us = np.array([99, 100, 100]) * S
    (figure,) = area_figures(held_us, scored_us, probes, [3600.0], zone="z", picture="organic")
    assert figure.metric == "area_coverage_fraction_organic_1h"
    assert figure.group == "all@z"
    assert figure.value == pytest.approx(1.0 / 1.5)
    assert figure.n == 2
    half_us = np.array([99, 100, 50]) * S
    (figure,) = area_figures(held_us, half_us, probes, [3600.0])
    assert figure.value == pytest.approx(1.0 / 1.25)


def test_without_probes_area_figures_are_undefined():
    probes = Probes(1, np.empty(0), np.empty(0))
    (figure,) = area_figures(np.zeros((1, 1), np.int64), np.ones(1, np.int64), probes, [3600.0])
    assert math.isnan(figure.value)
    assert figure.n == 0
    assert math.isnan(weighted_mean(np.empty(0), np.empty(0)))
    assert (
        len(coverage_table({"AAA": np.zeros((1, 1), np.int64)}, np.ones(1, np.int64), probes, [3600.0])) == 0
    )


def test_the_table_holds_each_nation_probe_and_age_once_in_order():
    probes = Probes(1, np.array([5.0, 6.0, 7.0]), np.array([110.0, 111.0, 112.0]))
    scored_us = np.array([1, 10, 10, 0])
    held = {
        "BBB": np.array([[0, 0], [1, 2], [3, 4], [0, 0]]),
        "AAA": np.array([[0, 0], [5, 6], [7, 8], [0, 0]]),
    }
    table = coverage_table(held, scored_us, probes, [3600.0, 7200.0])
    assert table.is_sorted()
    assert table.meta["nations"] == ["AAA", "BBB"]
    assert table["custody_fraction"][:4].tolist() == [0.5, 0.6, 0.7, 0.8]
    assert table["custody_fraction"][6:10].tolist() == [0.1, 0.2, 0.3, 0.4]
    assert np.isnan(table["custody_fraction"][[4, 5, 10, 11]]).all()
    assert table["target"].tolist() == [1, 1, 2, 2, 3, 3] * 2
    assert table["lat_deg"].tolist() == [5.0, 5.0, 6.0, 6.0, 7.0, 7.0] * 2
    assert table["tau_s"].tolist() == [3600.0, 7200.0] * 6


def test_a_report_is_as_long_as_its_sensors_interval_and_an_image_has_no_length():
    rows = [(0, 0, 130.0, []), (0, 4, 530.0, []), (1, 0, 10.0, []), (2, 7, 70.0, [])]
    log = log_of_reports(rows, interval_s=(100.0, 0.0, 30.0))
    assert (report_length_us(log) / S).tolist() == [100.0, 100.0, 0.0, 30.0]
    assert len(report_length_us(log_of_reports([]))) == 0


def test_gaps_lie_between_the_merged_intervals_of_received_reports(gaps_of):
    # reports of 10 s: probe 0 in those that end at 20, 30, 60; probe 1 in 60 and, not received, 90
    rows = [
        (0, i, 10.0 * (i + 1), [0, 1] if i == 5 else [0] if i in (1, 2) else [1] if i == 8 else [])
        for i in range(10)
    ]
    log = log_of_reports(rows)
    gaps = gaps_of(log, [1, 2, 5], 0.0, 100.0)
    # probe 0: gaps 0-10, 30-50, 60-100; probe 1: 0-50, 60-100
    assert gaps.mean_gap_s.tolist() == pytest.approx([70 / 3, 45.0])
    assert gaps.mean_response_s.tolist() == pytest.approx([(100 + 400 + 1600) / 200, (2500 + 1600) / 200])


def test_images_are_instants_and_the_textbook_gaps_come_out_of_a_log(gaps_of):
    # instants at uneven times whose gaps in [0, 30) are 5, 10 and 15
    log = log_of_reports([(0, 0, 5.0, [0]), (0, 1, 15.0, [0]), (0, 3, 31.0, [0])], interval_s=(0.0,) * 3)
    gaps = gaps_of(log, [0, 1, 2], 0.0, 30.0)
    assert gaps.mean_gap_s.tolist() == pytest.approx([10.0, 30.0])
    assert gaps.mean_response_s.tolist() == pytest.approx([3.5 / 2 * 100 / 30, 15.0])


def test_overlapping_intervals_of_two_sensors_leave_no_gap(gaps_of):
    slow = [(0, 0, 60.0, [0]), (0, 1, 120.0, [0])]
    fast = [(1, i, 10.0 * (i + 1), [0] if i == 3 else []) for i in range(12)]
    log = log_of_reports([*slow, *fast], interval_s=(60.0, 10.0, 0.0))
    assert gaps_of(log, list(range(14)), 0.0, 120.0).mean_gap_s.tolist() == [0.0, 120.0]
    assert gaps_of(log, list(range(2, 14)), 0.0, 120.0).mean_gap_s.tolist() == [55.0, 120.0]
    assert gaps_of(log, [], 0.0, 120.0).mean_response_s.tolist() == [60.0, 60.0]


def test_gap_figures_are_means_over_the_probes_of_the_zone(gaps_of):
    log = log_of_reports([(0, 0, 60.0, [0]), (0, 1, 120.0, [0])], interval_s=(60.0,) * 3)
    gaps = gaps_of(log, [0, 1], 0.0, 120.0)
    probes = Probes(0, np.array([60.0, 0.0]), np.array([110.0, 110.0]))
    revisit, response, *_ = gap_figures(gaps, np.array([120, 120]) * S, probes)
    assert (revisit.metric, revisit.n) == ("revisit_mean_s", 2)
    assert revisit.value == pytest.approx(120 / 1.5)
    assert response.value == pytest.approx(60 / 1.5)
    revisit, *_ = gap_figures(gaps, np.array([120, 0]) * S, probes, zone="z")
    assert (revisit.group, revisit.value, revisit.n) == ("all@z", 0.0, 1)


def test_a_part_of_a_report_counts_for_the_probes_that_it_holds(gaps_of):
    log = log_of_reports([(0, 0, 60.0, [0, 1]), (0, 1, 120.0, [0, 1])], interval_s=(60.0,) * 3)
    gaps = gaps_of(log, None, 0.0, 120.0, share_class=[0, 1, 0, 1], parts=[0, 2, 3])
    # parts 0 and 2 hold probe 0 in both reports, part 3 probe 1 in the second; part 1 did not come
    assert gaps.mean_gap_s.tolist() == [0.0, 60.0]
    assert gaps.mean_response_s.tolist() == [0.0, 60.0**2 / 240.0]
