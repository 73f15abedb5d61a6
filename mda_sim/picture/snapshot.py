"""The picture of one node at one instant, as a table: what it holds of each target that it ever held.

Model: of each target the newest observation held counts (``held``: of equal time the one received first, then
the one of the smaller error, then that of the lower part; what was destroyed is gone). Its place is bounded:
the target is within

    error_grown = error + v_top x age

of where the observation laid it, error being that of the copy when it was observed (sensor and coarsening, 1
sigma, as the metrics use it) and v_top the top speed of its class (``world.top_speed``). A target is
**findable** if that is at most a search radius. Identity is known where the node holds
any contact by AIS: the MMSI is the one that the newest of them told. What else the node holds of the target
is counted (``besides``: duplicates, conflicts) and never averaged in.

Assumptions and limits: error_grown is a bound for a vessel that keeps to the top speed of its class, not an
estimate: it takes one sigma of the error for all of it, and knows neither course nor coast. Measured
positions are not drawn: a measured contact is laid where the target was, one by AIS where it said it was, so
an observation is false only where the vessel broadcast a false position. Perfect association. A node knows
the sensor of a report only if its source was not stripped (``is_stripped``); the table names it all the same.

Source: definitions of this program. Where next: ``report.picture_table`` prints it, ``study.explain``
reads the tables of a run.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.table import Column, Schema, Table
from mda_sim.core.time import NEVER_US, US_PER_S, to_us
from mda_sim.picture.awareness import History, PartHistory, received_error_m
from mda_sim.picture.besides import conflicts, duplicates
from mda_sim.picture.held import NONE_HELD, copies_at, newest_at, targets_of
from mda_sim.picture.routes import hops_of_route, route_names
from mda_sim.records import NO_REPORT, NOTHING_US, DeliveryLog, DetectionLog
from mda_sim.world.top_speed import top_speed_mps

if TYPE_CHECKING:
    from mda_sim.sharing.network import SharingSpec
    from mda_sim.world.fleet import Fleet

NO_ID: Final = -1
"""In place of a sensor, originator or route: nothing is held."""

SNAPSHOT: Final = Schema(
    "snapshot",
    (
        Column("target", "u4", "vessel or probe that the node held at some time up to the instant"),
        Column("traffic_class", "u2", "class of traffic, or 'probe'", names="classes"),
        Column("stream", "u2", "source of vessels; with `index` the name of the target", names="streams"),
        Column("index", "u4", "number within the stream"),
        Column("t_observed_us", "i8", "the newest observation held, NOTHING_US if none is any more [us]"),
        Column("t_received_us", "i8", "when the copy that counts was received, NEVER_US if none is [us]"),
        Column("age_us", "i8", "time since that observation, NEVER_US if none is held [us]"),
        Column("report", "u4", "report that it is in, NO_REPORT if none is held"),
        Column("part", "u4", "part of the report that it came in, NO_REPORT if none is held"),
        Column("sensor", "i4", "sensor that made it, -1 if none is held", names="sensors"),
        Column("originator", "i4", "party that operates the sensor, -1 if none is held", names="parties"),
        Column("is_stripped", "u1", "1 if the node was not told whose sensor it was"),
        Column(
            "lat_deg", "f8", "latitude of the target, or, by AIS, as broadcast; NaN if none is held [deg]"
        ),
        Column("lon_deg", "f8", "longitude of it likewise [deg]"),
        Column("is_false", "u1", "1 if what was broadcast is too far from the truth to count"),
        Column("error_m", "f4", "position error of the copy when observed, 1 sigma; NaN if none is held [m]"),
        Column("error_grown_m", "f4", "bound on how far off the target is by now: error + v_top age [m]"),
        Column("is_findable", "u1", "1 if that is at most the search radius"),
        Column("route", "i4", "nodes and links by which the copy came, -1 if none is held", names="routes"),
        Column("hops", "u1", "number of links of that route"),
        Column("mmsi", "u4", "identity told by the newest AIS contact held, 0 if none is held"),
        Column("n_duplicates", "u4", "held contacts by other sensors of the same reporting interval"),
        Column("n_conflicts", "u4", "held measured contacts that conflict with what AIS said, up to tau old"),
    ),
    sort=("target",),
)
"""One row per target that the node held at any time up to the instant; meta has node, t_at_us, tau_us."""


@dataclass(frozen=True, eq=False)
class Holder:
    """One node, and what it received under one configuration."""

    log: DetectionLog
    deliveries: DeliveryLog
    sharing: SharingSpec
    """The section in force, its events resolved."""
    fleet: Fleet
    contacts: History
    """The contacts of the log, with those that are false."""
    node: str
    received: Table
    """A RECEIPTS table of that node."""


def snapshot(of: Holder, at_us: int, tau_us: int, search_radius_m: float) -> Table:
    """The picture of a node at ``at_us``: a SNAPSHOT table.

    Conflicts are sought up to the age ``tau_us``; what may be at most ``search_radius_m`` off is findable.
    """
    known = of.contacts.by_part(of.deliveries)
    error_m = received_error_m(of.log, of.deliveries, of.received)
    copy = copies_at(of.received, error_m, len(of.deliveries.parts), at_us)
    newest = newest_at(known, of.received, error_m, copy)
    target = _ever_held(of, known, at_us)
    columns = _empty(of, target)
    place = np.flatnonzero(newest[target] != NONE_HELD)
    shown = newest[target[place]]
    receipt = copy[known.part[shown]]
    facts = _Facts.of(of, known, copy, error_m)
    found = {
        **_of_observations(of, known, shown, receipt, at_us, facts, search_radius_m),
        **_of_what_else(of, known, target[place], shown, at_us - tau_us, facts),
    }
    routes, found["route"] = _routes(of, found["part"], receipt)
    hops = np.array([len(route) // 2 if of_links else 0 for route, of_links in routes], np.int64)
    found["hops"] = hops[found["route"]] if len(routes) else np.zeros(0, np.int64)
    for name, values in found.items():
        columns[name][place] = values
    meta = {
        "node": of.node,
        "t_at_us": int(at_us),
        "tau_us": int(tau_us),
        "search_radius_m": float(search_radius_m),
        "n_vessels": of.log.n_vessels,
        "classes": list(of.fleet.classes),
        "streams": list(of.fleet.streams),
        "sensors": [card.id for card in of.log.sensors],
        "parties": _parties(of.log),
        "routes": [list(route) for route, _ in routes],
    }
    return Table.of(SNAPSHOT, columns, meta)


@dataclass(frozen=True, eq=False)
class _Facts:
    """What is asked of each row of a history, (n_contacts,)."""

    is_held: NDArray[np.bool_]
    sensor: NDArray[np.int64]
    is_ais: NDArray[np.bool_]
    error_m: NDArray[np.float64]
    """Error of the copy that counts, NaN where none is held [m]."""

    @classmethod
    def of(
        cls, holder: Holder, known: PartHistory, copy: NDArray[np.int64], error_m: NDArray[np.float64]
    ) -> _Facts:
        log, receipt = holder.log, copy[known.part]
        sensor = log.reports["sensor"][holder.deliveries.parts["report"][known.part]].astype(np.int64)
        is_ais = np.array([card.category == "ais" for card in log.sensors], np.bool_)
        return cls(receipt != NONE_HELD, sensor, is_ais[sensor], np.append(error_m, math.nan)[receipt])


def _ever_held(of: Holder, known: PartHistory, at_us: int) -> NDArray[np.int64]:
    """Targets of which the node held anything by then, destroyed since or not."""
    came = np.zeros(len(of.deliveries.parts), np.bool_)
    came[of.received["part"][of.received["t_received_us"] <= at_us]] = True
    return np.unique(targets_of(known)[came[known.part]])


def _empty(of: Holder, target: NDArray[np.int64]) -> dict[str, NDArray[Any]]:
    """All columns as they are where nothing is held any more."""
    nothing = {
        "t_observed_us": NOTHING_US,
        "t_received_us": NEVER_US,
        "age_us": NEVER_US,
        "report": NO_REPORT,
        "part": NO_REPORT,
        "sensor": NO_ID,
        "originator": NO_ID,
        "route": NO_ID,
        "lat_deg": math.nan,
        "lon_deg": math.nan,
        "error_m": math.nan,
        "error_grown_m": math.nan,
    }
    columns = {
        column.name: np.full(len(target), nothing.get(column.name, 0), column.dtype)
        for column in SNAPSHOT.columns
    }
    named = {name: of.fleet.targets[name][target] for name in ("traffic_class", "stream", "index")}
    return columns | named | {"target": target}


def _of_observations(
    of: Holder,
    known: PartHistory,
    shown: NDArray[np.int64],
    receipt: NDArray[np.int64],
    at_us: int,
    facts: _Facts,
    search_radius_m: float,
) -> dict[str, NDArray[Any]]:
    """Columns about the observations shown, rows of ``known``, in the copies ``receipt``."""
    part, sensor = known.part[shown], facts.sensor[shown]
    age_us = at_us - known.t_observed_us[shown]
    target, error_m = targets_of(known)[shown], facts.error_m[shown]
    of_class = of.fleet.targets["traffic_class"][target]
    grown_m = error_m + top_speed_mps(of.fleet)[of_class] * (age_us / US_PER_S)
    lat_deg, lon_deg = _places(of, known, shown, facts)
    hop = of.received["hop"][receipt]
    stripped = np.append(of.deliveries.hops["is_stripped"], np.zeros(2, np.uint8))
    parties = _parties(of.log)
    originator = np.array([parties.index(card.operator) for card in of.log.sensors], np.int64)
    false = np.zeros(len(shown), np.bool_) if known.is_false is None else known.is_false[shown]
    return {
        "t_observed_us": known.t_observed_us[shown],
        "t_received_us": of.received["t_received_us"][receipt],
        "age_us": age_us,
        "report": of.deliveries.parts["report"][part],
        "part": part,
        "sensor": sensor,
        "originator": originator[sensor],
        "is_stripped": np.where(hop >= 0, stripped[hop], 0),
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "is_false": false,
        "error_m": error_m,
        "error_grown_m": grown_m,
        "is_findable": grown_m <= search_radius_m,
    }


def _of_what_else(
    of: Holder,
    known: PartHistory,
    target: NDArray[np.int64],
    shown: NDArray[np.int64],
    since_us: int,
    facts: _Facts,
) -> dict[str, NDArray[Any]]:
    """Identity, duplicates and conflicts of the targets that are held, in order."""
    rows = np.flatnonzero(facts.is_held)
    of_target = targets_of(known)[rows]
    offsets = np.searchsorted(of_target, np.append(target, len(known.offsets) - 1))
    interval_us = np.array([to_us(card.interval_s) for card in of.log.sensors], np.int64)
    t_us, sensor = known.t_observed_us[rows], facts.sensor[rows]
    n_same = duplicates(offsets, t_us, sensor, interval_us[sensor], np.searchsorted(rows, shown))
    heard = rows[facts.is_ais[rows]]
    by_target = dict(zip(targets_of(known)[heard].tolist(), heard.tolist(), strict=True))  # the newest stays
    tells = np.array([by_target.get(one, NONE_HELD) for one in target.tolist()], np.int64)
    mmsi, known_by = np.zeros(len(target), np.uint32), np.flatnonzero(tells != NONE_HELD)
    at = of.fleet.broadcast_rows(target[known_by], known.t_observed_us[tells[known_by]])
    mmsi[known_by] = of.fleet.broadcasts["mmsi"][at]
    recent = rows[t_us >= since_us]
    lat_deg, lon_deg = _places(of, known, recent, facts)
    of_target = targets_of(known)[recent]
    n_wrong = conflicts(
        np.searchsorted(of_target, np.append(target, len(known.offsets) - 1)),
        known.t_observed_us[recent],
        facts.is_ais[recent],
        lat_deg,
        lon_deg,
        facts.error_m[recent],
        top_speed_mps(of.fleet)[of.fleet.targets["traffic_class"][of_target]],
    )
    return {"mmsi": mmsi, "n_duplicates": n_same, "n_conflicts": n_wrong}


def _places(
    of: Holder, known: PartHistory, rows: NDArray[np.int64], facts: _Facts
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where contacts lay their target: where it was, or, by AIS, where it said it was [deg]."""
    target, t_us = targets_of(known)[rows], known.t_observed_us[rows]
    lat_deg, lon_deg = of.fleet.positions(target, t_us)
    heard = np.flatnonzero(facts.is_ais[rows])
    lat_deg[heard], lon_deg[heard] = of.fleet.broadcast_positions(target[heard], t_us[heard])
    return lat_deg, lon_deg


