"""Weather from NetCDF files: what is read is what was written, and bad files say all that is wrong."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import xarray

from mda_sim.core.errors import DigestMismatch, RunError, ScenarioError
from mda_sim.core.spec import DataFile
from mda_sim.core.time import US_PER_DAY, US_PER_H, Timeline
from mda_sim.geo.regions import Box
from mda_sim.scenario import load_scenario
from mda_sim.world.environment import build_environment
from mda_sim.world.environment_spec import GriddedEnvironment

AREA = Box(lat_min_deg=10, lat_max_deg=14, lon_min_deg=110, lon_max_deg=115)
START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = Timeline(START, 0, US_PER_DAY, 0)
UNITS = {"u10": "m s**-1", "v10": "m s**-1", "swh": "m", "tp": "m", "tcc": "(0 - 1)"}


def dataset(
    names=tuple(UNITS),
    *,
    step_deg=0.5,
    hours=26,
    first_hour=0,
    lon_shift=0.0,
    descending=True,
    time="valid_time",
):
    """Fields that are linear in time and place, so that interpolation is exact; each a multiple of f."""
    lat = np.arange(9.0, 15.01, step_deg)
    lon = np.arange(109.0, 116.01, step_deg)
    hour = first_hour + np.arange(hours)
    moments = np.datetime64("2026-03-01T00", "ns") + hour.astype("timedelta64[h]")
    f = hour[:, None, None] / 10 + (lat[:, None] - 9) / 2 + (lon[None, :] - 109) / 5
    scale = {"u10": 3.0, "v10": -4.0, "swh": 1.0, "tp": 1e-3, "tcc": 0.1}
    made = xarray.Dataset(
        {name: ((time, "latitude", "longitude"), (scale[name] * f).astype("f4")) for name in names},
        coords={time: moments, "latitude": lat, "longitude": lon + lon_shift},
    )
    for name in names:
        made[name].attrs["units"] = UNITS[name]
    return made.isel(latitude=slice(None, None, -1)) if descending else made


def f_at(hours, lat, lon):
    return np.asarray(hours) / 10 + (np.asarray(lat) - 9) / 2 + (np.asarray(lon) - 109) / 5


def written(folder, *sets, engine="h5netcdf"):
    files = []
    for k, made in enumerate(sets):
        path = folder / f"weather_{k}.nc"
        made.to_netcdf(path, engine=engine)
        files.append(DataFile.at(path))
    return GriddedEnvironment(kind="gridded", files=tuple(files))


def check_all(spec):
    """Everything that is asked for comes out as it was written, on grid points and between them."""
    made = build_environment(spec, AREA, DAY, 1)
    hours = np.array([0.0, 3.25, 11.0, 23.9])
    lat, lon = np.array([10.0, 11.3, 13.77, 14.0]), np.array([110.0, 112.2, 111.01, 115.0])
    sky = made.at((hours * US_PER_H).astype(np.int64), lat, lon)
    f = f_at(hours, lat, lon)
    assert sky.wind_mps == pytest.approx(5 * f, rel=1e-5)
    assert sky.wind_from_deg == pytest.approx(np.full(4, 360 - np.degrees(np.arctan2(3, 4))), abs=1e-3)
    assert sky.wave_height_m == pytest.approx(f, rel=1e-5)
    assert sky.cloud_fraction == pytest.approx(0.1 * f, rel=1e-5)
    # A sum of f mm over the hour before is a rate of f mm/h half an hour earlier.
    assert sky.rain_mm_per_hour == pytest.approx(f_at(hours + 0.5, lat, lon), rel=1e-5)


def test_wind_waves_rain_and_cloud_come_out_as_they_were_written(tmp_path):
    check_all(written(tmp_path, dataset()))


def test_waves_may_come_in_a_file_and_on_a_grid_of_their_own(tmp_path):
    check_all(written(tmp_path, dataset(("u10", "v10", "tp", "tcc")), dataset(("swh",), step_deg=1.0)))


def test_netcdf_3_longitudes_of_0_to_360_and_ascending_latitudes_are_read_too(tmp_path):
    made = dataset(time="time", descending=False)
    shifted = made.assign_coords(longitude=made.longitude % 360)
    check_all(written(tmp_path, shifted, engine="scipy"))


def test_packed_values_are_unpacked(tmp_path):
    path = tmp_path / "packed.nc"
    packing = {"dtype": "i2", "scale_factor": 1e-3, "add_offset": 2.0, "_FillValue": -32767}
    names = ("u10", "v10", "swh", "tcc")
    dataset().to_netcdf(path, engine="h5netcdf", encoding=dict.fromkeys(names, packing))
    made = build_environment(GriddedEnvironment(kind="gridded", files=(DataFile.at(path),)), AREA, DAY, 1)
    assert made.at(0, 12.0, 112.0).wave_height_m == pytest.approx(f_at(0, 12, 112), abs=1e-3)


def test_a_point_takes_the_neighbours_that_hold_a_value_and_is_nan_where_none_does(tmp_path):
    made = dataset(step_deg=1.0)
    land = (made.longitude >= 112) & (made.longitude <= 113)
    made["swh"] = made.swh.where(~land)
    sky = build_environment(written(tmp_path, made), AREA, DAY, 1).at(0, 12.0, [111.5, 112.5, 110.0])
    assert sky.wave_height_m[0] == pytest.approx(f_at(0, 12, 111), rel=1e-5)
    assert np.isnan(sky.wave_height_m[1])
    assert sky.wave_height_m[2] == pytest.approx(f_at(0, 12, 110), rel=1e-5)
    assert np.isfinite(sky.wind_mps).all()


def problems(spec, area=AREA, timeline=DAY):
    with pytest.raises(ScenarioError) as caught:
        build_environment(spec, area, timeline, 1)
    assert caught.value.exit_code == 2
    return [f"{one.key}: {one.message}" for one in caught.value.problems]


def test_all_that_is_wrong_is_said_at_once(tmp_path):
    made = dataset(("u10", "v10", "swh", "tp"))
    made["u10"].attrs["units"] = "kn"
    made["swh"] = made.swh.isel(valid_time=0)
    found = problems(written(tmp_path, made))
    assert any(one.startswith("u10: found units 'kn'; expected 'm s**-1' or") for one in found)
    assert any(one.startswith("swh: found the dimensions latitude, longitude; expected") for one in found)
    assert any(one.startswith("tcc: no file holds the variable") for one in found)
    assert len(found) == 3


def test_a_variable_in_two_files_is_refused(tmp_path):
    found = problems(written(tmp_path, dataset(), dataset(("swh",))))
    assert found == ["swh: 2 files hold the variable; expected one file"]


def test_files_that_do_not_reach_over_the_run_or_the_area_are_refused_with_both_spans(tmp_path):
    short = problems(written(tmp_path, dataset(hours=12)))
    assert len(short) == 5
    assert "2026-03-01T11:00:00+00:00; the run needs 2026-03-01T00:00:00+00:00 to 2026-03-02" in " ".join(
        short
    )
    wide = Box(lat_min_deg=5, lat_max_deg=14, lon_min_deg=110, lon_max_deg=115)
    narrow = problems(written(tmp_path, dataset()), area=wide)
    assert len(narrow) == 5
    assert "holds 9 to 15 N, 109 to 116 E; the run needs 5 to 14 N, 110 to 115 E" in narrow[0]


@pytest.mark.parametrize("content", [b"", b"CDF\x01 and no more", b"\x89HDF\r\n\x1a\nbroken", b"a,b\n1,2\n"])
def test_files_that_are_no_netcdf_are_refused(tmp_path, content):
    path = tmp_path / "broken.nc"
    path.write_bytes(content)
    found = problems(GriddedEnvironment(kind="gridded", files=(DataFile.at(path),)))
    assert "cannot be read as NetCDF" in found[0]


@pytest.mark.parametrize("engine", ["h5netcdf", "scipy"])
@pytest.mark.parametrize("share", [0.1, 0.5, 0.99])
def test_files_that_were_cut_off_are_refused(tmp_path, engine, share):
    path = tmp_path / "whole.nc"
    dataset().to_netcdf(path, engine=engine)
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    found = problems(GriddedEnvironment(kind="gridded", files=(DataFile.at(path),)))
    assert "cannot be read" in found[0]


def test_a_scenario_names_its_weather_files_relative_to_itself(tmp_path):
    dataset().to_netcdf(tmp_path / "weather.nc", engine="h5netcdf")
    tiny = (Path(__file__).parents[1] / "study" / "tiny.yaml").read_text(encoding="utf-8")
    stated = "world:\n  environment: {kind: gridded, files: [weather.nc], rain_step_h: 1}\n"
    (tmp_path / "stormy.yaml").write_text(tiny.replace("world:\n", stated), encoding="utf-8")
    environment = load_scenario(tmp_path / "stormy.yaml").spec.world.environment
    assert environment.files == (DataFile.at(tmp_path / "weather.nc"),)
    assert environment.rain_step_s == 3600


def test_a_file_that_was_changed_after_loading_is_refused(tmp_path):
    spec = written(tmp_path, dataset())
    dataset(hours=30).to_netcdf(tmp_path / "weather_0.nc", engine="h5netcdf")
    with pytest.raises(DigestMismatch, match="was changed"):
        build_environment(spec, AREA, DAY, 1)


def test_without_the_extra_the_error_names_it(tmp_path, monkeypatch):
    spec = written(tmp_path, dataset())
    monkeypatch.setitem(sys.modules, "xarray", None)
    with pytest.raises(RunError, match=r"pip install 'mda-sim\[grid\]'"):
        build_environment(spec, AREA, DAY, 1)
