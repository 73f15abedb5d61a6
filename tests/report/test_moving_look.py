"""Passes, sorties and revisit, judged by what the sensors do and by geometry of its own."""

from __future__ import annotations

import csv
import io
import math
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.text import Text

from mda_sim.core.errors import ScenarioError
from mda_sim.core.time import US_PER_DAY, US_PER_H, US_PER_S, Timeline
from mda_sim.geo.orbits import track
from mda_sim.geo.outlines import Box
from mda_sim.geo.sphere import EARTH_RADIUS_M, distance_m, unit_vectors
from mda_sim.metrics.gaps import mean_response_s, time_average_gap
from mda_sim.report.basemap import CAUTION, Extent
from mda_sim.report.maps import Caption
from mda_sim.report.moving_look import MovingLook
from mda_sim.report.pass_maps import CIRCLES_MOST, pass_map, thinned
from mda_sim.report.passes import Pass, passes_of
from mda_sim.report.revisit import (
    LATITUDES_DEG,
    N_LONGITUDES,
    Accesses,
    Reach,
    RevisitRow,
    accesses,
    gaps_s,
    joined,
    moved,
    points,
    reach_of,
    revisit_rows,
    worked,
)
from mda_sim.report.revisit_charts import revisit_chart
from mda_sim.report.sensor_tables import rows_csv
from mda_sim.report.sortie_charts import STRIPS_MOST, Strip, strip_chart
from mda_sim.scenario import load_scenario
from mda_sim.sensing.orbiting import OrbitingSensor
from mda_sim.sensing.satellite import SarSatellite
from mda_sim.sensing.swath import candidates
from mda_sim.sensing.tasking import choose
from mda_sim.world.sorties import SortieOutcome

