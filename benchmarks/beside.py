"""Two small networks by this program, by Ciw and by Stone Soup's architecture module; prints JSON.

    python benchmarks/beside.py

**Ciw** (a simulator of queueing networks): cases arrive at random at the desk of one link and go on to the
desk of a second, each with one server. Both programs get the same arrivals. Interarrival times have a mean of
6,000 s, service times are exponential with a mean of 4,000 s, so the mean time in the system is
2 / (1 / 4000 - 1 / 6000) = 24,000 s (J. R. Jackson, "Networks of waiting lines", Operations Research 5, 1957:
each desk is an M/M/1 queue). Here a case closes at the end of a window of 1 s, which is left out of the time
at desks. Means are compared over their standard errors from 50 batches. With constant services of 4,000 s
the times must agree case by case.

**Stone Soup** (``InformationArchitecture``): eight sensor nodes send what they measure over edges of their
own latencies to two other nodes. Its messages are passed by polling; here with a step of 10 s, at which every
second sensor has something to send. The latency of an edge must come out as that of the link. Messages over
two edges are left out: Stone Soup 1.9.1 takes their arrival from when they were first sent.

Each side is timed whole, from its network to the arrival times, kernels compiled. What else each does is not
the same: Ciw keeps records of every service, Stone Soup carries data that trackers can use, this program asks
gates and keeps books of every hop. So the ratios compare what a study of latency pays, not the same work.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import ciw
import numpy as np
from numpy.typing import NDArray
from stonesoup.architecture import InformationArchitecture
from stonesoup.architecture.edge import DataPiece, Edge, Edges
from stonesoup.architecture.node import Node, SensorNode
from stonesoup.types.detection import Detection
from stonesoup.types.state import StateVector

from mda_sim.core.table import Table
from mda_sim.core.time import US_PER_S, Timeline
from mda_sim.records import CONTACTS, REPORTS, DeliveryLog, DetectionLog, SensorCard
from mda_sim.sharing.exchange import share
from mda_sim.sharing.network import NationSpec, SharingSpec

START = datetime(2026, 3, 2, tzinfo=UTC)
N_CUSTOMERS, N_WARM_UP, N_BATCHES = 20_000, 2_000, 50
BETWEEN_S, SERVICE_S = 6000.0, 4000.0
N_SENSORS, N_STEPS, STEP_S = 8, 200, 10

Floats = NDArray[np.float64]


def main() -> None:
    """Measure all and print."""
    made = beside_ciw("exponential") | {
        f"constant_{key}": value for key, value in beside_ciw("constant").items()
    }
    print(json.dumps(made | beside_stone_soup()))


def beside_ciw(kind: str) -> dict[str, float]:
    """Times in a tandem of two desks by both, and what a customer takes."""
    rng = np.random.default_rng(1)
    # Whole seconds, at least one apart: no two reports in one case.
    arrives_s = np.cumsum(rng.geometric(1.0 / BETWEEN_S, N_CUSTOMERS)).astype(np.float64)
    theirs_s, theirs = timed(lambda: by_ciw(arrives_s, kind))
    network = tandem(kind)
    tandem_times(arrives_s[:100], network)
    ours_s, ours = timed(lambda: tandem_times(arrives_s, network))
    means, errors = zip(*(batched(times[N_WARM_UP:]) for times in (ours, theirs)), strict=True)
    return {
        "customer_us": ours_s / N_CUSTOMERS * 1e6,
        "ciw_customer_us": theirs_s / N_CUSTOMERS * 1e6,
        "ciw_ratio": theirs_s / ours_s,
        "mean_s": means[0],
        "ciw_mean_s": means[1],
        "apart_in_errors": abs(means[0] - means[1]) / max(float(np.hypot(*errors)), 1e-9),
        "farthest_s": float(np.abs(ours - theirs).max()),
    }


def batched(times_s: Floats) -> tuple[float, float]:
    """Mean, and its standard error from batches."""
    means = times_s.reshape(N_BATCHES, -1).mean(axis=1)
    return float(means.mean()), float(means.std(ddof=1) / np.sqrt(N_BATCHES))


def by_ciw(arrives_s: Floats, kind: str) -> Floats:
    """Time of each customer in the system [s], by order of arrival."""
    draw = ciw.dists.Exponential(1.0 / SERVICE_S) if kind == "exponential" else None
    service = draw or ciw.dists.Deterministic(SERVICE_S)
    between = [float(gap) for gap in np.diff(arrives_s, prepend=0.0)]
    network = ciw.create_network(
        arrival_distributions=[ciw.dists.Sequential(between), None],
        service_distributions=[service, service],
        routing=[[0.0, 1.0], [0.0, 0.0]],
        number_of_servers=[1, 1],
    )
    ciw.seed(1)
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_customers(len(arrives_s), method="Finish")
    records = simulation.get_all_records()
    came = {r.id_number: r.arrival_date for r in records if r.node == 1}
    left = {r.id_number: r.exit_date for r in records if r.node == 2}
    return np.array([left[id_] - came[id_] for id_ in range(1, len(arrives_s) + 1)])


def tandem(kind: str) -> SharingSpec:
    """Two links in a row, each through a desk with one server."""
    touch = {"mean_s": SERVICE_S} if kind == "exponential" else {"value_s": SERVICE_S}
    return network_of(
        {"first": ("a", "b", {"desk": "one"}), "second": ("b", "c", {"desk": "two"})},
        {"source": "a"},
        {name: {"touch": {"kind": kind, **touch}} for name in ("one", "two")},
    )


def tandem_times(arrives_s: Floats, network: SharingSpec) -> Floats:
    """Time of each case at both desks [s], by order of arrival."""
    log = log_of({"source": arrives_s - 0.5})
    hops = shared(log, network).hops
    spent_us = (hops["t_received_us"] - hops["t_case_us"]).reshape(-1, 2).sum(axis=1)
    return np.asarray(spent_us / US_PER_S)


def beside_stone_soup() -> dict[str, float]:
    """Latencies over edges of a star by both, and what a message takes."""
    rng = np.random.default_rng(2)
    latency_s = rng.integers(1, 120, (N_SENSORS, 2)).astype(np.float64)
    theirs_s, theirs = timed(lambda: by_stone_soup(latency_s))
    names = [f"s{number}" for number in range(N_SENSORS)]
    links = {
        f"{name}_{end}": (f"n{name}", end, {"delay_s": float(latency_s[number, column])})
        for number, name in enumerate(names)
        for column, end in enumerate(("x", "y"))
    }
    network = network_of(links, {name: f"n{name}" for name in names}, {})
    log = log_of({name: moments(number) for number, name in enumerate(names)})
    shared(log, network)
    ours_s, hops = timed(lambda: shared(log, network).hops)
    ours = np.zeros_like(latency_s)
    spent_s = (hops["t_received_us"] - hops["t_case_us"]) / US_PER_S
    for number, name in enumerate(hops.meta["links"]):
        sensor, end = name.split("_")
        ours[names.index(sensor), "xy".index(end)] = spent_s[hops["link"] == number].mean()
    return {
        "messages": float(len(hops)),
        "message_us": ours_s / len(hops) * 1e6,
        "stone_soup_message_us": theirs_s / len(hops) * 1e6,
        "stone_soup_ratio": theirs_s / ours_s,
        "stone_soup_farthest_s": float(np.abs(ours - theirs).max()),
    }


def moments(sensor: int) -> Floats:
    """When a sensor has something to send [s]."""
    return STEP_S * np.arange(1 + sensor % 2, N_STEPS, 2, dtype=np.float64)


def by_stone_soup(latency_s: Floats) -> Floats:
    """Mean latency of the messages of each sensor to each of two nodes [s], (n_sensors, 2)."""
    sensors = [SensorNode(sensor=None, label=f"s{number}") for number in range(len(latency_s))]
    ends = [Node(label="x"), Node(label="y")]
    edges = [
        Edge((sensor, end), edge_latency=float(latency_s[number, column]))
        for number, sensor in enumerate(sensors)
        for column, end in enumerate(ends)
    ]
    architecture = InformationArchitecture(Edges(edges), current_time=START)
    sends = [set(moments(number)) for number in range(len(sensors))]
    for step in range(N_STEPS + int(latency_s.max()) // STEP_S + 2):
        now = START + timedelta(seconds=step * STEP_S)
        for number, sensor in enumerate(sensors):
            if step * STEP_S in sends[number]:
                data = {Detection(StateVector([float(step)]), timestamp=now)}
                sensor.update(now, now, DataPiece(sensor, sensor, data, now), "created")
        architecture.propagate(float(STEP_S))
    means = [
        np.mean(
            [
                (message.arrival_time - message.time_sent).total_seconds()
                for messages in edge.messages_held["received"].values()
                for message in messages
            ]
        )
        for edge in edges
    ]
    return np.array(means).reshape(len(sensors), 2)


def network_of(
    links: dict[str, tuple[str, str, dict[str, Any]]], feeds: dict[str, str], desks: dict[str, Any]
) -> SharingSpec:
    """Nodes of one nation, so that no gate refuses; cases of one second."""
    nodes = {node for sender, recipient, _ in links.values() for node in (sender, recipient)}
    return SharingSpec.model_validate(
        {
            "nodes": {node: {"nation": "AAA", "highest_level": "SECRET"} for node in nodes},
            "labels": {"open": {"classification": "UNCLASSIFIED"}},
            "feeds": {sensor: {"node": node, "label": "open"} for sensor, node in feeds.items()},
            "desks": desks,
            "links": {
                name: {"sender": sender, "recipient": recipient, "case_window_s": 1.0, **rest}
                for name, (sender, recipient, rest) in links.items()
            },
        }
    )


def log_of(ready_s: dict[str, Floats]) -> DetectionLog:
    """One report of one vessel for each time of each sensor."""
    names = sorted(ready_s)
    counts = [len(ready_s[name]) for name in names]
    ready_us = np.rint(np.concatenate([ready_s[name] for name in names]) * US_PER_S).astype(np.int64)
    n = len(ready_us)
    columns = {
        "report": np.arange(n),
        "sensor": np.repeat(np.arange(len(names)), counts),
        "interval": np.concatenate([np.arange(count) for count in counts]),
        "t_observed_us": ready_us,
        "t_ready_us": ready_us,
        "first": np.arange(n),
        "count": np.ones(n, np.int64),
        "n_vessels": np.ones(n, np.int64),
        "n_false": np.zeros(n, np.int64),
    }
    contacts = {
        "target": np.zeros(n, np.int64),
        "dt_us": np.zeros(n, np.int64),
        "merged": np.ones(n, np.int64),
    }
    cards = tuple(SensorCard(name, "radar", "AAA", 100.0, 36.0) for name in names)
    return DetectionLog(
        Table.of(REPORTS, columns, {"sensors": names}), Table.of(CONTACTS, contacts), cards, 1, 1
    )


def shared(log: DetectionLog, network: SharingSpec) -> DeliveryLog:
    """What becomes of a log, with time enough for all to arrive."""
    last_us = int(log.reports["t_ready_us"].max())
    timeline = Timeline(START, 0, last_us + US_PER_S, 1_000_000 * US_PER_S)
    return share(log, network, {"AAA": NationSpec(name="AAA")}, timeline, 1)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that something takes, and what it gives."""
    begun_s = time.perf_counter()
    made = work()
    return time.perf_counter() - begun_s, made


if __name__ == "__main__":
    main()
