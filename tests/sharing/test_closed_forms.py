"""Desks and lines against the closed forms of queueing theory, through the engine.

Each report is a case of its own: windows of 1 s, at most one report in each. Means are of waits from the
closing of a case to its review, warm-up deleted, with the error of batch means: at most 1 % of the expected
value, which must lie within four of them, while a bias of 5 % must not. The seeds were written before the
first run. Formulas without a reference are general knowledge.
"""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.time import NEVER_US, US_PER_S
from mda_sim.records import Outcome
from mda_sim.sharing.exchange import share

TOUCH_S = 2_000.0


def constant(seconds: float) -> dict[str, Any]:
    return {"kind": "constant", "value_s": seconds}


def exponential(mean_s: float) -> dict[str, Any]:
    return {"kind": "exponential", "mean_s": mean_s}


def poisson_us(seed: int, gap_s: float, n: int) -> NDArray[np.int64]:
    """Nearly ``n`` arrivals at random: one at most in a second."""
    times_s = np.cumsum(np.random.default_rng(seed).exponential(gap_s, n))
    return np.unique(times_s.astype(np.int64)) * US_PER_S


def waits_s(make: SimpleNamespace, times_us: NDArray[np.int64], **desk: Any) -> NDArray[np.float64]:
    """Waits of the cases of one desk, in the order in which they came [s]."""
    pair = make.pair(link={"case_window_s": 1.0}, desk=desk)
    timeline = make.timeline(hours=times_us[-1] / US_PER_S / 3600 + 1, drain_h=1000)
    hops = share(make.arrivals({"radar": times_us}), pair.sharing, pair.nations, timeline, seed=1).hops
    wait_s: NDArray[np.float64] = (hops["t_review_us"] - hops["t_case_us"]) / US_PER_S
    return wait_s


