"""The sweep: every sensor over every target, into one detection log.

Model: each sensor plans its reports and looks at all targets; then contacts in order of report and target,
and one row for each planned report, empty ones too. Vessels that one report has in the same resolution cell are
one contact, that of the largest median cross-section, which says how many it stands for; the others are not
held by it. Last in a report come its false contacts.

Assumptions and limits: sensors do not influence each other. A cell shows vessels if one of them would be seen
alone: that several return more than one is left out. Probes neither merge nor are merged. Targets are taken in blocks, so memory is
bounded by the block, the contacts and the reports; blocks, and the other sensors, change no byte of a
sensor's contacts, because each draw has its own address and nothing is summed over targets.

Where next: ``pipeline`` calls ``sense``; sharing, audit and metrics read the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import address, check_addresses
from mda_sim.core.table import Table
from mda_sim.core.time import Timeline, to_us
from mda_sim.records import CONTACTS, NO_TARGET, REPORTS, DetectionLog
from mda_sim.sensing.false_contacts import false_counts
from mda_sim.sensing.looks import HELD, Plan, Setting
from mda_sim.sensing.rcs import median_rcs_m2
from mda_sim.sensing.sensors import SensorSpec, cards

if TYPE_CHECKING:
    from mda_sim.geo.coast import Land
    from mda_sim.geo.regions import Box
    from mda_sim.world.environment import Environment
    from mda_sim.world.fleet import Fleet

BLOCK: Final = 256
"""Targets that are looked at in one go."""
MERGING_HZ: Final = 1e10
"""Frequency at which the cross-sections of vessels in one resolution cell are compared. [Hz]"""


def sense(
    fleet: Fleet,
    sensors: Mapping[str, SensorSpec],
    timeline: Timeline,
    seed: int,
    *,
    land: Land | None,
    area: Box | None = None,
    environment: Environment | None = None,
    block: int = BLOCK,
) -> DetectionLog:
    """What all sensors hold in one replicate, over [0, score_to_us].

    ``sensors`` by id, in any order; ``land`` blocks radars (None for none); ``area`` is where vessels live,
    which satellites image; ``environment`` is the weather (None: calm, dry, standard atmosphere). ``block`` targets are taken at a time, which changes memory only. HashCollision
    if two sensors or streams share a draw address, ValueError for a block below 1 or for a satellite without
    an area.
    """
    if block < 1:
        raise ValueError(f"expected a block of at least 1 target, got {block}")
    check_addresses(sensors, "sensor")
    check_addresses(fleet.streams, "stream")
    ids = sorted(sensors)
    reports: list[dict[str, NDArray[np.int64]]] = []
    contacts: list[Contacts] = []
    n_contacts = 0
    setting = Setting(fleet, timeline, seed, land, area, environment)
    room = Room(fleet, block)
    for row, sensor_id in enumerate(ids):
        sensor = sensors[sensor_id]
        plan = sensor.plan(sensor_id, setting)
        n_false = false_counts(sensor.false_per_interval, address(sensor_id), plan.interval, seed)
        held = room.contacts_of(plan, n_false)
        reports.append(_reports(row, plan, to_us(sensor.product_delay_s), held, n_contacts))
        contacts.append(held)
        n_contacts += len(held.target)
    columns = {
        "target": np.concatenate([np.empty(0, np.uint32), *(held.target for held in contacts)]),
        "dt_us": np.concatenate([np.empty(0, np.uint32), *(held.dt_us for held in contacts)]),
        "merged": np.concatenate([np.empty(0, np.uint16), *(held.merged for held in contacts)]),
    }
    return DetectionLog(
        reports=_report_table(reports, ids),
        contacts=Table.of(CONTACTS, columns),
        sensors=cards(sensors),
        n_vessels=fleet.n_vessels,
        n_targets=fleet.n_targets,
    )


class Contacts(NamedTuple):
    """The contacts of one sensor in order of report and target, (n,), and how many are in each report."""

    target: NDArray[np.uint32]
    dt_us: NDArray[np.uint32]
    merged: NDArray[np.uint16]
    count: NDArray[np.int64]
    n_vessels: NDArray[np.int64]
    n_false: NDArray[np.int64]


class Room:
    """Looks at a fleet block by block, with memory that one sensor after another uses."""

    def __init__(self, fleet: Fleet, block: int) -> None:
        self.fleet = fleet
        self.block = block
        self.held = np.empty(0, HELD)
        self.strength = median_rcs_m2(fleet.targets["length_m"], fleet.targets["hull"], MERGING_HZ)

    def contacts_of(self, plan: Plan, n_false: NDArray[np.int64]) -> Contacts:
        """The contacts of one sensor, those of one resolution cell merged, false ones last in each report."""
        from mda_sim.sensing.sweep_kernels import count_by_interval, merge_cells, scatter

        n = self._look(plan)
        counts = np.zeros(len(plan.interval), np.int64)
        count_by_interval(self.held, n, plan.first, counts)
        target, dt_us, cell = np.empty((3, n), np.uint32)
        scatter(self.held, n, plan.first, np.cumsum(counts) - counts, target, dt_us, cell)
        merged = np.empty(n, np.uint16)
        lost = merge_cells(counts, target, cell, self.fleet.n_vessels, self.strength, merged)
        if lost or n_false.any():
            of_report = np.repeat(np.arange(len(counts)), counts)[merged > 0]
            counts = np.bincount(of_report, minlength=len(counts))
            ends = np.repeat(np.cumsum(counts), n_false)
            kept = merged > 0
            target = np.insert(target[kept], ends, np.uint32(NO_TARGET))
            dt_us = np.insert(dt_us[kept], ends, np.uint32(0))
            merged = np.insert(merged[kept], ends, np.uint16(1))
            counts = counts + n_false
        vessels_before = np.concatenate([[0], np.cumsum(target < self.fleet.n_vessels, dtype=np.int64)])
        ends = np.cumsum(counts)
        n_vessels = vessels_before[ends] - vessels_before[ends - counts]
        return Contacts(target, dt_us, merged, counts, n_vessels, n_false)

    def _look(self, plan: Plan) -> int:
        """Look at all targets; the rows are the first of ``held``, and their number is returned."""
        n_targets, n = self.fleet.n_targets, 0
        if not len(plan.interval):
            return 0
        for first in range(0, n_targets, self.block):
            stop = min(first + self.block, n_targets)
            needed = n + (stop - first) * len(plan.interval)
            if needed > len(self.held):
                larger = np.empty(needed + needed // 2, HELD)  # memory is taken only as it is written
                larger[:n] = self.held[:n]
                self.held = larger
            n += plan.look(first, stop, self.held[n:])
        return n


def _reports(
    sensor_row: int, plan: Plan, product_delay_us: int, held: Contacts, first: int
) -> dict[str, NDArray[np.int64]]:
    """Columns of one sensor's reports; ``first`` is the row of its first contact in the log."""
    return {
        "sensor": np.full(len(plan.interval), sensor_row, np.int64),
        "interval": plan.interval,
        "t_observed_us": plan.t_observed_us,
        "t_ready_us": plan.t_observed_us + product_delay_us,
        "first": first + np.cumsum(held.count) - held.count,
        "count": held.count,
        "n_vessels": held.n_vessels,
        "n_false": held.n_false,
    }


def _report_table(parts: list[dict[str, NDArray[np.int64]]], ids: list[str]) -> Table:
    meta = {"sensors": ids}
    if not parts:
        return Table.empty(REPORTS, meta)
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Table.of(REPORTS, {"report": np.arange(len(columns["sensor"])), **columns}, meta)
