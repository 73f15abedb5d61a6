"""Waiting: desks, calendars and links against closed forms and an independent queue, through the engine."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import simpy

from mda_sim.core.time import NEVER_US, US_PER_H, US_PER_S
from mda_sim.records import Outcome
from mda_sim.sharing.exchange import offered_load, share

HOUR_S = 3600.0


def constant(seconds: float) -> dict[str, Any]:
    return {"kind": "constant", "value_s": seconds}


def test_mean_wait_at_a_desk_is_that_of_an_m_d_1_queue(make: SimpleNamespace) -> None:
    """Pollaczek-Khinchine: rho / (2 mu (1 - rho)); cases are so rare that windows of 1 s merge none."""
    touch_s, rho, n = 5_000.0, 0.5, 200_000
    times = np.cumsum(np.random.default_rng(2601).exponential(touch_s / rho, n))
    pair = make.pair(link={"case_window_s": 1.0}, desk={"touch": constant(touch_s)})
    log = make.arrivals({"radar": np.rint(times * US_PER_S).astype(np.int64)})
    timeline = make.timeline(hours=times[-1] / HOUR_S + 1, drain_h=1000)
    hops = share(log, pair.sharing, pair.nations, timeline, seed=1).hops
    wait_s = ((hops["t_review_us"] - hops["t_case_us"]) / US_PER_S)[n // 20 :]
    batches = wait_s[: len(wait_s) // 50 * 50].reshape(50, -1).mean(axis=1)
    error = batches.std(ddof=1) / math.sqrt(len(batches))
    expected = rho * touch_s / (2 * (1 - rho))
    assert error <= 0.01 * expected
    assert abs(batches.mean() - expected) < 4 * error
    assert abs(1.05 * batches.mean() - expected) > 4 * error


@pytest.mark.parametrize("servers", [1, 3])
def test_review_begins_when_a_simpy_resource_would_begin_it(make: SimpleNamespace, servers: int) -> None:
    touch = {"kind": "exponential", "mean_s": 250.0 * servers}
    pair = make.pair(desk={"servers": servers, "touch": touch})
    times = np.cumsum(np.random.default_rng(7).exponential(200, 400)).tolist()
    log = make.log(pair.sensors, {"radar": times[::2], "ais": times[1::2]})
    hops = share(log, pair.sharing, pair.nations, make.timeline(), seed=3).hops
    category = np.array(["ais"] * len(times[1::2]) + ["radar"] * len(times[::2]))  # reports in sensor order
    cases = sorted(
        {
            (int(t), str(c), int(begin), int(end))
            for t, c, begin, end in zip(
                hops["t_case_us"], category, hops["t_review_us"], hops["t_reviewed_us"], strict=True
            )
        }
    )
    began: list[int] = []
    environment = simpy.Environment()
    resource = simpy.Resource(environment, servers)

    def review(closed_us: int, touch_us: int) -> Any:
        yield environment.timeout(closed_us)
        with resource.request() as request:
            yield request
            began.append(environment.now)
            yield environment.timeout(touch_us)

    for closed, _, begin, end in cases:
        environment.process(review(closed, end - begin))
    environment.run()
    assert began == [begin for _, _, begin, _ in cases]
    assert max(b - c[0] for b, c in zip(began, cases, strict=True)) > 0


def test_link_delay_is_queue_plus_bytes_over_bandwidth_plus_propagation(make: SimpleNamespace) -> None:
    pair = make.pair(link={"bandwidth_bps": 100.0, "delay_s": 0.5})
    log = make.log(pair.sensors, {"radar": [(10, 2, 0), (15, 1, 3), (70, 10, 0)], "ais": [(20, 1, 0)]})
    hops = share(log, pair.sharing, pair.nations, make.timeline(), seed=1).hops
    # ais case: 64 + 36 = 100 bytes, 8 s; first radar case: 136 + 100 bytes, 18.88 s; second: 424, 33.92 s
    assert (hops["t_sent_us"] / US_PER_S).tolist() == [60, 68, 68, 120]
    assert (hops["t_transmitted_us"] / US_PER_S).tolist() == [68, 86.88, 86.88, 153.92]
    assert (hops["t_received_us"] / US_PER_S).tolist() == [68.5, 87.38, 87.38, 154.42]


def test_a_busy_link_makes_the_next_case_wait(make: SimpleNamespace) -> None:
    pair = make.pair(link={"bandwidth_bps": 10.0})
    log = make.log(pair.sensors, {"radar": [10, 70, 700]})  # 100 bytes take 80 s
    hops = share(log, pair.sharing, pair.nations, make.timeline(), seed=1).hops
    assert (hops["t_sent_us"] / US_PER_S).tolist() == [60, 140, 720]


@pytest.mark.parametrize(
    ("weekdays", "mean_h"),
    [
        (["mon", "tue", "wed", "thu", "fri", "sat", "sun"], 16**2 / 2 / 24),
        (["mon", "tue", "wed", "thu", "fri"], (4 * 16**2 / 2 + 64**2 / 2) / 168),
    ],
)
def test_mean_wait_for_a_desk_that_opens_from_9_to_17(
    make: SimpleNamespace, weekdays: list[str], mean_h: float
) -> None:
    """Cases close at the middle of every ten minutes of four weeks, so the sum equals the integral."""
    calendar = {
        "kind": "working_hours", "time_zone": "Asia/Manila", "open_s": 9 * HOUR_S, "close_s": 17 * HOUR_S,
        "weekdays": weekdays,
    }  # fmt: skip
    pair = make.pair(desk={"calendar": calendar})
    times = np.arange(250.0, 28 * 24 * HOUR_S, 600.0)
    log = make.log(pair.sensors, {"radar": times.tolist()})
    timeline = make.timeline(hours=28 * 24, drain_h=96)
    hops = share(log, pair.sharing, pair.nations, timeline, seed=1).hops
    wait_h = (hops["t_review_us"] - hops["t_case_us"]) / US_PER_H
    assert wait_h.mean() == pytest.approx(mean_h, rel=1e-12)


def test_touch_runs_in_working_time_and_elapsed_in_the_clock_it_is_given(make: SimpleNamespace) -> None:
    calendar = {"kind": "working_hours", "time_zone": "Asia/Manila"}  # 00:00 to 09:00 UTC
    desk = {"touch": constant(2 * HOUR_S), "elapsed": constant(10 * HOUR_S), "calendar": calendar}
    released = {}
    for clock in ("clock", "working"):
        pair = make.pair(desk={**desk, "elapsed_clock": clock})
        log = make.log(pair.sensors, {"radar": [7.5 * HOUR_S]})
        hops = share(log, pair.sharing, pair.nations, make.timeline(), seed=1).hops
        assert hops["t_reviewed_us"][0] == 24.5 * US_PER_H + 60 * US_PER_S
        released[clock] = hops["t_released_us"][0]
    assert released["clock"] == 34.5 * US_PER_H + 60 * US_PER_S
    assert released["working"] == 49.5 * US_PER_H + 120 * US_PER_S - 60 * US_PER_S


def test_a_case_that_waits_past_its_expiry_is_passed_over_and_costs_nothing(make: SimpleNamespace) -> None:
    pair = make.pair(desk={"touch": constant(1000), "expiry_s": 900.0})
    log = make.log(pair.sensors, {"radar": [10, 70, 200]})
    hops = share(log, pair.sharing, pair.nations, make.timeline(), seed=1).hops
    assert hops["outcome"].tolist() == [Outcome.DELIVERED, Outcome.EXPIRED, Outcome.DELIVERED]
    assert hops["t_case_us"][1] == 120 * US_PER_S
    assert hops["t_review_us"][1] == NEVER_US
    assert hops["t_review_us"][2] == 1060 * US_PER_S  # the first ended then; the second took no time


def test_a_review_that_begins_exactly_at_the_expiry_is_held(make: SimpleNamespace) -> None:
    pair = make.pair(desk={"touch": constant(1000), "expiry_s": 940.0})
    log = make.log(pair.sensors, {"radar": [10, 70]})
    hops = share(log, pair.sharing, pair.nations, make.timeline(), seed=1).hops
    assert hops["outcome"].tolist() == [Outcome.DELIVERED, Outcome.DELIVERED]


def test_a_limit_that_lies_past_the_end_leaves_the_case_in_flight(make: SimpleNamespace) -> None:
    pair = make.pair(desk={"touch": constant(9 * HOUR_S), "expiry_s": 2 * HOUR_S})
    log = make.log(pair.sensors, {"radar": [10, 70]})
    timeline = make.timeline(hours=1, drain_h=0.5)
    hops = share(log, pair.sharing, pair.nations, timeline, seed=1).hops
    assert hops["outcome"].tolist() == [Outcome.IN_FLIGHT, Outcome.IN_FLIGHT]


def test_ghosts_meet_the_wait_then_in_force_and_consume_none(make: SimpleNamespace) -> None:
    pair = make.pair(link={"bandwidth_bps": 10.0}, desk={"touch": constant(100)})
    log = make.log(pair.sensors, {"radar": [10, (70, 0, 4), (130, 0, 1), 190]})
    hops = share(log, pair.sharing, pair.nations, make.timeline(), seed=1).hops
    assert (hops["t_review_us"] / US_PER_S).tolist() == [60, 160, 180, 240]
    assert (hops["t_reviewed_us"] / US_PER_S).tolist() == [160, 260, 280, 340]
    assert (hops["t_sent_us"] / US_PER_S).tolist() == [160, 260, 280, 340]
    busy = make.log(pair.sensors, {"radar": [(10, 30, 0), (70, 0, 4)]})
    hops = share(busy, pair.sharing, pair.nations, make.timeline(), seed=1).hops
    assert hops["t_sent_us"][1] == hops["t_transmitted_us"][0]  # 1144 bytes take 915.2 s
    assert hops["t_transmitted_us"][1] == hops["t_sent_us"][1]


def test_offered_load_is_work_that_comes_over_work_that_can_be_done(make: SimpleNamespace) -> None:
    calendar = {"kind": "working_hours", "time_zone": "Asia/Manila", "close_s": 14 * HOUR_S}
    pair = make.pair(
        link={"bandwidth_bps": 1.0},
        desk={"servers": 2, "touch": {"kind": "exponential", "mean_s": 1800.0}, "calendar": calendar},
    )
    times = (np.arange(5 * 24) * HOUR_S + 10).tolist()  # Monday to Friday, one case an hour
    log = make.log(pair.sensors, {"radar": times, "ais": [(20, 0, 9)]})
    desk, link = offered_load(pair.sharing, log, make.timeline(hours=5 * 24))
    assert desk.offered_load == pytest.approx(24 * 0.5 / (2 * 6))
    assert desk.cases_per_day == pytest.approx(24)
    assert link.offered_load == pytest.approx(8 * 100 / HOUR_S)
