"""The exchange on the reference network; prints JSON.

    python benchmarks/sharing.py [--days 30] [--live]

60 sensors report every 5 minutes: 518,400 reports in 30 days, each of up to 5 vessels, written straight into
a log. Four nations have three nodes each: a navy and a coast guard that sensors feed, and a joint centre.
All joint centres send to the first nation's, which is the hub, and it sends to all; two of them have a direct
link beside, so that reports reach them twice. Each hub agreement is suspended twice; radar reports pass the
hub by consent on request, which keeps a desk of the originator busy; people work office hours of four time
zones, with holidays. With ``--live`` desks go by priority and have surges, closures and expiry, and links
between nations have bandwidth, loss, limits, failures and contact windows.

Seconds are the median of five calls of the exchange, checks and gates included, in one process with kernels
compiled; the first calls of a process also pay for memory that it never had, those after them do not. Memory
is the largest that the process was during one call, less what it was before, and less the tables that the
call returned. Numbers are round: this is a load, not a model of anyone.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_DAY, US_PER_S, Timeline
from mda_sim.records import CONTACTS, REPORTS, DeliveryLog, DetectionLog, SensorCard
from mda_sim.sharing.exchange import share_with_stats
from mda_sim.sharing.network import NationSpec, SharingSpec

START = datetime(2026, 3, 2, tzinfo=UTC)
N_SENSORS, INTERVAL_S = 60, 300
NATIONS = ("AAA", "BBB", "CCC", "DDD")
ZONES = ("Asia/Tokyo", "Asia/Manila", "Asia/Seoul", "America/New_York")
HOLIDAYS = ("JP", "PH", "KR", "US")
HUB = NATIONS[0]
SOURCE = {"source": "a load for measuring", "confidence": "assumption"}


def main() -> None:
    """Measure one duration and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=30, help="length of the run")
    parser.add_argument("--live", action="store_true", help="with everything that desks and links can have")
    options = parser.parse_args()
    timeline = Timeline(START, 0, options.days * US_PER_DAY, 0)
    log, sharing = reference_log(options.days), reference_sharing(live=options.live)
    nations = {code: NationSpec(name=code, picture_node=f"{code.lower()}_joint") for code in NATIONS}
    share_with_stats(reference_log(1), sharing, nations, Timeline(START, 0, US_PER_DAY, 0), 1)
    before = _memory_bytes("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")
    deliveries, stats = share_with_stats(log, sharing, nations, timeline, 1)
    table_bytes = bytes_of(deliveries)
    beside_bytes = _memory_bytes("VmHWM") - before - table_bytes
    seconds = []
    for _ in range(5):
        begun_s = time.perf_counter()
        share_with_stats(log, sharing, nations, timeline, 1)
        seconds.append(time.perf_counter() - begun_s)
    exchange_s = statistics.median(seconds)
    print(
        json.dumps(
            {
                "reports": len(log.reports),
                "seconds": exchange_s,
                "cases": stats.cases,
                "rows": stats.hops_rows,
                "us_a_case": exchange_s / stats.cases * 1e6,
                "us_a_row": exchange_s / stats.hops_rows * 1e6,
                "table_mib": table_bytes / 2**20,
                "beside_mib": beside_bytes / 2**20,
            }
        )
    )


def reference_log(days: int) -> DetectionLog:
    """Two radars to each AIS receiver, five of the 60 sensors at a time in one nation's hands."""
    n_intervals = days * 86_400 // INTERVAL_S
    names = [f"sensor_{number:02d}" for number in range(N_SENSORS)]
    sensor, interval = (a.ravel() for a in np.mgrid[:N_SENSORS, :n_intervals])
    rng = np.random.default_rng(1)
    n_vessels = rng.integers(0, 6, len(sensor))
    # Sensors do not report in step: each has a phase of whole seconds.
    observed_us = ((interval + 1) * INTERVAL_S + sensor * 5) * US_PER_S
    reports = {
        "report": np.arange(len(sensor)),
        "sensor": sensor,
        "interval": interval,
        "t_observed_us": observed_us,
        "t_ready_us": observed_us + 60 * US_PER_S,
        "first": np.cumsum(n_vessels) - n_vessels,
        "count": n_vessels,
        "n_vessels": n_vessels,
        "n_false": np.zeros(len(sensor), np.int64),
    }
    within = np.arange(int(n_vessels.sum())) - np.repeat(reports["first"], n_vessels)
    contacts = {
        "target": np.repeat(sensor, n_vessels) * 6 + within,
        "dt_us": np.zeros(len(within), np.int64),
        "merged": np.ones(len(within), np.int64),
    }
    cards = tuple(
        SensorCard(name, category_of(number), NATIONS[number % len(NATIONS)], 100.0, 36.0, INTERVAL_S)
        for number, name in enumerate(names)
    )
    return DetectionLog(
        Table.of(REPORTS, reports, {"sensors": names}),
        Table.of(CONTACTS, contacts),
        cards,
        N_SENSORS * 6,
        N_SENSORS * 6,
    )


def category_of(sensor: int) -> str:
    """Category of a sensor by its number."""
    return "ais" if sensor % 3 == 0 else "radar"


