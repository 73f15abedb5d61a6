"""AIS behaviour through all layers of a small scenario: the audit agrees, and times add up."""

from __future__ import annotations

from importlib import resources

import numpy as np
import pytest

from mda_sim import pipeline
from mda_sim.records import NO_TARGET
from mda_sim.scenario import load_scenario
from mda_sim.world.broadcasts import AisState

SWITCHES = """
        carriage: 1.0
        off_in: {strait: {fraction: 0.5, region: {kind: circle, lat_deg: 16, lon_deg: 119.4, radius_km: 80}}}
        gaps: {per_day: 3, lasts_mean_h: 2}
        false_positions: {per_day: 3, lasts_mean_h: 2, distance_km: {low: 30, high: 60}}
        shared_identity_fraction: 0.2
        garbled_fraction: 0.1
"""


@pytest.fixture(scope="module")
def replicate(tmp_path_factory):
    text = resources.files("mda_sim.scenario").joinpath("starter.yaml").read_text(encoding="utf-8")
    lines = text.splitlines()
    row = next(i for i, line in enumerate(lines) if line.strip().startswith("ais: {"))
    lines[row : row + 1] = ["      ais:", *SWITCHES.strip("\n").splitlines()]
    path = tmp_path_factory.mktemp("ais") / "scenario.yaml"
    path.write_text("\n".join(lines), encoding="utf-8")
    scenario = load_scenario(path)
    return scenario, pipeline.run_seed(scenario, scenario.seeds[0])


def test_every_kind_of_behaviour_happens(replicate):
    _, run = replicate
    sent = run.fleet.broadcasts
    for state in AisState:
        assert len(run.fleet.in_state(state)) > 10
    cargo = run.fleet.targets["traffic_class"] == run.fleet.classes.index("cargo")
    own = sent["state"] != AisState.SILENT
    of_cargo = cargo[sent["target"]]
    assert (np.bincount(sent["target"][of_cargo]) > 3).any()
    _, uses = np.unique(sent["mmsi"][own & of_cargo], return_inverse=True)
    hulls = {(int(k), int(target)) for k, target in zip(uses, sent["target"][own & of_cargo], strict=True)}
    assert len(hulls) > len(set(uses.tolist()))  # some identity is sent by two hulls


def test_receivers_hold_only_what_broadcasts_and_radars_hold_the_silent_too(replicate):
    _, run = replicate
    log = run.log
    is_somebody = log.contacts["target"] != NO_TARGET
    of = np.repeat(np.arange(len(log.reports)), log.reports["count"])[is_somebody]
    target = log.contacts["target"][is_somebody]
    t_us = log.reports["t_observed_us"][of] - log.contacts["dt_us"][is_somebody].astype(np.int64)
    states = run.fleet.ais_states(target, t_us)
    category = np.array([card.category for card in log.sensors])[log.reports["sensor"][of]]
    assert set(states[category == "ais"].tolist()) == {AisState.TRUE, AisState.FALSE_POSITION}
    vessels = target < run.fleet.n_vessels
    assert {AisState.SILENT, AisState.TRUE} <= set(states[(category == "radar") & vessels].tolist())


def test_the_hours_of_both_states_are_those_of_all_vessels(replicate):
    _, run = replicate
    for arranged in run.arranged.values():
        rows = {(row.nation, row.metric, row.group): row for row in arranged.scores.rows}
        for (nation, metric, group), row in rows.items():
            if not metric.startswith(("scored_time_h", "custody_held_h")) or not group.startswith("all"):
                continue
            parts = [
                rows[nation, metric, f"{state}{group[3:]}"] for state in ("broadcasting", "not_broadcasting")
            ]
            assert sum(part.value for part in parts) == pytest.approx(row.value, rel=1e-12)
            assert sum(part.n for part in parts) >= row.n
