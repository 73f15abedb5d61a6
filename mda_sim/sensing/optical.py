"""Cameras in orbit: those that see ships by daylight, and those that see their lights at night.

Model: a target in an image (``swath``, to both sides of the track) is held by day if the Sun stands at least
``sun_elevation_min_deg`` over it and no cloud hides it, with probability

    P = p_max (N / N50)^E / (1 + (N / N50)^E),    E = 2.7 + 0.7 N / N50,    N50 = 1 cycle

(target transfer probability function, for detection), where N is the number of cycles, of two pixels each,
over the ship's critical dimension, the root of length times beam. Pixels are ``resolution_m`` below the
satellite; away from there they grow with slant range, and across the track with the slope of the ray too.

By night a ship that works under bright lights (``lit_fraction`` of its class) is held with probability
``p_lit`` if the Sun stands below ``sun_elevation_max_deg`` and no cloud hides it.

Clouds: a target lies in the open if a uniform draw, one for each pass and each square of ``cloud_cell_m``, is
at least the share of the sky that is clouded over it. So neighbours are hidden together.

Assumptions and limits: without weather the sky is clear. Thin cloud, haze, glint, sea state, contrast, wakes
and moonlight are left out; clouds of two passes are independent however soon they follow each other. A beam
is a fifth of the length (assumption). Lights are on all night. Ships in one square cell of ``resolution_m``
are one contact.

Source: J. Johnson, "Analysis of image forming systems", Image Intensifier Symposium, 1958 (1.0 cycle over the
critical dimension for half of all detections); J. A. Ratches, "Static performance model for thermal imaging
systems", Optical Engineering 15(6), 1976 (the function and its exponent, as in textbooks). Lights: C. D.
Elvidge et al., "Automatic boat identification system for VIIRS low light imaging data", Remote Sensing 7(3),
2015, doi:10.3390/rs70303020 (boats that use lights to attract catch are seen from orbit at night under clear
skies). Where next: ``swath`` finds images and who is in them.
"""

from __future__ import annotations

import math
from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from pydantic import Field

from mda_sim.core.rng import draw_uniform, stream_key
from mda_sim.core.spec import NonNegative, Probability
from mda_sim.geo.sphere import EARTH_RADIUS_M
from mda_sim.geo.sun import sun_elevation_deg
from mda_sim.sensing.example import CALM, Example, Sky
from mda_sim.sensing.swath import RIGHT, Accesses, Floats, Imager, Ints, Look

N50_CYCLES: Final = 1.0
"""Cycles over the critical dimension for half of all detections (see the module)."""
BEAM_FRACTION: Final = 0.2
"""Beam of a ship over its length. Assumption [1]"""

_MOST_CYCLES: Final = 50.0  # beyond, the probability is 1 in double precision and its power overflows


class Camera(Imager):
    """What both kinds of camera have in common."""

    incidence_max_deg: Annotated[float, Field(gt=0, le=75)]
    """Incidence at both edges of the swath. [deg]"""
    resolution_m: Annotated[float, Field(ge=0.1, le=2000)]
    """Ground sample distance below the satellite; ships in one square of it are one contact. [m]"""
    cloud_cell_m: Annotated[float, Field(ge=100, le=500e3)] = 20_000.0
    """Side of the squares that clouds cover or leave open as a whole (20 km is an assumption). [m]"""
    position_error_m: NonNegative = 100.0
    """Position error of a contact, 1 sigma (100 m is an assumption). [m]"""

    @property
    def across(self) -> Look:
        """From one edge through below the satellite to the other."""
        return Look(-self.incidence_max_deg, self.incidence_max_deg, (RIGHT,))

    def error_m(self) -> float:
        """Position error of a contact, 1 sigma [m]."""
        return self.position_error_m


