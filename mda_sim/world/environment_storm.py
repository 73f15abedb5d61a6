"""Tropical cyclones as parametric vortices on a track.

Model: between waypoints the centre runs along a great circle, and its pressure p_c and the radius R of
maximum wind change linearly. With the pressure deficit D = p_ambient - p_c, air density rho, the Coriolis
parameter f of the centre's latitude and distance r, the gradient wind is (Holland 1980, with A = R^B)
    V(r) = sqrt(B (R/r)^B D exp(-(R/r)^B) / rho + (r f / 2)^2) - r f / 2,
whose largest value without f is sqrt(B D / (rho e)), at r = R. The wind at 10 m is ``surface_factor`` V; it
turns counter-clockwise in the northern and clockwise in the southern hemisphere and crosses the circle
inwards by ``inflow_deg``. Waves are ``environment_waves`` of that wind and the storm's fetch. Rain is
R-CLIPER: T(r) rises linearly from T_0 at the centre to T_m at r_m and falls beyond as exp(-(r - r_m) / r_e),
with all four linear in the storm's largest wind, as far out as the data of its fit reached (500 km: F. D.
Marks, M. DeMaria, "Development of a Tropical Cyclone Rainfall Climatology and Persistence Model", NOAA,
2003). The sky is overcast within ``cloud_radius_m``.

Assumptions and limits: symmetric, so the side on which the storm's own motion adds to the wind is not
stronger; land does not weaken it. ``surface_factor``, ``inflow_deg``, ``profile_b`` within Holland's range of
1 to 2.5, fetch and cloud radius are assumptions. Air density 1.15 kg/m3: as usual with this profile.

Source: G. J. Holland, "An Analytic Model of the Wind and Pressure Profiles in Hurricanes", Monthly Weather
Review 108, 1980, pp. 1212-1218; its equations were read on wiki.adcirc.org, "Generalized Asymmetric Holland
Model", eqs. 2-4 and the values of A and B below them. Rain: R. E. Tuleya, M. DeMaria, R. J. Kuligowski,
"Evaluation of GFDL and Simple Statistical Model Rainfall Forecasts for U.S. Landfalling Tropical Storms",
Weather and Forecasting 22, 2007, pp. 56-70, eqs. 3-5 and table 2, with the coefficients read in the open
program CLIMADA (storms of the Atlantic). Where next: ``environment``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from mda_sim.core.time import to_us
from mda_sim.core.units import KNOT_MPS
from mda_sim.geo.orbits import EARTH_RATE_RAD_S
from mda_sim.geo.sphere import destination, distance_m, initial_bearing_deg
from mda_sim.world.environment_spec import StormSpec
from mda_sim.world.environment_waves import wind_sea_height_m

AIR_DENSITY_KG_PER_M3: Final = 1.15
"""Density of air at sea in the tropics. [kg/m3]"""
RAIN_REACH_M: Final = 500_000.0
"""Distance within which R-CLIPER was fitted; no rain is the storm's beyond it. [m]"""
LEAST_RADIUS_M: Final = 1.0
"""Distance below which a point is taken to be at the centre. [m]"""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_MM_PER_HOUR_OF_INCH_PER_DAY = 25.4 / 24


@dataclass(frozen=True)
class StormSky:
    """What a storm does at points, all (n,); nothing where it does not exist."""

    wind_mps: Floats
    """Wind speed at 10 m, 0 where there is no storm [m/s]."""
    wind_from_deg: Floats
    """Direction that it blows from, in [0, 360) [deg]."""
    wind_sea_m: Floats
    """Significant height of the sea it raises, >= 0 [m]."""
    rain_mm_per_hour: Floats
    """Rain rate, >= 0 [mm/h]."""
    overcast: NDArray[np.bool_]
    """Whether the sky is overcast."""


