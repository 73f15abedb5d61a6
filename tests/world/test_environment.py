"""Weather drawn from a climate: its marginals are the stated ones, its draws are addressed."""

from __future__ import annotations

import math
import re
import textwrap
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from mda_sim.core.errors import RunError, ScenarioError, ShapeError
from mda_sim.core.time import US_PER_DAY, US_PER_H, Timeline
from mda_sim.data import catalogue
from mda_sim.geo.regions import Box
from mda_sim.scenario import load_scenario_text
from mda_sim.world.environment import BLOCK, build_environment, storms_of
from mda_sim.world.environment_climate import shipped_regions
from mda_sim.world.environment_spec import EnvironmentSpec, SeasonalEnvironment

AREA = Box(lat_min_deg=3, lat_max_deg=26, lon_min_deg=105, lon_max_deg=127)
SOUTH = Box(lat_min_deg=-40, lat_max_deg=-20, lon_min_deg=60, lon_max_deg=80)
NAMES = ("wind_mps", "wind_from_deg", "wave_height_m", "rain_mm_per_hour", "cloud_fraction")
MONTH = {
    "wind_mean_mps": 8.0,
    "wind_shape": 2.5,
    "wind_from_deg": 350.0,
    "wind_steadiness": 0.8,
    "swell_m": 1.0,
    "rain_fraction": 0.2,
    "rain_mm_per_hour": 3.0,
    "cloud_fraction": 0.6,
}


def timeline(days=30, start=datetime(2026, 1, 10, tzinfo=UTC)):
    return Timeline(start, 0, int(days * US_PER_DAY), 0)


def region(area=SOUTH, month=MONTH, **changes):
    return {"area": area.model_dump(), "fetch_m": 1e9, "months": [month]} | changes


def seasonal(**changes):
    return SeasonalEnvironment.model_validate({"kind": "seasonal"} | changes)


def uniform_sea(month=MONTH, area=SOUTH, **changes):
    """A sea of one climate far from the catalogue's, whose weather is soon forgotten."""
    quick = {"wind_time_s": 3600.0, "wind_cell_deg": 1.0, "rain_time_s": 3600.0, "rain_cell_deg": 1.0}
    return seasonal(regions={"somewhere": region(area, month)}, variability=quick, **changes)


@lru_cache(maxsize=1)
def drawn():
    """Weather at 90,000 points that are as good as independent: 2 cells apart, or 4 h (correlation e^-4)."""
    ocean = Box(lat_min_deg=-50, lat_max_deg=-10, lon_min_deg=50, lon_max_deg=90)
    made = build_environment(uniform_sea(area=ocean), ocean, timeline(37.5), 3)
    t = np.arange(0, 37 * US_PER_DAY + 12 * US_PER_H, 4 * US_PER_H)
    lat, lon = np.arange(-50.0, -10.0, 2.0), np.arange(50.0, 90.0, 2.0)
    return made.at(t[:, None, None], lat[None, :, None], lon[None, None, :])


def check_mean(values, mean, sigma):
    """The mean of independent values within 4 standard errors, of which each is at most 1 % of the mean."""
    error = sigma / math.sqrt(values.size)
    assert error <= 0.01 * mean
    assert abs(values.mean() - mean) < 4 * error


def test_wind_speed_is_weibull_with_the_stated_mean_and_shape():
    wind, k = drawn().wind_mps, MONTH["wind_shape"]
    scale = 8.0 / math.gamma(1 + 1 / k)
    moment = {n: scale**n * math.gamma(1 + n / k) for n in (1, 2, 3, 4)}
    check_mean(wind, 8.0, math.sqrt(moment[2] - 64))
    check_mean(wind**2, moment[2], math.sqrt(moment[4] - moment[2] ** 2))
    for speed in (4.0, 10.8, 15.0):
        over = math.exp(-((speed / scale) ** k))
        assert abs((wind > speed).mean() - over) < 4 * math.sqrt(over / wind.size)


