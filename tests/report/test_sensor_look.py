"""A look at sensors, judged by geometry and by what the sensors themselves answer."""

from __future__ import annotations

import csv
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import QuadMesh
from matplotlib.text import Text
from scipy.stats import binom

from mda_sim.core.errors import ScenarioError
from mda_sim.geo.coast import Land
from mda_sim.geo.sphere import EARTH_RADIUS_M, destination, distance_m
from mda_sim.report.basemap import CAUTION
from mda_sim.report.sensor_charts import range_chart
from mda_sim.report.sensor_coverage import area_km2, covered, sea_cells, together
from mda_sim.report.sensor_curves import (
    LEVELS,
    SUM,
    Curve,
    curves,
    held_from_m,
    held_to,
    link_budget,
    p_contact,
    shows,
)
from mda_sim.report.sensor_examples import CALM_WORDS, EXAMPLE_SPEED_MPS
from mda_sim.report.sensor_look import SensorLook
from mda_sim.report.sensor_tables import curves_csv
from mda_sim.scenario import load_scenario
from mda_sim.sensing.detection import p_detect
from mda_sim.sensing.example import Example, Sky
from mda_sim.sensing.radar import AirSurveillanceRadar, CoastalRadar
from mda_sim.world.fleet import AisClass
from mda_sim.world.hull import Hull

