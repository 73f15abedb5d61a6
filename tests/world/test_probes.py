"""Probes: where they are, and that they are the same whatever the area."""

from __future__ import annotations

import numpy as np

from mda_sim.geo.regions import Box, Circle, contains
from mda_sim.world.groups import assemble
from mda_sim.world.probes import ProbeSpec, probe_group


def places(group):
    fleet = assemble([], group)
    return dict(
        zip(
            group.index.tolist(),
            np.stack(fleet.positions(np.arange(fleet.n_targets), 0), axis=1),
            strict=True,
        )
    )


def test_probes_lie_at_sea_at_the_centres_of_cells_of_the_area(fleet, land, make):
    probes = np.arange(fleet.n_vessels, fleet.n_targets)
    lat, lon = fleet.positions(probes, 0)
    assert not land.is_land(lat, lon).any()
    assert contains(make.area, lat, lon).all()
    assert np.allclose(lat % 1.0, 0.5)
    assert np.allclose(lon % 1.0, 0.5)
    all_lat, all_lon = np.meshgrid(np.arange(3.5, 26), np.arange(105.5, 127), indexing="ij")
    assert len(probes) == (~land.is_land(all_lat, all_lon)).sum()
    assert fleet.targets.meta["probe_spacing_deg"] == 1.0


def test_probes_never_move_and_carry_nothing(fleet, make):
    probes = fleet.targets.take(fleet.targets["target"] >= fleet.n_vessels)
    assert (probes["length_m"] == 50).all()
    assert (probes["height_m"] == 8).all()
    assert (probes["flag"] == -1).all()
    assert not probes["ais"].any()
    assert not fleet.ais_states(probes["target"], 0).any()
    legs = fleet.legs.take(fleet.legs["target"] >= fleet.n_vessels)
    assert not legs["speed_mps"].any()
    assert (legs["t_from_us"] == 0).all()
    assert (legs["t_to_us"] == make.timeline().score_to_us).all()


def test_the_probe_of_a_place_keeps_its_index_in_another_area(land, make):
    spec = ProbeSpec(spacing_deg=0.5)
    wide = places(probe_group(spec, make.area, make.timeline(), land))
    box = Box(lat_min_deg=9.3, lat_max_deg=14.2, lon_min_deg=112.2, lon_max_deg=116.0)
    for area in (box, Circle(lat_deg=14, lon_deg=116, radius_m=4e5)):
        narrow = places(probe_group(spec, area, make.timeline(), land))
        assert 50 < len(narrow) < len(wide)
        for index, place in narrow.items():
            assert np.array_equal(place, wide[index])