def reference_sharing(*, live: bool) -> SharingSpec:
    """The network of 12 nodes; ``live`` with everything that desks and links can have."""
    lower = [code.lower() for code in NATIONS]
    nodes = {
        f"{code.lower()}_{role}": {"nation": code, "highest_level": "SECRET"}
        for code in NATIONS
        for role in ("navy", "guard", "joint")
    }
    labels = {"open": {"classification": "UNCLASSIFIED", **SOURCE}}
    feeds, agreements, consents, desks, links = {}, {}, {}, {}, {}
    for number in range(N_SENSORS):
        party = number % len(NATIONS)
        role = "guard" if category_of(number) == "ais" else "navy"
        label = "open" if role == "guard" else f"of_{lower[party]}"
        feeds[f"sensor_{number:02d}"] = {"node": f"{lower[party]}_{role}", "label": label}
    for party, code in enumerate(NATIONS):
        own = lower[party]
        others = [HUB] if code != HUB else list(NATIONS[1:])
        labels[f"of_{own}"] = {"classification": "SECRET", "rel_to": others}
        desks[f"{own}_release"] = desk(party, live=live)
        desks[f"{own}_consent"] = desk(party, live=live)
        for role in ("navy", "guard"):
            links[f"{own}_{role}"] = {
                "sender": f"{own}_{role}",
                "recipient": f"{own}_joint",
                "accreditation": "SECRET",
                "case_window_s": 300.0,
            }
        if code == HUB:
            continue
        agreements[f"hub_{own}"] = agreement(HUB, code, day=5 + 4 * party)
        links[f"{own}_up"] = abroad(own, lower[0], f"{own}_release", live=live)
        links[f"{own}_down"] = abroad(lower[0], own, f"{lower[0]}_release", live=live)
        for other in NATIONS[1:]:
            if other != code:
                consents[f"{own}_to_{other.lower()}"] = {
                    "kind": "on_request",
                    "originator": code,
                    "recipient": other,
                    "categories": ["radar"],
                    "desk": f"{own}_consent",
                    "probability": 0.8,
                    "decided_per": {"kind": "category_day"},
                    "answer": {"kind": "lognormal", "median_s": 3600.0, "p95_s": 14_400.0},
                }
    agreements["direct"] = agreement(NATIONS[1], NATIONS[2], day=3)
    links["direct"] = abroad(lower[1], lower[2], None, live=live)
    sections = {
        "nodes": nodes,
        "labels": labels,
        "feeds": feeds,
        "agreements": agreements,
        "consents": consents,
        "desks": desks,
        "links": links,
    }
    return SharingSpec.model_validate(sections)


def agreement(one: str, other: str, day: int) -> dict[str, Any]:
    """An agreement that is suspended for two days from ``day`` of the month, and again ten days later."""
    dates = [f"2026-03-{d:02d}T00:00:00Z" for d in (day, day + 2, day + 10, day + 12)]
    return {
        "parties": [one, other],
        "in_force_from": "2020-01-01T00:00:00Z",
        "ceiling": "SECRET",
        "categories": ["ais", "radar"],
        "onward": "with_consent",
        "suspensions": [
            {"from_utc": dates[0], "to_utc": dates[1]},
            {"from_utc": dates[2], "to_utc": dates[3]},
        ],
    }


def desk(party: int, *, live: bool) -> dict[str, Any]:
    """Two people in office hours."""
    spec: dict[str, Any] = {
        "servers": 2,
        "touch": {"kind": "lognormal", "median_s": 240.0, "p95_s": 900.0},
        "elapsed": {"kind": "exponential", "mean_s": 1800.0},
        "calendar": {
            "kind": "working_hours",
            "time_zone": ZONES[party],
            "open_s": 6 * 3600.0,
            "close_s": 22 * 3600.0,
            "weekdays": ["mon", "tue", "wed", "thu", "fri", "sat"],
            "holidays": HOLIDAYS[party],
        },
    }
    if live:
        spec |= {
            "discipline": "priority",
            "expiry_s": 2 * 86_400.0,
            "closures": [{"from_utc": "2026-03-12T00:00:00Z", "to_utc": "2026-03-13T00:00:00Z"}],
            "surges": [
                {"from_utc": "2026-03-16T00:00:00Z", "to_utc": "2026-03-20T00:00:00Z", "servers": 4},
            ],
            "batch": {"period_s": 900.0},
        }
    return spec


def abroad(sender: str, recipient: str, desk_id: str | None, *, live: bool) -> dict[str, Any]:
    """A link between joint centres, with a case every quarter of an hour and category."""
    spec: dict[str, Any] = {
        "sender": f"{sender}_joint",
        "recipient": f"{recipient}_joint",
        "accreditation": "SECRET",
        "case_window_s": 900.0,
        "delay_s": 2.0,
        "bandwidth_bps": 64_000.0,
    }
    if desk_id is not None:
        spec["desk"] = desk_id
    if live:
        spec |= {
            "loss_probability": 0.01,
            "queue_limit": 200,
            "priority": len(recipient + sender) % 3,
            "extra_delay": {"kind": "exponential", "mean_s": 5.0},
            "failures": {"up_mean_s": 2 * 86_400.0, "down_mean_s": 7200.0},
        }
    if live and desk_id is None:
        spec["contact_windows"] = {"kind": "periodic", "period_s": 5400.0, "lasts_s": 600.0}
    return spec


def bytes_of(deliveries: DeliveryLog) -> int:
    """Bytes of the tables of a delivery log."""
    tables = (deliveries.parts, deliveries.hops, deliveries.outcomes)
    columns = sum(array.nbytes for table in tables for array in table.columns.values())
    return columns + deliveries.contact_part.nbytes


def _memory_bytes(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))


if __name__ == "__main__":
    main()