@dataclass(frozen=True)
class Storm:
    """A storm on its way."""

    spec: StormSpec
    """Its parameters."""
    start_us: int
    """What its times count from [us]."""

    def at(self, t_us: Ints, lat_deg: Floats, lon_deg: Floats) -> StormSky:
        """What the storm does at times and points, all (n,)."""
        spec = self.spec
        exists, centre_lat, centre_lon, deficit_pa, radius_m = self._state(t_us)
        r_m = distance_m(centre_lat, centre_lon, lat_deg, lon_deg)
        gradient = gradient_wind_mps(r_m, deficit_pa, radius_m, spec.profile_b, centre_lat)
        wind = np.where(exists, spec.surface_factor * gradient, 0.0)
        strongest = spec.surface_factor * largest_wind_mps(deficit_pa, spec.profile_b)
        side = np.where(centre_lat >= 0, 1.0, -1.0)
        outwards = initial_bearing_deg(lat_deg, lon_deg, centre_lat, centre_lon) + 180.0
        towards = outwards - side * (90.0 + spec.inflow_deg)
        return StormSky(
            wind_mps=wind,
            wind_from_deg=(towards + 180.0) % 360.0,
            wind_sea_m=wind_sea_height_m(wind, spec.fetch_m),
            rain_mm_per_hour=np.where(exists, storm_rain_mm_per_hour(r_m, strongest), 0.0),
            overcast=exists & (r_m <= spec.cloud_radius_m),
        )

    def _state(self, t_us: Ints) -> tuple[NDArray[np.bool_], Floats, Floats, Floats, Floats]:
        """Whether there is a storm; its latitude, longitude, pressure deficit and radius of maximum wind."""
        track = self.spec.track
        times = np.array([self.start_us + to_us(point.at_s) for point in track])
        exists = (t_us >= times[0]) & (t_us <= times[-1])
        leg = np.clip(np.searchsorted(times, t_us, side="right") - 1, 0, len(times) - 2)
        share = np.clip((t_us - times[leg]) / (times[leg + 1] - times[leg]), 0.0, 1.0)
        corner_lat = np.array([point.lat_deg for point in track])
        corner_lon = np.array([point.lon_deg for point in track])
        ends = corner_lat[:-1], corner_lon[:-1], corner_lat[1:], corner_lon[1:]
        bearing, length_m = initial_bearing_deg(*ends), distance_m(*ends)
        lat, lon = destination(corner_lat[leg], corner_lon[leg], bearing[leg], share * length_m[leg])
        deficit = np.array([self.spec.ambient_pressure_pa - point.central_pressure_pa for point in track])
        radius = np.array([point.max_wind_radius_m for point in track])
        return (
            exists,
            lat,
            lon,
            deficit[leg] + share * (deficit[leg + 1] - deficit[leg]),
            radius[leg] + share * (radius[leg + 1] - radius[leg]),
        )


def gradient_wind_mps(
    r_m: ArrayLike, deficit_pa: ArrayLike, radius_m: ArrayLike, profile_b: float, lat_deg: ArrayLike
) -> Floats:
    """Gradient wind at distance ``r_m`` from the centre (Holland 1980), m/s, >= 0.

    ``radius_m`` is that of the largest wind, ``lat_deg`` the latitude of the centre. Arguments broadcast.

    >>> float(gradient_wind_mps(40e3, 7000.0, 40e3, 1.5, 0.0).round(2))
    57.96
    """
    r = np.maximum(np.asarray(r_m, np.float64), LEAST_RADIUS_M)
    x = (np.asarray(radius_m, np.float64) / r) ** profile_b
    half_rf = r * EARTH_RATE_RAD_S * np.abs(np.sin(np.deg2rad(np.asarray(lat_deg, np.float64))))
    cyclostrophic = profile_b * np.asarray(deficit_pa, np.float64) / AIR_DENSITY_KG_PER_M3 * x * np.exp(-x)
    # sqrt(c + h^2) - h, written so that it loses no digits and is never below 0
    total = np.asarray(np.sqrt(cyclostrophic + half_rf * half_rf) + half_rf, np.float64)
    return np.divide(cyclostrophic, total, out=np.zeros(total.shape), where=total > 0)


def largest_wind_mps(deficit_pa: ArrayLike, profile_b: float) -> Floats:
    """Largest gradient wind without the Coriolis term (Holland 1980), m/s."""
    return np.sqrt(profile_b * np.asarray(deficit_pa, np.float64) / (AIR_DENSITY_KG_PER_M3 * math.e))


def storm_rain_mm_per_hour(r_m: ArrayLike, strongest_mps: ArrayLike) -> Floats:
    """Rain rate at distance ``r_m`` from the centre of a storm whose largest wind at 10 m is given; >= 0.

    R-CLIPER (Tuleya et al. 2007), 0 beyond ``RAIN_REACH_M``. Arguments broadcast.
    """
    r_km = np.asarray(r_m, np.float64) / 1000.0
    u = 1.0 + (np.asarray(strongest_mps, np.float64) / KNOT_MPS - 35.0) / 33.0
    centre = np.maximum(-1.10 + 3.96 * u, 0.0)
    peak = np.maximum(-1.60 + 4.80 * u, 0.0)
    peak_km, fall_km = np.maximum(64.0 - 13.0 * u, 1.0), np.maximum(150.0 - 16.0 * u, 1.0)
    inside = centre + (peak - centre) * r_km / peak_km
    outside = peak * np.exp(-np.maximum(r_km - peak_km, 0.0) / fall_km)
    rate = np.where(r_km < peak_km, inside, outside) * _MM_PER_HOUR_OF_INCH_PER_DAY
    return np.where(r_km <= RAIN_REACH_M / 1000.0, rate, 0.0)
