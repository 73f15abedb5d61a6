"""Recognition of silent vessels against stays worked out by hand, and an exponential wait."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np
import pytest

from mda_sim.core.time import NEVER_US, Timeline
from mda_sim.metrics.groups import groups
from mda_sim.metrics.not_matched import not_matched_figures, silent_visits
from mda_sim.picture.awareness import PartHistory

S = 1_000_000
TIMELINE = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 100 * S, 900 * S, 100 * S)
WINDOW_S = 50


@pytest.fixture
def ended(scored_of):
    """The stays of vessels with (vessel, observed s, came s or None, AIS) contacts, as visits."""

    def made(contacts, intervals, timeline=TIMELINE, n_vessels=2):
        rows = sorted(contacts, key=lambda row: row[:2])
        offsets = np.searchsorted([row[0] for row in rows], np.arange(n_vessels + 1)).astype(np.int64)
        observed = np.array([row[1] * S for row in rows], np.int64)
        history = PartHistory(offsets, np.arange(len(rows), dtype=np.uint32), observed)
        came = np.array([NEVER_US if row[2] is None else row[2] * S for row in rows], np.int64)
        is_ais = np.array([row[3] for row in rows], np.bool_)
        return silent_visits(history, came, is_ais, scored_of(intervals), timeline, WINDOW_S * S)

    return made


def of_one(found):
    assert len(found.subject) == 1
    return found.lasted_us[0] / S, bool(found.received[0]), bool(found.left[0])


def test_the_first_radar_contact_received_in_the_stay_ends_the_wait(ended):
    contacts = [(0, 300, 420, False), (0, 310, 350, False), (0, 400, 400, False)]
    assert of_one(ended(contacts, [(0, 200, 800)])) == (150.0, True, False)


def test_an_ais_contact_alone_recognises_nobody(ended):
    assert of_one(ended([(0, 300, 310, True)], [(0, 200, 800)])) == (600.0, False, True)


@pytest.mark.parametrize(
    ("ais", "waits_s"),
    [
        ((240, 245), 300.0),  # observed 50 s before, and there: matched, so that the second contact counts
        ((239, 245), 110.0),  # 51 s before: no match
        ((340, 340), 110.0),  # 50 s after, but not there by 310 s
        ((310, 310), 300.0),  # after it, and there as it comes
        ((270, 311), 110.0),  # received too late to match
        ((270, None), 110.0),  # never received
    ],
)
def test_a_contact_is_matched_by_ais_within_the_window_that_has_come(ended, ais, waits_s):
    contacts = [(0, *ais, True), (0, 290, 310, False), (0, 490, 500, False)]
    assert of_one(ended(contacts, [(0, 200, 800)])) == (waits_s, True, False)


def test_ais_of_another_vessel_matches_nothing(ended):
    contacts = [(1, 290, 290, True), (0, 290, 310, False)]
    assert of_one(ended(contacts, [(0, 200, 800)])) == (110.0, True, False)


def test_what_was_seen_before_the_stay_or_comes_as_it_ends_does_not_count(ended):
    contacts = [(0, 199, 250, False), (0, 700, 800, False)]
    assert of_one(ended(contacts, [(0, 200, 800)])) == (600.0, False, True)
    assert of_one(ended([(0, 200, 200, False)], [(0, 200, 800)])) == (0.0, True, False)


def test_a_stay_to_the_end_is_censored_and_one_under_way_at_the_start_left_out(ended):
    assert of_one(ended([], [(0, 200, 1000)])) == (800.0, False, False)
    assert len(ended([(0, 150, 150, False)], [(0, 50, 400), (1, 100, 300)]).subject) == 0


def test_figures_hold_shares_median_and_counts(ended, cells_of):
    hour = 3600
    timeline = Timeline(datetime(2026, 3, 2, tzinfo=UTC), hour * S, 1000 * hour * S, 0)
    # four stays of 100 h: seen after 2 h, after 30 h, left unseen, left unseen; a fifth is censored at 10 h
    starts = [10, 210, 410, 610]
    intervals = [(0, t * hour, (t + 100) * hour) for t in starts] + [(0, 991 * hour, 1001 * hour)]
    contacts = [(0, 12 * hour, 12 * hour, False), (0, 240 * hour, 240 * hour, False)]
    found = ended(contacts, intervals, timeline)
    cells = cells_of(2)
    members = {"not_broadcasting": groups(cells, "BBB")["not_broadcasting"]}
    by = {f.metric: (f.value, f.n) for f in not_matched_figures(found, cells, members, zone="z")}
    # by 6 h one of five; one of four left is censored at 10 h, so that at 30 h it is one of three
    assert by["not_matched_fraction_6h"] == (pytest.approx(1 / 5), 5)
    assert by["not_matched_fraction_24h"][0] == pytest.approx(1 / 5)
    assert by["not_matched_fraction_72h"][0] == pytest.approx(1 / 5 + 4 / 5 / 3)
    assert math.isnan(by["not_matched_p50_s"][0])
    assert by["not_matched_received_count"] == (2.0, 5)
    assert by["not_matched_ended_count"] == (2.0, 5)


def test_waits_that_are_exponential_have_that_share_and_median(ended, cells_of):
    """Looks at rate 1 / m, nobody leaves within 72 h: 1 - exp(-6 h / m), median m ln 2."""
    hour, mean_h, n = 3600, 8.0, 4000
    rng = np.random.default_rng(20261128)
    waits = rng.exponential(mean_h * hour, n).astype(int) + 1
    timeline = Timeline(datetime(2026, 3, 2, tzinfo=UTC), 10 * S, 400 * hour * S, 0)
    contacts = [(k, 1000 + w, 1000 + w, False) for k, w in enumerate(waits.tolist())]
    found = ended(contacts, [(k, 1000, 300 * hour) for k in range(n)], timeline, n_vessels=n)
    cells = cells_of(n)
    members = {"all": np.ones(n, np.bool_)}
    by = {f.metric: f.value for f in not_matched_figures(found, cells, members)}
    expected = 1 - math.exp(-6 / mean_h)
    assert by["not_matched_fraction_6h"] == pytest.approx(
        expected, abs=4 * (expected * (1 - expected) / n) ** 0.5
    )
    # the standard error of the median of an exponential law is m / sqrt(n)
    assert by["not_matched_p50_s"] == pytest.approx(
        mean_h * hour * math.log(2), abs=4 * mean_h * hour / n**0.5
    )
