from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mda_sim.core.units import (
    CONVERSIONS,
    KNOT_MPS,
    NAUTICAL_MILE_M,
    from_si,
    si_key,
    spellings,
    split_unit,
    to_si,
)


def test_factors_are_those_of_their_definitions() -> None:
    assert NAUTICAL_MILE_M == 1852.0
    assert math.isclose(KNOT_MPS, 1852 / 3600, rel_tol=1e-16)
    assert to_si(1, "nmi") == 1852
    assert to_si(1, "d") == 86400
    assert to_si(36, "kn") == 18.52


@pytest.mark.parametrize(
    ("value", "unit", "si"),
    [(0.0011, "km", 1.1), (4.35, "km", 4350.0), (2.3, "min", 138.0), (0.1, "h", 360.0), (1e-7, "km", 1e-4)],
)
def test_a_quantity_is_the_same_float_in_either_unit(value: float, unit: str, si: float) -> None:
    assert to_si(value, unit) == si


def test_whole_numbers_stay_whole_where_they_can() -> None:
    assert isinstance(to_si(2, "d"), int)
    assert isinstance(to_si(2.0, "d"), float)
    assert isinstance(to_si(1, "kn"), float)


@given(st.floats(-1e9, 1e9), st.sampled_from(sorted(CONVERSIONS)))
def test_conversion_there_and_back_is_within_one_rounding(value: float, unit: str) -> None:
    assert math.isclose(from_si(to_si(value, unit), unit), value, rel_tol=4e-16, abs_tol=1e-320)


def test_a_result_that_is_no_float_overflows() -> None:
    with pytest.raises(OverflowError):
        to_si(1e308, "km")


def test_keys_are_split_at_their_last_underscore_only() -> None:
    assert split_unit("p95_min") == ("p95", "min")
    assert split_unit("lat_min_deg") is None
    assert split_unit("min") is None
    assert si_key("wait_h") == ("wait_s", 3600.0)
    assert si_key("kind") is None


def test_every_spelling_leads_back_to_its_si_name() -> None:
    for name in ("range_m", "wait_s", "speed_mps"):
        first, *others = spellings(name)
        assert first == name
        assert others
        assert {si_key(other)[0] for other in others} == {name}  # type: ignore[index]
