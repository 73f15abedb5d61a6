"""Specs of traffic, and the shares of what is drawn."""

from __future__ import annotations

import math

import numpy as np
import pytest
from pydantic import ValidationError

from mda_sim.world.merchant import MerchantTraffic, RouteSpec
from mda_sim.world.traffic import Span, draw_particulars
from mda_sim.world.world import WorldSpec

N = 40_000


@pytest.fixture
def drawn(make):
    traffic = MerchantTraffic.model_validate(
        make.merchant({}, ais={"carriage": 0.8, "transponder": "class_b", "off_fraction": 0.25})
    )
    return draw_particulars(traffic, "bulk/a/out", np.arange(N), 5)


def within_four_errors(count, share):
    return abs(count - N * share) < 4 * math.sqrt(N * share * (1 - share))


@pytest.mark.parametrize(("flag", "share"), [("PAN", 0.5), ("LBR", 0.3), ("HKG", 0.2)])
def test_flags_have_their_shares(drawn, flag, share):
    assert within_four_errors(drawn.flag.count(flag), share)


def test_carriage_and_use_of_ais_have_their_shares(drawn):
    assert set(drawn.ais.tolist()) == {0, 2}
    assert within_four_errors((drawn.ais == 2).sum(), 0.8)
    assert within_four_errors(drawn.uses_ais.sum(), 0.8 * 0.75)
    assert not (drawn.uses_ais & (drawn.ais == 0)).any()


def test_lengths_are_uniform_in_their_span(drawn):
    assert drawn.length_m.min() >= 150
    assert drawn.length_m.max() <= 400
    assert drawn.length_m.mean() == pytest.approx(275, abs=4 * 250 / math.sqrt(12 * N))
    assert within_four_errors((drawn.length_m < 212.5).sum(), 0.25)


@pytest.mark.parametrize("share", [0.0, 0.35, 1.0])
def test_lit_vessels_have_their_share_whatever_else_is_drawn(make, share):
    traffic = MerchantTraffic.model_validate(make.merchant({}, lit_fraction=share))
    one = draw_particulars(traffic, "bulk/a/out", np.arange(N), 5)
    band = 4 * math.sqrt(N * share * (1 - share))
    assert abs(one.lit.sum() - N * share) <= band
    assert share in (0.0, 1.0) or abs(one.lit.sum() - N * share * 1.05) > band  # a bias of 5 % would show
    dark = draw_particulars(MerchantTraffic.model_validate(make.merchant({})), "bulk/a/out", np.arange(N), 5)
    assert np.array_equal(one.length_m, dark.length_m)
    assert one.flag == dark.flag
    assert np.array_equal(one.uses_ais, dark.uses_ais)
    if 0 < share < 1:
        long = one.length_m > np.median(one.length_m)
        assert abs(one.lit[long].mean() - one.lit[~long].mean()) < 4 * math.sqrt(share * (1 - share) * 4 / N)


def test_more_lights_leave_those_that_were_lit_lit(make):
    few, many = (
        draw_particulars(
            MerchantTraffic.model_validate(make.merchant({}, lit_fraction=share)), "s", np.arange(2000), 5
        ).lit
        for share in (0.2, 0.6)
    )
    assert (few <= many).all()
    assert few.sum() < many.sum()


def test_flag_length_and_ais_are_drawn_independently(drawn):
    flag = np.array([name == "PAN" for name in drawn.flag], float)
    columns = [flag, drawn.length_m, drawn.ais.astype(float)]
    correlation = np.corrcoef(columns)[np.triu_indices(3, 1)]
    assert np.abs(correlation).max() < 4 / math.sqrt(N)


def test_changing_one_share_moves_no_other_draw(make):
    index = np.arange(2000)
    before = draw_particulars(MerchantTraffic.model_validate(make.merchant({})), "bulk/a/out", index, 5)
    other = make.merchant({}, flags={"PAN": 0.6, "LBR": 0.2, "HKG": 0.2})
    after = draw_particulars(MerchantTraffic.model_validate(other), "bulk/a/out", index, 5)
    assert np.array_equal(before.length_m, after.length_m)
    assert np.array_equal(before.uses_ais, after.uses_ais)
    changed = np.mean([a != b for a, b in zip(before.flag, after.flag, strict=True)])
    assert 0 < changed < 0.15


def test_a_span_runs_from_low_to_high():
    assert Span(low=2.0, high=4.0).at(np.array([0.0, 0.25, 1.0])).tolist() == [2.0, 2.5, 4.0]
    with pytest.raises(ValidationError, match="low must be at most high"):
        Span(low=4.0, high=2.0)


def test_shares_of_flags_must_add_up_to_one(make):
    with pytest.raises(ValidationError, match=r"add up to 1, got 0\.8"):
        MerchantTraffic.model_validate(make.merchant({}, flags={"PAN": 0.5, "LBR": 0.3}))


def test_a_route_needs_two_ports():
    with pytest.raises(ValidationError, match="'manila' twice"):
        RouteSpec(origin="manila", destination="manila", per_day=1)


def test_no_class_of_traffic_is_called_probe(make):
    with pytest.raises(ValidationError, match="class of the probes"):
        WorldSpec.model_validate({"traffic": {"probe": make.militia({})}})


def test_a_world_names_the_ports_and_features_that_it_uses(world):
    assert world.feature_ids == ("mischief_reef", "scarborough_shoal", "thitu_island")
    assert world.port_ids[:3] == ("batangas", "busan", "calapan")
    assert ("singapore", "hong_kong") in world.port_pairs


def test_a_world_survives_a_round_trip_as_plain_data(world):
    assert WorldSpec.model_validate(world.model_dump(mode="json")) == world
