"""NetCDF: custody of every probe's cell, by configuration, seed, nation and age, on a grid.

Source: B. Eaton et al., "NetCDF Climate and Forecast (CF) Metadata Conventions", version 1.11, 2023:
coordinates and their units (chapter 4), cell boundaries (7.1), fill values (2.5.1).

Assumptions and limits: cells without a probe (land, or outside the area) are fill values.
Where next: ``study.export``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

from mda_sim.export.content import NOTE
from mda_sim.export.files import whole

if TYPE_CHECKING:
    from mda_sim.core.table import Table

CONVENTIONS: Final = "CF-1.11"


def write_netcdf(data: Any, folder: Path) -> list[Path]:
    """Write what ``coverage_dataset`` made into ``folder`` as ``coverage.nc``; the file."""
    path = folder / "coverage.nc"
    with whole(path) as partial:
        data.to_netcdf(partial, engine="h5netcdf", encoding={"custody_fraction": {"zlib": True}})
    return [path]


def coverage_dataset(
    coverage: Mapping[str, Sequence[Table]], seeds: Sequence[int], spacing_deg: float, title: str
) -> Any:
    """An ``xarray.Dataset`` with the variable ``custody_fraction``.

    ``coverage`` has the COVERAGE tables of each configuration, one for each of ``seeds``, all with the same
    probes.
    """
    import xarray as xr

    first = next(iter(coverage.values()))[0]
    nations, ages_s = list(first.meta["nations"]), np.unique(first["tau_s"])
    lat_deg, row = _axis(first["lat_deg"], spacing_deg)
    lon_deg, column = _axis(first["lon_deg"], spacing_deg)
    shape = (len(coverage), len(seeds), len(nations), len(ages_s), len(lat_deg), len(lon_deg))
    share = np.full(shape, np.nan)
    at = first["nation"].astype(np.int64), np.searchsorted(ages_s, first["tau_s"]), row, column
    for i, tables in enumerate(coverage.values()):
        for j, table in enumerate(tables):
            share[i, j][at] = table["custody_fraction"]
    dims = ("configuration", "seed", "nation", "custody_age", "lat", "lon")
    told = {
        "long_name": "share of the scored time in which a probe is in custody",
        "units": "1",
        "cell_methods": "custody_age: point",
        "comment": "a probe is a stationary reference target; see the scenario for its length and height",
    }
    coordinates: dict[str, Any] = {
        "configuration": ("configuration", list(coverage), {"long_name": "sharing configuration"}),
        "seed": ("seed", np.asarray(seeds, np.int32), {"long_name": "seed of the replicate"}),
        "nation": ("nation", nations, {"long_name": "nation whose picture it is"}),
        "custody_age": ("custody_age", ages_s, {"long_name": "greatest age that counts", "units": "s"}),
        "lat": ("lat", lat_deg, _place("latitude", "degrees_north", "Y", "lat_bnds")),
        "lon": ("lon", lon_deg, _place("longitude", "degrees_east", "X", "lon_bnds")),
    }
    half = spacing_deg / 2
    bounds = {
        f"{name}_bnds": ((name, "bnds"), np.stack([axis - half, axis + half], axis=1))
        for name, axis in (("lat", lat_deg), ("lon", lon_deg))
    }
    about = {"Conventions": CONVENTIONS, "title": title, "source": "mda_sim, simulation", "comment": NOTE}
    return xr.Dataset({"custody_fraction": (dims, share, told), **bounds}, coordinates, about)


def _axis(deg: NDArray[np.float64], spacing_deg: float) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The regular axis on which coordinates lie, and the place of each on it."""
    first = deg.min()
    place = np.rint((deg - first) / spacing_deg).astype(np.int64)
    return first + spacing_deg * np.arange(place.max() + 1), place


def _place(name: str, units: str, axis: str, bounds: str) -> dict[str, str]:
    return {"standard_name": name, "long_name": name, "units": units, "axis": axis, "bounds": bounds}
