"""The small world that mda_sim and the programs beside it run, and what each run of it came to.

A box of 2.6 degrees on the equator; ships sail from one random point to the next at 8 to 16 knots on great
circles, in pieces of at most 60 km, on which a straight line in latitude and longitude stays within 10 m of
the circle. Radars of nation AAA report every minute. Each report that is not empty is one message: it goes
through the one desk of AAA, first in, first out, and over one link to nation BBB.

The programs are to be compared, not the physics. So the others get the probability that a radar of mda_sim
holds such a ship in a minute, as a table by aspect and range (``pd_table``), made from its own radar; the
persistent term, which lasts from minute to minute, is zero for all. All have the same times of reports, and
cases that close at whole seconds.

``ours`` runs mda_sim. ``looks`` has the probabilities themselves, ship by ship and minute by minute: their
sums say what every program must come to on average.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.geo.sphere import EARTH_RADIUS_M, destination, distance_m, initial_bearing_deg
from mda_sim.records import DetectionLog
from mda_sim.sensing.example import Example
from mda_sim.sensing.looks import reporting_grid
from mda_sim.sensing.radar import CoastalRadar
from mda_sim.sensing.range_equation import Losses
from mda_sim.sensing.rcs import ASPECT_CLASSES
from mda_sim.sensing.sweep import sense
from mda_sim.sharing.exchange import share
from mda_sim.sharing.network import NationSpec, SharingSpec
from mda_sim.world.broadcasts import for_life
from mda_sim.world.fleet import AisClass, Fleet, legs_between
from mda_sim.world.groups import Group, assemble

START = datetime(2026, 3, 2, tzinfo=UTC)
HALF_DEG, MIDDLE_LON_DEG, LENGTH_M = 1.3, 110.0, 60.0
INTERVAL_S, PIECE_M, STEP_M = 60.0, 60e3, 100.0
PRODUCT_S, TOUCH_S, LINK_S = 30.0, 6.0, 2.0
RINGS_KM = (0.0, 35.0, 50.0, 60.0, 90.0)
SEED = 3

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """Ships, radars and the rules of the desk and the link."""

    hours: float
    t_s: Floats
    """When each ship is at each of its waypoints, (n_ships, n)."""
    lat: Floats
    lon: Floats
    radars: dict[str, CoastalRadar]
    phase_s: dict[str, float]
    """When the first interval of each radar begins."""
    reach_m: float
    """Range beyond which no ship of this length is looked for."""
    pd: Floats
    """Probability of a contact by class of aspect and step of range."""
    touch: str
    """'constant' or 'exponential': how long the desk holds a message."""
    touch_s: float = TOUCH_S
    """Mean of it."""

    @property
    def n_ships(self) -> int:
        return len(self.t_s)

    @property
    def n_intervals(self) -> int:
        """Whole intervals of each radar."""
        return int(self.hours * 3600.0 / INTERVAL_S) - 1

    @property
    def n_pairs(self) -> int:
        """Pairs of a radar and a ship in an interval."""
        return self.n_ships * len(self.radars) * self.n_intervals


class Looks(NamedTuple):
    """Pairs of a radar and a ship in reach at the end of an interval, each (n,)."""

    sensor: NDArray[np.int64]
    interval: NDArray[np.int64]
    range_m: Floats
    p: Floats
    """Probability of a contact."""


@dataclass(frozen=True)
class Outcome:
    """What a program made of a world."""

    sensor: NDArray[np.int64]
    """Radar of each contact."""
    range_m: Floats
    """Range of each contact at the end of its interval."""
    delay_s: Floats
    """From the closing of the case to the release at the desk, of each message."""
    delivered: int
    """Messages that came to nation BBB."""
    seconds: float
    """All of it."""
    message_seconds: float = 0.0
    """Of which for messages, where that can be told apart."""


def world_of(n_ships: int, n_radars: int, hours: float, touch: str = "constant") -> World:
    """A world; the same ships and radars for the same numbers."""
    rng = np.random.default_rng(SEED)
    t_s, lat, lon = _voyages(rng, n_ships, hours * 3600.0)
    radars = {f"radar_{k}": _radar(*rng.uniform(-0.8, 0.8, 2).tolist()) for k in range(n_radars)}
    timeline = timeline_of(hours)
    grids = {name: reporting_grid(radar, name, timeline, SEED) for name, radar in radars.items()}
    one = next(iter(radars.values()))
    return World(
        hours=hours,
        t_s=t_s,
        lat=lat,
        lon=lon,
        radars=radars,
        phase_s={name: grid.phase_us / US_PER_S for name, grid in grids.items()},
        reach_m=float(one.reach_m(_fleet(t_s[:1], lat[:1], lon[:1]).targets)[0]),
        pd=pd_table(one),
        touch=touch,
    )


def timeline_of(hours: float) -> Timeline:
    """The calendar, with an hour for the last messages."""
    return Timeline(START, 0, round(hours * 3600 * US_PER_S), 3600 * US_PER_S)


def pd_table(radar: CoastalRadar) -> Floats:
    """P(at least M of N) by class of aspect and step of ``STEP_M``, 0 below ``min_p_report``, (3, n)."""
    ranges_m = (np.arange(int(radar.max_range_m / STEP_M)) + 0.5) * STEP_M
    rows = []
    for aspect in ASPECT_CLASSES:
        power_w = radar.power_w * 10.0 ** (aspect.factor_db / 10.0)
        p = radar.model_copy(update={"power_w": power_w}).p_by_range(ranges_m, Example.of(LENGTH_M))
        rows.append(np.where(p >= radar.min_p_report, p, 0.0))
    return np.array(rows)


class Sailing:
    """Where all ships are, asked with times that never fall."""

    def __init__(self, world: World) -> None:
        self._t_s, self._lat, self._lon = world.t_s, world.lat, world.lon
        self._rows, self._leg = np.arange(world.n_ships), np.zeros(world.n_ships, np.int64)

    def at(self, now_s: float) -> tuple[Floats, Floats, Floats]:
        """Latitude, longitude and course of each ship [deg]."""
        rows, leg = self._rows, self._leg
        while (past := self._t_s[rows, leg + 1] < now_s).any():
            leg += past
        since_s = now_s - self._t_s[rows, leg]
        share = since_s / (self._t_s[rows, leg + 1] - self._t_s[rows, leg])
        north = self._lat[rows, leg + 1] - self._lat[rows, leg]
        east = self._lon[rows, leg + 1] - self._lon[rows, leg]
        lat = self._lat[rows, leg] + share * north
        course = np.degrees(np.arctan2(east * np.cos(np.radians(lat)), north))
        return lat, self._lon[rows, leg] + share * east, course


def looks(world: World) -> Looks:
    """Every pair in reach at the end of each interval."""
    sensor, interval, ranges, chances = [], [], [], []
    for number, (name, radar) in enumerate(world.radars.items()):
        sailing = Sailing(world)
        for k in range(world.n_intervals):
            lat, lon, course = sailing.at(world.phase_s[name] + (k + 1) * INTERVAL_S)
            range_m = distance_m(radar.lat_deg, radar.lon_deg, lat, lon)
            near = np.flatnonzero(range_m <= world.reach_m)
            bearing = initial_bearing_deg(radar.lat_deg, radar.lon_deg, lat[near], lon[near])
            along = np.cos(np.radians(course[near] - bearing)) ** 2
            aspect = np.where(along > 0.75, 0, np.where(along > 0.25, 1, 2))
            chances.append(world.pd[aspect, (range_m[near] / STEP_M).astype(int)])
            ranges.append(range_m[near])
            sensor.append(np.full(len(near), number))
            interval.append(np.full(len(near), k))
    return Looks(*(np.concatenate(parts) for parts in (sensor, interval, ranges, chances)))


def nonempty_chances(world: World, seen: Looks) -> Floats:
    """Probability of each scan that it holds any ship, and so is a message, (n_radars * n_intervals,)."""
    scan = seen.sensor * world.n_intervals + seen.interval
    empty = np.ones(len(world.radars) * world.n_intervals)
    np.multiply.at(empty, scan, 1.0 - seen.p)
    return 1.0 - empty


def ours(world: World) -> Outcome:
    """The world by mda_sim: sensing, then the exchange, each timed as a whole."""
    fleet, timeline, network = fleet_of(world), timeline_of(world.hours), network_of(world)
    begun_s = time.perf_counter()
    log = sense(fleet, world.radars, timeline, SEED, land=None)
    sensed_s = time.perf_counter()
    hops = share(log, network, {"AAA": _AAA, "BBB": _BBB}, timeline, SEED).hops
    done_s = time.perf_counter()
    sensor, range_m = _contact_ranges(world, log)
    delay_us = hops["t_received_us"] - hops["t_case_us"]
    return Outcome(
        sensor=sensor,
        range_m=range_m,
        delay_s=delay_us / US_PER_S - LINK_S,
        delivered=len(hops),
        seconds=done_s - begun_s,
        message_seconds=done_s - sensed_s,
    )


def _contact_ranges(world: World, log: DetectionLog) -> tuple[NDArray[np.int64], Floats]:
    """Radar of each contact, and range of its ship at the end of the interval."""
    reports = log.reports
    sensor = np.repeat(reports["sensor"], reports["count"]).astype(np.int64)
    t_s = np.repeat(reports["t_observed_us"], reports["count"]) / US_PER_S
    lat, lon = np.empty(len(t_s)), np.empty(len(t_s))
    for ship in range(world.n_ships):
        rows = np.flatnonzero(log.contacts["target"] == ship)
        lat[rows] = np.interp(t_s[rows], world.t_s[ship], world.lat[ship])
        lon[rows] = np.interp(t_s[rows], world.t_s[ship], world.lon[ship])
    names = log.reports.meta["sensors"]
    sites = np.array([(world.radars[name].lat_deg, world.radars[name].lon_deg) for name in names])
    order = np.array([list(world.radars).index(name) for name in names])
    return order[sensor], distance_m(sites[sensor, 0], sites[sensor, 1], lat, lon)


def fleet_of(world: World) -> Fleet:
    """The ships as mda_sim has them."""
    return _fleet(world.t_s, world.lat, world.lon)


def network_of(world: World) -> SharingSpec:
    """One desk and one link between two centres of two nations."""
    touch = {"kind": world.touch, "value_s" if world.touch == "constant" else "mean_s": world.touch_s}
    sections: dict[str, Any] = {
        "nodes": {name: {"nation": name.upper(), "highest_level": "SECRET"} for name in ("aaa", "bbb")},
        "labels": {"open": {"classification": "RESTRICTED", "rel_to": ["BBB"]}},
        "feeds": {name: {"node": "aaa", "label": "open"} for name in world.radars},
        "agreements": {
            "one": {
                "parties": ["AAA", "BBB"],
                "in_force_from": "2020-01-01T00:00:00Z",
                "ceiling": "SECRET",
                "categories": ["radar"],
            }
        },
        "desks": {"desk": {"touch": touch}},
        "links": {
            "link": {
                "sender": "aaa",
                "recipient": "bbb",
                "desk": "desk",
                "accreditation": "SECRET",
                "case_window_s": 1.0,
                "delay_s": LINK_S,
            }
        },
    }
    return SharingSpec.model_validate(sections)


_AAA, _BBB = NationSpec(name="A", picture_node="aaa"), NationSpec(name="B", picture_node="bbb")


def _voyages(rng: np.random.Generator, n_ships: int, lasts_s: float) -> tuple[Floats, Floats, Floats]:
    """Times and places of waypoints that last at least so long, each (n_ships, n)."""
    speed_mps = rng.uniform(4.0, 8.0, n_ships)
    n_turns = int(lasts_s * 8.0 / 100e3) + 8
    lat = rng.uniform(-HALF_DEG, HALF_DEG, (n_ships, n_turns))
    lon = MIDDLE_LON_DEG + rng.uniform(-HALF_DEG, HALF_DEG, (n_ships, n_turns))
    pieces = int(np.ceil(2.0 * np.sqrt(2.0) * HALF_DEG * np.radians(1.0) * EARTH_RADIUS_M / PIECE_M))
    share = np.arange(pieces) / pieces
    length_m = distance_m(lat[:, :-1], lon[:, :-1], lat[:, 1:], lon[:, 1:])
    bearing = initial_bearing_deg(lat[:, :-1], lon[:, :-1], lat[:, 1:], lon[:, 1:])
    lats, lons = destination(
        lat[:, :-1, None], lon[:, :-1, None], bearing[..., None], length_m[..., None] * share
    )
    lats, lons = lats.reshape(n_ships, -1), lons.reshape(n_ships, -1)
    sailed_m = np.cumsum(distance_m(lats[:, :-1], lons[:, :-1], lats[:, 1:], lons[:, 1:]), axis=1)
    t_s = np.concatenate([np.zeros((n_ships, 1)), sailed_m / speed_mps[:, None]], axis=1)
    if t_s[:, -1].min() < lasts_s:
        raise ValueError("the voyages end before the run")
    n = int((t_s < lasts_s).sum(axis=1).max()) + 1
    return t_s[:, :n], lats[:, :n], lons[:, :n]


def _fleet(t_s: Floats, lat: Floats, lon: Floats) -> Fleet:
    n_ships, n = t_s.shape
    t_us = np.rint(t_s.ravel() * US_PER_S).astype(np.int64)
    legs = legs_between(lat.ravel(), lon.ravel(), t_us, np.repeat(np.arange(n_ships), n))
    group = Group(
        traffic_class="ship",
        stream="ship",
        index=np.arange(n_ships),
        flag=[""] * n_ships,
        length_m=np.full(n_ships, LENGTH_M),
        ais=np.full(n_ships, AisClass.NONE, np.uint8),
        legs=legs,
        broadcasts=for_life(np.zeros(n_ships, np.bool_), legs),
    )
    return assemble([group])


def _radar(lat_deg: float, lon_off_deg: float) -> CoastalRadar:
    """A weak radar: the chance of a contact falls over most of its range, so that chances are tried."""
    return CoastalRadar(
        operator="AAA",
        lat_deg=lat_deg,
        lon_deg=MIDDLE_LON_DEG + lon_off_deg,
        antenna_height_m=400.0,
        max_range_m=90e3,
        power_w=25e3,
        antenna_gain_dbi=24.0,
        frequency_hz=9.4e9,
        pulse_width_s=1e-6,
        noise_figure_db=5.0,
        losses=Losses(other_db=8.0),
        azimuth_beamwidth_deg=1.2,
        rotation_period_s=20.0,
        prf_hz=800.0,
        min_scans=2,
        interval_s=INTERVAL_S,
        fluctuation_sigma_db=0.0,
        product_delay_s=PRODUCT_S,
    )
