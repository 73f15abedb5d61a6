"""The sweep: every sensor over every target, into one detection log.

Model: each sensor plans its reports and looks at all targets; then contacts in order of report and target,
and one row for each planned report, empty ones too. Vessels that one report has in the same resolution cell
are one contact, that of the largest median cross-section, which says how many it stands for; the others are
not held by it. Last in a report come its false contacts.

Assumptions and limits: sensors do not influence each other. A cell shows vessels if one of them would be seen
alone: that several return more than one is left out. Probes neither merge nor are merged. Targets are taken
in blocks, so memory is bounded by the block, one sensor's windows, the contacts and the reports; blocks, and
the other sensors, change no byte of a sensor's contacts, because each draw has its own address. Other vessels
change a vessel's contacts by merging and by AIS slot load alone, never its draws.

Where next: ``pipeline`` calls ``sense``; sharing, audit and metrics read the log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.rng import address, check_addresses
from mda_sim.core.table import Table
from mda_sim.core.time import Timeline
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
    from mda_sim.world.sorties import Carrier

BLOCK: Final = 256
"""Targets that are looked at in one go."""
MOST_KEPT: Final = 2**22
"""Rows of holds up to which their memory is kept for the next sensor: 64 MiB, and as much again in order.
More of them come from constellations, and would lie idle beside the contacts of all sensors that follow."""
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
    carriers: Mapping[str, Carrier] | None = None,
    block: int = BLOCK,
) -> DetectionLog:
    """What all sensors hold in one replicate, over [0, score_to_us].

    ``sensors`` by id, in any order; ``land`` blocks radars (None for none); ``area`` is where vessels live,
    which satellites image; ``environment`` is the weather (None: calm, dry); ``carriers``
    are the platforms that moving sensors are aboard. ``block`` targets are taken at a time, which changes
    memory only. HashCollision if two sensors or streams share a
    draw address, ValueError for a block below 1 or for a satellite without an area.
    """
    if block < 1:
        raise ValueError(f"expected a block of at least 1 target, got {block}")
    check_addresses(sensors, "sensor")
    check_addresses(fleet.streams, "stream")
    ids = sorted(sensors)
    reports: list[dict[str, NDArray[Any]]] = []
    setting = Setting(fleet, timeline, seed, land, area, environment, carriers or {})
    bench = Bench(fleet, block)
    for row, sensor_id in enumerate(ids):
        sensor = sensors[sensor_id]
        plan = sensor.plan(sensor_id, setting)
        n_false = false_counts(sensor.false_per_interval, address(sensor_id), plan.interval, seed)
        first = len(bench.target)
        counts, n_vessels = bench.work(plan, n_false)
        reports.append(
            _as_stored(
                {
                    "sensor": np.full(len(plan.interval), row, np.int64),
                    "interval": plan.interval,
                    "t_observed_us": plan.t_observed_us,
                    "t_ready_us": plan.t_ready_us,
                    "first": first + np.cumsum(counts) - counts,
                    "count": counts,
                    "n_vessels": n_vessels,
                    "n_false": n_false,
                }
            )
        )
    contacts = bench.contacts()
    del bench  # with the memory that sensors shared
    return DetectionLog(
        reports=_report_table(reports, ids),
        contacts=contacts,
        sensors=cards(sensors),
        n_vessels=fleet.n_vessels,
        n_targets=fleet.n_targets,
    )


class Bench:
    """Where the contacts of one sensor after another are made, in memory that all of them use."""

    def __init__(self, fleet: Fleet, block: int) -> None:
        self.fleet = fleet
        self.block = block
        self.strength = median_rcs_m2(fleet.targets["length_m"], fleet.targets["hull"], MERGING_HZ)
        self.held = np.empty(0, HELD)
        self.ordered = np.empty(0, HELD)
        self.target = np.empty(0, np.uint32)
        self.dt_us = np.empty(0, np.uint32)
        self.merged = np.empty(0, np.uint16)

    def contacts(self) -> Table:
        """The CONTACTS table of all sensors so far."""
        return Table.of(CONTACTS, {"target": self.target, "dt_us": self.dt_us, "merged": self.merged})

    def work(self, plan: Plan, n_false: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Look at all targets and add the contacts of a sensor to the columns, in order of report and target.

        Those of one resolution cell are merged; ``n_false`` false ones are last in each report. Returns the
        number of contacts in each report, and of those of vessels. Without cells nothing has to be brought in
        order before.
        """
        from mda_sim.sensing.sweep_kernels import count_by_interval, emit, merge_cells, scatter

        counts, vessels = np.zeros((2, len(plan.interval)), np.int64)
        if not len(plan.interval):
            return counts, vessels
        n, n_vessels = self._look(plan), self.fleet.n_vessels
        held, merged = self.held, np.empty(0, np.uint16)
        if count_by_interval(held, n, plan.first, counts):
            if n > len(self.ordered):
                self.ordered = np.empty(n + n // 2, HELD)
            held, merged = self.ordered, np.empty(n, np.uint16)
            scatter(self.held, n, plan.first, np.cumsum(counts) - counts, held)
            merge_cells(held, counts, n_vessels, self.strength, merged)
        first = self._grow(int(counts.sum() + n_false.sum()))
        new = (self.target[first:], self.dt_us[first:], self.merged[first:])
        emit(held, n, plan.first, merged, counts, n_false, n_vessels, NO_TARGET, *new, vessels)
        counts += n_false
        if n > MOST_KEPT:
            self.held, self.ordered = np.empty((2, 0), HELD)
        return counts, vessels

    def _grow(self, n: int) -> int:
        """Make room for ``n`` more contacts in the columns, in place; return how many there were.

        In place because fresh memory is what costs most here: nothing is copied and nothing touched in vain.
        """
        before = len(self.target)
        for column in (self.target, self.dt_us, self.merged):
            column.resize(before + n, refcheck=False)
        return before

    def _look(self, plan: Plan) -> int:
        """Look at all targets; the rows are the first of ``held``, and their number is returned."""
        n_targets, n = self.fleet.n_targets, 0
        for first in range(0, n_targets, self.block):
            stop = min(first + self.block, n_targets)
            needed = n + (stop - first) * len(plan.interval)
            if needed > len(self.held):
                # As many of each target as so far, and then some: memory is taken only as it is written, but
                # what is copied is written twice.
                likely = n * n_targets // max(first, 1)
                larger = np.empty(max(needed, likely) + needed // 2, HELD)
                larger[:n] = self.held[:n]
                self.held = larger
            n += plan.look(first, stop, self.held[n:])
        return n


def _as_stored(columns: dict[str, NDArray[np.int64]]) -> dict[str, NDArray[Any]]:
    """Columns of REPORTS in the widths in which they are stored: those of all sensors wait to be joined."""
    return {name: column.astype(REPORTS.column(name).dtype) for name, column in columns.items()}


def _report_table(parts: list[dict[str, NDArray[Any]]], ids: list[str]) -> Table:
    meta = {"sensors": ids}
    if not parts:
        return Table.empty(REPORTS, meta)
    columns = {name: np.concatenate([part.pop(name) for part in parts]) for name in tuple(parts[0])}
    number = np.arange(len(columns["sensor"]), dtype=np.uint32)
    return Table.of(REPORTS, {"report": number, **columns}, meta)
