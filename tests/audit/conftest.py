"""Random arrangements, put through the real exchange, for the auditor to read."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest

from mda_sim.audit import audit
from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_H, Timeline
from mda_sim.records import (
    CONTACTS,
    NO_TARGET,
    REPORTS,
    ContactFacts,
    DeliveryLog,
    DetectionLog,
    SensorCard,
)
from mda_sim.sharing.exchange import share
from mda_sim.sharing.network import NationSpec, SharingSpec

START = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
LEVELS = ("UNCLASSIFIED", "RESTRICTED", "CONFIDENTIAL", "SECRET")
NATIONS = ("JPN", "PHL", "USA")
FILTERS: tuple[dict[str, Any], ...] = (
    {"broadcasting": True},
    {"broadcasting": False, "length_min_m": 30.0},
    {"length_min_m": 50.1},
    {
        "length_min_m": 20.0,
        "area": {
            "kind": "box",
            "lat_min_deg": 5.0,
            "lat_max_deg": 15.0,
            "lon_min_deg": 110.0,
            "lon_max_deg": 120.0,
        },
    },
)
OLD_HOPS = (
    "part", "link", "t_arrived_us", "t_case_us", "t_review_us", "t_reviewed_us", "t_released_us",
    "t_sent_us", "t_transmitted_us", "t_received_us", "case", "gates", "gates_at_release", "agreement",
    "outcome", "is_kept",
)  # fmt: skip
OLD_NAMES = {"part": "report", "is_kept": "is_new"}
OLD_OUTCOMES = ("part", "nation", "t_received_us", "hops", "gates", "outcome")


class Trial(NamedTuple):
    """One arrangement, what was sensed, and what the exchange made of it."""

    log: DetectionLog
    deliveries: DeliveryLog
    sharing: dict[str, Any]
    nations: dict[str, Any]
    timeline: Timeline
    seed: int
    facts: ContactFacts | None

    def rules(self) -> str:
        """The rules that the auditor finds broken."""
        return " | ".join(finding.rule for finding in audit(*self))

    def tampered(self, table: str, **columns: Any) -> Trial:
        """The trial with other columns in one table of its delivery log."""
        old: Table = getattr(self.deliveries, table)
        new = Table.of(old.schema, {**old.columns, **columns}, old.meta)
        return self._replace(deliveries=replace(self.deliveries, **{table: new}))

    def changed(self, name: str, rows: Any, value: Any) -> Trial:
        """The trial with another value in some rows of a column of its hops."""
        column = self.deliveries.hops[name].copy()
        column[rows] = value
        return self.tampered("hops", **{name: column})

    def with_hops(self, rows: Any, **columns: Any) -> Trial:
        """The trial with these rows of its hops, each perhaps twice, and other columns; sources follow."""
        hops = self.deliveries.hops
        columns = {name: column[rows] for name, column in hops.columns.items()} | columns
        order = np.lexsort((columns["copy"], columns["link"], columns["part"]))
        columns = {name: column[order] for name, column in columns.items()}
        place = np.full(len(hops) + 1, -1)
        place[rows[::-1]] = np.argsort(order)[::-1]
        columns["source"] = place[columns["source"]]
        new = Table.of(hops.schema, columns, hops.meta)
        return self._replace(deliveries=replace(self.deliveries, hops=new))


def run_trial(
    seed: int, *, plain: bool = False, dense: bool = False, full: bool = False, relays: bool = False
) -> Trial:
    """A random arrangement of three nations and a provider, five nodes and about eight links.

    A ``plain`` one has neither unwilling senders, consents, outages, schedules, groups, filters nor
    sanitising, and no node that receives passes anything on. In a ``dense`` one there are more ways, and
    most may be taken, so that nodes get many copies of a part. A ``full`` one may have all that can be stated
    (``every_feature``), and false contacts too. One with ``relays`` has open ways of many links.
    """
    rng = np.random.default_rng(seed)
    timeline = Timeline(START, 12 * US_PER_H, 48 * US_PER_H, 24 * US_PER_H)
    nodes = {
        "jpn": {"nation": "JPN", "highest_level": "SECRET"},
        "phl": {"nation": "PHL", "highest_level": str(rng.choice(LEVELS[1:]))},
        "phl_west": {"nation": "PHL", "highest_level": "SECRET"},
        "usa": {"nation": "USA", "highest_level": "SECRET", "cleared_from": _moment(rng)},
        "xca": {"nation": "XCA", "highest_level": "UNCLASSIFIED"},
    }
    sensors = {
        "ais_a": ("XCA", "ais", "xca", "open"),
        "ais_b": ("PHL", "ais", "phl_west", "open"),
        "radar_a": ("PHL", "radar", "phl_west", "phl"),
        "radar_b": ("PHL", "radar", "phl", "marked"),
        "radar_c": ("JPN", "radar", "jpn", "jpn"),
        "radar_d": ("USA", "radar", "usa", "jpn"),
    }
    labels = {
        "open": {"classification": "UNCLASSIFIED"},
        "phl": {"classification": str(rng.choice(LEVELS)), "rel_to": ["USA"] if rng.random() < 0.5 else []},
        "marked": {"classification": "RESTRICTED", "caveats": [str(rng.choice(["NOFORN", "ORCON"]))]},
        "jpn": {"classification": "CONFIDENTIAL", "rel_to": ["PHL"]},
    }
    desks = {
        "slow": {
            "servers": 1,
            "touch": {"kind": "lognormal", "median_s": 1500.0, "p95_s": 5000.0},
            "elapsed": {"kind": "exponential", "mean_s": 9000.0},
            "elapsed_clock": str(rng.choice(["clock", "working"])),
            "calendar": {"kind": "working_hours", "time_zone": "Asia/Manila"},
            "expiry_s": 40_000.0,
        },
        "fast": {"servers": 2, "touch": {"kind": "constant", "value_s": 600.0}},
    }
    arrangement: dict[str, Any] = {
        "nodes": nodes,
        "labels": labels,
        "feeds": {
            id_: {"node": node, "label": label, "delay_s": 30.0}
            for id_, (_, _, node, label) in sensors.items()
        },
        "agreements": _agreements(rng),
        "desks": desks,
        "links": _links(rng, sorted(nodes)),
    }
    if relays:
        every_feature().make_relays(seed, arrangement)
    if plain:
        links = arrangement["links"]
        arrangement["links"] = {
            id_: link
            for id_, link in links.items()
            if link["sender"] not in ("phl", "usa") and link["recipient"] in ("phl", "usa")
        }
    else:
        if dense:
            _thicken(np.random.default_rng([seed, 4]), arrangement)
        _complicate(np.random.default_rng([seed, 1]), arrangement)
        _choose(np.random.default_rng([seed, 2]), arrangement)
    if full:
        every_feature().add_everything(seed, arrangement)
    if relays:
        every_feature().add_to_relays(seed, arrangement)
    sharing = SharingSpec.model_validate(arrangement)
    nations = {id_: NationSpec(name=id_, picture_node=id_.lower()) for id_ in NATIONS}
    nations["XCA"] = NationSpec(name="provider", kind="provider")
    log = _log(
        rng,
        {id_: (operator, category) for id_, (operator, category, _, _) in sensors.items()},
        timeline,
        false=full,
    )
    facts = None if plain else random_facts(np.random.default_rng([seed, 3]), log, sharing)
    return Trial(
        log,
        share(log, sharing, nations, timeline, seed, facts),
        sharing.model_dump(mode="json"),
        {id_: spec.model_dump(mode="json") for id_, spec in nations.items()},
        timeline,
        seed,
        facts,
    )


def every_feature() -> ModuleType:
    """The module beside this one."""
    path = Path(__file__).with_name("every_feature.py")
    spec = importlib.util.spec_from_file_location("audit_every_feature", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def random_facts(rng: np.random.Generator, log: DetectionLog, sharing: SharingSpec) -> ContactFacts:
    """Something about every contact; what is in an area does not depend on who asks."""
    n, is_real = len(log.contacts), log.contacts["target"] != NO_TARGET
    inside: dict[str, Any] = {}
    of_area: dict[str, Any] = {}
    asking = {id_: link.filter.area for id_, link in sharing.links.items() if link.filter is not None}
    asking |= {f"agreements.{id_}": deal.area for id_, deal in sharing.agreements.items()}
    asking |= {f"consents.{id_}": consent.area for id_, consent in sharing.consents.items()}
    for name, region in asking.items():
        if region is not None:
            area = json.dumps(region.model_dump(mode="json"))
            inside[name] = of_area.setdefault(area, is_real & (rng.random(n) < 0.6))
    broadcasting = is_real & (rng.random(n) < 0.5)
    lengths_m = is_real * rng.choice(np.array([12.0, 30.0, 50.1, 180.0], np.float32), n)
    return ContactFacts(broadcasting, lengths_m, inside)


def _thicken(rng: np.random.Generator, arrangement: dict[str, Any]) -> None:
    """Second links beside some, and agreements that let most things pass."""
    links = arrangement["links"]
    links |= {f"{id_}_too": dict(link) for id_, link in links.items() if rng.random() < 0.4}
    for link in links.values():
        link["accreditation"] = "SECRET"
        link["desk"] = None if rng.random() < 0.5 else link["desk"]
    for deal in arrangement["agreements"].values():
        deal |= {"ceiling": "SECRET", "categories": ["ais", "radar"]}
        deal["onward"] = "free" if rng.random() < 0.8 else deal["onward"]


def _choose(rng: np.random.Generator, arrangement: dict[str, Any]) -> None:
    """Let some senders choose what to send, and take out of it what others may not have."""
    labels = arrangement["labels"]
    labels["cleared"] = {"classification": "UNCLASSIFIED"}
    labels["named"] = {"classification": "UNCLASSIFIED", "rel_to": ["JPN", "PHL"]}
    labels["lower"] = {
        "classification": "RESTRICTED",
        "rel_to": list(NATIONS),
        "caveats": ["ORCON"] if rng.random() < 0.3 else [],
    }
    filters, sanitises = rng.random(2) < 0.6
    for link in arrangement["links"].values():
        if filters and rng.random() < 0.4:
            link["filter"] = FILTERS[int(rng.integers(len(FILTERS)))]
        if sanitises and rng.random() < 0.5:
            sender = arrangement["nodes"][link["sender"]]["nation"]
            sanitise: dict[str, Any] = {
                "label": [None, "cleared", "named", "lower"][int(rng.integers(4))],
                "coarsen_m": float(rng.choice([0.0, 500.1, 2000.0])),
                "delay_s": float(rng.choice([0.0, 900.0, 10_000.5])),
            }
            if any(sanitise.values()):
                delegated_by = [n for n in (*NATIONS, "XCA") if rng.random() < 0.3 and n != sender]
                link["sanitise"] = sanitise | {"delegated_by": delegated_by}


def _complicate(rng: np.random.Generator, arrangement: dict[str, Any]) -> None:
    """Add to an arrangement what a plain one does without, by draws of its own."""
    for link in arrangement["links"].values():
        link["willingness"] = float(rng.choice([1.0, 0.7, 0.0], p=[0.7, 0.25, 0.05]))
        if rng.random() < 0.4:
            hours = 3600.0 * np.sort(rng.choice(np.arange(-4, 90), 4, replace=False))
            link["outages"] = [
                {"from_utc": _after(hours[0]), "to_utc": _after(hours[1])},
                {"from_utc": _after(hours[2]), "to_utc": _after(hours[3]) if rng.random() < 0.8 else None},
            ]
        if rng.random() < 0.4:
            times = {
                "period_s": float(rng.choice([900.0, 10_000.0])),
                "phase_s": float(rng.choice([0, 777.25])),
            }
            link["pattern"] = {"kind": str(rng.choice(["digest", "pull"])), **times}
    _add_consents(rng, arrangement)
    if rng.random() < 0.4:
        members = rng.choice(sorted(arrangement["nodes"]), int(rng.integers(2, 4)), replace=False)
        arrangement["groups"] = {"pool": {"nodes": [str(node) for node in members]}}


def _add_consents(rng: np.random.Generator, arrangement: dict[str, Any]) -> None:
    """Two consents of every party for each other; some of PHL's requests share a desk with its releases."""
    consents: dict[str, Any] = {}
    nodes, links = arrangement["nodes"], arrangement["links"]
    for giver in (*NATIONS, "XCA"):
        desk = f"hears_{giver.lower()}"
        arrangement["desks"][desk] = {
            "servers": int(rng.integers(1, 3)),
            "touch": {"kind": "lognormal", "median_s": 900.0, "p95_s": 4000.0},
            "elapsed_clock": str(rng.choice(["clock", "working"])),
            "calendar": {"kind": "working_hours", "time_zone": "Asia/Tokyo"},
            "expiry_s": 50_000.0 if rng.random() < 0.5 else None,
        }
        for taker in NATIONS:
            for number in range(2 if taker != giver else 0):
                common = {
                    "originator": giver,
                    "recipient": taker,
                    "sender": str(rng.choice([n for n in NATIONS if n not in (giver, taker)]))
                    if rng.random() < 0.2
                    else None,
                    "categories": ["radar"] if rng.random() < 0.2 else [],
                }
                consents[f"{giver.lower()}_to_{taker.lower()}_{number}"] = common | (
                    {"kind": "standing", "from_utc": _moment(rng), "to_utc": None}
                    if rng.random() < 0.3
                    else {"kind": "standing", "from_utc": None, "to_utc": _moment(rng)}
                    if rng.random() < 0.2
                    else {
                        "kind": "on_request",
                        "desk": desk if rng.random() < 0.7 else None,
                        "probability": float(rng.choice([1.0, 0.6, 0.0], p=[0.4, 0.5, 0.1])),
                        "answer": {"kind": "exponential", "mean_s": 7200.0}
                        if rng.random() < 0.7
                        else {"kind": "constant", "value_s": 3600.0},
                        "validity_s": 20_000.0 if rng.random() < 0.5 else None,
                    }
                )
    for link in links.values():
        if nodes[link["sender"]]["nation"] == "PHL" and rng.random() < 0.4:
            link["desk"] = "hears_phl"
    arrangement["consents"] = consents