TINY = Path(__file__).parents[1] / "study" / "tiny.yaml"
BOAT = Example.of(50.0)
SATELLITE = (
    "  seer: {kind: sar_satellite, operator: JPN, type: sar_sentinel_1}\n"
    "  tower: {kind: air_surveillance_radar, operator: PHL, lat_deg: 14.8, lon_deg: 120.05, "
    "type: air_tps_p14me, antenna_height_m: 300}\n"
)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tiny scenario with a sky, a boat of wood, a satellite and a radar that watches the air."""
    folder = tmp_path_factory.mktemp("look")
    text = TINY.read_text().replace("sensors:\n", f"sensors:\n{SATELLITE}", 1)
    text = text.replace("world:\n", "world:\n  environment: {kind: uniform, wave_height_m: 1}\n", 1)
    boat = (
        "    banca:\n      hull: wood\n" + text[text.index("      kind: militia") : text.index("sensors:\n")]
    )
    boat = boat.replace("{low: 45, high: 65}", "{low: 8, high: 20}").replace("carriage: 0.5", "carriage: 0.0")
    text = text.replace("sensors:\n", f"{boat}sensors:\n", 1)
    (folder / "more.yaml").write_text(text)
    return load_scenario(folder / "more.yaml")


@pytest.fixture(scope="module")
def radar(scenario: Any) -> CoastalRadar:
    """A radar that holds a 50 m vessel surely out to its horizon, 46 km, in the middle of empty sea."""
    return scenario.spec.sensors["radar_shoal"].model_copy(
        update={"lat_deg": 14.5, "lon_deg": 119.0, "antenna_height_m": 70.0}
    )


@pytest.fixture(scope="module")
def sea() -> Any:
    return sea_cells(13.0, 16.0, 117.0, 121.0, None)


def cap_km2(range_m: float) -> float:
    """Area of all that is nearer than a distance, on the sphere."""
    return 2.0 * math.pi * EARTH_RADIUS_M**2 * (1.0 - math.cos(range_m / EARTH_RADIUS_M)) / 1e6


def test_one_radar_at_sea_covers_a_disc(radar: CoastalRadar, sea: Any) -> None:
    p = covered(radar, BOAT, sea, None)
    horizon_m = float(radar.horizon_m(BOAT.height_m))
    assert area_km2(p, sea, 0.5) == pytest.approx(cap_km2(horizon_m), rel=0.01)
    assert area_km2(p, sea, 0.0) == pytest.approx(float(sea.area_m2.sum()) * 400 / 1e6, rel=1e-12)
    assert area_km2(np.zeros_like(p), sea, 0.5) == 0.0


def test_sensors_far_apart_add_and_no_set_covers_less_than_one_of_it(radar: CoastalRadar, sea: Any) -> None:
    def at(lon_deg: float) -> Any:
        return covered(radar.model_copy(update={"lon_deg": lon_deg}), BOAT, sea, None)

    west, east, near = at(118.0), at(120.0), at(118.2)
    apart = together((west, east), sea)
    assert area_km2(apart, sea, 0.5) == pytest.approx(area_km2(west, sea, 0.5) + area_km2(east, sea, 0.5))
    both = together((west, near), sea)
    assert (both >= np.maximum(west, near)).all()
    assert max(area_km2(west, sea, 0.5), area_km2(near, sea, 0.5)) < area_km2(both, sea, 0.5)
    assert area_km2(both, sea, 0.5) < area_km2(west, sea, 0.5) + area_km2(near, sea, 0.5)
    half = np.full(sea.is_sea.shape, 0.5)
    assert together((half, half, half), sea) == pytest.approx(0.875)
    assert (together((), sea) == 0.0).all()


def test_land_hides_what_lies_behind_it_from_radars(radar: CoastalRadar) -> None:
    wall = np.array([shapely.box(119.2, 14.3, 119.25, 14.7)], dtype=object)
    land = Land(wall, {}, (110.0, 10.0, 130.0, 20.0), "")
    cells = sea_cells(14.0, 15.0, 118.5, 119.5, land)
    p = covered(radar, BOAT, cells, land)
    row = int(np.argmin(np.abs(cells.lat_deg - 14.5)))
    line = dict(zip(cells.lon_deg.round(3).tolist(), p[row].tolist(), strict=True))
    east = {lon: one for lon, one in line.items() if lon > 119.0}
    assert all(one > 0.9 for lon, one in east.items() if 119.0 < lon < 119.19)
    assert all(math.isnan(one) for lon, one in east.items() if 119.21 < lon < 119.24)
    assert all(one == 0.0 for lon, one in east.items() if 119.27 < lon < 119.4)
    assert all(one > 0.9 for lon, one in line.items() if 118.65 < lon < 119.0)


def test_what_is_held_to_a_range_reaches_the_level_there_and_nowhere_beyond(radar: CoastalRadar) -> None:
    weak = radar.model_copy(update={"power_w": 60.0, "antenna_height_m": 200.0})
    sky, last_m = Sky(), 0.0
    for length_m in (10.0, 20.0, 40.0, 80.0):
        example = Example.of(length_m)
        reach = held_to(weak, example, sky)
        for level, range_m in zip(LEVELS, reach, strict=False):
            assert p_contact(weak, range_m, example, sky) >= level
            beyond_m = range_m + np.linspace(100.0, 60e3, 600)
            assert (p_contact(weak, beyond_m, example, sky) < level).all()
        assert reach.p50_m >= max(reach.p90_m, last_m)
        assert reach.gap_m == 0.0
        last_m = reach.p50_m
    assert all(math.isnan(one) for one in held_to(weak.model_copy(update={"power_w": 1e-9}), BOAT, sky)[:2])


def test_a_gap_that_the_sea_makes_is_told(radar: CoastalRadar) -> None:
    high, boat, rough = (
        radar.model_copy(update={"antenna_height_m": 100.0}),
        Example.of(12.0),
        Sky(sea_state=5.0),
    )
    reach = held_to(high, boat, rough)
    nearer_m = np.arange(1e3, reach.p50_m, 1e3)
    assert reach.gap_m == 1e3 * np.count_nonzero(high.p_by_range(nearer_m, boat, rough) < 0.5) > 0.0
    assert held_to(high, boat, Sky()).gap_m == 0.0


def test_the_lines_of_a_link_budget_add_up_to_the_ratio_that_the_radar_detects_with(
    radar: CoastalRadar,
) -> None:
    weak = radar.model_copy(update={"power_w": 40.0, "antenna_height_m": 200.0})
    boat = Example.of(12.0)
    for range_m in (20e3, 35e3, 50e3):
        terms = link_budget(weak, boat, range_m)
        names = [term.name for term in terms]
        above = terms[: names.index(SUM)]
        together_db = terms[names.index(SUM)].value_db
        assert together_db == pytest.approx(sum(term.value_db for term in above))
        scan = p_detect(10 ** (together_db / 10), weak.n_pulses, weak.p_false_alarm, weak.swerling)
        interval = binom.sf(weak.min_scans - 1, weak.n_scans, scan)
        assert float(weak.p_by_range(range_m, boat)) == pytest.approx(float(interval), abs=1e-4)
        assert terms[-1].value_db == pytest.approx(together_db - terms[-2].value_db)
        assert (terms[-1].value_db > 0) == (float(scan) > 0.5)


def test_what_is_too_slow_to_be_shown_is_never_held(scenario: Any, sea: Any) -> None:
    tower = scenario.spec.sensors["tower"]
    assert isinstance(tower, AirSurveillanceRadar)
    ship = Example.of(200.0, speed_mps=EXAMPLE_SPEED_MPS)
    assert not shows(tower, ship)
    assert math.isnan(held_to(tower, ship, Sky()).p50_m)
    assert not (covered(tower, ship, sea, None) > 0).any()
    fast = Example.of(200.0, speed_mps=tower.min_radial_speed_mps)
    assert held_to(tower, fast, Sky()).p90_m > 50e3


def test_a_satellite_answers_the_same_at_any_range_and_holds_from_a_length_on(scenario: Any) -> None:
    seer = scenario.spec.sensors["seer"]
    half = Example.of(seer.half_length_m)
    assert seer.p_by_range([0.0, 1e5, 1e7], half) == pytest.approx([seer.p_max / 2] * 3)
    rough = seer.p_by_range([0.0, 1e5, 1e7], half, Sky(sea_state=5.0))
    assert (rough == rough[0]).all()
    assert 0.0 < rough[0] < seer.p_max / 2
    for level, length_m in zip(LEVELS, held_from_m(seer, BOAT), strict=True):
        exact_m = seer.half_length_m - seer.scale_m * math.log(seer.p_max / level - 1.0)
        assert exact_m <= length_m < exact_m + 1.0
    blind = seer.model_copy(update={"p_max": 0.8})
    assert math.isnan(held_from_m(blind, BOAT)[1])


def test_classes_are_shown_by_their_median_vessel(scenario: Any) -> None:
    look = SensorLook(scenario)
    assert list(look.examples) == ["probe", "banca", "militia"]
    assert look.examples["probe"] == Example(50.0, 8.0)
    assert look.examples["militia"] == Example(55.0, 8.8, Hull.STEEL, AisClass.CLASS_A, EXAMPLE_SPEED_MPS)
    assert look.examples["banca"] == Example(14.0, 2.24, Hull.WOOD, AisClass.NONE, EXAMPLE_SPEED_MPS)


def test_curves_and_their_csv_are_what_the_sensor_answers(scenario: Any) -> None:
    look = SensorLook(scenario, ["radar_luzon"])
    sensor = scenario.spec.sensors["radar_luzon"]
    found = look.curves("radar_luzon")
    rows = list(csv.DictReader(io.StringIO(curves_csv(found))))
    assert len(rows) == sum(len(curve.range_m) for curve in found) / len(look.examples)
    for row in rows[:: len(rows) // 40]:
        for name, example in look.examples.items():
            answer = float(sensor.p_by_range(float(row["range_m"]), example, look.skies[row["weather"]]))
            assert float(row[f"p_{name}"]) == pytest.approx(answer, rel=1e-9, abs=1e-12)
    skies = {curve.sky for curve in found}
    assert CALM_WORDS in skies
    assert "rain of 16 mm/h" in skies
    for sky in set(look.skies) - skies:
        for example in look.examples.values():
            calm, other = (
                sensor.p_by_range(found[0].range_m, example, look.skies[one]) for one in (CALM_WORDS, sky)
            )
            assert np.abs(calm - other).max() <= 0.01


def test_an_ais_receiver_hears_what_is_sent_within_its_reach(scenario: Any) -> None:
    receiver = scenario.spec.sensors["ais_luzon"].model_copy(update={"p_decode": 0.02, "max_range_m": 60e3})
    ship = Example.of(55.0, ais=AisClass.CLASS_A, speed_mps=5.0)
    p = receiver.p_by_range([1e3, 59e3, 61e3], ship)
    n_sent = receiver.interval_s / 10.0  # class A under 14 knots: ITU-R M.1371-5
    assert p == pytest.approx([1.0 - 0.98**n_sent] * 2 + [0.0])
    assert (receiver.p_by_range([1e3, 59e3], BOAT) == 0.0).all()


def test_an_ais_receiver_is_the_same_in_all_weather(scenario: Any) -> None:
    receiver = scenario.spec.sensors["ais_luzon"]
    look = SensorLook(scenario)
    assert {curve.sky for curve in curves(receiver, look.examples, look.skies)} == {CALM_WORDS}


def test_maps_are_made_for_categories_that_hold_the_target(scenario: Any) -> None:
    for_probe = SensorLook(scenario)
    assert [cover.name for cover in for_probe.covers] == ["radar"]
    assert sorted(for_probe.covers[0].sensors) == ["radar_luzon", "radar_shoal"]
    assert any("seer" in note for note in for_probe.cover_notes)
    assert any("AIS receiver, ais_luzon" in note for note in for_probe.cover_notes)
    for_militia = SensorLook(scenario, class_id="militia")
    radars, all_of_them = (
        next(cover.p for cover in for_militia.covers if cover.name == name) for name in ("radar", "all")
    )
    assert [cover.name for cover in for_militia.covers] == ["ais", "radar", "all"]
    assert (np.nan_to_num(all_of_them) >= np.nan_to_num(radars)).all()
    rows = for_militia.cover_rows
    assert [row.sensor for row in rows] == sorted(for_militia.ashore)
    totals = [row.together_p50_km2 for row in rows]
    assert totals == sorted(totals)
    assert all(row.area_p50_km2 <= row.together_p50_km2 + 1e-9 for row in rows)
    figure = for_militia.cover_map(for_militia.covers[-1])
    drawn = [one for one in figure.axes[0].collections if isinstance(one, QuadMesh)]
    assert np.ma.count(np.ma.masked_array(drawn[0].get_array())) == int((all_of_them >= 0.01).sum())
    assert CAUTION in " ".join(" ".join(str(text.get_text()) for text in figure.findobj(Text)).split())


def test_cells_have_the_probability_of_their_distance(scenario: Any) -> None:
    look = SensorLook(scenario, ["radar_shoal"])
    sensor = scenario.spec.sensors["radar_shoal"]
    lat, lon, p = np.array(list(look.cover_cells(look.covers[0]))).T
    range_m = distance_m(sensor.lat_deg, sensor.lon_deg, lat, lon)
    assert p == pytest.approx(sensor.p_by_range(range_m, look.examples["probe"]), rel=1e-12)
    north = destination(sensor.lat_deg, sensor.lon_deg, 0.0, range_m.max())[0]
    assert lat.max() <= float(north) + 0.01


def test_every_unknown_id_is_told_at_once_with_the_nearest(scenario: Any) -> None:
    with pytest.raises(ScenarioError) as caught:
        SensorLook(scenario, ["radar_luzn", "zzz"], "militai")
    text = str(caught.value)
    for words in (
        "'radar_luzn'; did you mean 'radar_luzon'?",
        "unknown sensor 'zzz'; expected one of",
        "'militia'?",
    ):
        assert words in text


@pytest.mark.parametrize("near_m", [98e3, 85e3, 30e3])
def test_names_of_marks_do_not_meet(near_m: float) -> None:
    range_m = np.arange(1e3, 101e3, 1e3)
    curve = Curve("calm", "probe", range_m, np.ones(len(range_m)))
    marks = {"horizon to probe": near_m, "instrumented range": 99e3}
    figure = range_chart("t", "s", [curve], {"probe": BOAT}, marks, ["note"])
    (axes,) = figure.axes
    renderer = FigureCanvasAgg(figure).get_renderer()
    one, other = (text.get_window_extent(renderer) for text in axes.texts if text.get_text() in marks)
    assert not one.overlaps(other)
    assert one.y0 == other.y0 or near_m > 80e3  # far apart they stand in one line