class OpticalSatellite(Camera):
    """One or more like cameras of one operator that work by daylight. See the module for the model."""

    kind: Literal["optical_satellite"] = "optical_satellite"
    """Kind of sensor."""
    sun_elevation_min_deg: Annotated[float, Field(ge=-5, le=60)] = 10.0
    """Elevation of the Sun from which on images are of use (10 degrees is an assumption). [deg]"""
    p_max: Probability = 0.95
    """Probability that a ship of any size is held in daylight in the open (0.95 is an assumption)."""
    length_error_fraction: Annotated[float, Field(ge=0, le=1)] = 0.15
    """Error of the length that a contact tells, as a fraction of it, 1 sigma (0.15: an assumption, as for
    radar satellites). [1]"""

    @property
    def category(self) -> str:
        """Kind of observation, as agreements name it."""
        return "optical"

    def length_sigma(self) -> float:
        """Spread of the logarithm of the length that a contact tells [1]."""
        return self.length_error_fraction

    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact below the satellite by day in the open, the same at all ranges and in all
        weather; shape of ``range_m``.
        """
        return np.full(np.shape(range_m), self.p_max * p_resolved(example.length_m, self.resolution_m))

    def judge(self, accesses: Accesses) -> tuple[Floats, Ints]:
        """By daylight, cloud and resolution; cells of ``resolution_m``."""
        pixel_m = pixel_size_m(self.resolution_m, accesses.rows["incidence_rad"], accesses.rows["slant_m"])
        p = self.p_max * p_resolved(accesses.of_targets("length_m"), pixel_m)
        is_day = _sun_deg(accesses) >= self.sun_elevation_min_deg
        return p * (is_day & _in_the_open(self, accesses)), accesses.cells(self.resolution_m)


class NightLightSatellite(Camera):
    """One or more like cameras of one operator that see lights at night. See the module for the model."""

    kind: Literal["night_light_satellite"] = "night_light_satellite"
    """Kind of sensor."""
    sun_elevation_max_deg: Annotated[float, Field(ge=-60, le=0)] = -12.0
    """Elevation of the Sun up to which it is night (-12 degrees, the end of nautical twilight, is an
    assumption). [deg]"""
    p_lit: Probability = 0.9
    """Probability that a lit vessel is held at night in the open (0.9 is an assumption)."""

    @property
    def category(self) -> str:
        """Kind of observation, as agreements name it."""
        return "night_light"

    def p_by_range(self, range_m: ArrayLike, example: Example, sky: Sky = CALM) -> NDArray[np.float64]:
        """Probability of a contact with a vessel that is lit, at night in the open, the same at all ranges,
        for all vessels and in all weather; shape of ``range_m``.
        """
        return np.full(np.shape(range_m), self.p_lit)

    def judge(self, accesses: Accesses) -> tuple[Floats, Ints]:
        """By lights, night and cloud; cells of ``resolution_m``."""
        is_lit = accesses.of_targets("lit") > 0
        is_night = _sun_deg(accesses) <= self.sun_elevation_max_deg
        held = is_lit & is_night & _in_the_open(self, accesses)
        return np.where(held, self.p_lit, 0.0), accesses.cells(self.resolution_m)


def p_resolved(length_m: ArrayLike, pixel_m: ArrayLike) -> Floats:
    """Probability that pixels of a size tell a ship of a length from the sea; arguments broadcast.

    >>> round(float(p_resolved(2.0 / 0.2**0.5, 1.0)), 6)
    0.5
    """
    critical_m = np.asarray(length_m, np.float64) * math.sqrt(BEAM_FRACTION)
    ratio = np.minimum(critical_m / (2.0 * np.asarray(pixel_m, np.float64)) / N50_CYCLES, _MOST_CYCLES)
    odds = ratio ** (2.7 + 0.7 * ratio)
    return np.asarray(odds / (1.0 + odds), np.float64)


def pixel_size_m(nadir_m: float, incidence_rad: ArrayLike, slant_m: ArrayLike) -> Floats:
    """Mean side of a pixel on the ground, given that below the satellite; arguments broadcast [m].

    Both sides grow as slant range over height, and the one across by 1 / cos(incidence) too; their geometric
    mean. Elementary: the angle of a pixel is constant.
    """
    cosine, slant = np.cos(np.asarray(incidence_rad, np.float64)), np.asarray(slant_m, np.float64)
    radius_m = np.sqrt(EARTH_RADIUS_M**2 + slant**2 + 2.0 * EARTH_RADIUS_M * slant * cosine)
    return np.asarray(nadir_m * slant / (radius_m - EARTH_RADIUS_M) / np.sqrt(cosine), np.float64)


def _sun_deg(accesses: Accesses) -> Floats:
    """Elevation of the Sun over each target [deg]."""
    return sun_elevation_deg(
        accesses.setting.timeline.start, accesses.rows["t_us"] * 1e-6, *accesses.lat_lon_deg
    )


def _in_the_open(camera: Camera, accesses: Accesses) -> NDArray[np.bool_]:
    """Whether no cloud hides each target."""
    if accesses.weather is None:
        return np.ones(len(accesses.rows), np.bool_)
    lat, lon = accesses.lat_lon_deg
    cell_deg = math.degrees(camera.cloud_cell_m / EARTH_RADIUS_M)
    north = np.floor((lat + 90.0) / cell_deg).astype(np.int64)
    # Squares of one row of latitude are equally wide, in degrees by the row's middle.
    narrowed = np.maximum(np.cos(np.deg2rad((north + 0.5) * cell_deg - 90.0)), 1e-3)
    east = np.floor((lon + 180.0) * narrowed / cell_deg).astype(np.int64)
    key = stream_key(accesses.setting.seed, f"sense.{camera.category}.cloud")
    share = draw_uniform(key, north, east, np.full(len(north), accesses.sensor), accesses.interval)
    return np.asarray(share >= accesses.weather.cloud_fraction)
