"""Age of what a partner knows, from reports through desk and link to the figure, against closed forms.

One sensor sees one vessel and every report is a case of its own: windows of 1 s, at most one report in each,
so that all comes 1 s later than in the queue of the formula. Means are over time, by 50 stretches after a
warm-up, with the error of batch means: at most 1 % of the expected value, which must lie within four of them,
while a bias of 5 % must not. The seeds were written before the first run.

Source: S. Kaul, R. Yates, M. Gruteser, "Real-time status: How often should one update?", IEEE INFOCOM 2012,
pp. 2731-2735 (M/M/1, M/D/1, D/M/1); the same, "Status updates through queues", CISS 2012 (last come, first
served, with pre-emption); general knowledge, each derived again for this test from E[Y^2] / (2 E[Y]) and the
mean of gap times time in system.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import lambertw

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S
from mda_sim.metrics.age import age_figures
from mda_sim.metrics.groups import Cells
from mda_sim.metrics.subjects import SCORED
from mda_sim.picture.awareness import awareness
from mda_sim.picture.receipts import receipts
from mda_sim.records import AWARENESS
from mda_sim.sharing.exchange import share

TOUCH_S = 2_000.0
WINDOW_S = 1.0
N_BATCHES = 50

Times = NDArray[np.int64]


def poisson_us(seed: int, gap_s: float, n: int) -> Times:
    """Nearly ``n`` arrivals at random: one at most in a second."""
    times_s = np.cumsum(np.random.default_rng(seed).exponential(gap_s, n))
    return np.unique(times_s.astype(np.int64)) * US_PER_S


def every_us(gap_s: float, n: int) -> Times:
    return np.arange(1, n + 1) * round(gap_s) * US_PER_S


def picture(make: SimpleNamespace, times_us: Times, link: dict[str, Any], desk: dict[str, Any]) -> Table:
    """What JPN knows of the vessel that PHL sees at these times."""
    pair = make.pair(link={"case_window_s": WINDOW_S} | link, desk=desk or None)
    log = make.arrivals({"radar": times_us})
    timeline = make.timeline(hours=times_us[-1] / US_PER_S / 3600 + 1, drain_h=1000)
    deliveries = share(log, pair.sharing, pair.nations, timeline, seed=1)
    return awareness(log, deliveries, receipts(log, deliveries, pair.sharing, "jpn"))


def mean_ages_s(aware: Table, times_us: Times) -> NDArray[np.float64]:
    """Mean age in each of ``N_BATCHES`` stretches, the first twentieth of the time left out [s]."""
    edges = np.linspace(times_us[len(times_us) // 20], times_us[-1], N_BATCHES + 1).astype(np.int64)
    nobody = np.empty((0, 2), np.int64)
    cells = Cells(
        np.zeros(1, np.int64), nobody, ("cargo",), ("AAA",), ("",), np.ones(1, np.bool_), ("cargo",), ("AAA",)
    )
    ages = []
    for begin, end in itertools.pairwise(edges):
        scored = Table.of(SCORED, {"target": [0], "t_from_us": [begin], "t_to_us": [end], "subject": [0]})
        figures = age_figures(aware, scored, 1e12, cells, {"all": np.ones(1, np.bool_)})
        ages += [figure.value for figure in figures if figure.metric == "age_mean_s"]
    return np.array(ages)


def assert_mean(ages_s: NDArray[np.float64], expected_s: float) -> None:
    """Within four standard errors, which are at most 1 %, and not so with a bias of 5 %."""
    assert len(ages_s) == N_BATCHES
    error = ages_s.std(ddof=1) / math.sqrt(N_BATCHES)
    assert error <= 0.01 * expected_s
    assert abs(ages_s.mean() - expected_s) < 4 * error
    assert abs(1.05 * ages_s.mean() - expected_s) > 4 * error


EXPONENTIAL = {"touch": {"kind": "exponential", "mean_s": TOUCH_S}}
CONSTANT = {"touch": {"kind": "constant", "value_s": TOUCH_S}}


@pytest.mark.parametrize(("rho", "seed"), [(0.3, 2801), (0.6, 2802)])
def test_random_reports_and_random_reviews(make: SimpleNamespace, rho: float, seed: int) -> None:
    """M/M/1: (1 + 1 / rho + rho^2 / (1 - rho)) / mu."""
    times_us = poisson_us(seed, TOUCH_S / rho, 60_000)
    ages = mean_ages_s(picture(make, times_us, {}, EXPONENTIAL), times_us)
    assert_mean(ages, TOUCH_S * (1 + 1 / rho + rho**2 / (1 - rho)) + WINDOW_S)


def test_random_reports_and_equal_reviews(make: SimpleNamespace) -> None:
    """M/D/1: (1 / (2 (1 - rho)) + 1 / 2 + (1 - rho) exp(rho) / rho) / mu."""
    rho = 0.5
    times_us = poisson_us(2803, TOUCH_S / rho, 40_000)
    ages = mean_ages_s(picture(make, times_us, {}, CONSTANT), times_us)
    expected = 1 / (2 * (1 - rho)) + 0.5 + (1 - rho) * math.exp(rho) / rho
    assert_mean(ages, TOUCH_S * expected + WINDOW_S)


def test_periodic_reports_and_random_reviews(make: SimpleNamespace) -> None:
    """D/M/1: (1 / (2 rho) + 1 / (1 - beta)) / mu with beta = exp(-(1 - beta) / rho)."""
    rho = 0.5
    beta = float(np.real(-rho * lambertw(-math.exp(-1 / rho) / rho)))
    assert beta == pytest.approx(math.exp(-(1 - beta) / rho))
    times_us = every_us(TOUCH_S / rho, 40_000)
    ages = mean_ages_s(picture(make, times_us, {}, EXPONENTIAL), times_us)
    assert_mean(ages, TOUCH_S * (1 / (2 * rho) + 1 / (1 - beta)) + WINDOW_S)


def test_the_newest_first_and_at_once(make: SimpleNamespace) -> None:
    """Last come, first served, with pre-emption, M/M/1: 1 / lambda + 1 / mu.

    No desk breaks off a review, so this queue is simulated here; the figure and the rule that an older report
    changes nothing are the program's. A report that is broken off is taken to be finished later, and late.
    """
    rng = np.random.default_rng(2804)
    gap_s, touch_s, n = 3_000.0, 2_000.0, 60_000
    times_us = np.unique(np.cumsum(rng.exponential(gap_s * US_PER_S, n)).astype(np.int64))
    done_us = times_us + np.rint(rng.exponential(touch_s * US_PER_S, len(times_us))).astype(np.int64)
    in_time = done_us[:-1] < times_us[1:]
    rows = np.flatnonzero(in_time)
    columns = {
        "target": np.zeros(len(rows), int),
        "t_received_us": done_us[rows],
        "t_observed_us": times_us[rows],
        "error_m": np.full(len(rows), 100.0),
        "report": rows,
    }
    ages = mean_ages_s(Table.of(AWARENESS, columns), times_us)
    assert_mean(ages, gap_s + touch_s)


def test_late_older_reports_never_lower_the_age(make: SimpleNamespace) -> None:
    """Of two ways the slow one brings every other report again, two gaps late: nobody is any the wiser."""
    times_us = every_us(600.0, 400)
    pair = make.pair(link={"case_window_s": WINDOW_S})
    plain = pair.sharing.model_dump(mode="json")
    plain["links"]["slow"] = make.link("phl", "jpn", case_window_s=WINDOW_S, delay_s=1_200.0)
    log, timeline = make.arrivals({"radar": times_us}), make.timeline(hours=80)
    ages = []
    for sharing in (pair.sharing, make.sharing(**plain)):
        deliveries = share(log, sharing, pair.nations, timeline, seed=1)
        aware = awareness(log, deliveries, receipts(log, deliveries, sharing, "jpn"))
        ages.append(mean_ages_s(aware, times_us))
    assert (deliveries.hops["link"] == 1).sum() == len(times_us)
    assert (ages[0] == ages[1]).all()
    assert ages[0].mean() == pytest.approx(300.0 + WINDOW_S, rel=2e-3)


@pytest.mark.parametrize("lost", [0.1, 0.5])
def test_periodic_reports_of_which_some_are_lost(make: SimpleNamespace, lost: float) -> None:
    """Gaps are geometric: P (1 + lost) / (2 (1 - lost)) plus the delay, E[g^2] / 2 E[g] in a gap."""
    period_s, delay_s = 600.0, 300.0
    times_us = every_us(period_s, 60_000)
    link = {"loss_probability": lost, "delay_s": delay_s}
    ages = mean_ages_s(picture(make, times_us, link, {}), times_us)
    assert_mean(ages, period_s * (1 + lost) / (2 * (1 - lost)) + delay_s + WINDOW_S)


def test_what_a_link_is_worth_beside_ones_own_sightings(make: SimpleNamespace) -> None:
    """Own sightings at rate l1 known after d1, a partner's at rate l2 after d2 > d1.

    Alone the mean age is d1 + 1 / l1. The age exceeds x with probability exp(-l1 (x - d1)) for x up to d2,
    and with exp(-l1 (x - d1) - l2 (x - d2)) beyond; the integral of the difference is what the link is worth:
    k l2 / (l1 (l1 + l2)) with k = exp(-l1 (d2 - d1)).
    """
    l1, l2, d1, d2, n = 1 / 4_000.0, 1 / 1_000.0, 60.0, 1_860.0, 150_000
    own_us = poisson_us(2806, 1 / l1, n)
    theirs_us = poisson_us(2807, 1 / l2, 4 * n)
    theirs_us = theirs_us[theirs_us < own_us[-1]]
    link = {"case_window_s": WINDOW_S, "delay_s": d2 - WINDOW_S}
    sharing = make.sharing(
        nodes={"jpn": ("JPN", "SECRET"), "phl": ("PHL", "SECRET")},
        labels={"restricted": {"classification": "RESTRICTED"}},
        feeds={
            "ais": {"node": "phl", "label": "restricted"},
            "radar": {"node": "jpn", "label": "restricted", "delay_s": d1},
        },
        agreements={"deal": make.agreement("PHL", "JPN")},
        links={"phl_jpn": make.link("phl", "jpn", **link)},
    )
    log = make.arrivals({"radar": own_us, "ais": theirs_us})
    log = replace(log, sensors=(log.sensors[0], replace(log.sensors[1], operator="JPN")))
    timeline = make.timeline(hours=own_us[-1] / US_PER_S / 3600 + 1, drain_h=1000)
    deliveries = share(log, sharing, make.nations(JPN="jpn", PHL="phl"), timeline, seed=1)
    received = receipts(log, deliveries, sharing, "jpn")
    of_sensor = log.reports["sensor"][deliveries.parts["report"][received["part"]]]
    alone = mean_ages_s(awareness(log, deliveries, received.take(np.flatnonzero(of_sensor == 1))), own_us)
    both = mean_ages_s(awareness(log, deliveries, received), own_us)
    k = math.exp(-l1 * (d2 - d1))
    worth_s = alone - both
    assert_mean(alone, d1 + 1 / l1)
    error = worth_s.std(ddof=1) / math.sqrt(N_BATCHES)
    expected = k * l2 / (l1 * (l1 + l2))
    assert error <= 0.01 * expected
    assert abs(worth_s.mean() - expected) < 4 * error
    assert abs(1.05 * worth_s.mean() - expected) > 4 * error