def assert_mean(values: NDArray[np.float64], expected: float) -> None:
    """Within four standard errors, which are at most 1 %, and not so with a bias of 5 %."""
    steady = values[len(values) // 20 :]
    batches = steady[: len(steady) // 50 * 50].reshape(50, -1).mean(axis=1)
    error = batches.std(ddof=1) / math.sqrt(len(batches))
    assert error <= 0.01 * expected
    assert abs(batches.mean() - expected) < 4 * error
    assert abs(1.05 * batches.mean() - expected) > 4 * error


def test_m_m_1(make: SimpleNamespace) -> None:
    """rho / (mu - lambda): L. Kleinrock, "Queueing Systems", vol. 1, 1975 (general knowledge)."""
    rho = 0.3
    waits = waits_s(make, poisson_us(2701, TOUCH_S / rho, 220_000), touch=exponential(TOUCH_S))
    assert_mean(waits, rho * TOUCH_S / (1 - rho))


def test_m_g_1_with_lognormal_reviews(make: SimpleNamespace) -> None:
    """Pollaczek-Khinchine: lambda E[S^2] / (2 (1 - rho)); E[S^2] = median^2 exp(2 sigma^2)."""
    sigma, rho = 0.5, 0.4
    touch = {"kind": "lognormal", "median_s": TOUCH_S, "p95_s": TOUCH_S * math.exp(1.6448536 * sigma)}
    rate = rho / (TOUCH_S * math.exp(sigma**2 / 2))
    waits = waits_s(make, poisson_us(2702, 1 / rate, 180_000), touch=touch)
    assert_mean(waits, rate * TOUCH_S**2 * math.exp(2 * sigma**2) / (2 * (1 - rho)))


def test_m_m_3(make: SimpleNamespace) -> None:
    """Erlang's C formula: the probability to wait, and with it the mean wait (general knowledge)."""
    servers, rho = 3, 0.6
    load = servers * rho
    tail = load**servers / math.factorial(servers) / (1 - rho)
    p_wait = tail / (sum(load**k / math.factorial(k) for k in range(servers)) + tail)
    waits = waits_s(
        make, poisson_us(2703, TOUCH_S / load, 900_000), touch=exponential(TOUCH_S), servers=servers
    )
    assert_mean((waits > 0).astype(float), p_wait)
    assert_mean(waits, p_wait * TOUCH_S / (servers * (1 - rho)))


def test_two_classes_of_priority(make: SimpleNamespace) -> None:
    """Cobham 1954: W_k = W_0 / ((1 - s_(k-1)) (1 - s_k)), W_0 = sum of lambda E[S^2] / 2."""
    rho = {"ais": 0.2, "radar": 0.2}
    pair = make.pair(desk={"touch": constant(TOUCH_S), "discipline": "priority"})
    plain = pair.sharing.model_dump(mode="json")
    plain["links"] = {
        category: make.link(
            "phl", "jpn", desk="d", case_window_s=1.0, categories=[category], priority=priority
        )
        for category, priority in (("ais", 7), ("radar", 3))
    }
    log = make.arrivals(
        {c: poisson_us(seed, TOUCH_S / rho[c], 110_000) for c, seed in (("ais", 2704), ("radar", 2705))}
    )
    last_us = int(log.reports["t_ready_us"].max())
    timeline = make.timeline(hours=last_us / US_PER_S / 3600 + 1, drain_h=1000)
    hops = share(log, make.sharing(**plain), pair.nations, timeline, seed=1).hops
    wait_s = (hops["t_review_us"] - hops["t_case_us"]) / US_PER_S
    residual_s = sum(rho.values()) * TOUCH_S / 2
    assert_mean(wait_s[hops["link"] == 1], residual_s / (1 - rho["radar"]))
    assert_mean(wait_s[hops["link"] == 0], residual_s / ((1 - rho["radar"]) * (1 - sum(rho.values()))))


def test_newest_first_waits_as_long_as_first_come_in_the_mean_and_less_evenly(make: SimpleNamespace) -> None:
    """With equal reviews both take up something at the same moments; only who it is differs."""
    times_us = poisson_us(2706, TOUCH_S / 0.7, 20_000)
    fifo, newest = (
        waits_s(make, times_us, touch=constant(TOUCH_S), discipline=discipline, servers=1)
        for discipline in ("fifo", "newest_first")
    )
    assert newest.sum() == pytest.approx(fifo.sum(), rel=1e-12)
    assert newest.var() > 1.5 * fifo.var()
    assert np.median(newest) < np.median(fifo)


@pytest.mark.parametrize("discipline", ["fifo", "priority", "newest_first"])
def test_littles_law_holds_in_every_queue_over_a_whole_busy_time(
    make: SimpleNamespace, discipline: str
) -> None:
    """Mean number = rate x mean stay, exactly (J. Little 1961, general knowledge): counted by step functions.

    In service the stays are the reviews as drawn, on the line 8 bytes over the bandwidth.
    """
    desk = {"touch": exponential(TOUCH_S), "discipline": discipline, "servers": 2}
    pair = make.pair(link={"case_window_s": 1.0, "bandwidth_bps": 2.0}, desk=desk)
    times_us = poisson_us(2707, TOUCH_S / 1.5, 4000)
    hops = share(make.arrivals({"radar": times_us}), pair.sharing, pair.nations, make.timeline(5000), 3).hops
    windows = hops["t_case_us"] // US_PER_S - 1
    u = draw_uniform(stream_key(3, "share.touch"), address("phl_jpn"), address("radar"), 0, windows)
    touch_us = np.rint(-TOUCH_S * np.log(u) * US_PER_S).astype(np.int64)
    line_us = np.full(len(hops), 400 * US_PER_S)
    waited_us = hops["t_review_us"] - hops["t_case_us"]
    queued_us = hops["t_sent_us"] - hops["t_consented_us"]
    for came, left, stay_us in (
        ("t_case_us", "t_review_us", waited_us),
        ("t_review_us", "t_reviewed_us", touch_us),
        ("t_consented_us", "t_sent_us", queued_us),
        ("t_sent_us", "t_transmitted_us", line_us),
    ):
        moments = np.concatenate([hops[came], hops[left]])
        steps = np.repeat([1, -1], len(hops))
        order = np.lexsort((-steps, moments))
        number = np.cumsum(steps[order])
        assert (number >= 0).all()
        assert number[-1] == 0
        area_us = int((number[:-1] * np.diff(moments[order])).sum())
        assert area_us == int(stay_us.sum()) > 0
    assert (np.diff(np.sort(hops["t_sent_us"])) >= 400 * US_PER_S).all()


def test_no_server_is_idle_while_something_waits_and_none_does_two_things(make: SimpleNamespace) -> None:
    """Work conservation, in every discipline and with surges: counted at each change of the queue."""
    surges = [
        {"from_utc": "2026-03-02T12:00:00Z", "to_utc": "2026-03-03T00:00:00Z", "servers": 4},
        {"from_utc": "2026-03-03T06:00:00Z", "to_utc": "2026-03-03T09:00:00Z", "servers": 0},
    ]
    for discipline in ("fifo", "priority", "newest_first"):
        desk = {"touch": exponential(300.0), "servers": 2, "surges": surges, "discipline": discipline}
        pair = make.pair(link={"case_window_s": 1.0}, desk=desk)
        times_us = poisson_us(2708, 160.0, 1000)
        hops = share(make.arrivals({"radar": times_us}), pair.sharing, pair.nations, make.timeline(), 1).hops
        came, begun, done = (np.sort(hops[c]) for c in ("t_case_us", "t_review_us", "t_reviewed_us"))
        assert done[-1] < NEVER_US
        t_us = np.unique(np.concatenate([came, begun, done]))
        waiting = np.searchsorted(came, t_us, "right") - np.searchsorted(begun, t_us, "right")
        busy = np.searchsorted(begun, t_us, "right") - np.searchsorted(done, t_us, "right")
        hour = t_us / US_PER_S / 3600
        servers = np.where((hour >= 12) & (hour < 24), 4, np.where((hour >= 30) & (hour < 33), 0, 2))
        assert ((busy >= servers) | (waiting == 0)).all()
        increases = np.diff(busy, prepend=0) > 0
        assert (busy[increases] <= servers[increases]).all()
        assert waiting.max() > 10
        assert (waiting[-1], busy[-1]) == (0, 0)


WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


@pytest.mark.parametrize(
    ("weekdays", "mean_h"), [(WEEK, 16**2 / 2 / 24), (WEEK[:5], (4 * 16**2 + 64**2) / 2 / 168)]
)
def test_random_arrivals_wait_for_office_hours(
    make: SimpleNamespace, weekdays: list[str], mean_h: float
) -> None:
    """From 9 to 17: 5.333 h daily, 15.238 h from Monday to Friday."""
    assert mean_h == pytest.approx(5.333 if weekdays == WEEK else 15.238, abs=5e-4)
    calendar = {
        "kind": "working_hours", "time_zone": "Asia/Manila", "open_s": 9 * 3600.0, "close_s": 17 * 3600.0,
        "weekdays": weekdays,
    }  # fmt: skip
    n, weeks = 40_000, 52
    draws = np.random.default_rng(2709).uniform(0, weeks * 7 * 86_400, n)
    wait_s = waits_s(make, np.sort(np.rint(draws * US_PER_S).astype(np.int64)), calendar=calendar)
    wait_s = wait_s[np.random.default_rng(2710).permutation(n)]  # independent, so batches may mix weeks
    assert_mean(wait_s / 3600, mean_h)


def test_random_arrivals_wait_for_a_window_of_contact(make: SimpleNamespace) -> None:
    """A link that is there for 600 s of every 5400 s: (5400 - 600)^2 / (2 x 5400) s."""
    windows = {"kind": "periodic", "period_s": 5400.0, "lasts_s": 600.0, "phase_s": 777.0}
    pair = make.pair(link={"case_window_s": 1.0, "contact_windows": windows})
    draws = np.sort(np.random.default_rng(2711).uniform(0, 3e7, 40_000))
    log = make.arrivals({"radar": np.rint(draws * US_PER_S).astype(np.int64)})
    hops = share(log, pair.sharing, pair.nations, make.timeline(hours=9000), seed=1).hops
    wait_s = (hops["t_sent_us"] - hops["t_released_us"]) / US_PER_S
    assert_mean(np.random.default_rng(2712).permutation(wait_s), 4800**2 / 2 / 5400)


def test_a_link_that_fails_is_up_as_often_as_a_repaired_machine(make: SimpleNamespace) -> None:
    """up / (up + down), at moments that have nothing to do with its failures."""
    failures = {"up_mean_s": 300.0, "down_mean_s": 100.0}
    pair = make.pair(link={"case_window_s": 1.0, "failures": failures})
    times_us = np.arange(1, 80_001) * 1_777 * US_PER_S
    timeline = make.timeline(hours=40_000)
    hops = share(make.arrivals({"radar": times_us}), pair.sharing, pair.nations, timeline, seed=2713).hops
    is_up = hops["t_sent_us"] == hops["t_consented_us"]
    assert_mean(is_up.astype(float), 0.75)
    waited_s = (hops["t_sent_us"] - hops["t_consented_us"])[~is_up] / US_PER_S
    assert_mean(waited_s, 100.0)  # repairs have no memory


def test_as_many_are_lost_as_the_probability_says(make: SimpleNamespace) -> None:
    pair = make.pair(link={"case_window_s": 1.0, "loss_probability": 0.2, "bandwidth_bps": 800.0})
    times_us = np.arange(1, 60_001) * 3 * US_PER_S
    hops = share(make.arrivals({"radar": times_us}), pair.sharing, pair.nations, make.timeline(), 2714).hops
    lost = hops["outcome"] == Outcome.LOST
    assert_mean(lost.astype(float)[np.random.default_rng(2715).permutation(len(lost))], 0.2)
    assert (hops["t_received_us"][lost] == NEVER_US).all()
    assert (hops["t_transmitted_us"] - hops["t_sent_us"] == US_PER_S).all()  # 100 bytes, lost or not


@pytest.mark.parametrize("limit", [1, 3])
def test_a_full_line_loses_what_an_independent_queue_loses(make: SimpleNamespace, limit: int) -> None:
    """Tail drop, simulated on its own: who finds ``limit`` others waiting is lost."""
    pair = make.pair(link={"case_window_s": 1.0, "bandwidth_bps": 10.0, "queue_limit": limit})
    times_us = poisson_us(2716, 90.0, 5000)
    hops = share(make.arrivals({"radar": times_us}), pair.sharing, pair.nations, make.timeline(), 1).hops
    begins: list[int] = []
    free_s = 0
    for t_s in (times_us // US_PER_S + 1).tolist():
        if sum(begin > t_s for begin in begins[-limit - 1 :]) < limit:
            begins.append(max(t_s, free_s))
            free_s = begins[-1] + 80
    sent = hops["outcome"] == Outcome.DELIVERED
    assert (hops["t_sent_us"][sent] // US_PER_S).tolist() == begins
    assert (hops["outcome"][~sent] == Outcome.LOST).all()
    assert 0.05 < (~sent).mean() < 0.6
    assert all((hops[c][~sent] == NEVER_US).all() for c in ("t_sent_us", "t_transmitted_us", "t_received_us"))


def test_an_extra_delay_has_its_mean_and_moves_nothing_else(make: SimpleNamespace) -> None:
    link = {"case_window_s": 1.0, "bandwidth_bps": 10.0, "delay_s": 5.0}
    times_us = np.arange(1, 25_001) * 100 * US_PER_S
    received = {}
    for name, extra in (("none", {}), ("some", {"extra_delay": exponential(40.0)})):
        pair = make.pair(link={**link, **extra})
        timeline = make.timeline(hours=700)
        hops = share(make.arrivals({"radar": times_us}), pair.sharing, pair.nations, timeline, 2717).hops
        assert (np.diff(hops["t_sent_us"]) == 100 * US_PER_S).all()
        received[name] = hops["t_received_us"]
    assert_mean((received["some"] - received["none"]) / US_PER_S, 40.0)
