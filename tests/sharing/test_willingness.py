"""Willingness: permission does not oblige; a case that is not wanted is not sent and loads no desk."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from mda_sim.core.rng import address, draw_uniform, stream_key
from mda_sim.core.time import NEVER_US, US_PER_S
from mda_sim.records import DeliveryLog, Outcome
from mda_sim.sharing.exchange import offered_load, share
from mda_sim.sharing.network import SharingSpec

LATER = ("t_review_us", "t_reviewed_us", "t_released_us", "t_sent_us", "t_transmitted_us", "t_received_us")


def run(make: SimpleNamespace, willingness: float, times: list[object], **desk: object) -> DeliveryLog:
    pair = make.pair(link={"willingness": willingness}, desk=desk or None)
    log = make.log(pair.sensors, {"radar": times})
    return share(log, pair.sharing, pair.nations, make.timeline(), seed=4)


def test_a_sender_who_never_wants_to_sends_nothing_and_keeps_no_desk_busy(make: SimpleNamespace) -> None:
    deliveries = run(make, 0.0, [10.0, 70.0], touch={"kind": "constant", "value_s": 30.0})
    hops = deliveries.hops
    assert hops["outcome"].tolist() == deliveries.outcomes["outcome"].tolist() == [Outcome.NOT_SENT] * 2
    assert hops["t_case_us"].tolist() == [60 * US_PER_S, 120 * US_PER_S]
    assert all((hops[name] == NEVER_US).all() for name in LATER)
    assert (hops["gates"].tolist(), hops["case"].tolist(), hops["agreement"].tolist()) == (
        [0, 0],
        [0, 1],
        [0, 0],
    )
    assert deliveries.outcomes["gates"].tolist() == [0, 0]


def test_each_case_is_decided_by_the_draw_at_its_own_address(make: SimpleNamespace) -> None:
    n = 4000
    hops = run(make, 0.3, (60.0 * np.arange(n) + 5).tolist()).hops
    sent = hops["outcome"] == Outcome.DELIVERED
    u = draw_uniform(stream_key(4, "share.willing"), address("phl_jpn"), address("radar"), 0, np.arange(n))
    assert (sent == (u < 0.3)).all()
    error = math.sqrt(0.3 * 0.7 / n)
    assert abs(sent.mean() - 0.3) < 4 * error


def test_all_reports_of_a_case_are_sent_or_none(make: SimpleNamespace) -> None:
    hops = run(make, 0.5, (20.0 * np.arange(3000) + 5).tolist(), touch={"kind": "constant"}).hops
    by_case = hops["outcome"].reshape(-1, 3)
    assert (by_case == by_case[:, :1]).all()
    assert set(by_case[:, 0].tolist()) == {Outcome.DELIVERED, Outcome.NOT_SENT}


def test_a_more_willing_sender_sends_what_a_less_willing_one_sends_and_more(make: SimpleNamespace) -> None:
    times = (60.0 * np.arange(500) + 5).tolist()
    few, more, every = (run(make, p, times).hops["outcome"] == Outcome.DELIVERED for p in (0.2, 0.6, 1.0))
    assert (few <= more).all()
    assert every.all()
    assert 0 < few.sum() < more.sum() < len(times)


def test_an_unwilling_case_takes_no_servers_time_from_the_next(make: SimpleNamespace) -> None:
    times = (60.0 * np.arange(200) + 5).tolist()
    hops = run(make, 0.5, times, touch={"kind": "constant", "value_s": 60.0}).hops
    sent = hops["outcome"] == Outcome.DELIVERED
    assert 0 < sent.sum() < len(times)
    assert (hops["t_review_us"][sent] == hops["t_case_us"][sent]).all()


def test_a_case_that_closes_after_the_run_is_in_flight_whatever_its_sender_wants(
    make: SimpleNamespace,
) -> None:
    pair = make.pair(link={"willingness": 0.0, "case_window_s": 7200.0})
    log = make.log(pair.sensors, {"radar": [10.0]})
    timeline = make.timeline(hours=1, drain_h=0)
    assert share(log, pair.sharing, pair.nations, timeline, 1).hops["outcome"].tolist() == [Outcome.IN_FLIGHT]


def test_a_refused_report_is_withheld_though_its_sender_would_not_send_it(make: SimpleNamespace) -> None:
    pair = make.pair(link={"willingness": 0.0, "accreditation": "UNCLASSIFIED"})
    log = make.log(pair.sensors, {"radar": [10.0]})
    hops = share(log, pair.sharing, pair.nations, make.timeline(), 1).hops
    assert hops["outcome"].tolist() == [Outcome.WITHHELD]


def test_ghosts_have_a_draw_of_their_own_and_change_no_other(make: SimpleNamespace) -> None:
    ghosts = [(60.0 * k + 5, int(k % 2 == 0), 1) for k in range(400)]
    real = [row for row in ghosts if row[1]]
    with_ghosts, without = (run(make, 0.5, rows).hops["outcome"] for rows in (ghosts, real))
    assert with_ghosts[::2].tolist() == without.tolist()
    assert set(with_ghosts[1::2].tolist()) == {Outcome.DELIVERED, Outcome.NOT_SENT}


def test_what_is_not_sent_offers_no_load(make: SimpleNamespace) -> None:
    touch = {"touch": {"kind": "constant", "value_s": 30.0}}
    timeline, times = make.timeline(hours=24), [60.0 * k + 5 for k in range(1440)]
    loads = {}
    for willingness in (1.0, 0.5, 0.0):
        pair = make.pair(link={"willingness": willingness}, desk=touch)
        desk, _ = offered_load(pair.sharing, make.log(pair.sensors, {"radar": times}), timeline)
        loads[willingness] = desk.offered_load
    assert loads[1.0] == pytest.approx(0.5)
    assert loads[0.5] == pytest.approx(0.25, abs=4 * 0.5 * math.sqrt(0.25 / 1440))
    assert loads[0.0] == 0


@pytest.mark.parametrize("value", [-0.1, 1.1])
def test_a_willingness_outside_0_and_1_is_refused(make: SimpleNamespace, value: float) -> None:
    plain = make.pair().sharing.model_dump(mode="json")
    plain["links"]["phl_jpn"]["willingness"] = value
    with pytest.raises(ValueError, match="willingness"):
        SharingSpec.model_validate(plain)