TINY = Path(__file__).parents[1] / "study" / "tiny.yaml"
START = datetime(2026, 6, 1, tzinfo=UTC)
SEA = Box(lat_min_deg=5.0, lat_max_deg=20.0, lon_min_deg=110.0, lon_max_deg=122.0)
HOSTILE = "$\\frac{1$ [bold red]x[/] \x1b[31m\u202e<script> 太"
SATELLITES = (
    "  seer: {kind: sar_satellite, operator: JPN, type: sar_sentinel_1, n_satellites: 6, n_planes: 2, "
    "duty: 1.0}\n"
    "  other: {kind: sar_satellite, operator: PHL, type: sar_iceye_scan, look_side: both, n_satellites: 3, "
    "n_planes: 1, duty: 0.5}\n"
)
PLATFORMS = (
    "platforms:\n"
    "  patrol:\n"
    "    medium: air\n"
    "    base: {lat_deg: 15.2, lon_deg: 120.5}\n"
    "    n_hulls: 2\n"
    "    cruise_mps: 120\n"
    "    search_mps: 90\n"
    "    height_m: 1000\n"
    "    endurance_h: 5\n"
    "    turn_round_h: 2\n"
    "    search: {region: {kind: box, lat_min_deg: 14.0, lat_max_deg: 15.0, lon_min_deg: 118.0, "
    "lon_max_deg: 119.0}, spacing_km: 30}\n"
    "    sorties: {per_day: 4, leaves_from_h: 0, leaves_to_h: 24, serviceability: 0.7}\n"
    "    source: a test\n"
    "    confidence: assumption\n"
)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The tiny scenario with two constellations and a platform."""
    folder = tmp_path_factory.mktemp("moving")
    text = TINY.read_text().replace("sensors:\n", f"{PLATFORMS}sensors:\n{SATELLITES}", 1)
    (folder / "moving.yaml").write_text(text)
    return load_scenario(folder / "moving.yaml")


@pytest.fixture(scope="module")
def look(scenario: Any) -> MovingLook:
    return MovingLook(scenario, (), 1)


def sar(**fields: Any) -> SarSatellite:
    given = {
        "operator": "JPN",
        "altitude_m": 600e3,
        "inclination_deg": 60.0,
        "raan_deg": 40.0,
        "incidence_min_deg": 20.0,
        "incidence_max_deg": 50.0,
        "source": "a test",
        "confidence": "assumption",
    }
    return SarSatellite.model_validate(given | fields)


class Ear(OrbitingSensor):
    """A listener that only geometry is asked of."""

    elevation_min_deg: float = 10.0
    max_range_m: float | None = None

    @property
    def category(self) -> str:
        return "ais"

    def error_m(self) -> float:
        return 10.0

    def p_by_range(self, range_m: Any, example: Any, sky: Any = None) -> Any:
        return np.ones(np.shape(range_m))

    def plan(self, sensor_id: str, setting: Any) -> Any:
        raise NotImplementedError


def ear(**fields: Any) -> Ear:
    return Ear.model_validate(
        sar().model_dump(include={"operator", "altitude_m", "inclination_deg", "raan_deg"})
        | {"source": "a test", "confidence": "assumption"}
        | fields
    )


def timeline(days: int) -> Timeline:
    return Timeline(START, 0, days * US_PER_DAY, 0)


def everything(figure: Any) -> str:
    return " ".join(" ".join(str(text.get_text()) for text in figure.findobj(Text)).split())


# --- passes


@pytest.mark.parametrize(("side", "duty"), [("right", 1.0), ("left", 0.4), ("both", 0.5)])
def test_passes_and_what_is_worked_are_those_of_the_run(side: str, duty: float) -> None:
    sensor = sar(look_side=side, duty=duty, n_satellites=4, n_planes=2)
    whole = timeline(3)
    tracks = sensor.tracks(whole)
    day_us = US_PER_DAY, 2 * US_PER_DAY
    mine = {
        (one.satellite, one.number, one.side): one for one in passes_of("eye", sensor, SEA, whole, 5, day_us)
    }
    of_run = {
        (int(row["satellite"]), int(row["number"]), int(row["side"])): row
        for row in candidates(sensor, tracks, SEA, whole)
        if day_us[0] <= row["t_from_us"] < day_us[1]
    }
    made = choose(sensor, "eye", candidates(sensor, tracks, SEA, whole), 5)
    expected = {(int(row["satellite"]), int(row["number"]), int(row["side"])) for row in made} & set(of_run)
    assert set(mine) == set(of_run)
    assert len(mine) > 4
    assert {key for key, one in mine.items() if one.is_worked} == expected
    assert 0 < len(expected) <= len(mine)
    for key, one in mine.items():
        # The looks that find images look at other points across the swath, 25 km apart: seconds at a corner.
        assert abs(one.t_from_us - of_run[key]["t_from_us"]) < 4 * US_PER_S
        assert abs(one.t_to_us - of_run[key]["t_to_us"]) < 4 * US_PER_S
        assert (one.t_ready_us == one.t_to_us + sensor.product_delay_s * US_PER_S) == one.is_worked


def test_the_outline_of_a_swath_lies_between_its_limits_of_incidence_on_its_side() -> None:
    sensor = sar(look_side="left")
    (one, *_) = passes_of("eye", sensor, SEA, timeline(1), 1, (0, US_PER_DAY))
    lat, lon = one.outline
    n = len(one.track[0])
    assert len(lat) == 2 * n + 1
    radius_m = EARTH_RADIUS_M + 600e3
    for edge, limit_deg in ((slice(0, n), 50.0), (slice(2 * n - 1, n - 1, -1), 20.0)):
        arc = distance_m(one.track[0], one.track[1], lat[edge], lon[edge]) / EARTH_RADIUS_M
        tangent = radius_m * np.sin(arc) / (radius_m * np.cos(arc) - EARTH_RADIUS_M)
        assert np.rad2deg(np.arctan(tangent)) == pytest.approx(limit_deg, abs=0.3)
    ahead = unit_vectors(one.track[0][1:], one.track[1][1:]) - unit_vectors(
        one.track[0][:-1], one.track[1][:-1]
    )
    left = np.cross(unit_vectors(*one.track)[:-1], ahead)
    towards = unit_vectors(lat[: n - 1], lon[: n - 1]) - unit_vectors(*one.track)[:-1]
    assert ((left * towards).sum(axis=1) > 0).all()


def test_a_listener_passes_while_its_footprint_touches_the_area() -> None:
    sensor, whole = ear(n_satellites=2), timeline(1)
    passes = passes_of("ear", sensor, SEA, whole, 1, (0, US_PER_DAY))
    assert passes
    lats, lons = np.linspace(5.0, 20.0, 61), np.linspace(110.0, 122.0, 61)
    grid = unit_vectors(*(part.ravel() for part in np.meshgrid(lats, lons)))
    for one in passes:
        own = sensor.tracks(whole)[one.satellite]
        for t_us, inside_s in ((one.t_from_us, 1.0), (one.t_to_us, -1.0)):
            highest = []
            for shift_s in (inside_s, -inside_s):
                at_m = moved(own, np.array([t_us / US_PER_S + shift_s]))[0]
                line = at_m - EARTH_RADIUS_M * grid
                sine = (line * grid).sum(axis=1) / np.sqrt((line * line).sum(axis=1))
                highest.append(math.degrees(math.asin(sine.max())))
            turn = abs(moved(own, np.array([t_us / US_PER_S]))[1][0, 2]) < 200.0  # a pass ends there
            assert highest[0] >= 10.0
            assert highest[1] <= 10.05 or turn


def test_tasks_are_what_is_worked_and_only_that() -> None:
    spot = {
        "area": {"kind": "box", "lat_min_deg": 8, "lat_max_deg": 9, "lon_min_deg": 114, "lon_max_deg": 115}
    }
    whole, free = timeline(3), sar(n_satellites=3)
    bound = sar(n_satellites=3, tasks={"spot": spot}, longest_image_s=12.0)
    anywhere = {one.number for one in passes_of("eye", free, SEA, whole, 1, (0, 3 * US_PER_DAY))}
    there = passes_of("eye", bound, SEA, whole, 1, (0, 3 * US_PER_DAY))
    assert 0 < len(there) < len(anywhere)
    assert {one.number for one in there} <= anywhere
    assert all(one.t_to_us - one.t_from_us <= 12 * US_PER_S for one in there if one.is_worked)


# --- revisit


def test_accesses_of_an_imager_are_the_minima_of_the_slant_range_within_the_swath() -> None:
    sensor = sar(look_side="both", n_satellites=2)
    lat, lon = np.array([0.0, 35.0, -58.0]), np.array([10.0, -120.0, 179.0])
    found = accesses(sensor, START, lat, lon, 2)
    expected = []
    t_s = np.arange(0.0, 2 * 86400.0 + 1.0)
    for orbit in sensor.orbits(START):
        own = track(orbit, START, 2 * US_PER_DAY)
        at_m, _ = moved(own, t_s)
        for point, place in enumerate(unit_vectors(lat, lon)):
            line = at_m - EARTH_RADIUS_M * place
            slant = np.sqrt((line * line).sum(axis=1))
            least = 1 + np.flatnonzero((slant[1:-1] < slant[:-2]) & (slant[1:-1] <= slant[2:]))
            incidence = np.rad2deg(np.arccos((line[least] * place).sum(axis=1) / slant[least]))
            for k, here in zip(least, incidence, strict=True):
                assert abs(here - 20.0) > 0.02  # none at an edge, where a second decides
                assert abs(here - 50.0) > 0.02
                if 20.0 <= here <= 50.0:
                    expected.append((point, float(t_s[k])))
    assert len(expected) > 10
    got = sorted(zip(found.point.tolist(), found.t_from_s.tolist(), strict=True))
    assert [point for point, _ in got] == [point for point, _ in sorted(expected)]
    assert [t for _, t in got] == pytest.approx([t for _, t in sorted(expected)], abs=1.0)
    assert (found.t_from_s == found.t_to_s).all()


def test_accesses_of_a_listener_are_from_rise_to_set() -> None:
    sensor = ear(n_satellites=2, max_range_m=1.3e6)
    lat, lon = np.array([0.0, 35.0]), np.array([10.0, -120.0])
    found = accesses(sensor, START, lat, lon, 1)
    t_s = np.arange(0.0, 86400.0 + 0.5)
    total = np.zeros(2)
    for orbit in sensor.orbits(START):
        at_m, _ = moved(track(orbit, START, US_PER_DAY), t_s)
        for point, place in enumerate(unit_vectors(lat, lon)):
            line = at_m - EARTH_RADIUS_M * place
            slant = np.sqrt((line * line).sum(axis=1))
            sine = (line * place).sum(axis=1) / slant
            arc = np.arccos((at_m * place).sum(axis=1) / np.sqrt((at_m * at_m).sum(axis=1)))
            is_in = (sine >= math.sin(math.radians(10.0))) & (arc <= 1.3e6 / EARTH_RADIUS_M)
            total[point] += np.count_nonzero(is_in)
    assert (total > 600).all()
    for point in (0, 1):
        own = found.point == point
        seconds = (found.t_to_s - found.t_from_s)[own].sum()
        assert seconds == pytest.approx(total[point], abs=2.0 * np.count_nonzero(own))


def test_gaps_are_those_of_the_example_of_the_book_whatever_overlaps() -> None:
    t_from_s = np.array([5.0, 20.0, 22.0, 45.0, 70.0])
    t_to_s = np.array([10.0, 40.0, 30.0, 55.0, 100.0])
    gaps = gaps_s(t_from_s, t_to_s, 100.0)
    assert gaps.tolist() == [5.0, 10.0, 5.0, 15.0]
    assert gaps_s(np.array([]), np.array([]), 100.0).tolist() == [100.0]
    assert mean_response_s(np.array([5.0, 10.0, 15.0]), 100.0) == 1.75
    one = Accesses(np.zeros(2, np.int64), np.zeros(2, np.int64), np.array([25.0]), np.array([25.0]))
    (row, *_) = revisit_rows("a", "sar", "all", 1, one._replace(point=np.zeros(1, np.int64)), 1)
    gaps = np.array([25.0, 86400.0 - 25.0, *[86400.0] * (N_LONGITUDES - 1)])
    whole_s = 86400.0 * N_LONGITUDES
    assert (row.lat_deg, row.longest_gap_s) == (LATITUDES_DEG[0], 86400.0)
    assert row.mean_gap_s == pytest.approx(gaps.mean())
    assert row.mean_response_s == pytest.approx(mean_response_s(gaps, whole_s))
    assert row.time_average_gap_s == pytest.approx(time_average_gap(gaps, whole_s))
    assert row.accesses_per_day == pytest.approx(1.0 / N_LONGITUDES)


def test_a_point_is_accessed_as_often_as_swaths_cover_its_latitude() -> None:
    # In n revolutions swaths of width w cross a latitude 2 n times; each covers w / cos(angle to the meridian
    # at the crossing) of the parallel: the mean number of accesses is the sum over its length.
    sensor, days = sar(look_side="right", inclination_deg=97.8, ltan_s=None), 12
    lat, lon = points()
    found = accesses(sensor, START, lat, lon, days)
    reach = reach_of(sensor)
    assert reach == Reach(((20.0, 50.0),))
    radius_m = EARTH_RADIUS_M + 600e3
    low, high = np.deg2rad(20.0), np.deg2rad(50.0)
    near, far = (i - math.asin(EARTH_RADIUS_M / radius_m * math.sin(i)) for i in (low, high))
    own = track(sensor.orbits(START)[0], START, days * US_PER_DAY)
    crossings = np.count_nonzero(np.diff(np.sign(own.position_m[:, 2])))
    heading = math.atan2(
        float(np.abs(own.velocity_mps[np.abs(own.position_m[:, 2]) < 1e5, 2]).mean()),
        float(np.hypot(*own.velocity_mps[np.abs(own.position_m[:, 2]) < 1e5, :2].T).mean()),
    )
    expected = crossings * (far - near) / math.sin(heading) / (2 * math.pi)
    at_equator = np.count_nonzero(lat[found.point] == 0.0) / N_LONGITUDES
    assert at_equator == pytest.approx(expected, rel=0.15)
    rows = {row.lat_deg: row for row in revisit_rows("a", "sar", "all", 1, found, days)}
    assert rows[60.0].accesses_per_day > 1.5 * rows[0.0].accesses_per_day


def test_duty_takes_passes_away_and_more_sensors_never_make_a_gap_longer() -> None:
    one, two = sar(duty=0.3, n_satellites=2), sar(raan_deg=100.0, look_side="both")
    lat, lon = points()
    every, more = accesses(one, START, lat, lon, 3), accesses(two, START, lat, lon, 3)
    some = worked(one, "eye", 7, every)
    assert 0 < len(some.point) < len(every.point)
    assert set(zip(some.number.tolist(), some.t_from_s.tolist(), strict=True)) <= set(
        zip(every.number.tolist(), every.t_from_s.tolist(), strict=True)
    )
    by_pass = {number: number in set(some.number.tolist()) for number in every.number.tolist()}
    share = np.mean(list(by_pass.values()))
    assert abs(share - 0.3) < 4 * math.sqrt(0.21 / len(by_pass))
    both = revisit_rows("", "sar", "all", 3, joined([every, more]), 3)
    for alone, here in zip(revisit_rows("eye", "sar", "all", 2, every, 3), both, strict=True):
        assert here.longest_gap_s <= alone.longest_gap_s
        assert here.mean_response_s <= alone.mean_response_s
    full = worked(one.model_copy(update={"duty": 1.0}), "eye", 7, every)
    assert (full.t_from_s == every.t_from_s).all()


# --- the look as a whole


def test_tables_hold_what_the_platforms_do(look: MovingLook, scenario: Any) -> None:
    from mda_sim.pipeline import carriers_of

    sorties = carriers_of(scenario, 1)["patrol"].sorties
    begin_us, end_us = scenario.timeline.score_from_us, scenario.timeline.score_to_us
    shown = sorties[(sorties["leaves_us"] < end_us) & (sorties["back_us"] > begin_us)]
    rows = list(csv.DictReader(io.StringIO(rows_csv(type(look.sortie_rows[0]), look.sortie_rows))))
    assert len(rows) == len(shown) >= 3
    for row, one in zip(rows, shown, strict=True):
        assert int(row["number"]) == one["number"]
        leaves = datetime.fromisoformat(row["leaves"])
        assert abs(scenario.timeline.us_at(leaves) - int(one["leaves_us"])) <= US_PER_S
        flown = one["outcome"] == SortieOutcome.FLOWN
        assert (row["outcome"] == "flown") == flown
        hours = (int(one["off_station_us"]) - int(one["on_station_us"])) / US_PER_H
        assert float(row["hours_on_station"]) == pytest.approx(hours if flown else 0.0)
        assert row["hull"] == (str(int(one["hull"]) + 1) if flown else "")
    figure = look.sortie_map()
    assert CAUTION in everything(figure)
    extent = figure.axes[0]
    assert extent.get_xlim()[1] > 120.5  # the base lies beyond the scenario's area
    flown = sum(row["outcome"] == "flown" for row in rows)
    assert f"{flown} of {len(rows)} planned are flown" in everything(figure)
    assert "Sorties of 0.5 days" in everything(figure)
    (axes,) = look.strip_chart().axes
    marked = [one for one in shown if one["outcome"] != SortieOutcome.FLOWN and one["leaves_us"] >= begin_us]
    strips = {text.get_text() for text in axes.get_yticklabels()}
    assert any("not flown" in words for words in strips) == bool(marked)


def test_passes_of_a_day_stand_in_order_with_their_products(look: MovingLook) -> None:
    rows = look.pass_rows
    assert rows
    assert {row.sensor for row in rows} == {"seer", "other"}
    for row in rows:
        assert row.start < row.end
        assert (row.ready > row.end) if row.worked == "yes" else (row.ready == "")
        assert (
            row.start[:10]
            == f"{look.scenario.timeline.datetime_at(look.scenario.timeline.score_from_us):%Y-%m-%d}"
        )
    assert all(row.worked == "yes" for row in rows if row.sensor == "seer")
    assert look.pass_categories == ["sar"]
    words = everything(look.pass_map("sar"))
    assert CAUTION in words
    n_worked = sum(row.worked == "yes" for row in rows)
    assert f"{n_worked} of {len(rows)} are worked in seed 1" in words


def test_a_named_sensor_leaves_the_others_and_platforms_out(scenario: Any) -> None:
    alone = MovingLook(scenario, ["seer"], 1)
    assert set(alone.satellites) == {"seer"}
    assert alone.platform_ids == []
    assert {row.sensor for row in alone.pass_rows} == {"seer"}


def test_wrong_sensors_and_days_are_told_together(scenario: Any) -> None:
    with pytest.raises(ScenarioError) as caught:
        MovingLook(scenario, ["sear"], 1, 99)
    assert "'sear'; did you mean 'seer'?" in str(caught.value)
    assert "there is no scored day 99" in str(caught.value)
    with pytest.raises(ScenarioError, match="nothing is sensed on 1999-01-01"):
        MovingLook(scenario, [], 1, datetime(1999, 1, 1, tzinfo=UTC))


def test_what_is_not_drawn_is_said_and_hostile_names_are_harmless(scene: Any) -> None:
    circle = np.linspace(0, 2 * np.pi, 40)
    ring = 14.5 + 0.3 * np.sin(circle), 119.0 + 0.3 * np.cos(circle)
    passes = [
        Pass(HOSTILE, "ais", k, "", k, 0, True, k, k + 1, True, k + 2, (ring[0][:3], ring[1][:3]), ring)
        for k in range(CIRCLES_MOST + 5)
    ]
    figure = pass_map(scene, passes, Caption(HOSTILE, HOSTILE, HOSTILE), lambda t_us: "12:00")
    words = everything(figure)
    assert "Not drawn, to stay legible: 5 passes." in words
    assert not {"\x1b", "\u202e", "太"} & set(words)
    assert figure.axes[0].get_xlim() == (118.0, 120.5)
    assert isinstance(scene.extent, Extent)


def test_a_worked_swath_off_the_map_is_counted(scene: Any) -> None:
    here = np.array([14.2, 14.8, 14.8, 14.2, 14.2]), np.array([118.5, 118.5, 119.0, 119.0, 118.5])
    passes = [
        Pass("eye", "sar", 0, "", k, 1, True, k, k + 1, True, k + 2, (ring[0][:2], ring[1][:2]), ring)
        for k, ring in enumerate([here, (here[0], here[1] + 10.0), (here[0] + 10.0, here[1])])
    ]
    caption = Caption("a", "b", "c")
    words = everything(pass_map(scene, passes, caption, lambda t_us: "12:00"))
    assert "Worked in the margin, off the map: 2." in words
    assert "off the map" not in everything(pass_map(scene, passes[:1], caption, lambda t_us: "12:00"))


def test_strips_beyond_the_most_are_counted() -> None:
    moments = [datetime(2026, 6, 1, hour, tzinfo=UTC) for hour in (1, 2, 5, 6)]
    strips = [Strip(HOSTILE, hull, SortieOutcome.FLOWN, *moments) for hull in range(STRIPS_MOST + 7)]
    strips.append(Strip("other", -1, SortieOutcome.WEATHER, *moments))
    figure = strip_chart(HOSTILE, HOSTILE, strips, START, datetime(2026, 6, 8, tzinfo=UTC), "note")
    words = everything(figure)
    assert "Not drawn: 8 further strips." in words
    assert not {"\x1b", "\u202e", "太"} & set(words)
    assert "not flown: weather" in words


def test_the_chart_of_revisit_has_a_line_for_each_row_of_the_key() -> None:
    rows = [
        RevisitRow(name, "sar", passes, 1, lat, 1.0, gap, 2 * gap, gap, gap)
        for name, passes, gap in (("a", "all", 3600.0), ("a", "worked", 7200.0), ("", "all", 1800.0))
        for lat in LATITUDES_DEG
    ]
    figure = revisit_chart("Revisit", "12 days", rows, "note")
    mean, longest = figure.axes
    assert [np.ravel(line.get_ydata())[0] for line in mean.get_lines()] == [1.0, 2.0, 0.5]
    assert [np.ravel(line.get_ydata())[0] for line in longest.get_lines()] == [2.0, 4.0, 1.0]
    words = everything(figure)
    for expected in ("a, as duty works", "all together", CAUTION):
        assert expected in words
    assert "alike" not in words
    twins = [*rows, *(replace(row, sensor="b") for row in rows if row.sensor == "a")]
    assert "one line over the other: a, b." in everything(revisit_chart("Revisit", "12 days", twins, ""))


def test_thinning_keeps_the_ends() -> None:
    assert thinned(range(100), 5) == [0, 25, 50, 74, 99]
    assert thinned([1, 2], 5) == [1, 2]
