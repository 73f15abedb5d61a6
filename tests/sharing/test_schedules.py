"""Outages, digests and pulls, through the engine, against closed forms."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.time import NEVER_US, US_PER_S, Timeline
from mda_sim.records import Outcome
from mda_sim.sharing.exchange import offered_load, share
from mda_sim.sharing.network import SharingSpec
from mda_sim.sharing.schedules import Digest, OutageSpec, Push, UpTime, dated, next_tick

START = datetime(2026, 3, 2, tzinfo=UTC)
SLOW = {"bandwidth_bps": 10.0}
"""One report of one vessel, 100 bytes, takes 80 s."""


def outage(start_s: int, end_s: int | None) -> dict[str, Any]:
    def moment(t_s: int) -> str:
        return f"2026-03-02T{t_s // 3600:02d}:{t_s // 60 % 60:02d}:{t_s % 60:02d}Z"

    return {"from_utc": moment(start_s), "to_utc": None if end_s is None else moment(end_s)}


def sent(make: SimpleNamespace, times: list[Any], **link: Any) -> tuple[list[float], Any]:
    """When each report's transmission began [s], and the hops."""
    pair = make.pair(link=link)
    log = make.log(pair.sensors, {"radar": times})
    hops = share(log, pair.sharing, pair.nations, make.timeline(), seed=1).hops
    return (hops["t_sent_us"] / US_PER_S).tolist(), hops


@pytest.mark.parametrize(
    ("outages", "expected_s"),
    [
        ([outage(0, 60)], 60),
        ([outage(0, 61)], 61),
        ([outage(140, 200)], 60),
        ([outage(139, 200)], 200),
        ([outage(100, 101)], 101),
        ([outage(100, 101), outage(180, 190)], 190),
        ([outage(100, 101), outage(181, 190)], 101),
        ([outage(180, 190), outage(100, 101)], 190),
        ([outage(50, 90), outage(80, 120)], 120),
        ([outage(50, 90), outage(90, 120)], 120),
    ],
)
def test_a_transmission_that_would_meet_an_outage_starts_afresh_at_its_end(
    make: SimpleNamespace, outages: list[dict[str, Any]], expected_s: int
) -> None:
    """Released at 60 s, it takes 80 s."""
    times, hops = sent(make, [10.0], outages=outages, **SLOW)
    assert times == [expected_s]
    assert hops["t_transmitted_us"].tolist() == [(expected_s + 80) * US_PER_S]


def test_those_behind_wait_even_if_they_would_have_fitted_in_before(make: SimpleNamespace) -> None:
    times, _ = sent(make, [(10, 9, 0), (70, 1, 0)], outages=[outage(300, 400)], **SLOW)
    assert times == [400, 400 + 8 * (64 + 9 * 36) / 10]  # alone, the second would take 120 to 200 s


def test_an_outage_does_not_hold_back_what_is_on_its_way(make: SimpleNamespace) -> None:
    _, hops = sent(make, [10.0], outages=[outage(140, 9000)], delay_s=100.0, **SLOW)
    assert hops["t_received_us"].tolist() == [240 * US_PER_S]


def test_an_outage_without_end_leaves_all_in_flight(make: SimpleNamespace) -> None:
    times, hops = sent(make, [10.0, 70.0], outages=[outage(100, None)], **SLOW)
    assert times == [NEVER_US / US_PER_S] * 2
    assert hops["outcome"].tolist() == [Outcome.IN_FLIGHT] * 2
    assert hops["t_consented_us"].tolist() == [60 * US_PER_S, 120 * US_PER_S]


def test_a_ghost_waits_for_the_end_of_an_outage_and_holds_nothing_up(make: SimpleNamespace) -> None:
    ghosts, _ = sent(make, [(10, 0, 1), (70, 1, 0), (130, 0, 1)], outages=[outage(50, 130)], **SLOW)
    assert ghosts == [130, 130, 210]
    real, _ = sent(make, [(70, 1, 0)], outages=[outage(50, 130)], **SLOW)
    assert real == [130]


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 9)), max_size=6),
    st.integers(0, 60),
    st.integers(0, 12),
)
def test_the_begin_is_the_first_at_which_no_moment_is_down(
    spans: list[tuple[int, int]], t_s: int, lasting_s: int
) -> None:
    """Against a search second by second."""
    timeline = Timeline(START, 0, US_PER_S, 0)
    outages = [OutageSpec.model_validate(outage(start, start + length)) for start, length in spans]
    down = {s for start, length in spans for s in range(start, start + length)}
    expected = next(s for s in range(t_s, 999) if not down & set(range(s, s + max(1, lasting_s))))
    begin = UpTime(dated(outages, timeline)).begin(t_s * US_PER_S, lasting_s * US_PER_S)
    assert begin == expected * US_PER_S