def test_wind_blows_around_the_prevailing_direction_as_steadily_as_stated():
    """The mean unit vector points to 350 degrees and has length 0.8; directions are in [0, 360)."""
    from_rad = np.deg2rad(drawn().wind_from_deg)
    east, north = np.sin(from_rad).mean(), np.cos(from_rad).mean()
    error = 4 / math.sqrt(from_rad.size)
    assert abs(math.hypot(east, north) - 0.8) < error
    off_deg = (math.degrees(math.atan2(east, north)) - 350 + 180) % 360 - 180
    assert abs(off_deg) < math.degrees(error / 0.8)
    assert drawn().wind_from_deg.min() >= 0
    assert drawn().wind_from_deg.max() < 360


def test_waves_are_those_of_the_wind_with_the_swell_beneath():
    """On endless fetch E[H^2] = (0.22 / g)^2 E[U^4] + swell^2."""
    k = MONTH["wind_shape"]
    scale = 8.0 / math.gamma(1 + 1 / k)
    fourth, eighth = (scale**n * math.gamma(1 + n / k) for n in (4, 8))
    factor = (0.22 / 9.80665) ** 2
    square = drawn().wave_height_m ** 2
    check_mean(square, factor * fourth + 1.0, factor * math.sqrt(eighth - fourth**2))
    assert drawn().wave_height_m.min() >= 1.0


def test_it_rains_the_stated_share_of_the_time_and_then_exponentially():
    rain = drawn().rain_mm_per_hour
    wet = rain > 0
    check_mean(wet.astype(float), 0.2, math.sqrt(0.2 * 0.8))
    check_mean(rain[wet], 3.0, 3.0)
    assert abs((rain[wet] > 6.0).mean() - math.exp(-2)) < 4 * math.sqrt(math.exp(-2) / wet.sum())


def test_clouds_have_the_stated_mean_and_are_thickest_where_it_rains():
    """Power law: mean m, E[c^2] = 1 / (1 + 2 (1/m - 1)); where it rains c >= (1 - p)^(1/m - 1)."""
    cloud, m = drawn().cloud_fraction, 0.6
    power = 1 / m - 1
    check_mean(cloud, m, math.sqrt(1 / (1 + 2 * power) - m * m))
    wet = drawn().rain_mm_per_hour > 0
    assert cloud[wet].min() >= 0.8**power - 1e-12 >= cloud[~wet].max() - 2e-12


def test_one_call_or_many_in_any_order_give_the_same_bytes():
    made = build_environment(seasonal(preset="typhoon"), AREA, timeline(6), 5)
    n = BLOCK + 100
    draw = np.random.default_rng(1)
    t, lat, lon = draw.integers(0, 6 * US_PER_DAY, n), draw.uniform(3, 26, n), draw.uniform(105, 127, n)
    whole = made.at(t, lat, lon)
    mixed = draw.permutation(n)
    again = made.at(t[mixed], lat[mixed], lon[mixed])
    singles = [made.at(t[i], lat[i], lon[i]) for i in range(40)]
    for name in NAMES:
        column = getattr(whole, name)
        assert np.array_equal(column[mixed], getattr(again, name)), name
        assert [getattr(one, name).item() for one in singles] == column[:40].tolist(), name


def test_the_same_seed_gives_the_same_weather_and_another_seed_another():
    t, lat, lon = np.arange(0, 3 * US_PER_DAY, US_PER_H), 15.0, 115.0
    one, same, other = (
        build_environment(seasonal(), AREA, timeline(3), seed).at(t, lat, lon) for seed in (1, 1, 2)
    )
    assert np.array_equal(one.wind_mps, same.wind_mps)
    assert not np.array_equal(one.wind_mps, other.wind_mps)


