"""What the specs accept and refuse, and what they say of themselves."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from pydantic import TypeAdapter, ValidationError

from mda_sim.sensing.sensors import SensorSpec, cards


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("antenna_height_m", 0.0),
        ("antenna_height_m", -5.0),
        ("max_range_m", 0.0),
        ("power_w", 0.0),
        ("power_w", -1.0),
        ("antenna_gain_dbi", -1.0),
        ("frequency_hz", 0.0),
        ("pulse_width_s", 0.0),
        ("noise_figure_db", -1.0),
        ("losses", {"transmit_db": -1.0}),
        ("azimuth_beamwidth_deg", 0.0),
        ("rotation_period_s", 0.0),
        ("prf_hz", 0.0),
        ("p_false_alarm", 0.0),
        ("p_false_alarm", 1.0),
        ("min_scans", 0),
        ("fluctuation_sigma_db", -1.0),
        ("range_error_m", -1.0),
        ("azimuth_error_deg", -1.0),
        ("own_land_m", -1.0),
        ("min_p_report", 1.5),
        ("interval_s", 0.0),
        ("interval_s", 7200.0),
        ("product_delay_s", -1.0),
        ("contact_bytes", 0.0),
        ("lat_deg", 91.0),
        ("operator", "phl"),
        ("power_w", math.nan),
    ],
)
def test_a_radar_out_of_bounds_is_refused_at_the_field(build, field, value):
    with pytest.raises(ValidationError) as caught:
        build.radar(**{field: value})
    assert [error["loc"][0] for error in caught.value.errors()] == [field]


@pytest.mark.parametrize(
    ("field", "value"),
    [("antenna_height_m", 0.0), ("max_range_m", -1.0), ("p_decode", 1.1), ("position_error_m", -1.0)],
)
def test_a_receiver_out_of_bounds_is_refused_at_the_field(build, field, value):
    with pytest.raises(ValidationError) as caught:
        build.ais(**{field: value})
    assert [error["loc"][0] for error in caught.value.errors()] == [field]


def test_an_interval_shorter_than_a_scan_is_refused_with_the_reason(build):
    with pytest.raises(ValidationError, match="shorter than one scan"):
        build.radar(interval_s=2.0)


def test_more_scans_than_an_interval_has_are_refused_with_both_numbers(build):
    assert build.radar(min_scans=100).n_scans == 100
    with pytest.raises(ValidationError, match="min_scans 101 of the 100 scans"):
        build.radar(min_scans=101)


def test_a_beam_that_passes_between_two_pulses_is_refused(build):
    with pytest.raises(ValidationError, match="less than one pulse"):
        build.radar(prf_hz=100.0)


def test_whole_scans_are_not_lost_to_rounding(build):
    assert build.radar(interval_s=3.0, rotation_period_s=0.1, min_scans=1, prf_hz=1e4).n_scans == 30


def test_the_union_tells_kinds_apart_and_keeps_them(build):
    union = TypeAdapter(SensorSpec)
    for sensor in (build.radar(), build.ais()):
        again = union.validate_python(sensor.model_dump())
        assert again == sensor
        assert type(again) is type(sensor)
    with pytest.raises(ValidationError, match="lidar"):
        union.validate_python({"kind": "lidar"})


def test_error_of_a_radar_is_that_at_its_longest_range(build):
    # 300 m antenna: 40 m ships are seen to 97.5 km, short of the 178 km instrumented.
    radar = build.radar(max_range_m=178e3, range_error_m=25.0, azimuth_error_deg=0.3)
    assert radar.error_m() == pytest.approx(math.hypot(25.0, math.radians(0.3) * 97.46e3), rel=1e-3)
    short = build.radar(max_range_m=20e3, range_error_m=0.0, azimuth_error_deg=1.0)
    assert short.error_m() == pytest.approx(math.radians(1.0) * 20e3)


def test_cards_come_in_order_of_id(build):
    found = cards({"b_radar": build.radar(), "a_ais": build.ais(position_error_m=7.0)})
    assert [card.id for card in found] == ["a_ais", "b_radar"]
    assert [card.category for card in found] == ["ais", "radar"]
    assert found[0].error_m == 7.0
    assert found[1].operator == "PHL"


def test_specs_load_without_the_heavy_libraries():
    code = (
        "import sys, mda_sim.sensing.sensors, mda_sim.sensing.sweep\n"
        "heavy = {'numba', 'scipy', 'shapely', 'pyarrow', 'matplotlib', 'simpy'} & set(sys.modules)\n"
        "print(sorted(heavy))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