def _routes(
    of: Holder, part: NDArray[np.uint32], receipt: NDArray[np.int64]
) -> tuple[list[tuple[tuple[str, ...], bool]], NDArray[np.int64]]:
    """The different routes, each with whether it is made of links, in order; and that of each copy."""
    sensor = of.log.reports["sensor"][of.deliveries.parts["report"][part]]
    feed_node = [of.sharing.feeds[of.log.sensors[one].id].node for one in sensor.tolist()]
    hops, named = of.deliveries.hops, []
    by_path: dict[tuple[Any, ...], tuple[tuple[str, ...], bool]] = {}
    for start, last in zip(feed_node, of.received["hop"][receipt].tolist(), strict=True):
        links = hops["link"][list(hops_of_route(hops, last))] if last >= 0 else ()
        key = (start, min(last, 0), *map(int, links))
        if key not in by_path:
            by_path[key] = (route_names(hops, of.sharing, last, start, of.node), last >= 0)
        named.append(by_path[key])
    routes = sorted(set(named))
    number: Mapping[tuple[tuple[str, ...], bool], int] = {route: i for i, route in enumerate(routes)}
    return routes, np.array([number[route] for route in named], np.int64)


def _parties(log: DetectionLog) -> list[str]:
    """Parties that operate sensors, sorted."""
    return sorted({card.operator for card in log.sensors})