def test_a_larger_area_a_longer_run_or_another_climate_of_rain_leaves_the_wind_as_it_was():
    t, lat, lon = np.arange(0, 3 * US_PER_DAY, US_PER_H), 15.3, 115.7
    smaller = Box(lat_min_deg=14, lat_max_deg=17, lon_min_deg=114, lon_max_deg=117)
    base = build_environment(seasonal(), AREA, timeline(5), 1).at(t, lat, lon)
    wetter = {"rain_time_s": 7200.0, "rain_cell_deg": 2.0}
    for changed in (
        build_environment(seasonal(), smaller, timeline(5), 1),
        build_environment(seasonal(), AREA, timeline(9), 1),
        build_environment(seasonal(variability=wetter), AREA, timeline(5), 1),
    ):
        assert np.array_equal(changed.at(t, lat, lon).wind_mps, base.wind_mps)


def test_more_mean_wind_means_more_wind_everywhere_on_the_same_luck():
    t, lat, lon = np.arange(0, 10 * US_PER_DAY, US_PER_H), -30.0, 70.0
    calm = build_environment(uniform_sea(), SOUTH, timeline(10), 1).at(t, lat, lon)
    windy = build_environment(uniform_sea(MONTH | {"wind_mean_mps": 12.0}), SOUTH, timeline(10), 1).at(
        t, lat, lon
    )
    assert windy.wind_mps == pytest.approx(1.5 * calm.wind_mps)
    assert (windy.wave_height_m > calm.wave_height_m).all()
    assert np.array_equal(windy.rain_mm_per_hour, calm.rain_mm_per_hour)


def test_what_is_not_defined_is_nan_and_nothing_else_is():
    made = build_environment(seasonal(), AREA, timeline(3), 1)
    t = np.array([0, -1, 3 * US_PER_DAY, 3 * US_PER_DAY + 1, 0, 0, 0])
    lat = np.array([10.0, 10, 10, 10, np.nan, 2.9, 26.0])
    lon = np.array([110.0, 110, 110, 110, 110, 110, 127.0])
    sky = made.at(t, lat, lon)
    for name in NAMES:
        assert np.isnan(getattr(sky, name)).tolist() == [False, True, False, True, True, True, False], name


def test_arguments_broadcast_and_those_that_do_not_are_refused():
    made = build_environment(seasonal(), AREA, timeline(3), 1)
    sky = made.at(np.arange(3)[:, None] * US_PER_H, [[10.0, 11.0]], 110.0)
    assert {getattr(sky, name).shape for name in NAMES} == {(3, 2)}
    assert made.at(np.array([], np.int64), 10.0, 110.0).wind_mps.shape == (0,)
    with pytest.raises(ShapeError, match="do not broadcast"):
        made.at(np.arange(3), [1.0, 2.0], 110.0)
    with pytest.raises(ShapeError, match="integer microseconds"):
        made.at(0.5, 10.0, 110.0)


def climate_at(moment, lat, lon, **changes):
    """Quantile of wind speed: the same luck (seed and time since start) under the climate of another date."""
    made = build_environment(seasonal(**changes), AREA, timeline(1, start=moment), 1)
    return float(made.at(0, lat, lon).wind_mps)


def test_the_middle_of_a_month_has_that_months_climate_and_between_it_runs_straight():
    """Of the same draw, wind under two climates of equal shape goes as their means."""
    flat = [MONTH | {"wind_mean_mps": 4.0 + m} for m in range(12)]
    sea = seasonal(regions={"somewhere": region(area=AREA, months=flat)})
    january = datetime(2026, 1, 16, 12, tzinfo=UTC)
    moments = {
        january: 4.0,
        datetime(2026, 2, 15, tzinfo=UTC): 5.0,
        datetime(2026, 12, 16, 12, tzinfo=UTC): 15.0,
    }
    moments[datetime(2026, 2, 1, tzinfo=UTC)] = 4.5
    moments[datetime(2026, 1, 1, tzinfo=UTC)] = 9.5  # half-way from December to January
    winds = {
        moment: float(build_environment(sea, AREA, timeline(1, start=moment), 1).at(0, 15.0, 115.0).wind_mps)
        for moment in moments
    }
    for moment, mean in moments.items():
        assert winds[moment] / winds[january] == pytest.approx(mean / 4.0, rel=1e-9), moment


