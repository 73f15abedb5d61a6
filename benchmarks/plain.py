"""The plain program: what a user would write for the same question with SimPy alone.

    python benchmarks/plain.py [N_SHIPS] [N_RADARS] [HOURS]

A process for each radar wakes every interval and loops over a list of ships; it asks where each is, takes the
distance by haversine and, in reach, draws against the table of ``peer_world``. A scan that holds any ship is
a message: a process that waits for the desk (a Resource), is held there, and goes over the link. Nothing is
tuned and nothing is slow on purpose.

Printed alone: what a pair of radar and ship, a look in reach and a message take here. ``peers.py`` puts it
beside mda_sim.
"""

from __future__ import annotations

import argparse
import json
import math
import time
from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import simpy
from peer_world import (
    INTERVAL_S,
    LINK_S,
    PRODUCT_S,
    STEP_M,
    Outcome,
    World,
    world_of,
)

from mda_sim.geo.sphere import EARTH_RADIUS_M

Steps = Generator[simpy.Event, Any, None]


@dataclass
class Ship:
    """A ship that sails from waypoint to waypoint."""

    t_s: list[float]
    lat: list[float]
    lon: list[float]
    leg: int = 0

    def position(self, now_s: float) -> tuple[float, float]:
        """Where it is; asked with times that never fall."""
        while self.t_s[self.leg + 1] < now_s:
            self.leg += 1
        k = self.leg
        share = (now_s - self.t_s[k]) / (self.t_s[k + 1] - self.t_s[k])
        lat = self.lat[k] + share * (self.lat[k + 1] - self.lat[k])
        return lat, self.lon[k] + share * (self.lon[k + 1] - self.lon[k])

    def course_rad(self) -> float:
        """Course on the leg that it is on."""
        k = self.leg
        east = (self.lon[k + 1] - self.lon[k]) * math.cos(math.radians(self.lat[k]))
        return math.atan2(east, self.lat[k + 1] - self.lat[k])


@dataclass
class Books:
    """What is written down while the program runs."""

    sensor: list[int] = field(default_factory=list)
    range_m: list[float] = field(default_factory=list)
    delay_s: list[float] = field(default_factory=list)
    delivered: int = 0

    def outcome(self, seconds: float) -> Outcome:
        """As the comparison wants it."""
        return Outcome(
            np.array(self.sensor, np.int64),
            np.array(self.range_m),
            np.array(self.delay_s),
            self.delivered,
            seconds,
        )


@dataclass
class Office:
    """The desk and the link that messages go through."""

    env: simpy.Environment
    rng: np.random.Generator
    books: Books
    touch: str
    touch_s: float

    def __post_init__(self) -> None:
        self.desk = simpy.Resource(self.env, capacity=1)

    def message(self) -> Steps:
        """One message from the scan that made it to the other nation."""
        yield self.env.timeout(PRODUCT_S)
        yield self.env.timeout(-self.env.now % 1.0)  # cases close at whole seconds
        came_s = self.env.now
        with self.desk.request() as turn:
            yield turn
            held_s = self.touch_s
            if self.touch == "exponential":
                held_s = self.rng.exponential(self.touch_s)
            yield self.env.timeout(held_s)
        self.books.delay_s.append(self.env.now - came_s)
        yield self.env.timeout(LINK_S)
        self.books.delivered += 1


def haversine_m(lat: float, lon: float, to_lat: float, to_lon: float) -> float:
    """Distance of two places in degrees [m]."""
    a = math.sin(math.radians(to_lat - lat) / 2.0) ** 2
    b = math.sin(math.radians(to_lon - lon) / 2.0) ** 2
    b *= math.cos(math.radians(lat)) * math.cos(math.radians(to_lat))
    return 2.0 * EARTH_RADIUS_M * math.asin(math.sqrt(a + b))


def radar(env: simpy.Environment, number: int, world: World, ships: list[Ship], office: Office) -> Steps:
    """A radar that looks at every ship at the end of each interval."""
    name, site = list(world.radars.items())[number]
    lat, lon, pd, rng, books = site.lat_deg, site.lon_deg, world.pd.tolist(), office.rng, office.books
    yield env.timeout(world.phase_s[name])
    for _ in range(world.n_intervals):
        yield env.timeout(INTERVAL_S)
        held = 0
        for ship in ships:
            ship_lat, ship_lon = ship.position(env.now)
            range_m = haversine_m(lat, lon, ship_lat, ship_lon)
            if range_m > world.reach_m:
                continue
            bearing = math.atan2((ship_lon - lon) * math.cos(math.radians(lat)), ship_lat - lat)
            along = math.cos(ship.course_rad() - bearing) ** 2
            aspect = 0 if along > 0.75 else 1 if along > 0.25 else 2
            if rng.random() < pd[aspect][int(range_m / STEP_M)]:
                held += 1
                books.sensor.append(number)
                books.range_m.append(range_m)
        if held:
            env.process(office.message())


def run(world: World, seed: int = 1) -> Outcome:
    """The world from begin to end."""
    begun_s = time.perf_counter()
    env, books = simpy.Environment(), Books()
    office = Office(env, np.random.default_rng(seed), books, world.touch, world.touch_s)
    columns = zip(world.t_s.tolist(), world.lat.tolist(), world.lon.tolist(), strict=True)
    ships = [Ship(*one) for one in columns]
    for number in range(len(world.radars)):
        env.process(radar(env, number, world, ships, office))
    env.run()
    return books.outcome(time.perf_counter() - begun_s)


def main() -> None:
    """Run one world and print what its parts took."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("n_ships", 200), ("n_radars", 4), ("hours", 24)):
        parser.add_argument(name, type=int, nargs="?", default=default)
    options = parser.parse_args()
    world = world_of(options.n_ships, options.n_radars, options.hours, "exponential")
    found = run(world)
    print(json.dumps({"pair_us": found.seconds / world.n_pairs * 1e6, "contacts": len(found.range_m)}))


if __name__ == "__main__":
    main()
