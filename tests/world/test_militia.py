"""Militia at features: how many, where, how they move."""

from __future__ import annotations

import numpy as np
import pytest

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_H
from mda_sim.core.units import KNOT_MPS
from mda_sim.data import catalogue
from mda_sim.geo.sphere import distance_m
from mda_sim.world.groups import assemble
from mda_sim.world.militia import MilitiaTraffic, militia_groups


def at(fleet, feature):
    stream = fleet.streams.index(f"militia/{feature}")
    return np.flatnonzero(fleet.targets["stream"] == stream)


@pytest.mark.parametrize(
    ("feature", "stock"), [("thitu_island", 18), ("mischief_reef", 70), ("scarborough_shoal", 12)]
)
def test_the_stock_of_a_feature_is_there_at_all_times(fleet, make, feature, stock):
    targets = at(fleet, feature)
    assert len(targets) == stock
    place = catalogue.feature(feature)
    for t_us in (0, 31 * US_PER_H, make.timeline().score_to_us):
        lat, lon = fleet.positions(targets, t_us)
        assert (distance_m(place.lat_deg, place.lon_deg, lat, lon) <= 4000.0 + 1).all()


def test_vessels_lie_still_most_of_the_time_and_move_at_their_speeds(fleet):
    targets = np.concatenate([at(fleet, name) for name in ("mischief_reef", "thitu_island")])
    mine = fleet.legs.take(np.isin(fleet.legs["target"], targets))
    moving = mine["w_rad_s"] > 0
    assert mine["speed_mps"][moving].min() > 2 * KNOT_MPS * 0.999
    assert mine["speed_mps"][moving].max() < 8 * KNOT_MPS * 1.001
    lasts = mine["t_to_us"] - mine["t_from_us"]
    assert lasts[~moving].sum() > 0.9 * lasts.sum()
    assert moving.sum() > len(targets)


def test_anchorages_are_uniform_in_the_disc(make, land):
    traffic = MilitiaTraffic.model_validate(make.militia({"mischief_reef": 4000.0}))
    (group,) = militia_groups("militia", traffic, make.timeline(1.01), 3, land)
    fleet = assemble([group])
    lat, lon = fleet.positions(np.arange(4000), 0)
    place = catalogue.feature("mischief_reef")
    share = (distance_m(place.lat_deg, place.lon_deg, lat, lon) / 4000.0) ** 2
    assert share.mean() == pytest.approx(0.5, abs=4 / np.sqrt(12 * 4000))
    assert (lat > place.lat_deg).mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(4000))


def test_vessels_keep_off_the_land_at_their_feature(make, land):
    traffic = MilitiaTraffic.model_validate(make.militia({"thitu_island": 150.0}, anchor_radius_m=1500.0))
    (group,) = militia_groups("militia", traffic, make.timeline(), 3, land)
    fleet = assemble([group])
    legs = fleet.legs
    start = fleet.positions(legs["target"], legs["t_from_us"])
    before_end = fleet.positions(legs["target"], legs["t_to_us"] - 1)
    assert len(legs) > 400
    assert not land.crosses_great_circle(*start, *before_end).any()


def test_a_feature_without_sea_around_it_is_refused(make, land, monkeypatch):
    inland = catalogue.feature("thitu_island").__class__
    monkeypatch.setattr(
        catalogue, "feature", lambda _: inland("x", "x", "", "reef", 16.0, 121.0, 0.0, "", "low")
    )
    traffic = MilitiaTraffic.model_validate(make.militia({"thitu_island": 2.0}))
    with pytest.raises(RunError, match="no sea was found within 4000 m"):
        list(militia_groups("militia", traffic, make.timeline(), 3, land))


def test_an_unknown_feature_is_named_with_the_nearest_one(make, land):
    traffic = MilitiaTraffic.model_validate(make.militia({"mischeif_reef": 2.0}))
    with pytest.raises(KeyError, match="mischief_reef"):
        list(militia_groups("militia", traffic, make.timeline(), 3, land))


def test_a_larger_stock_changes_no_vessel_that_was_there(make, land):
    def positions(stock):
        traffic = MilitiaTraffic.model_validate(make.militia({"whitsun_reef": stock}))
        (group,) = militia_groups("militia", traffic, make.timeline(), 3, land)
        return assemble([group]).unit_vectors(np.arange(5), 40 * US_PER_H)

    assert np.array_equal(positions(5.0), positions(9.0))
