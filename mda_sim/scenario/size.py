"""How much a scenario asks for: refused, with the estimate, where it would exhaust the machine.

Model: counts that follow from the file alone. Vessels, and the straight legs that their tracks take; cells
of the grid of probes; contacts, as the number of targets a sensor has in reach if all are spread evenly,
times its reports; satellite-days; sorties; figures in the score table; runs of the exchange (seeds times
configurations). Each has a limit far beyond the shipped scenarios (15 times the headline or more) and about
where one process would need more than 16 GB or a run more than days. From a tenth of a limit on there is a
warning.

Assumptions and limits: against seed 1 of south_china_sea.yaml the estimates give 3 times the vessels (ships
are counted from port to port), 4 times the legs and 20 times the contacts (most of what is in reach is not
seen at every look), and the limits allow for that. Voyages are taken as 1.4 times the great circle. Lengths
of lists and mappings are bounded before anything is built from them, so that checking itself stays quick.

Where next: ``load.py`` asks before the checks whose own work grows with these numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

from mda_sim.data import catalogue
from mda_sim.data.rows import Port
from mda_sim.geo.regions import bounds, widened
from mda_sim.geo.sphere import distance_m
from mda_sim.scenario.findings import Findings
from mda_sim.scenario.places import Place
from mda_sim.scenario.satellite_checks import number_of_satellites, satellites
from mda_sim.scenario.schema import ScenarioSpec
from mda_sim.scenario.tree import ListNode, MapNode, Mark, Node, find
from mda_sim.sensing.ais import AisReceiver
from mda_sim.sensing.mobile import MobileSensor
from mda_sim.sensing.radar import Radar
from mda_sim.sensing.sensor import FixedSensor
from mda_sim.sharing.desks import WorkingHours
from mda_sim.sharing.network import SharingSpec
from mda_sim.world.ferries import FerryTraffic
from mda_sim.world.fishing import FishingTraffic
from mda_sim.world.follower import FollowerTraffic
from mda_sim.world.merchant import MerchantTraffic
from mda_sim.world.militia import MilitiaTraffic
from mda_sim.world.patrol import PatrolTraffic
from mda_sim.world.platforms import PlatformSpec
from mda_sim.world.recorded.spec import RecordedAisTraffic
from mda_sim.world.reliefs import ReliefSpec
from mda_sim.world.rendezvous import RendezvousTraffic
from mda_sim.world.small_boats import SmallBoatTraffic
from mda_sim.world.survey import AreaSpec, SurveyTraffic
from mda_sim.world.traffic import Span, TrafficBase
from mda_sim.world.world import WorldSpec

MAX_ENTRIES: Final = 1000
"""Largest number of entries of a mapping, and of items of a list."""
MAX_ARRANGED: Final = 100_000
"""Largest number of values of all configurations together, each with what it inherits."""

DAYS_MAX: Final = 3660.0
LEAST_SCORED_S: Final = 1.0
CELLS_MAX: Final = 4e6
VESSELS_MAX: Final = 5e5
LEGS_MAX: Final = 2e8
CONTACTS_MAX: Final = 5e9
SATELLITE_DAYS_MAX: Final = 1e5
SORTIES_MAX: Final = 1e5
RUNS_MAX: Final = 1e5
FIGURES_MAX: Final = 1e9
DESK_DAYS_MAX: Final = 2e5
SNAPSHOTS_MAX: Final = 2e8
VOYAGE_DAYS_MAX: Final = 366.0

_WARN_FROM: Final = 0.1
_DAY_S: Final = 86_400.0
_DETOUR: Final = 1.4
_LEGS_OF_A_VOYAGE: Final = 10.0
_LEGS_OF_A_CROSSING: Final = 5.0
_LEGS_OF_A_ROUND: Final = 33.0
_LEGS_OF_A_TRIP: Final = 10.0
_BYTES_OF_A_FIX: Final = 40.0  # the shortest row of a CSV file; no more legs than fixes
_FIXES_OF_A_VESSEL: Final = 100.0
_LEGS_OF_A_RELIEF: Final = 40.0
_DAYS_TO_A_MEETING: Final = 10.0
_LISTENING_CATEGORIES: Final = ("ais", "rf")
_DAYS_OF_A_LISTENER: Final = 3.0  # a footprint of 2,000 km holds more vessels and lasts longer than a swath
_GROUPS: Final = 40.0  # groups of vessels in the score table

Steps = tuple[str | int, ...]


class Amount(NamedTuple):
    """One thing that a scenario asks for."""

    steps: Steps
    """Where in the tree it is asked for."""
    number: float
    """How many."""
    most: float
    """How many are too many."""
    what: str
    """What is counted, and from what."""


class Load(NamedTuple):
    """What one class of traffic puts into the world of one replicate."""

    vessels: float
    """Number of vessels."""
    legs: float
    """Number of straight legs of their tracks."""


def check_lengths(tree: MapNode, place: Place, findings: Findings) -> bool:
    """Note every mapping of ids, and every list, that is too long; whether all are short enough."""
    fine = True
    for mark, path, length, what in _lengths(tree, place, tree.mark):
        if length > MAX_ENTRIES:
            findings.error(mark, path, f"{length:,} {what}; expected at most {MAX_ENTRIES:,}")
            fine = False
    sharing = _values(tree.section("sharing"))
    own = [_values(entry.node) for entry in tree.section("configurations").entries.values()]
    total = len(own) * sharing + sum(own)
    if fine and total > MAX_ARRANGED:
        spot = find(tree, ("configurations",))
        message = (
            f"{len(own):,} configurations of about {total // len(own):,} values each are {total:,} values"
        )
        findings.error(spot.mark, spot.path, f"{message}; expected at most {MAX_ARRANGED:,}")
        fine = False
    return fine


def check_size(
    spec: ScenarioSpec, sharing: Mapping[str, SharingSpec | None], tree: MapNode, findings: Findings
) -> bool:
    """Note what would exhaust the machine, and what will take long; whether nothing would exhaust it."""
    fine = True
    for steps, number, most, what in _amounts(spec, sharing):
        spot = find(tree, steps)
        if not number <= most:
            findings.error(
                spot.mark, spot.path, f"about {_shown(number)} {what}; expected at most {_shown(most)}"
            )
            fine = False
        elif number > _WARN_FROM * most:
            message = f"about {_shown(number)} {what}: this takes long, and much memory"
            findings.warn(spot.mark, spot.path, message)
    if spec.duration_s < LEAST_SCORED_S:
        spot = find(tree, ("duration_s",))
        message = f"{spec.duration_s:g} s of scored time; expected at least {LEAST_SCORED_S:g} s"
        findings.error(spot.mark, spot.path, message)
        fine = False
    return fine


def _lengths(tree: Node, place: Place, mark: Mark) -> Iterator[tuple[Mark, str, int, str]]:
    """The length of every mapping of ids and every list, with its mark and path; in no order."""
    todo = [(mark, place, tree)]
    while todo:
        mark, place, node = todo.pop()
        if isinstance(node, MapNode):
            if place.values is not None:
                yield mark, node.path, len(node.entries), "entries"
            here = place.chosen(node)
            todo += [(entry.mark, here.below(key), entry.node) for key, entry in node.entries.items()]
        elif isinstance(node, ListNode):
            yield mark, node.path, len(node.items), "items"
            todo += [(item.mark, place.below(0), item) for item in node.items]


def _values(node: Node) -> int:
    if isinstance(node, MapNode):
        return 1 + sum(_values(entry.node) for entry in node.entries.values())
    if isinstance(node, ListNode):
        return 1 + sum(_values(item) for item in node.items)
    return 1


def _amounts(spec: ScenarioSpec, sharing: Mapping[str, SharingSpec | None]) -> Iterator[Amount]:
    parts = {"warmup_s": spec.warmup_s, "duration_s": spec.duration_s, "drain_s": spec.drain_s}
    longest = max(parts, key=lambda name: parts[name])
    yield Amount((longest,), sum(parts.values()) / _DAY_S, DAYS_MAX, "days of simulated time")
    days = (spec.warmup_s + spec.duration_s) / _DAY_S
    cells = _cells(spec)
    yield Amount(("world", "probes", "spacing_deg"), cells, CELLS_MAX, "cells in the grid of probes")
    loads = {name: _load(traffic, days, spec.world) for name, traffic in spec.world.traffic.items()}
    loads = _with_followers(spec.world.traffic, loads)
    yield from _vessels(loads, days)
    for name, traffic in spec.world.traffic.items():
        if isinstance(traffic, MerchantTraffic | FerryTraffic):
            what = "days for the slowest of its voyages"
            yield Amount(("world", "traffic", name), _voyage_days(traffic, spec.world), VOYAGE_DAYS_MAX, what)
    yield from _contacts(spec, math.fsum(one.vessels for one in loads.values()) + cells, days)
    yield from _satellite_days(spec, days)
    yield from _sorties(spec, days)
    runs = float(spec.seed.count * len(sharing))
    what = f"runs of the exchange ({spec.seed.count:,} seeds, {len(sharing):,} configurations)"
    yield Amount(("seed",), runs, RUNS_MAX, what)
    figures = len(spec.metrics.custody_age_s) * (len(spec.metrics.zones) + 1.0) * len(spec.nations) * runs
    what = "figures of custody (ages, zones, nations, groups, configurations, seeds)"
    yield Amount(("metrics",), figures * _GROUPS, FIGURES_MAX, what)
    if spec.picture.is_gated:
        shots = (
            math.fsum(one.vessels for one in loads.values())
            * spec.duration_s
            / spec.picture.scoring.snapshot_s
        )
        yield Amount(("picture", "scoring", "snapshot_s"), shots, SNAPSHOTS_MAX, "vessels at snapshots")
    desks = sum(
        isinstance(desk.calendar, WorkingHours)
        for one in sharing.values()
        if one
        for desk in one.desks.values()
    )
    what = "days of opening hours (desks, configurations, days)"
    yield Amount(("sharing", "desks"), desks * math.fsum(parts.values()) / _DAY_S, DESK_DAYS_MAX, what)


def _satellite_days(spec: ScenarioSpec, days: float) -> Iterator[Amount]:
    """Days of all satellites; a day of one that listens counts more, since its view is wider than a swath."""
    counts = {name: number_of_satellites(one) for name, one in satellites(spec).items()}
    listening = sum(
        count for name, count in counts.items() if spec.sensors[name].category in _LISTENING_CATEGORIES
    )
    total = sum(counts.values())
    number = (total + (_DAYS_OF_A_LISTENER - 1) * listening) * days
    listen = f", of which {listening:,} listen" if listening else ""
    what = f"satellite-days ({total:,} satellites{listen}, {days:,.4g} days)"
    yield Amount(("sensors",), number, SATELLITE_DAYS_MAX, what)


def _sorties(spec: ScenarioSpec, days: float) -> Iterator[Amount]:
    """Sorties of all platforms, placed at the one that has most of them."""
    found = {
        name: one.sorties.per_day * len(one.sorties.weekdays) / 7 * days
        for name, one in spec.platforms.items()
    }
    if found:
        largest = max(found, key=lambda name: found[name])
        what = f"sorties in {days:,.4g} days, most of them of this platform"
        yield Amount(("platforms", largest), math.fsum(found.values()), SORTIES_MAX, what)


def _away_share(platform: PlatformSpec) -> float:
    """Mean number of its hulls that are away, if every sortie takes all of its endurance."""
    per_day = platform.sorties.per_day * len(platform.sorties.weekdays) / 7
    return min(per_day * platform.endurance_s / _DAY_S, float(platform.n_hulls))


def _cells(spec: ScenarioSpec) -> float:
    if spec.world.probes is None:
        return 0.0
    west, south, east, north = bounds(spec.area)
    return (east - west) * (north - south) / spec.world.probes.spacing_deg**2


def _vessels(loads: Mapping[str, Load], days: float) -> Iterator[Amount]:
    """Vessels and legs of all classes, placed at the class that has most of them."""
    if not loads:
        return
    for index, most, what in ((0, VESSELS_MAX, "vessels"), (1, LEGS_MAX, "legs of their tracks")):
        largest = max(loads, key=lambda name, index=index: loads[name][index])  # type: ignore[misc]
        total = math.fsum(load[index] for load in loads.values())
        told = f"{what} in {days:,.4g} days, most of them of this class"
        yield Amount(("world", "traffic", largest), total, most, told)


def _load(traffic: TrafficBase | RecordedAisTraffic, days: float, world: WorldSpec) -> Load:
    if isinstance(traffic, RecordedAisTraffic):
        fixes = Path(traffic.file.path).stat().st_size / _BYTES_OF_A_FIX
        return Load(fixes / _FIXES_OF_A_VESSEL, fixes)
    if isinstance(traffic, MerchantTraffic):
        voyage_days = _voyage_days(traffic, world)
        voyages = math.fsum(
            route.per_day * (1 + route.both_ways) * (days + voyage_days)
            for route in traffic.routes.values()
            if route.per_day
        )
        return Load(voyages, voyages * _LEGS_OF_A_VOYAGE)
    if isinstance(traffic, FerryTraffic):
        per_day = math.fsum(2 * route.per_day for route in traffic.routes.values())
        hulls = per_day * (_voyage_days(traffic, world) + traffic.turnround_s / _DAY_S) + len(traffic.routes)
        return Load(hulls, per_day * days * _LEGS_OF_A_CROSSING)
    if isinstance(traffic, FishingTraffic):
        vessels = math.fsum(ground.vessels for ground in traffic.grounds.values())
        trips = _LEGS_OF_A_TRIP / (_mean(traffic.trip_s) + _mean(traffic.port_s))
        return Load(vessels, vessels * days * _DAY_S * (1 / _mean(traffic.tow_s) + trips))
    if isinstance(traffic, MilitiaTraffic):
        places = math.fsum(traffic.stock.values())
        tours = places * _turns(traffic.reliefs, days)
        return Load(tours, places * days * _DAY_S * 2 / _mean(traffic.stay_s) + tours * _LEGS_OF_A_RELIEF)
    if isinstance(traffic, PatrolTraffic):
        hulls = math.fsum(station.hulls for station in traffic.stations.values())
        round_s = 2 * math.pi * _mean(traffic.radius_m) / _mean(traffic.cruise_mps) + _mean(traffic.loiter_s)
        stays = days * _DAY_S / _mean(traffic.stay_s)
        return Load(
            hulls * (stays + 1 / traffic.on_station), hulls * days * _DAY_S * _LEGS_OF_A_ROUND / round_s
        )
    if isinstance(traffic, SmallBoatTraffic):
        boats = math.fsum(home.boats for home in traffic.homes.values())
        return Load(boats, boats * (days + 1) * _LEGS_OF_A_TRIP)
    if isinstance(traffic, SurveyTraffic):
        loads = [_survey_load(area, traffic.speed_mps, days) for area in traffic.areas.values()]
        return Load(math.fsum(one.vessels for one in loads), math.fsum(one.legs for one in loads))
    if isinstance(traffic, RendezvousTraffic):
        around_d = (traffic.alongside_s.high + traffic.wait_s.high) / _DAY_S + _DAYS_TO_A_MEETING
        meetings = math.fsum(place.per_day for place in traffic.meetings.values()) * (days + around_d)
        return Load(2 * meetings, 2 * meetings * _LEGS_OF_A_VOYAGE)
    return Load(0.0, 0.0)


def _with_followers(traffic: Mapping[str, object], loads: dict[str, Load]) -> dict[str, Load]:
    """The loads, with followers as many and as long as all vessels of the classes that they follow."""
    for name, one in traffic.items():
        if isinstance(one, FollowerTraffic):
            nobody = Load(0.0, 0.0)
            followed = [
                (task.ships_each, loads.get(task.follows.split("/")[0], nobody))
                for task in one.tasks.values()
            ]
            vessels = math.fsum(ships * load.vessels for ships, load in followed)
            loads[name] = Load(vessels, math.fsum(2 * ships * load.legs for ships, load in followed))
    return loads


def _survey_load(area: AreaSpec, speed_mps: Span, days: float) -> Load:
    tours = area.ships * _turns(area.reliefs, days)
    lines = area.ships * days * _DAY_S * speed_mps.high / area.spacing_m  # if no line were longer than that
    return Load(tours, lines + tours * _LEGS_OF_A_RELIEF)


def _turns(reliefs: ReliefSpec | None, days: float) -> float:
    """Number of ships that hold one place, one after the other."""
    return 1.0 if reliefs is None else 3.0 + days * _DAY_S / _mean(reliefs.stay_s)


def _mean(span: Span) -> float:
    return span.low / 2 + span.high / 2


def _voyage_days(traffic: MerchantTraffic | FerryTraffic, world: WorldSpec) -> float:
    """Time of the longest route at the lowest speed, with the longest wait; unknown ports are left out."""
    wait = traffic.anchorage if isinstance(traffic, MerchantTraffic) else None
    known = {**catalogue.ports(), **{name: port.row(name) for name, port in world.ports.items()}}
    longest_m = max((_length_m(route.port_pairs, known) for route in traffic.routes.values()), default=0.0)
    wait_s = wait.longest_s if wait is not None else 0.0
    return (_DETOUR * longest_m / traffic.speed_mps.low + wait_s) / _DAY_S


def _length_m(pairs: Iterable[tuple[str, str]], known: Mapping[str, Port]) -> float:
    """Length of the great circles between the ports of each pair."""
    ends = [(known[a], known[b]) for a, b in pairs if a in known and b in known]
    return math.fsum(float(distance_m(a.lat_deg, a.lon_deg, b.lat_deg, b.lon_deg)) for a, b in ends)


def _contacts(spec: ScenarioSpec, targets: float, days: float) -> Iterator[Amount]:
    """Contacts of fixed sensors and of those aboard platforms, placed at the one that has most of them."""
    west, south, east, north = bounds(widened(spec.area, spec.world.buffer_m))
    width_deg = (east - west) * math.cos(math.radians((south + north) / 2))
    around_m2 = max(width_deg * (north - south), 1e-6) * 111_195.0**2
    found: dict[str, float] = {}
    for name, sensor in spec.sensors.items():
        if isinstance(sensor, FixedSensor):
            range_m = sensor.max_range_m if isinstance(sensor, (Radar, AisReceiver)) else 0.0
            share = min(1.0, math.pi * range_m**2 / around_m2)
            found[name] = days * _DAY_S / sensor.interval_s * (1.0 + share * targets)
        elif isinstance(sensor, MobileSensor) and sensor.platform in spec.platforms:
            share = min(1.0, math.pi * getattr(sensor, "max_range_m", 0.0) ** 2 / around_m2)
            reports = _away_share(spec.platforms[sensor.platform]) * days * _DAY_S / sensor.interval_s
            found[name] = reports * (1.0 + share * targets)
    if found:
        largest = max(found, key=lambda name: found[name])
        what = f"contacts of fixed and moving sensors in {days:,.4g} days, most of them of this one"
        yield Amount(("sensors", largest), math.fsum(found.values()), CONTACTS_MAX, what)


def _shown(number: float) -> str:
    return f"{number:,.0f}" if number < 1e15 else f"{number:.1e}"