def test_presets_pin_the_month_whatever_the_calendar():
    summer, winter = datetime(2026, 7, 16, 12, tzinfo=UTC), datetime(2026, 1, 16, 12, tzinfo=UTC)
    for moment in (summer, winter):
        assert climate_at(moment, 15.0, 115.0, preset="monsoon_northeast") == pytest.approx(
            climate_at(winter, 15.0, 115.0), rel=1e-9
        )
        assert climate_at(moment, 15.0, 115.0, preset="monsoon_southwest") == pytest.approx(
            climate_at(summer, 15.0, 115.0), rel=1e-9
        )
        assert climate_at(moment, 15.0, 115.0, preset="monsoon_northeast", month=7) == pytest.approx(
            climate_at(summer, 15.0, 115.0), rel=1e-9
        )


def test_a_small_box_within_a_large_one_holds_and_goes_over_within_a_degree():
    inner = Box(lat_min_deg=-32, lat_max_deg=-28, lon_min_deg=68, lon_max_deg=72)
    quiet = region(area=inner, month=MONTH | {"swell_m": 3.0, "wind_mean_mps": 0.01})
    spec = seasonal(regions={"a_small": quiet, "z_large": region(month=MONTH | {"wind_mean_mps": 0.01})})
    made = build_environment(spec, SOUTH, timeline(1), 1)
    height = made.at(0, -30.0, [70.0, 72.0, 72.5, 73.0, 75.0]).wave_height_m
    assert height[[0, 1]] == pytest.approx(3.0, abs=1e-3)
    assert height[2] == pytest.approx(2.0, abs=1e-3)
    assert height[[3, 4]] == pytest.approx(1.0, abs=1e-3)


def test_a_storm_rules_where_it_is_stronger_and_changes_nothing_far_away():
    calm = build_environment(seasonal(), AREA, timeline(6), 1)
    stormy = build_environment(seasonal(preset="typhoon"), AREA, timeline(6), 1)
    t = np.full(3, 2 * US_PER_DAY)
    near, far = (18.8, 122.8), (4.0, 106.0)
    lat, lon = np.array([near[0], far[0], near[0]]), np.array([near[1], far[1], near[1]])
    t[2] = 6 * US_PER_DAY  # the storm is over
    before, with_storm = calm.at(t, lat, lon), stormy.at(t, lat, lon)
    assert with_storm.wind_mps[0] > 40
    assert with_storm.wave_height_m[0] > 9
    assert with_storm.cloud_fraction[0] == 1
    for name in NAMES:
        assert np.array_equal(getattr(with_storm, name)[1:], getattr(before, name)[1:]), name


def test_storms_start_when_they_are_told_to_and_those_of_the_scenario_replace_those_of_the_preset():
    late = build_environment(seasonal(preset="typhoon", storms_start_s=86_400.0), AREA, timeline(7), 1)
    soon = build_environment(seasonal(preset="typhoon"), AREA, timeline(7), 1)
    assert (
        late.at(3 * US_PER_DAY, 18.8, 122.8).rain_mm_per_hour
        == soon.at(2 * US_PER_DAY, 18.8, 122.8).rain_mm_per_hour
    )
    point = {"lat_deg": 5.0, "lon_deg": 110.0, "central_pressure_pa": 95_000.0, "max_wind_radius_m": 50_000.0}
    own = {"track": [point | {"at_s": 0.0}, point | {"at_s": 86_400.0}]}
    replaced = storms_of(seasonal(preset="typhoon", storms={"synthetic_typhoon": own}))
    assert [one.track[0].lat_deg for one in replaced.values()] == [5.0]


