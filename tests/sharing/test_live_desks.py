"""Desks with a live queue: the same as the closed form where both apply, and their own rules elsewhere."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from mda_sim.core.time import NEVER_US, US_PER_H, US_PER_S
from mda_sim.records import DeliveryLog, Outcome
from mda_sim.sharing.desks import DeskSpec
from mda_sim.sharing.exchange import build, offered_load, share, share_with_stats
from mda_sim.sharing.network import SharingSpec
from tests.sharing.test_exchange_invariants import NATIONS, random_log, random_plain


def constant(seconds: float) -> dict[str, Any]:
    return {"kind": "constant", "value_s": seconds}


def busy_plain(make: SimpleNamespace, seed: int) -> dict[str, Any]:
    """A random arrangement with office hours, batches, requests at desks, loss and limits."""
    plain = random_plain(make, seed)
    hours = {
        "kind": "working_hours",
        "time_zone": "Asia/Manila",
        "open_s": 9 * 3600.0,
        "close_s": 13 * 3600.0,
    }
    for i, desk in enumerate(plain["desks"].values()):
        desk |= {"calendar": hours} if i % 2 else {"batch": {"period_s": 700.0}}
        desk |= {"touch": constant(0.0), "elapsed": constant(0.0)} if i == 5 else {}
    for i, link in enumerate(plain["links"].values()):
        link |= {"loss_probability": 0.2} if i % 3 == 0 else {"queue_limit": 3}
        link |= {"priority": i % 3, "extra_delay": {"kind": "exponential", "mean_s": 60.0}}
    plain["consents"] = {
        f"{a}_{b}".lower(): {
            "kind": "on_request", "originator": a, "recipient": b, "probability": 0.7,
            "desk": f"d{NATIONS.index(a)}", "answer": constant(300.0), "validity_s": 5000.0,
        }
        for a, b in itertools.permutations(NATIONS, 2)
    }  # fmt: skip
    return plain


def run_random(make: SimpleNamespace, seed: int, plain: dict[str, Any]) -> DeliveryLog:
    nations = make.nations(JPN="n0", PHL="n1", USA="n2", VNM="n3")
    timeline = make.timeline(hours=9, drain_h=3)
    return share(random_log(make, seed), make.sharing(**plain), nations, timeline, seed)


@pytest.mark.parametrize("seed", range(8))
def test_a_live_first_come_desk_gives_the_bytes_of_the_closed_form(
    make: SimpleNamespace, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = busy_plain(make, seed)
    closed_form = run_random(make, seed, plain)
    monkeypatch.setattr(build, "is_fifo", lambda spec: False)
    live = run_random(make, seed, plain)
    for name, column in closed_form.hops.columns.items():
        assert (column == live.hops[name]).all(), name
    assert live.digest() == closed_form.digest()
    waited = closed_form.hops["t_review_us"] > closed_form.hops["t_case_us"]
    assert (waited & (closed_form.hops["t_review_us"] != NEVER_US)).any()


def test_the_busy_worlds_meet_what_they_are_made_for(make: SimpleNamespace) -> None:
    outcomes, consents = set(), set()
    for seed in range(8):
        hops = run_random(make, seed, busy_plain(make, seed)).hops
        outcomes |= set(hops["outcome"].tolist())
        consents |= set(hops["consent"][hops["t_decided_us"] > hops["t_asked_us"]].tolist())
    assert {Outcome.DELIVERED, Outcome.EXPIRED, Outcome.LOST, Outcome.IN_FLIGHT, Outcome.WITHHELD} <= outcomes
    assert len(consents) > 3


@pytest.mark.parametrize("discipline", ["priority", "newest_first"])
@pytest.mark.parametrize("seed", range(3))
def test_probes_change_nothing_at_a_live_desk(make: SimpleNamespace, seed: int, discipline: str) -> None:
    plain = busy_plain(make, seed)
    for desk in plain["desks"].values():
        desk["discipline"] = discipline
    with_probes = run_random(make, seed, plain)
    nations = make.nations(JPN="n0", PHL="n1", USA="n2", VNM="n3")
    bare_log = random_log(make, seed, probes=False)
    bare = share(bare_log, make.sharing(**plain), nations, make.timeline(hours=9, drain_h=3), seed)
    real = with_probes.hops.take(with_probes.parts["n_vessels"][with_probes.hops["part"]] > 0)
    assert len(real) < len(with_probes.hops)
    for name in set(real.columns) - {"part", "source"}:
        assert (real[name] == bare.hops[name]).all(), name


def three_links(make: SimpleNamespace, times: dict[str, list[Any]], **desk: Any) -> DeliveryLog:
    """Links of the priorities 5 (ais), 1 (radar) and 5 (sar) through one desk, windows of a minute."""
    urgent = {"ais": 5, "radar": 1, "sar": 5}
    sharing = make.sharing(
        nodes={"jpn": ("JPN", "SECRET"), "phl": ("PHL", "SECRET")},
        labels={"r": {"classification": "RESTRICTED"}},
        feeds={name: {"node": "phl", "label": "r"} for name in urgent},
        agreements={"deal": make.agreement("PHL", "JPN", categories=list(urgent))},
        desks={"d": {"touch": constant(100.0), **desk}},
        links={
            f"to_{name}": make.link("phl", "jpn", desk="d", categories=[name], priority=priority)
            for name, priority in urgent.items()
        },
    )
    log = make.log({name: ("PHL", name) for name in urgent}, times)
    return share(log, sharing, make.nations(PHL="phl", JPN="jpn"), make.timeline(), seed=1)


def begun_s(deliveries: DeliveryLog) -> list[tuple[str, float]]:
    """Link and begin of every review, in the order of begins [s]."""
    hops = deliveries.hops
    names = [hops.meta["links"][i].removeprefix("to_") for i in hops["link"]]
    begun = zip((hops["t_review_us"] / US_PER_S).tolist(), names, strict=True)
    return [(name, t_s) for t_s, name in sorted(begun)]


TIMES = {"ais": [10, 70, 130], "radar": [130, 190], "sar": [10, 70]}
"""Closed at 60, 120 and 180; 180 and 240; 60 and 120 s."""


@pytest.mark.parametrize(
    ("discipline", "expected"),
    [
        ("fifo", ["ais", "sar", "ais", "sar", "radar", "ais", "radar"]),
        ("priority", ["ais", "sar", "radar", "radar", "ais", "sar", "ais"]),
        ("newest_first", ["ais", "ais", "radar", "radar", "ais", "sar", "sar"]),
    ],
)
def test_the_discipline_says_who_is_next(make: SimpleNamespace, discipline: str, expected: list[str]) -> None:
    """Reviews of 100 s from 60 s on. Newest first: at 160 s those of 120 s wait, ais before sar; at 260 s
    radar of 240 s; at 360 s radar before ais of 180 s."""
    order = begun_s(three_links(make, TIMES, discipline=discipline))
    assert [t_s for _, t_s in order] == [60 + 100 * k for k in range(7)]
    assert [name for name, _ in order] == expected


def test_a_surge_changes_the_number_of_servers_and_ends_no_review(make: SimpleNamespace) -> None:
    """One server; three from 150 s to 200 s; none from 330 to 500 s."""
    surges = [
        {"from_utc": "2026-03-02T00:02:30Z", "to_utc": "2026-03-02T00:03:20Z", "servers": 3},
        {"from_utc": "2026-03-02T00:05:30Z", "to_utc": "2026-03-02T00:08:20Z", "servers": 0},
    ]
    order = begun_s(three_links(make, TIMES, surges=surges))
    assert [t_s for _, t_s in order] == [60, 150, 150, 160, 260, 500, 600]


def test_a_closure_interrupts_a_review_and_keeps_its_server(make: SimpleNamespace) -> None:
    closures = [{"from_utc": "2026-03-02T00:01:30Z", "to_utc": "2026-03-02T00:10:00Z"}]
    pair = make.pair(desk={"touch": constant(100.0), "closures": closures})
    log = make.log(pair.sensors, {"radar": [10, 70]})
    hops = share(log, pair.sharing, pair.nations, make.timeline(), seed=1).hops
    assert (hops["t_review_us"] / US_PER_S).tolist() == [60, 670]
    assert (hops["t_reviewed_us"] / US_PER_S).tolist() == [670, 770]


def test_released_cases_wait_for_their_batch(make: SimpleNamespace) -> None:
    batch = {"period_s": 600.0, "phase_s": 60.0}
    pair = make.pair(desk={"touch": constant(0.0), "elapsed": constant(60.0), "batch": batch})
    log = make.log(pair.sensors, {"radar": [10, 500, 550, 610]})
    hops = share(log, pair.sharing, pair.nations, make.timeline(), seed=1).hops
    assert (hops["t_released_us"] / US_PER_S).tolist() == [660, 660, 660, 1260]


@pytest.mark.parametrize(
    ("country", "zone", "day", "is_open"),
    [
        ("PH", "Asia/Manila", date(2026, 6, 12), False),  # Independence Day, Republic Act 9492
        ("JP", "Asia/Tokyo", date(2026, 6, 12), True),
        ("JP", "Asia/Tokyo", date(2026, 2, 11), False),  # National Foundation Day
        ("PH", "Asia/Manila", date(2026, 2, 11), True),
    ],
)
def test_a_desk_keeps_the_public_holidays_of_its_country(
    make: SimpleNamespace, country: str, zone: str, day: date, is_open: bool
) -> None:
    week = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    calendar = {"kind": "working_hours", "time_zone": zone, "holidays": country, "weekdays": week}
    pair = make.pair(link={"case_window_s": 1.0}, desk={"calendar": calendar})
    timeline = make.timeline(hours=72, start=datetime.combine(day - timedelta(days=1), time(), UTC))
    log = make.log(pair.sensors, {"radar": [10 * 3600.0]})  # closed by then; opens at 8 on the next day
    hops = share(log, pair.sharing, pair.nations, timeline, seed=1).hops
    opened = timeline.datetime_at(int(hops["t_review_us"][0])) + timedelta(hours=8 + (country == "JP"))
    assert opened.date() == (day if is_open else day + timedelta(days=1))


def test_a_desk_does_not_open_on_the_days_named(make: SimpleNamespace) -> None:
    calendar = {"kind": "working_hours", "time_zone": "Asia/Manila", "closed_on": ["2026-03-03"]}
    pair = make.pair(desk={"calendar": calendar})  # Monday 2 March, 00:00 to 09:00 UTC
    log = make.log(pair.sensors, {"radar": [9 * 3600.0]})
    hops = share(log, pair.sharing, pair.nations, make.timeline(), seed=1).hops
    assert hops["t_review_us"].tolist() == [48 * US_PER_H]


def test_an_unknown_country_is_refused() -> None:
    calendar = {"kind": "working_hours", "time_zone": "Asia/Manila", "holidays": "QZ"}
    with pytest.raises(ValueError, match="no public holidays are known for 'QZ'"):
        DeskSpec.model_validate({"calendar": calendar})


def test_what_waits_at_the_end_has_expired_if_its_limit_is_within_the_run(make: SimpleNamespace) -> None:
    """Newest first, one server, two hours each, in a run of 90 minutes: the first waits from 60 s on."""
    desk = {"touch": constant(7200.0), "expiry_s": 5300.0, "discipline": "newest_first"}
    pair = make.pair(desk=desk)
    log = make.log(pair.sensors, {"radar": [10, 70, 130, 190]})
    hops = share(log, pair.sharing, pair.nations, make.timeline(hours=1, drain_h=0.5), seed=1).hops
    assert hops["outcome"].tolist() == [
        Outcome.IN_FLIGHT,  # under review
        Outcome.IN_FLIGHT,  # its limit, 120 + 5300 s, lies after the end
        Outcome.IN_FLIGHT,
        Outcome.IN_FLIGHT,
    ]
    desk["expiry_s"] = 5220.0
    pair = make.pair(desk=desk)
    hops = share(log, pair.sharing, pair.nations, make.timeline(hours=1, drain_h=0.5), seed=1).hops
    assert hops["outcome"].tolist() == [
        Outcome.IN_FLIGHT,
        Outcome.EXPIRED,
        Outcome.EXPIRED,
        Outcome.IN_FLIGHT,
    ]


def test_load_counts_servers_by_time_closures_and_windows_of_contact(make: SimpleNamespace) -> None:
    """A case an hour for a day, reviews of half an hour: 12 h of work."""
    surges = [{"from_utc": "2026-03-02T12:00:00Z", "to_utc": "2026-03-02T18:00:00Z", "servers": 3}]
    closures = [{"from_utc": "2026-03-02T00:00:00Z", "to_utc": "2026-03-02T06:00:00Z"}]
    windows = {"kind": "periodic", "period_s": 3600.0, "lasts_s": 900.0}
    failures = {"up_mean_s": 300.0, "down_mean_s": 100.0}
    pair = make.pair(
        link={"bandwidth_bps": 10.0, "contact_windows": windows, "failures": failures},
        desk={"touch": constant(1800.0), "surges": surges, "closures": closures},
    )
    log = make.log(pair.sensors, {"radar": [3600.0 * k + 5 for k in range(24)]})
    desk, link = offered_load(pair.sharing, log, make.timeline(hours=24))
    assert desk.offered_load == pytest.approx(12 / (6 + 6 * 3 + 6))
    assert link.offered_load == pytest.approx(24 * 80 / (24 * 900 * 0.75))


def test_a_live_desk_chooses_at_most_once_a_case(make: SimpleNamespace) -> None:
    """A SimPy event is a moment at which a desk chooses; it takes up one case at least."""
    pair = make.pair(desk={"touch": constant(30.0), "discipline": "priority"})
    log = make.log(pair.sensors, {"radar": np.arange(10, 9000, 37.0).tolist()})
    _, stats = share_with_stats(log, pair.sharing, pair.nations, make.timeline(), seed=1)
    assert 0 < stats.simpy_events <= stats.cases


def test_specs_name_what_is_wrong(make: SimpleNamespace) -> None:
    plain = make.pair(desk={}).sharing.model_dump(mode="json")
    plain["desks"]["d"]["discipline"] = "oldest_last"
    with pytest.raises(ValueError, match="discipline"):
        SharingSpec.model_validate(plain)
