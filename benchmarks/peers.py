"""mda_sim and two programs that a user would write, on the same small world; prints JSON.

    python benchmarks/peers.py [N_SHIPS] [N_RADARS] [HOURS]

The world is that of ``peer_world``, the programs are ``plain`` (a SimPy process per sensor, a loop over
ships, a process per message) and ``per_scan`` (the same with each scan in numpy). Each is timed once, from
its ships to its last delivery; mda_sim's kernels are compiled before, and what it does besides (checks,
gates, books of every hop) is in its time. The time of messages by the others is what as many messages take
without radars.

Printed: microseconds a pair of radar and ship in an interval, a look in reach and a message, and ratios.
``tests/test_peers.py`` asserts that all make the same contacts and deliveries.
"""

from __future__ import annotations

import argparse
import json
import time

import numpy as np
import per_scan
import plain
import simpy
from peer_world import INTERVAL_S, Outcome, World, looks, ours, world_of


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in (("n_ships", 500), ("n_radars", 8), ("hours", 24)):
        parser.add_argument(name, type=int, nargs="?", default=default)
    options = parser.parse_args()
    ours(world_of(2, 1, 1))
    world = world_of(options.n_ships, options.n_radars, options.hours)
    print(json.dumps(measured(world)))


def measured(world: World) -> dict[str, float]:
    """Costs of each program by unit of work, and ratios."""
    n_looks = len(looks(world).p)
    mine = ours(world)
    made = {
        "pairs": world.n_pairs,
        "looks": n_looks,
        "messages": mine.delivered,
        **costs("", mine, world, n_looks, mine.message_seconds),
    }
    message_s = messages_alone(world, mine.delivered)
    for name, program in (("plain_", plain.run), ("per_scan_", per_scan.run)):
        made |= costs(name, program(world), world, n_looks, message_s)
        for unit in ("pair", "look", "message"):
            made[f"{name}ratio_{unit}"] = made[f"{name}{unit}_us"] / made[f"{unit}_us"]
    return made


def costs(name: str, found: Outcome, world: World, n_looks: int, message_s: float) -> dict[str, float]:
    """Microseconds by unit of work; those of looks are without messages."""
    looking_us = max(found.seconds - message_s, 0.0) * 1e6
    return {
        f"{name}seconds": found.seconds,
        f"{name}pair_us": looking_us / world.n_pairs,
        f"{name}look_us": looking_us / n_looks,
        f"{name}message_us": message_s / found.delivered * 1e6,
    }


def messages_alone(world: World, n_messages: int) -> float:
    """Seconds that as many messages take through the office of ``plain``, without looks."""
    begun_s = time.perf_counter()
    env = simpy.Environment()
    office = plain.Office(env, np.random.default_rng(1), plain.Books(), world.touch, world.touch_s)

    def source() -> plain.Steps:
        for _ in range(n_messages):
            env.process(office.message())
            yield env.timeout(INTERVAL_S / len(world.radars))

    env.process(source())
    env.run()
    return time.perf_counter() - begun_s


if __name__ == "__main__":
    main()
