"""What SimPy takes by itself: an event, and a message over three hops; prints JSON.

    python benchmarks/simpy_floor.py [N_MESSAGES]

An event is one timeout of one process among a hundred. A message arrives every 10 s at the first of three
hops; each has one server that holds it for 4 s, then passes it on 1 s later. *By Resource* a message is a
process that asks each hop's Resource; *by callbacks* each hop keeps when it is next free, which is all that
first-in, first-out needs, and a message is one timeout a hop. Both give the same times of arrival. For
comparison, the same arithmetic without events.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Generator
from typing import Any

import simpy

BETWEEN_S, HELD_S, LINK_S, N_HOPS = 10.0, 4.0, 1.0, 3


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("n_messages", type=int, nargs="?", default=20_000)
    n = parser.parse_args().n_messages
    event_s, _ = timed(lambda: events(5 * n))
    resource_s, one = timed(lambda: by_resource(n))
    callback_s, other = timed(lambda: by_callbacks(n))
    closed_s, third = timed(lambda: closed_form(n))
    if not one == other == third:
        raise SystemExit("the three ways disagree about the times of arrival")
    print(
        json.dumps(
            {
                "event_us": event_s / (5 * n) * 1e6,
                "resource_us": resource_s / n * 1e6,
                "callback_us": callback_s / n * 1e6,
                "closed_us": closed_s / n * 1e6,
            }
        )
    )


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that something takes, and what it gives."""
    begun_s = time.perf_counter()
    made = work()
    return time.perf_counter() - begun_s, made


def events(n: int) -> None:
    """``n`` timeouts, by a hundred processes in turn."""
    env = simpy.Environment()

    def ticker() -> Generator[simpy.Event, Any, None]:
        for _ in range(n // 100):
            yield env.timeout(1.0)

    for _ in range(100):
        env.process(ticker())
    env.run()


def by_resource(n: int) -> list[float]:
    """When each message comes out, with a process a message and a Resource a hop."""
    env, arrived = simpy.Environment(), []
    hops = [simpy.Resource(env, capacity=1) for _ in range(N_HOPS)]

    def message() -> Generator[simpy.Event, Any, None]:
        for hop in hops:
            with hop.request() as turn:
                yield turn
                yield env.timeout(HELD_S)
            yield env.timeout(LINK_S)
        arrived.append(env.now)

    def source() -> Generator[simpy.Event, Any, None]:
        for _ in range(n):
            env.process(message())
            yield env.timeout(BETWEEN_S)

    env.process(source())
    env.run()
    return arrived


def by_callbacks(n: int) -> list[float]:
    """The same with a callback a hop."""
    env, arrived, free_s = simpy.Environment(), [], [0.0] * N_HOPS

    def reach(hop: int) -> None:
        if hop == N_HOPS:
            arrived.append(env.now)
            return
        free_s[hop] = max(free_s[hop], env.now) + HELD_S
        env.timeout(free_s[hop] + LINK_S - env.now).callbacks.append(lambda _: reach(hop + 1))

    def source() -> Generator[simpy.Event, Any, None]:
        for _ in range(n):
            reach(0)
            yield env.timeout(BETWEEN_S)

    env.process(source())
    env.run()
    return arrived


def closed_form(n: int) -> list[float]:
    """The same by Lindley's recursion, in plain Python."""
    arrived, free_s = [], [0.0] * N_HOPS
    for k in range(n):
        now_s = k * BETWEEN_S
        for hop in range(N_HOPS):
            free_s[hop] = max(free_s[hop], now_s) + HELD_S
            now_s = free_s[hop] + LINK_S
        arrived.append(now_s)
    return arrived


if __name__ == "__main__":
    main()
