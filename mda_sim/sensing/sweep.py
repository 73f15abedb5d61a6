"""The sweep: every sensor over every target, into one detection log.

Model: each sensor plans its reports and looks at all targets; then contacts in order of report and target,
and one row for each planned report, empty ones too.

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

from mda_sim.core.rng import check_addresses
from mda_sim.core.table import Table
from mda_sim.core.time import Timeline, to_us
from mda_sim.records import CONTACTS, REPORTS, DetectionLog
from mda_sim.sensing.looks import HELD, Held, Plan, Setting
from mda_sim.sensing.sensors import SensorSpec, cards

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land
    from mda_sim.geo.regions import Box
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
    area: Box | None = None,
    block: int = BLOCK,
) -> DetectionLog:
    """What all sensors hold in one replicate, over [0, score_to_us].

    ``sensors`` by id, in any order; ``land`` blocks radars (None for none); ``area`` is where vessels live,
    which satellites image. ``block`` targets are taken at a time, which changes memory only. HashCollision
    if two sensors or streams share a draw address, ValueError for a block below 1 or for a satellite without
    an area.
    """
    if block < 1:
        raise ValueError(f"expected a block of at least 1 target, got {block}")
    check_addresses(sensors, "sensor")
    check_addresses(fleet.streams, "stream")
    ids = sorted(sensors)
    reports: list[dict[str, NDArray[np.int64]]] = []
    contacts = [np.empty(0, HELD)]
    n_contacts = 0
    setting = Setting(fleet, timeline, seed, land, area)
    for row, sensor_id in enumerate(ids):
        sensor = sensors[sensor_id]
        plan = sensor.plan(sensor_id, setting)
        held = _held_by(plan, fleet.n_targets, block)
        delay_us = to_us(sensor.product_delay_s)
        reports.append(_reports(row, plan, delay_us, held, fleet.n_vessels, n_contacts))
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


def _held_by(plan: Plan, n_targets: int, block: int) -> Held:
    """The contacts of one sensor, sorted by report and target."""
    from mda_sim.sensing.sweep_kernels import sort_by_interval

    parts = [np.empty(0, HELD)]
    room = np.empty(min(block, n_targets) * len(plan.interval), HELD)
    if len(room):
        for first in range(0, n_targets, block):
            parts.append(room[: plan.look(first, min(first + block, n_targets), room)].copy())
    held = np.concatenate(parts)
    ordered = np.empty_like(held)
    sort_by_interval(held, _first_rows(_counts(held, plan)), plan.first, ordered)
    return ordered


def _counts(held: Held, plan: Plan) -> NDArray[np.int64]:
    """Number of contacts in each report."""
    nth = held["interval"].astype(np.int64) - plan.first
    return np.bincount(nth, minlength=len(plan.interval))


def _first_rows(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Row at which each of some runs of these lengths begins."""
    return np.cumsum(counts) - counts


def _reports(
    sensor_row: int, plan: Plan, product_delay_us: int, held: Held, n_vessels: int, first: int
) -> dict[str, NDArray[np.int64]]:
    """Columns of one sensor's reports; ``first`` is the row of its first contact in the log."""
    counts = _counts(held, plan)
    return {
        "sensor": np.full(len(plan.interval), sensor_row, np.int64),
        "interval": plan.interval,
        "t_observed_us": plan.t_observed_us,
        "t_ready_us": plan.t_observed_us + product_delay_us,
        "first": first + _first_rows(counts),
        "count": counts,
        "n_vessels": _counts(held[held["target"] < n_vessels], plan),
    }


def _report_table(parts: list[dict[str, NDArray[np.int64]]], ids: list[str]) -> Table:
    meta = {"sensors": ids}
    if not parts:
        return Table.empty(REPORTS, meta)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Table.of(REPORTS, {"report": np.arange(len(columns["sensor"])), **columns}, meta)
