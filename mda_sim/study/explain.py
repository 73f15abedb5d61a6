"""The story of a vessel or a place for one nation, from the stored tables of a finished run.

Model: ``stored`` reads one seed and configuration; ``metrics.standpoint`` and ``metrics.story`` find what
happened, ``report.story_words`` says it. Nothing is simulated again.

Assumptions and limits: those of ``metrics.story``. Where next: the shop window offers ``explain``, the verb
``explain`` prints it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mda_sim.core.time import to_us
from mda_sim.study.moments import moment_us
from mda_sim.study.stored import StoredUnit, Wrong, open_unit, picture_node_of

if TYPE_CHECKING:
    from mda_sim.core.table import Table
    from mda_sim.metrics.standpoint import Standpoint
    from mda_sim.metrics.story import Sighting, Teller
    from mda_sim.report.instant_words import Asked, Shown
    from mda_sim.report.story_words import Told
    from mda_sim.world.fleet import Fleet

CANDIDATES_SHOWN = 5
"""Targets that are named where a name means several."""


@dataclass(frozen=True, eq=False)
class Explained:
    """The story of one target for one nation."""

    told: Told
    target: int
    """Dense id of the target in the replicate."""
    is_probe: bool

    def lines(self, *, all_rows: bool = False) -> Iterator[str]:
        """The story in words; runs of like reports on one line each unless ``all_rows``."""
        from mda_sim.report.story_words import story_lines

        return story_lines(self.told, all_rows=all_rows)

    def plain_data(self) -> dict[str, Any]:
        """The story as JSON holds it: every sighting, hop, gate and stage; times in us since the start."""
        from mda_sim.report.story_data import story_data

        return {"target": self.target, "is_probe": self.is_probe, **story_data(self.told)}

    def __repr__(self) -> str:
        told = self.told
        return f"<Explained: {told.name} for {told.nation}, {len(told.sightings):,} sightings>"


def explain(
    folder: Path | str,
    nation: str,
    *,
    vessel: str | int | None = None,
    cell: tuple[float, float] | None = None,
    at: str | datetime | None = None,
    configuration: str | None = None,
    seed: int | None = None,
) -> Explained:
    """Who saw a vessel, what became of every report on its way to a nation, and what its picture said.

    Give one of ``vessel`` (a target id, an MMSI of 9 digits, ``<stream>#<index>`` or ``<class>#<k>``) and
    ``cell`` (latitude and longitude [deg]: the nearest probe is meant). ``at`` is an instant to be asked
    about (see ``study.moments``). ``configuration`` is the run's baseline, ``seed`` its first unless stated.
    ScenarioError with all problems for a folder without a finished run or without logs, and for what the run
    does not have.
    """
    unit, scenario, wrong = open_unit(folder, configuration, seed)
    node = picture_node_of(scenario, nation, wrong)
    t_us: int | None = None
    if at is not None:
        try:
            t_us = moment_us(at, scenario.timeline)
        except ValueError as error:
            wrong.add(str(error))
    target = _target(unit, vessel, cell, wrong)
    wrong.raise_any()
    assert unit is not None  # else there was a problem
    return _told(unit, nation, node, target, t_us, cell)


def standpoint(unit: StoredUnit, nation: str, node: str) -> Standpoint:
    """All that a nation's stories in one unit have in common."""
    from mda_sim.metrics.standpoint import Standpoint

    scenario = unit.scenario
    return Standpoint.of(
        nation,
        node,
        unit.log,
        unit.deliveries,
        unit.sharing,
        scenario.timeline,
        scenario.spec.metrics,
        unit.contacts,
    )


def _target(
    unit: StoredUnit | None, vessel: str | int | None, cell: tuple[float, float] | None, wrong: Wrong
) -> int:
    """The target that is meant; -1, with a problem, if that is not clear."""
    from mda_sim.world.target_names import NAME_FORMS, nearest_probe, target_name, targets_called

    if (vessel is None) == (cell is None):
        wrong.add("give either a vessel or a cell, not both and not neither")
        return -1
    if cell is not None and not (abs(cell[0]) <= 90 and math.isfinite(cell[1]) and abs(cell[1]) <= 360):
        wrong.add(
            f"a cell is a latitude from -90 to 90 and a longitude, in degrees; got {cell[0]}, {cell[1]}"
        )
        return -1
    if unit is None:
        return -1
    fleet = unit.fleet
    if cell is not None:
        nearest = nearest_probe(fleet, *cell)
        if nearest is None:
            wrong.add("the run has no probes, so a cell has no story; ask for a vessel")
            return -1
        return nearest[0]
    found = targets_called(fleet, str(vessel))
    if len(found) == 0:
        wrong.add(
            f"seed {unit.seed} has no vessel '{vessel}'; expected {NAME_FORMS}; "
            f"there are {fleet.n_vessels:,} vessels and {fleet.n_probes:,} probes"
        )
    elif len(found) > 1:
        named = ", ".join(target_name(fleet, one) for one in found[:CANDIDATES_SHOWN].tolist())
        wrong.add(f"'{vessel}' means {len(found)} vessels: {named}; name one of them")
    return int(found[0]) if len(found) == 1 else -1


def _told(
    unit: StoredUnit,
    nation: str,
    node: str,
    target: int,
    t_us: int | None,
    cell: tuple[float, float] | None,
) -> Explained:
    from mda_sim.metrics.standpoint import held_stretches
    from mda_sim.metrics.story import Teller
    from mda_sim.report.story_words import Told
    from mda_sim.world.target_names import target_name

    of = standpoint(unit, nation, node)
    teller = Teller(of)
    aware, good = teller.steps(target)
    end_us = of.timeline.end_us
    steps = (good["t_received_us"].tolist(), good["t_observed_us"].tolist())
    held = tuple((age_s, held_stretches(*steps, to_us(age_s), end_us)) for age_s in of.spec.custody_age_s)
    told = Told(
        target_name(unit.fleet, target),
        _what(unit.fleet, target, cell),
        nation,
        node,
        unit.configuration,
        unit.seed,
        of.timeline,
        teller.sightings(target),
        held,
        None if t_us is None else asked_at(teller, target, t_us, (aware, good)),
    )
    return Explained(told, target, target >= unit.fleet.n_vessels)


def asked_at(teller: Teller, target: int, t_us: int, steps: tuple[Table, Table]) -> Asked:
    """What a story says of an instant; ``steps`` are those that the teller gives of the target."""
    from mda_sim.metrics.standpoint import instant
    from mda_sim.report.instant_words import Asked

    of, (aware, good) = teller.of, steps
    found = instant(of, target, t_us)
    because: Sighting | None = teller.sighting(found.row) if found.row >= 0 else None
    return Asked(found, _shown(of, aware, t_us), _shown(of, good, t_us), because, of.spec.error_max_m)


def _shown(of: Standpoint, steps: Table, t_us: int) -> Shown | None:
    """The observation of the step that holds at an instant."""
    from mda_sim.records import NO_REPORT
    from mda_sim.report.instant_words import Shown

    row = int(np.searchsorted(steps["t_received_us"], t_us, side="right")) - 1
    if row < 0 or steps["report"][row] == NO_REPORT:
        return None
    report = int(steps["report"][row])
    card = of.log.sensors[of.log.reports["sensor"][report]]
    seen_us, error_m = int(steps["t_observed_us"][row]), float(steps["error_m"][row])
    return Shown(seen_us, error_m, report, card.id, card.operator)


def _what(fleet: Fleet, target: int, cell: tuple[float, float] | None) -> str:
    """What a target is, in words."""
    from mda_sim.report.moments import length_words
    from mda_sim.world.fleet import AisClass

    row = fleet.targets
    length = f"{row['length_m'][target]:.0f} m"
    if target >= fleet.n_vessels:
        first_us = fleet.legs["t_from_us"][row["first_leg"][target]]
        lat_deg, lon_deg = (float(one[0]) for one in fleet.positions([target], [first_us]))
        words = f"probe, target {target}, at {lat_deg:.3f}, {lon_deg:.3f}, {length} long, without AIS"
        if cell is None:
            return words
        from mda_sim.geo.sphere import distance_m

        far_m = float(distance_m(lat_deg, lon_deg, cell[0], cell[1]))
        return f"{words}; {length_words(far_m)} from {cell[0]:g}, {cell[1]:g}"
    rows = slice(*fleet.first_broadcast[target : target + 2])
    mmsi = [one for one in dict.fromkeys(fleet.broadcasts["mmsi"][rows].tolist()) if one]
    flag = fleet.flags[row["flag"][target]] if row["flag"][target] >= 0 else "none"
    ais = AisClass(int(row["ais"][target])).name.lower().replace("_", " ")
    carried = "carries no AIS" if not row["ais"][target] else f"AIS {ais}"
    told = f", broadcasts as {', '.join(map(str, mmsi))}" if mmsi else ", broadcasts nothing"
    return (
        f"{fleet.classes[row['traffic_class'][target]]}, target {target}, flag {flag}, {length} long, "
        f"{carried}{told}"
    )