@given(st.integers(1, 10**7), st.integers(0, 10**8), st.integers(0, 10**9))
def test_the_next_tick_is_the_first_of_the_row_from_then_on(period_ms: int, phase_ms: int, t_us: int) -> None:
    period_ms += 999
    pattern = Digest(kind="digest", period_s=period_ms / 1000, phase_s=phase_ms / 1000)
    tick = next_tick(pattern, t_us)
    assert 0 <= tick - t_us < 1000 * period_ms
    assert (tick - 1000 * phase_ms) % (1000 * period_ms) == 0
    assert next_tick(Push(), t_us) == t_us


def test_a_digest_leaves_at_its_next_time_and_at_once_on_it(make: SimpleNamespace) -> None:
    pattern = {"kind": "digest", "period_s": 600.0, "phase_s": 60.0}
    times, hops = sent(make, [10.0, 70.0, 600.0, 700.0], pattern=pattern, delay_s=5.0)
    assert times == [60, 660, 660, 1260]
    assert ((hops["t_received_us"] - hops["t_sent_us"]) / US_PER_S).tolist() == [5] * 4


def test_what_a_digest_holds_is_sent_piece_by_piece(make: SimpleNamespace) -> None:
    pattern = {"kind": "digest", "period_s": 600.0}
    times, _ = sent(make, [10.0, 70.0, 130.0], pattern=pattern, **SLOW)
    assert times == [600, 680, 760]


def test_a_pull_costs_one_more_delay_than_a_digest(make: SimpleNamespace) -> None:
    rows = np.arange(5.0, 90_000.0, 77.0).tolist()
    times = {"period_s": 1234.5, "phase_s": 77.25}
    link = {"delay_s": 30.5, "bandwidth_bps": 1e6}
    _, digest = sent(make, rows, pattern={"kind": "digest", **times}, **link)
    _, pull = sent(make, rows, pattern={"kind": "pull", **times}, **link)
    done = pull["t_received_us"] != NEVER_US
    assert done.all()
    assert (pull["t_received_us"] - digest["t_received_us"] == 30_500_000).all()


def test_the_mean_wait_for_a_digest_is_half_its_period(make: SimpleNamespace) -> None:
    """Releases at the middle of every minute of whole periods: the sum equals the integral."""
    pattern = {"kind": "digest", "period_s": 3600.0, "phase_s": 30.0}
    _, hops = sent(make, [60.0 * k + 5 for k in range(24 * 60)], pattern=pattern)
    wait_s = (hops["t_sent_us"] - hops["t_released_us"]) / US_PER_S
    assert wait_s.mean() == pytest.approx(1800.0, rel=1e-12)
    assert wait_s.max() < 3600


def test_a_time_that_falls_into_an_outage_is_made_up_for_at_its_end(make: SimpleNamespace) -> None:
    pattern = {"kind": "digest", "period_s": 600.0}
    times, _ = sent(make, [10.0], pattern=pattern, outages=[outage(500, 750)])
    assert times == [750]


def test_a_link_that_is_down_half_the_time_has_twice_the_load(make: SimpleNamespace) -> None:
    loads = []
    for outages in ([], [outage(0, 12 * 3600)], [outage(0, None)]):
        pair = make.pair(link={"outages": outages, **SLOW, "pattern": {"kind": "digest", "period_s": 9e4}})
        log = make.log(pair.sensors, {"radar": [600.0 * k + 5 for k in range(144)]})
        loads.append(offered_load(pair.sharing, log, make.timeline(hours=24))[-1].offered_load)
    assert loads[0] == pytest.approx(80 / 600)
    assert loads[1] == pytest.approx(160 / 600)
    assert loads[2] == float("inf")


@pytest.mark.parametrize(
    "pattern",
    [{"kind": "digest"}, {"kind": "digest", "period_s": 0.0}, {"kind": "nudge"}, {"period_s": 60.0}],
)
def test_a_pattern_that_makes_no_sense_is_refused(make: SimpleNamespace, pattern: dict[str, Any]) -> None:
    plain = make.pair().sharing.model_dump(mode="json")
    plain["links"]["phl_jpn"]["pattern"] = pattern
    with pytest.raises(ValueError, match="pattern"):
        SharingSpec.model_validate(plain)
