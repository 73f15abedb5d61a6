"""The plain program with each scan in numpy: what a user would write next.

As ``plain.py``, but a radar takes all ships at once: positions on their legs, a row of distances by
haversine, and one array of draws for those in reach. Messages are the same processes.
"""

from __future__ import annotations

import time

import numpy as np
import simpy
from peer_world import INTERVAL_S, STEP_M, Outcome, Sailing, World
from plain import Books, Office, Steps

from mda_sim.geo.sphere import EARTH_RADIUS_M


def radar(env: simpy.Environment, number: int, world: World, sailing: Sailing, office: Office) -> Steps:
    """A radar that looks at all ships together at the end of each interval."""
    name, site = list(world.radars.items())[number]
    here_lat, here_lon = np.radians(site.lat_deg), np.radians(site.lon_deg)
    books = office.books
    yield env.timeout(world.phase_s[name])
    for _ in range(world.n_intervals):
        yield env.timeout(INTERVAL_S)
        lat_deg, lon_deg, course_deg = sailing.at(env.now)
        lat, lon = np.radians(lat_deg), np.radians(lon_deg)
        half = np.sin((lat - here_lat) / 2.0) ** 2
        half += np.cos(here_lat) * np.cos(lat) * np.sin((lon - here_lon) / 2.0) ** 2
        range_m = 2.0 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half))
        near = np.flatnonzero(range_m <= world.reach_m)
        bearing = np.arctan2((lon[near] - here_lon) * np.cos(here_lat), lat[near] - here_lat)
        along = np.cos(np.radians(course_deg[near]) - bearing) ** 2
        aspect = np.where(along > 0.75, 0, np.where(along > 0.25, 1, 2))
        p = world.pd[aspect, (range_m[near] / STEP_M).astype(int)]
        held = near[office.rng.random(len(near)) < p]
        if len(held):
            books.sensor += [number] * len(held)
            books.range_m += range_m[held].tolist()
            env.process(office.message())


def run(world: World, seed: int = 1) -> Outcome:
    """The world from begin to end."""
    begun_s = time.perf_counter()
    env, books = simpy.Environment(), Books()
    office = Office(env, np.random.default_rng(seed), books, world.touch, world.touch_s)
    sailing = Sailing(world)
    for number in range(len(world.radars)):
        env.process(radar(env, number, world, sailing, office))
    env.run()
    return books.outcome(time.perf_counter() - begun_s)
