"""What people may call a target, and which ones are meant."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from mda_sim.core.table import Table
from mda_sim.pipeline import build_world
from mda_sim.scenario import load_scenario
from mda_sim.world.broadcasts import BROADCASTS
from mda_sim.world.fleet import Fleet
from mda_sim.world.target_names import nearest_probe, target_name, targets_called

TINY = Path(__file__).parents[1] / "study" / "tiny.yaml"


@pytest.fixture(scope="module")
def fleet() -> Fleet:
    """Eight vessels of one class, one stream and made-up identities, and probes every half degree."""
    return build_world(load_scenario(TINY), 1)


def test_the_name_of_a_target_means_that_target(fleet: Fleet) -> None:
    for target in range(fleet.n_targets):
        assert targets_called(fleet, target_name(fleet, target)).tolist() == [target]
        assert targets_called(fleet, str(target)).tolist() == [target]


def test_an_identity_means_all_that_send_it(fleet: Fleet) -> None:
    columns = dict(fleet.broadcasts.columns)
    senders = np.unique(columns["target"][columns["mmsi"] > 0])[:2]
    assert len(senders) == 2
    columns["mmsi"] = np.where(np.isin(columns["target"], senders), np.uint32(244_000_000), columns["mmsi"])
    both = Fleet(fleet.targets, fleet.legs, Table.of(BROADCASTS, columns), fleet.n_vessels)
    assert targets_called(both, "244000000").tolist() == senders.tolist()
    assert targets_called(fleet, "244000000").tolist() == []
    assert targets_called(fleet, "000000000").tolist() == []


def test_a_class_and_a_number_mean_the_one_in_that_place(fleet: Fleet) -> None:
    of_class = np.flatnonzero(fleet.targets["traffic_class"] == fleet.classes.index("militia"))
    assert targets_called(fleet, " militia#2 ").tolist() == [of_class[2]]
    assert targets_called(fleet, f"militia#{len(of_class)}").tolist() == []


def test_the_nearest_probe_is_the_one_at_the_place(fleet: Fleet) -> None:
    probe = fleet.n_targets - 1
    first_us = fleet.legs["t_from_us"][fleet.targets["first_leg"][probe]]
    lat, lon = (float(one[0]) for one in fleet.positions([probe], [first_us]))
    found = nearest_probe(fleet, lat + 0.1, lon - 0.1)
    assert found is not None
    assert found[0] == probe
    assert found[1] == pytest.approx(111_195 * np.hypot(0.1, 0.1 * np.cos(np.deg2rad(lat))), rel=0.01)
    vessels = Fleet(
        fleet.targets.take(np.arange(fleet.n_vessels)),
        fleet.legs.take(fleet.legs["target"] < fleet.n_vessels),
        fleet.broadcasts.take(fleet.broadcasts["target"] < fleet.n_vessels),
        fleet.n_vessels,
    )
    assert nearest_probe(vessels, lat, lon) is None