def _after(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat()


def _moment(rng: np.random.Generator) -> str:
    return (START + timedelta(hours=int(rng.integers(-48, 84)))).isoformat()


def _agreements(rng: np.random.Generator) -> dict[str, Any]:
    pairs = [
        ("JPN", "PHL"),
        ("JPN", "USA"),
        ("PHL", "USA"),
        ("PHL", "USA"),
        ("JPN", "PHL", "USA"),
        ("USA", "XCA"),
    ]
    deals: dict[str, Any] = {}
    for i, parties in enumerate(pairs):
        if rng.random() < 0.25:
            continue
        deals[f"deal_{i}"] = {
            "parties": list(parties),
            "in_force_from": _moment(rng) if rng.random() < 0.5 else "2020-01-01T00:00:00Z",
            "in_force_to": "2026-03-07T03:00:00Z" if rng.random() < 0.3 else None,
            "suspensions": [{"from_utc": "2026-03-03T01:00:00Z", "to_utc": "2026-03-03T09:30:00Z"}]
            if rng.random() < 0.5
            else [],
            "ceiling": str(rng.choice(LEVELS)),
            "categories": [["ais"], ["radar"], ["ais", "radar"], ["ais", "radar"]][int(rng.integers(4))],
            "onward": str(rng.choice(["none", "with_consent", "free"])),
        }
    return deals


def _links(rng: np.random.Generator, nodes: list[str]) -> dict[str, Any]:
    links: dict[str, Any] = {}
    for sender in nodes:
        for recipient in nodes:
            if sender == recipient or rng.random() < 0.5:
                continue
            links[f"{sender}_to_{recipient}"] = {
                "sender": sender,
                "recipient": recipient,
                "categories": [] if rng.random() < 0.7 else ["radar"],
                "case_window_s": float(rng.choice([300.0, 3600.0, 7200.0])),
                "desk": [None, "slow", "fast"][int(rng.integers(3))],
                "accreditation": str(rng.choice(LEVELS[1:])),
                "delay_s": 0.3,
                "bandwidth_bps": None if rng.random() < 0.3 else 40.0,
            }
    return links


def _log(
    rng: np.random.Generator, sensors: dict[str, tuple[str, str]], timeline: Timeline, *, false: bool
) -> DetectionLog:
    """About 80 reports of each sensor, a third of them of probes only, some empty; ``false``: some false."""
    names = sorted(sensors)
    columns: dict[str, list[Any]] = {name: [] for name in ("sensor", "interval", "t_observed_us")}
    for s in range(len(names)):
        times = np.sort(rng.integers(0, timeline.score_to_us, 80))
        columns["sensor"] += [s] * 80
        columns["interval"] += range(80)
        columns["t_observed_us"] += times.tolist()
    n = len(columns["sensor"])
    n_vessels = rng.integers(0, 3, n)
    n_probes = rng.integers(0, 2, n)
    n_false = rng.integers(0, 2, n) if false else np.zeros(n, np.int64)
    count = n_vessels + n_probes + n_false
    reports = Table.of(
        REPORTS,
        {
            **columns,
            "report": np.arange(n),
            "t_ready_us": np.array(columns["t_observed_us"]) + 20_000_000,
            "first": np.cumsum(count) - count,
            "count": count,
            "n_vessels": n_vessels,
            "n_false": n_false,
        },
        {"sensors": names},
    )
    place = np.arange(int(count.sum())) - np.repeat(np.cumsum(count) - count, count)
    n_of_report = np.repeat(n_vessels, count)
    target = np.where(place < n_of_report, place, 10 + place - n_of_report)
    target[place >= n_of_report + np.repeat(n_probes, count)] = NO_TARGET
    contacts = Table.of(
        CONTACTS,
        {
            "target": target,
            "dt_us": np.zeros(len(target), int),
            "merged": [1] * len(np.zeros(len(target), int)),
        },
    )
    cards = tuple(SensorCard(name, sensors[name][1], sensors[name][0], 100.0, 36.0) for name in names)
    return DetectionLog(reports, contacts, cards, 10, 20)


@pytest.fixture(scope="session")
def trials() -> list[Trial]:
    """Thirty random arrangements."""
    return [run_trial(seed) for seed in range(30)]


@pytest.fixture(scope="session")
def dense_trials() -> list[Trial]:
    """Fifteen random arrangements with many ways from node to node."""
    return [run_trial(seed, dense=True) for seed in range(15)]


@pytest.fixture(scope="session")
def full_trials() -> list[Trial]:
    """Twenty random arrangements that may have all that can be stated."""
    return [run_trial(seed, dense=dense, full=True) for seed in range(10) for dense in (False, True)]


@pytest.fixture(scope="session")
def relay_trials() -> list[Trial]:
    """Eight random arrangements with open ways of many links."""
    return [run_trial(seed, relays=True) for seed in range(8)]


@pytest.fixture(scope="session")
def plain_digest() -> str:
    """SHA-256 of the columns that hops and outcomes had before there were consents, over all plain ones."""
    digest = hashlib.sha256()
    for seed in range(30):
        trial = run_trial(seed, plain=True)
        deliveries = trial.deliveries
        for table, names in ((deliveries.hops, OLD_HOPS), (deliveries.outcomes, OLD_OUTCOMES)):
            for name in names:
                values = deliveries.parts["report"][table[name]] if name == "part" else table[name]
                digest.update(OLD_NAMES.get(name, name).encode() + values.tobytes())
    return digest.hexdigest()