def test_the_summary_lists_the_regions_and_months_that_a_run_meets():
    made = build_environment(seasonal(), AREA, timeline(30, start=datetime(2026, 12, 20, tzinfo=UTC)), 1)
    rows = made.summary()
    assert {row.month for row in rows} == {12, 1}
    assert {"luzon_strait", "south_china_sea_south"} <= {row.region for row in rows}
    assert "malacca_strait" not in {row.region for row in rows}
    row = next(row for row in rows if (row.region, row.month) == ("luzon_strait", 12))
    climate = catalogue.environment_climate()["luzon_strait_12"]
    scale = climate.wind_mean_mps / math.gamma(1 + 1 / climate.wind_shape)
    assert math.exp(-((row.wind_p90_mps / scale) ** climate.wind_shape)) == pytest.approx(0.1)


def test_an_area_far_from_every_climate_is_refused_with_what_to_state():
    with pytest.raises(RunError, match=r"state regions for it under world\.environment\.regions"):
        build_environment(seasonal(), SOUTH, timeline(1), 1)
    assert build_environment(uniform_sea(), SOUTH, timeline(1), 1).at(0, -30.0, 70.0).wind_mps > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"preset": "monson_northeast"}, "no environment preset 'monson_northeast'; expected one of"),
        ({"month": 13}, "less than or equal to 12"),
        ({"regions": {"a": region(months=[MONTH, MONTH])}}, "1 entry for all year, or 12, got 2"),
        ({"storms": {"a": {"track": []}}}, "at least 2 items"),
        ({"variability": {"wind_cell_deg": 0.0}}, "greater than or equal to 0.5"),
    ],
)
def test_bad_specs_say_what_is_wrong(changes, message):
    with pytest.raises(ValidationError, match=message):
        seasonal(**changes)


def test_the_kind_chooses_the_spec():
    adapter = TypeAdapter(EnvironmentSpec)
    assert isinstance(adapter.validate_python({"kind": "seasonal"}), SeasonalEnvironment)
    with pytest.raises(ValidationError, match="does not match any of the expected tags"):
        adapter.validate_python({"kind": "forecast"})


TINY = (Path(__file__).parents[1] / "study" / "tiny.yaml").read_text(encoding="utf-8")
STORMY = """world:
  environment:
    kind: seasonal
    month: 9
    storms_start_h: 12
    storms:
      one:
        cloud_radius_km: 350
        track:
          - {at_h: 0, lat_deg: 15, lon_deg: 125, central_pressure_pa: 96000, max_wind_radius_km: 50}
          - {at_d: 1, lat_deg: 17, lon_deg: 121, central_pressure_pa: 95000, max_wind_radius_km: 40}
"""


def test_a_scenario_states_its_weather_in_its_own_units():
    environment = load_scenario_text(TINY.replace("world:\n", STORMY)).spec.world.environment
    assert isinstance(environment, SeasonalEnvironment)
    assert environment.storms_start_s == 43_200
    assert [point.at_s for point in environment.storms["one"].track] == [0, 86_400]
    assert environment.storms["one"].cloud_radius_m == 350_000


PAGE = (Path(__file__).parents[2] / "docs" / "environment.md").read_text(encoding="utf-8")
STATED = [block for block in re.findall(r"```yaml\n(.*?)```", PAGE, flags=re.DOTALL) if "seasonal" in block]


@pytest.mark.parametrize("block", STATED)
def test_what_the_page_of_the_environment_states_can_be_run(block):
    """Its YAML loads, and its Python, asked of the scenario, gives weather at two places."""
    scenario = load_scenario_text(TINY.replace("world:\n", "world:\n" + textwrap.indent(block, "  ")))
    names = {"scenario": scenario}
    exec(re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)[0], names)
    assert all(np.isfinite(getattr(names["sky"], name)).tolist() == [True, True] for name in NAMES)
    assert names["environment"].summary()


