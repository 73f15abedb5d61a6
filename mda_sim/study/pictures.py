"""The picture of a node at an instant, from the stored tables of a finished run.

Model: ``stored`` reads one seed and configuration; ``picture.receipts`` says what came to the node, and
``picture.snapshot`` what of it counts at the instant. Nothing is simulated again.

Assumptions and limits: those of ``picture.snapshot``. Where next: the shop window offers ``picture_at``, the
verb ``picture`` prints it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from mda_sim.core.time import to_us
from mda_sim.study.moments import moment_us
from mda_sim.study.stored import StoredUnit, open_unit, picture_node_of

if TYPE_CHECKING:
    from mda_sim.core.table import Table


@dataclass(frozen=True, eq=False)
class Pictured:
    """A picture, and of what it is."""

    table: Table
    """A SNAPSHOT table."""
    unit: StoredUnit
    nation: str
    node: str


def picture_at(
    folder: Path | str,
    nation: str,
    at: str | datetime,
    *,
    configuration: str | None = None,
    seed: int | None = None,
    node: str | None = None,
) -> Table:
    """What a node holds at an instant: a SNAPSHOT table with one row per target that it held by then.

    ``node`` is the picture node of ``nation`` unless another of its nodes is stated, ``configuration`` the
    run's baseline, ``seed`` its first. ``at`` is a datetime or a text as ``study.moments`` reads it.
    ScenarioError with all problems for a folder without a finished run or without logs, and for what the run
    does not have.
    """
    return open_picture(folder, nation, at, configuration=configuration, seed=seed, node=node).table


def open_picture(
    folder: Path | str,
    nation: str,
    at: str | datetime,
    *,
    configuration: str | None = None,
    seed: int | None = None,
    node: str | None = None,
    out: Path | None = None,
) -> Pictured:
    """As ``picture_at``, with what it was made from; ``out`` is a file that it is to be written to."""
    from mda_sim.metrics.gap_split import window_s
    from mda_sim.picture.receipts import receipts
    from mda_sim.picture.snapshot import Holder, snapshot

    unit, scenario, wrong = open_unit(folder, configuration, seed)
    at_node = picture_node_of(scenario, nation, wrong) if node is None else node
    if node is not None:
        if nation not in scenario.spec.nations:
            picture_node_of(scenario, nation, wrong)
        elif unit is not None:
            mine = [id_ for id_, spec in unit.sharing.nodes.items() if spec.nation == nation]
            if node not in mine:
                wrong.add(f"{nation} has no node '{node}' in this configuration; it has {', '.join(mine)}")
    t_us = 0
    try:
        t_us = moment_us(at, scenario.timeline)
    except ValueError as error:
        wrong.add(str(error))
    if out is not None and (out.is_dir() or not out.parent.is_dir()):
        wrong.add(f"cannot write to {out}: it is a folder, or lies in none that exists")
    wrong.raise_any()
    assert unit is not None  # else there was a problem
    received = receipts(unit.log, unit.deliveries, unit.sharing, at_node, end_us=scenario.timeline.end_us)
    holder = Holder(unit.log, unit.deliveries, unit.sharing, unit.fleet, unit.contacts, at_node, received)
    metrics = scenario.spec.metrics
    tau_us = to_us(window_s(metrics.custody_age_s))
    return Pictured(snapshot(holder, t_us, tau_us, metrics.search_radius_m), unit, nation, at_node)
