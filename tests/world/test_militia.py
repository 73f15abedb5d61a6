"""Militia at features: how many, where, how they lie together, move and are relieved."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.core.errors import RunError
from mda_sim.core.time import US_PER_DAY, US_PER_H
from mda_sim.core.units import KNOT_MPS
from mda_sim.data import catalogue
from mda_sim.geo.regions import Box
from mda_sim.geo.sphere import distance_m
from mda_sim.world.groups import assemble
from mda_sim.world.militia import MilitiaTraffic, militia_groups

BOX = Box(lat_min_deg=1, lat_max_deg=28, lon_min_deg=103, lon_max_deg=129)
BASE = {"lat_deg": 17.9, "lon_deg": 109.3}
LONGEST_RAFT_M = 11 * 15.0


@pytest.fixture(scope="module")
def lie(make, land):
    def build(stock, days=3.0, seed=3, box=BOX, **changes):
        traffic = MilitiaTraffic.model_validate(make.militia(stock, **changes))
        return assemble(list(militia_groups("militia", traffic, box, make.timeline(days), seed, land)))

    return build


@pytest.fixture(scope="module")
def relieved(lie):
    """Sixty vessels that are relieved every ten to twenty days, for forty days."""
    stay = {"low": 10 * 86_400.0, "high": 20 * 86_400.0}
    reliefs = {"base": BASE, "stay_s": stay, "speed_mps": {"low": 8 * KNOT_MPS, "high": 12 * KNOT_MPS}}
    return lie({"mischief_reef": 40.0, "thitu_island": 20.0}, days=40.0, reliefs=reliefs)


def at(fleet, feature):
    stream = fleet.streams.index(f"militia/{feature}")
    return np.flatnonzero(fleet.targets["stream"] == stream)


def from_feature_m(fleet, feature, t_us):
    place = catalogue.feature(feature)
    return distance_m(place.lat_deg, place.lon_deg, *fleet.positions(at(fleet, feature), t_us))


def neighbours_m(fleet, targets, t_us):
    """Distance of each vessel to the nearest other one."""
    lat, lon = fleet.positions(targets, t_us)
    apart = distance_m(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    np.fill_diagonal(apart, np.inf)
    return apart.min(axis=1)


@pytest.mark.parametrize(
    ("feature", "stock"), [("thitu_island", 18), ("mischief_reef", 70), ("scarborough_shoal", 12)]
)
def test_the_stock_of_a_feature_is_there_at_all_times(fleet, make, feature, stock):
    assert len(at(fleet, feature)) == stock
    for t_us in (0, 31 * US_PER_H, make.timeline().score_to_us):
        assert from_feature_m(fleet, feature, t_us).max() <= 4000.0 + LONGEST_RAFT_M


def test_a_stock_below_half_a_vessel_is_none(lie):
    fleet = lie({"mischief_reef": 3.0, "thitu_island": 0.2})
    assert (len(at(fleet, "mischief_reef")), len(at(fleet, "thitu_island"))) == (3, 0)


def test_vessels_lie_still_most_of_the_time_and_move_at_their_speeds(fleet):
    targets = np.concatenate([at(fleet, name) for name in ("mischief_reef", "thitu_island")])
    mine = fleet.legs.take(np.isin(fleet.legs["target"], targets))
    moving = mine["w_rad_s"] > 0
    assert mine["speed_mps"][moving].min() > 2 * KNOT_MPS * 0.999
    assert mine["speed_mps"][moving].max() < 8 * KNOT_MPS * 1.001
    lasts = mine["t_to_us"] - mine["t_from_us"]
    assert lasts[~moving].sum() > 0.9 * lasts.sum()
    assert moving.sum() > len(targets)


def test_rafts_lie_together_within_tens_of_metres(lie):
    fleet = lie({"mischief_reef": 300.0}, raft_vessels={"low": 4.0, "high": 4.0}, raft_spacing_m=15.0)
    every = np.arange(300)
    assert neighbours_m(fleet, every, 0) == pytest.approx(15.0, abs=0.01)
    raft = every.reshape(-1, 4)
    ends = fleet.positions(raft[:, 0], 0), fleet.positions(raft[:, 3], 0)
    assert distance_m(*ends[0], *ends[1]) == pytest.approx(45.0, abs=0.01)
    apart = np.array([neighbours_m(fleet, every, t_h * US_PER_H) for t_h in range(48)])
    assert (np.abs(apart - 15.0) < 0.01).mean() > 0.85


def test_raft_sizes_are_uniform_whole_numbers(lie):
    fleet = lie({"mischief_reef": 6000.0}, days=1.01, raft_vessels={"low": 1.0, "high": 3.0})
    lat, lon = fleet.positions(np.arange(6000), 0)
    together = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:]) < 15.1
    cuts = np.flatnonzero(~together)
    sizes = np.diff(np.concatenate([[-1], cuts]))
    n = len(sizes)
    counts = np.bincount(sizes, minlength=4)
    assert n > 2500
    assert counts[4:].sum() < 0.01 * n  # rafts that happen to lie side by side
    for size in (1, 2, 3):
        assert counts[size] / n == pytest.approx(1 / 3, abs=4 * np.sqrt(2 / 9 / n) + 0.01)


def test_a_raft_casts_off_one_vessel_after_the_other(lie):
    fleet = lie({"mischief_reef": 40.0}, raft_vessels={"low": 4.0, "high": 4.0})
    legs = fleet.legs
    moves = legs.take((legs["w_rad_s"] > 0) & (legs["t_from_us"] > 0))
    first_us = {}
    for target, t_us in zip(moves["target"].tolist(), moves["t_from_us"].tolist(), strict=True):
        first_us.setdefault(target, t_us)
    lags_s = [(first_us[raft + k] - first_us[raft]) / 1e6 for raft in range(0, 40, 4) for k in (1, 2, 3)]
    assert lags_s == pytest.approx([180.0, 360.0, 540.0] * 10, abs=1e-3)


def test_rafts_of_one_are_uniform_in_the_disc(lie):
    fleet = lie({"mischief_reef": 4000.0}, days=1.01, raft_vessels={"low": 1.0, "high": 1.0})
    lat, _ = fleet.positions(np.arange(4000), 0)
    share = (from_feature_m(fleet, "mischief_reef", 0) / 4000.0) ** 2
    assert share.mean() == pytest.approx(0.5, abs=4 / np.sqrt(12 * 4000))
    assert share.max() < 1
    north = catalogue.feature("mischief_reef").lat_deg
    assert (lat > north).mean() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(4000))


def test_the_stock_is_there_at_all_times_while_vessels_take_turns(relieved):
    for feature, stock in (("mischief_reef", 40), ("thitu_island", 20)):
        assert len(at(relieved, feature)) > 3 * stock
        for t_h in range(0, 40 * 24, 7):
            away = from_feature_m(relieved, feature, t_h * US_PER_H)
            # Beside the stock, up to a few pass the ring on their way; at any time few are this near.
            assert stock <= (away <= 4000.0 + LONGEST_RAFT_M).sum() <= stock + 3


def test_reliefs_are_as_frequent_as_their_stays_are_long(lie):
    """In equilibrium a place is relieved once in a mean stay: in ten days, two thirds of 3,000 places."""
    n, days = 3000, 10.0
    stay = {"low": 10 * 86_400.0, "high": 20 * 86_400.0}
    reliefs = {"base": BASE, "stay_s": stay}
    fleet = lie({"mischief_reef": float(n)}, days=days, reliefs=reliefs)
    legs = fleet.legs
    lying = legs.take(legs["w_rad_s"] == 0.0)
    place, stay_no = np.divmod(fleet.targets["index"][lying["target"]].astype(int), 4096)
    comes = np.unique(np.stack([place, stay_no]), axis=1)
    taken_over = np.bincount(comes[0], minlength=n) - 1
    expected = days / 15.0
    assert taken_over.mean() == pytest.approx(expected, abs=4 * np.sqrt(expected * (1 - expected) / n))
    assert 4 * np.sqrt(expected * (1 - expected) / n) < 0.05


def test_a_vessel_comes_from_the_base_stays_and_goes_home(relieved):
    presence = relieved.presence()
    assert len(presence) == relieved.n_vessels
    end_us = int(relieved.legs["t_to_us"].max())
    whole = (presence["t_from_us"] > 0) & (presence["t_to_us"] < end_us)
    assert whole.sum() > 50
    for side in ("t_from_us", "t_to_us"):
        lat, lon = relieved.positions(presence["target"][whole], presence[side][whole])
        assert distance_m(BASE["lat_deg"], BASE["lon_deg"], lat, lon).max() < 1.0
    lasts_d = (presence["t_to_us"] - presence["t_from_us"])[whole] / US_PER_DAY
    assert lasts_d.min() > 10
    assert lasts_d.max() < 20 + 2 * 4


def test_vessels_on_their_way_keep_their_speed(relieved):
    speed = relieved.legs["speed_mps"] / KNOT_MPS
    moving = speed[speed > 0]
    shifts, passages = (moving > 1.99) & (moving < 8.01), (moving > 7.99) & (moving < 12.01)
    assert (shifts | passages).all()
    assert min((moving < 7.9).sum(), (moving > 8.1).sum()) > 500


def test_no_leg_meets_land_even_at_an_island(lie, relieved, land):
    alone = lie({"thitu_island": 150.0}, anchor_radius_m=1500.0)
    for fleet in (alone, relieved):
        legs = fleet.legs
        start = fleet.positions(legs["target"], legs["t_from_us"])
        before_end = fleet.positions(legs["target"], legs["t_to_us"] - 1)
        assert len(legs) > 400
        assert not land.crosses_great_circle(*start, *before_end).any()


def test_a_feature_without_sea_around_it_is_refused(lie, monkeypatch):
    inland = catalogue.feature("thitu_island").__class__
    monkeypatch.setattr(
        catalogue, "feature", lambda _: inland("x", "x", "", "reef", 16.0, 121.0, 0.0, "", "low")
    )
    with pytest.raises(RunError, match="no sea was found within 4000 m"):
        lie({"thitu_island": 2.0})
    with pytest.raises(RunError, match="must be sea on the map for its vessels to be relieved"):
        lie({"thitu_island": 2.0}, reliefs={"base": BASE, "stay_s": {"low": 1e6, "high": 2e6}})


def test_a_base_too_far_for_the_shortest_stay_is_refused(lie):
    with pytest.raises(RunError, match=r"km from its base by sea, \d+ h at the lowest speed"):
        lie({"thitu_island": 2.0}, reliefs={"base": BASE, "stay_s": {"low": 86_400.0, "high": 2e6}})


def test_an_unknown_feature_is_named_with_the_nearest_one(lie):
    with pytest.raises(KeyError, match="mischief_reef"):
        lie({"mischeif_reef": 2.0})


@pytest.mark.parametrize("span", [{"low": 0.5, "high": 3.0}, {"low": 2.2, "high": 2.8}])
def test_rafts_of_no_or_of_half_a_vessel_are_refused(make, span):
    with pytest.raises(ValidationError, match="expected whole numbers from 1 on"):
        MilitiaTraffic.model_validate(make.militia({}, raft_vessels=span))


@pytest.mark.parametrize("reliefs", [None, {"base": BASE, "stay_s": {"low": 4e5, "high": 9e5}}])
def test_a_larger_stock_or_a_longer_run_changes_no_vessel_that_was_there(lie, reliefs):
    def tracks(stock, days):
        fleet = lie({"whitsun_reef": stock}, days=days, reliefs=reliefs)
        t_us = np.arange(0, 72, 4) * US_PER_H
        return {
            int(index): fleet.unit_vectors(np.full(18, row), t_us).tobytes()
            for row, index in enumerate(fleet.targets["index"])
            if fleet.presence()["t_from_us"][row] < 72 * US_PER_H
        }

    whole = tracks(5.0, 3.0)
    assert len(whole) >= 5
    assert whole.items() <= tracks(9.0, 3.0).items()
    assert whole == tracks(5.0, 8.0)
