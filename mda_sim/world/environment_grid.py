"""Weather read from NetCDF files in the names of the ERA5 reanalysis.

Model: five variables on grids of time, latitude and longitude: u10 and v10 (wind at 10 m towards east and
north, m/s), swh (significant height of combined wind waves and swell, m), tp (rain summed up over
``rain_step_s`` until each time, m), tcc (total cloud cover, 0 to 1). Each may have a grid of its own, so
waves and air may come in two files. Values are linear between times and between neighbours in latitude and
longitude; tp becomes a rate that holds at the middle of its sum. Where some of the neighbours hold no value
(waves on land) the others share their weight; where none does, the result is nan.

Assumptions and limits: coordinates are called time or valid_time, latitude or lat, longitude or lon; scales,
offsets, fill values and times follow the CF conventions and are decoded by xarray. The part of a file that
the run needs is held in memory in single precision. Longitudes of 0 to 360 are understood; a grid that is
needed on both sides of the Greenwich meridian must be given as -180 to 180, and none crosses the 180th.

Source: names and units of the variables: ECMWF, "ERA5: data documentation", parameter tables
(confluence.ecmwf.int). Needs the extra ``grid`` (xarray and h5netcdf). Where next: ``environment``.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.core.errors import Problem, RunError, ScenarioError
from mda_sim.core.spec import DataFile
from mda_sim.core.time import Timeline, to_us
from mda_sim.geo.regions import BoundsDeg
from mda_sim.world.environment_climate import Sky
from mda_sim.world.environment_spec import GriddedEnvironment

UNITS: Final = {
    "u10": ("m s**-1", "m s-1", "m/s"),
    "v10": ("m s**-1", "m s-1", "m/s"),
    "swh": ("m",),
    "tp": ("m",),
    "tcc": ("(0 - 1)", "0-1", "1"),
}
"""The variables, and the spellings of their units that are understood."""
AXES: Final = (("valid_time", "time"), ("latitude", "lat"), ("longitude", "lon"))
"""Names that the coordinates of time, latitude and longitude may have."""
SLACK_DEG: Final = 0.5
"""How far a grid may fall short of the area; its edge holds there. [deg]"""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BROKEN = (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError, RuntimeError)
"""What the libraries raise on a file whose bytes are damaged."""


@dataclass(frozen=True)
class GridVariable:
    """One variable on its grid, all axes increasing."""

    t_us: Ints
    """Times since the scenario's start, (n_t,) [us]."""
    lat_deg: Floats
    """Latitudes, (n_lat,)."""
    lon_deg: Floats
    """Longitudes in [-180, 180], (n_lon,)."""
    values: NDArray[np.float32]
    """Values, (n_t, n_lat, n_lon); nan where there is none."""

    def at(self, t_us: Ints, lat_deg: Floats, lon_deg: Floats) -> Floats:
        """Values at times and points, all (n,); beyond the grid those of its edge, nan where none is near."""
        axes = [_between(self.t_us, t_us), _between(self.lat_deg, lat_deg), _between(self.lon_deg, lon_deg)]
        total, weights = np.zeros(t_us.shape), np.zeros(t_us.shape)
        for corner in np.ndindex(2, 2, 2):
            index = tuple(low + step for (low, _), step in zip(axes, corner, strict=True))
            shares = [share if step else 1.0 - share for (_, share), step in zip(axes, corner, strict=True)]
            value = self.values[index].astype(np.float64)
            weight = np.where(np.isnan(value), 0.0, shares[0] * shares[1] * shares[2])
            total += weight * np.nan_to_num(value)
            weights += weight
        mean: Floats = np.divide(total, weights, out=np.full(t_us.shape, np.nan), where=weights > 0)
        return mean


