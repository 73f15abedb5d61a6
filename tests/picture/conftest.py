from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import NEVER_US
from mda_sim.records import (
    CONTACTS,
    HOPS,
    OUTCOMES,
    PARTS,
    REPORTS,
    DeliveryLog,
    DetectionLog,
    Outcome,
    SensorCard,
)
from mda_sim.sharing.network import FeedSpec, LinkSpec, NodeSpec, SharingSpec

S = 1_000_000


def make_log(
    cards: Sequence[SensorCard],
    held: Sequence[tuple[str, float, int, float]],
    *,
    n_vessels: int,
    n_targets: int,
    ready_s: float = 0.0,
    empty: Sequence[tuple[str, float]] = (),
) -> DetectionLog:
    """A log from (sensor, t_observed_s, target, dt_s) rows; `empty` adds reports without contacts."""
    cards = sorted(cards, key=lambda card: card.id)
    names = [card.id for card in cards]
    keys = sorted({(names.index(row[0]), row[1]) for row in [*held, *empty]})
    rows: dict[tuple[int, float], list[tuple[int, float]]] = {key: [] for key in keys}
    for sensor, t_s, target, dt_s in held:
        rows[names.index(sensor), t_s].append((target, dt_s))
    contacts = [contact for key in keys for contact in sorted(rows[key])]
    count = np.array([len(rows[key]) for key in keys], np.int64)
    t_us = np.array([round(t_s * S) for _, t_s in keys], np.int64)
    reports = {
        "report": np.arange(len(keys)),
        "sensor": [sensor for sensor, _ in keys],
        "interval": [sum(other[0] == key[0] for other in keys[:i]) for i, key in enumerate(keys)],
        "t_observed_us": t_us,
        "t_ready_us": t_us + round(ready_s * S),
        "first": np.cumsum(count) - count,
        "count": count,
        "n_vessels": [sum(target < n_vessels for target, _ in rows[key]) for key in keys],
        "n_false": [0] * len([sum(target < n_vessels for target, _ in rows[key]) for key in keys]),
    }
    columns = {
        "target": [c[0] for c in contacts],
        "dt_us": [round(c[1] * S) for c in contacts],
        "merged": [1] * len([round(c[1] * S) for c in contacts]),
    }
    return DetectionLog(
        Table.of(REPORTS, reports, {"sensors": names}),
        Table.of(CONTACTS, columns),
        tuple(cards),
        n_vessels,
        n_targets,
    )


def make_parts(
    log: DetectionLog, share_class: Sequence[int] | None = None
) -> tuple[Table, NDArray[np.uint32]]:
    """PARTS and the part of each contact; ``share_class`` is by contact, without it reports are whole."""
    report = np.repeat(log.reports["report"].astype(np.int64), log.reports["count"].astype(np.int64))
    passed = np.zeros(len(report), np.int64) if share_class is None else np.array(share_class, np.int64)
    keys = np.stack([report, passed], axis=1)
    found, number = np.unique(keys, axis=0, return_inverse=True)
    number = number.reshape(-1)
    is_vessel = log.contacts["target"] < log.n_vessels
    columns = {
        "part": np.arange(len(found)),
        "report": found[:, 0],
        "share_class": found[:, 1],
        "count": np.bincount(number, minlength=len(found)),
        "n_vessels": np.bincount(number, is_vessel, minlength=len(found)),
        "n_false": [0] * len(np.bincount(number, is_vessel, minlength=len(found))),
    }
    return Table.of(PARTS, columns, {"filters": []}), number.astype(np.uint32)


def make_deliveries(
    log: DetectionLog,
    links: Sequence[str] = (),
    hops: Sequence[dict[str, float]] = (),
    share_class: Sequence[int] | None = None,
) -> DeliveryLog:
    """Hops from dicts (part, link, times in s without suffix); a time left out is that before it."""
    others = {"source": -1, "case": -1, "agreement": -1, "consent": -1, "is_kept": 1}
    others["outcome"] = Outcome.DELIVERED
    table: dict[str, list[float]] = {column.name: [] for column in HOPS.columns}
    for hop in sorted(hops, key=lambda row: (row["part"], row["link"], row.get("copy", 0))):
        t_us = 0
        for name, column in table.items():
            if name == "t_purged_us":
                column.append(round(hop["purged"] * S) if "purged" in hop else NEVER_US)
            elif name.startswith("t_"):
                t_us = round(hop.get(name[2:-3], t_us / S) * S)
                column.append(t_us)
            else:
                column.append(hop.get(name, others.get(name, 0)))
    return DeliveryLog(
        *make_parts(log, share_class),
        Table.of(HOPS, table, {"links": list(links)}),
        Table.empty(OUTCOMES, {"nations": []}),
        log.digest(),
    )


@pytest.fixture
def card() -> Callable[..., SensorCard]:
    return lambda id_, operator="AAA", error_m=100.0: SensorCard(id_, "radar", operator, error_m, 32.0)


@pytest.fixture
def log_of() -> Callable[..., DetectionLog]:
    return make_log


@pytest.fixture(scope="session")
def deliveries_of() -> Callable[..., DeliveryLog]:
    return make_deliveries


@pytest.fixture
def sharing() -> SharingSpec:
    """AAA has a sensor node and a picture node, BBB one node; links run a_coast -> a_centre -> b_centre."""
    return SharingSpec(
        nodes={
            "a_centre": NodeSpec(nation="AAA"),
            "a_coast": NodeSpec(nation="AAA"),
            "b_centre": NodeSpec(nation="BBB"),
        },
        feeds={
            "near": FeedSpec(node="a_centre", label="own", delay_s=60.0),
            "far": FeedSpec(node="a_coast", label="own", delay_s=0.5),
            "theirs": FeedSpec(node="b_centre", label="own"),
        },
        links={
            "inside": LinkSpec(sender="a_coast", recipient="a_centre"),
            "outside": LinkSpec(sender="a_centre", recipient="b_centre"),
        },
    )