def test_a_scenario_without_a_climate_for_its_area_is_refused_at_its_place():
    regions = """
    regions:
      elsewhere:
        area: {kind: box, lat_min_deg: -40, lat_max_deg: -20, lon_min_deg: 60, lon_max_deg: 80}
        fetch_km: 500
        months: [{wind_mean_kn: 12, wind_from_deg: 300}]
"""
    text = TINY.replace("world:\n", STORMY.rstrip() + regions)
    with pytest.raises(
        ScenarioError, match=r"world\.environment: part of the area lies \d+ degrees from every"
    ):
        load_scenario_text(text)


class TestShippedClimate:
    """The tables agree with what their sources say, and hold together."""

    def test_every_region_has_twelve_months_and_no_other_row(self):
        wanted = {f"{name}_{month:02d}" for name in catalogue.environment_regions() for month in range(1, 13)}
        rows = catalogue.environment_climate()
        assert set(rows) == wanted
        assert all(row.id == f"{row.region}_{row.month:02d}" for row in rows.values())
        assert set(shipped_regions()) == set(catalogue.environment_regions())

    @pytest.mark.parametrize(
        ("row", "kmh", "from_deg", "cloud", "rain_mm", "days"),
        [
            ("china_south_coast_01", 24.0, 70, 0.58, 23.4, 31),
            ("china_south_coast_02", 23.8, 70, 0.73, 48.0, 28.25),
            ("china_south_coast_03", 22.1, 70, 0.76, 66.9, 31),
            ("china_south_coast_07", 20.0, 230, 0.65, 323.5, 31),
        ],
    )
    def test_months_that_were_read_hold_the_normals_of_the_hong_kong_observatory(
        self, row, kmh, from_deg, cloud, rain_mm, days
    ):
        one = catalogue.environment_climate()[row]
        assert one.wind_mean_mps == pytest.approx(kmh / 3.6, abs=0.06)
        assert (one.wind_from_deg, one.cloud_fraction) == (from_deg, cloud)
        assert one.rain_fraction * one.rain_mm_per_hour * days * 24 == pytest.approx(rain_mm, rel=0.01)

    def test_july_of_hong_kong_has_its_67_hours_of_rain(self):
        july = catalogue.environment_climate()["china_south_coast_07"]
        assert july.rain_fraction * 31 * 24 == pytest.approx(67, rel=0.01)

    def test_seas_are_highest_in_december_or_january_and_lowest_in_may(self):
        """Su et al. 2017, of the South China Sea."""
        for name in ("south_china_sea_north", "south_china_sea_central"):
            heights = self.heights(name)
            assert heights.index(max(heights)) + 1 in (12, 1), name
            assert heights.index(min(heights)) + 1 == 5, name

    def test_the_luzon_strait_blows_beaufort_6_for_37_to_40_per_cent_of_november_and_december(self):
        for month in (11, 12):
            one = catalogue.environment_climate()[f"luzon_strait_{month}"]
            scale = one.wind_mean_mps / math.gamma(1 + 1 / one.wind_shape)
            assert 0.37 <= math.exp(-((10.8 / scale) ** one.wind_shape)) <= 0.40
            assert 2.6 <= self.heights("luzon_strait")[month - 1] <= 3.2

    @staticmethod
    def heights(region_id):
        """Mean over the wind of the fully developed sea, E[0.22 U^2 / g], with the month's swell."""
        out = []
        for month in range(1, 13):
            one = catalogue.environment_climate()[f"{region_id}_{month:02d}"]
            scale = one.wind_mean_mps / math.gamma(1 + 1 / one.wind_shape)
            sea = 0.22 * scale**2 * math.gamma(1 + 2 / one.wind_shape) / 9.80665
            out.append(math.hypot(sea, one.swell_m))
        return out
