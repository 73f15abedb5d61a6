"""The sweep: every sensor over every target, into one detection log.

Model: for each sensor, the windows in which targets are in its reach; inside them, the looks of its kind;
then contacts in order of report and target, and one report for each operating interval, empty ones too.

Assumptions and limits: sensors do not influence each other. Targets are taken in blocks, so memory is
bounded by the block, the contacts and the reports; blocks, and the other sensors, change no byte of a
sensor's contacts, because each draw has its own address and nothing is summed over targets.

Where next: ``pipeline`` calls ``sense``; sharing, audit and metrics read the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import address, check_addresses
from mda_sim.core.table import Table
from mda_sim.core.time import Timeline, to_us
from mda_sim.records import CONTACTS, REPORTS, DetectionLog
from mda_sim.sensing.looks import HELD, Grid, Held, Watch, reporting_grid
from mda_sim.sensing.sensors import SensorSpec, cards
from mda_sim.sensing.windows import find_windows

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land
    from mda_sim.world.fleet import Fleet

BLOCK: Final = 256
"""Targets that are looked at in one go: at most BLOCK x intervals rows wait in memory."""


def sense(
    fleet: Fleet,
    sensors: Mapping[str, SensorSpec],
    timeline: Timeline,
    seed: int,
    *,
    land: Land | None,
    block: int = BLOCK,
) -> DetectionLog:
    """What all sensors hold in one replicate, over [0, score_to_us].

    ``sensors`` by id, in any order; ``land`` blocks radars (None for none). ``block`` targets are taken at a
    time, which changes memory only. HashCollision if two sensors or streams share a draw address, ValueError
    for a block below 1.
    """
    if block < 1:
        raise ValueError(f"expected a block of at least 1 target, got {block}")
    check_addresses(sensors, "sensor")
    check_addresses(fleet.streams, "stream")
    ids = sorted(sensors)
    reports: list[dict[str, NDArray[np.int64]]] = []
    contacts = [np.empty(0, HELD)]
    n_contacts = 0
    for row, sensor_id in enumerate(ids):
        sensor = sensors[sensor_id]
        watch = Watch(
            fleet, address(sensor_id), reporting_grid(sensor, sensor_id, timeline, seed), seed, land
        )
        held = _held_by(sensor, watch, block)
        delay_us = to_us(sensor.product_delay_s)
        reports.append(_reports(row, watch.grid, delay_us, held, fleet.n_vessels, n_contacts))
        contacts.append(held)
        n_contacts += len(held)
    columns = {name: np.concatenate([held[name] for held in contacts]) for name in ("target", "dt_us")}
    return DetectionLog(
        reports=_report_table(reports, ids),
        contacts=Table.of(CONTACTS, columns),
        sensors=cards(sensors),
        n_vessels=fleet.n_vessels,
        n_targets=fleet.n_targets,
    )


def _held_by(sensor: SensorSpec, watch: Watch, block: int) -> Held:
    """The contacts of one sensor, sorted by interval and target."""
    from mda_sim.sensing.sweep_kernels import sort_by_interval

    n_intervals, n_targets = watch.grid.n_intervals, watch.fleet.n_targets
    parts = [np.empty(0, HELD)]
    if n_intervals:
        look = sensor.looker(watch)
        reach_m = sensor.reach_m(watch.fleet.targets)
        room = np.empty(min(block, n_targets) * n_intervals, HELD)
        for first in range(0, n_targets, block):
            stop = min(first + block, n_targets)
            windows = find_windows(watch.fleet, sensor.lat_deg, sensor.lon_deg, reach_m, first, stop)
            parts.append(room[: look(windows, room)].copy())
    held = np.concatenate(parts)
    ordered = np.empty_like(held)
    sort_by_interval(held, _first_rows(_counts(held, watch.grid)), watch.grid.first, ordered)
    return ordered


def _counts(held: Held, grid: Grid) -> NDArray[np.int64]:
    """Number of contacts in each operating interval."""
    nth = held["interval"].astype(np.int64) - grid.first
    return np.bincount(nth, minlength=grid.n_intervals)


def _first_rows(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row at which each of some runs of these lengths begins."""
    return np.cumsum(counts) - counts


def _reports(
    sensor_row: int, grid: Grid, product_delay_us: int, held: Held, n_vessels: int, first: int
) -> dict[str, NDArray[np.int64]]:
    """Columns of one sensor's reports; ``first`` is the row of its first contact in the log."""
    intervals = np.arange(grid.first, grid.first + grid.n_intervals, dtype=np.int64)
    counts = _counts(held, grid)
    t_observed_us = grid.phase_us + (intervals + 1) * grid.interval_us
    return {
        "sensor": np.full(len(intervals), sensor_row, np.int64),
        "interval": intervals,
        "t_observed_us": t_observed_us,
        "t_ready_us": t_observed_us + product_delay_us,
        "first": first + _first_rows(counts),
        "count": counts,
        "n_vessels": _counts(held[held["target"] < n_vessels], grid),
    }


def _report_table(parts: list[dict[str, NDArray[np.int64]]], ids: list[str]) -> Table:
    meta = {"sensors": ids}
    if not parts:
        return Table.empty(REPORTS, meta)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Table.of(REPORTS, {"report": np.arange(len(columns["sensor"])), **columns}, meta)
