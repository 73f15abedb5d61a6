"""Hand-made logs and arrangements for the tests of sharing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H, US_PER_S, Timeline
from mda_sim.records import CONTACTS, REPORTS, DetectionLog, SensorCard
from mda_sim.sharing.network import NationSpec, SharingSpec

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
IN_FORCE = "2020-01-01T00:00:00Z"


def make_timeline(hours: float = 240.0, drain_h: float = 48.0, start: datetime = START) -> Timeline:
    return Timeline(start, 0, round(hours * US_PER_H), round(drain_h * US_PER_H))


def make_log(
    sensors: Mapping[str, tuple[str, str]],
    reports: Mapping[str, Sequence[Any]],
    contact_bytes: float = 36.0,
    lag_s: float = 60.0,
) -> DetectionLog:
    """A log of sensors (id -> operator, category) and, for each, its reports.

    ``reports[sensor]`` lists (time ready [s], vessels, probes), or the time alone for one vessel; each was
    observed ``lag_s`` before.
    """
    names = sorted(sensors)
    rows = [
        (s, *(item if isinstance(item, tuple) else (item, 1, 0)))
        for s, name in enumerate(names)
        for item in sorted(
            reports.get(name, ()), key=lambda item: item if isinstance(item, tuple) else (item,)
        )
    ]
    sensor = np.array([row[0] for row in rows], int)
    ready = np.array([round(row[1] * US_PER_S) for row in rows], np.int64)
    n_vessels = np.array([row[2] for row in rows], int)
    count = n_vessels + np.array([row[3] for row in rows], int)
    first = np.cumsum(count) - count
    table = Table.of(
        REPORTS,
        {
            "report": np.arange(len(rows)),
            "sensor": sensor,
            "interval": np.arange(len(rows)),
            "t_observed_us": ready - round(lag_s * US_PER_S),
            "t_ready_us": ready,
            "first": first,
            "count": count,
            "n_vessels": n_vessels,
            "n_false": [0] * len(n_vessels),
        },
        {"sensors": names},
    )
    within = np.arange(int(count.sum())) - np.repeat(first, count)
    is_probe = within >= np.repeat(n_vessels, count)
    contacts = Table.of(
        CONTACTS,
        {
            "target": np.where(is_probe, 1000 + within, within),
            "dt_us": np.zeros(len(within), int),
            "merged": [1] * len(np.zeros(len(within), int)),
        },
    )
    cards = tuple(SensorCard(n, sensors[n][1], sensors[n][0], 100.0, contact_bytes) for n in names)
    return DetectionLog(table, contacts, cards, 1000, 2000)


def make_arrivals(times_us: Mapping[str, NDArray[np.int64]], operator: str = "PHL") -> DetectionLog:
    """A log of one report of one vessel at each of the sorted times; the category of a sensor is its id."""
    names = sorted(times_us)
    n = [len(times_us[name]) for name in names]
    ready, total = np.concatenate([times_us[name] for name in names]), sum(n)
    columns = {
        "report": np.arange(total),
        "sensor": np.repeat(np.arange(len(names)), n),
        "interval": np.arange(total),
        "t_observed_us": ready,
        "t_ready_us": ready,
        "first": np.arange(total),
        "count": np.ones(total, int),
        "n_vessels": np.ones(total, int),
        "n_false": np.zeros(total, int),
    }
    contacts = {
        "target": np.zeros(total, int),
        "dt_us": np.zeros(total, int),
        "merged": np.ones(total, int),
    }
    cards = tuple(SensorCard(name, name, operator, 100.0, 36.0) for name in names)
    reports = Table.of(REPORTS, columns, {"sensors": names})
    return DetectionLog(reports, Table.of(CONTACTS, contacts), cards, 1000, 2000)


def make_sharing(**sections: Mapping[str, Any]) -> SharingSpec:
    """A sharing section from plain data; nodes may be given as (nation, level)."""
    plain: dict[str, Any] = {name: dict(section) for name, section in sections.items()}
    for id_, node in plain.get("nodes", {}).items():
        if isinstance(node, tuple):
            plain["nodes"][id_] = {"nation": node[0], "highest_level": node[1]}
    return SharingSpec.model_validate(plain)


def make_agreement(*parties: str, **changes: Any) -> dict[str, Any]:
    return {
        "parties": list(parties),
        "in_force_from": IN_FORCE,
        "ceiling": "SECRET",
        "categories": ["ais", "radar"],
        "onward": "with_consent",
        **changes,
    }


def make_link(sender: str, recipient: str, **changes: Any) -> dict[str, Any]:
    return {
        "sender": sender,
        "recipient": recipient,
        "accreditation": "SECRET",
        "case_window_s": 60.0,
        **changes,
    }


def make_nations(**pictures: str | None) -> dict[str, NationSpec]:
    return {id_: NationSpec(name=id_, picture_node=node) for id_, node in pictures.items()}


def make_pair(
    link: Mapping[str, Any] | None = None, desk: Mapping[str, Any] | None = None
) -> SimpleNamespace:
    """PHL sends radar and AIS reports to JPN over one link, perhaps through a desk."""
    changes = {**(link or {}), **({"desk": "d"} if desk is not None else {})}
    sharing = make_sharing(
        nodes={"jpn": ("JPN", "SECRET"), "phl": ("PHL", "SECRET")},
        labels={"restricted": {"classification": "RESTRICTED"}},
        feeds={
            "ais": {"node": "phl", "label": "restricted"},
            "radar": {"node": "phl", "label": "restricted"},
        },
        agreements={"deal": make_agreement("PHL", "JPN")},
        desks={} if desk is None else {"d": desk},
        links={"phl_jpn": make_link("phl", "jpn", **changes)},
    )
    sensors = {"ais": ("PHL", "ais"), "radar": ("PHL", "radar")}
    return SimpleNamespace(sharing=sharing, nations=make_nations(PHL="phl", JPN="jpn"), sensors=sensors)


@pytest.fixture
def make() -> SimpleNamespace:
    """The builders of this module."""
    builders: dict[str, Callable[..., Any]] = {
        "timeline": make_timeline,
        "log": make_log,
        "arrivals": make_arrivals,
        "sharing": make_sharing,
        "agreement": make_agreement,
        "link": make_link,
        "nations": make_nations,
        "pair": make_pair,
    }
    return SimpleNamespace(**builders)