@dataclass(frozen=True)
class GriddedWeather:
    """The five variables of a box during a run."""

    variables: dict[str, GridVariable]
    """The variables by name."""
    rain_step_s: float
    """Time over which ``tp`` is summed up [s]."""

    def at(self, t_us: Ints, lat_deg: Floats, lon_deg: Floats) -> Sky:
        """The weather at times and points, all (n,); nan where the files hold no value near."""
        east, north, waves, rain, cloud = (
            self.variables[name].at(t_us, lat_deg, lon_deg) for name in ("u10", "v10", "swh", "tp", "tcc")
        )
        return Sky(
            wind_mps=np.hypot(east, north),
            wind_from_deg=np.rad2deg(np.arctan2(-east, -north)) % 360.0,
            wind_sea_m=waves,
            swell_m=np.zeros(waves.shape),
            rain_mm_per_hour=np.maximum(rain, 0.0) * 1000.0 * 3600.0 / self.rain_step_s,
            cloud_fraction=np.clip(cloud, 0.0, 1.0),
        )


def read_grids(spec: GriddedEnvironment, bounds_deg: BoundsDeg, timeline: Timeline) -> GriddedWeather:
    """The weather of a box during [0, ``timeline.end_us``] from the files of a spec.

    Raises ScenarioError with all problems of all files (a variable that is missing, twice there, of other
    units or shape; times or places that are needed and not held), RunError without the extra ``grid``,
    DigestMismatch if a file has changed since the scenario was loaded.
    """
    found: dict[str, list[GridVariable | Problem]] = {name: [] for name in UNITS}
    problems: list[Problem] = []
    for file in spec.files:
        with ExitStack() as stack:
            dataset = _opened(file, stack)
            if isinstance(dataset, Problem):
                problems.append(dataset)
                continue
            for name in UNITS.keys() & set(dataset.data_vars):
                found[name].append(_Reader(file.path, name, dataset, timeline).read(bounds_deg, spec))
    all_opened = not problems
    for name, these in found.items():
        problems += [one for one in these if isinstance(one, Problem)]
        if len(these) > 1 or (not these and all_opened):
            count = "no file holds" if not these else f"{len(these)} files hold"
            problems.append(_problem(_names(spec.files), name, f"{count} the variable; expected one file"))
    if problems:
        raise ScenarioError(problems)
    held = {name: one for name, these in found.items() for one in these if isinstance(one, GridVariable)}
    return GriddedWeather(held, spec.rain_step_s)


@dataclass(frozen=True)
class _Reader:
    """Reads one variable of an open file."""

    path: str
    name: str
    dataset: Any
    timeline: Timeline

    def read(self, bounds_deg: BoundsDeg, spec: GriddedEnvironment) -> GridVariable | Problem:
        """The variable over the bounds and the run in SI units, or the first thing that is wrong with it."""
        array = self.dataset[self.name]
        unit = str(array.attrs.get("units", ""))
        if unit not in UNITS[self.name]:
            return self._wrong(f"found units {unit!r}; expected {' or '.join(map(repr, UNITS[self.name]))}")
        axes = [next((name for name in names if name in array.dims), "") for names in AXES]
        if not all(axes) or len(array.dims) != len(axes):
            known = "; ".join(" or ".join(names) for names in AXES)
            return self._wrong(f"found the dimensions {', '.join(map(str, array.dims))}; expected {known}")
        array = array.transpose(*axes)
        moments = array[axes[0]].values
        if not np.issubdtype(moments.dtype, np.datetime64):
            return self._wrong(f"{axes[0]} holds no times of the CF conventions")
        array = array.assign_coords({axes[2]: (array[axes[2]] + 180.0) % 360.0 - 180.0}).sortby(axes)
        if min(array.shape) < 2 or not all(array.indexes[axis].is_unique for axis in axes):
            return self._wrong(
                f"found a grid of {array.shape}; expected two or more different values an axis"
            )
        return self._cut(array, axes, bounds_deg, spec)

    def _cut(
        self, array: Any, axes: Sequence[str], bounds_deg: BoundsDeg, spec: GriddedEnvironment
    ) -> GridVariable | Problem:
        """The part that the run needs."""
        start = np.datetime64(self.timeline.start.astimezone(UTC).replace(tzinfo=None), "us")
        t_us = (array[axes[0]].values.astype("datetime64[us]") - start).astype(np.int64)
        slack_us = 0
        if self.name == "tp":
            t_us = t_us - to_us(spec.rain_step_s / 2)
            slack_us = to_us(spec.rain_step_s / 2)
        lat, lon = (array[axis].values.astype(np.float64) for axis in axes[1:])
        west, south, east, north = bounds_deg
        if t_us[0] > slack_us or t_us[-1] < self.timeline.end_us - slack_us:
            held = " to ".join(self.timeline.datetime_at(int(t)).isoformat() for t in (t_us[0], t_us[-1]))
            needed = " to ".join(self.timeline.datetime_at(t).isoformat() for t in (0, self.timeline.end_us))
            return self._wrong(f"holds {held}; the run needs {needed}")
        if (
            lat[0] > south + SLACK_DEG
            or lat[-1] < north - SLACK_DEG
            or lon[0] > west + SLACK_DEG
            or lon[-1] < east - SLACK_DEG
        ):
            return self._wrong(
                f"holds {lat[0]:g} to {lat[-1]:g} N, {lon[0]:g} to {lon[-1]:g} E; "
                f"the run needs {south:g} to {north:g} N, {west:g} to {east:g} E"
            )
        times, rows, columns = (
            _needed(t_us, 0, self.timeline.end_us),
            _needed(lat, south, north),
            _needed(lon, west, east),
        )
        part = array.isel(dict(zip(axes, (times, rows, columns), strict=True)))
        try:
            values = np.asarray(part.values, np.float32)
        except _BROKEN as error:
            return self._wrong(f"cannot be read: {str(error) or type(error).__name__}")
        return GridVariable(t_us[times], lat[rows], lon[columns], values)

    def _wrong(self, message: str) -> Problem:
        return _problem(self.path, self.name, message)


def _opened(file: DataFile, stack: ExitStack) -> Any:
    try:
        import h5py
        import xarray
    except ImportError as error:
        raise RunError(
            "weather from NetCDF files needs the extra 'grid': pip install 'mda-sim[grid]'"
        ) from error
    path = file.verified()
    with path.open("rb") as stream:
        engine = "scipy" if stream.read(3) == b"CDF" else "h5netcdf"
    try:
        if engine == "h5netcdf":
            h5py.File(path, "r").close()  # h5netcdf complains on stderr of what this refuses
        return stack.enter_context(xarray.open_dataset(path, engine=engine))
    except _BROKEN as error:
        return _problem(file.path, "", f"cannot be read as NetCDF: {str(error) or type(error).__name__}")


def _problem(file: str, name: str, message: str) -> Problem:
    return Problem(file, 0, 0, name, message)


def _names(files: Sequence[DataFile]) -> str:
    return ", ".join(Path(file.path).name for file in files)


def _needed(axis: NDArray[Any], low: float, high: float) -> slice:
    """The part of an increasing axis that [low, high] needs, at least two values."""
    first = int(np.clip(np.searchsorted(axis, low, side="right") - 1, 0, len(axis) - 2))
    last = int(np.clip(np.searchsorted(axis, high, side="left"), first + 1, len(axis) - 1))
    return slice(first, last + 1)


def _between(axis: NDArray[Any], value: NDArray[Any]) -> tuple[Ints, Floats]:
    """Index of the axis value at or below each value, and the share of the way to the next, in [0, 1]."""
    low = np.clip(np.searchsorted(axis, value, side="right") - 1, 0, len(axis) - 2)
    return low, np.clip((value - axis[low]) / (axis[low + 1] - axis[low]), 0.0, 1.0)
